use super::*;

/// An access entry of break-glass with all power, made at a moment.
fn entry(created_at: Option<i64>) -> AccessEntry {
    AccessEntry {
        principal_arn: GLASS.to_owned(),
        kind: "STANDARD".to_owned(),
        username: "break-glass".to_owned(),
        groups: vec!["system:masters".to_owned()],
        policies: Vec::new(),
        created_at,
    }
}

fn with(entries: Vec<AccessEntry>, roles: &str) -> ClusterView {
    ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        access_entries: Knowledge::Known(entries),
        ..view(roles)
    }
}

/// Somebody else acts, and break-glass was made at 1000.
fn made_at_1000() -> Circumstances {
    let roles = [("admins", 10), ("break-glass", 1000)];
    Circumstances {
        running: Vec::new(),
        nodes: Nodes::None,
        iam: IamPrincipals {
            roles: Knowledge::Known(Roles::new(
                "111122223333",
                roles.map(|(name, at)| (name.to_owned(), at)),
            )),
            ..IamPrincipals::default()
        },
        ..circumstances()
    }
}

#[test]
fn an_access_entry_that_is_older_than_its_role_lets_nobody_in() {
    for (created_at, wanted) in [
        (Some(500), Some(Severity::Error)),
        (Some(1000), None),
        (Some(2000), None),
        (None, None),
    ] {
        let entries = vec![entry(created_at)];
        let (before, after) = (with(entries.clone(), &admin()), with(entries, "[]"));
        let found = assess(&before, &after, &made_at_1000()).findings;
        let last = found
            .iter()
            .find(|finding| finding.id == FindingId::LastAdmin);
        let said = last.map(|finding| finding.severity);
        assert_eq!(said, wanted, "{created_at:?}");
    }
}

/// Nobody is taken for the last who could not come before.
#[test]
fn an_access_entry_that_is_older_than_its_role_may_go() {
    for (created_at, wanted) in [(500, None), (2000, Some(FindingId::LastAdmin))] {
        let before = with(vec![entry(Some(created_at))], "[]");
        let after = with(Vec::new(), "[]");
        let found = assess(&before, &after, &made_at_1000()).findings;
        assert_eq!(found.first().map(|finding| finding.id), wanted);
    }
}

/// It hides nothing either: the authenticator finds no entry for the new id and goes on to aws-auth.
#[test]
fn an_access_entry_that_is_older_than_its_role_hides_no_entry_of_aws_auth() {
    for (created_at, wanted) in [(500, Some(FindingId::LastAdmin)), (2000, None)] {
        let plain = AccessEntry {
            groups: Vec::new(),
            ..entry(Some(created_at))
        };
        let before = with(vec![plain.clone()], &glass());
        let after = with(vec![plain], "[]");
        let found = assess(&before, &after, &made_at_1000());
        assert_eq!(found.findings.first().map(|finding| finding.id), wanted);
        let not_asked = Circumstances {
            iam: IamPrincipals::default(),
            ..made_at_1000()
        };
        let found = assess(&before, &after, &not_asked);
        assert!(found.findings.is_empty() && found.turns_on.admins);
    }
}
