//! Builds the trust policy of a role from typed parts.
//!
//! A subject is a [`ServiceAccount`] or a [`ServiceAccountPattern`], never a bare string; exact subjects are compared with
//! `StringEquals`, patterns with `StringLike` in a statement of their own, audiences always with `StringEquals`. The text is the same for
//! the same input: fields in a fixed order, subjects sorted, providers in the order given, no white space.
//! Sources: the EKS user guide (IAM roles for service accounts, Pod Identity), the IAM user guide (condition operators).

use crate::principal::arn::{Arn, ArnError, EntryArnError, iam_role_name};
use crate::principal::oidc_issuer::Issuer;
use crate::principal::partition::Partition;

mod error;
mod text;
pub mod typed;

pub use error::TrustPolicyError;
pub(crate) use text::{raw_statement, sorted_json};

pub use crate::iam_policy::policy_document::size;
pub use crate::kubernetes::service_account::{
    ServiceAccount, ServiceAccountError, ServiceAccountPattern,
};

/// Who may assume a role. Parts that are empty or false add nothing; a policy without any statement is an error.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrustPolicy {
    /// Service accounts of clusters; one element per provider, or several that are merged where provider and audiences agree.
    pub web_identities: Vec<WebIdentityTrust>,
    /// Whether EKS Pod Identity may assume the role.
    pub pod_identity: bool,
    /// The condition block of the Pod Identity statement, an object such as `{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"apps"}}`.
    pub pod_identity_condition: Option<serde_json::Value>,
    /// ARNs of the node or server roles that kube2iam or kiam run with, path included.
    pub node_role_arns: Vec<String>,
    /// The external id that those roles have to give, as kiam and kube2iam take it from a pod's annotation.
    pub node_external_id: Option<String>,
    /// Whether EC2 instances may assume the role, as kube2iam's own example has it.
    pub ec2: bool,
    /// Statements as the practitioner wrote them; checked for structure, added last.
    pub statements: Vec<serde_json::Value>,
}

/// The service accounts of one issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentityTrust {
    /// ARN of the IAM OIDC provider, in the role's own account.
    pub provider_arn: String,
    /// Exact service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Service accounts by pattern.
    pub patterns: Vec<ServiceAccountPattern>,
    /// Audiences of which the token must carry one; empty stands for the partition's default, `sts.amazonaws.com`.
    pub audiences: Vec<String>,
}

impl TrustPolicy {
    /// The policy as compact JSON.
    pub fn to_json(&self) -> Result<String, TrustPolicyError> {
        let mut statements = Vec::new();
        for trust in merged(&self.web_identities) {
            statements.extend(trust.statements()?);
        }
        if self.pod_identity {
            statements.push(text::pod_identity(self.pod_identity_condition.as_ref())?);
        }
        if !self.node_role_arns.is_empty() {
            let external_id = self.node_external_id.as_deref();
            statements.push(text::node_roles(&self.node_roles()?, external_id));
        }
        if self.ec2 {
            statements.push(text::service(ec2_service(self.partition())));
        }
        for (index, statement) in self.statements.iter().enumerate() {
            let statement =
                text::raw_statement(statement).map_err(|source| TrustPolicyError::Statement {
                    number: index + 1,
                    source,
                })?;
            statements.push(statement);
        }
        if statements.is_empty() {
            return Err(TrustPolicyError::Empty);
        }
        Ok(text::document(&statements))
    }

    fn node_roles(&self) -> Result<Vec<String>, TrustPolicyError> {
        let mut arns = Vec::new();
        for arn in &self.node_role_arns {
            iam_role_name(arn)?;
            if Arn::parse(arn)?.service == "sts" {
                return Err(TrustPolicyError::NodeRoleSession { arn: arn.clone() });
            }
            arns.push(arn.clone());
        }
        arns.sort();
        arns.dedup();
        Ok(arns)
    }

    /// The partition of the first ARN that says one.
    fn partition(&self) -> Partition {
        let mut arns = self
            .web_identities
            .iter()
            .map(|trust| &trust.provider_arn)
            .chain(&self.node_role_arns);
        let partition = arns.find_map(|arn| Arn::parse(arn).ok().map(|arn| arn.partition));
        partition.unwrap_or(Partition::Aws)
    }
}

impl WebIdentityTrust {
    fn statements(&self) -> Result<Vec<String>, TrustPolicyError> {
        let (partition, _, issuer) = Issuer::from_provider_arn(&self.provider_arn)?;
        if self.service_accounts.is_empty() && self.patterns.is_empty() {
            return Err(TrustPolicyError::NoServiceAccount {
                provider_arn: self.provider_arn.clone(),
            });
        }
        if self.audiences.iter().any(String::is_empty) {
            return Err(TrustPolicyError::EmptyAudience {
                provider_arn: self.provider_arn.clone(),
            });
        }
        let audiences = match self.audiences.as_slice() {
            [] => vec![partition.default_audience().to_owned()],
            audiences => sorted(audiences.iter().cloned()),
        };
        let statement = |operator, subjects: Vec<String>| {
            text::web_identity(&text::WebIdentityStatement {
                provider_arn: &self.provider_arn,
                audience_key: &issuer.condition_key("aud"),
                audiences: &audiences,
                subject_operator: operator,
                subject_key: &issuer.condition_key("sub"),
                subjects: &sorted(subjects.into_iter()),
            })
        };
        let mut statements = Vec::new();
        if !self.service_accounts.is_empty() {
            statements.push(statement(
                "StringEquals",
                self.service_accounts
                    .iter()
                    .map(ServiceAccount::subject)
                    .collect(),
            ));
        }
        if !self.patterns.is_empty() {
            statements.push(statement(
                "StringLike",
                self.patterns
                    .iter()
                    .map(ServiceAccountPattern::subject)
                    .collect(),
            ));
        }
        Ok(statements)
    }
}

/// China's EC2 signs with its own service name.
fn ec2_service(partition: Partition) -> &'static str {
    if partition == Partition::AwsCn {
        "ec2.amazonaws.com.cn"
    } else {
        "ec2.amazonaws.com"
    }
}

/// One element per provider and set of audiences, in order of first appearance: fewer statements, fewer characters.
fn merged(trusts: &[WebIdentityTrust]) -> Vec<WebIdentityTrust> {
    let mut merged: Vec<WebIdentityTrust> = Vec::new();
    for trust in trusts {
        let audiences = sorted(trust.audiences.iter().cloned());
        match merged
            .iter_mut()
            .find(|other| other.provider_arn == trust.provider_arn && other.audiences == audiences)
        {
            Some(same) if !trust.names_no_one() && !same.names_no_one() => {
                same.service_accounts
                    .extend(trust.service_accounts.iter().cloned());
                same.patterns.extend(trust.patterns.iter().cloned());
            }
            _ => merged.push(WebIdentityTrust {
                audiences,
                ..trust.clone()
            }),
        }
    }
    merged
}

impl WebIdentityTrust {
    fn names_no_one(&self) -> bool {
        self.service_accounts.is_empty() && self.patterns.is_empty()
    }
}

fn sorted(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut values: Vec<String> = values.collect();
    values.sort();
    values.dedup();
    values
}

impl From<ArnError> for TrustPolicyError {
    fn from(error: ArnError) -> Self {
        TrustPolicyError::NodeRole(EntryArnError::Arn(error))
    }
}

#[cfg(test)]
mod tests;
