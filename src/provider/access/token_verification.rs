//! Whose a token is and what a cluster makes of it: the form is judged here, STS vouches, aws-auth and access entries decide.
//!
//! The rules are those of the cluster's own authenticator (`eksauth_core::token`). The token is read and never written: a refusal names the
//! rule that failed, and hosts at most. "Could not be found out" is not "no": STS that does not answer refuses nobody.

use std::time::SystemTime;

use eksauth_core::access::cluster_access::{Access, ClusterView, Principal};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::reconciliation::Reconciliation;
use eksauth_core::authenticator::token_mapping::{KubernetesUser, kubernetes_users};
use eksauth_core::aws_auth::username_template::TemplateError;
use eksauth_core::principal::partition::Partition;
use eksauth_core::token::{Identity, Refusal, RefusalClass, StsRequest, Verifier, judge};

use crate::access::reconciliation::ClusterInquiry;
use crate::ports::cloud::Secret;
use crate::ports::{ErrorKind, TokenSts};

/// A token that was not vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// Why.
    pub refusal: Refusal,
    /// What lies below, where STS could not be reached; without secrets.
    pub causes: Vec<String>,
}

/// What was found out about a token.
#[derive(Debug)]
pub enum Finding {
    /// Its form is wrong, or STS did not vouch for it.
    Refused(Unverified),
    /// The form is right; STS was not asked.
    WellFormed(Box<StsRequest>),
    /// STS vouched for the caller; with what the cluster makes of it, where one was asked.
    Verified(Box<StsRequest>, Box<Identity>, Option<Box<Reconciliation>>),
}

/// Whether a cluster accepts a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does, as far as was asked.
    Accepted,
    /// It does not.
    Refused,
    /// It could not be found out.
    Undecided,
}

impl Verdict {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Undecided => "undecided",
        }
    }
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// A stable id, such as `query.date_expired`.
    pub id: &'static str,
    /// `format`, `sts`, `throttling`, `other` as in the reference, or `mapping` where the caller is known and the cluster does not admit it.
    pub class: &'static str,
    /// In a sentence.
    pub text: String,
}

impl From<Refusal> for Unverified {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            causes: Vec::new(),
        }
    }
}

/// Who verifies: the cluster's id and region, and the partition, which is the region's unless given.
pub fn verifier(
    cluster_id: &str,
    partition: Option<Partition>,
    region: Option<String>,
) -> Verifier {
    let of_region = || region.as_deref().and_then(Partition::of_region);
    Verifier {
        cluster_id: cluster_id.to_owned(),
        partition: partition.or_else(of_region).unwrap_or(Partition::Aws),
        region,
    }
}

/// Judges a token's form and, where `sts` is given, asks STS whose it is.
pub async fn examine(
    token: &str,
    verifier: &Verifier,
    now: SystemTime,
    sts: Option<&dyn TokenSts>,
) -> Finding {
    let request = match judge(token, verifier, now) {
        Ok(request) => request,
        Err(refusal) => return Finding::Refused(refusal.into()),
    };
    let Some(sts) = sts else {
        return Finding::WellFormed(Box::new(request));
    };
    match identity(&request, sts).await {
        Ok(identity) => Finding::Verified(Box::new(request), Box::new(identity), None),
        Err(unverified) => Finding::Refused(unverified),
    }
}

/// Asks STS once whose the token of a judged request is.
///
/// # Errors
/// STS refused, or did not answer.
pub async fn identity(request: &StsRequest, sts: &dyn TokenSts) -> Result<Identity, Unverified> {
    match sts.ask(request).await {
        Ok(answer) => Ok(request.answer(answer.status, &answer.body)?),
        Err(error) => Err(Unverified {
            refusal: match error.kind {
                ErrorKind::AnswerLost => Refusal::StsRead,
                _ => Refusal::StsTransport,
            },
            causes: error.causes,
        }),
    }
}

impl Finding {
    /// The same with what the entries at hand make of the caller; of a token without a caller there is nothing to add.
    pub fn in_view(self, view: &ClusterView) -> Self {
        match self {
            Self::Verified(request, identity, _) => {
                let explanation = AccessExplanation::from_view(view, principal(&identity));
                let both = Reconciliation::by_rules(explanation, view.mode);
                Self::Verified(request, identity, Some(Box::new(both)))
            }
            other => other,
        }
    }

    /// The same with what a cluster makes of the caller: it is shown the token, which was made for it.
    pub async fn in_cluster(self, inquiry: &ClusterInquiry<'_>, token: &str) -> Self {
        match self {
            Self::Verified(request, identity, _) => {
                let both = inquiry.about_token(Secret::new(token), principal(&identity));
                let both = Box::new(both.await);
                Self::Verified(request, identity, Some(both))
            }
            other => other,
        }
    }

    /// Whether the cluster accepts the token.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::WellFormed(_) => Verdict::Undecided,
            Self::Verified(_, _, None) => Verdict::Accepted,
            Self::Refused(unverified) => verdict_of_refusal(&unverified.refusal),
            Self::Verified(_, _, Some(both)) => match (both.answer.enters(), both.enters()) {
                (None, Some(true)) if self.kubernetes_users().iter().any(Result::is_err) => {
                    Verdict::Refused
                }
                (_, Some(true)) => Verdict::Accepted,
                (_, Some(false)) => Verdict::Refused,
                (_, None) => Verdict::Undecided,
            },
        }
    }

    /// The caller as the API server would see it, by each grant that may admit it; an error where a template cannot be filled.
    pub fn kubernetes_users(&self) -> Vec<Result<KubernetesUser, TemplateError>> {
        match self {
            Self::Verified(_, identity, Some(both)) => {
                kubernetes_users(identity, &both.explanation.principal_access.access)
            }
            _ => Vec::new(),
        }
    }

    /// Why the token is not accepted; none where it is.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Refused(unverified) => Some(Reason {
                id: unverified.refusal.reason(),
                class: unverified.refusal.class().id(),
                text: unverified.in_words(),
            }),
            Self::WellFormed(_) => Some(Reason {
                id: "sts.not_asked",
                class: RefusalClass::Sts.id(),
                text: "the form is right; STS was not asked, so whose the token is stays unknown"
                    .to_owned(),
            }),
            Self::Verified(_, _, None) => None,
            Self::Verified(_, _, Some(both)) => self.reason_of_cluster(both),
        }
    }

    fn reason_of_cluster(&self, both: &Reconciliation) -> Option<Reason> {
        let access = &both.explanation.principal_access.access;
        let (id, text) = match (both.answer.enters(), access) {
            (Some(true), _) => return None,
            (_, Access::None) => ("mapping.not_mapped", not_mapped(&both.explanation)),
            (Some(false), _) => {
                let why = both.difference.as_ref().map(ToString::to_string);
                let refused = || "the API server refuses it (401)".to_owned();
                ("mapping.refused_by_cluster", why.unwrap_or_else(refused))
            }
            (None, Access::Unknown(reasons)) => ("mapping.not_known", reasons.join("; ")),
            (None, Access::Granted(_) | Access::Random(_)) => {
                let error = self.kubernetes_users().into_iter().find_map(Result::err)?;
                (template_reason(&error), error.to_string())
            }
        };
        Some(Reason {
            id,
            class: "mapping",
            text,
        })
    }

    /// The verdict in a sentence.
    pub fn explanation(&self) -> String {
        let whose = match self {
            Self::Verified(_, identity, _) => {
                format!("the token is of `{}`", identity.arn().escape_debug())
            }
            Self::Refused(_) | Self::WellFormed(_) => String::new(),
        };
        let why = match (self.reason(), self) {
            (Some(reason), _) => reason.text,
            (None, Self::Verified(_, _, Some(both))) => {
                format!("it enters as {}", both.describe())
            }
            (None, _) => "STS vouches for it".to_owned(),
        };
        match whose.is_empty() {
            true => why,
            false => format!("{whose}: {why}"),
        }
    }
}

impl Unverified {
    /// The refusal with what lies below it.
    fn in_words(&self) -> String {
        let causes = self.causes.iter().cloned();
        std::iter::once(self.refusal.to_string())
            .chain(causes)
            .collect::<Vec<_>>()
            .join(": ")
    }
}

fn verdict_of_refusal(refusal: &Refusal) -> Verdict {
    match (refusal.class(), refusal) {
        (RefusalClass::Throttling, _) | (_, Refusal::StsTransport | Refusal::StsRead) => {
            Verdict::Undecided
        }
        _ => Verdict::Refused,
    }
}

fn principal(identity: &Identity) -> Principal {
    Principal {
        arn: identity.canonical_arn().to_owned(),
        account: identity.account_id().to_owned(),
    }
}

fn not_mapped(explanation: &AccessExplanation) -> String {
    let nothing = format!("no entry admits `{}`", explanation.principal.arn);
    match explanation.near_misses.first() {
        Some(nearest) => format!("{nothing}; {nearest}"),
        None => nothing,
    }
}

fn template_reason(error: &TemplateError) -> &'static str {
    match error {
        TemplateError::SessionNotInstanceId { .. } => "template.session_not_instance_id",
        TemplateError::NoPrivateDnsName { .. } => "template.no_private_dns_name",
    }
}
