use tf_provider::testing::Harness;

use super::*;
use crate::config::Settings;

fn with_dry_run(bed: &Bed) -> Harness<AwsAuthRoleResource> {
    let settings = Settings {
        dry_run: true,
        ..Bed::settings()
    };
    Harness::new(AwsAuthRoleResource::new(), bed.cloud.client(settings))
}

#[tokio::test]
async fn nothing_is_tried_unless_asked_for() {
    let bed = Bed::lived_in();
    let step = bed.step(AwsAuthRoleResource::new());
    step.plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    assert_eq!(bed.kube().count(Verb::DryRun), 0);
}

#[tokio::test]
async fn each_planned_change_is_one_dry_run_and_no_change_is_none() {
    let bed = Bed::lived_in();
    let config = role_config("dev", "dev", &[]);
    let step = with_dry_run(&bed);
    let planned = step.plan_create(config.clone()).await.unwrap();
    assert_eq!(
        (
            bed.kube().count(Verb::DryRun),
            bed.kube().count(Verb::Patch)
        ),
        (1, 0)
    );
    let state = step.apply(planned).await.unwrap().unwrap();
    with_dry_run(&bed)
        .plan_update(&state, config)
        .await
        .unwrap();
    assert_eq!(bed.kube().count(Verb::DryRun), 1);
    with_dry_run(&bed)
        .plan_update(&state, role_config("dev", "other", &[]))
        .await
        .unwrap();
    with_dry_run(&bed).plan_delete(&state).await.unwrap();
    assert_eq!(bed.kube().count(Verb::DryRun), 3);
    let unknown = json!({ "rolearn": UNKNOWN, "username": "x" });
    with_dry_run(&bed).plan_create(unknown).await.unwrap();
    assert_eq!(
        bed.kube().count(Verb::DryRun),
        3,
        "what is unknown is not tried"
    );
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_plan_in_the_servers_words() {
    let bed = Bed::lived_in();
    bed.make_role("/", "dev");
    for kind in [ErrorKind::Invalid, ErrorKind::AccessDenied] {
        bed.kube().on_next(Verb::DryRun, Fault::Refuse(kind));
        let refused = with_dry_run(&bed)
            .plan_create(role_config("dev", "dev", &[]))
            .await
            .unwrap_err();
        assert_eq!(only(&refused).summary, "Change Would Be Refused");
        assert!(
            only(&refused).detail.contains("refused on demand"),
            "{}",
            only(&refused).detail
        );
    }
}

#[tokio::test]
async fn a_write_by_someone_else_is_no_refusal() {
    let bed = Bed::lived_in();
    let other = Fault::After(Box::new(|kube| {
        kube.change(|map| drop(map.data.remove("notes")))
    }));
    bed.kube().on_next(Verb::DryRun, other);
    with_dry_run(&bed)
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    let bed = Bed::without_aws_auth();
    with_dry_run(&bed)
        .plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    assert_eq!(bed.kube().count(Verb::DryRun), 1);
}

#[tokio::test]
async fn a_webhook_that_takes_no_dry_run_is_a_warning_and_no_refusal() {
    let bed = Bed::lived_in();
    bed.make_role("/", "dev");
    bed.kube()
        .on_next(Verb::DryRun, Fault::Refuse(ErrorKind::NoDryRun));
    let step = with_dry_run(&bed);
    step.plan_create(role_config("dev", "dev", &[]))
        .await
        .unwrap();
    assert_eq!(titles(&step.take_warnings()), ["Dry Run Not Possible"]);
}
