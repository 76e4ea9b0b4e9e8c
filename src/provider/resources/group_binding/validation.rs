//! What can be said of a configuration of `eksauth_group_binding` without asking anyone.

use tf_provider::{Attr, AttributePath, Diagnostic, Diagnostics};

use super::schema::{GroupBindingModel, RuleModel, Texts};

pub(super) fn validate(config: &GroupBindingModel, diagnostics: &mut Diagnostics) {
    one_role(config, diagnostics);
    if is_empty(&config.groups) && is_empty(&config.users) {
        let text = "Neither `groups` nor `users` names anybody. Name whom the role is bound to, as aws-auth or an access entry maps them.";
        diagnostics.push(at("groups", Diagnostic::error("Nobody Is Bound", text)));
    }
    if config.namespaces.is_known() && is_empty(&config.namespaces) {
        let text = "`namespaces` is empty, so nothing would be bound. Name namespaces, or leave it out for the whole cluster.";
        diagnostics.push(at("namespaces", Diagnostic::error("No Namespace", text)));
    }
    if !config.role.is_null() && config.namespaces.is_null() {
        let text = "A Role is in a namespace. Set `namespaces`, or name a ClusterRole with `cluster_role`.";
        diagnostics.push(at(
            "role",
            Diagnostic::error("Role Without Namespace", text),
        ));
    }
    let rules = config.rules.known();
    if rules.is_some_and(Vec::is_empty) {
        let text = "`rules` is empty, so the role would allow nothing. Write a rule, or name a role that is there with `cluster_role`.";
        diagnostics.push(at("rules", Diagnostic::error("No Rules", text)));
    }
    for (index, element) in rules.into_iter().flatten().enumerate() {
        if let Some(element) = element.known() {
            let path = AttributePath::attribute("rules").index(index);
            rule(path, element, config, diagnostics);
        }
    }
}

fn at(attribute: &str, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.at(AttributePath::attribute(attribute))
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
        let text = format!(
            "`{}` are set, and a binding has one role. Keep one of them.",
            set.join("` and `")
        );
        diagnostics.push(at(second, Diagnostic::error("More Than One Role", text)));
    }
    if given.iter().all(|(_, is_null, _)| *is_null) {
        let text = "No role is given. Set `rules` for a role of its own, or name one that is there with `cluster_role` or `role`.";
        diagnostics.push(at("rules", Diagnostic::error("No Role", text)));
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
        diagnostics.push(Diagnostic::error("Invalid Rule", text).at(path));
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
