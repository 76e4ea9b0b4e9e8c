//! What decided, as a sentence. The reasons are those of `eksauth_core::iam_policy::policy_document`, which names them by id.

use eksauth_core::iam_policy::policy_document::{Condition, Decision, Evaluation};

use super::{ACTION, PROVIDER_UNREADABLE, WebIdentity};
use crate::diagnostics::api_failure::sentence;

pub(super) fn explanation(case: &WebIdentity, evaluation: &Evaluation) -> String {
    if let Some(error) = &evaluation.error {
        return sentence(&error.to_string());
    }
    if let Some(text) = describe_provider(case, evaluation) {
        return text;
    }
    match evaluation.statement_index {
        Some(index) => describe_statement(case, index, evaluation),
        None => "No statement allows it.".to_owned(),
    }
}

fn describe_provider(case: &WebIdentity, evaluation: &Evaluation) -> Option<String> {
    let provider = &case.provider_arn;
    Some(match evaluation.reason.as_str() {
        "provider.not_found" => format!(
            "The role's account has no OIDC provider `{provider}`.{}",
            describe_named(evaluation)
        ),
        "provider.client_id" => format!(
            "The OIDC provider `{provider}` does not take the audience `{}`.",
            case.audience
        ),
        PROVIDER_UNREADABLE => format!(
            "The trust policy allows it, but whether the OIDC provider `{provider}` is there and takes the audience could not be read."
        ),
        _ => return None,
    })
}

fn describe_statement(case: &WebIdentity, index: usize, evaluation: &Evaluation) -> String {
    match (evaluation.decision, &evaluation.condition) {
        (Decision::Allow, _) => format!("Statement {index} allows it."),
        (Decision::Indeterminate, Some(condition)) => format!(
            "It depends on the condition {} of statement {index}, and on what is not known before the request.",
            describe_condition(condition)
        ),
        (Decision::Indeterminate, None) => format!(
            "Statement {index} names everyone as its principal, and what that means for a web identity is not documented."
        ),
        (Decision::Deny | Decision::Invalid, Some(condition)) => format!(
            "Statement {index} would allow it, but its condition {} does not hold.",
            describe_condition(condition)
        ),
        (Decision::Deny | Decision::Invalid, None) => match evaluation.reason.as_str() {
            "explicit_deny" => format!("Statement {index} denies it."),
            "principal" => format!(
                "No statement that allows anything names the OIDC provider `{}`.{}",
                case.provider_arn,
                describe_named(evaluation)
            ),
            "action" => format!(
                "Statement {index} names the OIDC provider, but does not allow `{}`.",
                ACTION
            ),
            _ => "No statement allows it.".to_owned(),
        },
    }
}

/// The providers that the policy names instead of the asked one.
fn describe_named(evaluation: &Evaluation) -> String {
    match evaluation.named_providers.as_slice() {
        [] => String::new(),
        named => format!(" The trust policy names `{}` instead.", named.join("`, `")),
    }
}

pub(super) fn describe_condition(condition: &Condition) -> String {
    format!(
        "`{}` on `{}` (`{}`)",
        condition.operator,
        condition.key,
        condition.values.join("`, `")
    )
}
