//! Would a pod of this service account get this role, and if not, why: the role's trust policy judged as IAM would judge it.
//!
//! What surprises: no call is made in the pod's name, so nothing shows in CloudTrail as a failed attempt, and what only the request knows
//! makes `allowed` null. The rules are those of `eksauth_core::iam_policy::policy_document`.

use eksauth_core::iam_policy::policy_document::{Condition as Decisive, Decision, Evaluation};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use self::case::Case;
use super::trust_policy::{TrustFinding, shown};
use crate::access::web_identity::{Judgement, Providers};
use crate::client::Client;
use crate::clusters::{DESCRIBE_NAMED_CLUSTER, LIST_CLUSTERS};
use crate::diagnostics::api_failure;
use crate::permissions::{AwsResource, AwsStatement, DeclaresPermissions, Need, Permissions, Step};

mod case;
mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_web_identity_check`.
pub struct WebIdentityCheckDataSource;

/// The condition that decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The operator as written.
    pub operator: Attr<String>,
    /// The key as written.
    pub key: Attr<String>,
    /// The values of which one must match.
    pub values: Attr<Vec<Attr<String>>>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WebIdentityCheckModel {
    /// The role by name.
    pub role_name: Attr<String>,
    /// The role by ARN.
    pub role_arn: Attr<String>,
    /// A trust policy instead of the role's own.
    pub policy: Attr<String>,
    /// `namespace:name`.
    pub service_account: Attr<String>,
    /// The cluster whose issuer signs.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The issuer, instead of a cluster.
    pub issuer: Attr<String>,
    /// The issuer's provider, instead of a cluster.
    pub provider_arn: Attr<String>,
    /// The audience of the token.
    pub audience: Attr<String>,
    /// The subject of the token.
    pub subject: Attr<String>,
    /// The verdict; null where it is not known.
    pub allowed: Attr<bool>,
    /// `allow`, `deny`, `invalid` or `indeterminate`.
    pub decision: Attr<String>,
    /// A stable identifier of what decided.
    pub reason: Attr<String>,
    /// The same in words.
    pub explanation: Attr<String>,
    /// The statement that decided, from 0.
    pub statement_index: Attr<i64>,
    /// The condition that decided.
    pub condition: Attr<Condition>,
    /// What is worth saying about the trust policy.
    pub findings: Attr<Vec<TrustFinding>>,
}

impl DeclaresPermissions for WebIdentityCheckDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_NAMED_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["iam:GetRole"],
                resource: AwsResource::IamRole { name: "reader" },
                need: Need::RequiredFor {
                    step: Step::Plan,
                    what: "a check of the role as it is, without `policy`",
                },
            },
            AwsStatement {
                actions: &["iam:GetOpenIDConnectProvider"],
                resource: AwsResource::IamOidcProvider { issuer: "*" },
                need: Need::WhereGranted {
                    purpose: "the OIDC providers that the trust policy names are looked up; without it `allowed` is null where the policy allows",
                },
            },
        ],
        ..Permissions::NONE
    };
}

impl DataSource for WebIdentityCheckDataSource {
    type Client = Client;
    type Model = WebIdentityCheckModel;

    const NAME: &'static str = "eksauth_web_identity_check";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: &WebIdentityCheckModel, diagnostics: &mut Diagnostics) {
        schema::validate(config, diagnostics);
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: WebIdentityCheckModel,
    ) -> Result<WebIdentityCheckModel, Diagnostics> {
        if cx.client.cloud().is_none() {
            return Err(api_failure::cannot_answer("role").into());
        }
        let Case {
            role_name,
            cluster,
            asked,
        } = case::read_case(cx, &config).await?;
        let Judgement {
            evaluation,
            findings,
        } = asked.judge();
        if let (Providers::Unreadable { reason, .. }, Decision::Indeterminate) =
            (&asked.providers, evaluation.decision)
        {
            cx.add(diagnostics::not_judged(&asked, reason));
        }
        Ok(WebIdentityCheckModel {
            role_name: Attr::Known(role_name),
            role_arn: Attr::Known(asked.role_arn.clone()),
            cluster_name: match &cluster {
                Some(cluster) => cluster.named_as(&config.cluster_name),
                None => Attr::Null,
            },
            region: match &cluster {
                Some(cluster) => Attr::Known(cluster.region.clone()),
                None => config.region.clone(),
            },
            issuer: Attr::Known(asked.issuer.url()),
            provider_arn: match &config.provider_arn {
                Attr::Known(given) => Attr::Known(given.clone()),
                _ => Attr::Known(asked.provider_arn.clone()),
            },
            audience: Attr::Known(asked.audience.clone()),
            subject: Attr::Known(asked.subject.clone()),
            allowed: allowed(evaluation.decision),
            decision: Attr::Known(evaluation.decision.id().to_owned()),
            explanation: Attr::Known(asked.explanation(&evaluation)),
            statement_index: index(&evaluation).into(),
            condition: evaluation.condition.map(condition).into(),
            reason: Attr::Known(evaluation.reason),
            findings: Attr::Known(shown(findings, cx.client.settings())),
            ..config
        })
    }
}

fn allowed(decision: Decision) -> Attr<bool> {
    match decision {
        Decision::Allow => Attr::Known(true),
        Decision::Deny | Decision::Invalid => Attr::Known(false),
        Decision::Indeterminate => Attr::Null,
    }
}

fn index(evaluation: &Evaluation) -> Option<i64> {
    i64::try_from(evaluation.statement_index?).ok()
}

fn condition(decisive: Decisive) -> Condition {
    Condition {
        operator: Attr::Known(decisive.operator),
        key: Attr::Known(decisive.key),
        values: Attr::Known(decisive.values.into_iter().map(Attr::Known).collect()),
    }
}
