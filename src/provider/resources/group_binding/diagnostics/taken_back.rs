//! A change that was made and taken back: why, and what became of each object.

use std::collections::BTreeSet;

use tf_provider::{Diagnostic, Diagnostics};

use super::super::put_back::PutBack;
use super::{About, quoted};
use crate::access::rbac_guard::described;
use crate::ports::ApiError;
use crate::ports::access_review::AccessQuestion;
use crate::ports::rbac_objects::RbacObject;

/// Whoever acts has less after the change than it had.
pub(in super::super) fn taken_from_oneself(
    about: &About,
    lost: &[AccessQuestion],
    put_back: &PutBack,
) -> Diagnostic {
    let lost: Vec<String> = lost.iter().map(|question| described(*question)).collect();
    Diagnostic::error(
        "Change Took Access From Whoever Applies It",
        format!(
            "After the change of {} the API server said that the identity that Terraform runs as may no longer do what it could before: {}. {}\n\nApply as somebody \
             who keeps that access, or let `confirm_access = false` in the provider block say that the loss is meant.",
            about.text(),
            lost.join(", "),
            what_became(about, put_back)
        ),
    )
}

/// With what others changed at the same time, the change does what the guard refuses.
pub(in super::super) fn judged_after(
    about: &About,
    reasons: &Diagnostics,
    put_back: &PutBack,
) -> Diagnostics {
    let mut told = Diagnostics::new();
    for reason in reasons.iter() {
        told.push(Diagnostic::error(
            "Change Of Bindings Taken Back",
            format!(
                "{}: {}\n\n{}",
                reason.summary,
                reason.detail,
                what_became(about, put_back)
            ),
        ));
    }
    told
}

/// What became of a change that is taken back, to the last object.
fn what_became(about: &About, put_back: &PutBack) -> String {
    let PutBack {
        made_anew,
        failed,
        stays,
        ..
    } = put_back;
    if made_anew.is_empty() && failed.is_empty() && stays.is_empty() {
        return "Everything was put back as it was.".to_owned();
    }
    let mut sentences = Vec::new();
    if failed.is_empty() {
        sentences.push("What was taken was put back.".to_owned());
    } else {
        let lines: Vec<String> = failed.iter().map(|one| failure(about, one)).collect();
        sentences.push(format!(
            "It may not put that back any more. Somebody else who administers the cluster has to make again:\n{}",
            lines.join("\n")
        ));
    }
    for object in made_anew {
        let managers: BTreeSet<&str> = object
            .owners
            .iter()
            .filter(|owner| !owner.is_own())
            .map(|owner| owner.manager.as_str())
            .collect();
        sentences.push(format!(
            "{} had gone and was made anew: its annotations are not put back, and the labels that others had set on it (`{}`) are this provider's now.",
            about.object(&object.key),
            managers.into_iter().collect::<Vec<_>>().join("`, `")
        ));
    }
    for (key, reason) in stays {
        sentences.push(format!(
            "{} was newly made and stays: {reason}.",
            about.object(key)
        ));
    }
    sentences.join(" ")
}

fn failure(about: &About, (object, error): &(RbacObject, ApiError)) -> String {
    let values = object.fields.values().into_iter();
    let values: Vec<String> = values
        .map(|(field, value)| format!("{field} = {}", quoted(&value)))
        .collect();
    format!(
        "  {} with {}: {error}",
        about.object(&object.key),
        values.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::rbac_objects::{BoundSubject, RbacFields, RbacKey, RbacKind, RoleRef};
    use crate::ports::{ErrorKind, RequestVerb};

    #[test]
    fn a_value_with_a_name_in_backticks_gets_no_others() {
        let about = About {
            cluster: "prod".to_owned(),
            name: "dev".to_owned(),
        };
        let object = RbacObject {
            key: RbacKey {
                kind: RbacKind::ClusterRoleBinding,
                namespace: String::new(),
                name: "dev".to_owned(),
            },
            fields: RbacFields {
                role_ref: Some(RoleRef {
                    kind: RbacKind::ClusterRole,
                    name: "patchers".to_owned(),
                }),
                subjects: Some(vec![BoundSubject::Group("ops".to_owned())]),
                ..RbacFields::default()
            },
            uid: String::new(),
            is_aggregated: false,
            owners: Vec::new(),
        };
        let object_of_call = "clusterrolebindings";
        let error = ApiError::from_api_server(
            ErrorKind::AccessDenied,
            RequestVerb::Patch,
            object_of_call,
            "forbidden",
        );
        let told = failure(&about, &(object, error));
        assert!(
            told.contains("`roleRef` = ClusterRole `patchers`, `subjects` = `group ops`"),
            "{told}"
        );
    }
}
