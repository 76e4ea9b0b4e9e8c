//! What is said of group bindings.

pub(super) mod served;

use tf_provider::{AttributePath, Diagnostic};

use super::conflicts::Conflict;
use super::schema::{GroupBindingModel, Texts};
use crate::access::namespaces::MissingNamespace;
use crate::access::rbac_guard::described;
use crate::attributes::values::known_set;
use crate::ports::ApiError;
use crate::ports::access_review::AccessQuestion;
use crate::ports::rbac_objects::{RbacKey, RbacObject, RoleRef};
use crate::ports::service_account::FIELD_MANAGER;

fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}

/// A group binding by what a practitioner calls it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// `developers`.
    pub(super) name: String,
    /// `prod`.
    pub(super) cluster: String,
}

impl About {
    /// For an error.
    pub(super) fn text(&self) -> String {
        format!(
            "Group binding `{}` of cluster `{}`",
            self.name, self.cluster
        )
    }

    /// One object of it.
    pub(super) fn object(&self, key: &RbacKey) -> String {
        format!("{key} in cluster `{}`", self.cluster)
    }

    /// What an import takes for one object.
    fn import_id(&self, key: &RbacKey) -> String {
        let place = match key.namespace.as_str() {
            "" => String::new(),
            namespace => format!("{namespace}/"),
        };
        let kind = key.kind.word().to_lowercase();
        format!("{}/{kind}/{place}{}", self.cluster, key.name)
    }

    /// As the lock-out guard names it.
    pub(super) fn label(&self) -> String {
        format!("`eksauth_group_binding` `{}`", self.name)
    }
}

/// Somebody else holds what is wanted.
pub(super) fn conflict(about: &About, conflicts: &[Conflict]) -> Diagnostic {
    let text = format!(
        "{} needs fields that others hold with other values:\n{}\n\nNothing was changed. Leave the field to them, have them give it up, or set \
         `on_conflict = \"adopt\"` to take it over.",
        about.text(),
        lines(conflicts)
    );
    Diagnostic::error("Role Or Binding Is Held By Others", text).at(at("on_conflict"))
}

/// Fields with who holds them, a line each.
fn lines(conflicts: &[Conflict]) -> String {
    let line = |conflict: &Conflict| {
        let managers = conflict.managers.join("`, `");
        let wanted = match &conflict.wanted {
            Some(wanted) => format!("; wanted is `{wanted}`"),
            None => String::new(),
        };
        format!(
            "  `{managers}` holds {} = `{}` of {}{wanted}",
            conflict.field, conflict.held, conflict.key
        )
    };
    conflicts.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What others hold too does not go.
pub(super) fn stays(about: &About, left: &[Conflict]) -> Diagnostic {
    Diagnostic::warning(
        "Field Stays On Role Or Binding",
        format!(
            "{} leaves what others hold too:\n{}\n\nIt is not held here any more. Let those who hold it take it away.",
            about.text(),
            lines(left)
        ),
    )
}

const HELD_ELSEWHERE: &str = "Role Or Binding Belongs To Another Configuration";

/// This provider holds fields of an object that no state here knows of.
pub(super) fn held_elsewhere(about: &About, held: &[Conflict]) -> Diagnostic {
    Diagnostic::error(
        HELD_ELSEWHERE,
        held_elsewhere_text(about, held, "Nothing was changed."),
    )
}

/// The same at plan, where another address of the configuration may yet give it up.
pub(super) fn held_elsewhere_at_plan(about: &About, held: &[Conflict]) -> Diagnostic {
    let consequence = "Unless another resource of this configuration gives it up in the same apply, the apply is refused.";
    Diagnostic::warning(
        HELD_ELSEWHERE,
        held_elsewhere_text(about, held, consequence),
    )
}

fn held_elsewhere_text(about: &About, held: &[Conflict], consequence: &str) -> String {
    let mut ids: Vec<String> = held
        .iter()
        .map(|one| format!("`{}`", about.import_id(&one.key)))
        .collect();
    ids.dedup();
    format!(
        "{} needs objects that are there, and of which this provider holds fields already:\n{}\n\n{consequence} `{FIELD_MANAGER}` is this provider: another resource or \
         another configuration has them, or the state that had them was lost, and what is set in two places goes on and off. `on_conflict` does not change that. Choose another \
         `name`, or import {} here and take it out of the other state (`terraform state rm`).",
        about.text(),
        lines(held),
        ids.join(" or ")
    )
}

/// What tells one resource from another.
pub(super) fn label(model: &GroupBindingModel) -> String {
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
pub(super) struct Both<'a> {
    pub(super) key: &'a RbacKey,
    pub(super) cluster_arn: &'a str,
    pub(super) labels: [&'a str; 2],
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
pub(super) fn two_resources(both: &Both<'_>) -> Diagnostic {
    let advice = "Nothing was changed. Name everybody in one of them and remove the other, or give it another `name`.";
    Diagnostic::error(TWO_RESOURCES, both.text(advice)).at(at("name"))
}

/// Both are in the state. A refusal would also stop a destroy, whose plan begins as any other.
pub(super) fn both_in_state(both: &Both<'_>) -> Diagnostic {
    let advice = "Each apply takes away whom the other one binds. Name everybody in one of them, and remove the other: the object stays, because one still holds it.";
    Diagnostic::warning(TWO_RESOURCES, both.text(advice)).at(at("name"))
}

/// Objects are there already.
pub(super) fn adopted(about: &About, keys: &[RbacKey]) -> Diagnostic {
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

/// What destroy leaves of an object that was there before.
pub(super) fn adopted_stays(about: &About, object: &RbacObject) -> Diagnostic {
    let still = match &object.fields.subjects {
        Some(subjects) if !subjects.is_empty() => {
            let names: Vec<String> = subjects.iter().map(ToString::to_string).collect();
            format!(
                " It still binds {}: delete it if they should not have that.",
                names.join(", ")
            )
        }
        _ => String::new(),
    };
    Diagnostic::warning(
        "Adopted Role Or Binding Stays",
        format!(
            "{} was there before this configuration, so it stays. What was held of it here was taken away.{still}",
            about.object(&object.key)
        ),
    )
}

/// A role that Kubernetes or EKS makes.
pub(super) fn built_in(about: &About, key: &RbacKey) -> Diagnostic {
    Diagnostic::error(
        "Built-In Role Or Binding",
        format!(
            "{} belongs to Kubernetes or EKS, which reconcile it, so it is never changed here. Choose another `name`; to bind a built-in role write \
             `cluster_role = \"{}\"`.",
            about.object(key),
            key.name
        ),
    )
    .at(at("name"))
}

/// Rules that a controller writes.
pub(super) fn aggregated(about: &About, key: &RbacKey) -> Diagnostic {
    Diagnostic::error(
        "Role Is Aggregated",
        format!(
            "{} has an aggregation rule, so Kubernetes writes its rules from those of other roles and would undo these. Choose another `name`, with the label that the \
             aggregation rule selects in `labels`, or bind the role as it is with `cluster_role = \"{}\"`.",
            about.object(key),
            key.name
        ),
    )
    .at(at("rules"))
}

/// A binding of the name refers to something else, which cannot be changed.
pub(super) fn other_role(about: &About, object: &RbacObject, wanted: &RoleRef) -> Diagnostic {
    let found = match &object.fields.role_ref {
        Some(role) => format!("refers to {role}"),
        None => "refers to no role".to_owned(),
    };
    Diagnostic::error(
        "Binding Refers To Another Role",
        format!(
            "{} {found} and should refer to {wanted}; Kubernetes does not let that be changed. Somebody has made it under this name: delete it (`kubectl delete {} {}{}`) and \
             apply again.",
            about.object(&object.key),
            object.key.kind.word().to_lowercase(),
            object.key.name,
            match object.key.namespace.as_str() {
                "" => String::new(),
                namespace => format!(" -n {namespace}"),
            }
        ),
    )
}

/// The role that is to be bound is not there.
pub(super) struct MissingRole<'a> {
    pub(super) keys: &'a [&'a RbacKey],
    pub(super) nearest: Option<&'a str>,
    /// Which attribute names it.
    pub(super) attribute: &'a str,
}

impl MissingRole<'_> {
    pub(super) fn diagnostic(&self, about: &About) -> Diagnostic {
        let roles: Vec<String> = self.keys.iter().map(ToString::to_string).collect();
        let meant = self
            .nearest
            .map_or(String::new(), |name| format!(" Did you mean `{name}`?"));
        Diagnostic::warning(
            "Role Not Found",
            format!(
                "There is no {} in cluster `{}`, so the binding gives nothing until there is.{meant} Ignore this if the same apply creates it; else correct `{}`.",
                roles.join(" and no "),
                about.cluster,
                self.attribute
            ),
        )
        .at(at(self.attribute))
    }
}

/// The caller would grant what it has not.
pub(super) fn escalation(about: &About, key: &RbacKey, lacking: &[String]) -> Diagnostic {
    let what = match key.kind.is_role() {
        true => "give a role rights",
        false => "bind somebody to a role with rights",
    };
    let verb = match key.kind.is_role() {
        true => "`escalate` on the role",
        false => "`bind` on the role",
    };
    let lines: Vec<String> = lacking.iter().map(|rule| format!("  {rule}")).collect();
    Diagnostic::error(
        "Caller Would Grant More Than It Has",
        format!(
            "{} was refused: you cannot {what} that you do not have. The identity that Terraform runs as lacks:\n{}\n\nApply as somebody who has these rights, grant them to \
             that identity first, or let it have the verb {verb} (API group `rbac.authorization.k8s.io`); or leave these rights out of the rules.",
            about.object(key),
            lines.join("\n")
        ),
    )
}

/// Namespaces are not there at plan.
pub(super) fn missing_namespaces(about: &About, missing: &[MissingNamespace]) -> Diagnostic {
    let names: Vec<String> = missing.iter().map(MissingNamespace::in_words).collect();
    Diagnostic::warning(
        "Namespace Not Found",
        format!(
            "Cluster `{}` has no namespace {} yet, and the apply waits for it: two minutes, or as long as `timeouts` says. Ignore this if the same apply creates it first (`depends_on`); \
             else correct `namespaces`.",
            about.cluster,
            names.join(" and no namespace ")
        ),
    )
    .at(at("namespaces"))
}

/// There is no such namespace.
pub(super) fn no_namespace(about: &About, namespace: &str, waited_seconds: u64) -> Diagnostic {
    Diagnostic::error(
        "Namespace Not Found",
        format!(
            "Cluster `{}` has no namespace `{namespace}`, or it is being deleted; the provider waited {waited_seconds} s for it. Correct `namespaces`, or let the namespace be \
             made first (`depends_on`). `timeouts` says how long to wait.",
            about.cluster
        ),
    )
    .at(at("namespaces"))
}

/// Ctrl-C during a wait.
pub(super) fn cancelled(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The wait for {} was cancelled. What was done until then is in the state; what it replaces is still there.",
            about.text()
        ),
    )
}

/// Between plan and apply the object became another one, or went.
pub(super) fn another_meanwhile(about: &About, key: &RbacKey, is_there: bool) -> Diagnostic {
    let what = match is_there {
        true => {
            "is another one than when this was planned: somebody has deleted it and made it again"
        }
        false => "was there before this configuration, and is gone since this was planned",
    };
    Diagnostic::error(
        "Role Or Binding Changed Meanwhile",
        format!(
            "{} {what}. Nothing was changed here. Plan and apply again.",
            about.object(key)
        ),
    )
}

/// An import of what Kubernetes or EKS makes.
pub(super) fn built_in_import(about: &About, key: &RbacKey) -> Diagnostic {
    Diagnostic::error(
        "Built-In Role Or Binding",
        format!(
            "{} belongs to Kubernetes or EKS, which reconcile it, so it is never held here: a change of it could lock everybody out, and would be undone. Leave it as it is; to give \
             others the same role write a group binding of your own with `cluster_role`.",
            about.object(key)
        ),
    )
}

/// The object is another one than a moment before.
pub(super) fn changed_meanwhile(about: &About, key: &RbacKey, error: &ApiError) -> Diagnostic {
    Diagnostic::error(
        "Role Or Binding Changed Meanwhile",
        format!(
            "{} was changed by somebody else at the same time: {}\n\nNothing of it was changed here. Plan and apply again.",
            about.object(key),
            error.detail()
        ),
    )
}

/// An import id that is none.
pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of a group binding: write `cluster/clusterrole/NAME` or `cluster/role/NAMESPACE/NAME` for a role with what binds it, or \
             `cluster/clusterrolebinding/NAME` or `cluster/rolebinding/NAMESPACE/NAME` for a binding of a role that is managed elsewhere, such as \
             `prod/clusterrole/developers`. Several namespaces are joined by commas; a region may follow: `prod/clusterrole/developers@eu-west-1`."
        ),
    )
}

/// Nothing to import.
pub(super) fn nothing_to_import(cluster: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!("There is no {what} in cluster `{cluster}`, so there is nothing to import."),
    )
}

/// Several bindings of a role, of which none has the name that this provider gives.
pub(super) fn ambiguous_import(cluster: &str, what: &str, bindings: &[&RbacKey]) -> Diagnostic {
    let ids: Vec<String> = bindings
        .iter()
        .map(|key| {
            let place = match key.namespace.as_str() {
                "" => String::new(),
                namespace => format!("{namespace}/"),
            };
            format!(
                "  {cluster}/{}/{place}{}",
                key.kind.word().to_lowercase(),
                key.name
            )
        })
        .collect();
    Diagnostic::error(
        "Several Bindings",
        format!(
            "{what} of cluster `{cluster}` has several bindings, and one resource has one. Import each by itself:\n{}",
            ids.join("\n")
        ),
    )
}

/// A write took from whoever acts what it had.
pub(super) fn taken_from_oneself(
    about: &About,
    lost: &[AccessQuestion],
    failed: &[(RbacObject, ApiError)],
) -> Diagnostic {
    let lost: Vec<String> = lost.iter().map(|question| described(*question)).collect();
    let became = match failed.is_empty() {
        true => "Everything was put back as it was.".to_owned(),
        false => {
            let lines: Vec<String> = failed
                .iter()
                .map(|(object, error)| {
                    let values = object.fields.values().into_iter();
                    let values: Vec<String> = values
                        .map(|(field, value)| format!("{field} = `{value}`"))
                        .collect();
                    format!(
                        "  {} with {}: {error}",
                        about.object(&object.key),
                        values.join(", ")
                    )
                })
                .collect();
            format!(
                "It may not put that back any more. Somebody else who administers the cluster has to make again:\n{}",
                lines.join("\n")
            )
        }
    };
    Diagnostic::error(
        "Change Took Access From Whoever Applies It",
        format!(
            "After the change of {} the API server said that the identity that Terraform runs as may no longer do what it could before: {}. {became}\n\nApply as somebody \
             who keeps that access, or let `confirm_access = false` in the provider block say that the loss is meant.",
            about.text(),
            lost.join(", ")
        ),
    )
}

/// The API server does not say what it serves.
pub(super) fn rules_not_checked(about: &About, reason: &str) -> Diagnostic {
    Diagnostic::warning(
        "Rules Not Checked",
        format!(
            "Whether cluster `{}` knows the verbs, resources and API groups of `rules` was not checked, because it does not say what it serves: {reason}",
            about.cluster
        ),
    )
    .at(at("rules"))
}
