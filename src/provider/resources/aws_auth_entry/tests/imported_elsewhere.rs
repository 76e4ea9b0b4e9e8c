//! An address imports the entry that another address of the same plan gives up, without `removed`.

use super::walks::{Refused, Step, WorkingFolder};
use super::*;

/// An entry that only one address has until another one imports it: of the last admin, or of anybody.
const NAMES: [&str; 2] = ["admins", "plain"];

async fn held(name: &str) -> WorkingFolder {
    let mut folder = WorkingFolder::new(
        "- {rolearn: arn:aws:iam::111122223333:role/admins, username: admins, groups: [system:masters]}\n\
         - {rolearn: arn:aws:iam::111122223333:role/protected, username: protected, groups: [viewers]}\n\
         - {rolearn: arn:aws:iam::111122223333:role/plain, username: plain, groups: [viewers]}\n",
    );
    folder.bed.make_role("/", "protected");
    folder.bed.make_role("/", "plain");
    let wanted = [("old".to_owned(), config(name, name))].into();
    assert_eq!(folder.run(&wanted).await, Refused::new());
    folder.import("new", name).await;
    folder
}

fn config(name: &str, username: &str) -> serde_json::Value {
    let group = if name == "admins" {
        "system:masters"
    } else {
        "viewers"
    };
    role_config(name, username, &[group])
}

/// The address that imports plans before or after the other one goes, and is applied, where it has something to do, before or after it.
const ORDERS: [(bool, bool); 4] = [(true, true), (true, false), (false, true), (false, false)];

async fn planned(
    folder: &mut WorkingFolder,
    config: serde_json::Value,
    (is_new_planned_first, is_new_made_first): (bool, bool),
) -> Vec<Step> {
    let wanted = [("new".to_owned(), config)].into();
    let order = if is_new_planned_first {
        ["new", "old"]
    } else {
        ["old", "new"]
    };
    let mut steps = folder.plan(&wanted, &order).await.unwrap();
    steps.sort_by_key(|step| step.is_removal() != is_new_made_first);
    if is_new_made_first {
        steps.sort_by_key(Step::is_removal);
    }
    steps
}

#[tokio::test]
async fn the_entry_stays_as_it_is() {
    for name in NAMES {
        for order in ORDERS {
            for parallelism in [1, 10] {
                let mut folder = held(name).await;
                folder.parallelism = parallelism;
                let before = folder.bed.kube().aws_auth();
                let steps = planned(&mut folder, config(name, name), order).await;
                assert_eq!(folder.apply(steps).await, Refused::new());
                assert_eq!(folder.bed.kube().aws_auth(), before);
                assert_eq!(folder.state.keys().collect::<Vec<_>>(), ["new"]);
            }
        }
    }
}

#[tokio::test]
async fn the_entry_changes_in_place() {
    for name in NAMES {
        for order in ORDERS {
            for parallelism in [1, 10] {
                let mut folder = held(name).await;
                folder.parallelism = parallelism;
                let steps = planned(&mut folder, config(name, "else"), order).await;
                assert_eq!(folder.apply(steps).await, Refused::new());
                let history = folder.bed.kube().history();
                let is_there = |data: &std::collections::BTreeMap<String, String>| {
                    data["mapRoles"].contains(&role_arn(name))
                };
                assert!(history.iter().all(is_there), "{history:?}");
                let entries = folder.bed.entries(Section::MapRoles);
                assert!(
                    entries.iter().any(|entry| entry.contains(" else ")),
                    "{entries:?}"
                );
                assert_eq!(folder.state.keys().collect::<Vec<_>>(), ["new"]);
            }
        }
    }
}

#[tokio::test]
async fn an_apply_elsewhere_takes_nothing_critical_away() {
    for order in ORDERS {
        let mut folder = held("admins").await.applied_elsewhere();
        let before = folder.bed.kube().aws_auth();
        let steps = planned(&mut folder, config("admins", "admins"), order).await;
        folder.apply(steps).await;
        assert_eq!(folder.bed.kube().aws_auth(), before);
    }
}

#[tokio::test]
async fn an_apply_elsewhere_keeps_the_entry_where_both_are_planned_at_a_time() {
    for is_removal_first in [true, false] {
        let mut folder = held("plain").await.applied_elsewhere();
        let before = folder.bed.kube().aws_auth();
        let plain = config("plain", "plain");
        let removal = folder
            .removal_beside("old", "new", plain, is_removal_first)
            .await;
        assert_eq!(folder.apply(vec![removal]).await, Refused::new());
        assert_eq!(folder.bed.kube().aws_auth(), before, "{is_removal_first}");
    }
}
