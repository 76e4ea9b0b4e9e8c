//! What is wrong with a configuration, whatever the cluster says.

use tf_provider::{AttributePath, Diagnostic};

/// Whom the role is bound to is missing.
pub(in crate::resources::group_binding) fn nobody() -> Diagnostic {
    let text = "Neither `groups` nor `users` names anybody. Name whom the role is bound to, as aws-auth or an access entry maps them. A binding of nobody gives nothing: one that was imported without anybody needs somebody, or is to be deleted.";
    Diagnostic::error("Nobody Is Bound", text).at(at("groups"))
}

/// A list of namespaces with none in it.
pub(in crate::resources::group_binding) fn no_namespace() -> Diagnostic {
    let text = "`namespaces` is empty, so nothing would be bound. Name namespaces, or leave it out for the whole cluster.";
    Diagnostic::error("No Namespace", text).at(at("namespaces"))
}

/// A Role for the whole cluster.
pub(in crate::resources::group_binding) fn role_without_namespace() -> Diagnostic {
    let text =
        "A Role is in a namespace. Set `namespaces`, or name a ClusterRole with `cluster_role`.";
    Diagnostic::error("Role Without Namespace", text).at(at("role"))
}

/// A list of rules with none in it.
pub(in crate::resources::group_binding) fn no_rules() -> Diagnostic {
    let text = "`rules` is empty, so the role would allow nothing. Write a rule, or name a role that is there with `cluster_role`.";
    Diagnostic::error("No Rules", text).at(at("rules"))
}

/// Two or three ways to say which role.
pub(in crate::resources::group_binding) fn several_roles(set: &[&str], second: &str) -> Diagnostic {
    let text = format!(
        "`{}` are set, and a binding has one role. Keep one of them.",
        set.join("` and `")
    );
    Diagnostic::error("More Than One Role", text).at(at(second))
}

/// Nothing says which role.
pub(in crate::resources::group_binding) fn no_role() -> Diagnostic {
    let text = "No role is given. Set `rules` for a role of its own, or name one that is there with `cluster_role` or `role`.";
    Diagnostic::error("No Role", text).at(at("rules"))
}

/// One rule, at one of its attributes.
pub(in crate::resources::group_binding) fn invalid_rule(
    path: AttributePath,
    text: &str,
) -> Diagnostic {
    Diagnostic::error("Invalid Rule", text).at(path)
}

fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}
