//! An access entry goes or is given less, and aws-auth or RBAC could not be read.

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::change::{AccessEntryChange, ClusterChange};

use super::cases::{ADMINS, WRITES, acts, ids_in, put_cluster, strict, text_of};
use super::*;

const CREATOR: &str = "arn:aws:iam::111122223333:user/creator";
const WHY: &str = "aws-auth could not be read: `get configmaps` is missing";

fn policy(name: &str) -> AccessPolicy {
    AccessPolicy {
        policy_arn: format!("arn:aws:eks::aws:cluster-access-policy/{name}"),
        namespaces: Vec::new(),
    }
}

fn entry_with(arn: &str, name: &str) -> AccessEntry {
    AccessEntry {
        created_at: None,
        principal_arn: arn.to_owned(),
        kind: "STANDARD".to_owned(),
        username: arn.to_owned(),
        groups: Vec::new(),
        policies: vec![policy(name)],
    }
}

/// Whoever acts may read nothing of the cluster.
fn blind() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    readable(&cloud, false);
    cloud.kubernetes.set_rbac(FakeRbac::default());
    acts(&cloud, Some(CREATOR), WRITES);
    put_cluster(&cloud);
    cloud
}

fn admit(cloud: &FakeCloud, entry: &AccessEntry) {
    cloud.eks.admit(AccessEntry {
        policies: Vec::new(),
        ..entry.clone()
    });
    for policy in &entry.policies {
        cloud.eks.associate(&entry.principal_arn, policy.clone());
    }
}

async fn judged(
    cloud: &Arc<FakeCloud>,
    settings: Settings,
    changes: &[ClusterChange],
    moment: Moment,
) -> Result<Diagnostics, Diagnostics> {
    let guard = ClusterGuard {
        mode: AuthenticationMode::ApiAndConfigMap,
        ..guard(cloud, settings)
    };
    let judged = guard
        .judge_entry(EntryProposal {
            aws_auth: &Knowledge::Unreadable(WHY.to_owned()),
            principal: &Principal::from_arn(ADMINS),
            before: Some(&entry_with(ADMINS, "AmazonEKSClusterAdminPolicy")),
            changes,
            resource: "`eksauth_access_entry` `admins`",
            is_teardown: false,
            scope: match moment {
                Moment::Plan => PlanScope::Others,
                Moment::Write | Moment::Done => PlanScope::Alone,
            },
            moment,
        })
        .await?;
    Ok(judged.map(|judged| judged.told).unwrap_or_default())
}

fn goes() -> Vec<ClusterChange> {
    vec![ClusterChange::AccessEntry(AccessEntryChange::Remove {
        principal_arn: ADMINS.to_owned(),
    })]
}

fn protecting() -> Settings {
    Settings {
        protected_principals: [ADMINS.to_owned()].into(),
        ..FakeCloud::settings()
    }
}

#[tokio::test]
async fn the_last_admins_entry_is_not_removed_on_a_guess() {
    let cloud = blind();
    admit(&cloud, &entry_with(ADMINS, "AmazonEKSClusterAdminPolicy"));
    for settings in [FakeCloud::settings(), strict(), protecting()] {
        let refused = judged(&cloud, settings, &goes(), Moment::Write).await;
        let error = refused.unwrap_err();
        let ids = ids_in(&error);
        assert!(ids.contains(&"lockout.last-admin".to_owned()), "{ids:?}");
        assert!(text_of(&error).contains(WHY), "{}", text_of(&error));
    }
    let said = judged(&cloud, FakeCloud::settings(), &goes(), Moment::Plan).await;
    let said = text_of(&said.unwrap());
    assert!(
        said.contains("apply refuses this and writes nothing"),
        "{said}"
    );
}

#[tokio::test]
async fn where_another_admin_is_left_only_the_protected_stays() {
    let cloud = blind();
    let other = "arn:aws:iam::111122223333:role/ops";
    for arn in [ADMINS, other] {
        admit(&cloud, &entry_with(arn, "AmazonEKSClusterAdminPolicy"));
    }
    let said = judged(&cloud, FakeCloud::settings(), &goes(), Moment::Write).await;
    let said = said.unwrap();
    assert_eq!(ids_in(&said), ["lockout.unreadable"]);
    assert!(text_of(&said).contains(WHY), "{}", text_of(&said));
    let error = judged(&cloud, protecting(), &goes(), Moment::Write).await;
    let ids = ids_in(&error.unwrap_err());
    assert!(
        ids.contains(&"lockout.protected-principal".to_owned()),
        "{ids:?}"
    );
}

#[tokio::test]
async fn a_plan_says_that_apply_refuses_where_apply_does() {
    let cloud = blind();
    admit(&cloud, &entry_with(ADMINS, "AmazonEKSClusterAdminPolicy"));
    let less = |name: &str| {
        let after = entry_with(ADMINS, name);
        vec![
            ClusterChange::AccessEntry(AccessEntryChange::Put(AccessEntry {
                policies: Vec::new(),
                ..after
            })),
            ClusterChange::AccessEntry(AccessEntryChange::Disassociate {
                principal_arn: ADMINS.to_owned(),
                policy_arn: policy("AmazonEKSClusterAdminPolicy").policy_arn,
            }),
            ClusterChange::AccessEntry(AccessEntryChange::Associate {
                principal_arn: ADMINS.to_owned(),
                policy: policy(name),
            }),
        ]
    };
    for changes in [less("AmazonEKSEditPolicy"), goes()] {
        let planned = judged(&cloud, FakeCloud::settings(), &changes, Moment::Plan).await;
        let planned = text_of(&planned.unwrap());
        assert!(
            planned.contains("apply refuses this and writes nothing"),
            "{planned}"
        );
        assert!(!planned.contains("which is left"), "{planned}");
        let written = judged(&cloud, FakeCloud::settings(), &changes, Moment::Write).await;
        let error = written.unwrap_err();
        assert!(
            ids_in(&error).contains(&"lockout.last-admin".to_owned()),
            "{error:?}"
        );
    }
}
