//! What is said of objects that more than one would hold.

use tf_provider::Diagnostic;

use super::super::conflicts::Conflict;
use super::super::schema::{GroupBindingModel, Texts};
use super::{About, at, deletion, lines};
use crate::attributes::values::known_set;
use crate::ports::rbac_objects::RbacKey;
use crate::ports::service_account::FIELD_MANAGER;

const HELD_ELSEWHERE: &str = "Role Or Binding Belongs To Another Configuration";

/// This provider holds fields of an object that no state here knows of.
pub(in super::super) fn held_elsewhere(about: &About, held: &[Conflict]) -> Diagnostic {
    Diagnostic::error(
        HELD_ELSEWHERE,
        held_elsewhere_text(about, held, "Nothing was changed."),
    )
}

/// The same at plan, where another address of the configuration may yet give it up.
pub(in super::super) fn held_elsewhere_at_plan(about: &About, held: &[Conflict]) -> Diagnostic {
    let consequence = "Unless another resource of this configuration gives it up in the same apply, the apply is refused.";
    Diagnostic::warning(
        HELD_ELSEWHERE,
        held_elsewhere_text(about, held, consequence),
    )
}

fn held_elsewhere_text(about: &About, held: &[Conflict], consequence: &str) -> String {
    let mut keys: Vec<&RbacKey> = held.iter().map(|one| &one.key).collect();
    keys.dedup();
    let ids: Vec<String> = keys
        .iter()
        .map(|key| format!("`{}`", about.import_id(key)))
        .collect();
    let deletions: Vec<String> = keys
        .iter()
        .map(|key| format!("`{}`", deletion(key)))
        .collect();
    format!(
        "{} needs objects that are there, and of which this provider holds fields already:\n{}\n\n{consequence} `{FIELD_MANAGER}` is this provider: another resource or \
         another configuration has them, or the state that had them was lost, and what is set in two places goes on and off. `on_conflict` does not change that. Choose another \
         `name`, or import {} here and take it out of the other state (`terraform state rm`). If an apply of this resource was killed and has left them, and nobody else has them, \
         delete them and apply again: {}.",
        about.text(),
        lines(held),
        ids.join(" or "),
        deletions.join(" and ")
    )
}

/// What tells one resource from another.
pub(in super::super) fn label(model: &GroupBindingModel) -> String {
    let named = |what: &str, texts: &Texts| match known_set(texts) {
        Some(texts) if texts.is_empty() => None,
        Some(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
            Some(format!("{what} {}", texts.join(", ")))
        }
        None => Some(format!("{what} that are not known yet")),
    };
    let parts: Vec<String> = [
        named("groups", &model.groups),
        named("users", &model.users),
        named("namespaces", &model.namespaces),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!(
        "`{}` with {}",
        model.name.known().map_or("", String::as_str),
        parts.join(" and ")
    )
}

const TWO_RESOURCES: &str = "Two Resources For One Role Or Binding";

/// Two resources that stand for one object.
pub(in super::super) struct Both<'a> {
    pub(in super::super) key: &'a RbacKey,
    pub(in super::super) cluster_arn: &'a str,
    pub(in super::super) labels: [&'a str; 2],
}

impl Both<'_> {
    fn text(&self, advice: &str) -> String {
        let [earlier, later] = self.labels;
        format!(
            "Two `eksauth_group_binding` of this configuration stand for {} of `{}`: {earlier}, and {later}. There can be only one. {advice}",
            self.key, self.cluster_arn
        )
    }
}

/// One of the two is new.
pub(in super::super) fn two_resources(both: &Both<'_>) -> Diagnostic {
    let advice = "Nothing was changed. Name everybody in one of them and remove the other, or give it another `name`.";
    Diagnostic::error(TWO_RESOURCES, both.text(advice)).at(at("name"))
}

/// Both are in the state. A refusal would also stop a destroy, whose plan begins as any other.
pub(in super::super) fn both_in_state(both: &Both<'_>) -> Diagnostic {
    let advice = "Each apply takes away whom the other one binds. Name everybody in one of them, and remove the other: the object stays, because one still holds it.";
    Diagnostic::warning(TWO_RESOURCES, both.text(advice)).at(at("name"))
}

/// Objects are there already.
pub(in super::super) fn adopted(about: &About, keys: &[RbacKey]) -> Diagnostic {
    let objects: Vec<String> = keys.iter().map(ToString::to_string).collect();
    Diagnostic::warning(
        "Role Or Binding Exists Already",
        format!(
            "{} goes on with what is there already: {}. It is managed here from now on with what is set here, keeps everything else, and survives destroy.",
            about.text(),
            objects.join(", ")
        ),
    )
}
