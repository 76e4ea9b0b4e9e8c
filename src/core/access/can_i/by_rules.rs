//! What RBAC objects and access policies say of a question, as far as they could be read.

use super::{GrantedBy, Permission};
use crate::access::access_policy::{AccessPolicy, PolicyAnswer};
use crate::kubernetes::rbac::{
    BoundName, Certainty, ClusterRbac, Evaluator, NearRule, Question, RbacUser,
};

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// As whom RBAC sees the principal.
    pub user: &'a RbacUser,
    /// Its access policies.
    pub policies: &'a [AccessPolicy],
    /// The RBAC objects.
    pub rbac: &'a ClusterRbac,
    /// What.
    pub question: &'a Question,
}

/// The rules' answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByRules {
    /// Whether it may.
    pub permission: Permission,
    /// What allows it.
    pub granted_by: Vec<GrantedBy>,
    /// What comes nearest, where nothing allows it.
    pub nearest: Vec<NearRule>,
    /// Why not, or why it is not known.
    pub reasons: Vec<String>,
    /// Whether an access policy allows it or may.
    pub may_be_by_policy: bool,
}

impl Asked<'_> {
    /// Judges the question.
    pub fn by_rules(self) -> ByRules {
        if self.user.is_master() {
            return allowed(vec![GrantedBy::Masters], false);
        }
        let evaluator = Evaluator::new(self.rbac);
        let grants = evaluator.grants(self.user, self.question);
        let allowing: Vec<&AccessPolicy> = self.policies_that(PolicyAnswer::Allows);
        let unknown: Vec<&AccessPolicy> = self.policies_that(PolicyAnswer::NotKnown);
        let may_be_by_policy = !allowing.is_empty() || !unknown.is_empty();
        let surely = grants
            .iter()
            .filter(|grant| grant.certainty == Certainty::Surely)
            .map(|grant| GrantedBy::Binding((*grant).into()));
        let by_policy = allowing.into_iter().cloned().map(GrantedBy::AccessPolicy);
        let granted_by: Vec<GrantedBy> = surely.chain(by_policy).collect();
        if !granted_by.is_empty() {
            return allowed(granted_by, may_be_by_policy);
        }
        let mut open: Vec<String> = grants
            .iter()
            .map(|grant| {
                let names = self.templates().join("`, `");
                let binding = super::GrantingBinding::from(*grant);
                format!("`{names}` is known only once somebody calls, and may become what this names: {binding}")
            })
            .collect();
        open.extend(unknown.into_iter().map(|policy| {
            format!(
                "access policy `{}` counts in {}, and is not known to allow or not to allow it",
                policy.name(),
                policy.scope_text()
            )
        }));
        open.extend(evaluator.unread(self.user, self.question));
        open.extend(self.node_authorizer());
        let permission = match open.is_empty() {
            true => Permission::No,
            false => Permission::NotKnown,
        };
        ByRules {
            permission,
            granted_by: Vec::new(),
            nearest: evaluator.nearest(self.user, self.question),
            reasons: self.reasons(open),
            may_be_by_policy,
        }
    }

    fn reasons(self, mut open: Vec<String>) -> Vec<String> {
        if open.is_empty() {
            open.push(match self.policies {
                [] => "no binding allows it".to_owned(),
                _ => "no binding allows it, and no access policy counts there".to_owned(),
            });
        }
        open
    }

    fn policies_that(&self, wanted: PolicyAnswer) -> Vec<&AccessPolicy> {
        self.policies
            .iter()
            .filter(|policy| policy.answers(self.question) == wanted)
            .collect()
    }

    /// The names of the user that are not known.
    fn templates(&self) -> Vec<&str> {
        let user = self.user;
        let names = [&user.name].into_iter().chain(&user.groups);
        let unknown = names.filter(|name| matches!(name, BoundName::Template(_)));
        unknown.map(BoundName::text).collect()
    }

    /// What nodes may do beside RBAC is the Node authorizer's to say.
    fn node_authorizer(&self) -> Option<String> {
        let is_node = self.user.name.text().starts_with("system:node:")
            && self
                .user
                .groups
                .iter()
                .any(|group| group.text() == "system:nodes");
        is_node.then(|| {
            "the API server's Node authorizer may allow it to a node, which the rules here do not know"
                .to_owned()
        })
    }
}

fn allowed(granted_by: Vec<GrantedBy>, may_be_by_policy: bool) -> ByRules {
    ByRules {
        permission: Permission::Yes,
        granted_by,
        nearest: Vec::new(),
        reasons: Vec::new(),
        may_be_by_policy,
    }
}
