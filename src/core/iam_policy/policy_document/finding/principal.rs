//! Findings about principals: everyone, and providers that cannot be the role's.

use super::super::Principal;
use super::{Account, Remark, remark};
use crate::principal::arn::Arn;

pub(super) fn remarks(principals: &[Principal], account: &Account<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for principal in principals {
        if principal.value == "*" {
            remarks.push(remark(
                "privilege.principal_wildcard",
                "a principal of `*` lets anyone who meets the conditions in",
            ));
        }
        if principal.kind == "Federated" && principal.value.contains(":oidc-provider/") {
            remarks.extend(provider(&principal.value, account));
        }
    }
    remarks
}

fn provider(arn: &str, account: &Account<'_>) -> Vec<Remark> {
    let Ok(parsed) = Arn::parse(arn) else {
        return vec![remark(
            "lockout.provider_malformed",
            format!("`{arn}` is not the ARN of a provider"),
        )];
    };
    let mut remarks = Vec::new();
    if let Some(role) = account.role_arn.and_then(|role| Arn::parse(role).ok()) {
        if role.partition != parsed.partition {
            remarks.push(remark(
                "lockout.provider_other_partition",
                format!("`{arn}` is of another partition than the role"),
            ));
        } else if role.account != parsed.account {
            remarks.push(remark(
                "lockout.provider_other_account",
                format!("`{arn}` is of another account than the role"),
            ));
        }
    }
    if parsed.resource.ends_with('/') {
        let message = format!("`{arn}` ends with a slash, which no issuer of EKS does");
        remarks.push(remark("lockout.provider_trailing_slash", message));
    }
    if parsed.resource.contains("oidc-provider/https:") {
        let message = format!("`{arn}` has the scheme in it; IAM keeps issuers without `https://`");
        remarks.push(remark("lockout.provider_scheme", message));
    }
    let role = account.role_arn.and_then(|role| Arn::parse(role).ok());
    let is_of_role = role
        .is_none_or(|role| role.partition == parsed.partition && role.account == parsed.account);
    let is_registered = account
        .providers
        .is_none_or(|providers| is_of_role && providers.iter().any(|provider| provider.arn == arn));
    if !is_registered {
        remarks.push(remark(
            "lockout.provider_missing",
            format!("no provider `{arn}` is registered in the role's account"),
        ));
    }
    remarks
}
