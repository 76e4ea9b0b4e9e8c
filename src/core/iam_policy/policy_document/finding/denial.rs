//! Findings about statements that deny: those that deny every token, and those that deny none.
//!
//! On a missing key a negated operator, `IfExists`, `ForAllValues` and `Null` with `true` hold, and every other operator does not.

use super::super::absent_key::is_absent;
use super::super::breadth::{self, Breadth};
use super::super::condition::{Comparison, Operator};
use super::super::document::Condition;
use super::super::evaluation::{covers, is_request_time_key};
use super::statement_finding::{Judged, StatementFinding, claim, finding};

pub(super) fn findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    if !judged.is_for_tokens() {
        return Vec::new();
    }
    let denied = breadth::of_denial(judged.document, judged.statement, judged.account);
    let mut findings: Vec<StatementFinding> = judged
        .statement
        .conditions
        .iter()
        .filter_map(|condition| on_missing_key(condition, denied.as_ref(), judged))
        .collect();
    if denied == Some(Breadth::Nobody) && findings.is_empty() && !aims_at_others(judged) {
        let message = "no token meets this statement, so it denies nobody";
        findings.push(finding("privilege.deny_never_applies", message));
    }
    findings
}

/// True if the statement also denies callers with credentials of AWS, and tests what only their requests have.
fn aims_at_others(judged: &Judged<'_>) -> bool {
    let is_of_callers = |condition: &Condition| is_absent(&condition.key);
    judged.has_others_than_tokens()
        && covers(&judged.statement.action, "sts:AssumeRole")
        && judged.statement.conditions.iter().any(is_of_callers)
}

fn on_missing_key(
    condition: &Condition,
    denied: Option<&Breadth>,
    judged: &Judged<'_>,
) -> Option<StatementFinding> {
    let operator = Operator::parse(&condition.operator)?;
    let is_present = matches!(
        claim(&condition.key, &judged.issuers).as_deref(),
        Some("sub" | "aud")
    );
    let is_of_request = is_request_time_key(&condition.key);
    if is_present || (is_of_request && !is_absent(&condition.key)) {
        return None;
    }
    let holds = match operator.comparison {
        Comparison::Null => condition
            .values
            .iter()
            .any(|value| value.eq_ignore_ascii_case("true")),
        _ => operator.holds_without_key(),
    };
    let (operator, key) = (&condition.operator, &condition.key);
    if !holds && aims_at_others(judged) {
        return None;
    }
    if !holds {
        let without = match is_of_request {
            true => "no request with a token has it",
            false => "no token of the provider has it",
        };
        let message = format!(
            "`{operator}` does not hold where `{key}` is missing, and {without}, so this denies nobody"
        );
        return Some(finding("privilege.deny_never_applies", message));
    }
    let follows = match denied {
        Some(Breadth::Cluster) | None => "so this denies every service account".to_owned(),
        Some(Breadth::Nobody) => {
            "but another condition never holds, so this denies nobody".to_owned()
        }
        Some(breadth) => {
            format!("so the other conditions alone decide whom this denies: {breadth}")
        }
    };
    let message = format!("`{operator}` holds where `{key}` is missing, {follows}");
    Some(finding("lockout.deny_on_missing_key", message))
}
