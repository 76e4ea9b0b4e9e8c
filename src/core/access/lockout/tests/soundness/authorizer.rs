//! What RBAC allows, found out otherwise than the guard does: single requests are asked for, and every binding and every rule is tried for each.

use crate::kubernetes::rbac::{Binding, PolicyRule, RbacObjects, Role, Subject};

/// What is asked for.
struct Request {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    name: &'static str,
}

const fn request(
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    name: &'static str,
) -> Request {
    Request {
        verb,
        group,
        resource,
        name,
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Requests that only who may do everything may make all.
const EVERYTHING: [Request; 4] = [
    request("frob", "example.com", "things", "one"),
    request("frob", "", "configmaps", "aws-auth"),
    request("get", "example.com", "configmaps", "aws-auth"),
    request("get", "", "things", "aws-auth"),
];
const READS: Request = request("get", "", "configmaps", "aws-auth");
const WRITES: [Request; 2] = [
    request("patch", "", "configmaps", "aws-auth"),
    request("update", "", "configmaps", "aws-auth"),
];
/// Each is a way to everything.
const ROADS: [Request; 6] = [
    request("bind", RBAC, "clusterroles", "any"),
    request("escalate", RBAC, "clusterroles", "any"),
    request("create", RBAC, "clusterrolebindings", "any"),
    request("patch", RBAC, "clusterrolebindings", "any"),
    request("impersonate", "", "users", "any"),
    request("impersonate", "", "groups", "any"),
];

/// What somebody who has logged in may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rights {
    pub(super) everything: bool,
    pub(super) writes: bool,
    pub(super) a_way_there: bool,
}

pub(super) fn rights(objects: &RbacObjects, user: &str, groups: &[&str]) -> Rights {
    let authorizer = Authorizer {
        objects,
        user,
        groups,
    };
    Rights {
        everything: EVERYTHING.iter().all(|one| authorizer.allows(one, false)),
        writes: authorizer.allows(&READS, true)
            && WRITES.iter().any(|one| authorizer.allows(one, true)),
        a_way_there: ROADS.iter().any(|one| authorizer.allows(one, false)),
    }
}

struct Authorizer<'a> {
    objects: &'a RbacObjects,
    user: &'a str,
    groups: &'a [&'a str],
}

impl Authorizer<'_> {
    /// In the whole cluster, or in kube-system alone.
    fn allows(&self, request: &Request, in_kube_system: bool) -> bool {
        let objects = self.objects;
        let by_binding = |binding: &Binding, roles: &[Role]| {
            let mut named = binding.subjects.iter();
            named.any(|subject| self.is(subject))
                && roles
                    .iter()
                    .filter(|role| role.name == binding.role)
                    .any(|role| self.gives(role, request))
        };
        let mut of_cluster = objects.cluster_role_bindings.iter();
        let mut of_namespace = objects.role_bindings.iter().filter(|_| in_kube_system);
        of_cluster.any(|binding| by_binding(binding, &objects.cluster_roles))
            || of_namespace.any(|binding| match binding.refers_to_cluster_role {
                true => by_binding(binding, &objects.cluster_roles),
                false => by_binding(binding, &objects.roles),
            })
    }

    fn is(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Group(name) => {
                name == "system:authenticated" || self.groups.contains(&name.as_str())
            }
            Subject::User(name) => name == self.user,
        }
    }

    /// An aggregated role gives what those give that have the label of its name; here these have rules of their own.
    fn gives(&self, role: &Role, request: &Request) -> bool {
        if role.aggregation.is_none() {
            return role.rules.iter().any(|rule| allows(rule, request));
        }
        let label = format!("to-{}", role.name);
        self.objects
            .cluster_roles
            .iter()
            .filter(|part| part.labels.contains_key(&label))
            .any(|part| part.rules.iter().any(|rule| allows(rule, request)))
    }
}

fn allows(rule: &PolicyRule, request: &Request) -> bool {
    let names = |listed: &[String], wanted: &str| {
        listed.contains(&"*".to_owned()) || listed.contains(&wanted.to_owned())
    };
    names(&rule.verbs, request.verb)
        && names(&rule.api_groups, request.group)
        && names(&rule.resources, request.resource)
        && (rule.resource_names.is_empty()
            || rule.resource_names.contains(&request.name.to_owned()))
}
