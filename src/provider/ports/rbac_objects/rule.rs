//! One rule of a role.

use std::collections::BTreeSet;
use std::fmt;

use crate::ports::rbac::PolicyRule;

/// One rule of a role, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RbacRule {
    /// The empty text is the core group.
    pub api_groups: Vec<String>,
    /// `pods`, `pods/log`, `*`.
    pub resources: Vec<String>,
    /// `get`, `*`.
    pub verbs: Vec<String>,
    /// Empty: all of them.
    pub resource_names: Vec<String>,
    /// `/metrics`.
    pub non_resource_urls: Vec<String>,
}

impl RbacRule {
    /// As rules are judged: paths that are no objects decide nothing there.
    pub fn to_policy_rule(&self) -> PolicyRule {
        PolicyRule {
            verbs: self.verbs.clone(),
            api_groups: self.api_groups.clone(),
            resources: self.resources.clone(),
            resource_names: self.resource_names.clone(),
        }
    }

    /// The same without regard to order and repetition, which mean nothing.
    pub fn canonical(&self) -> [BTreeSet<&str>; 5] {
        [
            &self.api_groups,
            &self.resources,
            &self.verbs,
            &self.resource_names,
            &self.non_resource_urls,
        ]
        .map(|texts| texts.iter().map(String::as_str).collect())
    }
}

impl fmt::Display for RbacRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |texts: &[String]| {
            let named = texts.iter().map(|text| match text.as_str() {
                "" => "\"\"",
                text => text,
            });
            named.collect::<Vec<_>>().join(",")
        };
        write!(f, "{} ", list(&self.verbs))?;
        match self.non_resource_urls.is_empty() {
            false => write!(f, "{}", list(&self.non_resource_urls))?,
            true => write!(f, "{} in {}", list(&self.resources), list(&self.api_groups))?,
        }
        match self.resource_names.is_empty() {
            true => Ok(()),
            false => write!(f, " named {}", list(&self.resource_names)),
        }
    }
}

/// Whether two lists of rules say the same.
pub fn are_same_rules(one: &[RbacRule], other: &[RbacRule]) -> bool {
    let canonical = |rules: &[RbacRule]| -> BTreeSet<[BTreeSet<String>; 5]> {
        let owned = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect();
        rules
            .iter()
            .map(|rule| rule.canonical().map(owned))
            .collect()
    };
    canonical(one) == canonical(other)
}

#[cfg(test)]
mod tests {
    use super::super::{RbacField, RbacFields};
    use super::*;

    fn rule(verbs: &[&str], resources: &[&str]) -> RbacRule {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        RbacRule {
            api_groups: texts(&["", "apps"]),
            resources: texts(resources),
            verbs: texts(verbs),
            ..RbacRule::default()
        }
    }

    #[test]
    fn order_and_repetition_of_rules_mean_nothing() {
        let one = [
            rule(&["get", "list"], &["pods"]),
            rule(&["get"], &["secrets"]),
        ];
        let other = [
            rule(&["get"], &["secrets"]),
            rule(&["list", "get", "get"], &["pods"]),
        ];
        assert!(are_same_rules(&one, &other));
        assert!(!are_same_rules(&one, &other[..1]));
        let fields = |rules: &[RbacRule]| RbacFields {
            rules: Some(rules.to_vec()),
            ..RbacFields::default()
        };
        assert_eq!(fields(&one).values(), fields(&other).values());
        assert_eq!(
            fields(&one).values()[&RbacField::Rules],
            "get secrets in \"\",apps; get,list pods in \"\",apps"
        );
    }
}
