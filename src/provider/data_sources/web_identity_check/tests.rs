use std::sync::Arc;

use serde_json::{Value as Json, json};
use tf_provider::testing::DataSourceHarness;

use super::*;
use crate::aws_auth::fixture::only;
use crate::config::Settings;
use crate::fakes::{
    FakeCloud, FakeRole, active_cluster, context_of_unknown_block, creating_cluster, refusal,
};
use crate::ports::ErrorKind;
use crate::ports::iam::{OidcProvider as Registered, Role};

const HOST: &str = "oidc.eks.eu-central-1.amazonaws.com/id/ABC";
const OTHER: &str = "oidc.eks.eu-central-1.amazonaws.com/id/DEF";
const ROLE: &str = "arn:aws:iam::111122223333:role/apps/reader";

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn provider_arn(host: &str) -> String {
    format!("arn:aws:iam::111122223333:oidc-provider/{host}")
}

/// A statement that admits one service account of an issuer.
fn statement(host: &str) -> Json {
    json!({
        "Effect": "Allow",
        "Principal": { "Federated": provider_arn(host) },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": {
            format!("{host}:sub"): "system:serviceaccount:apps:reader",
            format!("{host}:aud"): "sts.amazonaws.com",
        } },
    })
}

fn trust(statements: &[Json]) -> String {
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn register(cloud: &FakeCloud, host: &str, client_id: &str) {
    cloud.iam.put_provider(Registered {
        arn: provider_arn(host),
        url: host.to_owned(),
        client_ids: [client_id.to_owned()].into(),
        thumbprints: Vec::new(),
        tags: [].into(),
    });
}

/// A cluster `prod`, its provider, and a role `reader` with this trust policy.
fn cloud(policy: &str) -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    cloud.eks.put(active_cluster("prod", "ABC"));
    cloud.iam.put_role(FakeRole {
        role: Role {
            name: "reader".to_owned(),
            arn: ROLE.to_owned(),
            unique_id: "AROAREADER".to_owned(),
            path: "/apps/".to_owned(),
            assume_role_policy: policy.to_owned(),
            description: String::new(),
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: [].into(),
            created_at: 1_700_000_000,
        },
        attached: [].into(),
        inline: [].into(),
        instance_profiles: Vec::new(),
    });
    register(&cloud, HOST, "sts.amazonaws.com");
    cloud.iam.calls.take();
    cloud
}

fn source(cloud: &Arc<FakeCloud>) -> DataSourceHarness<WebIdentityCheckDataSource> {
    DataSourceHarness::new(
        WebIdentityCheckDataSource,
        cloud.client(FakeCloud::settings()),
    )
}

fn question(service_account: &str) -> Json {
    json!({ "role_name": "reader", "cluster_name": "prod", "service_account": service_account })
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(source(&cloud("")).check(), Vec::<String>::new());
}

#[tokio::test]
async fn the_service_account_that_the_policy_names_gets_the_role() {
    let policy = trust(&[statement(HOST)]);
    let cloud = cloud(&policy);
    let (model, warnings) = source(&cloud).read(question("apps:reader")).await.unwrap();
    let expected = WebIdentityCheckModel {
        role_name: known("reader"),
        role_arn: known(ROLE),
        policy: Attr::Null,
        service_account: known("apps:reader"),
        cluster_name: known("prod"),
        region: known("eu-central-1"),
        issuer: known(&format!("https://{HOST}")),
        provider_arn: known(&provider_arn(HOST)),
        audience: known("sts.amazonaws.com"),
        subject: known("system:serviceaccount:apps:reader"),
        allowed: Attr::Known(true),
        decision: known("allow"),
        reason: known("allow"),
        explanation: known("Statement 0 allows it."),
        statement_index: Attr::Known(0),
        condition: Attr::Null,
        findings: Attr::Known(Vec::new()),
    };
    assert_eq!((model, warnings.is_empty()), (expected, true));
    assert_eq!(
        cloud.iam.calls.take(),
        ["GetRole reader", "GetOpenIDConnectProvider"]
    );
}

#[tokio::test]
async fn another_service_account_is_told_the_condition_that_refuses_it() {
    let cloud = cloud(&trust(&[statement(HOST)]));
    let (model, _) = source(&cloud).read(question("apps:writer")).await.unwrap();
    let sub = format!("{HOST}:sub");
    let condition = Condition {
        operator: known("StringEquals"),
        key: known(&sub),
        values: Attr::Known(vec![known("system:serviceaccount:apps:reader")]),
    };
    assert_eq!(
        (model.allowed, model.reason, model.condition),
        (
            Attr::Known(false),
            known("condition:StringEquals:sub"),
            Attr::Known(condition)
        )
    );
    assert_eq!(
        model.explanation,
        known(&format!(
            "Statement 0 would allow it, but its condition `StringEquals` on `{sub}` (`system:serviceaccount:apps:reader`) does not hold."
        ))
    );
}

#[tokio::test]
async fn a_provider_that_is_not_registered_refuses_everyone() {
    let cloud = cloud(&trust(&[statement(HOST)]));
    cloud.iam.remove_provider(&provider_arn(HOST));
    let (model, _) = source(&cloud).read(question("apps:reader")).await.unwrap();
    assert_eq!(
        (model.allowed, model.reason, model.statement_index),
        (Attr::Known(false), known("provider.not_found"), Attr::Null)
    );
    let ids: Vec<_> = model
        .findings
        .known()
        .unwrap()
        .iter()
        .map(|one| one.id.clone())
        .collect();
    assert!(ids.contains(&known("lockout.provider_missing")), "{ids:?}");
}

#[tokio::test]
async fn an_audience_that_the_provider_does_not_take_is_named() {
    let cloud = cloud(&trust(&[statement(HOST)]));
    let mut asked = question("apps:reader");
    asked["audience"] = json!("vault");
    let (model, _) = source(&cloud).read(asked).await.unwrap();
    assert_eq!(
        (model.reason, model.explanation),
        (
            known("provider.client_id"),
            known(&format!(
                "The OIDC provider `{}` does not take the audience `vault`.",
                provider_arn(HOST)
            ))
        )
    );
}

#[tokio::test]
async fn providers_of_other_clusters_in_the_policy_are_looked_up_too() {
    let cloud = cloud(&trust(&[statement(HOST), statement(OTHER)]));
    let findings = async || {
        let (model, _) = source(&cloud).read(question("apps:reader")).await.unwrap();
        let found = model.findings.into_known().unwrap();
        let shown = |one: TrustFinding| (one.id, one.statement_index);
        found.into_iter().map(shown).collect::<Vec<_>>()
    };
    let missing = (known("lockout.provider_missing"), Attr::Known(1));
    assert_eq!(findings().await, [missing]);
    register(&cloud, OTHER, "sts.amazonaws.com");
    assert_eq!(findings().await, []);
}

#[tokio::test]
async fn a_provider_that_may_not_be_read_leaves_only_a_refusal_certain() {
    let cloud = cloud(&trust(&[statement(HOST)]));
    let denied = || {
        refusal(
            ErrorKind::AccessDenied,
            "iam:GetOpenIDConnectProvider",
            "AccessDenied",
            "no",
        )
    };
    cloud
        .iam
        .calls
        .fail_next("GetOpenIDConnectProvider", denied());
    let (model, warnings) = source(&cloud).read(question("apps:reader")).await.unwrap();
    assert_eq!(
        (model.allowed, model.decision, model.reason),
        (
            Attr::Null,
            known("indeterminate"),
            known("provider.unreadable")
        )
    );
    assert_eq!(only(&warnings).summary, "Not Everything Could Be Checked");
    cloud
        .iam
        .calls
        .fail_next("GetOpenIDConnectProvider", denied());
    let (model, warnings) = source(&cloud).read(question("apps:writer")).await.unwrap();
    assert_eq!(
        (model.allowed, warnings.is_empty()),
        (Attr::Known(false), true)
    );
}

#[tokio::test]
async fn a_given_policy_is_judged_without_asking_iam() {
    let cloud = Arc::new(FakeCloud::default());
    let asked = json!({
        "role_name": "planned", "policy": trust(&[statement(HOST), statement(OTHER)]),
        "provider_arn": provider_arn(OTHER), "service_account": "apps:reader",
    });
    let (model, _) = source(&cloud).read(asked).await.unwrap();
    assert_eq!(
        (model.allowed, model.statement_index, model.role_arn),
        (
            Attr::Known(true),
            Attr::Known(1),
            known("arn:aws:iam::111122223333:role/planned")
        )
    );
    assert_eq!(model.findings, Attr::Known(Vec::new()));
    assert_eq!(cloud.iam.calls.take(), Vec::<String>::new());
}

#[tokio::test]
async fn a_policy_that_iam_refuses_refuses_everyone() {
    let asked = json!({
        "role_arn": ROLE, "policy": "{}", "issuer": format!("https://{HOST}"), "service_account": "apps:reader",
    });
    let (model, _) = source(&Arc::default()).read(asked).await.unwrap();
    assert_eq!(
        (model.allowed, model.decision, model.explanation),
        (
            Attr::Known(false),
            known("invalid"),
            known("The policy has no `Statement`.")
        )
    );
}

#[tokio::test]
async fn each_way_to_be_refused_by_a_statement_is_said() {
    let explained = async |statements: &[Json]| {
        let asked = json!({
            "role_arn": ROLE, "policy": trust(statements), "issuer": format!("https://{HOST}"), "service_account": "apps:reader",
        });
        let (model, _) = source(&Arc::default()).read(asked).await.unwrap();
        (model.allowed, model.explanation.into_known().unwrap())
    };
    let changed = |element: &str, value: Json| {
        let mut statement = statement(HOST);
        statement[element] = value;
        statement
    };
    let refused = |text: &str| (Attr::Known(false), text.to_owned());
    let denies = changed("Effect", json!("Deny"));
    assert_eq!(
        explained(&[statement(HOST), denies]).await,
        refused("Statement 1 denies it.")
    );
    assert_eq!(
        explained(&[statement(OTHER)]).await,
        refused(&format!(
            "No statement that allows anything names the OIDC provider `{}`. The trust policy names `{}` instead.",
            provider_arn(HOST),
            provider_arn(OTHER)
        ))
    );
    let other_action = changed("Action", json!("sts:AssumeRole"));
    assert_eq!(
        explained(&[other_action]).await,
        refused(
            "Statement 0 names the OIDC provider, but does not allow `sts:AssumeRoleWithWebIdentity`."
        )
    );
    let everyone = changed("Principal", json!("*"));
    assert_eq!(
        explained(&[everyone]).await,
        (
            Attr::Null,
            "Statement 0 names everyone as its principal, and what that means for a web identity is not documented."
                .to_owned()
        )
    );
    let by_address = changed(
        "Condition",
        json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }),
    );
    assert_eq!(
        explained(&[by_address]).await,
        (
            Attr::Null,
            "It depends on the condition `IpAddress` on `aws:SourceIp` (`192.0.2.0/24`) of statement 0, and on what is not known before the \
             request."
                .to_owned()
        )
    );
}

#[tokio::test]
async fn what_cannot_be_found_is_an_error_that_names_it() {
    let cloud = cloud(&trust(&[statement(HOST)]));
    let summary = async |config: Json| {
        let refused = source(&cloud).read(config).await.unwrap_err();
        only(&refused).summary.clone()
    };
    let missing =
        json!({ "role_name": "nobody", "cluster_name": "prod", "service_account": "apps:reader" });
    assert_eq!(summary(missing).await, "Role Not Found");
    let elsewhere = json!({
        "role_arn": "arn:aws:iam::999988887777:role/reader", "cluster_name": "prod", "service_account": "apps:reader",
    });
    assert_eq!(summary(elsewhere).await, "Another Role");
    let cluster =
        json!({ "role_name": "reader", "cluster_name": "pord", "service_account": "apps:reader" });
    assert_eq!(summary(cluster).await, "Cluster Not Found");
    cloud.eks.put(creating_cluster("new"));
    let young =
        json!({ "role_name": "reader", "cluster_name": "new", "service_account": "apps:reader" });
    assert_eq!(summary(young).await, "Cluster Not Ready");
}

#[tokio::test]
async fn attributes_that_exclude_each_other_and_a_missing_role_are_refused() {
    let source = source(&Arc::default());
    let issuer = format!("https://{HOST}");
    let cases = [
        (json!({ "service_account": "apps:reader" }), "Missing Role"),
        (
            json!({ "service_account": "apps:reader", "role_name": "reader", "role_arn": ROLE }),
            "Conflicting Attributes",
        ),
        (
            json!({ "service_account": "apps:reader", "role_name": "reader", "cluster_name": "prod", "issuer": issuer }),
            "Conflicting Attributes",
        ),
        (
            json!({ "service_account": "reader", "role_name": "reader" }),
            "Invalid Service Account",
        ),
        (
            json!({ "service_account": "apps:reader", "role_name": "reader", "issuer": "http://oidc" }),
            "Invalid Issuer",
        ),
        (
            json!({ "service_account": "apps:reader", "role_name": "reader", "provider_arn": ROLE }),
            "Invalid OIDC Provider ARN",
        ),
    ];
    for (config, summary) in cases {
        assert_eq!(only(&source.validate(config)).summary, summary);
    }
}

#[tokio::test]
async fn an_unknown_provider_block_is_the_reason_given() {
    let client = context_of_unknown_block(Settings::default()).client;
    let refused = DataSourceHarness::new(WebIdentityCheckDataSource, client)
        .read(question("apps:reader"))
        .await
        .unwrap_err();
    assert_eq!(only(&refused).summary, "Provider Block Not Known");
}
