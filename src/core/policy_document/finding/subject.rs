//! Findings about the condition on a token's subject, the one that tells service accounts apart.
//!
//! IAM's `*` matches colons and slashes too: `prod*` covers the namespace `prod-sandbox`, and a pattern that starts with `*` every namespace.

use super::super::condition::{Comparison, Operator, SetPrefix};
use super::super::{Condition, Statement};
use super::{claim, issuer_of_key};

const SUBJECT_PREFIX: &str = "system:serviceaccount:";

/// Ids and messages for one allowing statement of the given issuers.
pub(super) fn findings(
    statement: &Statement,
    issuers: &[String],
    denies_by_subject: bool,
) -> Vec<(&'static str, String)> {
    let is_subject =
        |condition: &&Condition| claim(&condition.key, issuers).as_deref() == Some("sub");
    let subjects: Vec<(Operator, &Condition)> = statement
        .conditions
        .iter()
        .filter(is_subject)
        .filter_map(|condition| Some((Operator::parse(&condition.operator)?, condition)))
        .filter(|(operator, _)| operator.comparison != Comparison::Null)
        .collect();
    let mut found = Vec::new();
    if subjects.is_empty() {
        if !denies_by_subject {
            found.push((
                "privilege.no_sub_condition",
                "every service account of the cluster may assume the role".to_owned(),
            ));
        }
        return found;
    }
    if subjects.iter().all(|(operator, _)| operator.negated) {
        let message = "the subject is only excluded, never named: every other service account may assume the role";
        found.push(("privilege.negated_sub_only", message.to_owned()));
    }
    found.extend(if_exists(&subjects, issuers));
    for (operator, condition) in &subjects {
        if operator.comparison == Comparison::Like && !operator.negated {
            found.extend(condition.values.iter().filter_map(|value| wildcard(value)));
        }
    }
    found
}

/// `IfExists` on the subject is harmless for the issuer it names and wide open for every other.
fn if_exists(
    subjects: &[(Operator, &Condition)],
    issuers: &[String],
) -> Option<(&'static str, String)> {
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
        return Some((
            "privilege.ifexists_on_sub",
            format!("{text}: tokens of the other provider are not tested at all"),
        ));
    }
    Some((
        "hygiene.ifexists_on_sub",
        format!("{text}; the key is always there, so write it without `IfExists`"),
    ))
}

/// What a pattern for the subject covers beyond one namespace.
fn wildcard(value: &str) -> Option<(&'static str, String)> {
    let first = value.find(['*', '?'])?;
    let before = value.get(..first)?;
    let any = |value: &str| {
        (
            "privilege.sub_wildcard_any_namespace",
            format!("`{value}` covers service accounts of any namespace"),
        )
    };
    let Some(rest) = value.strip_prefix(SUBJECT_PREFIX) else {
        return Some(any(value));
    };
    let namespace = rest.split(':').next().unwrap_or_default();
    if before.len() < SUBJECT_PREFIX.len() || namespace.starts_with('*') {
        return Some(any(value));
    }
    if !namespace.contains(['*', '?']) {
        return None;
    }
    let message = match rest.contains(':') {
        false => {
            format!("`*` matches colons too: `{value}` covers every namespace whose name starts so")
        }
        true => format!("`{value}` covers every namespace of that pattern, those made later too"),
    };
    Some(("privilege.sub_wildcard_crosses_colon", message))
}
