//! Whose a token is and what a cluster makes of it, without a request to the cluster in the token's name.
//!
//! What surprises: a token that is refused is an answer and no error, so that a configuration may ask for either. The token is judged by the
//! rules of the cluster's authenticator, sent to STS once (at the host it names) and, if STS vouches for it, looked up in aws-auth and access
//! entries. It stands in no message; who holds it is told, and the caller chooses the session's name.

use eksauth_core::access::cluster_access::Access;
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::token::{Identity, StsRequest};
use serde::{Deserialize, Serialize};
use tf_provider::ephemeral::Opened;
use tf_provider::resource::Private;
use tf_provider::{Attr, Context, Diagnostics, EphemeralResource, Schema};

use crate::access::cluster_access::cluster_access;
use crate::access::permissions::{LOOK_UP_ENTRIES, READ_AWS_AUTH, list_entries, read_entries};
use crate::access::token_verification::{Finding, Verdict, examine, verifier};
use crate::client::Client;
use crate::clusters::{self, ClusterRef, LIST_CLUSTERS};
use crate::data_sources::identity_mapping::{Policy, policy, texts};
use crate::diagnostics::api_failure;
use crate::permissions::{AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step};

mod schema;

#[cfg(test)]
mod tests;

/// The cluster is looked for once STS has vouched for the token.
const DESCRIBE_CLUSTER: AwsStatement = AwsStatement {
    need: Need::RequiredFor {
        step: Step::Plan,
        what: "a token that STS vouches for, unless `offline`",
    },
    ..clusters::DESCRIBE_CLUSTER
};

/// The ephemeral resource `eksauth_token_verification`.
pub struct TokenVerificationEphemeral;

/// The attributes in schema order. Without `Debug`: there is a token in it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TokenVerificationModel {
    /// The cluster; the provider's unless set.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The token.
    pub token: Attr<String>,
    /// Whether only its form is judged.
    pub offline: Attr<bool>,
    /// `accepted`, `refused` or `undecided`.
    pub verdict: Attr<String>,
    /// Why not, as a stable id.
    pub reason: Attr<String>,
    /// The kind of that reason.
    pub reason_class: Attr<String>,
    /// The verdict in a sentence.
    pub explanation: Attr<String>,
    /// The caller as STS names it.
    pub arn: Attr<String>,
    /// The caller as the cluster compares it.
    pub canonical_arn: Attr<String>,
    /// The account.
    pub account: Attr<String>,
    /// The unique id, without the session's name.
    pub user_id: Attr<String>,
    /// The session's name.
    pub session_name: Attr<String>,
    /// The access key that signed.
    pub access_key_id: Attr<String>,
    /// As whom the cluster sees the caller.
    pub username: Attr<String>,
    /// In which groups.
    pub groups: Attr<Vec<Attr<String>>>,
    /// With which access policies.
    pub policies: Attr<Vec<Policy>>,
    /// By which rule.
    pub rule: Attr<String>,
    /// Rules that do not count beside it.
    pub shadowed: Attr<Vec<Attr<String>>>,
    /// When the token ends, in RFC 3339.
    pub expiration: Attr<String>,
}

impl DeclaresPermissions for TokenVerificationEphemeral {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            list_entries(LOOK_UP_ENTRIES),
            read_entries(LOOK_UP_ENTRIES),
        ],
        kubernetes: &[READ_AWS_AUTH],
        for_the_guard: GuardReads::NONE,
    };
}

impl EphemeralResource for TokenVerificationEphemeral {
    type Client = Client;
    type Model = TokenVerificationModel;

    const NAME: &'static str = "eksauth_token_verification";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn open(
        &self,
        cx: &Context<Client>,
        config: TokenVerificationModel,
    ) -> Result<Opened<TokenVerificationModel>, Diagnostics> {
        let clusters = cx.client.clusters();
        let reference = clusters.resolve(&config.cluster_name, &config.region)?;
        let (Some(reference), Some(_), Some(token)) = (
            reference.into_known(),
            cx.client.cloud(),
            config.token.known(),
        ) else {
            return Err(api_failure::cannot_answer("token").into());
        };
        let is_offline = config.offline.known().copied().unwrap_or_default();
        let finding = find(cx, &reference, token, is_offline).await?;
        let asked = TokenVerificationModel {
            cluster_name: reference.named_as(&config.cluster_name),
            region: Attr::Known(reference.region),
            ..config
        };
        Ok(Opened {
            model: answer(asked, &finding),
            private: Private::default(),
            renew_at: None,
        })
    }
}

async fn find(
    cx: &Context<Client>,
    reference: &ClusterRef,
    token: &str,
    is_offline: bool,
) -> Result<Finding, Diagnostics> {
    let verifier = verifier(&reference.name, None, Some(reference.region.clone()));
    let now = cx.client.clock().now();
    if is_offline {
        return Ok(examine(token, &verifier, now, None).await);
    }
    let about = reference.to_string();
    let failed = api_failure::failure("Cannot Verify Token", &about);
    let cloud = cx.client.admitted().await.map_err(&failed)?;
    let sts = cloud.token_sts().map_err(&failed)?;
    let finding = examine(token, &verifier, now, Some(&*sts)).await;
    if !matches!(finding, Finding::Verified(..)) {
        return Ok(finding);
    }
    let clusters = cx.client.clusters();
    let Some(cluster) = clusters.find(reference).await.map_err(&failed)? else {
        return Err(clusters.not_found(reference).await.into());
    };
    Ok(finding.in_view(&cluster_access(&cluster).await))
}

fn answer(asked: TokenVerificationModel, finding: &Finding) -> TokenVerificationModel {
    let reason = finding.reason();
    let model = TokenVerificationModel {
        verdict: Attr::Known(finding.verdict().word().to_owned()),
        reason: reason.as_ref().map(|reason| reason.id.to_owned()).into(),
        reason_class: reason.map(|reason| reason.class.to_owned()).into(),
        explanation: Attr::Known(finding.explanation()),
        ..asked
    };
    match finding {
        Finding::Refused(_) => model,
        Finding::WellFormed(request) => with_expiry(model, request),
        Finding::Verified(request, identity, explanation) => {
            let model = with_identity(with_expiry(model, request), identity);
            match explanation {
                Some(both) => with_access(model, finding, &both.explanation),
                None => model,
            }
        }
    }
}

fn with_expiry(model: TokenVerificationModel, request: &StsRequest) -> TokenVerificationModel {
    let expiration = jiff::Timestamp::try_from(request.expires_at()).unwrap_or_default();
    TokenVerificationModel {
        expiration: Attr::Known(expiration.to_string()),
        ..model
    }
}

fn with_identity(model: TokenVerificationModel, identity: &Identity) -> TokenVerificationModel {
    let text = |text: &str| Attr::Known(text.to_owned());
    TokenVerificationModel {
        arn: text(identity.arn()),
        canonical_arn: text(identity.canonical_arn()),
        account: text(identity.account_id()),
        user_id: text(identity.user_id()),
        session_name: text(identity.session_name()),
        access_key_id: text(identity.access_key_id()),
        ..model
    }
}

/// User name and groups only where there is one answer: of several at random none is picked.
fn with_access(
    model: TokenVerificationModel,
    finding: &Finding,
    explanation: &AccessExplanation,
) -> TokenVerificationModel {
    let shadowed = explanation
        .principal_access
        .shadowed
        .iter()
        .map(ToString::to_string);
    let model = TokenVerificationModel {
        shadowed: texts(shadowed),
        ..model
    };
    let Access::Granted(grant) = &explanation.principal_access.access else {
        return model;
    };
    let model = TokenVerificationModel {
        rule: Attr::Known(grant.rule.to_string()),
        ..model
    };
    match (finding.verdict(), finding.kubernetes_users().as_slice()) {
        (Verdict::Accepted, [Ok(user)]) => TokenVerificationModel {
            username: Attr::Known(user.username.clone()),
            groups: texts(user.groups.iter().cloned()),
            policies: Attr::Known(grant.policies.iter().cloned().map(policy).collect()),
            ..model
        },
        _ => model,
    }
}
