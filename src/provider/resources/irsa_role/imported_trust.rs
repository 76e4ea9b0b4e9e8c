//! From a trust policy that exists to the attributes that would have made it: what no typed attribute can say stands in `extra_statements`.

use eksauth_core::iam_policy::trust_policy::{
    ServiceAccount, ServiceAccountPattern, TrustPolicy, WebIdentityTrust, typed,
};
use serde_json::Value as Json;
use tf_provider::Attr;

use super::schema::{IrsaRoleModel, TrustModel};
use crate::attributes::values::{to_list, to_set};

/// The state with the attributes of a trust policy.
pub(super) fn fill(state: IrsaRoleModel, document: &str) -> IrsaRoleModel {
    attributes(state, typed::from_document(document))
}

fn attributes(state: IrsaRoleModel, policy: TrustPolicy) -> IrsaRoleModel {
    let elements: Vec<TrustModel> = policy.web_identities.iter().map(element).collect();
    let state = IrsaRoleModel {
        pod_identity: Attr::Known(policy.pod_identity),
        pod_identity_condition: policy
            .pod_identity_condition
            .map(|condition| condition.to_string())
            .into(),
        node_role_arns: match policy.node_role_arns.is_empty() {
            true => Attr::Null,
            false => to_set(policy.node_role_arns),
        },
        ec2: Attr::Known(policy.ec2),
        extra_statements: match policy.statements.is_empty() {
            true => Attr::Null,
            false => to_list(policy.statements.iter().map(Json::to_string)),
        },
        ..state
    };
    match <[TrustModel; 1]>::try_from(elements) {
        Ok([only]) => IrsaRoleModel {
            oidc_provider_arn: only.oidc_provider_arn,
            service_accounts: only.service_accounts,
            service_account_patterns: only.service_account_patterns,
            audience: only.audience,
            ..state
        },
        Err(none) if none.is_empty() => state,
        Err(many) => IrsaRoleModel {
            trust: Attr::Known(many.into_iter().map(Attr::Known).collect()),
            ..state
        },
    }
}

fn element(trust: &WebIdentityTrust) -> TrustModel {
    let texts = |texts: Vec<String>| match texts.is_empty() {
        true => Attr::Null,
        false => to_set(texts),
    };
    TrustModel {
        oidc_provider_arn: Attr::Known(trust.provider_arn.clone()),
        service_accounts: texts(
            trust
                .service_accounts
                .iter()
                .map(ServiceAccount::to_string)
                .collect(),
        ),
        service_account_patterns: texts(
            trust
                .patterns
                .iter()
                .map(ServiceAccountPattern::to_string)
                .collect(),
        ),
        audience: match trust.audiences.as_slice() {
            [audience] if audience != "sts.amazonaws.com" => Attr::Known(audience.clone()),
            _ => Attr::Null,
        },
        ..TrustModel::default()
    }
}
