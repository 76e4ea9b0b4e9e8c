//! Whether the roles of many service accounts let them in, by lists: the roles of one account once, and the cluster's OIDC provider once.
//!
//! IAM shows the roles of one account only, that of whoever asks about the cluster. No role is asked for by itself, and what could not be read is never
//! taken for a yes or a no. API actions: `iam:ListRoles`, `iam:GetOpenIDConnectProvider`.

use std::sync::Arc;
use std::time::Duration;

use eksauth_core::iam_policy::policy_document::{
    Decision, OidcProvider, PodIdentityRequest, evaluate_pod_identity,
};
use eksauth_core::principal::arn::{AccountId, Arn, iam_role_name};
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;

use crate::access::cluster_access::unreadable;
use crate::access::pod_identity::AccountName;
use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::access::web_identity::{Providers, WebIdentity, pod_identity_explanation, provider_of};
use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::ports::eks::PodIdentityAssociation;
use crate::ports::iam::Role;

/// A network without a way to IAM is common beside private clusters.
const LONGEST: Duration = Duration::from_secs(15);

/// An account and the role that its annotation names.
#[derive(Clone, Debug)]
pub(crate) struct AnnotatedAccount<'a> {
    /// The account.
    pub(crate) account: &'a AccountName,
    /// The annotation, as it stands there.
    pub(crate) role_arn: &'a str,
    /// The audience of its tokens.
    pub(crate) audience: &'a str,
}

/// Whether the role lets it in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Admission {
    /// `None`: it cannot be said.
    pub(crate) admits: Option<bool>,
    /// What decided, or why it cannot be said; `None` where it is let in.
    pub(crate) reason: Option<String>,
}

impl Admission {
    const YES: Self = Self {
        admits: Some(true),
        reason: None,
    };

    fn refused(reason: impl Into<String>) -> Self {
        Self {
            admits: Some(false),
            reason: Some(reason.into()),
        }
    }

    /// Nobody can say.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self {
            admits: None,
            reason: Some(reason.into()),
        }
    }
}

/// What IAM said of a cluster's account.
pub(crate) struct RoleSurvey {
    issuer: Option<Issuer>,
    cluster_arn: String,
    cluster_name: String,
    partition: String,
    read: IamRead,
}

#[derive(Default)]
struct IamRead {
    /// Whose roles IAM shows.
    account: String,
    /// `None`: nobody was asked.
    roles: Option<Result<Arc<Vec<Role>>, String>>,
    /// The OIDC provider of the cluster's issuer, if it is there.
    provider: Option<Result<Option<OidcProvider>, String>>,
}

/// A role that is there.
struct FoundRole<'a> {
    arn: Arn,
    account: AccountId,
    policy: &'a str,
}

/// What IAM says of the role of an ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundPolicy<'a> {
    /// Its trust policy.
    Found(&'a str),
    /// It is no ARN of a role.
    NotARole,
    /// The role is in another partition than the cluster.
    OtherPartition,
    /// The role is in an account whose roles are not seen.
    OtherAccount(String),
    /// The role of that name has another ARN.
    OtherArn(String),
    /// There is no such role.
    Gone,
    /// IAM was not asked, or did not say.
    Unread(String),
}

/// What is needed to judge the accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needed {
    /// There are accounts with a role.
    pub(crate) roles: bool,
    /// There are accounts with an annotation.
    pub(crate) provider: bool,
}

impl RoleSurvey {
    /// Reads what the judgement of some accounts needs, and nothing where that is nothing.
    pub(crate) async fn read(
        listing: &RoleListing,
        cluster: &FoundCluster,
        needed: Needed,
    ) -> Self {
        let mut survey = Self {
            issuer: cluster.issuer().and_then(|url| Issuer::parse(url).ok()),
            cluster_arn: cluster.cluster.arn.clone(),
            cluster_name: cluster.reference.name.clone(),
            partition: cluster.partition.clone(),
            read: IamRead::default(),
        };
        if !needed.roles {
            return survey;
        }
        survey.read = tokio::select! {
            biased;
            read = survey.ask(listing, cluster, needed) => read,
            () = listing.session().clock().sleep(LONGEST) => {
                let reason = format!("the roles could not be read: IAM did not answer within {} seconds", LONGEST.as_secs());
                IamRead { roles: Some(Err(reason)), ..IamRead::default() }
            }
        };
        survey
    }

    /// What could not be read.
    pub(crate) fn unread(&self) -> Vec<String> {
        let roles = self
            .read
            .roles
            .as_ref()
            .and_then(|roles| roles.as_ref().err());
        let provider = self.read.provider.as_ref();
        let provider = provider.and_then(|provider| provider.as_ref().err());
        roles.into_iter().chain(provider).cloned().collect()
    }

    async fn ask(&self, listing: &RoleListing, cluster: &FoundCluster, needed: Needed) -> IamRead {
        let credentials = RoleListingCredentials::for_cluster(cluster);
        let unread = |error: ApiError| unreadable("the roles", &error);
        let account = match credentials.account(listing.session()).await {
            Ok(account) => account,
            Err(error) => {
                return IamRead {
                    roles: Some(Err(unread(error))),
                    ..IamRead::default()
                };
            }
        };
        let roles = listing.under(&credentials, "/").await.map_err(unread);
        let provider = match self.provider_arn(&account) {
            Some(arn) if needed.provider => Some(provider(listing, &credentials, &arn).await),
            _ => None,
        };
        IamRead {
            account,
            roles: Some(roles),
            provider,
        }
    }

    fn provider_arn(&self, account: &str) -> Option<String> {
        let partition = Partition::parse(&self.partition).ok()?;
        let account = AccountId::parse(account).ok()?;
        Some(self.issuer.as_ref()?.provider_arn(partition, &account))
    }

    /// Whether the role of an annotation lets the account in.
    pub(crate) fn judge_annotation(&self, asked: &AnnotatedAccount<'_>) -> Admission {
        let role = match self.role(asked.role_arn) {
            Ok(role) => role,
            Err(admission) => return admission,
        };
        let Some(issuer) = &self.issuer else {
            return Admission::unknown("The cluster has no OIDC issuer yet.");
        };
        let assumed = provider_of(issuer, (role.arn.partition, &role.account), asked.audience);
        let provider_arn = assumed.arn.clone();
        let providers = match &self.read.provider {
            Some(Ok(found)) => Providers::Read(found.iter().cloned().collect()),
            Some(Err(reason)) => Providers::Unreadable {
                reason: reason.clone(),
                assumed,
            },
            None => Providers::Unreadable {
                reason: "the OIDC provider was not read".to_owned(),
                assumed,
            },
        };
        judge_token(&WebIdentity {
            role_arn: asked.role_arn.to_owned(),
            policy: role.policy.to_owned(),
            issuer: issuer.clone(),
            provider_arn,
            subject: asked.account.subject(),
            audience: asked.audience.to_owned(),
            providers,
        })
    }

    /// Whether the role of an association lets EKS Pod Identity in for the account.
    pub(crate) fn judge_association(
        &self,
        account: &AccountName,
        association: &PodIdentityAssociation,
    ) -> Admission {
        let role = match self.role(&association.role_arn) {
            Ok(role) => role,
            Err(admission) => return admission,
        };
        let request = PodIdentityRequest {
            cluster_arn: self.cluster_arn.clone(),
            cluster_name: self.cluster_name.clone(),
            namespace: account.namespace.clone(),
            service_account: account.name.clone(),
            has_session_tags: !association.is_without_session_tags,
        };
        let evaluation = evaluate_pod_identity(role.policy, &request);
        let explanation = pod_identity_explanation(&evaluation);
        match (evaluation.decision, &association.target_role_arn) {
            (Decision::Allow, None) => Admission::YES,
            (Decision::Allow, Some(target)) => Admission::unknown(format!(
                "The role lets Pod Identity in, and pods go on from it to the role `{target}`, whose trust policy was not judged."
            )),
            (Decision::Indeterminate, _) => Admission::unknown(explanation),
            (Decision::Deny | Decision::Invalid, _) => Admission::refused(explanation),
        }
    }

    /// The role of an ARN, or what can be said without it.
    fn role(&self, role_arn: &str) -> Result<FoundRole<'_>, Admission> {
        let no_role = || Admission::refused(format!("`{role_arn}` is not the ARN of a role."));
        let arn = Arn::parse(role_arn).map_err(|_| no_role())?;
        let account = arn.account.clone().ok_or_else(no_role)?;
        Err(match self.policy(role_arn) {
            FoundPolicy::Found(policy) => {
                return Ok(FoundRole {
                    arn,
                    account,
                    policy,
                });
            }
            FoundPolicy::NotARole => no_role(),
            FoundPolicy::OtherPartition => Admission::refused(format!(
                "The role is in partition `{}` and the cluster in `{}`, so no token of the cluster counts there.",
                arn.partition, self.partition
            )),
            FoundPolicy::Unread(reason) => Admission::unknown(not_known(&reason)),
            FoundPolicy::OtherAccount(account) => Admission::unknown(format!(
                "Not known: the role is in account `{account}`, and these credentials see the roles of account `{}` only.",
                self.read.account
            )),
            FoundPolicy::OtherArn(found) => Admission::refused(format!(
                "There is no role of this ARN; the role of that name is `{found}`. STS compares the whole ARN, its path included."
            )),
            FoundPolicy::Gone => Admission::refused("There is no such role."),
        })
    }

    /// The trust policy of the role of an ARN.
    pub(crate) fn policy(&self, role_arn: &str) -> FoundPolicy<'_> {
        let (Ok(name), Ok(arn)) = (iam_role_name(role_arn), Arn::parse(role_arn)) else {
            return FoundPolicy::NotARole;
        };
        let Some(account) = arn.account.filter(|_| arn.service == "iam") else {
            return FoundPolicy::NotARole;
        };
        if arn.partition.to_string() != self.partition {
            return FoundPolicy::OtherPartition;
        }
        let roles = match &self.read.roles {
            Some(Ok(roles)) => roles,
            Some(Err(reason)) => return FoundPolicy::Unread(reason.clone()),
            None => return FoundPolicy::Unread("IAM was not asked".to_owned()),
        };
        if account.to_string() != self.read.account {
            return FoundPolicy::OtherAccount(account.to_string());
        }
        let of_name = |role: &&Role| role.name.eq_ignore_ascii_case(&name);
        match roles.iter().find(|role| role.arn == role_arn) {
            Some(role) => FoundPolicy::Found(&role.assume_role_policy),
            None => match roles.iter().find(of_name) {
                Some(other) => FoundPolicy::OtherArn(other.arn.clone()),
                None => FoundPolicy::Gone,
            },
        }
    }
}

/// What could not be read, where an answer about one account is expected.
pub(crate) fn not_known(reason: &str) -> String {
    format!("Not known: {}.", reason.trim_end_matches('.'))
}

async fn provider(
    listing: &RoleListing,
    credentials: &RoleListingCredentials,
    arn: &str,
) -> Result<Option<OidcProvider>, String> {
    let found = match listing.iam(credentials).await {
        Ok(iam) => iam.oidc_provider(arn).await,
        Err(error) => Err(error),
    };
    let found = found.map_err(|error| unreadable("the OIDC provider", &error))?;
    Ok(found.map(|found| OidcProvider {
        arn: found.arn,
        url: found.url,
        client_ids: found.client_ids.into_iter().collect(),
    }))
}

fn judge_token(case: &WebIdentity) -> Admission {
    let evaluation = case.judge().evaluation;
    let explanation = case.explanation(&evaluation);
    match (evaluation.decision, &case.providers) {
        (Decision::Allow, _) => Admission::YES,
        (Decision::Indeterminate, Providers::Unreadable { reason, .. }) => {
            Admission::unknown(not_known(reason))
        }
        (Decision::Indeterminate, _) => Admission::unknown(explanation),
        (Decision::Deny | Decision::Invalid, _) => Admission::refused(explanation),
    }
}
