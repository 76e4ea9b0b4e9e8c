//! A role from hashicorp/aws's state: nothing is replaced, and a configuration that says the same plans empty.

use tf_provider::resource::MoveSource;

use super::*;

const AWS: &str = "registry.terraform.io/hashicorp/aws";
const INLINE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// The state that hashicorp/aws 5.100 has of the role.
fn state(trust: &str) -> serde_json::Value {
    json!({
        "arn": ARN,
        "assume_role_policy": trust,
        "create_date": "2026-11-01T00:00:00Z",
        "description": "",
        "force_detach_policies": false,
        "id": "reader",
        "inline_policy": [{ "name": "s3", "policy": INLINE }],
        "managed_policy_arns": [POLICY],
        "max_session_duration": 3600,
        "name": "reader",
        "name_prefix": "",
        "path": "/",
        "permissions_boundary": "",
        "tags": {},
        "tags_all": {},
        "unique_id": "AROATHEIRS",
    })
}

fn source(provider: &str, state: serde_json::Value) -> MoveSource {
    MoveSource {
        provider_address: provider.to_owned(),
        type_name: "aws_iam_role".to_owned(),
        schema_version: 0,
        state,
        private: Vec::new(),
    }
}

fn cloud_with(trust: &str) -> Arc<FakeCloud> {
    let cloud = cloud();
    let mut role = role_of_others("reader", trust);
    role.attached.insert(POLICY.to_owned());
    role.inline.insert("s3".to_owned(), INLINE.to_owned());
    cloud.iam.put_role(role);
    cloud
}

fn with_default_cluster(cloud: &Arc<FakeCloud>) -> Harness<IrsaRoleResource> {
    let settings = Settings {
        cluster_name: known("prod"),
        ..FakeCloud::settings()
    };
    with_settings(cloud, settings)
}

fn policies() -> serde_json::Value {
    json!({ "name": "reader", "policy_arns": [POLICY], "inline_policies": { "s3": INLINE } })
}

#[tokio::test]
async fn a_role_is_moved_with_its_trust_and_its_policies() {
    let cloud = cloud_with(TRUST);
    let resource = harness(&cloud);
    for provider in [AWS, "registry.opentofu.org/hashicorp/aws", "aws"] {
        let moved = resource.move_from(source(provider, state(TRUST))).unwrap();
        assert_eq!(
            moved.identity().attribute("name"),
            &tf_provider::Value::from("reader")
        );
        let read = resource.read(&moved).await.unwrap().unwrap();
        let trust = json!({ "oidc_provider_arn": PROVIDER, "service_accounts": ["apps:reader"] });
        let plan = resource.plan_update(&read, with(policies(), trust)).await;
        assert_eq!(plan.unwrap().action, Action::None, "{provider}");
    }
    let stranger = source("registry.terraform.io/example/aws", state(TRUST));
    assert_eq!(
        titles(&resource.move_from(stranger).unwrap_err()),
        ["Move Not Supported"]
    );
    let mut empty = state(TRUST);
    empty["name"] = json!(null);
    assert_eq!(
        titles(&resource.move_from(source(AWS, empty)).unwrap_err()),
        ["Unreadable State"]
    );
}

#[tokio::test]
async fn what_the_state_does_not_say_comes_from_the_next_read() {
    let cloud = cloud_with(TRUST);
    let resource = with_default_cluster(&cloud);
    let mut short = state(TRUST);
    let fields = short.as_object_mut().unwrap();
    fields.remove("managed_policy_arns");
    fields.remove("inline_policy");
    let moved = resource.move_from(source(AWS, short)).unwrap();
    assert_eq!(moved.model.policy_arns, Attr::Null);
    let read = resource.read(&moved).await.unwrap().unwrap();
    let noted: Vec<&String> = read.private.entries.keys().collect();
    assert_eq!(noted, ["imported"], "filled in once, like an import");
    let config = with(policies(), json!({ "service_accounts": ["apps:reader"] }));
    let plan = resource.plan_update(&read, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
    // A policy that others attach later is theirs.
    cloud.iam.change_role("reader", |role| {
        role.attached.insert(FOREIGN.to_owned());
    });
    let again = resource.read(&read).await.unwrap().unwrap();
    assert_eq!(again.model.policy_arns, to_set([POLICY.to_owned()]));
}

#[tokio::test]
async fn a_trust_policy_that_no_attribute_can_say_is_moved_without_loss() {
    let trust = r#"{"Version":"2008-10-17","Id":"old","Statement":[{"Sid":"x","Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let cloud = cloud_with(trust);
    let resource = harness(&cloud);
    let moved = resource.move_from(source(AWS, state(trust))).unwrap();
    let read = resource.read(&moved).await.unwrap().unwrap();
    let statement = r#"{"Sid":"x","Effect":"Allow","Principal":{"Service":"eks.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
    let config = with(policies(), json!({ "extra_statements": [statement] }));
    let texts = read.model.extra_statements.known().unwrap();
    let kept: serde_json::Value = serde_json::from_str(texts[0].known().unwrap()).unwrap();
    assert_eq!(
        kept,
        serde_json::from_str::<serde_json::Value>(statement).unwrap()
    );
    let config = with(
        config,
        json!({ "extra_statements": [texts[0].known().unwrap()] }),
    );
    let plan = resource.plan_update(&read, config).await.unwrap();
    assert_eq!(plan.action, Action::None);
    assert_eq!(read.model.assume_role_policy, known(trust));
}

#[tokio::test]
async fn an_imported_role_is_the_same_by_its_provider_and_by_the_provider_blocks_own_cluster() {
    let cloud = cloud_with(TRUST);
    let resource = with_default_cluster(&cloud);
    let state = resource.import("reader").await.unwrap().unwrap();
    let config = with(policies(), json!({ "service_accounts": ["apps:reader"] }));
    for source in [json!({}), json!({ "oidc_provider_arn": PROVIDER })] {
        let plan = resource.plan_update(&state, with(config.clone(), source));
        assert_eq!(plan.await.unwrap().action, Action::None);
    }
    // A change goes on from there.
    let described = with(config.clone(), json!({ "description": "reads" }));
    let changed = resource.update(&state, described.clone()).await.unwrap();
    let again = resource.plan_update(&changed, described).await.unwrap();
    assert_eq!(again.action, Action::None);

    let cloud = cloud_with(&TRUST.replace("ABC", "DEF"));
    let resource = with_default_cluster(&cloud);
    let state = resource.import("reader").await.unwrap().unwrap();
    let plan = resource.plan_update(&state, config).await.unwrap();
    assert_eq!(plan.action, Action::Update, "another cluster is trusted");
    let planned = plan.model.unwrap();
    assert_eq!(
        (planned.cluster_name, planned.oidc_provider_arn),
        (known("prod"), Attr::Null)
    );
}

#[tokio::test]
async fn an_import_is_not_changed_by_an_id_or_the_old_version_of_its_trust_policy() {
    for trust in [
        TRUST.replace("2012-10-17", "2008-10-17"),
        TRUST.replace("\"Version\"", "\"Id\":\"made-by-hand\",\"Version\""),
        TRUST.replace("\"Version\":\"2012-10-17\",", ""),
    ] {
        let cloud = cloud_with(&trust);
        let resource = harness(&cloud);
        let state = resource.import("reader").await.unwrap().unwrap();
        assert_eq!(state.model.extra_statements, Attr::Null, "{trust}");
        let config = json!({ "oidc_provider_arn": PROVIDER, "service_accounts": ["apps:reader"] });
        let plan = resource.plan_update(&state, with(policies(), config)).await;
        assert_eq!(plan.unwrap().action, Action::None, "{trust}");
    }
}
