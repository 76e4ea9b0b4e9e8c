//! Findings about principals: everyone, and providers that cannot be the role's.

use super::super::breadth::{Account, Breadth};
use super::super::document::{Effect, Principal};
use super::statement_finding::{
    Judged, StatementFinding, finding, is_named_provider, is_saml_provider,
};
use crate::principal::arn::Arn;
use crate::principal::oidc_issuer::Issuer;

pub(super) fn findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    for principal in judged.principals {
        if principal.value == "*" && judged.statement.effect == Effect::Allow {
            let id = "privilege.principal_wildcard";
            findings.push(finding(id, describe_everyone(judged)));
        }
        if principal.kind != "Federated" {
            continue;
        }
        if principal.value.contains(":oidc-provider/") {
            findings.extend(provider(&principal.value, judged.account));
        } else if !is_known_form(principal) {
            let message = format!(
                "`{}` is not the ARN of an OIDC provider, and IAM finds none by it",
                principal.value
            );
            findings.push(finding("lockout.provider_arn_format", message));
        }
    }
    findings
}

fn describe_everyone(judged: &Judged<'_>) -> String {
    match &judged.breadth {
        Some(Breadth::Nobody) | None => {
            "a principal of `*` is anyone who meets the conditions".to_owned()
        }
        Some(Breadth::Everybody) if !judged.statement.conditions.is_empty() => {
            "a principal of `*` is anyone of any account of AWS who meets the conditions".to_owned()
        }
        Some(breadth) => format!(
            "a principal of `*` lets anyone who meets the conditions in: {breadth} may assume the role by this statement"
        ),
    }
}

/// The principal of a token is a provider's ARN, and only four providers have a name instead.
fn is_known_form(principal: &Principal) -> bool {
    principal.value == "*" || is_named_provider(principal) || is_saml_provider(principal)
}

fn provider(arn: &str, account: &Account<'_>) -> Vec<StatementFinding> {
    let Ok(parsed) = Arn::parse(arn) else {
        return vec![finding(
            "lockout.provider_malformed",
            format!("`{arn}` is not the ARN of a provider"),
        )];
    };
    let mut findings = Vec::new();
    if let Some(role) = account.role_arn.and_then(|role| Arn::parse(role).ok()) {
        if role.partition != parsed.partition {
            findings.push(finding(
                "lockout.provider_other_partition",
                format!("`{arn}` is of another partition than the role"),
            ));
        } else if role.account != parsed.account {
            findings.push(finding(
                "lockout.provider_other_account",
                format!("`{arn}` is of another account than the role"),
            ));
        }
    }
    if parsed.resource.ends_with('/') {
        let message = format!("`{arn}` ends with a slash, which no issuer of EKS does");
        findings.push(finding("lockout.provider_trailing_slash", message));
    }
    if parsed.resource.contains("oidc-provider/https:") {
        let message = format!("`{arn}` has the scheme in it; IAM keeps issuers without `https://`");
        findings.push(finding("lockout.provider_scheme", message));
    }
    let has_reason = findings.iter().any(|found| {
        matches!(
            found.id,
            "lockout.provider_trailing_slash" | "lockout.provider_scheme"
        )
    });
    if let Err(error) = Issuer::from_provider_arn(arn)
        && !has_reason
    {
        let message = format!("`{arn}` is not the ARN of a provider: {error}");
        findings.push(finding("lockout.provider_malformed", message));
    }
    let role = account.role_arn.and_then(|role| Arn::parse(role).ok());
    let is_of_role = role
        .is_none_or(|role| role.partition == parsed.partition && role.account == parsed.account);
    let is_registered = account
        .providers
        .is_none_or(|providers| is_of_role && providers.iter().any(|provider| provider.arn == arn));
    if !is_registered {
        findings.push(finding(
            "lockout.provider_missing",
            format!("no provider `{arn}` is registered in the role's account"),
        ));
    }
    findings
}
