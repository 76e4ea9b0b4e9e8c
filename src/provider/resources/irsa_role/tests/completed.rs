//! What an unfinished role keeps when the next apply completes it, and whose unfinished role it is.

use super::*;

const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/bound";
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}"#;

fn config() -> serde_json::Value {
    with(
        reader(),
        json!({ "policy_arns": [POLICY], "description": "reads", "tags": { "env": "prod" } }),
    )
}

/// A role whose making was refused halfway, and what others have put on it since.
async fn left_unfinished(cloud: &Arc<FakeCloud>) -> FakeRole {
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AttachRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("AttachRolePolicy", denied);
    harness(cloud).create(config()).await.unwrap_err();
    cloud.iam.change_role("reader", |found| {
        found.role.permissions_boundary = Some(BOUNDARY.to_owned());
        found
            .role
            .tags
            .insert("owner".to_owned(), "they".to_owned());
        found.attached.insert(FOREIGN.to_owned());
        found.inline.insert("guard".to_owned(), DENY.to_owned());
    });
    cloud.iam.role_now("reader").unwrap()
}

#[tokio::test]
async fn what_others_put_on_it_meanwhile_stays_and_is_named() {
    let cloud = cloud();
    let resource = harness(&cloud);
    left_unfinished(&cloud).await;
    let state = resource.create(config()).await.unwrap();
    let now = cloud.iam.role_now("reader").unwrap();
    assert_eq!(now.role.permissions_boundary, Some(BOUNDARY.to_owned()));
    assert_eq!(now.attached, [FOREIGN.to_owned(), POLICY.to_owned()].into());
    assert_eq!(now.inline, [("guard".to_owned(), DENY.to_owned())].into());
    assert_eq!(now.role.tags.get("owner"), Some(&"they".to_owned()));
    assert_eq!(state.model.adopted, Attr::Known(false));
    let warnings = resource.take_warnings();
    let detail = &warnings.iter().last().unwrap().detail;
    for what in [BOUNDARY, FOREIGN, "guard", "owner"] {
        assert!(detail.contains(what), "{detail}");
    }
    assert!(!detail.contains("`env`"), "{detail}");
}

#[tokio::test]
async fn another_boundary_that_is_configured_and_an_exclusive_list_hold() {
    let cloud = cloud();
    let resource = harness(&cloud);
    left_unfinished(&cloud).await;
    let other = "arn:aws:iam::111122223333:policy/other";
    let config = with(
        config(),
        json!({ "permissions_boundary": other, "exclusive_policy_arns": true }),
    );
    resource.create(config).await.unwrap();
    let now = cloud.iam.role_now("reader").unwrap();
    assert_eq!(now.role.permissions_boundary, Some(other.to_owned()));
    assert_eq!(now.attached, [POLICY.to_owned()].into());
}

#[tokio::test]
async fn another_trust_policy_is_another_configuration() {
    let cloud = cloud();
    let resource = harness(&cloud);
    let left = left_unfinished(&cloud).await;
    let other = with(config(), json!({ "service_accounts": ["apps:other"] }));
    let failure = resource.create(other).await.unwrap_err();
    assert_eq!(titles(&failure.diagnostics), ["Role Exists Already"]);
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["Role Exists Already"]);
    assert_eq!(cloud.iam.role_now("reader").unwrap(), left);
}

#[tokio::test]
async fn a_trust_policy_that_means_the_same_is_the_same_configuration() {
    let cloud = cloud();
    let denied = refusal(
        ErrorKind::AccessDenied,
        "iam:AttachRolePolicy",
        "AccessDenied",
        "no",
    );
    cloud.iam.calls.fail_next("AttachRolePolicy", denied);
    let of = |statement: &str| with(config(), json!({ "extra_statements": [statement] }));
    let one = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#;
    let same = r#"{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root"]}}"#;
    harness(&cloud).create(of(one)).await.unwrap_err();
    harness(&cloud).create(of(same)).await.unwrap();
    assert_eq!(
        cloud.iam.role_now("reader").unwrap().role.description,
        "reads"
    );
}

#[tokio::test]
async fn a_plan_says_that_apply_completes_it_and_of_another_path_that_apply_refuses() {
    let cloud = cloud();
    let resource = harness(&cloud);
    left_unfinished(&cloud).await;
    resource.plan_create(config()).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Unfinished Role"]);
    let elsewhere = with(config(), json!({ "path": "/teams/" }));
    resource.plan_create(elsewhere).await.unwrap();
    assert_eq!(titles(&resource.take_warnings()), ["Role Exists Already"]);
}

#[tokio::test]
async fn a_plan_that_does_not_know_the_trust_policy_says_on_what_it_depends() {
    let cloud = cloud();
    let resource = harness(&cloud);
    left_unfinished(&cloud).await;
    let config = with(config(), json!({ "cluster_name": UNKNOWN }));
    resource.plan_create(config).await.unwrap();
    let warnings = resource.take_warnings();
    assert_eq!(titles(&warnings), ["Unfinished Role"]);
    assert!(
        first(&warnings).detail.contains("not known yet"),
        "{warnings:?}"
    );
}
