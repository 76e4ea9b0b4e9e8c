//! What is said of group bindings.

pub(super) mod configuration;
mod holders;
mod import;
mod roles;
pub(super) mod served;
mod taken_back;

pub(super) use holders::{
    Both, adopted, both_in_state, held_elsewhere, held_elsewhere_at_plan, label, two_resources,
};
pub(super) use import::{
    ambiguous_import, built_in_import, malformed_import_id, nothing_to_import,
};

pub(super) use roles::{left_over, left_over_unread, left_without_role, own_role_goes};

use tf_provider::{AttributePath, Diagnostic};

use super::conflicts::Conflict;
use crate::access::namespaces::MissingNamespace;
use crate::ports::ApiError;
use crate::ports::rbac_objects::{RbacKey, RbacObject, RoleRef};
pub(super) use taken_back::{judged_after, taken_from_oneself};

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
            Some(wanted) => format!("; wanted is {}", quoted(wanted)),
            None => String::new(),
        };
        format!(
            "  `{managers}` holds {} = {} of {}{wanted}",
            conflict.field,
            quoted(&conflict.held),
            conflict.key
        )
    };
    conflicts.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What apply refuses of an object that is in the state.
pub(super) fn refused_at_apply(reason: &Diagnostic) -> Diagnostic {
    let text = format!(
        "{}\n\nApply refuses the change for that reason; a destroy goes on.",
        reason.detail
    );
    let told = Diagnostic::warning(reason.summary.clone(), text);
    match &reason.path {
        Some(path) => told.at(path.clone()),
        None => told,
    }
}

/// A value in backticks, unless it has some already.
fn quoted(value: &str) -> String {
    match value.contains('`') {
        true => value.to_owned(),
        false => format!("`{value}`"),
    }
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
            "{} {found} and should refer to {wanted}; Kubernetes does not let that be changed. Somebody has made it under this name: delete it (`{}`) and apply again.",
            about.object(&object.key),
            deletion(&object.key)
        ),
    )
}

/// The command that deletes an object.
fn deletion(key: &RbacKey) -> String {
    let place = match key.namespace.as_str() {
        "" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    format!(
        "kubectl delete {} {}{place}",
        key.kind.word().to_lowercase(),
        key.name
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

/// All of the configuration goes, and others do not before the binding that whoever acts needs for their removal.
pub(super) fn own_binding_goes_last(about: &About, open: usize) -> Diagnostic {
    Diagnostic::error(
        "The Caller's Own Binding Goes Last",
        format!(
            "{} gives whoever applies the right to remove the rest of this configuration, of which {open} are still there, and none of them has gone for a while. It was not \
             removed. Apply again. If it is refused once more, Terraform removes it before they go, because it refers to one of them: write the name of its group out, and \
             leave `depends_on` away.",
            about.label()
        ),
    )
}
