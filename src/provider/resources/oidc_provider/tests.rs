use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tf_provider::testing::{Action, Harness, UNKNOWN};
use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::*;
use crate::config::Settings;
use crate::fakes::{
    FakeCloud, active_cluster, context_of_unknown_block, creating_cluster, refusal,
};
use crate::ports::ErrorKind;
use crate::values::{to_list, to_map, to_set};

const ISSUER: &str = "https://oidc.eks.eu-central-1.amazonaws.com/id/ABC";
const ARN: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC";
const IAM_THUMBPRINT: &str = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280";

fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    cloud
}

fn harness(cloud: &Arc<FakeCloud>) -> Harness<OidcProviderResource> {
    with_settings(cloud, FakeCloud::settings())
}

fn with_settings(cloud: &Arc<FakeCloud>, settings: Settings) -> Harness<OidcProviderResource> {
    Harness::new(OidcProviderResource, cloud.client(settings))
}

fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

fn first(diagnostics: &Diagnostics) -> &Diagnostic {
    diagnostics.iter().next().unwrap()
}

fn existing(client_ids: &[&str]) -> OidcProvider {
    OidcProvider {
        arn: ARN.to_owned(),
        url: ISSUER.trim_start_matches("https://").to_owned(),
        client_ids: client_ids.iter().map(|id| (*id).to_owned()).collect(),
        thumbprints: vec![IAM_THUMBPRINT.to_owned()],
        tags: [("owner".to_owned(), "them".to_owned())].into(),
    }
}

fn of_cluster() -> OidcProviderModel {
    OidcProviderModel {
        cluster_name: Attr::Known("prod".to_owned()),
        client_id_list: to_set(["sts.amazonaws.com".to_owned()]),
        thumbprint_list: to_list([IAM_THUMBPRINT.to_owned()]),
        on_conflict: Attr::Known("error".to_owned()),
        arn: Attr::Known(ARN.to_owned()),
        issuer: Attr::Known(ISSUER.to_owned()),
        cluster_arn: Attr::Known("arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned()),
        adopted: Attr::Known(false),
        tags_all: to_map([]),
        ..OidcProviderModel::default()
    }
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&cloud()).check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_knows_arn_and_issuer_of_a_cluster_that_exists() {
    let cloud = cloud();
    let planned = harness(&cloud)
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap()
        .model
        .unwrap();
    let expected = OidcProviderModel {
        thumbprint_list: Attr::Unknown,
        adopted: Attr::Unknown,
        ..of_cluster()
    };
    assert_eq!(planned, expected);
    assert_eq!(cloud.eks.calls.take(), ["DescribeCluster prod"]);
    assert_eq!(cloud.sts.calls.take(), ["GetCallerIdentity"]);
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn what_was_made_is_what_was_planned_and_the_second_plan_is_empty() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(state.model, of_cluster());
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "GetOpenIDConnectProvider",
            "CreateOpenIDConnectProvider",
            "GetOpenIDConnectProvider"
        ]
    );
    let read = resource.read(&state).await.unwrap().unwrap();
    let second = resource
        .plan_update(&read, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(second.action, Action::None);
    resource.delete(&read).await.unwrap();
    assert_eq!(cloud.iam.provider(ARN), None);
}

#[tokio::test]
async fn the_providers_default_cluster_is_taken_once_and_kept_when_the_default_changes() {
    let cloud = cloud();
    cloud.eks.put(active_cluster("staging", "DEF"));
    let by_default = |name: &str| Settings {
        cluster_name: Attr::Known(name.to_owned()),
        ..FakeCloud::settings()
    };
    let state = with_settings(&cloud, by_default("prod"))
        .create(json!({}))
        .await
        .unwrap();
    assert_eq!(state.model, of_cluster());
    let later = with_settings(&cloud, by_default("staging"))
        .plan_update(&state, json!({}))
        .await
        .unwrap();
    assert_eq!(later.action, Action::None);
}

#[tokio::test]
async fn a_url_takes_the_place_of_a_cluster_and_of_the_providers_default() {
    let cloud = cloud();
    let settings = Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, settings);
    let config = json!({ "url": "https://issuer.example/x", "thumbprint_list": ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] });
    let state = resource.create(config.clone()).await.unwrap();
    assert_eq!(
        state.model,
        OidcProviderModel {
            cluster_name: Attr::Null,
            cluster_arn: Attr::Null,
            url: Attr::Known("https://issuer.example/x".to_owned()),
            issuer: Attr::Known("https://issuer.example/x".to_owned()),
            arn: Attr::Known("arn:aws:iam::111122223333:oidc-provider/issuer.example/x".to_owned()),
            thumbprint_list: to_list(["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()]),
            ..of_cluster()
        }
    );
    assert_eq!(cloud.eks.calls.take(), Vec::<String>::new());
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, config).await.unwrap().action,
        Action::None
    );
}

#[test]
fn wrong_configurations_are_refused_before_anything_is_asked() {
    let resource = harness(&cloud());
    let both = resource.validate(json!({ "cluster_name": "prod", "url": ISSUER }));
    assert_eq!(titles(&both), ["Conflicting Attributes"]);
    let dual_stack =
        resource.validate(json!({ "url": "https://oidc-eks.eu-central-1.api.aws/id/ABC" }));
    assert_eq!(first(&dual_stack).summary, "Dual-Stack Issuer");
    assert_eq!(
        first(&dual_stack).detail,
        "Issuer url `https://oidc-eks.eu-central-1.api.aws/id/ABC` is the dual-stack name of a cluster, but tokens are issued by \
         `https://oidc.eks.eu-central-1.amazonaws.com/id/ABC`: use that one."
    );
    assert_eq!(
        titles(&resource.validate(json!({ "url": "http://a.example" }))),
        ["Invalid Issuer URL"]
    );
    assert_eq!(
        titles(&resource.validate(json!({ "cluster_name": "a b" }))),
        ["Invalid Cluster Name"]
    );
    assert_eq!(
        titles(&resource.validate(json!({ "url": ISSUER, "thumbprint_list": ["xyz"] }))),
        ["Invalid Thumbprint"]
    );
    assert_eq!(
        titles(&resource.validate(json!({ "url": ISSUER, "client_id_list": [""] }))),
        ["Invalid Client Id"]
    );
    assert_eq!(
        titles(&resource.validate(json!({ "url": ISSUER, "on_conflict": "merge" }))),
        ["Invalid Value"]
    );
}

#[tokio::test]
async fn neither_cluster_nor_url_is_refused_at_plan() {
    let refused = harness(&cloud()).plan_create(json!({})).await.unwrap_err();
    assert_eq!(titles(&refused), ["Missing Cluster Name"]);
}

#[tokio::test]
async fn what_is_unknown_stays_unknown_and_asks_no_one() {
    let cloud = cloud();
    let planned = harness(&cloud)
        .plan_create(json!({ "cluster_name": UNKNOWN }))
        .await
        .unwrap()
        .model
        .unwrap();
    assert_eq!(
        planned,
        OidcProviderModel {
            cluster_name: Attr::Unknown,
            cluster_arn: Attr::Unknown,
            issuer: Attr::Unknown,
            arn: Attr::Unknown,
            thumbprint_list: Attr::Unknown,
            adopted: Attr::Unknown,
            ..of_cluster()
        }
    );
    assert_eq!(cloud.eks.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_a_warning_with_the_nearest_name() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "pord" }))
        .await
        .unwrap()
        .model
        .unwrap();
    assert_eq!(
        (planned.issuer, planned.cluster_name),
        (Attr::Unknown, Attr::Known("pord".to_owned()))
    );
    let warnings = resource.take_warnings();
    assert_eq!(
        first(&warnings).detail,
        "There is no cluster `pord` in account `111122223333`, region `eu-central-1`. The nearest name there is `prod`. Nothing about it was \
         judged at plan. If this apply creates it, that is as it should be: apply waits for it."
    );
}

#[tokio::test]
async fn apply_waits_for_a_cluster_that_is_being_created() {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put_sequence(
        "prod",
        vec![
            creating_cluster("prod"),
            creating_cluster("prod"),
            active_cluster("prod", "ABC"),
        ],
    );
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(state.model, of_cluster());
}

#[tokio::test]
async fn apply_gives_up_on_a_name_that_is_not_there_after_two_minutes() {
    let cloud = Arc::new(FakeCloud::default());
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(failure.state, None);
    assert_eq!(titles(&failure.diagnostics), ["Cluster Not Found"]);
    assert!(
        first(&failure.diagnostics)
            .detail
            .contains("It was waited for 120 s.")
    );
}

#[tokio::test]
async fn ctrl_c_ends_the_wait_for_a_cluster() {
    let cloud = Arc::new(FakeCloud::default());
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    resource.cancel_token().cancel();
    let failure = resource.apply(planned).await.unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), failure.state),
        (vec!["Cancelled"], None)
    );
}

#[tokio::test]
async fn a_replaced_cluster_plans_a_new_provider_against_the_new_issuer() {
    let cloud = cloud();
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    let resource = harness(&cloud);
    let read = resource.read(&state).await.unwrap().unwrap();
    let planned = resource
        .plan_update(&read, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert_eq!(
        planned.model.as_ref().unwrap().issuer,
        Attr::Known("https://oidc.eks.eu-central-1.amazonaws.com/id/NEW".to_owned())
    );
    resource.apply(planned).await.unwrap();
    assert_eq!(cloud.iam.provider(ARN), None);
}

#[tokio::test]
async fn a_cluster_that_is_being_replaced_by_the_same_apply_is_never_planned_against() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let planned = resource
        .plan_update(&state, json!({ "cluster_name": UNKNOWN }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Replace);
    assert_eq!(planned.model.unwrap().arn, Attr::Unknown);
}

#[tokio::test]
async fn a_cluster_replaced_between_plan_and_apply_stops_the_apply() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.eks.put(active_cluster("prod", "NEW"));
    cloud.clock.advance(Duration::from_secs(1));
    let failure = resource.apply(planned).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Cluster Was Replaced"]);
    assert_eq!((failure.state, cloud.iam.calls.take()), (None, Vec::new()));
}

#[tokio::test]
async fn client_ids_are_added_before_any_is_removed() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod", "client_id_list": ["a", "b"] }))
        .await
        .unwrap();
    cloud.iam.calls.take();
    let config =
        json!({ "cluster_name": "prod", "client_id_list": ["b", "c"], "tags": { "env": "prod" } });
    let state = resource.update(&state, config).await.unwrap();
    assert_eq!(
        cloud.iam.calls.take(),
        [
            "AddClientIDToOpenIDConnectProvider c",
            "RemoveClientIDFromOpenIDConnectProvider a",
            "TagOpenIDConnectProvider"
        ]
    );
    assert_eq!(
        state.model.client_id_list,
        to_set(["b".to_owned(), "c".to_owned()])
    );
    assert_eq!(
        cloud.iam.provider(ARN).unwrap().client_ids,
        ["b".to_owned(), "c".to_owned()].into()
    );
}

#[tokio::test]
async fn a_change_that_fails_halfway_leaves_in_the_state_what_was_done() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod", "client_id_list": ["a"] }))
        .await
        .unwrap();
    let error = refusal(
        ErrorKind::AccessDenied,
        "iam:RemoveClientIDFromOpenIDConnectProvider",
        "AccessDenied",
        "no",
    );
    cloud
        .iam
        .calls
        .fail_next("RemoveClientIDFromOpenIDConnectProvider", error);
    let failure = resource
        .update(
            &state,
            json!({ "cluster_name": "prod", "client_id_list": ["b"] }),
        )
        .await
        .unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics),
        ["Cannot Change OIDC Provider"]
    );
    assert_eq!(
        failure.state.unwrap().model.client_id_list,
        to_set(["a".to_owned(), "b".to_owned()])
    );
}

#[tokio::test]
async fn an_existing_provider_is_an_error_that_prints_the_import_block() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        titles(&failure.diagnostics),
        ["OIDC Provider Exists Already"]
    );
    let detail = &first(&failure.diagnostics).detail;
    assert!(
        detail.contains("one OIDC provider per issuer and account"),
        "{detail}"
    );
    assert!(
        detail.contains(&format!(
            "import {{\n    to = eksauth_oidc_provider.NAME\n    id = \"{ARN}\"\n  }}"
        )),
        "{detail}"
    );
    assert_eq!(
        (failure.state, cloud.iam.provider(ARN).unwrap()),
        (None, existing(&["sts.amazonaws.com"]))
    );
}

#[tokio::test]
async fn an_adopted_provider_keeps_its_own_client_ids_and_survives_destroy() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["theirs"]));
    let resource = harness(&cloud);
    let config =
        json!({ "cluster_name": "prod", "on_conflict": "adopt", "tags": { "env": "prod" } });
    let state = resource.create(config.clone()).await.unwrap();
    let tags = to_map([("env".to_owned(), "prod".to_owned())]);
    let expected = OidcProviderModel {
        on_conflict: Attr::Known("adopt".to_owned()),
        adopted: Attr::Known(true),
        tags: tags.clone(),
        tags_all: tags,
        ..of_cluster()
    };
    assert_eq!(state.model, expected);
    assert_eq!(titles(&resource.take_warnings()), ["OIDC Provider Adopted"]);
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(read.model, expected);
    assert_eq!(
        resource.plan_update(&read, config).await.unwrap().action,
        Action::None
    );

    let fewer = json!({ "cluster_name": "prod", "on_conflict": "adopt", "client_id_list": [], "tags": { "env": "prod" } });
    let state = resource.update(&read, fewer).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Client Ids Stay"]);
    resource.delete(&state).await.unwrap();
    assert_eq!(
        titles(&resource.take_warnings()),
        ["Adopted OIDC Provider Stays"]
    );
    let live = cloud.iam.provider(ARN).unwrap();
    assert_eq!(
        live.client_ids,
        ["sts.amazonaws.com".to_owned(), "theirs".to_owned()].into()
    );
    assert_eq!(live.tags.get("owner"), Some(&"them".to_owned()));
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_recognised_as_ours() {
    let cloud = cloud();
    let lost = refusal(
        ErrorKind::AlreadyExists,
        "iam:CreateOpenIDConnectProvider",
        "EntityAlreadyExists",
        "exists",
    );
    let lost = crate::ports::ApiError {
        attempts: 2,
        ..lost
    };
    cloud
        .iam
        .calls
        .lose_answer_of_next("CreateOpenIDConnectProvider", lost);
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(state.model, of_cluster());
}

#[tokio::test]
async fn a_provider_made_by_someone_else_at_the_same_moment_is_not_taken_for_ours() {
    let cloud = cloud();
    let faster = refusal(
        ErrorKind::AlreadyExists,
        "iam:CreateOpenIDConnectProvider",
        "EntityAlreadyExists",
        "exists",
    );
    cloud
        .iam
        .calls
        .lose_answer_of_next("CreateOpenIDConnectProvider", faster);
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        (titles(&failure.diagnostics), failure.state),
        (vec!["OIDC Provider Exists Already"], None)
    );
}

#[tokio::test]
async fn a_failure_after_the_create_keeps_what_was_made() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let planned = resource
        .plan_create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let down = refusal(
        ErrorKind::Service,
        "iam:GetOpenIDConnectProvider",
        "ServiceFailure",
        "down",
    );
    cloud
        .iam
        .calls
        .fail_next("CreateOpenIDConnectProvider", down.clone());
    let failure = resource.apply(planned.clone()).await.unwrap_err();
    assert_eq!(failure.state, None);
    cloud.iam.calls.take();
    // The first look succeeds; the second, after the create, does not.
    cloud.iam.calls.fail_on("GetOpenIDConnectProvider", 2, down);
    let failure = resource.apply(planned).await.unwrap_err();
    let state = failure.state.unwrap();
    assert_eq!(state.model.arn, Attr::Known(ARN.to_owned()));
    assert_eq!(
        titles(&failure.diagnostics),
        ["Cannot Create OIDC Provider"]
    );
}

#[tokio::test]
async fn a_provider_that_disappeared_is_planned_anew() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.iam.remove_provider(ARN);
    assert_eq!(resource.read(&state).await.unwrap(), None);
    resource.delete(&state).await.unwrap();
}

#[tokio::test]
async fn foreign_client_ids_are_drift_that_apply_mends() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.iam.put_provider(OidcProvider {
        tags: [].into(),
        ..existing(&["sts.amazonaws.com", "foreign"])
    });
    let read = resource.read(&state).await.unwrap().unwrap();
    let planned = resource
        .plan_update(&read, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Update);
    resource.apply(planned).await.unwrap();
    assert_eq!(
        cloud.iam.provider(ARN).unwrap().client_ids,
        ["sts.amazonaws.com".to_owned()].into()
    );
}

#[tokio::test]
async fn thumbprints_that_were_emptied_stay_with_a_warning() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let state = resource
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    cloud.iam.calls.take();
    let emptied = json!({ "cluster_name": "prod", "thumbprint_list": [] });
    let state = resource.update(&state, emptied.clone()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Thumbprints Stay"]);
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
    let read = resource.read(&state).await.unwrap().unwrap();
    assert_eq!(
        resource.plan_update(&read, emptied).await.unwrap().action,
        Action::None
    );
}

#[tokio::test]
async fn another_account_is_an_error_and_never_an_emptied_state() {
    let state = harness(&cloud())
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let other = Arc::new(FakeCloud::of_account("999988887777"));
    other.eks.put(active_cluster("prod", "ABC"));
    let resource = harness(&other);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Account"]
    );
    assert_eq!(
        titles(&resource.delete(&state).await.unwrap_err().diagnostics),
        ["Another Account"]
    );
}

#[tokio::test]
async fn another_region_is_an_error_and_never_an_emptied_state() {
    let cloud = cloud();
    let state = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let elsewhere = Settings {
        region: Attr::Known("us-east-1".to_owned()),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, elsewhere);
    assert_eq!(
        titles(&resource.read(&state).await.unwrap_err()),
        ["Another Region"]
    );
    assert_eq!(
        titles(
            &resource
                .plan_update(&state, json!({ "cluster_name": "prod" }))
                .await
                .unwrap_err()
        ),
        ["Another Region"]
    );
}

#[tokio::test]
async fn an_unknown_provider_block_keeps_the_state_with_a_warning() {
    let state = harness(&cloud())
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    let settings = Settings {
        region: Attr::Unknown,
        ..Settings::default()
    };
    let resource = Harness::new(
        OidcProviderResource,
        context_of_unknown_block(settings).client,
    );
    assert_eq!(
        resource.read(&state).await.unwrap().unwrap().model,
        state.model
    );
    assert_eq!(titles(&resource.take_warnings()), ["Not Refreshed"]);
    let planned = resource
        .plan_update(&state, json!({ "cluster_name": "prod" }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::None);
}

#[tokio::test]
async fn an_import_by_cluster_or_by_arn_plans_empty() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let resource = harness(&cloud);
    let owner = json!({ "owner": "them" });
    let by_cluster = resource.import("prod").await.unwrap().unwrap();
    let config = json!({ "cluster_name": "prod", "tags": owner });
    assert_eq!(
        resource
            .plan_update(&by_cluster, config)
            .await
            .unwrap()
            .action,
        Action::None
    );
    let with_region = resource.import("prod@eu-central-1").await.unwrap().unwrap();
    let config = json!({ "cluster_name": "prod", "region": "eu-central-1", "tags": owner });
    assert_eq!(
        resource
            .plan_update(&with_region, config)
            .await
            .unwrap()
            .action,
        Action::None
    );
    let by_arn = resource.import(ARN).await.unwrap().unwrap();
    let config = json!({ "url": ISSUER, "tags": owner });
    assert_eq!(
        resource.plan_update(&by_arn, config).await.unwrap().action,
        Action::None
    );
    let renamed = json!({ "cluster_name": "prod", "tags": owner });
    assert_eq!(
        resource.plan_update(&by_arn, renamed).await.unwrap().action,
        Action::Update
    );
}

#[tokio::test]
async fn an_import_of_nothing_says_so() {
    let resource = harness(&cloud());
    assert_eq!(
        titles(&resource.import(ARN).await.unwrap_err()),
        ["Nothing To Import"]
    );
    assert_eq!(
        titles(&resource.import("pord").await.unwrap_err()),
        ["Cluster Not Found"]
    );
    assert_eq!(
        titles(
            &resource
                .import("arn:aws:iam::111122223333:role/x")
                .await
                .unwrap_err()
        ),
        ["Invalid Import Id"]
    );
}

#[tokio::test]
async fn a_refused_call_names_the_action_that_is_missing() {
    let cloud = cloud();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:CreateOpenIDConnectProvider",
        "AccessDenied",
        "not authorized",
    );
    let denied = crate::ports::ApiError {
        missing_permission: Some("iam:CreateOpenIDConnectProvider".to_owned()),
        ..denied
    };
    cloud
        .iam
        .calls
        .fail_next("CreateOpenIDConnectProvider", denied);
    let failure = harness(&cloud)
        .create(json!({ "cluster_name": "prod" }))
        .await
        .unwrap_err();
    assert_eq!(
        first(&failure.diagnostics).detail,
        format!(
            "OIDC provider `{ARN}`: iam:CreateOpenIDConnectProvider failed with `AccessDenied`: not authorized\nThe caller needs the permission \
             `iam:CreateOpenIDConnectProvider`.\nRequest id: fake-request\n\nGrant the permission to the caller, or run as someone who has it."
        )
    );
}
