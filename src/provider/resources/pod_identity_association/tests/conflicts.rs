//! A service account that has an association already.

use tf_provider::claims::Claims;

use super::*;
use crate::ports::{ApiError, ErrorKind};

const EXISTS: &str = "Pod Identity Association Exists Already";
const OWNED: &str = "Pod Identity Association Belongs To An Add-on";
const TWO: &str = "Two Resources For One Pod Identity Association";
const ADDON: &str = "arn:aws:eks:eu-central-1:111122223333:addon/prod/vpc-cni/x";

#[tokio::test]
async fn what_exists_is_told_at_plan_and_refused_at_apply_with_the_import_block() {
    let bed = Bed::new();
    bed.give(OTHER, None);
    let step = bed.step();
    let refused = refusal(step.create(config()).await);
    assert_eq!(titles(&step.take_warnings()), [EXISTS]);
    assert_eq!(titles(&refused), [EXISTS]);
    for part in [
        "id = \"prod/apps/reader\"",
        OTHER,
        ROLE,
        "on_conflict = \"adopt\"",
    ] {
        assert!(text(&refused).contains(part), "{}", text(&refused));
    }
    assert_eq!(bed.now().unwrap().role_arn, OTHER);
}

#[tokio::test]
async fn what_is_adopted_gets_what_is_set_here_and_survives_destroy() {
    let bed = Bed::new();
    bed.give(OTHER, None);
    let adopting = with(
        config(),
        json!({"on_conflict": "adopt", "tags": {"a": "b"}}),
    );
    let made = bed.step().create(adopting).await.unwrap();
    assert_eq!(made.model.adopted, Attr::Known(true));
    let now = bed.now().unwrap();
    assert_eq!((now.role_arn.as_str(), now.tags.len()), (ROLE, 1));
    let step = bed.step();
    step.delete(&made).await.unwrap();
    assert_eq!(
        titles(&step.take_warnings()),
        ["Adopted Pod Identity Association Stays"]
    );
    assert!(bed.now().is_some());
}

#[tokio::test]
async fn an_add_ons_association_is_left_alone_by_every_step() {
    let bed = Bed::new();
    bed.give(OTHER, Some(ADDON));
    for on_conflict in ["error", "adopt"] {
        let config = with(config(), json!({"on_conflict": on_conflict}));
        let refused = bed.step().plan_create(config).await.unwrap_err();
        assert_eq!(titles(&refused), [OWNED]);
        assert!(text(&refused).contains(ADDON));
    }
    let refused = bed.step().import("prod/apps/reader").await.unwrap_err();
    assert_eq!(titles(&refused), [OWNED]);
    assert_eq!(bed.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_association_that_an_add_on_takes_over_is_neither_changed_nor_deleted() {
    let bed = Bed::new();
    let made = bed.step().create(config()).await.unwrap();
    bed.cloud.eks.lose_association("apps:reader");
    bed.give(ROLE, Some(ADDON));
    let step = bed.step();
    let read = step.read(&made).await.unwrap().unwrap();
    assert_eq!(
        step.plan_update(&read, config()).await.unwrap().action,
        Action::None
    );
    let changed = with(config(), json!({"role_arn": OTHER}));
    let refused = bed.step().plan_update(&read, changed).await.unwrap_err();
    assert_eq!(titles(&refused), [OWNED]);
    let refused = bed.step().delete(&read).await.unwrap_err().diagnostics;
    assert_eq!(titles(&refused), [OWNED]);
    assert!(bed.now().is_some());
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_recognised() {
    for kind in [ErrorKind::AnswerLost, ErrorKind::Service] {
        let bed = Bed::new();
        let lost = ApiError::new(kind, "eks:CreatePodIdentityAssociation", "no answer");
        bed.cloud
            .eks
            .calls
            .lose_answer_of_next("CreatePodIdentityAssociation", lost);
        let made = bed.step().create(config()).await.unwrap();
        assert_eq!(made.model.adopted, Attr::Known(false));
        assert_eq!(
            made.model.association_id,
            Attr::Known(bed.now().unwrap().id)
        );
    }
}

#[tokio::test]
async fn a_role_that_eks_does_not_see_yet_is_waited_for() {
    let bed = Bed::new();
    let refusal = ApiError::new(
        ErrorKind::Invalid,
        "eks:CreatePodIdentityAssociation",
        "Role provided in the request does not exist.",
    );
    bed.cloud
        .eks
        .calls
        .fail_next("CreatePodIdentityAssociation", refusal);
    bed.cloud.eks.hide_associations(3);
    bed.step().create(config()).await.unwrap();
    assert!(bed.now().is_some());
}

#[tokio::test]
async fn two_addresses_for_one_service_account_are_refused_or_told() {
    let bed = Bed::new();
    let walk = bed.step().with_claims(Claims::in_memory());
    walk.plan_create(config()).await.unwrap();
    let second = with(config(), json!({"role_arn": OTHER}));
    let refused = walk.plan_create(second.clone()).await.unwrap_err();
    assert_eq!(titles(&refused), [TWO]);
    assert!(text(&refused).contains(OTHER));
    let state = bed.step().create(config()).await.unwrap();
    let walk = bed.step().with_claims(Claims::in_memory());
    walk.plan_update(&state, config()).await.unwrap();
    assert_eq!(titles(&walk.plan_create(second).await.unwrap_err()), [TWO]);
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
async fn another_address_goes_on_with_what_one_gives_up() {
    let (bed, folder) = (Bed::new(), tempfile::tempdir().unwrap());
    let walk = || bed.step().with_claims(Claims::in_folder(folder.path()));
    let state = walk().create(config()).await.unwrap();
    let id = bed.now().unwrap().id;
    let plan = walk();
    let removal = plan.plan_delete(&state).await.unwrap();
    let creation = plan
        .plan_create(with(config(), json!({"role_arn": OTHER})))
        .await
        .unwrap();
    let apply = walk();
    let made = apply.apply(creation).await.unwrap().unwrap();
    apply.apply(removal).await.unwrap();
    assert_eq!(made.model.adopted, Attr::Known(false));
    let now = bed.now().unwrap();
    assert_eq!((now.id, now.role_arn.as_str()), (id, OTHER));
}
