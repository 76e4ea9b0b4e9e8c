use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tf_provider::testing::{Action, Harness, UNKNOWN};
use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::*;
use crate::attributes::values::{to_list, to_map, to_set};
use crate::config::{OnUnreadable, Settings};
use crate::fakes::{
    FakeCloud, active_cluster, context_of_unknown_block, creating_cluster, refusal,
};
use crate::ports::ErrorKind;

mod changes;
mod clusters;
mod conflicts;
mod identity;
mod moved;
mod passing_on;

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
        id: Attr::Known(ARN.to_owned()),
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
    assert_eq!(cloud.iam.calls.take(), ["ListOpenIDConnectProviders"]);
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
            "ListOpenIDConnectProviders",
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
    let resource = with_settings(&cloud, by_default("staging"));
    let later = resource.plan_update(&state, json!({})).await.unwrap();
    assert_eq!(later.action, Action::None);
    let told = resource.take_warnings();
    let titles: Vec<&str> = told.iter().map(|told| &*told.summary).collect();
    assert_eq!(titles, ["Default Cluster Without Effect"]);
    let config = json!({ "cluster_name": "prod" });
    let named = resource.plan_update(&state, config).await.unwrap();
    assert_eq!(named.action, Action::None);
    assert_eq!(resource.take_warnings().iter().count(), 0);
}

#[tokio::test]
async fn a_plan_by_url_asks_nobody_and_knows_the_arn_only_where_the_block_says_whose() {
    let limited = Settings {
        allowed_account_ids: ["111122223333".to_owned()].into(),
        ..FakeCloud::settings()
    };
    let assuming = Settings {
        assumed_role_arn: Some("arn:aws:iam::444455556666:role/deploy".to_owned()),
        ..FakeCloud::settings()
    };
    let of_role = ARN.replace("111122223333", "444455556666");
    for (settings, arn, asked) in [
        (FakeCloud::settings(), Attr::Unknown, vec![]),
        (assuming, Attr::Known(of_role), vec![]),
        (
            limited,
            Attr::Known(ARN.to_owned()),
            vec!["GetCallerIdentity"],
        ),
    ] {
        let cloud = cloud();
        let resource = with_settings(&cloud, settings);
        let planned = resource.plan_create(json!({ "url": ISSUER })).await;
        assert_eq!(planned.unwrap().model.unwrap().arn, arn);
        assert_eq!(cloud.sts.calls.take(), asked);
        assert_eq!(cloud.eks.calls.take(), Vec::<String>::new());
        assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
    }
    let made = harness(&cloud()).create(json!({ "url": ISSUER })).await;
    assert_eq!(made.unwrap().model.arn, Attr::Known(ARN.to_owned()));
}

#[tokio::test]
async fn an_account_that_is_not_allowed_is_refused_before_anything_is_made() {
    let cloud = cloud();
    let elsewhere = Settings {
        forbidden_account_ids: ["111122223333".to_owned()].into(),
        ..FakeCloud::settings()
    };
    let resource = with_settings(&cloud, elsewhere);
    resource
        .plan_create(json!({ "url": ISSUER }))
        .await
        .unwrap_err();
    resource.create(json!({ "url": ISSUER })).await.unwrap_err();
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
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
            id: Attr::Known("arn:aws:iam::111122223333:oidc-provider/issuer.example/x".to_owned()),
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
            id: Attr::Unknown,
            arn: Attr::Unknown,
            thumbprint_list: Attr::Unknown,
            adopted: Attr::Unknown,
            ..of_cluster()
        }
    );
    assert_eq!(cloud.eks.calls.take(), Vec::<String>::new());
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
async fn an_issuer_is_no_import_id_and_no_cluster() {
    let resource = harness(&cloud());
    for id in ["example.com/imp", "https://example.com/imp"] {
        let refused = resource.import(id).await.unwrap_err();
        assert_eq!(titles(&refused), ["Invalid Import Id"]);
        let detail = &first(&refused).detail;
        assert!(detail.contains(id) && detail.contains(":oidc-provider/"));
    }
}
