//! What a principal may do in a cluster: the API server's word by a review where it may be asked, with the binding or access policy that gives it.
//!
//! Whoever acts is asked about as itself, which every authorizer knows whole; somebody else by the name, groups and ARN of its mapping. Kubernetes
//! actions: create on selfsubjectreviews and selfsubjectaccessreviews, which every authenticated user has; on subjectaccessreviews and `list` on RBAC
//! objects where granted.

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::can_i::{
    Asked, AskedPrincipal, ByRules, Permission, PermissionAnswer, Reviewed,
};
use eksauth_core::access::cluster_access::{Access, ClusterView, Grant};
use eksauth_core::access::explanation::AccessExplanation;
use eksauth_core::access::reconciliation::{ClusterAnswer, Reconciliation};
use eksauth_core::kubernetes::rbac::{BoundName, ClusterRbac, Question, RbacUser};

use crate::access::cluster_access::unreadable;
use crate::access::cluster_rbac::read_rbac;
use crate::access::reconciliation::{ClusterInquiry, reviewed_user};
use crate::clusters::FoundCluster;
use crate::ports::access_review::{AccessReview, ReviewedUser};
use crate::ports::{ApiError, KubeApi};
use crate::session::Session;

/// A question about a principal, with its answer.
#[derive(Clone, Debug)]
pub struct AnsweredQuestion {
    /// What a mapping makes of the principal, and what the API server says of that.
    pub both: Reconciliation,
    /// Whether it may.
    pub answer: PermissionAnswer,
}

/// A cluster that is asked, and who asks.
pub struct PermissionInquiry<'a> {
    cluster: &'a FoundCluster,
    session: &'a Session,
}

/// Who is asked about and for what.
struct Case<'a> {
    kube: &'a dyn KubeApi,
    asked: &'a AskedPrincipal,
    question: &'a Question,
    rbac: ClusterRbac,
}

impl<'a> PermissionInquiry<'a> {
    /// About a cluster of a configuration.
    pub fn new(cluster: &'a FoundCluster, session: &'a Session) -> Self {
        Self { cluster, session }
    }

    /// Whether a principal may do something.
    pub async fn about(
        &self,
        view: &ClusterView,
        asked: &AskedPrincipal,
        question: &Question,
    ) -> AnsweredQuestion {
        let inquiry = ClusterInquiry::new(self.cluster, self.session);
        let principal = asked.principal.clone();
        let both = match inquiry.acts_as(&principal).await {
            true => inquiry.about_caller_in(view, principal).await,
            false => {
                let explanation = AccessExplanation::from_view(view, principal);
                Reconciliation::by_rules(explanation, view.mode)
            }
        };
        let answer = self.answer(&both, asked, question).await;
        AnsweredQuestion { both, answer }
    }

    async fn answer(
        &self,
        both: &Reconciliation,
        asked: &AskedPrincipal,
        question: &Question,
    ) -> PermissionAnswer {
        let access = &both.explanation.principal_access.access;
        match (both.enters(), access) {
            (Some(false), _) => {
                let reason = "nothing admits it to the cluster, so it may do nothing there";
                return PermissionAnswer::without_mapping(Permission::No, vec![reason.to_owned()]);
            }
            (None, Access::Unknown(reasons)) => {
                return PermissionAnswer::without_mapping(Permission::NotKnown, reasons.clone());
            }
            _ => {}
        }
        let kube = match self.cluster.kubernetes() {
            Ok(kube) => kube,
            Err(error) => {
                let reason = unreadable("what it may do", &error);
                return PermissionAnswer::without_mapping(Permission::NotKnown, vec![reason]);
            }
        };
        let case = Case {
            kube: kube.as_ref(),
            asked,
            question,
            rbac: match grants(access).iter().all(is_master) && !grants(access).is_empty() {
                true => ClusterRbac::default(),
                false => read_rbac(kube.as_ref(), question.namespace()).await,
            },
        };
        if both.answer.enters() == Some(true) {
            return case.of_caller(both).await;
        }
        let mut answers = Vec::new();
        for grant in grants(access) {
            answers.push(case.of_grant(grant).await);
        }
        match answers.len() {
            1 => answers.remove(0),
            _ => PermissionAnswer::at_random(answers),
        }
    }
}

fn grants(access: &Access) -> &[Grant] {
    match access {
        Access::Granted(grant) => std::slice::from_ref(grant),
        Access::Random(grants) => grants,
        Access::None | Access::Unknown(_) => &[],
    }
}

fn is_master(grant: &Grant) -> bool {
    let masters = eksauth_core::kubernetes::rbac::MASTERS;
    grant.groups.iter().any(|group| group == masters)
}

impl Case<'_> {
    /// Of whoever acts, as the API server names it; else as its mapping does.
    async fn of_caller(&self, both: &Reconciliation) -> PermissionAnswer {
        let access = &both.explanation.principal_access.access;
        let known = |text: &String| BoundName::Known(text.clone());
        let grant = match (access, &both.difference) {
            (Access::Granted(grant), None) => Some(grant),
            _ => None,
        };
        let user = match (&both.answer, grant) {
            (ClusterAnswer::Admitted(user), _) => Some(RbacUser {
                name: known(&user.username),
                groups: user.groups.iter().map(known).collect(),
            }),
            (_, Some(grant)) => self.asked.user(grant).ok(),
            _ => None,
        };
        let review = self.kube.review_self(self.question).await;
        let reviewed = reviewed(review, Reviewed::Itself);
        let policies = grant.map_or(&[][..], |grant| &grant.policies);
        match user {
            Some(user) => {
                let rules = self.by_rules(&user, policies);
                PermissionAnswer::new(user, rules, reviewed)
            }
            None => {
                let user = RbacUser {
                    name: BoundName::Template("{{SessionName}}".to_owned()),
                    groups: Vec::new(),
                };
                let rules = self.by_rules(&user, policies);
                PermissionAnswer {
                    user: None,
                    ..PermissionAnswer::new(user, rules, reviewed)
                }
            }
        }
    }

    /// Of somebody else, as a mapping names it.
    async fn of_grant(&self, grant: &Grant) -> PermissionAnswer {
        let user = match self.asked.user(grant) {
            Ok(user) => user,
            Err(reason) => {
                return PermissionAnswer::without_mapping(Permission::No, vec![reason]);
            }
        };
        let rules = self.by_rules(&user, &grant.policies);
        let texts = |names: &[BoundName]| names.iter().map(|name| name.text().to_owned()).collect();
        let as_reviewed = ReviewedUser {
            username: match &user.name {
                // No user of RBAC is meant by a template.
                BoundName::Template(_) => String::new(),
                BoundName::Known(name) => name.clone(),
            },
            groups: texts(&user.groups),
            ..reviewed_user(grant, &self.asked.principal)
        };
        let review = self.kube.review_user(&as_reviewed, self.question).await;
        PermissionAnswer::new(user, rules, reviewed(review, Reviewed::Mapped))
    }

    fn by_rules(&self, user: &RbacUser, policies: &[AccessPolicy]) -> ByRules {
        Asked {
            user,
            policies,
            rbac: &self.rbac,
            question: self.question,
        }
        .by_rules()
    }
}

fn reviewed(
    review: Result<AccessReview, ApiError>,
    about: impl FnOnce(AccessReview) -> Reviewed,
) -> Reviewed {
    match review {
        Ok(review) => about(review),
        Err(error) => Reviewed::Unanswered(unreadable("what the API server says of it", &error)),
    }
}
