//! Findings about principals: everyone, and providers that cannot be the role's.

use super::super::document::Principal;
use super::statement_finding::{Account, StatementFinding, finding};
use crate::principal::arn::Arn;

pub(super) fn findings(principals: &[Principal], account: &Account<'_>) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    for principal in principals {
        if principal.value == "*" {
            findings.push(finding(
                "privilege.principal_wildcard",
                "a principal of `*` lets anyone who meets the conditions in",
            ));
        }
        if principal.kind == "Federated" && principal.value.contains(":oidc-provider/") {
            findings.extend(provider(&principal.value, account));
        }
    }
    findings
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
