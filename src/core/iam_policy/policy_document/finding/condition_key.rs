//! Findings about condition keys and the operators over them: keys that no token carries, wildcards that are taken literally.
//!
//! On a missing key a positive operator denies everyone, while a negated one, `IfExists` and `ForAllValues` allow everyone.

use super::super::absent_key::is_absent;
use super::super::condition::{Comparison, Operator, SetPrefix};
use super::super::document::{Condition, PolicyVersion, Statement};
use super::super::evaluation::{has_keys_of_its_own, is_request_time_key};
use super::statement_finding::{Judged, StatementFinding, claim, finding, issuer_of_key, warning};
use crate::principal::oidc_issuer::Issuer;

/// Wildcards where nothing expands them.
pub(super) fn wildcards_under_equals(
    version: PolicyVersion,
    statement: &Statement,
) -> Vec<StatementFinding> {
    let has_wildcard = |value: &&String| {
        value.contains(['*', '?']) && !(version == PolicyVersion::V2012 && value.contains("${"))
    };
    let of_condition = |condition: &Condition| {
        let operator = Operator::parse(&condition.operator)?;
        let is_equality = matches!(
            operator.comparison,
            Comparison::Equal | Comparison::EqualIgnoringCase
        );
        let value = condition
            .values
            .iter()
            .find(has_wildcard)
            .filter(|_| is_equality)?;
        let id = match operator.negated {
            true => "privilege.wildcard_in_string_not_equals",
            false => "lockout.wildcard_in_string_equals",
        };
        let message = format!(
            "`{}` takes the wildcard in `{value}` literally: use a `StringLike` operator",
            condition.operator
        );
        Some(finding(id, message))
    };
    statement
        .conditions
        .iter()
        .filter_map(of_condition)
        .collect()
}

/// Keys in an allowing statement.
pub(super) fn allow_findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let (statement, issuers) = (judged.statement, judged.issuers.as_slice());
    let mut findings = Vec::new();
    for condition in &statement.conditions {
        let Some(operator) = Operator::parse(&condition.operator) else {
            continue;
        };
        if operator.set == Some(SetPrefix::ForAllValues) {
            let id = "privilege.forallvalues_allow";
            let (operator, key) = (&condition.operator, &condition.key);
            let text = format!("`{operator}` also holds where `{key}` is missing");
            findings.push(match claim(key, issuers).as_deref() {
                Some("sub" | "aud") => warning(
                    id,
                    format!("{text}; tokens of service accounts always have it"),
                ),
                _ => finding(id, text),
            });
        }
        if operator.comparison == Comparison::Null {
            continue;
        }
        if is_absent(&condition.key) {
            if !judged.has_others_than_tokens() {
                findings.push(absent_key(condition, operator));
            }
            continue;
        }
        if is_request_time_key(&condition.key) {
            continue;
        }
        match claim(&condition.key, issuers).as_deref() {
            Some("sub" | "aud") => {}
            Some(_) if is_of_open_provider(condition, issuers) => {}
            Some(_) => findings.push(unknown_claim(condition, operator)),
            None => findings.extend(unknown_issuer_findings(condition, operator, issuers)),
        }
    }
    findings.extend(two_issuers(statement, issuers));
    findings
}

/// True if the key may be one that IAM makes of a claim of its provider.
fn is_of_open_provider(condition: &Condition, issuers: &[String]) -> bool {
    issuer_of_key(&condition.key, issuers).is_some_and(|issuer| has_keys_of_its_own(issuer))
}

/// True if a condition needs a key that no token of these issuers carries.
pub(super) fn admits_no_one(statement: &Statement, issuers: &[String]) -> bool {
    statement.conditions.iter().any(|condition| {
        let is_needed = Operator::parse(&condition.operator).is_some_and(|operator| {
            !operator.holds_without_key() && operator.comparison != Comparison::Null
        });
        is_needed
            && (is_absent(&condition.key)
                || (!is_request_time_key(&condition.key)
                    && claim(&condition.key, issuers).is_none()))
    })
}

/// A claim that tokens of service accounts do not have.
fn unknown_claim(condition: &Condition, operator: Operator) -> StatementFinding {
    let (id, effect) = match operator.holds_without_key() {
        true => (
            "privilege.condition_key_unknown_claim",
            "the condition always holds",
        ),
        false => (
            "lockout.condition_key_unknown_claim",
            "the condition never holds",
        ),
    };
    finding(
        id,
        format!(
            "tokens of service accounts have no `{}`, so {effect}",
            condition.key
        ),
    )
}

/// A key that only requests with credentials of AWS have. Where it changes nothing, that is no more than misleading.
fn absent_key(condition: &Condition, operator: Operator) -> StatementFinding {
    let text = format!("no request with a token has `{}`", condition.key);
    match operator.holds_without_key() {
        true => warning(
            "privilege.condition_key_unknown_claim",
            format!("{text}, so the condition always holds"),
        ),
        false => finding(
            "lockout.condition_key_unknown_claim",
            format!("{text}, so the condition never holds"),
        ),
    }
}

/// A key of another issuer than the statement's, by mistake in one of the usual ways.
fn unknown_issuer_findings(
    condition: &Condition,
    operator: Operator,
    issuers: &[String],
) -> Vec<StatementFinding> {
    let key = &condition.key;
    let is_open = operator.holds_without_key();
    let by_effect = |open, shut| if is_open { open } else { shut };
    let effect = by_effect(
        "so the condition always holds",
        "so the condition never holds",
    );
    let id = by_effect(
        "privilege.condition_key_issuer_mismatch",
        "lockout.condition_key_issuer_mismatch",
    );
    let mut findings = vec![finding(
        id,
        format!("`{key}` is not a key of the statement's providers, {effect}"),
    )];
    if key.contains("://") {
        let id = by_effect(
            "privilege.condition_key_scheme",
            "lockout.condition_key_scheme",
        );
        findings.push(finding(
            id,
            format!("`{key}` has the scheme in it; condition keys start with the host"),
        ));
    }
    if is_of_replaced_cluster(key, issuers) {
        let id = by_effect(
            "privilege.condition_key_stale_cluster",
            "lockout.condition_key_stale_cluster",
        );
        findings.push(finding(id, format!("`{key}` names another cluster of the same region, perhaps the one before it was replaced")));
    }
    let id = match (operator.negated, operator.if_exists) {
        (true, _) => Some("privilege.negated_sub_only"),
        (false, true) => Some("privilege.ifexists_on_sub"),
        (false, false) => None,
    };
    if let Some(id) = id.filter(|_| key.to_ascii_lowercase().ends_with(":sub")) {
        let message = format!("`{}` on `{key}` holds for every token", condition.operator);
        findings.push(finding(id, message));
    }
    findings
}

fn is_of_replaced_cluster(key: &str, issuers: &[String]) -> bool {
    let cluster = |host_path: &str| {
        Issuer::parse(&format!("https://{host_path}"))
            .ok()?
            .eks_cluster()
    };
    let Some(named) = key.rsplit_once(':').and_then(|(prefix, _)| cluster(prefix)) else {
        return false;
    };
    issuers
        .iter()
        .filter_map(|issuer| cluster(issuer))
        .any(|issuer| issuer.region == named.region && issuer.id != named.id)
}

fn two_issuers(statement: &Statement, issuers: &[String]) -> Option<StatementFinding> {
    let needs_key = |condition: &&Condition| {
        Operator::parse(&condition.operator).is_some_and(|operator| {
            !operator.holds_without_key() && operator.comparison != Comparison::Null
        })
    };
    let needed = statement.conditions.iter().filter(needs_key);
    let mut named: Vec<&String> = needed
        .filter_map(|condition| issuer_of_key(&condition.key, issuers))
        .collect();
    named.sort_unstable();
    named.dedup();
    let message =
        "conditions on two issuers in one statement must all hold, and a token has only one issuer";
    (named.len() > 1).then(|| finding("lockout.two_issuers_in_one_statement", message))
}
