use tf_provider::testing::Harness;

use super::*;
use crate::config::{LockoutGuard, Settings};

#[tokio::test]
async fn a_cluster_that_is_not_there_yet_is_a_warning_at_plan_and_an_error_at_apply() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource::new());
    let mut config = role_config("dev", "dev", &[]);
    config["cluster_name"] = json!("pord");
    let planned = step.plan_create(config).await.unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Cluster Not Found"]);
    let failure = step.apply(planned).await.unwrap_err();
    assert_eq!(only(&failure.diagnostics).summary, "Cluster Not Found");
}

#[tokio::test]
async fn a_replaced_cluster_plans_the_entry_anew_and_stops_an_apply_that_was_planned_before() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let planned = bed
        .step(AwsAuthRoleResource::new())
        .plan_update(&state, role_config("dev", "ops", &[]))
        .await
        .unwrap();
    bed.cloud.eks.put(active_cluster("prod", "B"));
    assert_eq!(
        bed.step(AwsAuthRoleResource::new())
            .read(&state)
            .await
            .unwrap(),
        None
    );
    let before = bed.kube().aws_auth();
    let failure = bed
        .step(AwsAuthRoleResource::new())
        .apply(planned)
        .await
        .unwrap_err();
    assert_eq!(only(&failure.diagnostics).summary, "Cluster Was Replaced");
    bed.step(AwsAuthRoleResource::new())
        .delete(&state)
        .await
        .unwrap();
    assert_eq!(
        bed.kube().aws_auth(),
        before,
        "what is in the new cluster is not ours"
    );
    bed.cloud.eks.remove("prod");
    bed.step(AwsAuthRoleResource::new())
        .delete(&state)
        .await
        .unwrap();
}

#[tokio::test]
async fn another_account_or_region_is_an_error_and_no_empty_state() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let other = std::sync::Arc::new(FakeCloud::of_account("444455556666"));
    let step = tf_provider::testing::Harness::new(
        AwsAuthRoleResource::new(),
        other.client(Bed::settings()),
    );
    assert_eq!(
        only(&step.read(&state).await.unwrap_err()).summary,
        "Another Account"
    );
    let mut settings = Bed::settings();
    settings.region = Attr::Known("us-east-1".to_owned());
    let step =
        tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings));
    assert_eq!(
        only(&step.read(&state).await.unwrap_err()).summary,
        "Another Region"
    );
}

#[tokio::test]
async fn an_entry_made_after_its_cluster_was_replaced_in_the_same_apply_is_in_the_new_one() {
    let bed = Bed::lived_in();
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    // One process: the old entry goes, the cluster is replaced, the entry is planned again and made.
    let apply = bed.step(AwsAuthRoleResource::new());
    apply.delete(&state).await.unwrap();
    let new = active_cluster("prod", "NEW");
    bed.cloud.eks.put(new.clone());
    bed.cloud.clock.advance(std::time::Duration::from_secs(5));
    let made = apply.create(role_config("dev", "dev", &[])).await.unwrap();
    assert_eq!(made.model.cluster_issuer, new.issuer.into());
}

#[tokio::test]
async fn an_apply_plans_with_what_others_wrote_into_aws_auth_since_it_began() {
    let bed = Bed::new(&[("mapRoles", "- {")]);
    let apply = bed.step(AwsAuthRoleResource::new());
    apply
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap_err();
    bed.kube().write(&[("mapRoles", "[]")]);
    bed.cloud.clock.advance(std::time::Duration::from_secs(3));
    apply.create(role_config("dev", "dev", &[])).await.unwrap();
}

#[tokio::test]
async fn another_cluster_needs_a_new_entry() {
    let bed = Bed::lived_in();
    bed.cloud.eks.put(crate::ports::eks::Cluster {
        arn: "arn:aws:eks:eu-central-1:111122223333:cluster/stage".to_owned(),
        ..active_cluster("stage", "S")
    });
    let state = bed
        .step(AwsAuthRoleResource::new())
        .create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let mut config = role_config("dev", "dev", &[]);
    config["cluster_name"] = json!("stage");
    let planned = bed
        .step(AwsAuthRoleResource::new())
        .plan_update(&state, config)
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    let model = planned.model.unwrap();
    let remembered = Remembered {
        cluster_arn: model.cluster_arn,
        cluster_issuer: model.cluster_issuer,
    };
    assert_eq!(
        remembered.cluster_arn,
        Attr::Known("arn:aws:eks:eu-central-1:111122223333:cluster/stage".to_owned())
    );
    let mut settings = Bed::settings();
    settings.cluster_name = Attr::Known("stage".to_owned());
    let step =
        tf_provider::testing::Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings));
    let unchanged = step
        .plan_update(&state, role_config("dev", "dev", &[]))
        .await
        .unwrap();
    assert_eq!(
        unchanged.action,
        Action::None,
        "a changed default moves nothing"
    );
    let told = step.take_warnings();
    let titles: Vec<&str> = told.iter().map(|told| &*told.summary).collect();
    assert_eq!(titles, ["Default Cluster Without Effect"]);
}

/// The case `a-config-map-cluster-is-taken-down`, its replacement: the entry of the only admin goes with it as with a destroy.
#[tokio::test]
async fn a_replacement_warns_as_a_destroy_does() {
    let bed = Bed::lived_in();
    let step = || {
        let settings = Settings {
            lockout_guard: LockoutGuard::Error,
            ..Bed::settings()
        };
        Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings))
    };
    let config = role_config("admins", "admin", &["system:masters"]);
    let state = step().create(config.clone()).await.unwrap();
    let destroyed = step();
    destroyed.plan_delete(&state).await.unwrap();
    let warned = destroyed.take_warnings();
    assert_eq!(warned.iter().count(), 1, "{warned:?}");

    bed.cloud.eks.put(active_cluster("next", "B"));
    for (attribute, value) in [
        ("cluster_name", json!("next")),
        ("cluster_name", json!(UNKNOWN)),
        ("region", json!("eu-west-1")),
    ] {
        let mut moved = config.clone();
        moved[attribute] = value;
        let replaced = step();
        replaced.plan_update(&state, moved).await.unwrap();
        let said = replaced.take_warnings();
        assert!(
            warned
                .iter()
                .all(|warning| said.iter().any(|one| one == warning)),
            "{attribute}: {said:?}"
        );
    }
    let kept = step();
    kept.plan_update(&state, config).await.unwrap();
    assert_eq!(titles(&kept.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn the_arn_of_the_cluster_stands_for_its_name() {
    let bed = Bed::lived_in();
    let mut by_arn = role_config("dev", "dev", &[]);
    by_arn["cluster_name"] = json!("arn:aws:eks:eu-central-1:111122223333:cluster/prod");
    let step = || bed.step(AwsAuthRoleResource::new());
    let state = step().create(by_arn.clone()).await.unwrap();
    assert_eq!(
        state.model.cluster_name,
        Attr::Known("arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned()),
        "what the plan promised"
    );
    assert_eq!(step().read(&state).await.unwrap(), Some(state.clone()));
    let mut by_name = by_arn.clone();
    by_name["cluster_name"] = json!("prod");
    let planned = step().plan_update(&state, by_name).await.unwrap();
    assert!(
        planned.requires_replace.is_empty(),
        "it is the same cluster"
    );
    step().delete(&state).await.unwrap();
    by_arn["cluster_name"] = json!("arn:aws:eks:eu-central-1:444455556666:cluster/prod");
    let refused = step().create(by_arn.clone()).await.unwrap_err();
    assert!(
        format!("{refused:?}").contains(
            "names account `444455556666`, and the credentials belong to account `111122223333`"
        ),
        "{refused:?}"
    );
    by_arn["cluster_name"] = json!("arn:aws:eks:eu-central-1:111122223333:cluster/prod");
    by_arn["region"] = json!("eu-west-1");
    let refused = step().plan_create(by_arn).await.unwrap_err();
    assert_eq!(titles(&refused), ["Region Contradicts ARN"]);
}
