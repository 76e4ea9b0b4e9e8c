//! Two whole states, as a finished plan has them.

use eksauth_core::access::change::{AwsAuthChange, ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth::Entry;
use eksauth_core::aws_auth::read;

use super::*;

const PLATFORM: &str = "arn:aws:iam::111122223333:role/ops";

fn before() -> ClusterView {
    let text = format!(
        "- rolearn: {PLATFORM}\n  username: ops\n  groups: [platform]\n- rolearn: arn:aws:iam::111122223333:role/viewer\n  username: viewer\n  groups: [viewers]\n"
    );
    ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(read(&BTreeMap::from([("mapRoles".to_owned(), text)]))),
        access_entries: Knowledge::Known(Vec::new()),
    }
}

fn role(name: &str, group: &str) -> Entry {
    Entry::Role {
        rolearn: format!("arn:aws:iam::111122223333:role/{name}"),
        username: name.to_owned(),
        groups: vec![group.to_owned()],
    }
}

fn removed(name: &str, group: &str) -> ClusterChange {
    ClusterChange::AwsAuth(AwsAuthChange::Remove(role(name, group)))
}

fn platform_is_admin(cloud: &FakeCloud) -> Binding {
    readable(cloud, false);
    let everything = || vec!["*".to_owned()];
    let binding = Binding {
        refers_to_cluster_role: true,
        role: "cluster-admin".to_owned(),
        subjects: vec![Subject::Group("platform".to_owned())],
    };
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects {
            cluster_roles: vec![Role {
                name: "cluster-admin".to_owned(),
                rules: vec![PolicyRule {
                    verbs: everything(),
                    api_groups: everything(),
                    resources: everything(),
                    resource_names: Vec::new(),
                }],
                ..Role::default()
            }],
            cluster_role_bindings: vec![binding.clone()],
            ..RbacObjects::default()
        }),
        has_nodes: Some(false),
    });
    binding
}

async fn between(
    cloud: &Arc<FakeCloud>,
    changes: &[ClusterChange],
    applying: &Applying,
) -> JudgedBetween {
    guard(cloud, FakeCloud::settings())
        .judge_between(Between {
            before: &before(),
            changes,
            applying,
            deleted: &BTreeSet::new(),
        })
        .await
}

fn found(judged: &JudgedBetween) -> Vec<(FindingId, Severity)> {
    let findings = judged.assessment.findings.iter();
    findings
        .map(|finding| (finding.id, finding.severity))
        .collect()
}

#[tokio::test]
async fn where_nobody_loses_nothing_is_asked() {
    let cloud = Arc::new(FakeCloud::default());
    let judged = between(&cloud, &[], &Applying::default()).await;
    assert_eq!((found(&judged), judged.has_read), (vec![], false));
    assert_eq!(cloud.sts.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn an_admin_by_a_binding_is_known_by_reading_rbac() {
    let cloud = Arc::new(FakeCloud::default());
    platform_is_admin(&cloud);
    let judged = between(&cloud, &[removed("ops", "platform")], &Applying::default()).await;
    assert_eq!(
        found(&judged),
        [
            (FindingId::LastAdmin, Severity::Error),
            (FindingId::ReducedAccess, Severity::Warning)
        ]
    );
    assert_eq!(judged.unread, Vec::<String>::new());
}

#[tokio::test]
async fn who_applies_counts_and_not_who_asks() {
    let cloud = Arc::new(FakeCloud::default());
    platform_is_admin(&cloud);
    let by = |name: &str| Applying {
        principals: vec![Principal::from_arn(&format!(
            "arn:aws:iam::111122223333:role/{name}"
        ))],
        unknown: None,
    };
    let viewer_goes = [removed("viewer", "viewers")];
    let judged = between(&cloud, &viewer_goes, &by("viewer")).await;
    assert_eq!(
        found(&judged),
        [(FindingId::RunningIdentity, Severity::Error)]
    );
    let judged = between(&cloud, &viewer_goes, &by("ops")).await;
    assert_eq!(
        found(&judged),
        [(FindingId::ReducedAccess, Severity::Warning)]
    );
    assert_eq!(judged.running, by("ops").principals);
    let unknown = Applying {
        principals: Vec::new(),
        unknown: Some("nobody said".to_owned()),
    };
    let judged = between(&cloud, &viewer_goes, &unknown).await;
    assert!(found(&judged).contains(&(FindingId::Unreadable, Severity::Warning)));
}

#[tokio::test]
async fn a_binding_that_goes_takes_the_power_that_it_gave() {
    let cloud = Arc::new(FakeCloud::default());
    let binding = platform_is_admin(&cloud);
    let gone = ClusterChange::Rbac(RbacChange::RemoveBinding(RbacScope::Cluster, binding));
    let judged = between(&cloud, std::slice::from_ref(&gone), &Applying::default()).await;
    assert_eq!(
        found(&judged).first(),
        Some(&(FindingId::LastAdmin, Severity::Error))
    );
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: None,
        has_nodes: Some(false),
    });
    let judged = between(&cloud, &[gone], &Applying::default()).await;
    // What goes is known by its own words, and nobody can say what is left.
    assert_eq!(
        found(&judged).first(),
        Some(&(FindingId::LastAdmin, Severity::Error))
    );
    let missing = |list: &str| format!("RBAC could not be read: `list {list}` is missing");
    for list in [
        "clusterroles",
        "clusterrolebindings",
        "roles",
        "rolebindings",
    ] {
        assert!(
            judged.unread.contains(&missing(list)),
            "{:?}",
            judged.unread
        );
    }
}

#[tokio::test]
async fn in_a_mode_without_access_entries_none_are_asked_for_whatever_mode_comes() {
    let cloud = Arc::new(FakeCloud::default());
    platform_is_admin(&cloud);
    let unread = ClusterView {
        aws_auth: Knowledge::Unreadable("aws-auth could not be read".to_owned()),
        ..before()
    };
    let applying = Applying {
        principals: vec![Principal::from_arn(PLATFORM)],
        unknown: None,
    };
    for view in [before(), unread] {
        for mode in [AuthenticationMode::ApiAndConfigMap, AuthenticationMode::Api] {
            let changes = [removed("ops", "platform"), ClusterChange::Mode(mode)];
            let judged = guard(&cloud, FakeCloud::settings())
                .judge_between(Between {
                    before: &view,
                    changes: &changes,
                    applying: &applying,
                    deleted: &BTreeSet::new(),
                })
                .await;
            let is_of_entries = |reason: &String| reason.starts_with("the access entries");
            assert!(!judged.unread.iter().any(is_of_entries), "{judged:?}");
            assert_eq!(cloud.eks.calls.take(), Vec::<String>::new(), "{judged:?}");
        }
    }
}
