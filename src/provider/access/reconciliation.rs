//! Both answers about a principal: what the rules say of it, and what the API server itself says.
//!
//! A principal is asked about by its own token: only whoever acts can be, and whose token is shown. What the API server says of a token that it has seen
//! may be remembered, so where the two answers differ it is asked again with one that it has not. Of everybody else it tells rights where that may be
//! asked. Kubernetes actions: create on selfsubjectreviews and selfsubjectaccessreviews, which every authenticated user has; on subjectaccessreviews
//! where granted.

use eksauth_core::access::cluster_access::{Access, ClusterView, Grant, Principal, Rule};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::near_miss::near_misses;
use eksauth_core::access::reconciliation::{ClusterAnswer, Reconciliation, Rights};
use eksauth_core::principal::arn::canonical_role_arn;

use crate::access::caller_check::{
    ActingConnection, DO_EVERYTHING, WRITE_AWS_AUTH, admitted_user, identity_of,
};
use crate::access::cluster_access::{cluster_access, unreadable};
use crate::clusters::FoundCluster;
use crate::ports::access_review::ReviewedUser;
use crate::ports::cloud::Secret;
use crate::ports::{ApiError, ErrorKind, KubeApi};
use crate::session::Session;

#[cfg(test)]
mod tests;

/// A cluster that is asked, and who asks.
pub struct ClusterInquiry<'a> {
    cluster: &'a FoundCluster,
    session: &'a Session,
}

impl<'a> ClusterInquiry<'a> {
    /// About a cluster of a configuration.
    pub fn new(cluster: &'a FoundCluster, session: &'a Session) -> Self {
        Self { cluster, session }
    }

    /// About whoever acts on the cluster, who is this principal as far as AWS knows.
    pub async fn about_caller(&self, principal: Principal) -> Reconciliation {
        let view = cluster_access(self.cluster).await;
        self.about_caller_in(&view, principal).await
    }

    /// The same, with the entries at hand.
    pub async fn about_caller_in(
        &self,
        view: &ClusterView,
        principal: Principal,
    ) -> Reconciliation {
        let explanation = AccessExplanation::from_view(view, principal);
        match self.cluster.kubernetes() {
            Ok(kube) => self.with_answer(kube.as_ref(), view, explanation).await,
            Err(error) => Reconciliation::new(explanation, view.mode, unanswered(&error)),
        }
    }

    /// About any principal in the entries at hand: as whoever acts if it is that, else as somebody else.
    pub async fn about(&self, view: &ClusterView, principal: Principal) -> Reconciliation {
        if self.acts_as(&principal).await {
            return self.about_caller_in(view, principal).await;
        }
        let explanation = AccessExplanation::from_view(view, principal);
        let rights = self.rights_of_other(&explanation).await;
        Reconciliation::by_rules(explanation, view.mode).with_rights(rights)
    }

    /// About the owner of a token, which is shown to the cluster that it was made for.
    pub async fn about_token(&self, token: Secret, principal: Principal) -> Reconciliation {
        let view = cluster_access(self.cluster).await;
        let explanation = AccessExplanation::from_view(&view, principal);
        match self.cluster.kubernetes_with_token(token) {
            Ok(kube) => self.with_answer(kube.as_ref(), &view, explanation).await,
            Err(error) => Reconciliation::new(explanation, view.mode, unanswered(&error)),
        }
    }

    /// The answer that one connection gets, with the rights of whoever acts on it.
    async fn with_answer(
        &self,
        kube: &dyn KubeApi,
        view: &ClusterView,
        explanation: AccessExplanation,
    ) -> Reconciliation {
        let answer = answer(kube.self_subject_review().await);
        let both = Reconciliation::new(explanation, view.mode, answer);
        let both = match both.difference {
            None => both,
            Some(_) => asked_anew(kube, view, both).await,
        };
        match both.answer.enters() {
            None => return both,
            Some(false) => return with_near_misses(both, view),
            Some(true) => {}
        }
        let connection = ActingConnection {
            kube,
            access: &self.cluster.access,
            session: self.session,
        };
        let rights = Rights {
            may_write_aws_auth: connection.may_write().await,
            is_cluster_admin: connection.is_admin().await,
        };
        both.with_rights(rights)
    }

    /// Whether whoever acts is this principal: by the configuration, and where a token or a certificate of it acts by the API server.
    pub(crate) async fn acts_as(&self, principal: &Principal) -> bool {
        let access = &self.cluster.access;
        if access.token.is_some() || access.client_certificate.is_some() {
            let Ok(kube) = self.cluster.kubernetes() else {
                return false;
            };
            let user = kube.self_subject_review().await.ok();
            return user
                .is_some_and(|user| identity_of(&user).principal.as_ref() == Some(principal));
        }
        if let Some(role) = &access.kubernetes_role_arn {
            return canonical_role_arn(role).is_ok_and(|arn| arn == principal.arn);
        }
        match self.session.identity().await {
            Ok(identity) => Principal::from_caller(&identity.arn).as_ref() == Ok(principal),
            Err(_) => false,
        }
    }

    /// What the API server says of the rights of somebody else. A no counts only where its whole name is known, and no access policy may give more: the
    /// review knows it by its ARN alone there.
    async fn rights_of_other(&self, explanation: &AccessExplanation) -> Rights {
        let (Access::Granted(grant), Ok(kube)) = (
            &explanation.principal_access.access,
            self.cluster.kubernetes(),
        ) else {
            return Rights::default();
        };
        let user = reviewed_user(grant, &explanation.principal);
        let may = |question| kube.subject_access_review(&user, question);
        let is_no_known = is_fully_named(grant) && grant.policies.is_empty();
        let known = |may: bool| (may || is_no_known).then_some(may);
        match may(DO_EVERYTHING).await {
            Ok(true) => Rights::EVERYTHING,
            Ok(false) => Rights {
                is_cluster_admin: known(false),
                may_write_aws_auth: may(WRITE_AWS_AUTH).await.ok().and_then(known),
            },
            Err(_) => Rights::default(),
        }
    }
}

/// Whether a grant names its user and groups without a session of it, and without EKS, which forms the name of an entry that has none.
fn is_fully_named(grant: &Grant) -> bool {
    let is_template = |text: &String| text.contains("{{");
    let is_named_by_eks = grant.username.is_empty() && matches!(grant.rule, Rule::AccessEntry(_));
    !is_named_by_eks && !is_template(&grant.username) && !grant.groups.iter().any(is_template)
}

/// The user whom a grant makes of a principal; a template matches nobody's name.
pub(crate) fn reviewed_user(grant: &Grant, principal: &Principal) -> ReviewedUser {
    let mut groups = grant.groups.clone();
    groups.push("system:authenticated".to_owned());
    let arn = vec![principal.arn.clone()];
    ReviewedUser {
        username: grant.username.clone(),
        groups,
        extra: [("canonicalArn".to_owned(), arn)].into(),
    }
}

/// The same with what a token gets that the API server has not seen; the connection's own where there is no other one.
async fn asked_anew(
    kube: &dyn KubeApi,
    view: &ClusterView,
    first: Reconciliation,
) -> Reconciliation {
    let anew = match kube.self_subject_review_anew().await {
        Ok(user) => ClusterAnswer::Admitted(admitted_user(&user)),
        Err(error) if error.kind == ErrorKind::Unauthorized => match &first.answer {
            ClusterAnswer::Admitted(user) => ClusterAnswer::Remembered(user.clone()),
            _ => ClusterAnswer::Refused,
        },
        Err(_) => return first,
    };
    Reconciliation::new(first.explanation, view.mode, anew)
}

/// The same with the entries that were probably meant: whoever is refused could often not read all of them.
fn with_near_misses(both: Reconciliation, view: &ClusterView) -> Reconciliation {
    let near_misses = near_misses(view, &both.explanation.principal.arn);
    let explanation = AccessExplanation {
        near_misses,
        ..both.explanation
    };
    Reconciliation {
        explanation,
        ..both
    }
}

/// What an answer to a SelfSubjectReview says.
pub(crate) fn answer(told: Result<ReviewedUser, ApiError>) -> ClusterAnswer {
    let error = match told {
        Ok(user) => return ClusterAnswer::Admitted(admitted_user(&user)),
        Err(error) => error,
    };
    match error.kind {
        ErrorKind::Unauthorized => ClusterAnswer::Refused,
        ErrorKind::AccessDenied if is_of_a_user(&error) => ClusterAnswer::AdmittedUnnamed,
        _ => unanswered(&error),
    }
}

/// RBAC refuses a user that it names; what stands before an API server refuses without one, and nobody of AWS is anonymous.
fn is_of_a_user(error: &ApiError) -> bool {
    let message = &error.message;
    message.contains("is forbidden: User ") && !message.contains("\"system:anonymous\"")
}

fn unanswered(error: &ApiError) -> ClusterAnswer {
    ClusterAnswer::Unanswered(match error.kind {
        ErrorKind::NotFound => {
            "the API server does not know SelfSubjectReview (Kubernetes before 1.28)".to_owned()
        }
        _ => unreadable("what the API server says of it", error),
    })
}
