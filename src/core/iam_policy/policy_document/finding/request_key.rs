//! Findings about keys of the request: the session's name, and set operators over keys that have one value.

use super::super::condition::{Comparison, Operator};
use super::super::document::Condition;
use super::super::evaluation::is_request_time_key;
use super::statement_finding::{Judged, StatementFinding, claim, finding, warning};

const SESSION_NAME: &str = "sts:RoleSessionName";

/// Keys of the request that may have several values. Source: IAM user guide, global condition context keys.
const KEYS_OF_SEVERAL_VALUES: [&str; 6] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "sts:transitivetagkeys",
];

/// A condition on the session's name, which the SDK in the pod makes up unless it is told one.
pub(super) fn session_name(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let of_condition = |condition: &Condition| {
        let operator = Operator::parse(&condition.operator)?;
        let is_test = !operator.negated && operator.comparison != Comparison::Null;
        let takes_all = operator.comparison == Comparison::Like
            && condition
                .values
                .iter()
                .any(|value| !value.is_empty() && value.chars().all(|character| character == '*'));
        if !condition.key.eq_ignore_ascii_case(SESSION_NAME) || !is_test || takes_all {
            return None;
        }
        let message = format!(
            "`{}` compares the session's name with `{}`, and SDKs make up a name unless `AWS_ROLE_SESSION_NAME` is set: pods without it are refused",
            condition.operator,
            condition.values.join("`, `")
        );
        Some(warning("lockout.session_name_condition", message))
    };
    judged
        .statement
        .conditions
        .iter()
        .filter_map(of_condition)
        .collect()
}

/// `ForAnyValue` and `ForAllValues` over a key that has one value.
pub(super) fn set_operators(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let of_condition = |condition: &Condition| {
        let operator = Operator::parse(&condition.operator)?;
        let (prefix, plain) = condition.operator.split_once(':')?;
        let key = condition.key.to_ascii_lowercase();
        let is_claim = matches!(
            claim(&condition.key, &judged.issuers).as_deref(),
            Some("sub" | "aud")
        );
        let is_single = is_claim
            || (is_request_time_key(&condition.key)
                && !KEYS_OF_SEVERAL_VALUES.contains(&key.as_str()));
        operator.set.filter(|_| is_single)?;
        let message = format!(
            "`{}` has one value, and `{prefix}` is for keys of several: write `{plain}`",
            condition.key
        );
        Some(finding("hygiene.set_operator_single_valued", message))
    };
    judged
        .statement
        .conditions
        .iter()
        .filter_map(of_condition)
        .collect()
}
