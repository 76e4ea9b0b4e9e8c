//! What is said of rules that the cluster does not know.

use tf_provider::{AttributePath, Diagnostic};

use super::{About, at};

/// What one rule says and the cluster does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct RuleFinding {
    /// The attribute that says it.
    path: AttributePath,
    text: String,
}

/// All findings of one resource. Of several warnings of one title Terraform shows only the first.
pub(in super::super) fn without_effect(about: &About, findings: &[RuleFinding]) -> Diagnostic {
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("  `{}`: {}", finding.path, finding.text))
        .collect();
    Diagnostic::warning(
        "Rules Without Effect",
        format!(
            "{} has rules that give nothing, by what the cluster serves:\n{}\n\nIgnore this if the same apply creates it.",
            about.text(),
            lines.join("\n")
        ),
    )
    .at(at("rules"))
}

/// The nearest name, as the end of a text.
fn meant(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!(" Did you mean `{name}`?"))
}

/// An API group as a sentence says it.
pub(in super::super) fn in_words(group: &str) -> String {
    match group {
        "" => "the core group".to_owned(),
        group => format!("`{group}`"),
    }
}

/// An API group that nobody serves.
pub(in super::super) fn unknown_group(
    rule: AttributePath,
    group: &str,
    nearest: Option<&str>,
) -> RuleFinding {
    RuleFinding {
        path: rule.at("api_groups"),
        text: format!(
            "The cluster serves no API group `{group}`.{}",
            meant(nearest)
        ),
    }
}

/// A resource that none of the rule's groups has.
pub(in super::super) struct UnknownResource<'a> {
    pub(in super::super) resource: &'a str,
    /// The rule's groups in words.
    pub(in super::super) groups: Vec<String>,
    /// The groups that have it.
    pub(in super::super) elsewhere: Vec<String>,
    pub(in super::super) nearest: Option<&'a str>,
}

impl UnknownResource<'_> {
    pub(in super::super) fn finding(&self, rule: AttributePath) -> RuleFinding {
        let elsewhere: Vec<String> = self.elsewhere.iter().map(|name| in_words(name)).collect();
        let hint = match self.elsewhere.as_slice() {
            [] => meant(self.nearest),
            [group] => format!(
                " It is in {}: write `api_groups = [\"{group}\"]`.",
                elsewhere.join("")
            ),
            _ => format!(" It is in {}.", elsewhere.join(" and in ")),
        };
        RuleFinding {
            path: rule.at("resources"),
            text: format!(
                "The cluster serves no `{}` in {}.{hint}",
                self.resource,
                self.groups.join(" or ")
            ),
        }
    }
}

/// A resource of the whole cluster in a rule of namespaces.
pub(in super::super) fn not_in_namespaces(rule: AttributePath, resource: &str) -> RuleFinding {
    RuleFinding {
        path: rule.at("resources"),
        text: format!(
            "`{resource}` are in no namespace, so a rule that counts in `namespaces` gives nothing for them. Move them to a resource without `namespaces`."
        ),
    }
}

/// A verb that none of the rule's resources has.
pub(in super::super) fn unknown_verb(
    rule: AttributePath,
    (verb, resources): (&str, &[String]),
    nearest: Option<&str>,
) -> RuleFinding {
    RuleFinding {
        path: rule.at("verbs"),
        text: format!(
            "Nothing can be done with `{}` by the verb `{verb}`.{}",
            resources.join("`, `"),
            meant(nearest)
        ),
    }
}
