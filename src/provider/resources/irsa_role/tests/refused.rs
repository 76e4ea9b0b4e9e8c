//! What is refused or warned of before anything is asked: wrong values, names and sizes.

use super::*;

#[test]
fn wrong_configurations_are_refused_before_anything_is_asked() {
    let resource = harness(&cloud());
    let refused = |more: serde_json::Value| {
        let diagnostics = resource.validate(with(reader(), more));
        diagnostics
            .iter()
            .map(|diagnostic| diagnostic.summary.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(refused(json!({})), Vec::<String>::new());
    assert_eq!(
        refused(json!({ "service_accounts": ["reader"] })),
        ["Invalid Service Account"]
    );
    assert_eq!(
        refused(json!({ "service_accounts": ["apps:*"] })),
        ["Invalid Service Account"]
    );
    assert_eq!(
        refused(json!({ "service_account_patterns": ["Apps:*"] })),
        ["Invalid Service Account Pattern"]
    );
    assert_eq!(
        refused(json!({ "service_accounts": [] })),
        ["Missing Service Account"]
    );
    assert_eq!(
        refused(json!({ "name": "x".repeat(65) })),
        ["Role Name Too Long"]
    );
    assert_eq!(refused(json!({ "name": "a/b" })), ["Invalid Role Name"]);
    assert_eq!(
        refused(json!({ "name_prefix": "x" })),
        ["Conflicting Attributes"]
    );
    assert_eq!(refused(json!({ "path": "teams" })), ["Invalid Path"]);
    assert_eq!(
        refused(json!({ "max_session_duration": 60 })),
        ["Invalid Session Duration"]
    );
    assert_eq!(
        refused(json!({ "oidc_provider_arn": PROVIDER })),
        ["Conflicting Attributes"]
    );
    assert_eq!(
        refused(json!({ "policy_arns": ["arn:aws:iam::111122223333:role/x"] })),
        ["Invalid Policy ARN"]
    );
    assert_eq!(
        refused(json!({ "inline_policies": { "x": "{" } })),
        ["Invalid Inline Policy"]
    );
    assert_eq!(
        refused(json!({ "extra_statements": ["{}"] })),
        ["Invalid Statement"]
    );
    assert_eq!(
        refused(json!({ "pod_identity_condition": "{}" })),
        ["Condition Without Pod Identity"]
    );
    assert_eq!(
        refused(json!({ "node_role_arns": ["arn:aws:sts::111122223333:assumed-role/nodes/i-1"] })),
        ["Invalid Node Role ARN"]
    );
    assert_eq!(refused(json!({ "audience": "" })), ["Invalid Audience"]);
    let trust = json!([{ "service_accounts": ["apps:reader"] }]);
    assert_eq!(
        titles(&resource.validate(json!({ "name": "reader", "trust": trust }))),
        ["Missing Cluster Name"]
    );
    let trust = json!([{ "cluster_name": "prod" }]);
    assert_eq!(
        titles(&resource.validate(json!({ "name": "reader", "trust": trust }))),
        ["Missing Service Account"]
    );
    assert_eq!(
        titles(&resource.validate(json!({ "name": "reader" }))),
        ["Role Trusts No One"]
    );
}

#[test]
fn a_prefix_that_is_too_long_is_explained_with_the_count() {
    let diagnostics =
        harness(&cloud()).validate(json!({ "name_prefix": "x".repeat(40), "pod_identity": true }));
    assert_eq!(
        first(&diagnostics).detail,
        format!(
            "`{}` has 40 characters, and a prefix 38 at most: 26 are added to make the name unique, and IAM takes 64. Shorten it by 2, or set \
             `name`.",
            "x".repeat(40)
        )
    );
}

#[tokio::test]
async fn the_size_of_the_trust_policy_is_counted_at_plan() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let many: Vec<String> = (0..60)
        .map(|number| format!("apps:reader-of-many-things-{number:02}"))
        .collect();
    let config = with(reader(), json!({ "service_accounts": many }));
    let planned = resource
        .plan_create(config.clone())
        .await
        .unwrap()
        .model
        .unwrap();
    let size = eksauth_core::iam_policy::policy_document::size(
        planned.assume_role_policy.known().unwrap(),
    );
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["Long Trust Policy"]);
    assert!(first(&warnings).detail.starts_with(&format!(
        "The trust policy has {size} characters without white space"
    )));
    let refused = resource
        .plan_create(with(
            config.clone(),
            json!({ "trust_policy_quota": size - 1 }),
        ))
        .await
        .unwrap_err();
    assert_eq!(titles(&refused), ["Trust Policy Over Quota"]);
    resource
        .plan_create(with(config, json!({ "trust_policy_quota": size })))
        .await
        .unwrap();
    assert_eq!(titles(&resource.take_warnings()), Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_in_another_partition_or_account_than_the_role_is_refused_at_plan() {
    let cloud = cloud();
    let resource = harness(&cloud);
    for (more, summary) in [
        (
            json!({ "policy_arns": ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"] }),
            "Partitions Do Not Match",
        ),
        (
            json!({ "permissions_boundary": "arn:aws-us-gov:iam::111122223333:policy/x" }),
            "Partitions Do Not Match",
        ),
        (
            json!({ "cluster_name": null, "oidc_provider_arn": PROVIDER.replace("111122223333", "999988887777") }),
            "OIDC Provider Of Another Account",
        ),
    ] {
        let refused = resource
            .plan_create(with(reader(), more))
            .await
            .unwrap_err();
        assert_eq!(titles(&refused), [summary]);
    }
}

#[tokio::test]
async fn a_managed_policy_by_its_name_is_shown_as_it_would_look() {
    let config = with(
        reader(),
        json!({ "policy_arns": ["AmazonS3ReadOnlyAccess"] }),
    );
    let told = format!("{:?}", harness(&cloud()).validate(config));
    assert!(
        told.contains("`arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess`"),
        "{told}"
    );
}
