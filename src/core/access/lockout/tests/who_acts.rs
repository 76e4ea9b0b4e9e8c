use super::*;

const CI: &str = "arn:aws:iam::111122223333:role/ci";

/// As the API server names it.
fn acting(arn: Option<&str>, may_write: bool, is_admin: bool) -> Circumstances {
    let principal = arn.map(Principal::from_arn);
    Circumstances {
        running: principal.iter().cloned().collect(),
        acting: Some(ActingIdentity {
            principal,
            is_admitted: Some(true),
            may_write: Some(may_write),
            is_admin: Some(is_admin),
            ..ActingIdentity::default()
        }),
        nodes: Nodes::None,
        ..circumstances()
    }
}

#[test]
fn a_plan_role_that_never_could_write_may_lose_a_group_and_not_its_entry() {
    let planner = |groups: &[&str]| view(&(admin() + &item(CI, "plan", groups)));
    let before = planner(&["viewers", "auditors"]);
    let reduced = assess(
        &before,
        &planner(&["viewers"]),
        &acting(Some(CI), false, false),
    );
    assert_eq!(
        ids(&reduced),
        [(FindingId::ReducedAccess, Severity::Warning, CI)]
    );
    let gone = assess(&before, &view(&admin()), &acting(Some(CI), false, false));
    assert_eq!(
        ids(&gone),
        [(FindingId::RunningIdentity, Severity::Error, CI)]
    );
}

#[test]
fn the_creator_cannot_be_locked_out_by_an_edit_and_counts_as_an_admin_that_is_left() {
    for who in [Some(CI), None] {
        let found = assess(&view(&admin()), &view("[]"), &acting(who, true, true));
        assert_eq!(
            ids(&found),
            [
                (FindingId::LastAdmin, Severity::Warning, ADMIN),
                (FindingId::ReducedAccess, Severity::Warning, ADMIN)
            ]
        );
        let said = &found.findings.first().unwrap().reason;
        assert!(said.contains("whoever makes this change is left"), "{said}");
    }
    let not_admin = assess(&view(&admin()), &view("[]"), &acting(Some(CI), true, false));
    assert_eq!(
        ids(&not_admin).first(),
        Some(&(FindingId::LastAdmin, Severity::Error, ADMIN))
    );
}

#[test]
fn who_acts_by_an_entry_is_no_admin_beside_the_rules() {
    let found = assess(
        &view(&admin()),
        &view("[]"),
        &acting(Some(ADMIN), true, true),
    );
    assert_eq!(
        ids(&found),
        [
            (FindingId::RunningIdentity, Severity::Error, ADMIN),
            (FindingId::LastAdmin, Severity::Error, ADMIN)
        ]
    );
}

#[test]
fn who_acts_and_is_not_known_is_said_and_counts_against_the_change_only_if_that_is_wanted() {
    let unknown = Circumstances {
        running: Vec::new(),
        unread_caller: Some("STS could not be reached".to_owned()),
        ..circumstances()
    };
    let (before, after) = (view(&(admin() + &glass())), view(&glass()));
    assert_eq!(
        ids(&assess(&before, &after, &unknown)),
        [
            (FindingId::Unreadable, Severity::Warning, ""),
            (FindingId::ReducedAccess, Severity::Warning, ADMIN)
        ]
    );
    let strict = Circumstances {
        unread: Unread::Against,
        ..unknown
    };
    assert_eq!(
        ids(&assess(&before, &after, &strict)).first(),
        Some(&(FindingId::Unreadable, Severity::Error, ""))
    );
    assert_eq!(ids(&assess(&before, &before, &strict)), []);
}

#[test]
fn a_protected_principal_loses_no_group_and_may_get_more() {
    let protecting = Circumstances {
        protected: vec![Principal::from_arn(CI)],
        ..acting(Some(ADMIN), true, true)
    };
    let with = |groups: &[&str]| view(&(admin() + &item(CI, "ci", groups)));
    let judged = |after: &[&str]| {
        let found = assess(&with(&["viewers", "auditors"]), &with(after), &protecting);
        ids(&found)
            .first()
            .map(|(id, severity, _)| (*id, *severity))
    };
    assert_eq!(
        judged(&["viewers"]),
        Some((FindingId::ProtectedPrincipal, Severity::Error))
    );
    assert_eq!(
        judged(&["system:masters"]),
        Some((FindingId::ReducedAccess, Severity::Warning))
    );
    let nobody = Circumstances {
        protected: vec![Principal::from_arn(GLASS)],
        ..acting(Some(ADMIN), true, true)
    };
    let found = assess(&with(&[]), &with(&["viewers"]), &nobody);
    assert_eq!(
        ids(&found),
        [(FindingId::ProtectedHasNone, Severity::Warning, GLASS)]
    );
}

#[test]
fn a_creator_who_has_an_entry_too_is_left_by_the_access_that_no_edit_takes() {
    let with_entry = admin() + &item(GLASS, "terraform", &["viewers"]);
    let admitted_in = |groups: &[&str]| Circumstances {
        running: vec![Principal::from_arn(GLASS)],
        acting: Some(ActingIdentity {
            principal: Some(Principal::from_arn(GLASS)),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            is_admitted: Some(true),
            may_write: Some(true),
            is_admin: Some(true),
            ..ActingIdentity::default()
        }),
        ..circumstances()
    };
    let errors = |before: &str, after: &str, groups: &[&str]| {
        assess(&view(before), &view(after), &admitted_in(groups))
            .of_severity(Severity::Error)
            .iter()
            .map(|finding| finding.id)
            .collect::<Vec<_>>()
    };
    let masters = ["system:authenticated", "system:masters"];
    assert_eq!(errors(&with_entry, &admin(), &masters), []);
    assert_eq!(
        errors(&with_entry, &admin(), &["system:authenticated", "viewers"]),
        [FindingId::RunningIdentity]
    );
    // An entry that makes it a master may be what admits it.
    assert_eq!(
        errors(&(glass() + &admin()), &admin(), &masters),
        [FindingId::RunningIdentity]
    );
}
