//! Changes of one plan that Terraform starts in any order: what only together is harmless passes.

use tf_provider::claims::Claims;

use super::*;
use crate::client::Client;
use crate::ports::Clock;
use crate::resources::aws_auth_role::AwsAuthRoleResource;

struct World {
    bed: Bed,
    folder: tempfile::TempDir,
    binding: Stored<GroupBindingModel>,
}

type Both = (Harness<GroupBindingResource>, Harness<AwsAuthRoleResource>);

fn settings() -> Settings {
    Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    }
}

fn entry(groups: &[&str]) -> Json {
    json!({"rolearn": "arn:aws:iam::111122223333:role/admin", "username": "admin", "groups": groups, "on_conflict": "adopt"})
}

impl World {
    async fn new() -> Self {
        let (bed, binding) = with_admins().await;
        Self {
            bed,
            binding,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// One walk: a process of its own, and one file of notes for both.
    fn walk(&self) -> Both {
        let client: Arc<Client> = self.bed.cloud.client(settings());
        let claims = Claims::in_folder(self.folder.path());
        (
            Harness::new(GroupBindingResource, client.clone()).with_claims(claims.clone()),
            Harness::new(AwsAuthRoleResource::new(), client).with_claims(claims),
        )
    }
}

fn second() -> Json {
    with(boss(), json!({"name": "second"}))
}

#[tokio::test]
async fn a_removal_waits_for_the_binding_that_is_made_beside_it() {
    for is_removal_first in [true, false] {
        let world = World::new().await;
        let (plan, _) = world.walk();
        plan.plan_create(second()).await.unwrap();
        let removal = plan.plan_delete(&world.binding).await.unwrap();
        let (apply, _) = world.walk();
        let (removed, made) = if is_removal_first {
            tokio::join!(apply.apply(removal), apply.create(second()))
        } else {
            let (made, removed) = tokio::join!(apply.create(second()), apply.apply(removal));
            (removed, made)
        };
        removed.unwrap();
        made.unwrap();
        assert_eq!(world.bed.shown().len(), 2);
    }
}

#[tokio::test]
async fn a_group_that_changes_by_entry_and_binding_passes_in_any_order() {
    for order in 0..3 {
        let world = World::new().await;
        let (_, entries) = world.walk();
        let state = entries.create(entry(&["admins"])).await.unwrap();
        let moved = with(second(), json!({"groups": ["bosses"]}));
        let (plan, entries) = world.walk();
        plan.plan_create(moved.clone()).await.unwrap();
        entries
            .plan_update(&state, entry(&["bosses"]))
            .await
            .unwrap();
        let removal = plan.plan_delete(&world.binding).await.unwrap();
        let (apply, entries) = world.walk();
        let (remove, make, change) = (
            apply.apply(removal),
            apply.create(moved),
            entries.update(&state, entry(&["bosses"])),
        );
        let (removed, made, changed) = match order {
            0 => tokio::join!(remove, make, change),
            1 => {
                let (changed, removed, made) = tokio::join!(change, remove, make);
                (removed, made, changed)
            }
            _ => {
                let (made, removed, changed) = tokio::join!(make, remove, change);
                (removed, made, changed)
            }
        };
        made.unwrap();
        changed.unwrap();
        removed.unwrap();
        assert_eq!(world.bed.shown().len(), 2, "{order}");
    }
}

#[tokio::test]
async fn what_the_plan_does_not_make_is_not_waited_for() {
    let world = World::new().await;
    let (plan, _) = world.walk();
    let removal = plan.plan_delete(&world.binding).await.unwrap();
    // A plan of the same folder that nobody applies.
    world.walk().0.plan_create(second()).await.unwrap();
    let before = world.bed.cloud.clock.now();
    let refused = world.walk().0.apply(removal).await.unwrap_err().diagnostics;
    assert!(
        text(&refused).contains("is refused because"),
        "{}",
        text(&refused)
    );
    let waited = world.bed.cloud.clock.now().duration_since(before).unwrap();
    assert!(waited < std::time::Duration::from_secs(1), "{waited:?}");
}

#[tokio::test]
async fn the_wait_ends_by_itself_and_with_ctrl_c() {
    for is_cancelled in [false, true] {
        let world = World::new().await;
        let (plan, _) = world.walk();
        plan.plan_create(second()).await.unwrap();
        let removal = plan.plan_delete(&world.binding).await.unwrap();
        let (apply, _) = world.walk();
        if is_cancelled {
            apply.cancel_token().cancel();
        }
        let before = world.bed.cloud.clock.now();
        let refused = apply.apply(removal).await.unwrap_err().diagnostics;
        assert!(
            text(&refused).contains("is refused because"),
            "{}",
            text(&refused)
        );
        let waited = world.bed.cloud.clock.now().duration_since(before).unwrap();
        assert_eq!(
            waited < std::time::Duration::from_secs(2),
            is_cancelled,
            "{waited:?}"
        );
        assert!(waited < std::time::Duration::from_secs(60), "{waited:?}");
    }
}

/// A replacement that makes first: Terraform plans the removal of the old one at apply, and it is the same binding.
#[tokio::test]
async fn a_replacement_that_makes_first_takes_nothing_and_says_nothing() {
    let world = World::new().await;
    let (plan, _) = world.walk();
    plan.plan_update(&world.binding, boss()).await.unwrap();
    assert_eq!(titles(&plan.take_warnings()), Vec::<&str>::new());
    let (apply, _) = world.walk();
    apply.create(boss()).await.unwrap();
    let removal = apply.plan_delete(&world.binding).await.unwrap();
    apply.apply(removal).await.unwrap();
    assert_eq!(titles(&apply.take_warnings()), Vec::<&str>::new());
    assert_eq!(world.bed.shown().len(), 2);
}
