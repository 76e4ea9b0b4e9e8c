//! Whether a principal may do something in a cluster, by which binding or access policy, or what comes nearest to allowing it.
//!
//! Two can say it: the API server, by a review of the mapped user, and the rules here, by the RBAC objects and access policies. The API server's yes
//! counts, and its no where it was asked about exactly that user and no access policy can allow more: a review knows an access policy of somebody
//! else by the ARN alone. What could not be read and a name that is known only once somebody calls leave the answer open, never at no.

mod by_rules;
mod granted;
mod mapped_user;
#[cfg(test)]
mod tests;

pub use by_rules::{Asked, ByRules};
pub use granted::{GrantedBy, GrantingBinding};
pub use mapped_user::AskedPrincipal;

use crate::kubernetes::rbac::{NearRule, RbacUser};

/// Whether somebody may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It may.
    Yes,
    /// It may not.
    No,
    /// It could not be found out.
    NotKnown,
}

/// Who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// The API server, by a review.
    ApiServer,
    /// The rules, from what was read.
    Rules,
}

impl AnsweredBy {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::ApiServer => "api_server",
            Self::Rules => "rules",
        }
    }
}

/// What the API server says of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessReview {
    /// Whether an authorizer allows it.
    pub is_allowed: bool,
    /// Whether an authorizer denies it, whatever others say.
    pub is_denied: bool,
    /// Why, in the server's words; mostly empty for a no.
    pub reason: String,
    /// What went wrong in an authorizer; a no says nothing then.
    pub evaluation_error: String,
}

/// How the API server was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reviewed {
    /// About whoever asks: every authorizer knows it as it is.
    Itself(AccessReview),
    /// About somebody else, by the name, groups and ARN of its mapping.
    Mapped(AccessReview),
    /// It could not be asked; why.
    Unanswered(String),
}

/// Whether somebody may do something, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionAnswer {
    /// Whether it may.
    pub permission: Permission,
    /// Who said so.
    pub answered_by: AnsweredBy,
    /// As whom; `None` where nothing admits the principal, or several mappings do at random.
    pub user: Option<RbacUser>,
    /// What allows it.
    pub granted_by: Vec<GrantedBy>,
    /// What comes nearest, where nothing allows it.
    pub nearest: Vec<NearRule>,
    /// Why not, or why it is not known.
    pub reasons: Vec<String>,
    /// Why the API server's word was not had.
    pub not_asked: Option<String>,
}

/// Why the API server's no about somebody else is not the answer.
const NO_OF_A_PART: &str = "the API server was asked with the name and groups that are known, and its no does not count: only the principal's own request has its whole name and its access policies";

impl PermissionAnswer {
    /// Of a principal that does not enter, or of whom that is not known.
    pub fn without_mapping(permission: Permission, reasons: Vec<String>) -> Self {
        Self {
            permission,
            answered_by: AnsweredBy::Rules,
            user: None,
            granted_by: Vec::new(),
            nearest: Vec::new(),
            reasons,
            not_asked: None,
        }
    }

    /// The rules' answer and the API server's in one.
    pub fn new(user: RbacUser, rules: ByRules, reviewed: Reviewed) -> Self {
        let by_rules = Self {
            permission: rules.permission,
            answered_by: AnsweredBy::Rules,
            user: Some(user),
            granted_by: rules.granted_by,
            nearest: rules.nearest,
            reasons: rules.reasons,
            not_asked: None,
        };
        let (review, is_itself) = match reviewed {
            Reviewed::Itself(review) => (review, true),
            Reviewed::Mapped(review) => (review, false),
            Reviewed::Unanswered(reason) => {
                return Self {
                    not_asked: Some(reason),
                    ..by_rules
                };
            }
        };
        match review {
            review if review.is_allowed => by_rules.allowed(review.reason),
            review if review.is_denied => by_rules.refused(vec![review.reason]),
            review if !review.evaluation_error.is_empty() => Self {
                not_asked: Some(format!(
                    "an authorizer of the API server failed: {}",
                    review.evaluation_error
                )),
                ..by_rules
            },
            _ if is_itself || by_rules.is_no_of_the_whole(rules.may_be_by_policy) => {
                by_rules.refused(Vec::new())
            }
            // The name or the policies may allow it once it calls: what the rules say stands.
            _ => Self {
                not_asked: Some(NO_OF_A_PART.to_owned()),
                ..by_rules
            },
        }
    }

    fn allowed(self, reason: String) -> Self {
        let is_explained = self.permission == Permission::Yes;
        Self {
            permission: Permission::Yes,
            answered_by: AnsweredBy::ApiServer,
            granted_by: match is_explained {
                true => self.granted_by,
                false => vec![GrantedBy::ApiServer { reason }],
            },
            nearest: Vec::new(),
            reasons: Vec::new(),
            ..self
        }
    }

    fn refused(self, reasons: Vec<String>) -> Self {
        let because = match (self.permission, reasons.is_empty()) {
            (Permission::Yes, true) => vec![
                "the API server does not allow it, although what was read does: it was read at another moment, or a change is not in force yet"
                    .to_owned(),
            ],
            (_, true) => vec!["no authorizer of the API server allows it".to_owned()],
            (_, false) => reasons,
        };
        Self {
            permission: Permission::No,
            answered_by: AnsweredBy::ApiServer,
            granted_by: Vec::new(),
            reasons: because,
            ..self
        }
    }

    /// Whether the API server was asked about all that could allow it.
    fn is_no_of_the_whole(&self, may_be_by_policy: bool) -> bool {
        let is_known = self.user.as_ref().is_some_and(RbacUser::is_known);
        is_known && !may_be_by_policy
    }

    /// Several answers of which the cluster picks one at random: they count as far as all agree.
    pub fn at_random(answers: Vec<Self>) -> Self {
        let first = answers.first().map(|answer| answer.permission);
        let agree = answers
            .iter()
            .all(|answer| Some(answer.permission) == first);
        let note = "several mappings match, and the cluster picks one of them at each request";
        let answered_by = match answers
            .iter()
            .all(|answer| answer.answered_by == AnsweredBy::ApiServer)
        {
            true => AnsweredBy::ApiServer,
            false => AnsweredBy::Rules,
        };
        let mut all = Self {
            answered_by,
            ..Self::without_mapping(
                first.filter(|_| agree).unwrap_or(Permission::NotKnown),
                vec![note.to_owned()],
            )
        };
        for answer in answers {
            all.granted_by.extend(answer.granted_by);
            all.nearest.extend(answer.nearest);
            all.reasons.extend(answer.reasons);
            all.not_asked = all.not_asked.or(answer.not_asked);
        }
        all.nearest.dedup();
        all.reasons.dedup();
        all
    }
}
