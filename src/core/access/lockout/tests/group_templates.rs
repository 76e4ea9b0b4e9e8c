use super::*;

/// Somebody else acts, and a group is bound to everything.
fn bound(group: &str) -> Circumstances {
    Circumstances {
        running: Vec::new(),
        nodes: Nodes::None,
        partition: Some(Partition::Aws),
        rbac: Rbac {
            admins: Subjects {
                groups: BTreeSet::from([group.to_owned()]),
                ..Subjects::default()
            },
            is_readable: true,
            ..Rbac::default()
        },
        ..circumstances()
    }
}

/// A group that the server can fill in for instances alone shuts everybody else out, so that it takes away by being added.
#[test]
fn a_group_of_instances_that_is_added_takes_the_entry_away() {
    let with = |groups: &[&str]| view(&item(ADMIN, "admin", groups));
    let groups = ["system:masters", "'{{EC2PrivateDNSName}}'"];
    let (before, after) = (with(&groups[..1]), with(&groups));
    assert!(may_take_away(&before, &after));
    let found_by = |circumstances: Circumstances| {
        let found = assess(&before, &after, &circumstances);
        let found = ids(&found).into_iter();
        found
            .map(|(id, severity, _)| (id, severity))
            .collect::<Vec<_>>()
    };
    let acting = ActingIdentity {
        principal: Some(Principal::from_arn(ADMIN)),
        session: Some(CallerSession {
            account: "111122223333".to_owned(),
            session_name: "eve".to_owned(),
            ..CallerSession::default()
        }),
        ..ActingIdentity::default()
    };
    let acts = Circumstances {
        acting: Some(acting),
        ..circumstances()
    };
    let last = (FindingId::LastAdmin, Severity::Error);
    assert_eq!(
        found_by(acts),
        [(FindingId::RunningIdentity, Severity::Error), last]
    );
    let protected = Circumstances {
        protected: vec![Principal::from_arn(ADMIN)],
        ..bound("others")
    };
    assert_eq!(
        found_by(protected),
        [(FindingId::ProtectedPrincipal, Severity::Error), last]
    );
}

/// The server fills in the placeholders of groups as it does those of user names: who is bound to power by a group that is filled in is an admin.
#[test]
fn a_group_with_placeholders_is_the_group_that_the_server_makes_of_it() {
    let ops = |group: &str| {
        item(
            "arn:aws:iam::111122223333:role/ops",
            "ops",
            &[&format!("'{group}'")],
        )
    };
    let bound_to = "admins-of-111122223333";
    for group in ["admins-of-{{AccountID}}", "admins-of-{{SessionName}}"] {
        let gone = assess(&view(&ops(group)), &view("[]"), &bound(bound_to));
        assert_eq!(
            ids(&gone).first().map(|(id, severity, _)| (*id, *severity)),
            Some((FindingId::LastAdmin, Severity::Error)),
            "{group}"
        );
    }
    let masters = assess(
        &view(&ops("system:{{SessionName}}")),
        &view("[]"),
        &bound("others"),
    );
    assert_eq!(
        ids(&masters).first().map(|(id, ..)| *id),
        Some(FindingId::LastAdmin)
    );
    // Of everybody the account is known, of a role not who comes.
    for (group, wanted) in [
        ("admins-of-{{AccountID}}", None),
        ("admins-of-{{SessionName}}", Some(Severity::Error)),
        ("others-of-{{AccountID}}", Some(Severity::Error)),
    ] {
        let left = ops(group);
        let found = assess(&view(&(admin() + &left)), &view(&left), &bound(bound_to));
        let last = found
            .findings
            .iter()
            .find(|finding| finding.id == FindingId::LastAdmin);
        let said = last.map(|finding| finding.severity);
        assert_eq!(said, wanted, "{group}");
    }
}
