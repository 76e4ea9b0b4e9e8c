//! Findings about the condition on a token's audience.

use super::super::breadth::Account;
use super::super::breadth::audiences::{AudienceFault, fault};
use super::super::condition::{Comparison, Operator};
use super::super::document::Condition;
use super::super::web_identity::OidcProvider;
use super::super::wildcard;
use super::statement_finding::{Judged, StatementFinding, claim, finding, issuer_of_key};
use crate::principal::arn::Arn;
use crate::principal::partition::Partition;

pub(super) fn findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    let is_audience =
        |condition: &Condition| claim(&condition.key, &judged.issuers).as_deref() == Some("aud");
    if !judged.statement.conditions.iter().any(is_audience) {
        let message = "no condition on the audience: tokens made for other services count too";
        findings.push(finding("hygiene.no_aud_condition", message));
    }
    for (operator, condition) in judged.comparisons("aud") {
        if !operator.negated {
            findings.extend(of_condition(operator, condition, judged));
        }
    }
    findings
}

fn of_condition(
    operator: Operator,
    condition: &Condition,
    judged: &Judged<'_>,
) -> Option<StatementFinding> {
    let has_variable = |value: &String| value.contains("${");
    let is_literal_wildcard =
        |value: &String| operator.comparison != Comparison::Like && value.contains(['*', '?']);
    let is_beside_the_point = |value: &String| has_variable(value) || is_literal_wildcard(value);
    if condition.values.iter().any(is_beside_the_point) {
        return None;
    }
    let partition = partition(judged);
    let reason = condition
        .values
        .iter()
        .find_map(|value| Some(describe(value, &fault(value, partition)?, partition)));
    let issuer = issuer_of_key(&condition.key, &judged.issuers)?;
    if let Some(provider) = registered(issuer, judged.account) {
        let is_met = |value: &String| {
            let meets = |client_id: &String| matches(operator, value, client_id);
            provider.client_ids.iter().any(meets)
        };
        let message = format!(
            "none of `{}` is among the client ids of the provider (`{}`){}",
            condition.values.join("`, `"),
            provider.client_ids.join("`, `"),
            reason.map_or(String::new(), |reason| format!(", and {reason}"))
        );
        let is_mismatch = !condition.values.iter().any(is_met);
        return is_mismatch.then(|| finding("lockout.aud_mismatch", message));
    }
    let has_wildcard = |value: &String| value.contains(['*', '?']);
    let may_be = |value: &String| match has_wildcard(value) {
        true => {
            matches(operator, value, partition.default_audience())
                || fault(&value.replace(['*', '?'], ""), partition).is_none()
        }
        false => {
            operator.comparison == Comparison::EqualIgnoringCase
                && value.eq_ignore_ascii_case(partition.default_audience())
                || fault(value, partition).is_none()
        }
    };
    if condition.values.iter().any(may_be) {
        return None;
    }
    Some(finding("lockout.aud_format", reason?))
}

fn matches(operator: Operator, value: &str, audience: &str) -> bool {
    match operator.comparison {
        Comparison::Like => wildcard::matches(&wildcard::tokens(value), audience),
        Comparison::EqualIgnoringCase => value.to_lowercase() == audience.to_lowercase(),
        _ => value == audience,
    }
}

/// The partition of the statement's provider, else of the role.
fn partition(judged: &Judged<'_>) -> Partition {
    let of_provider = judged
        .principals
        .iter()
        .find_map(|principal| Arn::parse(&principal.value).ok());
    let of_role = || judged.account.role_arn.and_then(|arn| Arn::parse(arn).ok());
    of_provider
        .or_else(of_role)
        .map_or(Partition::Aws, |arn| arn.partition)
}

fn describe(audience: &str, fault: &AudienceFault, partition: Partition) -> String {
    let default = partition.default_audience();
    let no_token = "no token has it as its audience";
    match fault {
        AudienceFault::Empty => format!("no token has an empty audience; write `{default}`"),
        AudienceFault::Subject => format!(
            "`{audience}` is the subject of a service account, and {no_token}: compare it with the key that ends in `:sub`"
        ),
        AudienceFault::OtherPartition => {
            format!(
                "`{audience}` is the audience of another partition, and here {no_token}; write `{default}`"
            )
        }
        AudienceFault::Misspelt => {
            format!("`{audience}` looks like `{default}` but is not, and {no_token}")
        }
        AudienceFault::PodIdentity => format!(
            "`{audience}` is the audience of EKS Pod Identity, and {no_token} that is exchanged with a web identity; write `{default}`"
        ),
    }
}

fn registered<'a>(issuer: &str, account: &Account<'a>) -> Option<&'a OidcProvider> {
    let is_of_issuer = |provider: &&OidcProvider| {
        provider
            .arn
            .split_once(":oidc-provider/")
            .is_some_and(|(_, of)| of == issuer)
    };
    account.providers?.iter().find(is_of_issuer)
}
