use std::time::Duration;

use eksauth_core::token::encode;
use serde_json::{Value, json};
use tf_provider::testing::EphemeralHarness;

use super::*;
use crate::aws_auth::fixture::{Bed, role_arn};
use crate::fakes::{active_cluster, context_of_unknown_block, refusal};
use crate::ports::ErrorKind;
use crate::ports::eks::{AccessEntry, AccessPolicy, AuthenticationMode};

/// A token that was made five minutes before the fakes' clock stands.
fn token() -> String {
    encode(
        "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=ASIAEXAMPLE%2F20241231%2Feu-central-1%2Fsts%2Faws4_request&X-Amz-Date=20241231T235500Z&X-Amz-Expires=60\
         &X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=5ec2e7",
    )
}

async fn open(bed: &Bed, config: Value) -> Result<TokenVerificationModel, Diagnostics> {
    let harness = EphemeralHarness::new(TokenVerificationEphemeral, bed.client());
    harness.open(config).await.map(|opened| opened.model)
}

async fn opened(bed: &Bed) -> TokenVerificationModel {
    open(bed, json!({ "token": token() })).await.unwrap()
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn list(values: &[&str]) -> Attr<Vec<Attr<String>>> {
    Attr::Known(values.iter().map(|value| known(value)).collect())
}

/// Verdict, reason, its class and user name; a dash for null.
fn summarize(model: &TokenVerificationModel) -> String {
    let shown = [
        &model.verdict,
        &model.reason,
        &model.reason_class,
        &model.username,
    ];
    let texts: Vec<&str> = shown
        .iter()
        .map(|attr| attr.known().map_or("-", String::as_str))
        .collect();
    texts.join(" ")
}

#[test]
fn the_schema_is_sound() {
    let bed = Bed::lived_in();
    let harness = EphemeralHarness::new(TokenVerificationEphemeral, bed.client());
    assert_eq!(harness.check(), Vec::<String>::new());
}

#[tokio::test]
async fn a_good_token_is_told_with_everything_the_cluster_makes_of_it() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/admins', username: shadowed}\n\
         - {rolearn: 'arn:aws:iam::111122223333:role/admins', username: 'admin:{{SessionName}}', groups: ['system:masters', '{{AccountID}}']}\n",
    )]);
    let model = opened(&bed).await;
    let expected = TokenVerificationModel {
        cluster_name: known("prod"),
        region: known("eu-central-1"),
        token: known(&token()),
        offline: Attr::Null,
        verdict: known("accepted"),
        reason: Attr::Null,
        reason_class: Attr::Null,
        explanation: known(
            "the token is of `arn:aws:sts::111122223333:assumed-role/admins/eve@example.com`: it enters as admin:{{SessionName}} · \
             system:masters, {{AccountID}}",
        ),
        arn: known("arn:aws:sts::111122223333:assumed-role/admins/eve@example.com"),
        canonical_arn: known(&role_arn("admins")),
        account: known("111122223333"),
        user_id: known("AROAEXAMPLEADMINS0000"),
        session_name: known("eve@example.com"),
        access_key_id: known("ASIAEXAMPLE"),
        username: known("admin:eve-example.com"),
        groups: list(&["system:masters", "111122223333"]),
        policies: Attr::Known(Vec::new()),
        rule: known("aws-auth mapRoles[1], line 2"),
        shadowed: list(&["aws-auth mapRoles[0], line 1"]),
        expiration: known("2025-01-01T00:10:00Z"),
    };
    let shown = |model: &TokenVerificationModel| serde_json::to_value(model).unwrap();
    assert_eq!(shown(&model), shown(&expected));
    assert_eq!(
        bed.cloud.token_sts.calls.take(),
        ["GetCallerIdentity sts.eu-central-1.amazonaws.com"]
    );
}

#[tokio::test]
async fn an_access_entry_wins_with_its_policies() {
    let bed = Bed::lived_in();
    let mut cluster = active_cluster("prod", "A");
    cluster.authentication_mode = Some(AuthenticationMode::ApiAndConfigMap);
    bed.cloud.eks.put(cluster);
    bed.cloud.eks.admit(AccessEntry {
        created_at: None,
        principal_arn: role_arn("admins"),
        kind: "STANDARD".to_owned(),
        username: "eks:{{SessionNameRaw}}".to_owned(),
        groups: vec!["view".to_owned()],
        policies: Vec::new(),
    });
    bed.cloud.eks.associate(
        &role_arn("admins"),
        AccessPolicy {
            policy_arn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy".to_owned(),
            namespaces: vec!["apps".to_owned()],
        },
    );
    let model = opened(&bed).await;
    assert!(
        model.policies
            == Attr::Known(vec![Policy {
                policy_arn: known("arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"),
                namespaces: list(&["apps"]),
            }])
    );
    assert_eq!(
        (model.username, model.groups, model.rule, model.shadowed),
        (
            known("eks:eve@example.com"),
            list(&["view"]),
            known("access entry of arn:aws:iam::111122223333:role/admins"),
            list(&["aws-auth mapRoles[1], line 7"])
        )
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_an_answer_with_the_rule_that_failed() {
    let bed = Bed::lived_in();
    let foreign = encode("https://sts.evil.example/?X-Amz-Signature=5ec2e7");
    let model = open(&bed, json!({ "token": foreign })).await.unwrap();
    assert_eq!(summarize(&model), "refused host.not_allowed format -");
    assert_eq!(
        model.explanation,
        known("the token is for `sts.evil.example`, which is not a host of STS in partition aws")
    );
    assert_eq!((model.arn, model.expiration), (Attr::Null, Attr::Null));
    assert_eq!(bed.cloud.token_sts.calls.take(), Vec::<String>::new());
    bed.cloud.clock.advance(Duration::from_secs(10 * 60 + 1));
    assert_eq!(
        summarize(&opened(&bed).await),
        "refused query.date_expired format -"
    );
}

#[tokio::test]
async fn a_url_that_lacks_its_question_mark_is_explained_without_its_signature() {
    let all_host = encode("https://sts.eu-west-1.amazonaws.com&X-Amz-Signature=5ec2e7");
    let model = open(&Bed::lived_in(), json!({ "token": all_host }))
        .await
        .unwrap();
    assert_eq!(summarize(&model), "refused host.not_allowed format -");
    assert_eq!(
        model.explanation,
        known(
            "the token is for `sts.eu-west-1.amazonaws.com…`, which is not a host of STS in partition aws"
        )
    );
}

#[tokio::test]
async fn sts_that_refuses_refuses_and_sts_that_does_not_answer_decides_nothing() {
    let bed = Bed::lived_in();
    let sts = &bed.cloud.token_sts;
    sts.say(403, "<Error>SignatureDoesNotMatch</Error>");
    assert_eq!(summarize(&opened(&bed).await), "refused sts.status sts -");
    sts.say(400, r#"{"Error":{"Code":"Throttling"}}"#);
    assert_eq!(
        summarize(&opened(&bed).await),
        "undecided sts.throttling throttling -"
    );
    let mut unreachable = refusal(ErrorKind::Unreachable, "sts:GetCallerIdentity", "", "no");
    unreachable.causes = vec!["connection refused".to_owned()];
    sts.calls.fail_next("GetCallerIdentity", unreachable);
    let model = opened(&bed).await;
    assert_eq!(summarize(&model), "undecided sts.transport sts -");
    assert_eq!(
        model.explanation,
        known("STS could not be reached: connection refused")
    );
}

#[tokio::test]
async fn a_caller_that_no_entry_admits_is_refused_with_the_nearest_miss() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/teams/admins', username: a}\n",
    )]);
    let model = opened(&bed).await;
    assert_eq!(summarize(&model), "refused mapping.not_mapped mapping -");
    let text = model.explanation.known().unwrap();
    assert!(
        text.starts_with(
            "the token is of `arn:aws:sts::111122223333:assumed-role/admins/eve@example.com`: no entry admits \
             `arn:aws:iam::111122223333:role/admins`; aws-auth mapRoles[0], line 1 names \
             `arn:aws:iam::111122223333:role/teams/admins`"
        ),
        "{text}"
    );
    assert_eq!(model.account, known("111122223333"));
}

#[tokio::test]
async fn a_person_under_the_entry_of_nodes_is_refused_by_the_template() {
    let bed = Bed::new(&[(
        "mapRoles",
        "- {rolearn: 'arn:aws:iam::111122223333:role/admins', username: 'system:node:{{EC2PrivateDNSName}}', groups: ['system:nodes']}\n",
    )]);
    let model = opened(&bed).await;
    assert_eq!(
        summarize(&model),
        "refused template.session_not_instance_id mapping -"
    );
    assert_eq!(model.rule, known("aws-auth mapRoles[0], line 1"));
}

#[tokio::test]
async fn several_entries_at_random_give_no_user_name() {
    let bed = Bed::new(&[(
        "mapUsers",
        "- {userarn: 'arn:aws:iam::111122223333:user/Eve', username: one}\n- {userarn: 'arn:aws:iam::111122223333:user/eve', username: two}\n",
    )]);
    bed.cloud
        .token_sts
        .vouch_for("arn:aws:iam::111122223333:user/eve", "AIDAEXAMPLE");
    let model = opened(&bed).await;
    assert_eq!(summarize(&model), "accepted - - -");
    assert!(
        model
            .explanation
            .known()
            .unwrap()
            .ends_with("it enters as one of these at random: one / two")
    );
}

#[tokio::test]
async fn what_may_not_be_read_decides_nothing() {
    let bed = Bed::lived_in();
    let mut cluster = active_cluster("prod", "A");
    cluster.authentication_mode = Some(AuthenticationMode::Api);
    bed.cloud.eks.put(cluster);
    let denied = refusal(
        ErrorKind::AccessDenied,
        "eks:ListAccessEntries",
        "AccessDeniedException",
        "no",
    );
    bed.cloud.eks.calls.fail_next("ListAccessEntries", denied);
    assert_eq!(
        summarize(&opened(&bed).await),
        "undecided mapping.not_known mapping -"
    );
}

#[tokio::test]
async fn offline_nobody_is_asked_and_nothing_is_decided_but_the_form() {
    let bed = Bed::lived_in();
    let model = open(&bed, json!({ "token": token(), "offline": true }))
        .await
        .unwrap();
    assert_eq!(summarize(&model), "undecided sts.not_asked sts -");
    assert_eq!(
        (model.arn, model.expiration),
        (Attr::Null, known("2025-01-01T00:10:00Z"))
    );
    assert_eq!(
        (
            bed.cloud.token_sts.calls.take(),
            bed.cloud.eks.calls.take(),
            bed.cloud.sts.calls.take()
        ),
        (Vec::new(), Vec::new(), Vec::new())
    );
    let bad = open(&bed, json!({ "token": "k8s-aws-v1.!", "offline": true })).await;
    assert_eq!(summarize(&bad.unwrap()), "refused token.base64 format -");
}

#[tokio::test]
async fn no_error_repeats_the_token() {
    let bed = Bed::lived_in();
    let first_title = |refused: Result<TokenVerificationModel, Diagnostics>| {
        let refused = refused.map(|_| "an answer").unwrap_err();
        let first = refused.iter().next().unwrap();
        assert!(!format!("{} {}", first.summary, first.detail).contains("5ec2e7"));
        assert!(!first.detail.contains("k8s-aws-v1."));
        first.summary.clone()
    };
    let missing = json!({ "token": token(), "cluster_name": "pord" });
    assert_eq!(first_title(open(&bed, missing).await), "Cluster Not Found");
    let settings = crate::config::Settings {
        region: Attr::Unknown,
        ..Bed::settings()
    };
    let client = context_of_unknown_block(settings).client;
    let harness = EphemeralHarness::new(TokenVerificationEphemeral, client);
    let refused = harness.open(json!({ "token": token() })).await;
    assert_eq!(
        first_title(refused.map(|opened| opened.model)),
        "Provider Block Not Known"
    );
}
