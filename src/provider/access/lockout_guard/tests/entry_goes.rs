//! An access entry goes or is given less, and aws-auth or RBAC could not be read.

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::change::{AccessEntryChange, ClusterChange};
use eksauth_core::aws_auth::read;

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
    let before = entry_with(ADMINS, "AmazonEKSClusterAdminPolicy");
    judged_of(cloud, settings, &before, changes, moment).await
}

async fn judged_of(
    cloud: &Arc<FakeCloud>,
    settings: Settings,
    before: &AccessEntry,
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
            before: Some(before),
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
        said.contains("apply refuses this change and writes nothing of it; other changes of the apply may be made"),
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
            planned.contains("apply refuses this change and writes nothing of it; other changes of the apply may be made"),
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

#[tokio::test]
async fn an_entry_whose_policies_come_later_is_told_where_they_belong() {
    let cloud = blind();
    let aws_auth = read(&BTreeMap::from([(
        "mapRoles".to_owned(),
        super::cases::admins(),
    )]));
    let made = entry_with(ADMINS, "AmazonEKSClusterAdminPolicy");
    let bare = ClusterChange::AccessEntry(AccessEntryChange::Put(AccessEntry {
        policies: Vec::new(),
        ..made.clone()
    }));
    let guard = ClusterGuard {
        mode: AuthenticationMode::ApiAndConfigMap,
        ..guard(&cloud, FakeCloud::settings())
    };
    for moment in [Moment::Plan, Moment::Write] {
        let judged = guard
            .judge_entry(EntryProposal {
                aws_auth: &Knowledge::Known(aws_auth.clone()),
                principal: &Principal::from_arn(ADMINS),
                before: None,
                changes: std::slice::from_ref(&bare),
                resource: "`eksauth_access_entry` `admins`",
                is_teardown: false,
                scope: match moment {
                    Moment::Plan => PlanScope::Others,
                    Moment::Write | Moment::Done => PlanScope::Alone,
                },
                moment,
            })
            .await;
        let told = match judged {
            Ok(judged) => judged.unwrap().told,
            Err(refused) => refused,
        };
        let text = text_of(&told);
        assert!(text.contains("in its own `policies`"), "{moment:?}: {text}");
    }
}

fn meant() -> Settings {
    Settings {
        acknowledgements: Acknowledgements::parse(&format!("prod:lockout.last-admin:{ADMINS}")),
        ..FakeCloud::settings()
    }
}

/// The one warning of what was acknowledged.
fn acknowledged(said: &Diagnostics) -> String {
    let is_of_it =
        |shown: &&tf_provider::Diagnostic| shown.summary.starts_with("Acknowledged Loss Of Access");
    let all: Vec<_> = said.iter().filter(is_of_it).collect();
    assert_eq!(all.len(), 1, "{said:?}");
    all[0].detail.clone()
}

#[tokio::test]
async fn who_meant_to_take_an_access_entry_reads_what_makes_it_again_and_of_no_copy() {
    let cloud = blind();
    let before = AccessEntry {
        username: "boss".to_owned(),
        groups: vec!["ops".to_owned()],
        ..entry_with(ADMINS, "AmazonEKSClusterAdminPolicy")
    };
    admit(&cloud, &before);
    let said = judged_of(&cloud, meant(), &before, &goes(), Moment::Write).await;
    let text = acknowledged(&said.unwrap());
    for words in ["aws-auth-recovery", "restore"] {
        assert!(!text.contains(words), "{words}: {text}");
    }
    for words in [
        "  aws eks create-access-entry --cluster-name prod --region eu-central-1 --principal-arn arn:aws:iam::111122223333:role/admins --username boss --kubernetes-groups ops\n",
        "  aws eks associate-access-policy --cluster-name prod --region eu-central-1 --principal-arn arn:aws:iam::111122223333:role/admins --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy --access-scope type=cluster\n",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[tokio::test]
async fn who_meant_to_take_a_policy_reads_what_associates_it_again() {
    let cloud = blind();
    let before = AccessEntry {
        policies: vec![
            policy("AmazonEKSClusterAdminPolicy"),
            policy("AmazonEKSViewPolicy"),
        ],
        ..entry_with(ADMINS, "AmazonEKSClusterAdminPolicy")
    };
    admit(&cloud, &before);
    let goes = [ClusterChange::AccessEntry(
        AccessEntryChange::Disassociate {
            principal_arn: ADMINS.to_owned(),
            policy_arn: policy("AmazonEKSClusterAdminPolicy").policy_arn,
        },
    )];
    let said = judged_of(&cloud, meant(), &before, &goes, Moment::Write).await;
    let text = acknowledged(&said.unwrap());
    assert!(text.contains("aws eks associate-access-policy"), "{text}");
    for words in [
        "create-access-entry",
        "AmazonEKSViewPolicy --access-scope",
        "restore",
    ] {
        assert!(!text.contains(words), "{words}: {text}");
    }
}

#[tokio::test]
async fn a_plan_of_what_is_acknowledged_says_so() {
    let cloud = blind();
    let before = entry_with(ADMINS, "AmazonEKSClusterAdminPolicy");
    admit(&cloud, &before);
    let said = judged_of(&cloud, meant(), &before, &goes(), Moment::Plan).await;
    let text = acknowledged(&said.unwrap());
    assert!(text.contains("Finding: lockout.last-admin"), "{text}");
    assert!(
        text.contains("the apply needs the same acknowledgement"),
        "{text}"
    );
}
