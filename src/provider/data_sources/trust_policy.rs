//! What is worth saying about a trust policy before anyone relies on it, whoever wrote it. Nobody is asked.
//!
//! What surprises: a document that IAM would refuse is no error here but `valid = false` and a finding, so that a check can name it.
//! The rules are those of `eksauth_core::iam_policy::policy_document`.

use eksauth_core::iam_policy::policy_document::{PolicyDocument, findings, size};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Validator};

use super::computed::{flag, number};
use crate::client::Client;
use crate::config::rules;
use crate::permissions::{DeclaresPermissions, Permissions};

mod finding;

pub(super) use finding::{TrustFinding, finding_attribute, shown};

#[cfg(test)]
mod tests;

/// The data source `eksauth_trust_policy`.
pub struct TrustPolicyDataSource;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrustPolicyModel {
    /// The document, JSON text.
    pub policy: Attr<String>,
    /// The role that it is for.
    pub role_arn: Attr<String>,
    /// Whether it keeps to IAM's grammar.
    pub valid: Attr<bool>,
    /// Characters that count against the quota.
    pub size: Attr<i64>,
    /// What is worth saying.
    pub findings: Attr<Vec<TrustFinding>>,
}

impl DeclaresPermissions for TrustPolicyDataSource {
    const PERMISSIONS: Permissions = Permissions::NONE;
}

impl DataSource for TrustPolicyDataSource {
    type Client = Client;
    type Model = TrustPolicyModel;

    const NAME: &'static str = "eksauth_trust_policy";

    fn schema(&self) -> Schema {
        Schema::new("What is worth saying about the trust policy of a role: who gets in that should not, who is kept out that should not be. The document alone is judged, no one is asked.")
            .attribute("policy", Attribute::string().required().description("The trust policy, as JSON."))
            .attribute(
                "role_arn",
                Attribute::string()
                    .optional()
                    .validate(Validator::string(rules::role_arn))
                    .description("ARN of the role it is for. Its account and partition are compared with those of the OIDC providers that the document names."),
            )
            .attribute("valid", flag("Whether it keeps to IAM's grammar. If not, the finding says why."))
            .attribute("size", number("Its characters without white space, as IAM counts them against the quota of 2,048 (8,192 on request)."))
            .attribute("findings", finding_attribute())
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: TrustPolicyModel,
    ) -> Result<TrustPolicyModel, Diagnostics> {
        let policy = config.policy.known().map_or("", String::as_str);
        let role_arn = config.role_arn.known().map(String::as_str);
        let found = findings(policy, role_arn, None);
        Ok(TrustPolicyModel {
            valid: Attr::Known(PolicyDocument::parse_trust(policy).is_ok()),
            size: Attr::Known(i64::try_from(size(policy)).unwrap_or(i64::MAX)),
            findings: Attr::Known(shown(found, cx.client.settings())),
            ..config
        })
    }
}
