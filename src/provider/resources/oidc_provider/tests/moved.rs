//! A provider from hashicorp/aws's state, and imports: nothing is replaced, and a configuration that says the same plans empty.

use tf_provider::resource::MoveSource;

use super::*;

fn source(state: serde_json::Value) -> MoveSource {
    MoveSource {
        provider_address: "registry.terraform.io/hashicorp/aws".to_owned(),
        type_name: "aws_iam_openid_connect_provider".to_owned(),
        schema_version: 0,
        state,
        private: Vec::new(),
    }
}

/// The state that hashicorp/aws 5.100 has of the provider.
fn state() -> serde_json::Value {
    json!({
        "arn": ARN,
        "client_id_list": ["sts.amazonaws.com"],
        "id": ARN,
        "tags": { "owner": "them" },
        "tags_all": { "owner": "them" },
        "thumbprint_list": ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
        "url": ISSUER.strip_prefix("https://").unwrap(),
    })
}

fn with_default_cluster(cloud: &Arc<FakeCloud>) -> Harness<OidcProviderResource> {
    let settings = crate::config::Settings {
        cluster_name: Attr::Known("prod".to_owned()),
        ..FakeCloud::settings()
    };
    Harness::new(OidcProviderResource, cloud.client(settings))
}

#[tokio::test]
async fn a_provider_is_moved_and_plans_empty_by_url_and_by_cluster() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let owner = json!({ "owner": "them" });
    let by_url = (harness(&cloud), json!({ "url": ISSUER, "tags": owner }));
    let by_default = (with_default_cluster(&cloud), json!({ "tags": owner }));
    for (resource, config) in [by_url, by_default] {
        let moved = resource.move_from(source(state())).unwrap();
        assert_eq!(
            moved.identity().attribute("arn"),
            &tf_provider::Value::from(ARN)
        );
        let read = resource.read(&moved).await.unwrap().unwrap();
        assert_eq!(read.model.adopted, Attr::Known(false));
        let plan = resource.plan_update(&read, config).await.unwrap();
        assert_eq!(plan.action, Action::None);
    }
    // A cluster that the configuration names is noted in place, without a word to IAM.
    let resource = harness(&cloud);
    let by_name = json!({ "cluster_name": "prod", "tags": owner });
    let moved = resource.move_from(source(state())).unwrap();
    let plan = resource.plan_update(&moved, by_name.clone()).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let named = resource.apply(plan).await.unwrap().unwrap();
    let plan = resource.plan_update(&named, by_name).await.unwrap();
    assert_eq!(plan.action, Action::None);
    let refused = resource.move_from(source(json!({}))).unwrap_err();
    assert_eq!(titles(&refused), ["Unreadable State"]);
}

#[tokio::test]
async fn an_import_takes_no_thumbprints_and_is_the_same_by_the_provider_blocks_own_cluster() {
    let cloud = cloud();
    cloud.iam.put_provider(existing(&["sts.amazonaws.com"]));
    let resource = with_default_cluster(&cloud);
    let owner = json!({ "owner": "them" });
    for id in [ARN, "prod"] {
        let state = resource.import(id).await.unwrap().unwrap();
        assert_eq!(state.model.thumbprint_list, Attr::Null, "{id}");
        let plan = resource.plan_update(&state, json!({ "tags": owner })).await;
        assert_eq!(plan.unwrap().action, Action::None, "{id}");
    }
}
