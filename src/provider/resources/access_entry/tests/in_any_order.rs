//! The only administrator's entry goes while the same plan makes another one's: whichever Terraform starts first, both are done.

use tf_provider::claims::Claims;

use super::guarded::ME;
use super::*;
use crate::ports::Clock;
use crate::resources::access_policy_association::AccessPolicyAssociationResource;

const OTHER: &str = "arn:aws:iam::111122223333:role/other";

fn admin() -> Json {
    json!([{ "policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": { "type": "cluster" } }])
}

fn with_other() -> Arc<FakeCloud> {
    let cloud = cloud();
    let mut second = role("AROAOTHER", 1_735_600_000);
    second.role.name = "other".to_owned();
    second.role.arn = OTHER.to_owned();
    cloud.iam.put_role(second);
    cloud
}

fn other() -> Json {
    json!({ "cluster_name": "prod", "principal_arn": OTHER, "policies": admin() })
}

/// One walk: a process of its own, and one folder of notes for all.
struct Walks {
    cloud: Arc<FakeCloud>,
    folder: tempfile::TempDir,
}

impl Walks {
    fn new() -> Self {
        Self {
            cloud: with_other(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn walk(
        &self,
    ) -> (
        Harness<AccessEntryResource>,
        Harness<AccessPolicyAssociationResource>,
    ) {
        let client = self.cloud.client(FakeCloud::settings());
        let claims = Claims::in_folder(self.folder.path());
        (
            Harness::new(AccessEntryResource, client.clone()).with_claims(claims.clone()),
            Harness::new(AccessPolicyAssociationResource, client).with_claims(claims),
        )
    }
}

#[tokio::test]
async fn the_removal_of_an_entry_waits_for_the_entry_that_is_made_beside_it() {
    for is_removal_first in [true, false] {
        let walks = Walks::new();
        let whole = config(json!({ "policies": admin() }));
        let state = walks.walk().0.create(whole).await.unwrap();
        let (plan, _) = walks.walk();
        plan.plan_create(other()).await.unwrap();
        let removal = plan.plan_delete(&state).await.unwrap();
        let (apply, _) = walks.walk();
        let (removed, made) = if is_removal_first {
            tokio::join!(apply.apply(removal), apply.create(other()))
        } else {
            let (made, removed) = tokio::join!(apply.create(other()), apply.apply(removal));
            (removed, made)
        };
        removed.unwrap();
        made.unwrap();
        assert_eq!(walks.cloud.eks.entry_now(ME), None);
    }
}

#[tokio::test]
async fn the_removal_of_a_policy_waits_for_the_policy_that_is_made_beside_it() {
    let walks = Walks::new();
    let of = |principal: &str| json!({ "cluster_name": "prod", "principal_arn": principal, "policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": { "type": "cluster" } });
    let (entries, associations) = walks.walk();
    entries.create(config(json!({}))).await.unwrap();
    let without = json!({ "cluster_name": "prod", "principal_arn": OTHER });
    entries.create(without).await.unwrap();
    let state = associations.create(of(ROLE)).await.unwrap();
    let (_, plan) = walks.walk();
    plan.plan_create(of(OTHER)).await.unwrap();
    let removal = plan.plan_delete(&state).await.unwrap();
    let (_, apply) = walks.walk();
    let (removed, made) = tokio::join!(apply.apply(removal), apply.create(of(OTHER)));
    removed.unwrap();
    made.unwrap();
    assert!(walks.cloud.eks.entry_now(ME).unwrap().policies.is_empty());
}

#[tokio::test]
async fn an_address_that_only_gets_another_name_takes_nothing_from_the_last_admin() {
    for is_removal_first in [true, false] {
        let walks = Walks::new();
        let whole = config(json!({ "policies": admin() }));
        let state = walks.walk().0.create(whole.clone()).await.unwrap();
        let (plan, _) = walks.walk();
        let (removal, renamed) = if is_removal_first {
            tokio::join!(plan.plan_delete(&state), plan.plan_create(whole))
        } else {
            let (renamed, removal) =
                tokio::join!(plan.plan_create(whole), plan.plan_delete(&state));
            (removal, renamed)
        };
        removal.unwrap();
        renamed.unwrap();
        let told = plan.take_warnings();
        let grave = titles(&told).into_iter();
        let grave: Vec<&str> = grave.filter(|title| title.contains("Goes")).collect();
        assert_eq!(grave, Vec::<&str>::new(), "{is_removal_first}");
    }
}

#[tokio::test]
async fn what_the_plan_does_not_make_is_not_waited_for() {
    let walks = Walks::new();
    let whole = config(json!({ "policies": admin() }));
    let state = walks.walk().0.create(whole).await.unwrap();
    let removal = walks.walk().0.plan_delete(&state).await.unwrap();
    let before = walks.cloud.clock.now();
    let refused = walks.walk().0.apply(removal).await.unwrap_err();
    assert_eq!(
        titles(&refused.diagnostics),
        ["The Last Cluster Admin Goes"]
    );
    let waited = walks.cloud.clock.now().duration_since(before).unwrap();
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert!(walks.cloud.eks.entry_now(ME).is_some());
}
