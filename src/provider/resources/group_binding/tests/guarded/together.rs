//! What a plan says of an entry of aws-auth and a binding that only together take the last administrators, and an apply beside which somebody else takes one.

use tf_provider::claims::Claims;

use super::*;
use crate::client::Client;
use crate::resources::aws_auth_role::{AwsAuthRoleModel, AwsAuthRoleResource};

/// The role `admin`, which is a master and in the group that `boss` binds.
struct World {
    bed: Bed,
    binding: Stored<GroupBindingModel>,
    entry: Stored<AwsAuthRoleModel>,
}

fn settings() -> Settings {
    Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    }
}

fn entry(groups: &[&str]) -> Json {
    json!({"rolearn": "arn:aws:iam::111122223333:role/admin", "username": "admin", "groups": groups, "on_conflict": "adopt"})
}

fn entries(client: Arc<Client>) -> Harness<AwsAuthRoleResource> {
    Harness::new(AwsAuthRoleResource::new(), client)
}

impl World {
    async fn new() -> Self {
        let (bed, binding) = with_admins().await;
        let text = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups:\n  - system:masters\n  - admins\n";
        bed.kube().write(&[("mapRoles", text)]);
        let step = entries(bed.cloud.client(settings()));
        let entry = step.create(entry(&["system:masters", "admins"])).await;
        Self {
            bed,
            binding,
            entry: entry.unwrap(),
        }
    }

    /// One provider configuration.
    fn plan(&self) -> (Harness<GroupBindingResource>, Harness<AwsAuthRoleResource>) {
        let client = self.bed.cloud.client(settings());
        (
            Harness::new(GroupBindingResource, client.clone()),
            entries(client),
        )
    }
}

fn told_together(warnings: &Diagnostics) -> String {
    let is_together = |one: &&tf_provider::Diagnostic| one.detail.contains("do together");
    let found: Vec<String> = warnings
        .iter()
        .filter(is_together)
        .map(|one| format!("{}: {}", one.summary, one.detail))
        .collect();
    found.join("\n")
}

#[tokio::test]
async fn a_plan_says_what_an_entry_and_a_binding_do_only_together() {
    let world = World::new().await;
    for is_binding_first in [true, false] {
        let (bindings, entries) = world.plan();
        if is_binding_first {
            bindings.plan_delete(&world.binding).await.unwrap();
        }
        let reduced = entries.plan_update(&world.entry, entry(&["admins"])).await;
        reduced.unwrap();
        if !is_binding_first {
            bindings.plan_delete(&world.binding).await.unwrap();
        }
        let mut warnings = bindings.take_warnings();
        warnings.extend(entries.take_warnings());
        let told = told_together(&warnings);
        for part in [
            "The Last Cluster Admin Goes",
            "`eksauth_group_binding` `boss`",
            "`eksauth_aws_auth_role`",
            "apply makes some of these changes and refuses the one that does it",
            "lockout.last-admin",
        ] {
            assert!(told.contains(part), "{part}: {}", text(&warnings));
        }
        assert_eq!(told.matches("do together").count(), 1, "{told}");
    }
}

#[tokio::test]
async fn two_bindings_that_only_together_take_the_last_administrators_are_told_too() {
    let (bed, first) = with_admins().await;
    let second = bed.create(with(boss(), json!({"name": "second"}))).await;
    let step = bed.step();
    step.plan_delete(&first).await.unwrap();
    assert_eq!(told_together(&step.take_warnings()), "");
    step.plan_delete(&second).await.unwrap();
    let told = told_together(&step.take_warnings());
    assert!(
        told.contains("`boss`") && told.contains("`second`"),
        "{told}"
    );
}

#[tokio::test]
async fn two_entries_that_only_together_take_the_last_administrators_are_told_too() {
    let bed = Bed::new();
    bed.kube().set_discovery(&[]);
    for name in ["admin", "other"] {
        crate::aws_auth::fixture::make_role(&bed.cloud.iam, crate::fakes::ACCOUNT, "/", name);
    }
    let of = |name: &str| json!({"rolearn": format!("arn:aws:iam::111122223333:role/{name}"), "username": name, "groups": ["system:masters"]});
    let step = entries(bed.cloud.client(settings()));
    let first = step.create(of("admin")).await.unwrap();
    let second = step.create(of("other")).await.unwrap();
    let step = entries(bed.cloud.client(settings()));
    step.plan_delete(&first).await.unwrap();
    assert_eq!(told_together(&step.take_warnings()), "");
    step.plan_delete(&second).await.unwrap();
    let told = told_together(&step.take_warnings());
    assert!(
        told.contains("role/admin`") && told.contains("role/other`"),
        "{told}"
    );
}

#[tokio::test]
async fn what_another_change_of_the_plan_makes_up_for_is_not_told() {
    let world = World::new().await;
    let (bindings, entries) = world.plan();
    let other = json!({"name": "other", "cluster_role": "cluster-admin", "users": ["admin"]});
    bindings.plan_create(other).await.unwrap();
    bindings.plan_delete(&world.binding).await.unwrap();
    let reduced = entries.plan_update(&world.entry, entry(&["admins"])).await;
    reduced.unwrap();
    let mut warnings = bindings.take_warnings();
    warnings.extend(entries.take_warnings());
    assert_eq!(told_together(&warnings), "");
}

#[tokio::test]
async fn a_write_of_aws_auth_beside_which_a_binding_went_is_taken_back() {
    let world = World::new().await;
    let bed = &world.bed;
    let Attr::Known(name) = &world.binding.model.binding_name else {
        unreachable!()
    };
    let boss = key(RbacKind::ClusterRoleBinding, "", name);
    bed.kube().on_next(
        Verb::Patch,
        Fault::After(Box::new(move |kube| kube.remove_rbac_object(&boss))),
    );
    let before = bed.kube().section("mapRoles");
    let (_, entries) = world.plan();
    let refused = entries.update(&world.entry, entry(&["admins"])).await;
    let refused = refused.unwrap_err().diagnostics;
    let told = text(&refused);
    assert_eq!(
        titles(&refused),
        ["Change Of aws-auth Taken Back"],
        "{told}"
    );
    assert!(told.contains("lockout.last-admin"), "{told}");
    assert!(told.contains("aws-auth was put back as it was"), "{told}");
    assert_eq!(bed.kube().section("mapRoles"), before);
}

#[tokio::test]
async fn a_binding_beside_which_an_entry_went_is_taken_back() {
    let world = World::new().await;
    let bed = &world.bed;
    bed.kube().on_next_rbac(
        Verb::Delete,
        Fault::After(Box::new(|kube| {
            let text = "- rolearn: arn:aws:iam::111122223333:role/admin\n  username: admin\n  groups:\n  - admins\n";
            kube.write(&[("mapRoles", text)]);
        })),
    );
    let shown = bed.shown();
    let (bindings, _) = world.plan();
    let refused = bindings.delete(&world.binding).await.unwrap_err();
    let told = text(&refused.diagnostics);
    assert!(told.contains("Change Of Bindings Taken Back"), "{told}");
    assert!(told.contains("lockout.last-admin"), "{told}");
    assert_eq!(bed.shown(), shown);
}

#[tokio::test]
async fn an_object_that_only_gets_another_address_locks_nobody_out() {
    let (bed, state) = with_admins().await;
    for is_removal_first in [false, true] {
        let client = bed.cloud.client(settings());
        let step = Harness::new(GroupBindingResource, client).with_claims(Claims::in_memory());
        let (removed, made) = match is_removal_first {
            true => tokio::join!(step.plan_delete(&state), step.plan_create(boss())),
            false => {
                let made = step.plan_create(boss()).await;
                (step.plan_delete(&state).await, made)
            }
        };
        made.unwrap();
        removed.unwrap();
        let warned = text(&step.take_warnings());
        for title in [
            "The Last Cluster Admin Goes",
            "Loses Access",
            "Locks You Out",
        ] {
            assert!(!warned.contains(title), "{is_removal_first}: {warned}");
        }
    }
}
