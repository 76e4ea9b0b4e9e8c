//! What a person reads: true before a write and after it, one diagnostic for all who lose, and an acknowledgement that does what it says.

use super::cases::{ADMINS, WRITES, acts, admins, entry, ids_in};
use super::*;

const CREATOR: &str = "arn:aws:iam::111122223333:user/creator";

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

fn bed() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, true);
    acts(&cloud, Some(CREATOR), WRITES);
    cloud
}

/// Titles and texts.
fn shown(said: &Diagnostics) -> Vec<(&str, &str)> {
    said.iter()
        .map(|shown| (shown.summary.as_str(), shown.detail.as_str()))
        .collect()
}

#[tokio::test]
async fn a_warning_about_one_principal_has_it_in_its_title() {
    let cloud = bed();
    let said = judge(
        &guard(&cloud, FakeCloud::settings()),
        &format!("{OTHER}{VIEWER}"),
        OTHER,
    )
    .await
    .unwrap();
    assert_eq!(
        shown(&said),
        [(
            "Somebody Loses Access: arn:aws:iam::111122223333:role/viewer",
            "In cluster `prod`: `arn:aws:iam::111122223333:role/viewer` goes from viewer · viewers to no access.\n\
             What to do: nothing, if it is meant.\n\
             Finding: lockout.reduced-access"
        )]
    );
}

#[tokio::test]
async fn who_keeps_access_of_another_kind_is_not_told_as_a_loss() {
    let cloud = bed();
    let other = entry(&arn("viewer"), "viewer", "admins");
    let last = entry(&arn("last"), "last", "viewers");
    for (before, after, title) in [
        (
            VIEWER.to_owned(),
            other.clone(),
            "Somebody Has Other Access: arn:aws:iam::111122223333:role/viewer",
        ),
        (
            format!("{VIEWER}{last}"),
            other,
            "2 Principals Lose Or Change Access",
        ),
    ] {
        let guard = guard(&cloud, FakeCloud::settings());
        let (before, after) = (format!("{OTHER}{before}"), format!("{OTHER}{after}"));
        let said = judge(&guard, &before, &after).await.unwrap();
        let titles: Vec<&str> = shown(&said).iter().map(|(title, _)| *title).collect();
        assert_eq!(titles, [title]);
    }
}

#[tokio::test]
async fn all_who_lose_stand_in_one_warning() {
    let cloud = bed();
    let two = format!("{VIEWER}{}", entry(&arn("last"), "last", "viewers"));
    let said = judge(
        &guard(&cloud, FakeCloud::settings()),
        &format!("{OTHER}{two}"),
        OTHER,
    )
    .await
    .unwrap();
    assert_eq!(
        shown(&said),
        [(
            "2 Principals Lose Access",
            "In cluster `prod`, this change (eksauth_aws_auth_role of `arn`) does this:\n\n  \
             who                                           before                           after\n  \
             arn:aws:iam::111122223333:role/last           last · viewers                   no access\n  \
             arn:aws:iam::111122223333:role/viewer         viewer · viewers                 no access\n  \
             arn:aws:iam::111122223333:user/creator (you)  access as the cluster's creator  unchanged\n\n\
             What to do: nothing, if it is meant.\n\
             Finding: lockout.reduced-access\n"
        )]
    );
}

#[tokio::test]
async fn spellings_of_one_role_are_one_principal() {
    let cloud = bed();
    let guard = guard(&cloud, FakeCloud::settings());
    let spelled = |name: &str| entry(&arn(name), "viewer", "viewers");
    let both = format!("{}{}", spelled("Viewer"), spelled("viewer"));
    let said = judge(&guard, &format!("{OTHER}{both}"), OTHER).await;
    let said = said.unwrap();
    let [(title, text)] = shown(&said)[..] else {
        panic!("{said:?}");
    };
    assert_eq!(
        title.to_lowercase(),
        format!("somebody loses access: {}", arn("viewer"))
    );
    assert_eq!(text.matches("no access").count(), 1, "{text}");

    let last = entry(&arn("last"), "last", "viewers");
    let said = judge(&guard, &format!("{OTHER}{both}{last}"), OTHER).await;
    let said = said.unwrap();
    let [(title, text)] = shown(&said)[..] else {
        panic!("{said:?}");
    };
    assert_eq!(title, "2 Principals Lose Access");
    assert_eq!(text.matches("no access").count(), 2, "{text}");
}

#[tokio::test]
async fn what_is_not_known_of_who_is_left_is_said_beside_the_table_too() {
    let cloud = bed();
    let left = entry(
        "arn:aws:iam::444455556666:role/audit",
        "audit",
        "system:masters",
    );
    let said = judge(
        &guard(&cloud, FakeCloud::settings()),
        &format!("{OTHER}{VIEWER}{left}"),
        &left,
    )
    .await
    .unwrap();
    let [(title, text)] = shown(&said)[..] else {
        panic!("{said:?}");
    };
    assert_eq!(title, "2 Principals Lose Access");
    let note = "\nNote: `arn:aws:iam::444455556666:role/audit` is left as an admin; whether it still exists cannot be seen from here.\n";
    assert!(text.contains(note), "{text}");
}

#[tokio::test]
async fn a_refusal_tells_once_how_to_mean_all_of_it() {
    let cloud = bed();
    let before = format!("{}{NODE}", admins());
    let guard = guard(&cloud, FakeCloud::settings());
    let error = judge(&guard, &before, "[]").await.unwrap_err();
    let text = shown(&error).first().unwrap().1.to_owned();
    let meant = format!(
        "If you mean all of it: EKSAUTH_LOCKOUT_ACK=prod:lockout.last-admin:{ADMINS},prod:lockout.nodes:{}",
        arn("nodes")
    );
    for words in [
        "this change (eksauth_aws_auth_role of `arn`) is refused because of what it does to access",
        "Nothing of this change was written; other changes of this apply may have been.",
        meant.as_str(),
        "If the whole configuration or the cluster goes: EKSAUTH_LOCKOUT_ACK=prod:destroy",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    assert!(!text.contains("would"), "{text}");
    // What changes somebody takes nothing down.
    let demoted = format!("{}{NODE}", entry(ADMINS, "admin", "viewers"));
    let error = judge(&guard, &before, &demoted).await.unwrap_err();
    let text = shown(&error).first().unwrap().1.to_owned();
    assert!(
        text.contains(&format!(
            "If you mean it: EKSAUTH_LOCKOUT_ACK=prod:lockout.last-admin:{ADMINS}\n"
        )),
        "{text}"
    );
    assert!(!text.contains("prod:destroy"), "{text}");
}

#[tokio::test]
async fn the_acknowledgement_that_is_offered_lets_the_change_pass() {
    let cloud = bed();
    let before = format!("{}{NODE}", admins());
    let refused = judge(&guard(&cloud, FakeCloud::settings()), &before, "[]").await;
    let error = refused.unwrap_err();
    let text = shown(&error).first().unwrap().1.to_owned();
    let offered = text.lines().filter_map(|line| {
        line.split_once("EKSAUTH_LOCKOUT_ACK=")
            .map(|(_, words)| words)
    });
    for words in offered {
        let settings = Settings {
            acknowledgements: Acknowledgements::parse(words),
            ..FakeCloud::settings()
        };
        let judged = judge(&guard(&cloud, settings), &before, "[]").await;
        assert!(judged.is_ok(), "{words}: {judged:?}");
    }
}

#[tokio::test]
async fn a_plan_announces_no_refusal_that_another_change_may_make_up_for() {
    let cloud = bed();
    let document = Document::new(Some(ConfigMap {
        data: BTreeMap::from([("mapRoles".to_owned(), admins())]),
        ..ConfigMap::default()
    }));
    let changes = [Change::Remove {
        section: Section::MapRoles,
        index: 0,
        undo: None,
    }];
    let said = guard(&cloud, FakeCloud::settings())
        .preview(Intention {
            cluster: "prod",
            before: &document,
            changes: &changes,
            resources: &[],
            keeps_others: false,
            keeps_access: false,
            scope: PlanScope::Others,
        })
        .await
        .unwrap();
    assert_eq!(
        ids_in(&said),
        ["lockout.last-admin", "lockout.reduced-access"]
    );
    let (title, text) = *shown(&said).first().unwrap();
    assert_eq!(title, format!("The Last Cluster Admin Goes: {ADMINS}"));
    assert!(
        text.contains("Unless another change of the same apply makes up for it, apply refuses this change and writes nothing of it; other changes of the apply may be made."),
        "{text}"
    );
    assert!(!text.contains("was written"), "{text}");
}

#[tokio::test]
async fn what_is_about_nobody_in_particular_cannot_be_meant() {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    cloud.sts.calls.deny("sts:GetCallerIdentity");
    let settings = Settings {
        lockout_guard: LockoutGuard::Strict,
        ..FakeCloud::settings()
    };
    let error = judge(&guard(&cloud, settings), &format!("{OTHER}{VIEWER}"), OTHER)
        .await
        .unwrap_err();
    assert_eq!(ids_in(&error), ["lockout.unreadable"]);
    let text = shown(&error).first().unwrap().1.to_owned();
    assert!(!text.contains("EKSAUTH_LOCKOUT_ACK"), "{text}");
}

/// The guard's answer where something is acknowledged.
async fn judged_with(words: &str) -> Result<Diagnostics, Diagnostics> {
    let settings = Settings {
        acknowledgements: Acknowledgements::parse(words),
        ..FakeCloud::settings()
    };
    let before = format!("{}{NODE}", admins());
    judge(&guard(&bed(), settings), &before, NODE).await
}

#[tokio::test]
async fn an_acknowledgement_that_does_not_match_is_named() {
    for (words, told) in [
        (
            "prod:lockout.last-admin",
            "EKSAUTH_LOCKOUT_ACK is set, and this does not match: `prod:lockout.last-admin`.",
        ),
        (
            "prd:destroy, prod:lockout.last-admin:arn:aws:iam::111122223333:role/other",
            "EKSAUTH_LOCKOUT_ACK is set, and these do not match: `prd:destroy`, \
             `prod:lockout.last-admin:arn:aws:iam::111122223333:role/other`.",
        ),
        (
            "hunter2",
            "EKSAUTH_LOCKOUT_ACK is set to something that has not the form `CLUSTER:FINDING:ARN`.",
        ),
    ] {
        let error = judged_with(words).await.unwrap_err();
        let text = shown(&error).first().unwrap().1.to_owned();
        assert!(text.contains(told), "{words}:\n{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
    let error = judged_with("").await.unwrap_err();
    let text = shown(&error).first().unwrap().1.to_owned();
    assert!(!text.contains("EKSAUTH_LOCKOUT_ACK is set"), "{text}");
}

#[tokio::test]
async fn a_write_says_which_loss_was_acknowledged_and_how_to_go_back() {
    for words in [
        format!("prod:lockout.last-admin:{ADMINS}"),
        "prod:destroy".to_owned(),
    ] {
        let said = judged_with(&words).await.unwrap();
        let acknowledged: Vec<&str> = shown(&said)
            .iter()
            .filter(|(title, _)| *title == format!("Acknowledged Loss Of Access: {ADMINS}"))
            .map(|(_, text)| *text)
            .collect();
        let [text] = acknowledged[..] else {
            panic!("{said:?}");
        };
        for told in [
            "Finding: lockout.last-admin",
            ADMINS,
            "Where this write removes or overwrites an entry, aws-auth as it was before is kept",
            "terraform-provider-eksauth restore --cluster prod",
        ] {
            assert!(text.contains(told), "{told} is missing in:\n{text}");
        }
    }
}

#[tokio::test]
async fn a_graver_finding_leaves_one_advice() {
    let cloud = bed();
    acts(&cloud, Some(CREATOR), super::cases::DOES_ALL);
    let before = format!("{}{VIEWER}", admins());
    let said = judge(&guard(&cloud, FakeCloud::settings()), &before, "[]").await;
    let said = said.unwrap();
    let [(_, text)] = shown(&said)[..] else {
        panic!("{said:?}");
    };
    assert!(text.contains("lockout.last-admin"), "{text}");
    assert!(text.contains("lockout.reduced-access"), "{text}");
    assert!(!text.contains("nothing, if it is meant"), "{text}");
    assert_eq!(text.matches("What to do").count(), 1, "{text}");
    assert!(text.contains("access as the cluster's creator"), "{text}");
}

#[tokio::test]
async fn a_plan_that_was_acknowledged_is_not_silent() {
    let cloud = bed();
    let document = Document::new(Some(ConfigMap {
        data: BTreeMap::from([("mapRoles".to_owned(), admins())]),
        ..ConfigMap::default()
    }));
    let changes = [Change::Remove {
        section: Section::MapRoles,
        index: 0,
        undo: None,
    }];
    for (words, level) in [
        (
            format!("prod:lockout.last-admin:{ADMINS}"),
            LockoutGuard::Error,
        ),
        (
            format!("prod:lockout.last-admin:{ADMINS}"),
            LockoutGuard::Warn,
        ),
        ("prod:destroy".to_owned(), LockoutGuard::Error),
    ] {
        let settings = Settings {
            acknowledgements: Acknowledgements::parse(&words),
            lockout_guard: level,
            ..FakeCloud::settings()
        };
        let said = guard(&cloud, settings)
            .preview(Intention {
                cluster: "prod",
                before: &document,
                changes: &changes,
                resources: &[],
                keeps_others: false,
                keeps_access: false,
                scope: PlanScope::Others,
            })
            .await
            .unwrap();
        let title = format!("Acknowledged Loss Of Access: {ADMINS}");
        let shown = shown(&said);
        let told = shown.iter().find(|(of, _)| *of == title);
        let (_, text) = told.unwrap_or_else(|| panic!("{words}: {shown:?}"));
        for told in ["Finding: lockout.last-admin", "no access"] {
            assert!(text.contains(told), "{told} is missing in:\n{text}");
        }
        assert!(!text.contains("restore"), "nothing was written yet: {text}");
    }
}
