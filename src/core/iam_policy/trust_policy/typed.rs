//! From a trust policy that exists to the typed parts that would have made it.
//!
//! A statement that a typed part can say exactly becomes it; every other one is kept as it is. What comes
//! out is built again and compared by meaning, and if it does not mean the same, all statements are kept as they are.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{ServiceAccount, ServiceAccountPattern, TrustPolicy, WebIdentityTrust};
use crate::iam_policy::policy_document::{
    Effect, Element, PolicyDocument, Statement, grants_the_same,
};
use crate::principal::arn::iam_role_path;
use crate::principal::oidc_issuer::Issuer;

/// The typed parts of a trust policy.
pub fn from_document(document: &str) -> TrustPolicy {
    let raw = raw_statements(document);
    let typed = match PolicyDocument::parse_trust(document) {
        Ok(parsed) if parsed.statements.len() == raw.len() => assembled(&parsed.statements, &raw),
        _ => TrustPolicy::default(),
    };
    let is_faithful = typed
        .to_json()
        .is_ok_and(|rebuilt| grants_the_same(&rebuilt, document));
    match is_faithful {
        true => typed,
        false => TrustPolicy {
            statements: raw,
            ..TrustPolicy::default()
        },
    }
}

/// The ARNs of roles, users and accounts that a trust policy names.
pub fn aws_principals(document: &str) -> BTreeSet<String> {
    let parsed = PolicyDocument::parse_trust(document);
    let statements = parsed.map(|parsed| parsed.statements).unwrap_or_default();
    let of_aws = statements.iter().filter_map(principals).flatten();
    let of_aws = of_aws.filter(|(kind, _)| *kind == "AWS");
    of_aws.map(|(_, arn)| arn.to_owned()).collect()
}

/// A policy put together from statements.
fn assembled(statements: &[Statement], raw: &[Json]) -> TrustPolicy {
    let mut policy = TrustPolicy::default();
    for (statement, raw) in statements.iter().zip(raw) {
        if !take(&mut policy, statement, raw) {
            policy.statements.push(raw.clone());
        }
    }
    policy
}

/// Adds a statement as a typed part; false if there is none for it, or the part is taken.
fn take(policy: &mut TrustPolicy, statement: &Statement, raw: &Json) -> bool {
    if statement.sid.is_some() || statement.effect != Effect::Allow || statement.resource.is_some()
    {
        return false;
    }
    let (Some(principals), Element::Only(actions)) = (principals(statement), &statement.action)
    else {
        return false;
    };
    let mut actions: Vec<String> = actions
        .iter()
        .map(|action| action.to_ascii_lowercase())
        .collect();
    actions.sort();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let has_condition = !statement.conditions.is_empty();
    match (principals.as_slice(), actions.as_slice()) {
        ([("Federated", arn)], ["sts:assumerolewithwebidentity"]) => {
            web_identity(arn, statement).is_some_and(|trust| add(&mut policy.web_identities, trust))
        }
        ([("Service", "pods.eks.amazonaws.com")], ["sts:assumerole", "sts:tagsession"])
            if !policy.pod_identity =>
        {
            policy.pod_identity = true;
            policy.pod_identity_condition = raw.get("Condition").cloned();
            true
        }
        ([("Service", "ec2.amazonaws.com" | "ec2.amazonaws.com.cn")], ["sts:assumerole"])
            if !has_condition && !policy.ec2 =>
        {
            policy.ec2 = true;
            true
        }
        (arns, ["sts:assumerole"]) if !has_condition && policy.node_role_arns.is_empty() => {
            let is_role = |(kind, arn): &(&str, &str)| {
                *kind == "AWS" && matches!(iam_role_path(arn), Ok(Some(_)))
            };
            let all = !arns.is_empty() && arns.iter().all(is_role);
            if all {
                policy.node_role_arns = arns.iter().map(|(_, arn)| (*arn).to_owned()).collect();
            }
            all
        }
        _ => false,
    }
}

fn principals(statement: &Statement) -> Option<Vec<(&str, &str)>> {
    match statement.principal.as_ref()? {
        Element::Only(principals) => Some(
            principals
                .iter()
                .map(|principal| (principal.kind.as_str(), principal.value.as_str()))
                .collect(),
        ),
        Element::AllBut(_) => None,
    }
}

/// Exactly an audience under `StringEquals`, and subjects under `StringEquals` or `StringLike`.
fn web_identity(provider_arn: &str, statement: &Statement) -> Option<WebIdentityTrust> {
    let (_, _, issuer) = Issuer::from_provider_arn(provider_arn).ok()?;
    let is_key = |key: &str, claim: &str| key.eq_ignore_ascii_case(&issuer.condition_key(claim));
    let [first, second] = statement.conditions.as_slice() else {
        return None;
    };
    let (audience, subjects) = match is_key(&first.key, "aud") {
        true => (first, second),
        false => (second, first),
    };
    let [value] = audience.values.as_slice() else {
        return None;
    };
    if !is_key(&audience.key, "aud")
        || audience.operator != "StringEquals"
        || !is_key(&subjects.key, "sub")
    {
        return None;
    }
    let names = subjects
        .values
        .iter()
        .map(|subject| subject.strip_prefix("system:serviceaccount:"));
    let names: Option<Vec<&str>> = names.collect();
    let mut trust = WebIdentityTrust {
        provider_arn: provider_arn.to_owned(),
        service_accounts: Vec::new(),
        patterns: Vec::new(),
        audiences: vec![value.clone()],
    };
    match subjects.operator.as_str() {
        "StringEquals" => {
            trust.service_accounts = names?
                .into_iter()
                .map(|name| ServiceAccount::parse(name).ok())
                .collect::<Option<_>>()?
        }
        "StringLike" => {
            trust.patterns = names?
                .into_iter()
                .map(|name| ServiceAccountPattern::parse(name).ok())
                .collect::<Option<_>>()?
        }
        _ => return None,
    }
    Some(trust)
}

/// Exact subjects and patterns of one provider and audience are one element; a second statement of the same kind stays as it is, because
/// they would be built into one.
fn add(trusts: &mut Vec<WebIdentityTrust>, trust: WebIdentityTrust) -> bool {
    let same = trusts.iter_mut().find(|other| {
        other.provider_arn == trust.provider_arn && other.audiences == trust.audiences
    });
    let Some(same) = same else {
        trusts.push(trust);
        return true;
    };
    if same.patterns.is_empty() && !trust.patterns.is_empty() {
        same.patterns = trust.patterns;
        return true;
    }
    if same.service_accounts.is_empty() && !trust.service_accounts.is_empty() {
        same.service_accounts = trust.service_accounts;
        return true;
    }
    false
}

/// The statements as they stand, in order. `Statement` may be one object.
pub fn raw_statements(document: &str) -> Vec<Json> {
    let Ok(Json::Object(mut document)) = serde_json::from_str::<Json>(document) else {
        return Vec::new();
    };
    match document.remove("Statement") {
        Some(Json::Array(statements)) => statements,
        Some(statement @ Json::Object(_)) => vec![statement],
        _ => Vec::new(),
    }
}
