//! What is said of rules that the cluster does not know.

use tf_provider::{AttributePath, Diagnostic};

/// The nearest name, as the end of a text.
fn meant(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!(" Did you mean `{name}`?"))
}

/// An API group that nobody serves.
pub(in super::super) fn unknown_group(
    rule: AttributePath,
    group: &str,
    nearest: Option<&str>,
) -> Diagnostic {
    Diagnostic::warning(
        "Unknown API Group",
        format!(
            "The cluster serves no API group `{group}`.{} If this apply brings it, that is as it should be.",
            meant(nearest)
        ),
    )
    .at(rule.at("api_groups"))
}

/// A resource that none of the rule's groups has.
pub(in super::super) struct UnknownResource<'a> {
    pub(in super::super) resource: &'a str,
    /// The rule's groups in words.
    pub(in super::super) groups: Vec<String>,
    /// The groups that have it, in words.
    pub(in super::super) elsewhere: Vec<String>,
    pub(in super::super) nearest: Option<&'a str>,
}

impl UnknownResource<'_> {
    pub(in super::super) fn diagnostic(&self, rule: AttributePath) -> Diagnostic {
        let hint = match self.elsewhere.is_empty() {
            false => format!(" It is in {}.", self.elsewhere.join(" and in ")),
            true => meant(self.nearest),
        };
        Diagnostic::warning(
            "Unknown Resource",
            format!(
                "The cluster serves no `{}` in {}, so the rule gives nothing for it.{hint} If this apply brings it, that is as it should be.",
                self.resource,
                self.groups.join(" or ")
            ),
        )
        .at(rule.at("resources"))
    }
}

/// A resource of the whole cluster in a rule of namespaces.
pub(in super::super) fn not_in_namespaces(rule: AttributePath, resource: &str) -> Diagnostic {
    Diagnostic::warning(
        "Resource In No Namespace",
        format!(
            "`{resource}` are in no namespace, so a rule that counts in `namespaces` gives nothing for them. Move them to a resource without `namespaces`."
        ),
    )
    .at(rule.at("resources"))
}

/// A verb that none of the rule's resources has.
pub(in super::super) fn unknown_verb(
    rule: AttributePath,
    (verb, resources): (&str, &[String]),
    nearest: Option<&str>,
) -> Diagnostic {
    Diagnostic::warning(
        "Unknown Verb",
        format!(
            "Nothing can be done with `{}` by the verb `{verb}`, so it gives nothing.{}",
            resources.join("`, `"),
            meant(nearest)
        ),
    )
    .at(rule.at("verbs"))
}
