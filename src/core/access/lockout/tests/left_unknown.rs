//! What is known of somebody goes, and what is left of it could not be read.

use super::*;

const WHY: &str = "aws-auth could not be read: `get configmaps kube-system/aws-auth` is missing";
const CLUSTER_ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
const EDIT: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy";

fn entry(arn: &str, policy: Option<&str>) -> AccessEntry {
    let policy = policy.map(|policy| AccessPolicy {
        policy_arn: policy.to_owned(),
        namespaces: Vec::new(),
    });
    AccessEntry {
        created_at: None,
        principal_arn: arn.to_owned(),
        kind: "STANDARD".to_owned(),
        username: arn.to_owned(),
        groups: Vec::new(),
        policies: policy.into_iter().collect(),
    }
}

/// A cluster whose aws-auth could not be read.
fn unread(entries: &[AccessEntry]) -> ClusterView {
    ClusterView {
        mode: AuthenticationMode::ApiAndConfigMap,
        aws_auth: Knowledge::Unreadable(WHY.to_owned()),
        access_entries: Knowledge::Known(entries.to_vec()),
    }
}

fn nobody_acts() -> Circumstances {
    Circumstances {
        running: Vec::new(),
        nodes: Nodes::None,
        rbac: Rbac::default(),
        ..circumstances()
    }
}

#[test]
fn the_last_admins_entry_is_not_let_go_on_a_guess() {
    let before = [entry(ADMIN, Some(CLUSTER_ADMIN)), entry(GLASS, None)];
    let found = assess(&unread(&before), &unread(&before[1..]), &nobody_acts());
    assert_eq!(
        ids(&found),
        [
            (FindingId::LastAdmin, Severity::Error, ADMIN),
            (FindingId::Unreadable, Severity::Warning, ADMIN)
        ]
    );
    let reason = &found.findings[0].reason;
    assert!(reason.contains(WHY), "{reason}");
    assert!(
        !reason.contains(&format!("`{ADMIN}`, which is left")),
        "{reason}"
    );
    let other_is_left = [
        entry(ADMIN, Some(CLUSTER_ADMIN)),
        entry(GLASS, Some(CLUSTER_ADMIN)),
    ];
    let found = assess(
        &unread(&other_is_left),
        &unread(&other_is_left[1..]),
        &nobody_acts(),
    );
    assert_eq!(
        ids(&found),
        [(FindingId::Unreadable, Severity::Warning, ADMIN)]
    );
}

#[test]
fn an_entry_that_gives_no_power_may_go_with_a_word_of_what_was_not_read() {
    let before = [entry(ADMIN, Some(CLUSTER_ADMIN)), entry(GLASS, Some(EDIT))];
    let readable = Circumstances {
        rbac: circumstances().rbac,
        ..nobody_acts()
    };
    let found = assess(&unread(&before), &unread(&before[..1]), &readable);
    assert_eq!(
        ids(&found),
        [(FindingId::Unreadable, Severity::Warning, GLASS)]
    );
    assert!(found.findings[0].reason.contains(WHY), "{found:?}");
}

#[test]
fn whoever_is_protected_acts_or_applies_is_not_taken_its_entry() {
    let before = [
        entry(ADMIN, Some(CLUSTER_ADMIN)),
        entry(GLASS, Some(CLUSTER_ADMIN)),
    ];
    let (old, new) = (unread(&before), unread(&before[1..]));
    let admin = Principal::from_arn(ADMIN);
    let protected = Circumstances {
        protected: vec![admin.clone()],
        ..nobody_acts()
    };
    assert_eq!(
        ids(&assess(&old, &new, &protected)),
        [(FindingId::ProtectedPrincipal, Severity::Error, ADMIN)]
    );
    let applies = Circumstances {
        running: vec![admin],
        ..nobody_acts()
    };
    assert_eq!(
        ids(&assess(&old, &new, &applies)),
        [(FindingId::RunningIdentity, Severity::Error, ADMIN)]
    );
}

#[test]
fn who_goes_is_not_its_own_successor_where_rbac_was_not_read() {
    let before = [entry(ADMIN, Some(CLUSTER_ADMIN))];
    let after = [entry(ADMIN, Some(EDIT))];
    for unread_rbac in [Unread::Open, Unread::Against] {
        let circumstances = Circumstances {
            unread: unread_rbac,
            ..nobody_acts()
        };
        let found = assess(&unread(&before), &unread(&after), &circumstances);
        let first = &found.findings[0];
        assert_eq!(
            (first.id, first.severity),
            (FindingId::LastAdmin, Severity::Error)
        );
        assert!(!first.reason.contains("which is left"), "{}", first.reason);
    }
}

#[test]
fn an_entry_of_nodes_that_goes_is_said() {
    let nodes = AccessEntry {
        kind: "EC2_LINUX".to_owned(),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: vec!["system:nodes".to_owned()],
        ..entry(NODES, None)
    };
    let before = [entry(ADMIN, Some(CLUSTER_ADMIN)), nodes];
    let circumstances = Circumstances {
        nodes: Nodes::Some,
        ..nobody_acts()
    };
    let found = assess(&unread(&before), &unread(&before[..1]), &circumstances);
    assert!(
        ids(&found).contains(&(FindingId::Nodes, Severity::Warning, NODES)),
        "{found:?}"
    );
}
