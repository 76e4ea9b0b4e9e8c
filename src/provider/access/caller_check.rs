//! What the API server itself says of whoever acts on it: who it is, and what it may do.
//!
//! The connection that is asked is the one that writes, so a `kubernetes_role_arn`, a token or a certificate is no exception. An API server before
//! 1.28, or one that refuses the question, leaves what the configuration says. Kubernetes actions: create on selfsubjectreviews and
//! selfsubjectaccessreviews, which every authenticated user has; on subjectaccessreviews where granted.

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::{Principal, PrincipalAccess};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::lockout::{
    ActingIdentity, CallerSession, Comparison, KubernetesUser, Power,
};
use eksauth_core::access::reconciliation::{AdmittedUser, ClusterAnswer, Reconciliation};
use eksauth_core::aws_auth::{NAME, NAMESPACE};
use eksauth_core::principal::arn::{canonical_caller_arn, canonical_role_arn};

use crate::access::cluster_access::unreadable;
use crate::ports::access_review::{AccessQuestion, ReviewedUser};
use crate::ports::{ApiError, ClusterAccess, ErrorKind, KubeApi};
use crate::session::Session;

/// Changing aws-auth, as the writer does it. That it may be read is known: it was.
pub(crate) const WRITE_AWS_AUTH: AccessQuestion = AccessQuestion {
    verb: "patch",
    api_group: "",
    resource: "configmaps",
    namespace: NAMESPACE,
    name: NAME,
};

/// Everything.
pub(crate) const DO_EVERYTHING: AccessQuestion = AccessQuestion {
    verb: "*",
    api_group: "*",
    resource: "*",
    namespace: "",
    name: "",
};

/// Who acts, as far as it could be found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallerCheck {
    /// Who.
    pub(crate) acting: ActingIdentity,
    /// Why it is not known who.
    pub(crate) unread: Option<String>,
    /// As the API server names it, where it says so.
    pub(crate) user: Option<AdmittedUser>,
}

impl CallerCheck {
    /// What the API server says of whoever acts, where that is not what the rules say: beside what a change does to it.
    pub(crate) fn beside_the_rules(
        &self,
        mode: AuthenticationMode,
        comparisons: &[Comparison],
    ) -> Option<String> {
        let (user, principal) = (self.user.clone()?, self.acting.principal.clone()?);
        let own = comparisons
            .iter()
            .find(|comparison| comparison.principal == principal)?;
        let explanation = AccessExplanation {
            principal,
            principal_access: PrincipalAccess {
                access: own.before.clone(),
                shadowed: Vec::new(),
            },
            near_misses: Vec::new(),
        };
        let both = Reconciliation::new(explanation, mode, ClusterAnswer::Admitted(user));
        both.difference.as_ref()?;
        Some(format!("You are {}.", both.describe()))
    }
}

/// How the API server is reached.
pub(crate) struct ActingConnection<'a> {
    /// The API server, as whoever acts on it.
    pub(crate) kube: &'a dyn KubeApi,
    /// What the configuration says of this.
    pub(crate) access: &'a ClusterAccess,
    /// Who runs this step.
    pub(crate) session: &'a Session,
}

impl ActingConnection<'_> {
    /// Who acts: one call.
    pub(crate) async fn check(&self) -> CallerCheck {
        match self.kube.self_subject_review().await {
            Ok(user) => self.identified(&user).await,
            Err(error) => {
                tracing::info!(%error, "the cluster does not say who acts on it, so the configuration does");
                self.by_configuration().await
            }
        }
    }

    /// Who it is by a token that the API server has not seen; `None` where it admits nobody by that, or nobody of AWS.
    ///
    /// # Errors
    /// Why that could not be found out.
    pub(crate) async fn identify_anew(&self) -> Result<Option<Principal>, String> {
        match self.kube.self_subject_review_anew().await {
            Ok(user) => Ok(identity_of(&user).principal),
            Err(error) if error.kind == ErrorKind::Unauthorized => Ok(None),
            Err(error) => Err(unreadable(
                "whether the cluster lets in whoever makes this change by a new token",
                &error,
            )),
        }
    }

    /// Whether whoever acts may change aws-auth; `None` where that was not answered.
    pub(crate) async fn may_write(&self) -> Option<bool> {
        self.kube
            .self_subject_access_review(WRITE_AWS_AUTH)
            .await
            .ok()
    }

    /// An authenticator that names no ARN says too little of a token: only a certificate and a service account are surely none of AWS.
    async fn identified(&self, user: &ReviewedUser) -> CallerCheck {
        let acting = identity_of(user);
        let is_none_of_aws = self.access.client_certificate.is_some()
            || user.username.starts_with("system:serviceaccount:");
        if acting.principal.is_some() || is_none_of_aws {
            return CallerCheck {
                user: Some(admitted_user(user)),
                acting,
                unread: None,
            };
        }
        let mut check = self.by_configuration().await;
        check.acting.is_admitted = check.acting.principal.as_ref().map(|_| true);
        check
    }

    /// Whether whoever acts may do everything; `None` where that was not answered.
    pub(crate) async fn is_admin(&self) -> Option<bool> {
        self.kube
            .self_subject_access_review(DO_EVERYTHING)
            .await
            .ok()
    }

    /// What somebody else may do, by its name and groups alone; two calls.
    ///
    /// # Errors
    /// Whoever acts may not ask that.
    pub(crate) async fn power_of(&self, user: &KubernetesUser) -> Result<Power, ApiError> {
        let mut groups = user.groups.clone();
        groups.push("system:authenticated".to_owned());
        let user = ReviewedUser {
            username: user.username.clone(),
            groups,
            ..ReviewedUser::default()
        };
        let may = |question| self.kube.subject_access_review(&user, question);
        if may(DO_EVERYTHING).await? {
            return Ok(Power::ClusterAdmin);
        }
        Ok(match may(WRITE_AWS_AUTH).await? {
            true => Power::WritesAwsAuth,
            false => Power::Enters,
        })
    }

    /// The role whose token is shown, or whoever runs this step; a token or certificate of the practitioner's names nobody.
    async fn by_configuration(&self) -> CallerCheck {
        let access = self.access;
        if access.token.is_some() || access.client_certificate.is_some() {
            let what = "a token or certificate of the provider block acts, and the cluster does not say whose it is";
            return CallerCheck {
                unread: Some(what.to_owned()),
                ..CallerCheck::default()
            };
        }
        let found = match &access.kubernetes_role_arn {
            Some(role) => canonical_role_arn(role)
                .map(|arn| Principal::from_arn(&arn))
                .map_err(|error| error.to_string()),
            None => match self.session.identity().await {
                Ok(identity) => {
                    Principal::from_caller(&identity.arn).map_err(|error| error.to_string())
                }
                Err(error) => Err(unreadable("the caller", &error)),
            },
        };
        match found {
            Ok(principal) => CallerCheck {
                acting: ActingIdentity {
                    principal: Some(principal),
                    ..ActingIdentity::default()
                },
                ..CallerCheck::default()
            },
            Err(reason) => CallerCheck {
                unread: Some(reason),
                ..CallerCheck::default()
            },
        }
    }
}

/// The principal of an answer; `None` where the authenticator names no ARN.
pub(crate) fn principal_of(user: &ReviewedUser) -> Option<Principal> {
    let arn = user.extra("canonicalArn").or_else(|| user.extra("arn"))?;
    let caller = canonical_caller_arn(arn).ok()?;
    Some(Principal {
        arn: caller.arn,
        account: caller.account,
    })
}

/// The identity of an answer; of none of AWS where the authenticator names no ARN.
pub(crate) fn identity_of(user: &ReviewedUser) -> ActingIdentity {
    let principal = principal_of(user);
    let text = |key: &str| user.extra(key).unwrap_or_default().to_owned();
    let session = principal.as_ref().map(|principal| CallerSession {
        account: principal.account.clone(),
        session_name: text("sessionName"),
        access_key_id: user.extra("accessKeyId").unwrap_or_default().into(),
    });
    ActingIdentity {
        principal,
        session,
        username: Some(user.username.clone()),
        groups: user.groups.iter().cloned().collect(),
        is_admitted: Some(true),
        ..ActingIdentity::default()
    }
}

/// Whom an answer names.
pub(crate) fn admitted_user(user: &ReviewedUser) -> AdmittedUser {
    let identity = identity_of(user);
    AdmittedUser {
        username: user.username.clone(),
        groups: user.groups.clone(),
        arn: identity.principal.map(|principal| principal.arn),
        session: identity.session,
    }
}
