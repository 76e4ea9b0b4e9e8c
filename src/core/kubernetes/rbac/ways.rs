//! Ways from what rules allow to all power: parts of one, and whole ones.
//!
//! A part alone may lead nowhere: whoever writes bindings and may bind no role gives away nothing but what it has. So a part counts where somebody
//! loses it, and only a whole way where somebody is to be left who can mend the cluster. Parts may come from several bindings of one subject.
//! Source: Kubernetes documentation, "Using RBAC Authorization" (restrictions on role creation, update and bindings) and "User Impersonation".

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Binding, MASTERS, Part, PolicyRule, RBAC_GROUP, RbacObjects, Role, Subject, Subjects,
    allow_everything, lists, rules_of,
};

/// A user name of a service account, which is impersonated as one.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// What one subject has in the whole cluster.
#[derive(Default)]
struct Held<'a> {
    /// The ClusterRoles that it is bound to.
    roles: BTreeSet<&'a str>,
    rules: Vec<&'a PolicyRule>,
}

/// What all power is given by.
pub(super) struct Powerful<'a> {
    /// ClusterRoles that allow everything.
    roles: BTreeSet<&'a str>,
    /// Whom ClusterRoleBindings give one.
    subjects: BTreeSet<&'a Subject>,
    /// The roles that ClusterRoleBindings give.
    bound: BTreeSet<&'a str>,
}

impl<'a> Powerful<'a> {
    pub(super) fn of(objects: &'a RbacObjects) -> Self {
        let is_powerful = |role: &&Role| allow_everything(&role.rules);
        let powerful = objects.cluster_roles.iter().filter(is_powerful);
        let roles: BTreeSet<&str> = powerful.map(|role| role.name.as_str()).collect();
        let gives = |binding: &&Binding| roles.contains(binding.role.as_str());
        let bindings: Vec<&Binding> = objects.cluster_role_bindings.iter().filter(gives).collect();
        Self {
            subjects: bindings
                .iter()
                .flat_map(|binding| &binding.subjects)
                .collect(),
            bound: bindings
                .iter()
                .map(|binding| binding.role.as_str())
                .collect(),
            roles,
        }
    }
}

/// Who has a whole way to everything in the cluster, and can go it alone.
pub(super) fn whole_ways(objects: &RbacObjects) -> Subjects {
    let powerful = Powerful::of(objects);
    let mut found = Subjects::default();
    for (subject, _) in held(objects)
        .iter()
        .filter(|(_, has)| has.is_a_way(&powerful))
    {
        found.insert(subject);
    }
    found
}

/// Which parts of ways everybody has who is bound to anything in the whole cluster.
pub(super) fn parts(objects: &RbacObjects) -> BTreeMap<&Subject, BTreeSet<Part>> {
    let powerful = Powerful::of(objects);
    let held = held(objects);
    let bound: BTreeSet<&str> = held.values().flat_map(|has| has.roles.clone()).collect();
    held.into_iter()
        .map(|(subject, has)| (subject, has.parts(&powerful, &bound)))
        .collect()
}

fn held(objects: &RbacObjects) -> BTreeMap<&Subject, Held<'_>> {
    let mut held: BTreeMap<&Subject, Held<'_>> = BTreeMap::new();
    for binding in &objects.cluster_role_bindings {
        let rules = rules_of(&objects.cluster_roles, &binding.role);
        if rules.is_empty() {
            continue;
        }
        for subject in &binding.subjects {
            let has = held.entry(subject).or_default();
            has.roles.insert(&binding.role);
            has.rules.extend(rules);
        }
    }
    held
}

impl Held<'_> {
    fn is_a_way(&self, powerful: &Powerful<'_>) -> bool {
        self.rules.iter().any(|rule| super::allows_everything(rule))
            || self.binds(powerful)
            || self.escalates()
            || self.impersonates(powerful)
    }

    /// Whether a rule allows one of the verbs, on a name as `covers` says it of the rule's names.
    fn allows(
        &self,
        verbs: &[&str],
        (group, resource): (&str, &str),
        covers: impl Fn(&PolicyRule) -> bool,
    ) -> bool {
        self.rules.iter().any(|rule| {
            verbs.iter().any(|verb| lists(&rule.verbs, verb))
                && lists(&rule.api_groups, group)
                && lists(&rule.resources, resource)
                && covers(rule)
        })
    }

    /// The parts of ways that it has, on ClusterRoles that somebody is bound to.
    fn parts(&self, powerful: &Powerful<'_>, bound: &BTreeSet<&str>) -> BTreeSet<Part> {
        let has = [
            (Part::MakesBindings, self.makes_bindings()),
            (Part::BindsAll, self.binds_one_of(&powerful.roles)),
            (Part::ChangesBindings, self.changes_bindings()),
            (Part::BindsAllAsBound, self.binds_one_of(&powerful.bound)),
            (Part::TakesAName, self.takes_a_name()),
            (Part::TakesAllByGroup, self.takes_all_by_group(powerful)),
        ];
        let has = has.into_iter().filter(|(_, has)| *has);
        let mut parts: BTreeSet<Part> = has.map(|(part, _)| part).collect();
        for role in bound {
            if self.roles.contains(role) {
                parts.insert(Part::IsIn((*role).to_owned()));
            }
            if self.may_escalate(role) {
                parts.insert(Part::Escalates((*role).to_owned()));
            }
            if self.changes_role(role) {
                parts.insert(Part::ChangesRole((*role).to_owned()));
            }
        }
        parts
    }

    /// A new binding of a powerful role, or oneself in one that is there. Whoever binds one in kube-system has its service accounts, and so everything.
    fn binds(&self, powerful: &Powerful<'_>) -> bool {
        self.makes_bindings() && self.binds_one_of(&powerful.roles)
            || self.changes_bindings() && self.binds_one_of(&powerful.bound)
    }

    fn binds_one_of(&self, roles: &BTreeSet<&str>) -> bool {
        roles.iter().any(|role| {
            let covers = |rule: &PolicyRule| rule.covers_name(role);
            self.allows(&["bind"], (RBAC_GROUP, "clusterroles"), covers)
        })
    }

    fn makes_bindings(&self) -> bool {
        self.writes(&["create"], "clusterrolebindings") || self.writes(&["create"], "rolebindings")
    }

    fn changes_bindings(&self) -> bool {
        self.writes(&["update", "patch"], "clusterrolebindings")
    }

    fn writes(&self, verbs: &[&str], resource: &str) -> bool {
        let of_all = |rule: &PolicyRule| rule.resource_names.is_empty();
        self.allows(verbs, (RBAC_GROUP, resource), of_all)
    }

    /// More rules in a role that it has itself.
    fn escalates(&self) -> bool {
        let mut roles = self.roles.iter();
        roles.any(|role| self.may_escalate(role) && self.changes_role(role))
    }

    fn may_escalate(&self, role: &str) -> bool {
        let covers = |rule: &PolicyRule| rule.covers_name(role);
        self.allows(&["escalate"], (RBAC_GROUP, "clusterroles"), covers)
    }

    fn changes_role(&self, role: &str) -> bool {
        let covers = |rule: &PolicyRule| rule.covers_name(role);
        self.allows(&["update", "patch"], (RBAC_GROUP, "clusterroles"), covers)
    }

    /// Somebody who may do everything. A group is taken only together with a name.
    fn impersonates(&self, powerful: &Powerful<'_>) -> bool {
        let may_be_group = |name: &str| self.takes_a_name() && self.may_be("groups", Some(name));
        let may_be_subject = |subject: &&Subject| match subject {
            Subject::Group(name) => may_be_group(name),
            Subject::User(name) => match name.strip_prefix(SERVICE_ACCOUNT) {
                Some(account) => {
                    let name = account.split_once(':').map(|(_, name)| name);
                    name.is_some() && self.may_be("serviceaccounts", name)
                }
                None => self.may_be("users", Some(name)),
            },
        };
        may_be_group(MASTERS) || powerful.subjects.iter().any(may_be_subject)
    }

    fn may_be(&self, resource: &str, name: Option<&str>) -> bool {
        let covers = |rule: &PolicyRule| name.is_none_or(|name| rule.covers_name(name));
        self.allows(&["impersonate"], ("", resource), covers)
    }

    fn takes_a_name(&self) -> bool {
        self.may_be("users", None) || self.may_be("serviceaccounts", None)
    }

    fn takes_all_by_group(&self, powerful: &Powerful<'_>) -> bool {
        let may_be = |name: &str| self.may_be("groups", Some(name));
        let of_group = |subject: &&Subject| match subject {
            Subject::Group(name) => may_be(name),
            Subject::User(_) => false,
        };
        may_be(MASTERS) || powerful.subjects.iter().any(of_group)
    }
}
