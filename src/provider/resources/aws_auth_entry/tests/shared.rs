//! `terraform test` of Terraform 1.13 and newer: one configured provider for the walks of all its runs, and the destroy at their end.

use tf_provider::Claims;
use tf_provider::testing::{Harness, Stored};

use super::*;

type Role = Harness<AwsAuthRoleResource>;
type State = Stored<AwsAuthRoleModel>;

/// One provider, and its document as it was before.
fn provider(bed: &Bed) -> Role {
    Harness::new(AwsAuthRoleResource::new(), bed.client()).with_claims(Claims::shared())
}

fn config(name: &str, username: &str) -> serde_json::Value {
    role_config(name, username, &["viewers"])
}

/// A run that applies: planned in one walk, and again in the next.
async fn run(role: &Role, config: &serde_json::Value) -> State {
    role.plan_create(config.clone()).await.unwrap();
    role.create(config.clone()).await.unwrap()
}

/// The end of a test: an ordinary plan, and the removal.
async fn clean_up(role: &Role, state: &State) {
    let state = role.read(state).await.unwrap().unwrap();
    role.delete(&state).await.unwrap();
}

fn names(bed: &Bed) -> Vec<String> {
    let entries = bed.entries(Section::MapRoles);
    let arns = entries.iter().filter_map(|entry| entry.split(' ').next());
    arns.map(|arn| arn.rsplit('/').next().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn runs_of_one_provider_make_change_and_remove_an_entry() {
    let bed = Bed::lived_in();
    let before = bed.kube().aws_auth();
    let role = provider(&bed);
    let dev = config("dev", "dev");
    let state = run(&role, &dev).await;

    let state = role.read(&state).await.unwrap().unwrap();
    let second = role.plan_update(&state, dev).await.unwrap();
    assert_eq!(second.action, Action::None, "a run that only plans");

    let renamed = config("dev", "developer");
    role.plan_update(&state, renamed.clone()).await.unwrap();
    let state = role.update(&state, renamed).await.unwrap();
    let another = config("ops", "developer");
    role.plan_update(&state, another.clone()).await.unwrap();
    let state = role.update(&state, another).await.unwrap();
    assert_eq!(names(&bed), ["nodes", "admins", "ops"]);
    role.plan_update(&state, config("ops", "else"))
        .await
        .unwrap();

    clean_up(&role, &state).await;
    assert_eq!(bed.kube().aws_auth().unwrap().data, before.unwrap().data);
}

#[tokio::test]
async fn runs_that_plan_other_values_are_not_two_resources() {
    let bed = Bed::lived_in();
    let role = provider(&bed);
    for username in ["one", "two"] {
        role.plan_create(config("dev", username)).await.unwrap();
    }
    let state = run(&role, &config("dev", "three")).await;
    clean_up(&role, &state).await;
    assert_eq!(names(&bed), ["nodes", "admins"]);
}

#[tokio::test]
async fn what_a_run_only_planned_does_not_hold_the_entry_of_another() {
    let bed = Bed::lived_in();
    let role = provider(&bed);
    let state = run(&role, &config("dev", "dev")).await;
    role.plan_create(config("dev", "dev")).await.unwrap();
    clean_up(&role, &state).await;
    assert_eq!(names(&bed), ["nodes", "admins"]);
}

#[tokio::test]
async fn two_resources_for_one_entry_are_refused_when_the_second_is_made() {
    for second in ["dev", "other"] {
        let bed = Bed::lived_in();
        let role = provider(&bed);
        let second = config("dev", second);
        role.plan_create(config("dev", "dev")).await.unwrap();
        role.plan_create(second.clone()).await.unwrap();
        let state = role.create(config("dev", "dev")).await.unwrap();
        let refused = refusal(role.create(second).await);
        assert_eq!(titles(&refused), ["Two Resources For One Entry"]);
        clean_up(&role, &state).await;
        assert_eq!(names(&bed), ["nodes", "admins"]);
    }
}

#[tokio::test]
async fn a_renamed_key_of_a_run_keeps_the_entry_in_every_order() {
    for (is_removal_planned_first, is_removal_made_first) in
        [(true, true), (true, false), (false, true), (false, false)]
    {
        let bed = Bed::lived_in();
        let role = provider(&bed);
        let dev = config("dev", "dev");
        let old = run(&role, &dev).await;
        let removal = if is_removal_planned_first {
            let removal = role.plan_delete(&old).await.unwrap();
            role.plan_create(dev.clone()).await.unwrap();
            removal
        } else {
            role.plan_create(dev.clone()).await.unwrap();
            role.plan_delete(&old).await.unwrap()
        };
        let new = if is_removal_made_first {
            role.apply(removal).await.unwrap();
            role.create(dev).await.unwrap()
        } else {
            let new = role.create(dev).await.unwrap();
            role.apply(removal).await.unwrap();
            new
        };
        assert_eq!(names(&bed), ["nodes", "admins", "dev"]);
        clean_up(&role, &new).await;
        assert_eq!(names(&bed), ["nodes", "admins"]);
    }
}

#[tokio::test]
async fn an_entry_that_is_replaced_by_itself_is_not_two_resources_and_goes_at_the_end() {
    let bed = Bed::lived_in();
    let role = provider(&bed);
    let dev = config("dev", "dev");
    let old = run(&role, &dev).await;
    role.plan_update(&old, dev.clone()).await.unwrap();
    let second_half = role.plan_create(dev.clone()).await.unwrap();
    let first_half = role.removal_with(&old, second_half.private.clone());
    role.apply(first_half).await.unwrap();
    let new = role.create(dev).await.unwrap();
    assert_eq!(names(&bed), ["nodes", "admins", "dev"]);
    clean_up(&role, &new).await;
    assert_eq!(names(&bed), ["nodes", "admins"]);
}

#[tokio::test]
async fn an_imported_entry_is_kept_where_the_old_address_goes() {
    let bed = Bed::lived_in();
    let role = provider(&bed);
    let dev = config("dev", "dev");
    let old = run(&role, &dev).await;
    let id = format!("prod#{}", role_arn("dev"));
    let new = role.import(&id).await.unwrap().unwrap();
    let removal = role.plan_delete(&old).await.unwrap();
    let planned = role.plan_update(&new, dev).await.unwrap();
    assert_eq!(planned.action, Action::None);
    role.apply(removal).await.unwrap();
    assert_eq!(names(&bed), ["nodes", "admins", "dev"]);
    clean_up(&role, &new).await;
    assert_eq!(names(&bed), ["nodes", "admins"]);
}
