//! What of the right to remove roles and bindings a role gives: by that the bindings of whoever acts go one after another, so that all of them can go.

use eksauth_core::kubernetes::rbac::{PolicyRule, ResourceQuestion};

use super::departing::Stage;
use crate::ports::rbac_objects::{RBAC_GROUP, RbacKind, RbacObject};

const OF_NAMESPACES: [&str; 2] = ["roles", "rolebindings"];
const OF_CLUSTER: [&str; 2] = ["clusterroles", "clusterrolebindings"];

/// What a removal needs: what is there is read, and deleted.
const NEEDED: [&str; 2] = ["get", "delete"];

/// What it may need: what was there before is changed and stays.
const OF_USE: [&str; 3] = ["get", "delete", "patch"];

/// What of it a role gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RemovalRights {
    of_namespaces: bool,
    of_cluster: bool,
    all_of_cluster: bool,
    everything: bool,
}

impl RemovalRights {
    /// Of a role whose rules nobody here knows: any of it, and not all by itself.
    pub(crate) const UNKNOWN: Self = Self {
        of_namespaces: true,
        of_cluster: true,
        all_of_cluster: false,
        everything: false,
    };

    /// Of the rules of one role. One that is for some names only counts as well, and is not all.
    pub(crate) fn of_rules(rules: &[PolicyRule]) -> Self {
        let is_of_use = |resources: [&str; 2]| {
            let any_name = rules.iter().map(|rule| PolicyRule {
                resource_names: Vec::new(),
                ..rule.clone()
            });
            let mut rules = any_name.into_iter();
            rules.any(|rule| any(&OF_USE, &resources, |verb, of| gives(&rule, verb, of)))
        };
        let has = |verb: &str, resource: &str| rules.iter().any(|rule| gives(rule, verb, resource));
        Self {
            of_namespaces: is_of_use(OF_NAMESPACES),
            of_cluster: is_of_use(OF_CLUSTER),
            all_of_cluster: !any(&NEEDED, &OF_CLUSTER, |verb, of| !has(verb, of)),
            everything: rules.iter().any(is_everything),
        }
    }

    /// Of a role. What one gathers from others nobody knows here.
    pub(crate) fn of_role(role: &RbacObject) -> Self {
        match role.is_aggregated {
            true => Self::UNKNOWN,
            false => Self::of_rules(&role.fields.policy_rules()),
        }
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Whether a binding of a kind gives every right that there is in the cluster, so that whoever has it needs no other.
    pub(crate) fn give_everything(self, binding: RbacKind) -> bool {
        self.everything && !binding.is_namespaced()
    }

    /// When a binding of a kind that gives them goes.
    pub(crate) fn stage(self, binding: RbacKind) -> Stage {
        match (binding.is_namespaced(), self.of_cluster) {
            (true, _) if self.of_namespaces => Stage::InNamespace,
            (true, _) => Stage::First,
            (false, true) if self.all_of_cluster => Stage::Last,
            (false, true) => Stage::InPart,
            (false, false) if self.of_namespaces => Stage::OfNamespaces,
            (false, false) => Stage::First,
        }
    }
}

fn any(verbs: &[&str], resources: &[&str], is_so: impl Fn(&str, &str) -> bool) -> bool {
    let mut verbs = verbs.iter();
    verbs.any(|verb| resources.iter().any(|resource| is_so(verb, resource)))
}

fn is_everything(rule: &PolicyRule) -> bool {
    let parts = [&rule.verbs, &rule.api_groups, &rule.resources];
    let is_any = |words: &Vec<String>| words.iter().any(|word| word == "*");
    parts.into_iter().all(is_any) && rule.resource_names.is_empty()
}

fn gives(rule: &PolicyRule, verb: &str, resource: &str) -> bool {
    rule.allows(&ResourceQuestion {
        verb: verb.to_owned(),
        api_group: RBAC_GROUP.to_owned(),
        resource: resource.to_owned(),
        subresource: String::new(),
        namespace: String::new(),
        name: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], resources: &[&str]) -> PolicyRule {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PolicyRule {
            verbs: owned(verbs),
            api_groups: owned(&[RBAC_GROUP]),
            resources: owned(resources),
            resource_names: Vec::new(),
        }
    }

    fn of_some(rule: PolicyRule) -> PolicyRule {
        PolicyRule {
            resource_names: vec!["own".to_owned()],
            ..rule
        }
    }

    #[test]
    fn what_removes_others_goes_after_what_removes_less() {
        let of_cluster = ["clusterroles", "clusterrolebindings"];
        let in_cluster = |rules: &[PolicyRule]| {
            RemovalRights::of_rules(rules).stage(RbacKind::ClusterRoleBinding)
        };
        let cases = [
            (vec![rule(&["*"], &["*"])], Stage::Last),
            (vec![rule(&["get", "delete"], &of_cluster)], Stage::Last),
            (
                vec![rule(&["get"], &of_cluster), rule(&["delete"], &of_cluster)],
                Stage::Last,
            ),
            (vec![rule(&["delete"], &of_cluster)], Stage::InPart),
            (vec![rule(&["*"], &["clusterroles"])], Stage::InPart),
            (vec![of_some(rule(&["*"], &of_cluster))], Stage::InPart),
            (vec![rule(&["*"], &["roles"])], Stage::OfNamespaces),
            (vec![rule(&["list", "watch"], &["*"])], Stage::First),
            (vec![rule(&["*"], &["configmaps"])], Stage::First),
        ];
        for (rules, stage) in cases {
            assert_eq!(in_cluster(&rules), stage, "{rules:?}");
        }
        let unknown = RemovalRights::UNKNOWN;
        assert_eq!(unknown.stage(RbacKind::ClusterRoleBinding), Stage::InPart);
    }

    #[test]
    fn only_all_of_the_cluster_is_everything() {
        let all = PolicyRule {
            api_groups: vec!["*".to_owned()],
            ..rule(&["*"], &["*"])
        };
        let of_rbac = rule(&["*"], &["*"]);
        let (binding, in_namespace) = (RbacKind::ClusterRoleBinding, RbacKind::RoleBinding);
        let gives = |rule: &PolicyRule, kind| {
            RemovalRights::of_rules(std::slice::from_ref(rule)).give_everything(kind)
        };
        assert!(gives(&all, binding));
        assert!(!gives(&all, in_namespace));
        assert!(!gives(&of_rbac, binding));
        assert!(!gives(&of_some(all), binding));
        assert!(!RemovalRights::UNKNOWN.give_everything(binding));
    }

    #[test]
    fn in_a_namespace_nothing_of_the_cluster_is_given() {
        let in_namespace = |resource: &str| {
            RemovalRights::of_rules(&[rule(&["*"], &[resource])]).stage(RbacKind::RoleBinding)
        };
        assert_eq!(in_namespace("clusterrolebindings"), Stage::First);
        assert_eq!(in_namespace("rolebindings"), Stage::InNamespace);
        assert_eq!(in_namespace("*"), Stage::InNamespace);
    }
}
