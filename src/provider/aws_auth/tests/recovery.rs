use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::aws_auth::SectionReplacement;
use crate::aws_auth::fixture::{USERS, only};
use crate::aws_auth::recovery::{RecoveryCopy, copies};
use crate::config::{Recovery, Settings};
use crate::ports::kubernetes::ConfigMap;

fn client(bed: &Bed, recovery: Recovery) -> Arc<Client> {
    bed.cloud.client(Settings {
        recovery,
        ..Bed::settings()
    })
}

pub(super) fn keeping(bed: &Bed) -> Arc<Client> {
    client(bed, Recovery::ConfigMap)
}

/// Creates, lists and deletes so far.
pub(super) fn cost(bed: &Bed) -> [usize; 3] {
    [Verb::Create, Verb::List, Verb::Delete].map(|verb| bed.kube().count(verb))
}

fn notes(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes
        .iter()
        .flat_map(|outcome| titles(&outcome.as_ref().unwrap().notes))
        .collect()
}

#[tokio::test]
async fn additions_keep_nothing_and_cost_nothing() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    assert_eq!(
        errors(&asked(&bed, &client, vec![add("one"), add("two")]).await),
        ["", ""]
    );
    assert_eq!(
        (cost(&bed), bed.kube().others()),
        ([0, 0, 0], BTreeMap::new())
    );
}

#[tokio::test]
async fn a_batch_of_removals_keeps_the_document_once() {
    let names: Vec<String> = (0..20).map(|number| format!("r{number:02}")).collect();
    let bed = Bed::lived_in();
    apply(&bed, names.iter().map(|name| add(name)).collect()).await;
    let before = bed.kube().aws_auth().unwrap();
    let client = keeping(&bed);
    let removals = names.iter().map(|name| remove(role(name, name)));
    let outcomes = asked(&bed, &client, removals.chain([add("new")]).collect()).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(cost(&bed), [1, 1, 0]);
    let others = bed.kube().others();
    let (name, kept) = others.iter().next().unwrap();
    assert!(
        name.starts_with("aws-auth-recovery-20250101t0000"),
        "{name}"
    );
    assert_eq!(kept.data, before.data);
    let text = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        kept.labels,
        BTreeMap::from([
            text("app.kubernetes.io/managed-by", "terraform-provider-eksauth"),
            text("terraform-provider-eksauth/recovery-of", "aws-auth"),
        ])
    );
    let resources: Vec<String> = names
        .iter()
        .map(|name| format!("`eksauth_aws_auth_role` with `{}`", role_arn(name)))
        .collect();
    assert_eq!(
        copies(bed.kube()).await.unwrap(),
        [RecoveryCopy {
            name: name.clone(),
            data: before.data.clone(),
            kept_at: Some("2025-01-01T00:00:00Z".to_owned()),
            changed_by: Some(role_arn("admins")),
            resources,
            resource_version: Some(before.resource_version.clone()),
        }]
    );
}

#[tokio::test]
async fn an_overwrite_keeps_the_document_too() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    let weaker = Entry::Role {
        rolearn: role_arn("admins"),
        username: "admin".to_owned(),
        groups: Vec::new(),
    };
    asked(&bed, &client, vec![change("admins", admins(), weaker)]).await;
    assert_eq!(bed.kube().others().len(), 1);
}

#[tokio::test]
async fn the_same_document_is_kept_once_although_its_write_is_tried_twice() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    bed.kube().on_next(Verb::Patch, Fault::LoseRequest);
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(admins())]).await),
        [""]
    );
    assert_eq!((bed.kube().count(Verb::Patch), cost(&bed)), (2, [1, 1, 0]));
}

#[tokio::test]
async fn someone_elses_write_in_between_is_in_the_copy_and_no_second_one_stays() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    let newer = format!("{ROLES}# meanwhile\n");
    let foreign = newer.clone();
    bed.kube().on_next(
        Verb::Patch,
        Fault::After(Box::new(move |kube| {
            kube.change(|map| drop(map.data.insert("mapRoles".to_owned(), foreign)));
        })),
    );
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(admins())]).await),
        [""]
    );
    let kept: Vec<String> = bed
        .kube()
        .others()
        .into_values()
        .map(|map| map.data["mapRoles"].clone())
        .collect();
    assert_eq!((kept, cost(&bed)), (vec![newer], [2, 1, 1]));
}

#[tokio::test]
async fn many_writes_of_one_run_keep_the_document_before_the_first_and_what_others_wrote_since() {
    let names: Vec<String> = (0..8).map(|number| format!("r{number}")).collect();
    let bed = Bed::lived_in();
    apply(&bed, names.iter().map(|name| add(name)).collect()).await;
    let text = || bed.kube().aws_auth().unwrap().data["mapRoles"].clone();
    let first = text();
    let client = keeping(&bed);
    for name in &names[..6] {
        asked(&bed, &client, vec![remove(role(name, name))]).await;
    }
    assert_eq!(cost(&bed), [1, 1, 0]);
    let foreign = format!("{}# meanwhile\n", text());
    bed.kube()
        .change(|map| drop(map.data.insert("mapRoles".to_owned(), foreign.clone())));
    for name in &names[6..] {
        asked(&bed, &client, vec![remove(role(name, name))]).await;
    }
    let kept: Vec<String> = bed
        .kube()
        .others()
        .into_values()
        .map(|map| map.data["mapRoles"].clone())
        .collect();
    assert_eq!((kept, cost(&bed)), (vec![first, foreign], [2, 1, 0]));
}

#[tokio::test]
async fn what_others_wrote_is_kept_also_where_an_addition_of_ours_came_after_it() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("one"), add("two")]).await;
    let client = keeping(&bed);
    asked(&bed, &client, vec![remove(role("one", "one"))]).await;
    bed.kube().change(|map| {
        let text = format!("{}# meanwhile\n", map.data["mapRoles"]);
        map.data.insert("mapRoles".to_owned(), text);
    });
    asked(&bed, &client, vec![add("three")]).await;
    let before = bed.kube().aws_auth().unwrap().data;
    asked(&bed, &client, vec![remove(role("two", "two"))]).await;
    let others = bed.kube().others();
    assert_eq!(others.len(), 2);
    assert!(others.into_values().any(|copy| copy.data == before));
}

#[tokio::test]
async fn a_copy_for_a_write_that_is_refused_is_taken_back() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    bed.kube()
        .on_next(Verb::Patch, Fault::Refuse(ErrorKind::AccessDenied));
    assert_eq!(
        errors(&asked(&bed, &client, vec![remove(admins())]).await),
        ["Cannot Write aws-auth"]
    );
    assert_eq!(bed.kube().others(), BTreeMap::new());
}

#[tokio::test]
async fn five_copies_stay_and_what_is_not_ours_is_never_touched() {
    let bed = Bed::lived_in();
    for day in 1..=6 {
        bed.kube().put_other(
            &format!("aws-auth-recovery-2024010{day}t000000000z-00000000"),
            labelled(true),
        );
    }
    bed.kube().put_other(
        "aws-auth-recovery-20230101t000000000z-00000000",
        labelled(false),
    );
    bed.kube().put_other("aaa-somebody-elses", labelled(true));
    let client = keeping(&bed);
    asked(
        &bed,
        &client,
        vec![remove(role("nobody", "x")), remove(admins())],
    )
    .await;
    let names: Vec<String> = bed.kube().others().into_keys().collect();
    assert_eq!(names.len(), 5 + 2, "{names:?}");
    let old: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("aws-auth-recovery-2024010"))
        .collect();
    let left: Vec<&str> = old.iter().map(|rest| &rest[..1]).collect();
    assert_eq!(left, ["3", "4", "5", "6"]);
    assert!(names.contains(&"aaa-somebody-elses".to_owned()));
    assert!(names.iter().any(|name| name.contains("2023")));
    assert_eq!(cost(&bed), [1, 1, 2]);
}

pub(super) fn labelled(is_ours: bool) -> ConfigMap {
    let manager = if is_ours {
        "terraform-provider-eksauth"
    } else {
        "somebody"
    };
    ConfigMap {
        labels: BTreeMap::from([
            (
                "app.kubernetes.io/managed-by".to_owned(),
                manager.to_owned(),
            ),
            (
                "terraform-provider-eksauth/recovery-of".to_owned(),
                "aws-auth".to_owned(),
            ),
        ]),
        ..ConfigMap::default()
    }
}

#[tokio::test]
async fn what_may_not_be_kept_is_one_note_and_the_change_is_made() {
    let bed = Bed::lived_in();
    apply(&bed, vec![add("one"), add("two")]).await;
    let client = keeping(&bed);
    bed.kube()
        .on_next(Verb::Create, Fault::Refuse(ErrorKind::AccessDenied));
    let first = asked(&bed, &client, vec![remove(role("one", "one"))]).await;
    assert_eq!(notes(&first), ["Previous aws-auth Not Kept"]);
    let note = only(&first[0].as_ref().unwrap().notes).detail.clone();
    assert!(
        note.contains("`create`, `list` and `delete` on `configmaps` in namespace `kube-system`"),
        "{note}"
    );
    let second = asked(&bed, &client, vec![remove(role("two", "two"))]).await;
    assert_eq!(
        notes(&second),
        [] as [&str; 0],
        "it is told once, and not tried again"
    );
    assert_eq!(arns(&bed), ["nodes", "admins"]);
    assert_eq!(cost(&bed), [1, 1, 0]);
}

#[tokio::test]
async fn copies_that_may_not_be_listed_are_not_made_so_that_no_run_leaves_one_more() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    bed.kube()
        .on_next(Verb::List, Fault::Refuse(ErrorKind::AccessDenied));
    let outcomes = asked(&bed, &client, vec![remove(admins())]).await;
    assert_eq!(notes(&outcomes), ["Previous aws-auth Not Kept"]);
    let note = only(&outcomes[0].as_ref().unwrap().notes).detail.clone();
    assert!(
        note.contains("`create`, `list` and `delete` on `configmaps` in namespace `kube-system`"),
        "{note}"
    );
    assert_eq!(
        (bed.kube().others().len(), arns(&bed)),
        (0, vec!["nodes".to_owned()])
    );
}

#[tokio::test]
async fn copies_that_may_not_be_deleted_do_not_grow_with_each_run() {
    let bed = Bed::lived_in();
    for day in 1..=5 {
        bed.kube().put_other(
            &format!("aws-auth-recovery-2024010{day}t000000000z-00000000"),
            labelled(true),
        );
    }
    let mut all_titles = Vec::new();
    for run in 0..3 {
        let name = format!("r{run}");
        apply(&bed, vec![add(&name)]).await;
        bed.kube()
            .on_next(Verb::Delete, Fault::Refuse(ErrorKind::AccessDenied));
        bed.cloud.clock.advance(Duration::from_secs(3600));
        let client = keeping(&bed);
        let outcomes = asked(&bed, &client, vec![remove(role(&name, &name))]).await;
        all_titles.extend(notes(&outcomes).into_iter().map(str::to_owned));
    }
    assert_eq!(bed.kube().others().len(), 6);
    assert_eq!(
        all_titles,
        [
            "Old Recovery Copies Stay",
            "Previous aws-auth Not Kept",
            "Previous aws-auth Not Kept"
        ]
    );
}

#[tokio::test]
async fn a_list_that_fails_for_a_moment_costs_no_copy() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    bed.kube()
        .on_next(Verb::List, Fault::Refuse(ErrorKind::Unreachable));
    let outcomes = asked(&bed, &client, vec![remove(admins())]).await;
    assert_eq!(notes(&outcomes), [] as [&str; 0]);
    assert_eq!((bed.kube().others().len(), cost(&bed)), (1, [1, 2, 0]));
}

#[tokio::test]
async fn a_copy_that_does_not_fit_is_a_note() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    bed.kube()
        .on_next(Verb::Create, Fault::Refuse(ErrorKind::Invalid));
    let outcomes = asked(&bed, &client, vec![remove(admins())]).await;
    let note = &only(&outcomes[0].as_ref().unwrap().notes).detail;
    assert!(
        note.contains("as large as aws-auth itself, and the API server did not take it"),
        "{note}"
    );
    assert_eq!(arns(&bed), ["nodes"]);
}

#[tokio::test]
async fn a_file_holds_the_same_and_five_per_cluster_stay() {
    let bed = Bed::lived_in();
    for day in 1..=5 {
        bed.cloud.files.put(&format!(".terraform/eksauth-recovery/prod.eu-central-1.aws-auth-recovery-2024010{day}t000000000z-0.json"), "{}");
    }
    bed.cloud.files.put(".terraform/eksauth-recovery/stage.eu-central-1.aws-auth-recovery-20200101t000000000z-0.json", "{}");
    bed.cloud
        .files
        .put(".terraform/eksauth-recovery/notes.txt", "mine");
    let before = bed.kube().aws_auth().unwrap().data;
    let client = client(&bed, Recovery::File);
    let outcomes = asked(&bed, &client, vec![remove(admins())]).await;
    assert_eq!(notes(&outcomes), [] as [&str; 0]);
    let all = bed.cloud.files.all();
    assert_eq!(all.len(), 5 + 2, "{all:?}");
    assert!(
        all.keys()
            .all(|path| path.parent() == Some(Path::new(".terraform/eksauth-recovery")))
    );
    let (path, text) = all
        .iter()
        .find(|(path, _)| {
            path.to_string_lossy()
                .contains("prod.eu-central-1.aws-auth-recovery-2025")
        })
        .unwrap();
    let copy = RecoveryCopy::from_manifest(&path.to_string_lossy(), text).unwrap();
    assert_eq!(
        (copy.data, copy.changed_by),
        (before, Some(role_arn("admins")))
    );
    assert_eq!(cost(&bed), [0, 0, 0]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_note() {
    let bed = Bed::lived_in();
    bed.cloud.files.make_read_only();
    let outcomes = asked(&bed, &client(&bed, Recovery::File), vec![remove(admins())]).await;
    assert_eq!(notes(&outcomes), ["Previous aws-auth Not Kept"]);
    assert_eq!(arns(&bed), ["nodes"]);
}

#[tokio::test]
async fn off_keeps_nothing() {
    let bed = Bed::lived_in();
    asked(&bed, &client(&bed, Recovery::Off), vec![remove(admins())]).await;
    assert_eq!(cost(&bed), [0, 0, 0]);
}

#[test]
fn any_manifest_of_a_config_map_is_read() {
    let odd = "a\u{2028}b\u{e9}\"\\\n";
    let json = serde_json::json!({"kind": "ConfigMap", "data": {"mapRoles": odd}}).to_string();
    let read = RecoveryCopy::from_manifest("f", &json).unwrap();
    assert_eq!(read.data["mapRoles"], odd, "byte for byte");
    let yaml = RecoveryCopy::from_manifest("f", "kind: ConfigMap\ndata:\n  mapUsers: |\n    - a\n")
        .unwrap();
    assert_eq!(yaml.data["mapUsers"], "- a\n");
    assert!(RecoveryCopy::from_manifest("f", "{\"a\": 1}").is_err());
    assert_eq!(
        RecoveryCopy::from_manifest("f", "{\"data\": {\"a\": 1}}"),
        Err(
            "line 1: `data.a` is no text, and a ConfigMap holds only texts: the authenticator reads YAML inside a text (`a: |`)"
                .to_owned()
        )
    );
}

fn put_back(from: &[(Section, Option<&str>, Option<&str>)]) -> ChangeRequest {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let texts = from.iter().map(|(section, from, to)| SectionReplacement {
        section: *section,
        from: owned(*from),
        to: owned(*to),
    });
    ChangeRequest {
        resource: "restore",
        texts: texts.collect(),
        ..request("a copy")
    }
}

#[tokio::test]
async fn sections_are_put_back_in_one_write_and_nothing_else_is_touched() {
    let bed = Bed::lived_in();
    let (old, users) = ("# as it was\n[]\n", "[]");
    let client = keeping(&bed);
    let request = put_back(&[
        (Section::MapRoles, Some(ROLES), Some(old)),
        (Section::MapUsers, Some(USERS), None),
        (Section::MapAccounts, None, Some(users)),
    ]);
    assert_eq!(errors(&asked(&bed, &client, vec![request]).await), [""]);
    let now = bed.kube().aws_auth().unwrap().data;
    let text = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    assert_eq!(
        now,
        BTreeMap::from([
            text("mapAccounts", users),
            text("mapRoles", old),
            text("notes", "ours")
        ])
    );
    assert_eq!(
        (bed.kube().count(Verb::Patch), bed.kube().others().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_section_that_was_edited_since_it_was_shown_is_not_put_back() {
    let bed = Bed::lived_in();
    let client = keeping(&bed);
    let request = put_back(&[(Section::MapRoles, Some("# shown\n"), Some("[]"))]);
    assert_eq!(
        errors(&asked(&bed, &client, vec![request]).await),
        ["Section Changed Meanwhile"]
    );
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}

#[tokio::test]
async fn a_config_map_that_is_gone_is_made_again() {
    let bed = Bed::without_aws_auth();
    let client = keeping(&bed);
    let request = put_back(&[(Section::MapRoles, None, Some(ROLES))]);
    assert_eq!(errors(&asked(&bed, &client, vec![request]).await), [""]);
    assert_eq!(bed.kube().section("mapRoles").as_deref(), Some(ROLES));
}
