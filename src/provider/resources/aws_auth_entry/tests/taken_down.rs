//! A cluster is taken down by the identity that only its own entry lets in, whatever order Terraform removes the entries in.

use super::walks::{Refused, Step, Wanted, WorkingFolder, orders};
use super::*;
use crate::ports::eks::ClusterStatus;

const ROLES: &str = "\
- {rolearn: arn:aws:iam::111122223333:role/admins, username: admins, groups: [system:masters]}
- {rolearn: arn:aws:iam::111122223333:role/one, username: one, groups: [viewers]}
- {rolearn: arn:aws:iam::111122223333:role/two, username: two, groups: [viewers]}
- {rolearn: arn:aws:iam::111122223333:role/theirs, username: theirs, groups: [viewers]}
";

const DESTROY: &str = "prod:destroy";

/// A working directory that holds all but one of the entries.
async fn held() -> WorkingFolder {
    let mut folder = WorkingFolder::new(ROLES);
    let entry = |name: &str, group: &str| (name.to_owned(), role_config(name, name, &[group]));
    for name in ["one", "two", "theirs"] {
        folder.bed.make_role("/", name);
    }
    let wanted = Wanted::from([
        entry("admins", "system:masters"),
        entry("one", "viewers"),
        entry("two", "viewers"),
    ]);
    assert_eq!(folder.run(&wanted).await, Refused::new());
    folder
}

async fn planned(folder: &mut WorkingFolder, order: &[usize]) -> Vec<Step> {
    let mut steps: Vec<Option<Step>> = folder
        .plan_all(&Wanted::new())
        .await
        .unwrap()
        .into_iter()
        .map(Some)
        .collect();
    order.iter().map(|at| steps[*at].take().unwrap()).collect()
}

/// The own entry was there as long as one of the others was.
fn assert_own_goes_last(folder: &WorkingFolder) {
    for data in folder.bed.kube().history() {
        let roles = &data["mapRoles"];
        let are_there = |name: &&str| roles.contains(&role_arn(name));
        assert!(
            roles.contains(&role_arn("admins")) || !["one", "two"].iter().any(are_there),
            "{roles}"
        );
    }
}

#[tokio::test]
async fn who_means_it_loses_the_own_entry_last_in_every_order() {
    for order in orders(3) {
        for parallelism in [1, 2, 3] {
            let mut folder = held().await;
            folder.acknowledge(DESTROY);
            folder.parallelism = parallelism;
            let steps = planned(&mut folder, &order).await;
            assert_eq!(folder.apply(steps).await, Refused::new(), "{order:?}");
            assert_own_goes_last(&folder);
            assert_eq!(folder.roles(), ["theirs"], "{order:?}");
            assert!(folder.state.is_empty());
        }
    }
}

#[tokio::test]
async fn the_own_entry_that_waits_for_others_stays_if_one_of_them_fails() {
    let mut folder = held().await;
    folder.acknowledge(DESTROY);
    folder.parallelism = 1;
    let steps = planned(&mut folder, &[0, 1, 2]).await;
    folder.bed.kube().write(&[(
        "mapRoles",
        &ROLES.replace("username: two", "username: edited"),
    )]);
    let refused = folder.apply(steps).await;
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["two"]);
    assert_eq!(folder.roles(), ["admins", "two", "theirs"]);
    assert_eq!(folder.state.keys().collect::<Vec<_>>(), ["two"]);
    assert_eq!(titles(&folder.said)[0], "The Caller's Own Entry Goes Last");
}

#[tokio::test]
async fn the_own_entry_alone_waits_for_nobody() {
    let mut folder = held().await;
    folder.acknowledge(DESTROY);
    let steps = folder.plan(&Wanted::new(), &["admins"]).await.unwrap();
    assert_eq!(folder.apply(steps).await, Refused::new());
    assert_eq!(folder.roles(), ["one", "two", "theirs"]);
    assert!(
        titles(&folder.said)
            .iter()
            .all(|title| *title != "The Caller's Own Entry Goes Last")
    );
}

#[tokio::test]
async fn what_stays_of_the_configuration_makes_it_no_configuration_that_goes() {
    for stays in ["one", "new"] {
        let mut folder = held().await;
        folder.bed.make_role("/", "new");
        folder.acknowledge(DESTROY);
        let wanted = Wanted::from([(stays.to_owned(), role_config(stays, stays, &["viewers"]))]);
        let refused = folder.run(&wanted).await;
        assert!(refused.contains_key("admins"), "{stays}: {refused:?}");
        assert!(folder.roles().contains(&"admins".to_owned()), "{stays}");
    }
}

#[tokio::test]
async fn who_does_not_mean_it_is_refused_as_ever() {
    let mut folder = held().await;
    folder.parallelism = 1;
    let steps = planned(&mut folder, &[0, 1, 2]).await;
    let refused = folder.apply(steps).await;
    assert_eq!(refused.keys().collect::<Vec<_>>(), ["admins"]);
    assert_eq!(folder.roles(), ["admins", "theirs"]);
}

#[tokio::test]
async fn the_plan_of_a_removal_says_how_a_whole_cluster_is_taken_down() {
    let folder = held().await;
    let said = folder.warnings_beside("admins", None).await;
    let text = &said.iter().next().unwrap().detail;
    for words in [
        "EKSAUTH_LOCKOUT_ACK=prod:lockout.",
        "If the whole configuration or the cluster goes: EKSAUTH_LOCKOUT_ACK=prod:destroy",
    ] {
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn a_cluster_that_is_being_deleted_takes_its_entries_along() {
    for words in ["", DESTROY] {
        let mut folder = held().await;
        folder.acknowledge(words);
        folder.parallelism = 1;
        let steps = planned(&mut folder, &[0, 1, 2]).await;
        let mut deleting = active_cluster("prod", "A");
        deleting.status = ClusterStatus::Deleting;
        folder.bed.cloud.eks.put(deleting);
        assert_eq!(folder.apply(steps).await, Refused::new());
        assert!(folder.state.is_empty());
        assert_eq!(folder.bed.kube().count(Verb::Patch), 0);
    }
}
