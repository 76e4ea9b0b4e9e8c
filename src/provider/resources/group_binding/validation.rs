//! What can be said of a configuration of `eksauth_group_binding` without asking anyone.

use tf_provider::{Attr, AttributePath, Diagnostics};

use super::diagnostics::configuration;
use super::schema::{GroupBindingModel, RuleModel, Texts};

pub(super) fn validate(config: &GroupBindingModel, diagnostics: &mut Diagnostics) {
    one_role(config, diagnostics);
    if is_empty(&config.groups) && is_empty(&config.users) {
        diagnostics.push(configuration::nobody());
    }
    if config.namespaces.is_known() && is_empty(&config.namespaces) {
        diagnostics.push(configuration::no_namespace());
    }
    if !config.role.is_null() && config.namespaces.is_null() {
        diagnostics.push(configuration::role_without_namespace());
    }
    let rules = config.rules.known();
    if rules.is_some_and(Vec::is_empty) {
        diagnostics.push(configuration::no_rules());
    }
    for (index, element) in rules.into_iter().flatten().enumerate() {
        if let Some(element) = element.known() {
            let path = AttributePath::attribute("rules").index(index);
            rule(path, element, config, diagnostics);
        }
    }
}

fn one_role(config: &GroupBindingModel, diagnostics: &mut Diagnostics) {
    let given = [
        ("rules", config.rules.is_null(), config.rules.is_unknown()),
        (
            "cluster_role",
            config.cluster_role.is_null(),
            config.cluster_role.is_unknown(),
        ),
        ("role", config.role.is_null(), config.role.is_unknown()),
    ];
    let set: Vec<&str> = given
        .iter()
        .filter(|(_, is_null, is_unknown)| !is_null && !is_unknown)
        .map(|(name, _, _)| *name)
        .collect();
    if let [_, second, ..] = set.as_slice() {
        diagnostics.push(configuration::several_roles(&set, second));
    }
    if given.iter().all(|(_, is_null, _)| *is_null) {
        diagnostics.push(configuration::no_role());
    }
}

fn rule(
    path: AttributePath,
    rule: &RuleModel,
    config: &GroupBindingModel,
    diagnostics: &mut Diagnostics,
) {
    let mut fault = |attribute: &str, text: &str| {
        let path = path.clone().at(attribute);
        diagnostics.push(configuration::invalid_rule(path, text));
    };
    if is_empty(&rule.verbs) {
        fault(
            "verbs",
            "A rule without verbs allows nothing. Write verbs such as `get`, or `*`.",
        );
    }
    let has_urls = rule.non_resource_urls.is_unknown() || !is_empty(&rule.non_resource_urls);
    let has_resources = rule.resources.is_unknown() || !is_empty(&rule.resources);
    if !has_urls && !has_resources {
        fault(
            "resources",
            "A rule names `resources`, or `non_resource_urls`; this one names neither.",
        );
    }
    let is_of_urls = rule.non_resource_urls.is_known() && has_urls;
    if is_of_urls
        && (!is_empty(&rule.resources)
            || !is_empty(&rule.api_groups)
            || !is_empty(&rule.resource_names))
    {
        fault(
            "non_resource_urls",
            "`non_resource_urls` stand in a rule of their own, without `api_groups`, `resources` and `resource_names`. Split the rule.",
        );
    }
    if is_of_urls && !config.namespaces.is_null() {
        fault(
            "non_resource_urls",
            "Paths that are no resources are in no namespace, so they count in the whole cluster only. Move the rule to a resource without `namespaces`.",
        );
    }
    if rule.api_groups.is_known() && is_empty(&rule.api_groups) && has_resources && !has_urls {
        fault(
            "api_groups",
            "`api_groups` is empty, so the rule names nothing. Write `[\"\"]` for the core group, or leave it out.",
        );
    }
}

/// True if null or empty for certain.
fn is_empty(texts: &Texts) -> bool {
    match texts {
        Attr::Null => true,
        Attr::Unknown => false,
        Attr::Known(texts) => texts.iter().all(Attr::is_null),
    }
}
