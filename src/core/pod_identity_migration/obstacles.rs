//! Why an account stays as it is, in words, and what to do.

use super::{Annotation, Obstacle, RoleAnswer};

fn obstacle(id: &'static str, why: String, what_to_do: &str) -> Obstacle {
    Obstacle {
        id,
        why,
        what_to_do: what_to_do.to_owned(),
    }
}

/// The trust policy of a role.
///
/// # Errors
/// There is none that can be moved.
pub(super) fn policy<'a>(role: &'a RoleAnswer, role_arn: &str) -> Result<&'a str, Obstacle> {
    Err(match role {
        RoleAnswer::Found(policy) => return Ok(policy),
        RoleAnswer::NotARole => obstacle(
            "no_role",
            format!(
                "its annotation `{role_arn}` is not the ARN of a role, so its pods get nothing today"
            ),
            "Correct the annotation, or take it away.",
        ),
        RoleAnswer::OtherPartition => obstacle(
            "other_partition",
            format!(
                "the role `{role_arn}` is in another partition than the cluster, so its pods get nothing today"
            ),
            "Make a role in the cluster's partition.",
        ),
        RoleAnswer::OtherAccount(account) => obstacle(
            "other_account",
            format!(
                "the role `{role_arn}` is of account {account}, and EKS passes roles of the cluster's own account only"
            ),
            "Keep IRSA for it, or make a role in the cluster's account for an association, with this one as its `target_role_arn`; this one then has to trust the first one and its external id.",
        ),
        RoleAnswer::OtherArn(found) => obstacle(
            "other_arn",
            format!(
                "the role of that name is `{found}`, and STS compares the whole ARN, so its pods get nothing today"
            ),
            "Write the role's whole ARN into the annotation, or take it away.",
        ),
        RoleAnswer::Gone => obstacle(
            "role_gone",
            format!("there is no role `{role_arn}`, so its pods get nothing today"),
            "Take the annotation away, or make the role.",
        ),
        RoleAnswer::Unread(reason) => not_read(reason),
    })
}

pub(super) fn not_read(reason: &str) -> Obstacle {
    obstacle(
        "not_read",
        unfinished(reason).to_owned(),
        "Run this with the right to read it: nothing is proposed without.",
    )
}

pub(super) fn addon_association(owner: &str) -> Obstacle {
    obstacle(
        "addon_association",
        format!("the add-on `{owner}` has made an association for it and looks after that"),
        "Take the service account role out of the add-on's settings; the association stays the add-on's.",
    )
}

pub(super) fn other_association(role: &str, annotated: &str) -> Obstacle {
    obstacle(
        "other_association",
        format!(
            "it has an association already, which gives new pods the role `{role}`, and the annotation names `{annotated}`"
        ),
        "Decide which role is meant, and set it in the association or take the annotation away.",
    )
}

pub(super) fn addon() -> Obstacle {
    obstacle(
        "addon",
        "an EKS add-on has set its annotation and looks after it".to_owned(),
        "Give the add-on a Pod Identity association (`pod_identity_association` of aws_eks_addon) in place of its service account role: it then makes the one and takes the other away.",
    )
}

pub(super) fn not_admitted(why: &str) -> Obstacle {
    obstacle(
        "not_admitted",
        format!(
            "the role does not let it in by its token today, and with an association its pods would have it: {}",
            unfinished(why)
        ),
        "If its pods are to have the role, let it in first; if not, take the annotation away.",
    )
}

pub(super) fn not_judged(why: &str) -> Obstacle {
    obstacle(
        "not_judged",
        format!(
            "whether the role lets it in by its token today is not known, and with an association its pods would have it: {}",
            unfinished(why)
        ),
        "Run this with the right to read it, or make statement and association by hand, under the same condition.",
    )
}

/// Who has to take an annotation away, where that is not this provider alone.
pub(super) fn held_by_others(annotation: &Annotation) -> Option<String> {
    if annotation.is_own_alone() {
        return None;
    }
    let who = annotation.others.iter().map(|who| format!("`{who}`"));
    let who: Vec<String> = who.collect();
    Some(match who.is_empty() {
        true => {
            "nobody is known to hold its annotation: take it away by hand, with `kubectl annotate`"
                .to_owned()
        }
        false => format!(
            "its annotation is set by {}: take it away there",
            who.join(" and ")
        ),
    })
}

/// A sentence to go on with.
pub(super) fn unfinished(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}
