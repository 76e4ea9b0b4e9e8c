//! What a rule leads to beside what it says: ways to everything, and the writing of aws-auth.

use super::{MASTERS, PolicyRule, RBAC_GROUP, allow_everything, lists};
use crate::aws_auth;

/// A way to more than a rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Road {
    /// Binding or escalating roles.
    Escalate,
    /// Writing bindings of the whole cluster.
    WriteBindings,
    /// Impersonating users or groups.
    Impersonate,
    /// Writing aws-auth.
    WriteAwsAuth,
}

impl Road {
    /// What its holder may do, in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Escalate => "may bind or escalate roles",
            Self::WriteBindings => "may write role bindings",
            Self::Impersonate => "may impersonate others",
            Self::WriteAwsAuth => "may write aws-auth",
        }
    }
}

/// Whether the rules of a role give anything of what is judged, or a part of it: by other roles somebody may have the rest.
pub fn give_a_part(rules: &[PolicyRule]) -> bool {
    let all: Vec<&PolicyRule> = rules.iter().collect();
    reads_aws_auth(&all) || changes_aws_auth(&all) || rules.iter().any(is_a_step)
}

/// The ways to everything that the rules of a role are, bound in the whole cluster or in kube-system. None where they allow everything anyway.
pub fn roads(rules: &[PolicyRule], is_cluster_wide: bool) -> Vec<Road> {
    if is_cluster_wide && allow_everything(rules) {
        return Vec::new();
    }
    let of_rules = rules.iter().filter(|_| is_cluster_wide).filter_map(road_of);
    let of_aws_auth = allows_writing_aws_auth(rules).then_some(Road::WriteAwsAuth);
    let mut found: Vec<Road> = of_rules.chain(of_aws_auth).collect();
    found.sort();
    found.dedup();
    found
}

/// Whether a rule may belong to any way to everything, as far as its verbs, API groups and resources say.
fn is_a_step(rule: &PolicyRule) -> bool {
    let any = |values: &[String], wanted: &[&str]| wanted.iter().any(|one| lists(values, one));
    let on_rbac = lists(&rule.api_groups, RBAC_GROUP)
        && any(
            &rule.verbs,
            &["bind", "escalate", "create", "update", "patch"],
        )
        && any(
            &rule.resources,
            &[
                "clusterroles",
                "clusterrolebindings",
                "roles",
                "rolebindings",
            ],
        );
    on_rbac
        || lists(&rule.api_groups, "")
            && any(&rule.verbs, &["impersonate"])
            && any(&rule.resources, &["users", "groups", "serviceaccounts"])
}

/// Whether a rule of a ClusterRoleBinding is a way to more than it says. Impersonation limited by name leads there only as `system:masters`.
pub(super) fn road_of(rule: &PolicyRule) -> Option<Road> {
    let any_verb = |verbs: &[&str]| verbs.iter().any(|verb| lists(&rule.verbs, verb));
    let any_resource =
        |resources: &[&str]| resources.iter().any(|name| lists(&rule.resources, name));
    let is_of_rbac = lists(&rule.api_groups, RBAC_GROUP);
    let binds = any_verb(&["bind", "escalate"]) && any_resource(&["clusterroles", "roles"]);
    let writes = any_verb(&["create", "update", "patch"])
        && any_resource(&["clusterrolebindings", "rolebindings"]);
    let impersonates = lists(&rule.api_groups, "")
        && any_verb(&["impersonate"])
        && any_resource(&["users", "groups"])
        && (rule.resource_names.is_empty()
            || rule.resource_names.iter().any(|name| name == MASTERS));
    match is_of_rbac {
        true if binds => Some(Road::Escalate),
        true if writes => Some(Road::WriteBindings),
        _ if impersonates => Some(Road::Impersonate),
        _ => None,
    }
}

/// Reading and writing may come from two rules of one role.
fn allows_writing_aws_auth(rules: &[PolicyRule]) -> bool {
    let rules: Vec<&PolicyRule> = rules.iter().collect();
    reads_aws_auth(&rules) && changes_aws_auth(&rules)
}

pub(super) fn reads_aws_auth(rules: &[&PolicyRule]) -> bool {
    allow_on_aws_auth(rules, &["get"])
}

pub(super) fn changes_aws_auth(rules: &[&PolicyRule]) -> bool {
    allow_on_aws_auth(rules, &["update", "patch"])
}

fn allow_on_aws_auth(rules: &[&PolicyRule], verbs: &[&str]) -> bool {
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
}
