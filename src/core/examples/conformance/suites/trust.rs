//! Suite `trust`: web identity requests against trust policies.

use std::collections::BTreeMap;

use eksauth_core::iam_policy::policy_document::{
    OidcProvider, WebIdentityRequest, WebIdentityToken, evaluate, findings,
};
use serde_json::{Value, json};

use super::{Judged, input, items, missing_ids, text, texts, without};

const SESSION_TAGS: &str = "https://aws.amazon.com/tags";

pub(super) fn judge(case: &Value) -> Judged {
    let input = input(case);
    let request = request(input);
    let policy = policy(input);
    let answer = evaluate(&policy, &request);
    let found = findings(&policy, Some(&request.role_arn), Some(&request.providers));
    let found: Vec<&str> = found.iter().map(|finding| finding.id).collect();
    let expected = case.get("expected").cloned().unwrap_or_default();
    let mut actual = json!({"decision": answer.decision.id()});
    if let (Some(_), Some(members)) = (expected.get("statement_index"), actual.as_object_mut()) {
        members.insert("statement_index".to_owned(), json!(answer.statement_index));
    }
    let missing = missing_ids(expected.get("findings"), &found);
    let mut wanted = without(expected, &["reason", "findings"]);
    if !missing.is_empty()
        && let (Some(wanted), Some(actual)) = (wanted.as_object_mut(), actual.as_object_mut())
    {
        wanted.insert("findings_at_least".to_owned(), json!(missing));
        actual.insert("findings".to_owned(), json!(found));
    }
    Ok((wanted, actual))
}

/// The policy as text. Given as text, it may hold what no JSON value can, such as a key twice.
fn policy(input: &Value) -> String {
    let members = || {
        input
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| key.contains("policy"))
    };
    let text = members().find_map(|(_, value)| value.as_str());
    match (text, input.get("policy")) {
        (Some(text), _) => text.to_owned(),
        (None, Some(value)) => value.to_string(),
        (None, None) => String::new(),
    }
}

fn request(input: &Value) -> WebIdentityRequest {
    let provider = |provider: &Value| OidcProvider {
        arn: text(provider, "arn"),
        url: text(provider, "url"),
        client_ids: texts(provider.get("client_ids")),
    };
    let request = input.get("request").cloned().unwrap_or_default();
    let claims = request.get("token").cloned().unwrap_or_default();
    WebIdentityRequest {
        role_arn: text(input, "role_arn"),
        providers: items(input.get("oidc_providers"))
            .iter()
            .map(provider)
            .collect(),
        action: text(&request, "action"),
        token: WebIdentityToken {
            issuer: text(&claims, "iss"),
            subject: claims.get("sub").and_then(Value::as_str).map(str::to_owned),
            audiences: one_or_many(claims.get("aud")),
            authentication_methods: claims.get("amr").map(|amr| one_or_many(Some(amr))),
            has_session_tags: claims.get(SESSION_TAGS).is_some(),
        },
        context: context(request.get("context").or_else(|| input.get("context"))),
    }
}

fn context(value: Option<&Value>) -> BTreeMap<String, Vec<String>> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members
        .map(|(key, value)| (key.clone(), one_or_many(Some(value))))
        .collect()
}

fn one_or_many(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(_)) => texts(value),
        Some(Value::Null) | None => Vec::new(),
        Some(scalar) => vec![scalar.to_string()],
    }
}
