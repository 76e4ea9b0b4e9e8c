//! A binding of whoever acts goes: what apply would put back is refused before it.

use eksauth_core::access::change::{ClusterChange, RbacChange, RbacScope};
use eksauth_core::aws_auth::read;

use super::cases::acts;
use super::*;

const PIPE: &str = "arn:aws:iam::111122223333:role/ci";

fn role(name: &str, verbs: &[&str], api_group: &str, resources: &[&str]) -> Role {
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Role {
        name: name.to_owned(),
        rules: vec![PolicyRule {
            verbs: list(verbs),
            api_groups: vec![api_group.to_owned()],
            resources: list(resources),
            resource_names: Vec::new(),
        }],
        ..Role::default()
    }
}

fn bound(role: &str, group: &str) -> Binding {
    Binding {
        refers_to_cluster_role: true,
        role: role.to_owned(),
        subjects: vec![Subject::Group(group.to_owned())],
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// `pipe` is in `pipelines`, which may do everything and beside that write aws-auth and RBAC; `ops` is a master.
fn pipelines() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    make_role(&cloud.iam, ACCOUNT, "/", "ci");
    cloud.kubernetes.set_rbac(FakeRbac {
        objects: Some(RbacObjects {
            cluster_roles: vec![
                Role::cluster_admin(),
                role("maps", &["get", "patch"], "", &["configmaps"]),
                role(
                    "bindings",
                    &["get", "patch", "bind", "escalate"],
                    RBAC,
                    &[
                        "clusterroles",
                        "clusterrolebindings",
                        "roles",
                        "rolebindings",
                    ],
                ),
                role("roles", &["patch"], RBAC, &["clusterroles"]),
            ],
            cluster_role_bindings: vec![
                bound("cluster-admin", "pipelines"),
                bound("maps", "pipelines"),
                bound("bindings", "pipelines"),
                bound("roles", "others"),
            ],
            ..RbacObjects::default()
        }),
        has_nodes: Some(false),
    });
    acts(&cloud, Some(PIPE), &["* *", "patch configmaps"]);
    let mut reviews = cloud.kubernetes.reviews();
    if let Some(user) = &mut reviews.user {
        user.username = "pipe".to_owned();
        user.groups = vec!["pipelines".to_owned(), "system:authenticated".to_owned()];
    }
    cloud.kubernetes.set_reviews(reviews);
    cloud
}

fn entries() -> ClusterView {
    let text = format!(
        "{OTHER}- rolearn: {PIPE}\n  username: pipe\n  groups: [pipelines]\n- rolearn: arn:aws:iam::111122223333:role/viewer\n  username: viewer\n  groups: [others]\n"
    );
    ClusterView {
        mode: AuthenticationMode::ConfigMap,
        aws_auth: Knowledge::Known(read(&BTreeMap::from([("mapRoles".to_owned(), text)]))),
        access_entries: Knowledge::Known(Vec::new()),
    }
}

async fn removed(
    cloud: &Arc<FakeCloud>,
    confirm_access: bool,
    binding: Binding,
    applying: &Applying,
) -> Vec<Finding> {
    let settings = Settings {
        confirm_access,
        ..FakeCloud::settings()
    };
    let gone = ClusterChange::Rbac(RbacChange::RemoveBinding(RbacScope::Cluster, binding));
    let judged = guard(cloud, settings)
        .judge_between(Between {
            before: &entries(),
            changes: &[gone],
            applying,
            deleted: &BTreeSet::new(),
        })
        .await;
    let errors = judged.assessment.of_severity(Severity::Error);
    errors.into_iter().cloned().collect()
}

#[tokio::test]
async fn what_apply_asks_for_is_not_taken_from_whoever_acts() {
    let cloud = pipelines();
    let nobody_told = Applying::default();
    let told = Applying {
        principals: vec![Principal::from_arn(PIPE)],
        unknown: None,
    };
    for applying in [&nobody_told, &told] {
        let all = bound("cluster-admin", "pipelines");
        let found = removed(&cloud, true, all.clone(), applying).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].id, FindingId::RunningIdentity);
        for words in ["everything", "`confirm_access = false`"] {
            assert!(found[0].reason.contains(words), "{}", found[0].reason);
        }
        assert_eq!(removed(&cloud, false, all, applying).await, []);
        // The rest is by another binding too, or somebody else's.
        for binding in [bound("maps", "pipelines"), bound("roles", "others")] {
            assert_eq!(removed(&cloud, true, binding, applying).await, []);
        }
    }
    let other = Applying {
        principals: vec![Principal::from_arn("arn:aws:iam::111122223333:role/viewer")],
        unknown: None,
    };
    let found = removed(&cloud, true, bound("roles", "others"), &other).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].reason.contains("`patch clusterroles`"),
        "{}",
        found[0].reason
    );
}
