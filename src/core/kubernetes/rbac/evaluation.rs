//! Which rule of which binding allows something, as the API server's RBAC authorizer decides it.
//!
//! A ClusterRoleBinding counts for every question, a RoleBinding only for one about its own namespace, and rules on paths only through a
//! ClusterRoleBinding. A rule's `resourceNames` match no question without a name. Source: Kubernetes documentation, "Using RBAC Authorization";
//! k8s.io/kubernetes, the RBAC authorizer.

use std::collections::HashMap;

use super::objects::{BindingObject, BoundSubject, ClusterRbac, RoleObject, RoleRef, UrlRule};
use super::question::{Question, ResourceQuestion};
use super::{MASTERS, PolicyRule, lists, service_account_username};
use crate::aws_auth::username_template::fits;

/// The group of everybody who is admitted.
pub const AUTHENTICATED: &str = "system:authenticated";

/// The name of a user or group, or a template that becomes one when somebody calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoundName {
    /// As RBAC compares it.
    Known(String),
    /// It has a placeholder whose value is not known.
    Template(String),
}

/// A user as RBAC sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RbacUser {
    /// Its name.
    pub name: BoundName,
    /// Its groups.
    pub groups: Vec<BoundName>,
}

/// Whether somebody is a binding's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// If its template becomes that name.
    Perhaps,
    /// In any case.
    Surely,
}

/// The rule that allows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantingRule<'a> {
    /// On objects.
    Resource(&'a PolicyRule),
    /// On paths.
    Url(&'a UrlRule),
}

/// One way in which somebody may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RbacGrant<'a> {
    /// By which binding.
    pub binding: &'a BindingObject,
    /// As which of its subjects.
    pub subject: &'a BoundSubject,
    /// By which rule of its role.
    pub rule: GrantingRule<'a>,
    /// Whether it is that subject.
    pub certainty: Certainty,
}

/// What a user has by RBAC: each binding that names it, with the role's rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'a> {
    pub(super) binding: &'a BindingObject,
    pub(super) subject: &'a BoundSubject,
    pub(super) certainty: Certainty,
    /// `None` where there is no such role, or the roles could not be read.
    pub(super) role: Option<&'a RoleObject>,
}

/// The RBAC objects of a cluster, arranged for questions.
pub struct Evaluator<'a> {
    pub(super) rbac: &'a ClusterRbac,
    roles: HashMap<(&'a str, &'a str), &'a RoleObject>,
}

impl RbacUser {
    /// Whether it may do everything, whatever RBAC says.
    pub fn is_master(&self) -> bool {
        let masters = BoundName::Known(MASTERS.to_owned());
        self.groups.contains(&masters)
    }

    /// Whether its name and groups are known without a session of it.
    pub fn is_known(&self) -> bool {
        self.groups
            .iter()
            .chain([&self.name])
            .all(|name| matches!(name, BoundName::Known(_)))
    }

    pub(super) fn is_subject(&self, subject: &BoundSubject, namespace: &str) -> Option<Certainty> {
        match subject {
            BoundSubject::User(name) => self.name.becomes(name),
            BoundSubject::Group(name) => {
                let groups = self.groups.iter().filter_map(|group| group.becomes(name));
                groups.max()
            }
            BoundSubject::ServiceAccount {
                namespace: own,
                name,
            } => {
                let place = if own.is_empty() { namespace } else { own };
                (!place.is_empty()).then_some(())?;
                self.name.becomes(&service_account_username(place, name))
            }
        }
    }
}

impl BoundName {
    fn becomes(&self, name: &str) -> Option<Certainty> {
        match self {
            Self::Known(known) => (known == name).then_some(Certainty::Surely),
            Self::Template(template) => fits(name, template).then_some(Certainty::Perhaps),
        }
    }

    /// The name, or the template as it is written.
    pub fn text(&self) -> &str {
        match self {
            Self::Known(text) | Self::Template(text) => text,
        }
    }
}

impl<'a> Evaluator<'a> {
    /// Arranges the objects.
    pub fn new(rbac: &'a ClusterRbac) -> Self {
        let listed = [&rbac.cluster_roles, &rbac.roles];
        let roles = listed.into_iter().flatten().flatten();
        Self {
            rbac,
            roles: roles
                .map(|role| ((role.namespace.as_str(), role.name.as_str()), role))
                .collect(),
        }
    }

    /// Every way in which a user may do something, the surest first.
    pub fn grants(&self, user: &RbacUser, question: &Question) -> Vec<RbacGrant<'a>> {
        let mut found: Vec<RbacGrant<'a>> = self
            .held(user)
            .filter(|held| counts_for(held.binding, question))
            .filter_map(|held| {
                Some(RbacGrant {
                    binding: held.binding,
                    subject: held.subject,
                    rule: held.role?.allows(question)?,
                    certainty: held.certainty,
                })
            })
            .collect();
        found.sort_by_key(|grant| std::cmp::Reverse(grant.certainty));
        found
    }

    /// What could decide the question and was not read.
    pub fn unread(&self, user: &RbacUser, question: &Question) -> Vec<String> {
        if user.is_master() {
            return Vec::new();
        }
        let rbac = self.rbac;
        let mut reasons: Vec<&String> = Vec::new();
        reasons.extend(rbac.cluster_role_bindings.as_ref().err());
        if !question.namespace().is_empty() {
            reasons.extend(rbac.role_bindings.as_ref().err());
        }
        let refers = |is_cluster_role: bool| {
            self.held(user).any(|held| {
                counts_for(held.binding, question)
                    && held.binding.role.is_cluster_role == is_cluster_role
            })
        };
        if refers(true) {
            reasons.extend(rbac.cluster_roles.as_ref().err());
        }
        if refers(false) {
            reasons.extend(rbac.roles.as_ref().err());
        }
        reasons.dedup();
        reasons.into_iter().cloned().collect()
    }

    /// Every binding that names a user, by the subject that it surely is if there is one.
    pub(super) fn held(&self, user: &RbacUser) -> impl Iterator<Item = Held<'a>> {
        self.rbac.bindings().filter_map(move |binding| {
            let subjects = binding.subjects.iter().filter_map(|subject| {
                Some((user.is_subject(subject, &binding.namespace)?, subject))
            });
            // The first of the surest, as it stands in the binding.
            let (certainty, subject) = subjects.rev().max_by_key(|(certainty, _)| *certainty)?;
            Some(Held {
                binding,
                subject,
                certainty,
                role: self.role(binding),
            })
        })
    }

    /// The role that a binding gives.
    pub fn role(&self, binding: &BindingObject) -> Option<&'a RoleObject> {
        let RoleRef {
            is_cluster_role,
            name,
        } = &binding.role;
        let namespace = match is_cluster_role {
            true => "",
            false => &binding.namespace,
        };
        self.roles.get(&(namespace, name.as_str())).copied()
    }
}

/// Whether a binding has a say in a question at all.
pub(super) fn counts_for(binding: &BindingObject, question: &Question) -> bool {
    binding.is_cluster_wide()
        || !question.namespace().is_empty() && binding.namespace == question.namespace()
}

impl RoleObject {
    /// The rule that allows it.
    pub fn allows(&self, question: &Question) -> Option<GrantingRule<'_>> {
        match question {
            Question::Resource(question) => self
                .rules
                .iter()
                .find(|rule| rule.allows(question))
                .map(GrantingRule::Resource),
            Question::Url { verb, path } => self
                .url_rules
                .iter()
                .find(|rule| rule.allows(verb, path))
                .map(GrantingRule::Url),
        }
    }
}

impl PolicyRule {
    /// Whether the rule allows it.
    pub fn allows(&self, question: &ResourceQuestion) -> bool {
        lists(&self.verbs, &question.verb)
            && lists(&self.api_groups, &question.api_group)
            && self.covers_resource(question)
            && self.covers_name(&question.name)
    }

    /// `*` is every resource and every subresource, `*/scale` that subresource of all.
    pub(super) fn covers_resource(&self, question: &ResourceQuestion) -> bool {
        let combined = question.combined();
        let of_all = format!("*/{}", question.subresource);
        self.resources.iter().any(|resource| {
            resource == "*"
                || *resource == combined
                || !question.subresource.is_empty() && *resource == of_all
        })
    }

    pub(super) fn covers_name(&self, name: &str) -> bool {
        self.resource_names.is_empty() || self.resource_names.iter().any(|named| named == name)
    }
}

impl UrlRule {
    /// Whether the rule allows it. A path that ends with `*` is every path that starts so.
    pub fn allows(&self, verb: &str, path: &str) -> bool {
        lists(&self.verbs, verb) && self.covers_path(path)
    }

    pub(super) fn covers_path(&self, path: &str) -> bool {
        let covers = |written: &String| {
            written == "*"
                || written == path
                || written.ends_with('*') && path.starts_with(written.trim_end_matches('*'))
        };
        self.paths.iter().any(covers)
    }
}
