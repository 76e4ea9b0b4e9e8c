//! What is said of group bindings.

pub(super) mod served;
mod taken_back;

use tf_provider::{AttributePath, Diagnostic};

use super::conflicts::Conflict;
use crate::ports::ApiError;
use crate::ports::rbac_objects::{RbacKey, RbacObject, RoleRef};
use crate::ports::service_account::FIELD_MANAGER;
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
        format!("{key} of cluster `{}`", self.cluster)
    }

    /// As the lock-out guard names it.
    pub(super) fn label(&self) -> String {
        format!("`eksauth_group_binding` `{}`", self.name)
    }
}

/// Somebody else holds what is wanted.
pub(super) fn conflict(about: &About, conflicts: &[Conflict]) -> Diagnostic {
    let is_own = conflicts
        .iter()
        .any(|one| one.managers.iter().any(|name| name == FIELD_MANAGER));
    let whose = match is_own {
        true => {
            " `terraform-provider-eksauth` is this provider: another configuration has the object, or its state was lost. Import it where it belongs."
        }
        false => "",
    };
    let text = format!(
        "{} needs fields that others hold with other values:\n{}\n\nNothing was changed.{whose} Leave the field to them, have them give it up, or set \
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

/// An object is there already.
pub(super) fn adopted(about: &About, key: &RbacKey) -> Diagnostic {
    Diagnostic::warning(
        "Role Or Binding Exists Already",
        format!(
            "{} is there already. It is managed here from now on with what is set here, keeps everything else, and survives destroy.",
            about.object(key)
        ),
    )
}

/// An object is there already, and this provider holds fields of it that no state here knows of.
pub(super) fn adopted_from_us(about: &About, key: &RbacKey) -> Diagnostic {
    let diagnostic = adopted(about, key);
    Diagnostic {
        detail: format!(
            "{} This provider holds fields of it already, for another configuration or for one whose state was lost: import it where destroy is to delete it.",
            diagnostic.detail
        ),
        ..diagnostic
    }
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
pub(super) fn no_role(about: &About, key: &RbacKey, attribute: &str) -> Diagnostic {
    Diagnostic::warning(
        "Role Not Found",
        format!(
            "There is no {}, so the binding gives nothing until there is. If this apply makes it, that is as it should be; else correct `{attribute}`.",
            about.object(key)
        ),
    )
    .at(at(attribute))
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
            "{} was refused: nobody may {what} that he has not himself. The identity that Terraform runs as lacks:\n{}\n\nApply as somebody who has these rights, grant them to \
             that identity first, or let it have the verb {verb} (API group `rbac.authorization.k8s.io`); or leave these rights out of the rules.",
            about.object(key),
            lines.join("\n")
        ),
    )
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
