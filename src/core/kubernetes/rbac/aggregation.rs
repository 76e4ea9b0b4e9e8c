//! ClusterRoles whose rules are gathered from others by labels. The controller writes them some moments after the others change.
//!
//! Source: Kubernetes documentation, "Using RBAC Authorization" (aggregated ClusterRoles) and "Labels and Selectors".

use std::collections::BTreeMap;

use super::{PolicyRule, RbacObjects, Role};

/// Which labels are meant; an empty one means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// Labels with just these values.
    pub labels: BTreeMap<String, String>,
    /// What else must be so.
    pub requirements: Vec<LabelRequirement>,
}

/// One requirement on a label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelRequirement {
    /// Which label.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
    pub operator: String,
    /// For `In` and `NotIn`.
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Whether labels are meant. An operator that nobody knows means none.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let mut wanted = self.labels.iter();
        wanted.all(|(key, value)| labels.get(key) == Some(value))
            && self
                .requirements
                .iter()
                .all(|requirement| requirement.is_met(labels))
    }
}

impl LabelRequirement {
    fn is_met(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

impl RbacObjects {
    /// The state that the controller brings about: every aggregated ClusterRole has the rules of those that it selects, some of which may be aggregated too.
    pub fn settle(&mut self) {
        let is_aggregated = |role: &&Role| role.aggregation.is_some();
        let most = self.cluster_roles.iter().filter(is_aggregated).count();
        for _ in 0..=most {
            let gathered: Vec<Option<Vec<PolicyRule>>> = self
                .cluster_roles
                .iter()
                .map(|role| self.gathered(role))
                .collect();
            let mut is_settled = true;
            for (role, rules) in self.cluster_roles.iter_mut().zip(gathered) {
                if let Some(rules) = rules.filter(|rules| *rules != role.rules) {
                    role.rules = rules;
                    is_settled = false;
                }
            }
            if is_settled {
                return;
            }
        }
    }

    fn gathered(&self, role: &Role) -> Option<Vec<PolicyRule>> {
        let selectors = role.aggregation.as_ref()?;
        let is_meant = |other: &&Role| {
            other.name != role.name
                && selectors
                    .iter()
                    .any(|selector| selector.selects(&other.labels))
        };
        let mut rules: Vec<PolicyRule> = Vec::new();
        for rule in self
            .cluster_roles
            .iter()
            .filter(is_meant)
            .flat_map(|other| &other.rules)
        {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
        Some(rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str, verb: &[&str], labels: &[(&str, &str)]) -> Role {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let rule = |verb: &&str| PolicyRule {
            verbs: vec![(*verb).to_owned()],
            ..PolicyRule::default()
        };
        Role {
            name: name.to_owned(),
            rules: verb.iter().map(rule).collect(),
            labels: labels.iter().map(pair).collect(),
            aggregation: None,
        }
    }

    fn sum(name: &str, key: &str, labels: &[(&str, &str)]) -> Role {
        Role {
            aggregation: Some(vec![LabelSelector {
                labels: BTreeMap::from([(key.to_owned(), "true".to_owned())]),
                ..LabelSelector::default()
            }]),
            ..role(name, &["old"], labels)
        }
    }

    #[test]
    fn rules_are_gathered_through_every_stage() {
        let mut objects = RbacObjects {
            cluster_roles: vec![
                sum("all", "to-all", &[]),
                sum("part", "to-part", &[("to-all", "true")]),
                role("one", &["get"], &[("to-part", "true")]),
                role("other", &["delete"], &[("to-part", "false")]),
            ],
            ..RbacObjects::default()
        };
        objects.settle();
        for aggregated in &objects.cluster_roles[..2] {
            assert_eq!(aggregated.rules, role("", &["get"], &[]).rules);
        }
        objects.cluster_roles.remove(2);
        objects.settle();
        assert_eq!(objects.cluster_roles[0].rules, []);
    }

    #[test]
    fn selectors_mean_what_kubernetes_says() {
        let labels = BTreeMap::from([("tier".to_owned(), "a".to_owned())]);
        let with = |key: &str, operator: &str, values: &[&str]| LabelSelector {
            requirements: vec![LabelRequirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            }],
            ..LabelSelector::default()
        };
        for (selector, is_meant) in [
            (LabelSelector::default(), true),
            (with("tier", "In", &["a", "b"]), true),
            (with("tier", "NotIn", &["a"]), false),
            (with("zone", "NotIn", &["a"]), true),
            (with("tier", "Exists", &[]), true),
            (with("tier", "DoesNotExist", &[]), false),
            (with("tier", "Like", &["a"]), false),
        ] {
            assert_eq!(selector.selects(&labels), is_meant, "{selector:?}");
        }
    }
}
