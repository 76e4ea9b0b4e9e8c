//! What is said of service accounts.

use tf_provider::{Attr, AttributePath, Diagnostic};

use super::conflicts::Conflict;
use super::schema::ServiceAccountModel;
use crate::access::namespaces::MissingNamespace;
use crate::ports::ApiError;
use crate::ports::service_account::{FIELD_MANAGER, RunningPods};

mod trust;

pub(super) use trust::{OnUntrusted, no_role, not_judged, other_account, with_audience_of_others};

fn at(attribute: &str) -> AttributePath {
    AttributePath::attribute(attribute)
}

/// An account by what a practitioner calls it.
#[derive(Clone, Debug)]
pub(super) struct About {
    /// `apps`.
    pub(super) namespace: String,
    /// `reader`.
    pub(super) name: String,
    /// `prod`.
    pub(super) cluster: String,
}

impl About {
    /// For an error.
    pub(super) fn text(&self) -> String {
        format!(
            "Service account `{}` in namespace `{}` of cluster `{}`",
            self.name, self.namespace, self.cluster
        )
    }

    /// Within a sentence.
    fn within(&self) -> String {
        format!(
            "service account `{}` in namespace `{}` of cluster `{}`",
            self.name, self.namespace, self.cluster
        )
    }

    fn import_id(&self) -> String {
        format!("{}/{}/{}", self.cluster, self.namespace, self.name)
    }

    fn subject(&self) -> String {
        format!("{}:{}", self.namespace, self.name)
    }
}

/// Somebody else holds what is wanted.
pub(super) fn conflict(about: &About, conflicts: &[Conflict]) -> Diagnostic {
    let text = format!(
        "{} is there, and others hold fields of it with other values:\n{}\n\nNothing was changed. Leave the field to them, have them give it up, or set \
         `on_conflict = \"adopt\"` to take it over.",
        about.text(),
        lines(conflicts)
    );
    Diagnostic::error("Service Account Is Held By Others", text).at(at("on_conflict"))
}

/// What `on_conflict = "adopt"` takes from others.
pub(super) fn taken_over(about: &About, conflicts: &[Conflict]) -> Diagnostic {
    let text = format!(
        "`on_conflict = \"adopt\"` takes fields of {} from those who hold them:\n{}\n\nWhat they held is not given back: destroy takes away what is set here. \
         Whoever writes their value again has a conflict of their own.",
        about.within(),
        lines(conflicts)
    );
    Diagnostic::warning("Service Account Fields Are Taken Over", text).at(at("on_conflict"))
}

const HELD_ELSEWHERE: &str = "Service Account Belongs To Another Configuration";

/// This provider holds the account already, and no state here knows of that.
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
    format!(
        "{} is there, and this provider holds fields of it already:\n{}\n\n{consequence} `{FIELD_MANAGER}` is this provider: another resource or another \
         configuration has the account, or the state that had it was lost, and what is set in two places goes on and off. `on_conflict` does not change that. Set \
         everything where the account is held, or import it here as `{}` and take it out of the other state (`terraform state rm`).",
        about.text(),
        lines(held),
        about.import_id()
    )
}

/// What tells one resource for an account from another.
pub(super) fn label(model: &ServiceAccountModel) -> String {
    let is_set = [
        ("role_arn", !model.role_arn.is_null()),
        ("audience", !model.audience.is_null()),
        ("token_expiration", !model.token_expiration.is_null()),
        (
            "sts_regional_endpoints",
            !model.sts_regional_endpoints.is_null(),
        ),
        ("labels", !model.labels.is_null()),
        ("image_pull_secrets", !model.image_pull_secrets.is_null()),
        (
            "automount_service_account_token",
            !model.automount_service_account_token.is_null(),
        ),
    ];
    let set = is_set.iter().filter(|(_, is_set)| *is_set);
    let names: Vec<String> = set.map(|(name, _)| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "one that sets nothing of it".to_owned(),
        false => format!("one that sets {}", names.join(", ")),
    }
}

const TWO_RESOURCES: &str = "Two Resources For One Service Account";

/// Two resources stand for one account, and one of them is new.
pub(super) fn two_resources(model: &ServiceAccountModel, labels: [&str; 2]) -> Diagnostic {
    let advice = "Nothing was changed. Set everything in one of them, and remove the other.";
    Diagnostic::error(TWO_RESOURCES, two_resources_text(model, labels, advice)).at(at("name"))
}

/// Both are in the state. A refusal would also stop a destroy, whose plan begins as any other.
pub(super) fn both_in_state(model: &ServiceAccountModel, labels: [&str; 2]) -> Diagnostic {
    let advice = "Each apply takes away what the other one sets. Set everything in one of them, and remove the other: the account stays, because one still \
                  holds it.";
    Diagnostic::warning(TWO_RESOURCES, two_resources_text(model, labels, advice)).at(at("name"))
}

fn two_resources_text(model: &ServiceAccountModel, labels: [&str; 2], advice: &str) -> String {
    let text = |value: &Attr<String>| value.known().cloned().unwrap_or_default();
    let [earlier, later] = labels;
    format!(
        "Two `eksauth_service_account` of this configuration stand for service account `{}` in namespace `{}` of `{}`: {earlier}, and {later}. There can be only \
         one. {advice}",
        text(&model.name),
        text(&model.namespace),
        text(&model.cluster_arn)
    )
}

/// Fields with who holds them, a line each.
fn lines(conflicts: &[Conflict]) -> String {
    let line = |conflict: &Conflict| {
        let managers = conflict.managers.join("`, `");
        let wanted = match &conflict.wanted {
            Some(wanted) => format!("; wanted is {}", shown(wanted)),
            None => String::new(),
        };
        format!(
            "  `{managers}` holds {} = {}{wanted}",
            conflict.field,
            shown(&conflict.held)
        )
    };
    conflicts.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn shown(value: &str) -> String {
    match value {
        "" => "nothing (an empty value)".to_owned(),
        value => format!("`{value}`"),
    }
}

/// What others hold too does not go.
pub(super) fn stays(about: &About, left: &[Conflict]) -> Diagnostic {
    Diagnostic::warning(
        "Field Stays On Service Account",
        format!(
            "{} keeps what others hold:\n{}\n\nIt is not held here. Let those who hold it take it away, if it is not wanted.",
            about.text(),
            lines(left)
        ),
    )
}

/// The account is there already.
pub(super) fn adopted(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Service Account Exists Already",
        format!(
            "{} is there already. It is managed here from now on with what is set here, keeps everything else, and survives destroy.",
            about.text()
        ),
    )
}

/// What destroy leaves of an account that was there before.
pub(super) fn adopted_stays(about: &About) -> Diagnostic {
    Diagnostic::warning(
        "Adopted Service Account Stays",
        format!(
            "{} was there before this configuration, so it stays. What was held of it here, and by nobody else, was taken away.",
            about.text()
        ),
    )
}

/// Pods that a change reaches only when they are made anew.
pub(super) fn pods_keep_the_old(about: &About, pods: &RunningPods) -> Diagnostic {
    Diagnostic::warning(
        "Pods Must Be Restarted",
        format!(
            "The annotations of service account `{}` in namespace `{}` change, and what a pod gets by them was decided when it was made. These pods keep what they have \
             until they are made anew: {}. Restart what runs them, such as `kubectl -n {} rollout restart deployment NAME`.",
            about.name,
            about.namespace,
            named(pods),
            about.namespace
        ),
    )
}

/// Pods that ran as an account that is gone when it is made again.
pub(super) fn pods_of_remade(about: &About, pods: &RunningPods) -> Diagnostic {
    Diagnostic::warning(
        "Pods Must Be Restarted",
        format!(
            "{} is made anew, as another account of the same name, and pods run as the one before: {}. The tokens that they have do not count any more. \
             Restart what runs them, such as `kubectl -n {} rollout restart deployment NAME`.",
            about.text(),
            named(pods),
            about.namespace
        ),
    )
}

/// Pods that run as an account that goes.
pub(super) fn still_used(about: &About, pods: &RunningPods) -> Diagnostic {
    Diagnostic::warning(
        "Service Account Is In Use",
        format!(
            "{} is to be deleted, and pods run as it: {}. They go on until their tokens end, and no new pod of theirs can be made.",
            about.text(),
            named(pods)
        ),
    )
}

fn named(pods: &RunningPods) -> String {
    let names = format!("`{}`", pods.names.join("`, `"));
    match pods.has_more {
        true => format!("{names} and more"),
        false => names,
    }
}

/// There is no such namespace.
pub(super) fn no_namespace(about: &About, waited_seconds: u64) -> Diagnostic {
    Diagnostic::error(
        "Namespace Not Found",
        format!(
            "Cluster `{}` has no namespace `{}`, or it is being deleted; the provider waited {waited_seconds} s for it. Correct `namespace`, or let the namespace be made first \
             (`depends_on`). `timeouts` says how long to wait.",
            about.cluster, about.namespace
        ),
    )
    .at(at("namespace"))
}

/// The namespace is not there at plan.
pub(super) fn missing_namespace(about: &About, missing: &MissingNamespace) -> Diagnostic {
    Diagnostic::warning(
        "Namespace Not Found",
        format!(
            "Cluster `{}` has no namespace {} yet, and the apply waits for it: two minutes, or as long as `timeouts` says. Ignore this if the same apply creates it first (`depends_on`); \
             else correct `namespace`.",
            about.cluster,
            missing.in_words()
        ),
    )
    .at(at("namespace"))
}

/// Ctrl-C during a wait.
pub(super) fn cancelled(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Cancelled",
        format!(
            "The wait for namespace `{}` of cluster `{}` was cancelled. Nothing was changed.",
            about.namespace, about.cluster
        ),
    )
}

/// The account is another one than a moment before.
pub(super) fn changed_meanwhile(about: &About, error: &ApiError) -> Diagnostic {
    Diagnostic::error(
        "Service Account Changed Meanwhile",
        format!(
            "{} was changed by somebody else at the same time: {}\n\nNothing was changed here. Plan and apply again.",
            about.text(),
            error.detail()
        ),
    )
}

/// The account of the plan is gone between plan and apply; another one may be there.
pub(super) fn another_meanwhile(about: &About, is_there: bool) -> Diagnostic {
    let what = match is_there {
        true => {
            "was deleted and made again by somebody else after the plan, so it is another account"
        }
        false => "was there before this configuration, and somebody else deleted it after the plan",
    };
    Diagnostic::error(
        "Service Account Changed Meanwhile",
        format!(
            "{} {what}. Nothing was changed here. Plan and apply again.",
            about.text()
        ),
    )
}

/// An import id that is none.
pub(super) fn malformed_import_id(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "`{id}` is not the import id of a service account: write `cluster/namespace/name`, such as `prod/apps/reader`. A region may follow: \
             `prod/apps/reader@eu-west-1`."
        ),
    )
}

/// An annotation of the webhook that has no value which the attribute can have.
pub(super) fn annotation_left_out(about: &About, key: &str, value: &str) -> Diagnostic {
    Diagnostic::warning(
        "Annotation Left Out Of Import",
        format!(
            "{} has the annotation `{key}` = `{value}`, and the attribute cannot have that value. It is left out of the state and stays as it is. The webhook does \
             not understand it either, and uses its default. To replace it, set the attribute together with `on_conflict = \"adopt\"`.",
            about.text()
        ),
    )
}

/// Nothing to import.
pub(super) fn nothing_to_import(about: &About) -> Diagnostic {
    Diagnostic::error(
        "Nothing To Import",
        format!(
            "{} does not exist, so there is nothing to import.",
            about.text()
        ),
    )
}
