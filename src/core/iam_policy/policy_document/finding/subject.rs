//! Findings about the condition on a token's subject, the one that tells service accounts apart.
//!
//! IAM's `*` matches colons and slashes too: `prod*` covers the namespace `prod-sandbox`, and a pattern that starts with `*` every namespace.

use super::super::breadth::{self, Breadth, subjects};
use super::super::condition::{Comparison, Operator, SetPrefix};
use super::super::document::{Condition, Effect, PolicyDocument, PolicyVersion, Statement};
use super::super::evaluation::has_keys_of_its_own;
use super::condition_key;
use super::public_issuer;
use super::statement_finding::{Judged, StatementFinding, claim, finding, issuer_of_key, warning};
use super::subject_form;
use crate::kubernetes::service_account::SUBJECT_PREFIX;
use crate::principal::oidc_issuer::Issuer;

/// Stands for an issuer whose name no token can have.
const ANY_CLUSTER: &str = "oidc.eks.us-east-1.amazonaws.com/id/0";

pub(super) fn findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let subjects = judged.comparisons("sub");
    if subjects.is_empty() {
        return not_named(judged).into_iter().collect();
    }
    let mut findings = Vec::new();
    if subjects.iter().all(|(operator, _)| operator.negated) {
        let text = "the subject is only excluded, never named";
        let message = match &judged.breadth {
            Some(Breadth::Cluster) | None => {
                format!("{text}: {} may assume the role", every_other_of(judged))
            }
            Some(Breadth::Nobody) => text.to_owned(),
            Some(breadth) => format!("{text}: {breadth} may assume the role"),
        };
        findings.push(finding("privilege.negated_sub_only", message));
    }
    findings.extend(if_exists(&subjects, &judged.issuers));
    for (operator, condition) in &subjects {
        for value in &condition.values {
            findings.extend(of_value(*operator, condition, value, judged));
        }
    }
    findings
}

/// No condition names a subject: said where more than named namespaces get in.
fn not_named(judged: &Judged<'_>) -> Option<StatementFinding> {
    let id = "privilege.no_sub_condition";
    let compares_own_claim =
        || other_claim(judged).is_some() && judged.issuers.iter().all(|of| has_keys_of_its_own(of));
    match &judged.breadth {
        Some(Breadth::Cluster) if compares_own_claim() => None,
        Some(Breadth::Cluster) => Some(finding(
            id,
            format!("{} may assume the role", everyone_of(judged)),
        )),
        Some(breadth) if *breadth >= Breadth::AnyNamespace => {
            Some(finding(id, format!("{breadth} may assume the role")))
        }
        None if !condition_key::admits_no_one(judged.statement, &judged.issuers) => Some(finding(
            id,
            format!("{} may assume the role", everyone_of(judged)),
        )),
        Some(Breadth::Nobody) => other_claim(judged).map(|key| {
            warning(
                id,
                format!("no condition on the subject: whoever has a token with `{key}` is meant, whatever its subject"),
            )
        }),
        Some(_) | None => None,
    }
}

/// Whoever has a token: service accounts where a cluster of EKS makes it, and of others it is not known.
fn everyone_of(judged: &Judged<'_>) -> &'static str {
    let is_of_eks =
        |issuer: &String| breadth::kind_of(issuer) == subjects::SubjectKind::ServiceAccount;
    match judged.issuers.iter().any(is_of_eks) {
        true => "every service account of the cluster",
        false => "whoever has a token of the provider",
    }
}

fn every_other_of(judged: &Judged<'_>) -> &'static str {
    match judged.issuers.iter().any(|of| public_issuer::is_known(of)) {
        true => "whoever has another token of the provider",
        false => "every other service account",
    }
}

/// A key of a claim that tokens of service accounts do not have, where the statement compares one.
fn other_claim<'a>(judged: &Judged<'a>) -> Option<&'a str> {
    judged
        .statement
        .conditions
        .iter()
        .find(|condition| {
            claim(&condition.key, &judged.issuers)
                .is_some_and(|claim| !matches!(claim.as_str(), "sub" | "aud"))
        })
        .map(|condition| condition.key.as_str())
}

/// One value of a condition that names subjects: one that no token has, or one that covers more than service accounts by name.
fn of_value(
    operator: Operator,
    condition: &Condition,
    value: &str,
    judged: &Judged<'_>,
) -> Option<StatementFinding> {
    let has_variable = judged.document.version == PolicyVersion::V2012 && value.contains("${");
    if operator.negated || has_variable {
        return None;
    }
    match operator.comparison {
        Comparison::Like => of_pattern(condition, value, judged),
        Comparison::Equal | Comparison::EqualIgnoringCase => {
            let is_wildcard_only =
                value.contains(['*', '?']) && !subject_form::is_expression(value);
            let folded = match operator.comparison {
                Comparison::EqualIgnoringCase => value.to_lowercase(),
                _ => value.to_owned(),
            };
            let is_meant = is_of_service_accounts(condition, value, judged);
            let is_possible = subjects::is_possible(&folded, subjects::SubjectKind::ServiceAccount);
            (is_meant && !is_possible && !is_wildcard_only).then(|| impossible(value))
        }
        _ => None,
    }
}

fn impossible(value: &str) -> StatementFinding {
    let fault = subject_form::fault(value);
    finding(
        "lockout.sub_format",
        format!("no token has the subject `{value}`: {fault}"),
    )
}

/// True where only service accounts have tokens, or where a value is meant for one.
fn is_of_service_accounts(condition: &Condition, value: &str, judged: &Judged<'_>) -> bool {
    let is_of_eks = issuer_of_key(&condition.key, &judged.issuers)
        .is_some_and(|issuer| breadth::kind_of(issuer) == subjects::SubjectKind::ServiceAccount);
    is_of_eks || value.to_lowercase().contains("system:serviceaccount")
}

/// What a pattern for the subject covers, judged as if it were the only condition.
fn of_pattern(condition: &Condition, value: &str, judged: &Judged<'_>) -> Option<StatementFinding> {
    let issuer = issuer_of_key(&condition.key, &judged.issuers)?;
    if public_issuer::is_known(issuer) && !value.starts_with(SUBJECT_PREFIX) {
        return of_public_issuer(issuer, value, judged);
    }
    let alone = Condition {
        values: vec![value.to_owned()],
        operator: "StringLike".to_owned(),
        key: condition.key.clone(),
    };
    match breadth_of(alone, judged)? {
        Breadth::Nobody => {
            is_of_service_accounts(condition, value, judged).then(|| impossible(value))
        }
        Breadth::Namespaces(namespaces) => {
            let who = Breadth::Namespaces(namespaces);
            let message = format!("`{value}` covers {who}, those made later too");
            Some(warning("privilege.sub_wildcard_namespace", message))
        }
        Breadth::AnyNamespace | Breadth::Cluster | Breadth::Everybody => any_namespace(value),
        Breadth::Subjects(_) | Breadth::SubjectsOfPattern | Breadth::SomeOfNamespaces(_) => None,
    }
}

/// A wide subject of a build system, where nothing else in the statement says whose tokens are meant.
fn of_public_issuer(issuer: &str, value: &str, judged: &Judged<'_>) -> Option<StatementFinding> {
    let is_named_otherwise = matches!(judged.breadth, Some(Breadth::Subjects(_)))
        || (has_keys_of_its_own(issuer)
            && judged
                .statement
                .conditions
                .iter()
                .any(|of| names_claim(of, judged)));
    match is_named_otherwise {
        true => None,
        false => public_issuer::wide_subject(issuer, value),
    }
}

/// True if a condition only holds for tokens whose further claim is, or begins with, what it says.
fn names_claim(condition: &Condition, judged: &Judged<'_>) -> bool {
    let is_needed = Operator::parse(&condition.operator).is_some_and(|operator| {
        !operator.holds_without_key() && operator.comparison != Comparison::Null
    });
    let is_further = claim(&condition.key, &judged.issuers)
        .is_some_and(|claim| !matches!(claim.as_str(), "sub" | "aud"));
    let is_open = |value: &String| value.starts_with(['*', '?']);
    is_needed && is_further && !condition.values.iter().any(is_open)
}

/// Whom a condition admits that stands alone, in an account that has the providers.
fn breadth_of(condition: Condition, judged: &Judged<'_>) -> Option<Breadth> {
    let written = issuer_of_key(&condition.key, &judged.issuers)?;
    let is_readable = |issuer: &&str| Issuer::parse(&format!("https://{issuer}")).is_ok();
    let issuer = Some(written.trim_end_matches('/'))
        .filter(is_readable)
        .unwrap_or(ANY_CLUSTER);
    let statement = Statement {
        effect: Effect::Allow,
        conditions: vec![Condition {
            key: format!("{issuer}:sub"),
            ..condition
        }],
        ..judged.statement.clone()
    };
    let arn = format!("arn:aws:iam::111122223333:oidc-provider/{issuer}");
    breadth::of_provider(
        &PolicyDocument {
            statements: vec![statement],
            ..judged.document.clone()
        },
        &arn,
    )
}

/// `IfExists` on the subject is harmless for the issuer it names and wide open for every other.
fn if_exists(subjects: &[(Operator, &Condition)], issuers: &[String]) -> Option<StatementFinding> {
    let holds_always = |(operator, _): &&(Operator, &Condition)| {
        operator.if_exists && operator.set != Some(SetPrefix::ForAllValues)
    };
    let (_, condition) = subjects.iter().find(holds_always)?;
    let is_bound = |issuer: &String| {
        subjects.iter().any(|(operator, condition)| {
            issuer_of_key(&condition.key, issuers) == Some(issuer)
                && !operator.negated
                && operator.set.is_none()
        })
    };
    let text = format!(
        "`{}` on `{}` holds where the key is missing",
        condition.operator, condition.key
    );
    if !issuers.iter().all(is_bound) {
        let message = format!("{text}: tokens of the other provider are not tested at all");
        return Some(finding("privilege.ifexists_on_sub", message));
    }
    let message = format!("{text}; the key is always there, so write it without `IfExists`");
    Some(finding("hygiene.ifexists_on_sub", message))
}

/// How a pattern gets beyond one namespace.
fn any_namespace(value: &str) -> Option<StatementFinding> {
    let first = value.find(['*', '?'])?;
    let before = value.get(..first)?;
    let any_namespace = || {
        let message = format!("`{value}` covers service accounts of any namespace");
        Some(finding("privilege.sub_wildcard_any_namespace", message))
    };
    let is_any_run = value.get(first..).is_some_and(|rest| rest.starts_with('*'));
    if SUBJECT_PREFIX.starts_with(before) && (is_any_run || before.len() < SUBJECT_PREFIX.len()) {
        return any_namespace();
    }
    let Some(rest) = value.strip_prefix(SUBJECT_PREFIX) else {
        return any_namespace();
    };
    let message = if rest.contains(':') {
        format!("`{value}` covers every namespace of that pattern, those made later too")
    } else {
        format!("`*` matches colons too: `{value}` covers every namespace whose name starts so")
    };
    Some(finding("privilege.sub_wildcard_crosses_colon", message))
}
