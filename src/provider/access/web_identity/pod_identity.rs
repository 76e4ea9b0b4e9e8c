//! What decided about EKS Pod Identity, as a sentence.

use eksauth_core::iam_policy::policy_document::{Decision, Evaluation};

use super::explanation::describe_condition;
use crate::diagnostics::api_failure::sentence;

const SERVICE: &str = "pods.eks.amazonaws.com";

/// Why the role lets EKS Pod Identity in or not, with the reasons of `evaluate_pod_identity`.
pub(crate) fn pod_identity_explanation(evaluation: &Evaluation) -> String {
    explanation(evaluation, &format!("`{SERVICE}`"), |asked| match asked {
        Asked::NobodyNamed => format!(
            "No statement that allows anything names the service `{SERVICE}`, which Pod Identity is."
        ),
        Asked::PerhapsNamed(index) => format!(
            "Statement {index} names everyone as its principal, and whether that means `{SERVICE}` is not documented."
        ),
    })
}

/// Why the target role lets the first role of an association in or not, with the reasons of `evaluate_target_role`.
pub(crate) fn target_role_explanation(evaluation: &Evaluation, role_arn: &str) -> String {
    explanation(evaluation, &format!("`{role_arn}`"), |asked| match asked {
        Asked::NobodyNamed => {
            format!("No statement that allows anything names `{role_arn}` or its account.")
        }
        Asked::PerhapsNamed(index) => format!(
            "Statement {index} names a session of the role, and EKS chooses how its sessions are called."
        ),
    })
}

/// What is said of the principals.
enum Asked {
    NobodyNamed,
    PerhapsNamed(usize),
}

fn explanation(evaluation: &Evaluation, who: &str, principals: impl Fn(Asked) -> String) -> String {
    if let Some(error) = &evaluation.error {
        return sentence(&error.to_string());
    }
    let (action, reason) = match evaluation.reason.strip_prefix("tag_session:") {
        Some(reason) => ("sts:TagSession", reason),
        None => ("sts:AssumeRole", evaluation.reason.as_str()),
    };
    let Some(index) = evaluation.statement_index else {
        return format!("No statement allows `{action}`.");
    };
    match (evaluation.decision, &evaluation.condition) {
        (Decision::Allow, _) => format!("Statement {index} allows it."),
        (Decision::Indeterminate, Some(condition)) => format!(
            "It depends on the condition {} of statement {index}, and on what is not known before a pod asks.",
            describe_condition(condition)
        ),
        (Decision::Indeterminate, None) => principals(Asked::PerhapsNamed(index)),
        (Decision::Deny | Decision::Invalid, Some(condition)) => format!(
            "Statement {index} would allow `{action}` to {who}, but its condition {} does not hold.",
            describe_condition(condition)
        ),
        (Decision::Deny | Decision::Invalid, None) => match reason {
            "explicit_deny" => format!("Statement {index} denies `{action}` to {who}."),
            "action" => format!(
                "Statement {index} names {who}, but does not allow `{action}`, which Pod Identity needs."
            ),
            _ => principals(Asked::NobodyNamed),
        },
    }
}
