//! Rules against what the API server serves: verbs, resources and API groups that it does not know are warned of, with the nearest name.
//!
//! A warning and no error: a resource may come with this very apply. What RBAC knows and discovery does not list is known here. Sources: Kubernetes
//! documentation, "Using RBAC Authorization" (special verbs), "Kubelet authentication/authorization" (`nodes/…`), "Certificate Signing Requests" (`signers`),
//! "Authenticating" (impersonation).

use std::collections::BTreeSet;

use eksauth_core::nearness::nearest;
use tf_provider::{AttributePath, Context};

use super::diagnostics::served::{
    RuleFinding, UnknownResource, in_words, not_in_namespaces, unknown_group, unknown_verb,
    without_effect,
};
use super::diagnostics::{self, About};
use super::objects::expand_rule;
use super::schema::GroupBindingModel;
use crate::client::Client;
use crate::clusters::FoundCluster;
use crate::ports::rbac_objects::{Discovery, RbacRule, ServedResource};

/// Verbs that no resource lists.
const SPECIAL_VERBS: [&str; 9] = [
    "use",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
    "attest",
    "proxy",
    "request-serviceaccounts-token-audience",
];

/// Verbs of the API, where no resource of the rule tells.
const VERBS: [&str; 8] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];

/// What RBAC is asked for and no API server lists.
const UNLISTED: [&str; 13] = [
    "users",
    "groups",
    "uids",
    "userextras",
    "signers",
    "nodes/metrics",
    "nodes/stats",
    "nodes/log",
    "nodes/spec",
    "nodes/healthz",
    "nodes/configz",
    "nodes/pods",
    "nodes/checkpoint",
];

/// Warns of what the cluster does not know in the rules that are known.
pub(super) async fn check(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    about: &About,
    planned: &GroupBindingModel,
) {
    let rules = planned.rules.known().into_iter().flatten().enumerate();
    let rules: Vec<(usize, RbacRule)> = rules
        .filter_map(|(index, rule)| Some((index, expand_rule(rule.known()?)?)))
        .filter(|(_, rule)| !rule.resources.is_empty())
        .collect();
    if rules.is_empty() {
        return;
    }
    let discovery = match cx.client.rbac_objects().discovery(cluster).await {
        Ok(discovery) => discovery,
        Err(error) => {
            cx.add(diagnostics::rules_not_checked(about, &error.to_string()));
            return;
        }
    };
    let mut findings = Vec::new();
    for (index, rule) in rules {
        let checked = Checked {
            rule: &rule,
            path: AttributePath::attribute("rules").index(index),
            discovery: &discovery,
            is_in_namespaces: !planned.namespaces.is_null(),
        };
        findings.extend(checked.findings());
    }
    if !findings.is_empty() {
        cx.add(without_effect(about, &findings));
    }
}

struct Checked<'a> {
    rule: &'a RbacRule,
    path: AttributePath,
    discovery: &'a Discovery,
    is_in_namespaces: bool,
}

impl Checked<'_> {
    fn findings(&self) -> Vec<RuleFinding> {
        let mut warnings = self.unknown_groups();
        let is_whole = |group: &String| group == "*" || self.discovery.incomplete.contains(group);
        let takes_any_group = self.rule.api_groups.iter().any(is_whole);
        let mut served = Vec::new();
        for resource in &self.rule.resources {
            if resource.contains('*')
                || UNLISTED.contains(&resource.as_str())
                || resource.starts_with("userextras/")
            {
                continue;
            }
            let found: Vec<&ServedResource> =
                self.of_rule().filter(|one| one.name == *resource).collect();
            if found.is_empty() && !takes_any_group {
                warnings.push(self.unknown_resource(resource));
            }
            let is_elsewhere = !found.is_empty() && found.iter().all(|one| !one.is_namespaced);
            if self.is_in_namespaces && is_elsewhere {
                warnings.push(not_in_namespaces(self.path.clone(), resource));
            }
            served.extend(found);
        }
        warnings.extend(self.unknown_verbs(&served));
        warnings
    }

    /// What is served in the groups of the rule.
    fn of_rule(&self) -> impl Iterator<Item = &ServedResource> {
        let groups = &self.rule.api_groups;
        let is_meant = |group: &String| groups.iter().any(|one| one == "*" || one == group);
        let resources = self.discovery.resources.iter();
        resources.filter(move |one| is_meant(&one.api_group))
    }

    fn unknown_groups(&self) -> Vec<RuleFinding> {
        let served = self.discovery.resources.iter();
        let known: BTreeSet<&String> = served
            .map(|one| &one.api_group)
            .chain(&self.discovery.incomplete)
            .collect();
        let names: Vec<String> = known.iter().map(|name| (*name).clone()).collect();
        let unknown =
            self.rule.api_groups.iter().filter(|group| {
                group.as_str() != "*" && !group.is_empty() && !known.contains(group)
            });
        let warning =
            |group: &String| unknown_group(self.path.clone(), group, nearest(group, &names));
        unknown.map(warning).collect()
    }

    fn unknown_resource(&self, resource: &str) -> RuleFinding {
        let elsewhere: BTreeSet<String> = self
            .discovery
            .resources
            .iter()
            .filter(|one| one.name == resource)
            .map(|one| one.api_group.clone())
            .collect();
        let groups: Vec<String> = self
            .rule
            .api_groups
            .iter()
            .map(|group| in_words(group))
            .collect();
        let own: Vec<String> = self.of_rule().map(|one| one.name.clone()).collect();
        let all = self.discovery.resources.iter();
        let all: Vec<String> = all.map(|one| one.name.clone()).collect();
        let unknown = UnknownResource {
            resource,
            groups,
            elsewhere: elsewhere.into_iter().collect(),
            // Of the rule's groups first, else of any.
            nearest: nearest(resource, &own).or_else(|| nearest(resource, &all)),
        };
        unknown.finding(self.path.clone())
    }

    /// Verbs that none of the rule's resources has.
    fn unknown_verbs(&self, served: &[&ServedResource]) -> Vec<RuleFinding> {
        let is_told = !served.is_empty();
        let of_resources = served.iter().flat_map(|one| one.verbs.iter().cloned());
        let known: BTreeSet<String> = match is_told && self.names_all_resources(served) {
            true => of_resources.collect(),
            false => of_resources.chain(VERBS.map(str::to_owned)).collect(),
        };
        let names: Vec<String> = known
            .iter()
            .cloned()
            .chain(SPECIAL_VERBS.map(str::to_owned))
            .collect();
        let is_unknown = |verb: &&String| {
            verb.as_str() != "*"
                && !known.contains(*verb)
                && !SPECIAL_VERBS.contains(&verb.as_str())
                && !verb.contains(':')
        };
        let warning = |verb: &String| {
            let of = (verb.as_str(), self.rule.resources.as_slice());
            unknown_verb(self.path.clone(), of, nearest(verb, &names))
        };
        self.rule
            .verbs
            .iter()
            .filter(is_unknown)
            .map(warning)
            .collect()
    }

    fn names_all_resources(&self, served: &[&ServedResource]) -> bool {
        let mut resources = self.rule.resources.iter();
        resources.all(|resource| served.iter().any(|one| one.name == *resource))
    }
}
