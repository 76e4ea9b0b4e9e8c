//! Whether a role lets a service account of a cluster assume it, as far as that may be read: never an error of its own, and never a long wait.
//!
//! What surprises: IAM shows the roles of one account only, so a role of another one is not judged. A role that this plan makes or changes is judged by
//! what is planned. API actions: `iam:GetRole`, `iam:GetOpenIDConnectProvider`.

use std::sync::Arc;
use std::time::Duration;

use eksauth_core::iam_policy::policy_document::{Decision, OidcProvider};
use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::principal::arn::{AccountId, Arn, iam_role_name};
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;

use crate::access::cluster_access::unreadable;
use crate::access::planned_identities::PlannedIdentities;
use crate::access::role_listing::RoleListingCredentials;
use crate::access::web_identity::{Providers, WebIdentity, provider_of, read_providers};
use crate::clusters::FoundCluster;
use crate::ports::{ApiError, IamApi};
use crate::session::Session;

/// A network without a way to IAM is common beside private clusters.
pub(super) const LONGEST: Duration = Duration::from_secs(15);

/// Who would assume which role.
pub(crate) struct TrustQuestion<'a> {
    /// The role.
    pub(crate) role_arn: &'a str,
    /// The service account.
    pub(crate) service_account: &'a ServiceAccount,
    /// The audience of its tokens; `None`: what the cluster uses where nothing is set.
    pub(crate) audience: Option<&'a str>,
}

/// The answer; `R` says why one is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoleTrust<R = Refusal> {
    /// It is let in.
    Admits,
    /// Nothing can be said yet: the role's trust or the cluster's issuer is not known.
    Unknown,
    /// It is not let in.
    Refuses(R),
    /// What the trust policy says is not enough to know.
    Undecided(String),
    /// There is no such role.
    NotFound,
    /// The role of that name has another ARN.
    OtherArn(String),
    /// The role is in another partition than the cluster, where no token of it counts.
    OtherPartition {
        /// The role's.
        role: String,
        /// The cluster's.
        cluster: String,
    },
    /// The role is in an account that these credentials cannot look into.
    OtherAccount(String),
    /// IAM was not asked, or did not answer.
    Unread(String),
}

/// Why an account is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What decided, as a sentence.
    pub(crate) explanation: String,
    /// The stable id of what decided.
    pub(crate) reason: String,
    /// The OIDC provider that would have to be trusted.
    pub(crate) provider_arn: String,
    /// The issuer without its scheme, with which condition keys begin.
    pub(crate) issuer: String,
    /// The audience of the token.
    pub(crate) audience: String,
}

/// Who is asked, and about which cluster.
pub(crate) struct TrustReader<'a> {
    pub(crate) session: &'a Session,
    pub(crate) planned: &'a PlannedIdentities,
    pub(crate) cluster: &'a FoundCluster,
}

/// A role as it is or is planned.
struct Role<'a> {
    arn: &'a str,
    partition: Partition,
    account: AccountId,
    policy: String,
}

impl TrustReader<'_> {
    /// The answer to a question.
    pub(crate) async fn ask(&self, question: &TrustQuestion<'_>) -> RoleTrust {
        tokio::select! {
            biased;
            answer = self.answer(question) => answer,
            () = self.session.clock().sleep(LONGEST) => {
                RoleTrust::Unread(format!("IAM did not answer within {} seconds", LONGEST.as_secs()))
            }
        }
    }

    async fn answer(&self, question: &TrustQuestion<'_>) -> RoleTrust {
        let Some(issuer) = self
            .cluster
            .issuer()
            .and_then(|url| Issuer::parse(url).ok())
        else {
            return RoleTrust::Unknown;
        };
        let Ok(arn) = Arn::parse(question.role_arn) else {
            return RoleTrust::Unknown;
        };
        let Some(account) = arn.account else {
            return RoleTrust::Unknown;
        };
        if arn.partition.to_string() != self.cluster.partition {
            return RoleTrust::OtherPartition {
                role: arn.partition.to_string(),
                cluster: self.cluster.partition.clone(),
            };
        }
        let policy = match self.policy(question.role_arn, &account.to_string()).await {
            Ok(policy) => policy,
            Err(answer) => return answer,
        };
        let role = Role {
            arn: question.role_arn,
            partition: arn.partition,
            account,
            policy,
        };
        self.judge(question, issuer, role).await
    }

    /// The trust policy that counts, or the answer where there is none to judge.
    pub(super) async fn policy<R>(
        &self,
        role_arn: &str,
        account: &str,
    ) -> Result<String, RoleTrust<R>> {
        if let Some(planned) = self.planned.role(role_arn) {
            return planned.ok_or(RoleTrust::Unknown);
        }
        let unread = |error: ApiError| RoleTrust::Unread(unreadable("the role", &error));
        let iam = self.iam_of(account).await.map_err(unread)?;
        let iam = iam.ok_or_else(|| RoleTrust::OtherAccount(account.to_owned()))?;
        let name = iam_role_name(role_arn).map_err(|_| RoleTrust::Unknown)?;
        match iam.role(&name).await.map_err(unread)? {
            Some(found) if found.arn == role_arn => Ok(found.assume_role_policy),
            Some(found) => Err(RoleTrust::OtherArn(found.arn)),
            None => Err(RoleTrust::NotFound),
        }
    }

    async fn judge(
        &self,
        question: &TrustQuestion<'_>,
        issuer: Issuer,
        role: Role<'_>,
    ) -> RoleTrust {
        let audience = question
            .audience
            .unwrap_or_else(|| role.partition.default_audience());
        let assumed = provider_of(&issuer, (role.partition, &role.account), audience);
        let provider_arn = assumed.arn.clone();
        let providers = match self.providers(&role, assumed).await {
            Ok(providers) => providers,
            Err(answer) => return answer,
        };
        let case = WebIdentity {
            role_arn: role.arn.to_owned(),
            policy: role.policy,
            issuer,
            provider_arn,
            subject: question.service_account.subject(),
            audience: audience.to_owned(),
            providers,
        };
        let evaluation = case.judge().evaluation;
        let explanation = case.explanation(&evaluation);
        match (evaluation.decision, &case.providers) {
            (Decision::Allow, _) => RoleTrust::Admits,
            (Decision::Indeterminate, Providers::Unreadable { reason, .. }) => {
                RoleTrust::Unread(reason.clone())
            }
            (Decision::Indeterminate, _) => RoleTrust::Undecided(explanation),
            (Decision::Deny | Decision::Invalid, _) => RoleTrust::Refuses(Refusal {
                explanation,
                reason: evaluation.reason,
                issuer: case.issuer.url().trim_start_matches("https://").to_owned(),
                provider_arn: case.provider_arn,
                audience: case.audience,
            }),
        }
    }

    async fn providers(
        &self,
        role: &Role<'_>,
        assumed: OidcProvider,
    ) -> Result<Providers, RoleTrust> {
        match self.planned.provider(&assumed.arn) {
            Some(Some(client_ids)) => {
                return Ok(Providers::Assumed(OidcProvider {
                    client_ids: client_ids.into_iter().collect(),
                    ..assumed
                }));
            }
            Some(None) => return Ok(Providers::Assumed(assumed)),
            None => {}
        }
        let unread = |error: ApiError| RoleTrust::Unread(unreadable("the OIDC provider", &error));
        match self
            .iam_of(&role.account.to_string())
            .await
            .map_err(unread)?
        {
            Some(iam) => read_providers(iam, role.arn, &role.policy, assumed)
                .await
                .map_err(unread),
            None => Ok(Providers::Assumed(assumed)),
        }
    }

    /// IAM of an account, as the caller or as whoever asks EKS about the cluster; `None` where neither belongs to it.
    async fn iam_of(&self, account: &str) -> Result<Option<Arc<dyn IamApi>>, ApiError> {
        let cloud = self.session.admitted().await?;
        let of_cluster = RoleListingCredentials::for_cluster(self.cluster);
        if RoleListingCredentials::Caller.account(self.session).await? == account {
            return Ok(Some(cloud.iam()));
        }
        match &of_cluster {
            RoleListingCredentials::Assumed { role_arn, region }
                if of_cluster.account(self.session).await? == account =>
            {
                Ok(Some(cloud.iam_as(role_arn, region)))
            }
            _ => Ok(None),
        }
    }
}
