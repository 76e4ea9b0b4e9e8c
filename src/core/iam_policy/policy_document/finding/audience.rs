//! Findings about the condition on a token's audience.

use super::super::condition::{Comparison, Operator};
use super::super::document::Statement;
use super::super::evaluation::OidcProvider;
use super::statement_finding::{Account, StatementFinding, claim, finding, issuer_of_key};

pub(super) fn findings(
    statement: &Statement,
    issuers: &[String],
    account: &Account<'_>,
) -> Vec<StatementFinding> {
    let is_audience = |key: &str| claim(key, issuers).as_deref() == Some("aud");
    let conditions: Vec<_> = statement
        .conditions
        .iter()
        .filter(|condition| is_audience(&condition.key))
        .collect();
    let mut findings = Vec::new();
    if conditions.is_empty() {
        let message = "no condition on the audience: tokens made for other services count too";
        findings.push(finding("hygiene.no_aud_condition", message));
    }
    for condition in conditions {
        let is_positive = Operator::parse(&condition.operator)
            .is_some_and(|operator| !operator.negated && operator.comparison != Comparison::Null);
        let issuer = issuer_of_key(&condition.key, issuers);
        let Some(provider) = issuer.and_then(|issuer| registered(issuer, account)) else {
            continue;
        };
        let may_match =
            |value: &String| value.contains(['*', '?', '$']) || provider.client_ids.contains(value);
        if is_positive && !condition.values.iter().any(may_match) {
            let message = format!(
                "none of `{}` is among the client ids of the provider (`{}`)",
                condition.values.join("`, `"),
                provider.client_ids.join("`, `")
            );
            findings.push(finding("lockout.aud_mismatch", message));
        }
    }
    findings
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
