//! Findings about the condition on a token's subject, the one that tells service accounts apart.
//!
//! IAM's `*` matches colons and slashes too: `prod*` covers the namespace `prod-sandbox`, and a pattern that starts with `*` every namespace.

use super::super::condition::{Comparison, Operator, SetPrefix};
use super::super::document::{Condition, Effect, PolicyDocument, Statement};
use super::condition_key;
use super::statement_finding::{StatementFinding, claim, finding, issuer_of_key};

const SUBJECT_PREFIX: &str = "system:serviceaccount:";

pub(super) fn findings(
    document: &PolicyDocument,
    statement: &Statement,
    issuers: &[String],
) -> Vec<StatementFinding> {
    let is_subject =
        |condition: &&Condition| claim(&condition.key, issuers).as_deref() == Some("sub");
    let subjects: Vec<(Operator, &Condition)> = statement
        .conditions
        .iter()
        .filter(is_subject)
        .filter_map(|condition| Some((Operator::parse(&condition.operator)?, condition)))
        .filter(|(operator, _)| operator.comparison != Comparison::Null)
        .collect();
    let mut findings = Vec::new();
    if subjects.is_empty() {
        let denies_by_subject = document.statements.iter().any(|other| {
            other.effect == Effect::Deny
                && other
                    .conditions
                    .iter()
                    .any(|condition| is_subject(&condition))
        });
        if !denies_by_subject && !condition_key::admits_no_one(statement, issuers) {
            findings.push(finding(
                "privilege.no_sub_condition",
                "every service account of the cluster may assume the role",
            ));
        }
        return findings;
    }
    if subjects.iter().all(|(operator, _)| operator.negated) {
        let message = "the subject is only excluded, never named: every other service account may assume the role";
        findings.push(finding("privilege.negated_sub_only", message));
    }
    findings.extend(if_exists(&subjects, issuers));
    for (operator, condition) in &subjects {
        if operator.comparison == Comparison::Like && !operator.negated {
            findings.extend(condition.values.iter().filter_map(|value| wildcard(value)));
        }
    }
    findings
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

/// What a pattern for the subject covers beyond one namespace.
fn wildcard(value: &str) -> Option<StatementFinding> {
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
    // Subjects of another kind, such as those of a build system, are not ours to judge.
    let rest = value.strip_prefix(SUBJECT_PREFIX)?;
    let namespace = rest.split(':').next().unwrap_or_default();
    if !namespace.contains(['*', '?']) {
        return None;
    }
    let message = if rest.contains(':') {
        format!("`{value}` covers every namespace of that pattern, those made later too")
    } else {
        format!("`*` matches colons too: `{value}` covers every namespace whose name starts so")
    };
    Some(finding("privilege.sub_wildcard_crosses_colon", message))
}
