//! One account, and more than one who would hold it: addresses of one configuration, and other configurations.

use tf_provider::claims::Claims;

use super::*;

const TWO: &str = "Two Resources For One Service Account";
const ELSEWHERE: &str = "Service Account Belongs To Another Configuration";

fn labelled() -> Json {
    json!({"namespace": "apps", "name": "reader", "labels": {"team": "apps"}})
}

#[tokio::test]
async fn two_new_addresses_for_one_account_are_refused_at_plan() {
    for second in [labelled(), config()] {
        let bed = Bed::new().await;
        let walk = bed.step().with_claims(Claims::in_memory());
        walk.plan_create(config()).await.unwrap();
        let refused = walk.plan_create(second.clone()).await.unwrap_err();
        assert_eq!(titles(&refused), [TWO]);
        let told = text(&refused);
        for part in [
            "service account `reader` in namespace `apps`",
            "one that sets `role_arn`",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }
}

#[tokio::test]
async fn a_new_address_beside_one_of_the_state_is_refused_in_either_order() {
    for second in [labelled(), config()] {
        for is_new_first in [false, true] {
            let bed = Bed::new().await;
            let state = bed.step().create(config()).await.unwrap();
            let walk = bed.step().with_claims(Claims::in_memory());
            let refused = if is_new_first {
                walk.plan_create(second.clone()).await.unwrap();
                walk.plan_update(&state, config()).await.unwrap_err()
            } else {
                walk.plan_update(&state, config()).await.unwrap();
                walk.plan_create(second.clone()).await.unwrap_err()
            };
            assert_eq!(titles(&refused), [TWO]);
        }
    }
}

#[tokio::test]
async fn two_addresses_of_one_state_are_told_and_do_not_stop_a_destroy() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    let walk = bed.step().with_claims(Claims::in_memory());
    walk.plan_update(&state, config()).await.unwrap();
    let imported = bed
        .step()
        .import("prod/apps/reader")
        .await
        .unwrap()
        .unwrap();
    walk.plan_update(&imported, config()).await.unwrap();
    assert_eq!(titles(&walk.take_warnings()), [TWO]);
}

#[tokio::test]
async fn an_address_that_goes_and_one_that_imports_are_no_two() {
    let (bed, folder) = (Bed::new().await, tempfile::tempdir().unwrap());
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    let state = walk().create(config()).await.unwrap();
    let plan = walk();
    let imported = plan.import("prod/apps/reader").await.unwrap().unwrap();
    plan.plan_update(&imported, config()).await.unwrap();
    let removal = plan.plan_delete(&state).await.unwrap();
    let apply = walk();
    apply.apply(removal).await.unwrap();
    assert_eq!(titles(&plan.take_warnings()), Vec::<&str>::new());
    assert!(bed.account().is_some());
}

#[tokio::test]
async fn of_two_that_are_made_at_once_one_is_refused() {
    let bed = Bed::new().await;
    let client = bed.cloud.client(Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    });
    let step = || Harness::new(ServiceAccountResource, client.clone());
    let (one, other) = (step(), step());
    let planned = one.plan_create(config()).await.unwrap();
    let second = other.plan_create(labelled()).await.unwrap();
    let (first, second) = tokio::join!(one.apply(planned), other.apply(second));
    assert!(first.is_ok());
    assert_eq!(titles(&second.unwrap_err().diagnostics), [ELSEWHERE]);
    assert_eq!(bed.shown(), [format!("the annotation `role-arn`={ROLE}")]);
}

#[tokio::test]
async fn a_list_that_is_shifted_keeps_the_account() {
    for is_removal_first in [false, true] {
        let (bed, folder) = (Bed::new().await, tempfile::tempdir().unwrap());
        let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
        let named = |name: &str| with(labelled(), json!({"name": name}));
        let state = walk().create(labelled()).await.unwrap();
        let plan = walk();
        let moved = plan.plan_update(&state, named("before")).await.unwrap();
        assert_eq!(moved.action, Action::Replace);
        plan.plan_create(labelled()).await.unwrap();
        let apply = walk();
        let removal = apply.removal_with(&state, moved.private);
        let new = if is_removal_first {
            apply.apply(removal).await.unwrap();
            apply.create(labelled()).await.unwrap()
        } else {
            let new = apply.create(labelled()).await.unwrap();
            apply.apply(removal).await.unwrap();
            new
        };
        assert_eq!(new.model.adopted, Attr::Known(false));
        assert!(bed.account().is_some());
        assert_eq!(titles(&apply.take_warnings()), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn one_of_the_state_that_is_made_before_it_is_removed_stays_made() {
    let (bed, folder) = (Bed::new().await, tempfile::tempdir().unwrap());
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    let state = walk().create(config()).await.unwrap();
    walk().plan_update(&state, config()).await.unwrap();
    // The half of a replacement that makes, and the removal, which Terraform plans in the apply.
    let apply = walk();
    let new = apply.create(config()).await.unwrap();
    apply.delete(&state).await.unwrap();
    assert_eq!(new.model.adopted, Attr::Known(false));
    assert!(bed.account().is_some());
    assert_eq!(
        titles(&apply.take_warnings()),
        ["Service Account Is In Use"; 0]
    );
}

#[tokio::test]
async fn what_another_configuration_holds_is_not_taken_whatever_is_set() {
    for adopting in [
        with(labelled(), json!({"on_conflict": "adopt"})),
        labelled(),
        config(),
    ] {
        let bed = Bed::new().await;
        bed.step().create(config()).await.unwrap();
        let step = bed.step();
        let planned = step.plan_create(adopting).await.unwrap();
        let warnings = step.take_warnings();
        assert_eq!(titles(&warnings), [ELSEWHERE]);
        let refused = step.apply(planned).await.unwrap_err().diagnostics;
        assert_eq!(titles(&refused), [ELSEWHERE]);
        for told in [text(&warnings), text(&refused)] {
            let held = format!(
                "`terraform-provider-eksauth` holds the annotation `eks.amazonaws.com/role-arn` = `{ROLE}`"
            );
            assert!(told.contains(&held), "{told}");
            assert!(told.contains("`prod/apps/reader`"), "{told}");
        }
        assert_eq!(bed.shown(), [format!("the annotation `role-arn`={ROLE}")]);
    }
}

#[tokio::test]
async fn what_adopt_takes_is_named_at_plan_with_who_held_it() {
    let bed = Bed::new().await;
    bed.kube().put_service_account(
        "eksctl",
        &foreign(&[("eks.amazonaws.com/role-arn", "theirs")]),
    );
    let adopting = with(config(), json!({"on_conflict": "adopt"}));
    let step = bed.step();
    step.plan_create(adopting).await.unwrap();
    let warnings = step.take_warnings();
    assert_eq!(
        titles(&warnings),
        [
            "Service Account Fields Are Taken Over",
            "Service Account Exists Already"
        ]
    );
    let held = "`eksctl` holds the annotation `eks.amazonaws.com/role-arn` = `theirs`";
    assert!(text(&warnings).contains(held), "{}", text(&warnings));
}

#[tokio::test]
async fn an_account_that_is_another_one_after_the_plan_is_not_taken() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    let step = bed.step();
    let changed = with(config(), json!({"labels": {"a": "b"}}));
    let planned = step.plan_update(&state, changed).await.unwrap();
    bed.kube().remove_service_account("apps", "reader");
    bed.kube()
        .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    let refused = step.apply(planned).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), ["Service Account Changed Meanwhile"]);
    assert_eq!(bed.shown(), ["the annotation `helm.sh/chart`=x"]);
}

#[tokio::test]
async fn an_adopted_account_that_is_gone_after_the_plan_is_not_made_as_adopted() {
    let bed = Bed::new().await;
    bed.kube()
        .put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    let state = bed.step().create(config()).await.unwrap();
    let step = bed.step();
    let changed = with(config(), json!({"labels": {"a": "b"}}));
    let planned = step.plan_update(&state, changed).await.unwrap();
    bed.kube().remove_service_account("apps", "reader");
    let refused = step.apply(planned).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), ["Service Account Changed Meanwhile"]);
    assert_eq!(bed.account(), None);
}

#[tokio::test]
async fn an_account_that_comes_between_look_and_apply_is_not_deleted_later() {
    let bed = Bed::new().await;
    let state = bed.step().create(config()).await.unwrap();
    let step = bed.step();
    let changed = with(config(), json!({"labels": {"a": "b"}}));
    let planned = step.plan_update(&state, changed).await.unwrap();
    bed.kube().remove_service_account("apps", "reader");
    let make = |kube: &FakeKube| {
        kube.put_service_account("helm", &foreign(&[("helm.sh/chart", "x")]));
    };
    bed.kube()
        .on_next_account(Verb::Patch, Fault::After(Box::new(make)));
    let state = step.apply(planned).await.unwrap().unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Service Account Exists Already"]
    );
    let read = bed.step().read(&state).await.unwrap().unwrap();
    assert_eq!(read.model.adopted, Attr::Known(true));
    bed.step().delete(&state).await.unwrap();
    assert_eq!(bed.shown(), ["the annotation `helm.sh/chart`=x"]);
}

#[tokio::test]
async fn secrets_in_another_order_are_no_conflict_and_stay_in_theirs() {
    let bed = Bed::new().await;
    let mut theirs = foreign(&[]);
    theirs.fields.image_pull_secrets = Some(vec!["b".to_owned(), "a".to_owned()]);
    bed.kube().put_service_account("helm", &theirs);
    let same = with(config(), json!({"image_pull_secrets": ["a", "b"]}));
    bed.step().create(same).await.unwrap();
    let secrets = bed.account().unwrap().fields.image_pull_secrets;
    assert_eq!(secrets, theirs.fields.image_pull_secrets);
    let mut none = foreign(&[]);
    none.fields.image_pull_secrets = Some(Vec::new());
    bed.kube().put_service_account("kubectl", &none);
    let other = with(config(), json!({"image_pull_secrets": ["c"]}));
    let refused = bed.step().plan_create(other).await.unwrap_err();
    assert!(
        text(&refused).contains("= nothing (an empty value); wanted is `c`"),
        "{}",
        text(&refused)
    );
}
