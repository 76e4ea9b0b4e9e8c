//! From RBAC objects to the groups and users that hold all power, or may at least mend aws-auth.
//!
//! Only what is certain counts: a rule limited to other names, another group or another namespace gives nothing.
//! Source: Kubernetes documentation, "Using RBAC Authorization".

use std::collections::BTreeSet;

use eksauth_core::access::lockout::Rbac;
use eksauth_core::aws_auth;

use crate::ports::rbac::{Binding, PolicyRule, RbacObjects, Role, Subject};

/// Who holds which power by these objects.
pub fn rbac_of(objects: &RbacObjects) -> Rbac {
    let mut rbac = Rbac {
        is_readable: true,
        ..Rbac::default()
    };
    for binding in &objects.cluster_role_bindings {
        let rules = rules_of(&objects.cluster_roles, &binding.role);
        if rules.iter().any(allows_everything) {
            rbac.admins.extend(names(binding));
        }
        if allows_writing_aws_auth(rules) {
            rbac.aws_auth_writers.extend(names(binding));
        }
    }
    for binding in &objects.role_bindings {
        let roles = if binding.refers_to_cluster_role {
            &objects.cluster_roles
        } else {
            &objects.roles
        };
        if allows_writing_aws_auth(rules_of(roles, &binding.role)) {
            rbac.aws_auth_writers.extend(names(binding));
        }
    }
    rbac
}

fn rules_of<'a>(roles: &'a [Role], name: &str) -> &'a [PolicyRule] {
    roles
        .iter()
        .find(|role| role.name == name)
        .map(|role| role.rules.as_slice())
        .unwrap_or_default()
}

fn names(binding: &Binding) -> BTreeSet<String> {
    let name = |subject: &Subject| match subject {
        Subject::Group(name) | Subject::User(name) => name.clone(),
    };
    binding.subjects.iter().map(name).collect()
}

fn lists(values: &[String], wanted: &str) -> bool {
    values.iter().any(|value| value == wanted || value == "*")
}

fn allows_everything(rule: &PolicyRule) -> bool {
    let is_all = |values: &[String]| values.iter().any(|value| value == "*");
    is_all(&rule.verbs)
        && is_all(&rule.api_groups)
        && is_all(&rule.resources)
        && rule.resource_names.is_empty()
}

/// Reading and writing may come from two rules of one role.
fn allows_writing_aws_auth(rules: &[PolicyRule]) -> bool {
    let allows = |verbs: &[&str]| {
        rules.iter().any(|rule| {
            verbs.iter().any(|verb| lists(&rule.verbs, verb))
                && lists(&rule.api_groups, "")
                && lists(&rule.resources, "configmaps")
                && (rule.resource_names.is_empty()
                    || rule
                        .resource_names
                        .iter()
                        .any(|name| name == aws_auth::NAME))
        })
    };
    allows(&["get"]) && allows(&["update", "patch"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn rule(verbs: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
        PolicyRule {
            verbs: texts(verbs),
            api_groups: texts(&[""]),
            resources: texts(resources),
            resource_names: texts(names),
        }
    }

    fn role(name: &str, rules: &[PolicyRule]) -> Role {
        Role {
            name: name.to_owned(),
            rules: rules.to_vec(),
        }
    }

    fn binding(role: &str, refers_to_cluster_role: bool, group: &str) -> Binding {
        Binding {
            refers_to_cluster_role,
            role: role.to_owned(),
            subjects: vec![Subject::Group(group.to_owned())],
        }
    }

    #[test]
    fn cluster_admins_and_writers_of_aws_auth_are_told_from_everybody_else() {
        let all = PolicyRule {
            verbs: texts(&["*"]),
            api_groups: texts(&["*"]),
            resources: texts(&["*"]),
            resource_names: Vec::new(),
        };
        let objects = RbacObjects {
            cluster_roles: vec![
                role("cluster-admin", &[all]),
                role(
                    "mender",
                    &[
                        rule(&["get"], &["configmaps"], &[]),
                        rule(&["patch"], &["configmaps"], &["aws-auth"]),
                    ],
                ),
                role("reader", &[rule(&["get", "list"], &["configmaps"], &[])]),
                role("other-maps", &[rule(&["*"], &["configmaps"], &["coredns"])]),
            ],
            cluster_role_bindings: vec![
                binding("cluster-admin", true, "platform"),
                binding("reader", true, "viewers"),
                binding("other-maps", true, "dns"),
                binding("gone", true, "nobody"),
            ],
            roles: vec![role("editor", &[rule(&["*"], &["*"], &[])])],
            role_bindings: vec![
                binding("editor", false, "ops"),
                binding("mender", true, "menders"),
            ],
        };
        assert_eq!(
            rbac_of(&objects),
            Rbac {
                admins: BTreeSet::from(["platform".to_owned()]),
                aws_auth_writers: BTreeSet::from([
                    "menders".to_owned(),
                    "ops".to_owned(),
                    "platform".to_owned()
                ]),
                is_readable: true,
            }
        );
    }
}
