//! Entries that move between the whole map and resources of their own.

use tf_provider::Claims;
use tf_provider::testing::{Planned, Stored};

use super::*;
use crate::client::Client;
use crate::config::{LockoutGuard, Settings};
use crate::fakes::FakeRbac;
use crate::ports::rbac::RbacObjects;
use crate::resources::aws_auth::AwsAuthModel;
use crate::resources::aws_auth_role::AwsAuthRoleModel;

/// The running identity's, the only admin.
const ADMINS: &str = "\
# written by hand
- rolearn:   arn:aws:iam::111122223333:role/admins
  username: admin
  groups: [system:masters]
";

/// One walk of Terraform through a configuration with a map and an entry.
struct Walk {
    map: Harness<AwsAuthResource>,
    entry: Harness<AwsAuthRoleResource>,
}

impl Walk {
    fn new(bed: &Bed, folder: &tempfile::TempDir) -> Self {
        let claims = Claims::in_folder(folder.path());
        let settings = Settings {
            lockout_guard: LockoutGuard::Error,
            ..Bed::settings()
        };
        let client: std::sync::Arc<Client> = bed.cloud.client(settings);
        Self {
            map: Harness::new(AwsAuthResource, client.clone()).with_claims(claims.clone()),
            entry: Harness::new(AwsAuthRoleResource::new(), client).with_claims(claims),
        }
    }
}

fn bed() -> Bed {
    let bed = Bed::new(&[("mapRoles", ADMINS)]);
    bed.kube().set_rbac(FakeRbac {
        objects: Some(RbacObjects::default()),
        has_nodes: Some(false),
    });
    bed
}

fn entry() -> serde_json::Value {
    json!({ "rolearn": role_arn("admins"), "username": "admin", "groups": ["system:masters"] })
}

fn map_of(entries: &[serde_json::Value]) -> serde_json::Value {
    json!({ "map_roles": entries })
}

async fn planned_together(
    walk: &Walk,
    is_map_first: bool,
    map: &Stored<AwsAuthModel>,
    entry_config: Option<serde_json::Value>,
    entry_state: Option<&Stored<AwsAuthRoleModel>>,
) -> (Planned<AwsAuthModel>, Planned<AwsAuthRoleModel>) {
    let entries = match entry_config {
        Some(_) => vec![],
        None => vec![entry()],
    };
    let plan_map = walk.map.plan_update(map, map_of(&entries));
    let plan_entry = async {
        match (entry_config, entry_state) {
            (Some(config), _) => walk.entry.plan_create(config).await,
            (None, Some(state)) => walk.entry.plan_delete(state).await,
            (None, None) => panic!("nothing to plan"),
        }
    };
    let (map, entry) = if is_map_first {
        tokio::join!(plan_map, plan_entry)
    } else {
        let (entry, map) = tokio::join!(plan_entry, plan_map);
        (map, entry)
    };
    (map.unwrap(), entry.unwrap())
}

#[tokio::test]
async fn an_entry_that_moves_out_of_the_map_stays_as_it_is() {
    for is_map_first in [true, false] {
        let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
        let map = Walk::new(&bed, &folder)
            .map
            .create(map_of(&[entry()]))
            .await
            .unwrap();
        let plan = Walk::new(&bed, &folder);
        planned_together(&plan, is_map_first, &map, Some(entry()), None).await;
        let apply = Walk::new(&bed, &folder);
        // One at a time, in either order; both are planned again.
        let map = if is_map_first {
            let map = apply.map.update(&map, map_of(&[])).await.unwrap();
            apply.entry.create(entry()).await.unwrap();
            map
        } else {
            apply.entry.create(entry()).await.unwrap();
            apply.map.update(&map, map_of(&[])).await.unwrap()
        };
        assert_eq!(bed.kube().count(Verb::Patch), 0);
        assert_eq!(map.model.map_roles, Attr::Known(Default::default()));
    }
}

#[tokio::test]
async fn an_entry_that_moves_into_the_map_stays_as_it_is() {
    for is_map_first in [true, false] {
        let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
        let before = Walk::new(&bed, &folder);
        let map = before.map.create(map_of(&[])).await.unwrap();
        let role = before.entry.create(entry()).await.unwrap();
        let plan = Walk::new(&bed, &folder);
        let (_, role) = planned_together(&plan, is_map_first, &map, None, Some(&role)).await;
        let config = map_of(&[entry()]);
        let apply = Walk::new(&bed, &folder);
        if is_map_first {
            apply.map.update(&map, config).await.unwrap();
            apply.entry.apply(role).await.unwrap();
        } else {
            apply.entry.apply(role).await.unwrap();
            apply.map.update(&map, config).await.unwrap();
        }
        assert_eq!(bed.kube().count(Verb::Patch), 0);
        assert_eq!(bed.kube().section("mapRoles").unwrap(), ADMINS);
    }
}

#[tokio::test]
async fn a_map_that_gives_up_what_nobody_holds_is_still_refused_at_plan() {
    let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
    let map = Walk::new(&bed, &folder)
        .map
        .create(map_of(&[entry()]))
        .await
        .unwrap();
    let refused = Walk::new(&bed, &folder)
        .map
        .plan_update(&map, map_of(&[]))
        .await;
    assert!(refused.is_err(), "{refused:?}");
}

/// The plan that was just made was saved by a Terraform process which is gone. It is the newest: as fine as files are dated, two could be of one moment.
fn forget_who_planned(folder: &tempfile::TempDir, seconds_ago: u64) {
    let at = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds_ago);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (header, notes) = text.split_once('\n').unwrap();
        if header.trim() == "claims-1" {
            continue;
        }
        std::fs::write(&path, format!("claims-1 \n{notes}")).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(at).unwrap();
    }
}

#[tokio::test]
async fn what_a_saved_plan_removes_goes_although_another_plan_moves_it() {
    let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
    let dev = json!({ "rolearn": role_arn("dev"), "username": "dev", "groups": ["dev"] });
    let both = map_of(&[entry(), dev.clone()]);
    let map = Walk::new(&bed, &folder).map.create(both).await.unwrap();
    let rest = map_of(&[entry()]);
    let saved = Walk::new(&bed, &folder).map;
    saved.plan_update(&map, rest.clone()).await.unwrap();
    forget_who_planned(&folder, 2);
    let other = Walk::new(&bed, &folder);
    other.map.plan_update(&map, rest.clone()).await.unwrap();
    other.entry.plan_create(dev).await.unwrap();
    forget_who_planned(&folder, 1);
    let apply = Walk::new(&bed, &folder).map;
    apply.update(&map, rest).await.unwrap();
    assert_eq!(bed.kube().section("mapRoles").unwrap(), ADMINS);
}

#[tokio::test]
async fn what_must_not_go_stays_where_plans_contradict_each_other() {
    let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
    let only = map_of(&[entry()]);
    let map = Walk::new(&bed, &folder).map.create(only).await.unwrap();
    let refused = Walk::new(&bed, &folder).map;
    assert!(refused.plan_update(&map, map_of(&[])).await.is_err());
    forget_who_planned(&folder, 2);
    let saved = Walk::new(&bed, &folder);
    planned_together(&saved, true, &map, Some(entry()), None).await;
    forget_who_planned(&folder, 1);
    let apply = Walk::new(&bed, &folder);
    apply.map.update(&map, map_of(&[])).await.unwrap();
    apply.entry.create(entry()).await.unwrap();
    assert_eq!(bed.kube().count(Verb::Patch), 0);
}

#[tokio::test]
async fn a_map_and_an_entry_that_hold_the_same_are_told() {
    let (bed, folder) = (bed(), tempfile::tempdir().unwrap());
    let walk = Walk::new(&bed, &folder);
    walk.entry.plan_create(entry()).await.unwrap();
    let refused = walk.map.plan_create(map_of(&[entry()])).await.unwrap_err();
    assert_eq!(titles(&refused), ["Two Resources For One Entry"]);
}
