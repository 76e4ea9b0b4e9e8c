//! A role's trust policy judged for a service account's token as IAM would judge it, with the OIDC providers of the role's account.
//!
//! What surprises: where the providers may not be read, the one that counts is taken to be there. A refusal then holds either way, and only a
//! permission does not. A role of many clusters names many providers, and all of them are looked up, so that none is called missing that
//! is there. API actions: iam:GetOpenIDConnectProvider.

use std::collections::BTreeSet;
use std::sync::Arc;

use eksauth_core::iam_policy::policy_document::{
    Decision, Element, Evaluation, Finding, OidcProvider, PolicyDocument, WebIdentityRequest,
    WebIdentityToken, evaluate, findings_for_token,
};
use eksauth_core::principal::arn::{AccountId, Arn};
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::access::cluster_access::unreadable;
use crate::ports::{ApiError, ErrorKind, IamApi};

mod explanation;
mod pod_identity;

pub(crate) use pod_identity::{pod_identity_explanation, target_role_explanation};

/// Calls under way at once while providers are read.
const PARALLEL_CALLS: usize = 8;

/// The action by which a service account's token becomes a role's session.
pub const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// The rules have no such reason: they are not asked before the provider is known.
const PROVIDER_UNREADABLE: &str = "provider.unreadable";

/// A role and the token that asks for it.
#[derive(Clone, Debug)]
pub struct WebIdentity {
    /// The role.
    pub role_arn: String,
    /// Its trust policy.
    pub policy: String,
    /// Who signs the token.
    pub issuer: Issuer,
    /// The provider of the issuer in the role's account.
    pub provider_arn: String,
    /// The token's subject.
    pub subject: String,
    /// The token's audience.
    pub audience: String,
    /// The OIDC providers of the role's account.
    pub providers: Providers,
}

/// The OIDC providers of the role's account, as far as the judgement needs them.
#[derive(Clone, Debug)]
pub enum Providers {
    /// As IAM has them.
    Read(Vec<OidcProvider>),
    /// Nobody was asked.
    Assumed(OidcProvider),
    /// They may not be read.
    Unreadable {
        /// What could not be read, with the permission that is missing.
        reason: String,
        /// The one that counts, if it is there.
        assumed: OidcProvider,
    },
}

/// What was judged.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The decision and what decided.
    pub evaluation: Evaluation,
    /// What is worth saying about the trust policy.
    pub findings: Vec<Finding>,
}

/// The issuer's provider as it would be registered for an audience.
pub fn provider_of(
    issuer: &Issuer,
    (partition, account): (Partition, &AccountId),
    audience: &str,
) -> OidcProvider {
    OidcProvider {
        arn: issuer.provider_arn(partition, account),
        url: issuer.url(),
        client_ids: vec![audience.to_owned()],
    }
}

/// The issuer's provider, and those that the trust policy names beside it.
///
/// # Errors
/// IAM does not answer. Where it refuses, the providers are [`Providers::Unreadable`].
pub async fn read_providers(
    iam: Arc<dyn IamApi>,
    role_arn: &str,
    policy: &str,
    assumed: OidcProvider,
) -> Result<Providers, ApiError> {
    let mut arns = named_providers(role_arn, policy);
    arns.insert(assumed.arn.clone());
    match registered(iam, arns).await {
        Ok(providers) => Ok(Providers::Read(providers)),
        Err(error) if error.kind == ErrorKind::AccessDenied => Ok(Providers::Unreadable {
            reason: unreadable("the OIDC provider", &error),
            assumed,
        }),
        Err(error) => Err(error),
    }
}

impl WebIdentity {
    /// Judges, without a call in anybody's name.
    pub fn judge(&self) -> Judgement {
        let (evaluation, providers) = match &self.providers {
            Providers::Read(providers) => (self.evaluate(providers), Some(providers.as_slice())),
            Providers::Assumed(provider) => (self.evaluate(std::slice::from_ref(provider)), None),
            Providers::Unreadable { assumed, .. } => {
                let found = self.evaluate(std::slice::from_ref(assumed));
                (if_it_is_there(found), None)
            }
        };
        Judgement {
            findings: findings_for_token(&self.policy, Some(&self.role_arn), providers),
            evaluation,
        }
    }

    /// What decided, as a sentence.
    pub fn explanation(&self, evaluation: &Evaluation) -> String {
        explanation::explanation(self, evaluation)
    }

    fn evaluate(&self, providers: &[OidcProvider]) -> Evaluation {
        let request = WebIdentityRequest {
            role_arn: self.role_arn.clone(),
            providers: providers.to_vec(),
            action: ACTION.to_owned(),
            token: WebIdentityToken {
                issuer: self.issuer.url(),
                subject: Some(self.subject.clone()),
                audiences: vec![self.audience.clone()],
                ..WebIdentityToken::default()
            },
            context: [].into(),
        };
        evaluate(&self.policy, &request)
    }
}

/// A permission that holds only if the provider is there is none yet.
fn if_it_is_there(found: Evaluation) -> Evaluation {
    match found.decision {
        Decision::Allow => Evaluation {
            decision: Decision::Indeterminate,
            reason: PROVIDER_UNREADABLE.to_owned(),
            ..found
        },
        _ => found,
    }
}

async fn registered(
    iam: Arc<dyn IamApi>,
    arns: BTreeSet<String>,
) -> Result<Vec<OidcProvider>, ApiError> {
    let read = |arn: String| {
        let iam = iam.clone();
        async move { iam.oidc_provider(&arn).await }
    };
    let found: Vec<_> = stream::iter(arns)
        .map(read)
        .buffered(PARALLEL_CALLS)
        .try_collect()
        .await?;
    let provider = |found: crate::ports::iam::OidcProvider| OidcProvider {
        arn: found.arn,
        url: found.url,
        client_ids: found.client_ids.into_iter().collect(),
    };
    Ok(found.into_iter().flatten().map(provider).collect())
}

/// The OIDC providers of the role's own account among the principals; the size of a trust policy bounds their number.
fn named_providers(role_arn: &str, policy: &str) -> BTreeSet<String> {
    let (Ok(document), Ok(role)) = (PolicyDocument::parse_trust(policy), Arn::parse(role_arn))
    else {
        return BTreeSet::new();
    };
    let is_own = |arn: &String| {
        Issuer::from_provider_arn(arn).is_ok_and(|(partition, account, _)| {
            partition == role.partition && role.account == Some(account)
        })
    };
    let principals =
        document
            .statements
            .into_iter()
            .filter_map(|statement| match statement.principal {
                Some(Element::Only(principals)) => Some(principals),
                Some(Element::AllBut(_)) | None => None,
            });
    principals
        .flatten()
        .filter(|principal| principal.kind == "Federated")
        .map(|principal| principal.value)
        .filter(is_own)
        .collect()
}
