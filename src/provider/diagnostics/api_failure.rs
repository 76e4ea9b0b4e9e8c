//! A failed call as a practitioner reads it: what was tried, everything the service said, whose fault it is and what to do.

use std::error::Error;

use tf_provider::{Diagnostic, Diagnostics};

use super::shared_cause::shared_cause;
pub(crate) use crate::attributes::sentence::sentence;
use crate::ports::{ApiError, ErrorKind, PROFILE_ARGUMENT, PROFILE_VARIABLE, Service, Surface};

/// The call whose token comes from a file of the provider block.
const WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";

/// An error. `summary` is a title without ids, `about` names the object, like "Role `reader`".
pub fn failed(summary: &str, about: &str, error: &ApiError) -> Diagnostic {
    failed_on(Surface::Terraform, summary, about, error)
}

/// The same where the command line may be what it is read on.
pub fn failed_on(surface: Surface, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
    let diagnostic = match error.kind {
        ErrorKind::AccountNotAllowed => account_not_allowed(error),
        _ => described(surface, summary, about, error),
    };
    with_cause(diagnostic, about, error)
}

/// The message, marked with what other objects meet too.
pub(crate) fn with_cause(diagnostic: Diagnostic, about: &str, error: &ApiError) -> Diagnostic {
    // Whom an API server does not know depends on the cluster, which is known to who explains it.
    let is_unknown_caller =
        error.kind == ErrorKind::Unauthorized && matches!(error.service, Service::ApiServer(_));
    match shared_cause(about, error) {
        Some(cause) if !is_unknown_caller => diagnostic.caused_by(cause),
        Some(_) | None => diagnostic,
    }
}

fn described(surface: Surface, summary: &str, about: &str, error: &ApiError) -> Diagnostic {
    let mut detail = format!("{about}: {}", error.detail());
    let advice = match error.service {
        Service::Aws => advice_for_aws(error, surface),
        Service::ApiServer(_) => advice_for_api_server(error.kind, surface),
    };
    if let Some(advice) = advice {
        detail.push_str("\n\n");
        detail.push_str(advice);
    }
    Diagnostic::error(summary, detail)
}

fn account_not_allowed(error: &ApiError) -> Diagnostic {
    Diagnostic::error(
        "Account Not Allowed",
        format!(
            "{} Nothing was read or written. Run with credentials of another account, or change the list in the provider block.",
            sentence(&error.message)
        ),
    )
}

/// [`failed`] as a collection, for `map_err`.
pub fn failure<'a>(summary: &'a str, about: &'a str) -> impl Fn(ApiError) -> Diagnostics + 'a {
    move |error| failed(summary, about, &error).into()
}

/// What can be done about a failure of a cluster's API server, where that does not depend on the object.
fn advice_for_api_server(kind: ErrorKind, surface: Surface) -> Option<&'static str> {
    match kind {
        ErrorKind::Unreachable => Some(surface.choose(
            "Check that this machine reaches the API server: a cluster with private endpoint access only is reached from its VPC, through a VPN or \
             through a proxy. `clusters = { NAME = { host = \"…\", proxy_url = \"…\" } }` in the provider block gives another address or a proxy. Nothing \
             else was tried in place of this address.",
            "Check that this machine reaches the API server: a cluster with private endpoint access only is reached from its VPC, through a VPN or \
             through a proxy (HTTPS_PROXY). Nothing else was tried in place of this address.",
        )),
        kind => advice(kind, surface),
    }
}

/// What can be done about a failure of AWS, where that does not depend on the object.
fn advice_for_aws(error: &ApiError, surface: Surface) -> Option<&'static str> {
    match (error.kind, error.code.as_deref()) {
        // AWS knows the key id, or it would have said that first.
        (
            ErrorKind::Unauthorized,
            Some("SignatureDoesNotMatch" | "InvalidSignature" | "InvalidSignatureException"),
        ) => Some(
            "AWS knows the access key, but the secret key does not belong to it, or something between (a proxy) changed the request. Check that the \
             secret key is complete and that both are of one pair.",
        ),
        (ErrorKind::NoCredentials, _) if error.operation == PROFILE_VARIABLE => {
            Some("Correct or unset AWS_PROFILE.")
        }
        (ErrorKind::NoCredentials, _) if error.operation == PROFILE_ARGUMENT => Some(
            "Correct `profile`, or name the files that have the profile in `shared_config_files` and `shared_credentials_files`.",
        ),
        (ErrorKind::LimitExceeded, _) if error.operation == "iam:PutRolePolicy" => Some(
            "IAM takes 10,240 characters at most in all inline policies of a role together, and does not raise that. Remove inline policies from the \
             role, or make managed policies of them.",
        ),
        // There are credentials enough: only the file of the token is missing.
        (ErrorKind::NoCredentials, _) if error.operation == WEB_IDENTITY => Some(
            "Correct `web_identity_token_file`, or have the token written there before Terraform runs. It is read anew whenever it is needed.",
        ),
        (kind, _) => advice(kind, surface),
    }
}

/// What can be done about a kind of failure, where that does not depend on the object.
fn advice(kind: ErrorKind, surface: Surface) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::AccessDenied => {
            "Grant the permission to the caller, or run as someone who has it."
        }
        ErrorKind::Unauthorized => surface.choose(
            "The service does not know the caller: check the credentials that the provider block, the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE) or \
             the machine's role gives, and that they are for this account and partition.",
            "The service does not know the caller: check the credentials that --profile, the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE) or the \
             machine's role gives, and that they are for this account and partition.",
        ),
        ErrorKind::ExpiredCredentials => {
            "Get new credentials (`aws sso login`, a new session) and run again."
        }
        ErrorKind::NoCredentials => surface.choose(
            "Give credentials: in the provider block, in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE) or by the machine's role.",
            "Give credentials: with --profile, in the environment (AWS_ACCESS_KEY_ID, AWS_PROFILE) or by the machine's role.",
        ),
        ErrorKind::Throttled => surface.choose(
            "The service asks for fewer calls. Run again later, or with a lower `-parallelism`.",
            "The service asks for fewer calls. Run again later.",
        ),
        ErrorKind::LimitExceeded => "Ask for a higher quota (Service Quotas), or use fewer.",
        ErrorKind::Unreachable => surface.choose(
            "Check the network, proxies and `endpoints`. Nothing else was tried in place of this address.",
            "Check the network, proxies and AWS_ENDPOINT_URL. Nothing else was tried in place of this address.",
        ),
        ErrorKind::AnswerLost => {
            "The call may have been carried out. Run again: what exists then is recognised."
        }
        ErrorKind::Service => {
            "This is a fault of the service, or of something between; run again later."
        }
        ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Conflict
        | ErrorKind::Invalid
        | ErrorKind::UnknownPrincipal
        | ErrorKind::AccountNotAllowed
        | ErrorKind::NoDryRun
        | ErrorKind::Cancelled => return None,
    })
}

/// A warning for a read while the provider block is not wholly known: the state is kept.
pub fn kept_unread(what: &str) -> Diagnostic {
    Diagnostic::warning(
        "Not Refreshed",
        format!(
            "The provider block depends on values that are known only after apply, so this {what} was not read. Its state was kept as it is; \
             nothing else was asked in its place."
        ),
    )
}

/// An error for a value that Terraform should have resolved by now.
pub fn not_known_at_apply(what: &str) -> Diagnostic {
    Diagnostic::error(
        "Value Not Known At Apply",
        format!(
            "A value of this {what} is still unknown during apply. This is a bug in Terraform or in the provider; please report it."
        ),
    )
}

/// An error for a question that has no answer while the provider block is not wholly known.
pub fn cannot_answer(what: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider Block Not Known",
        format!(
            "The provider block depends on values that are known only after apply, so there is no {what} to speak of yet. Nothing was asked in its \
             place: no other endpoint, no ambient kubeconfig, no in-cluster credentials. Apply first what the block depends on (`-target`), or write \
             the values out."
        ),
    )
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// An error for an import of something that could not be read; the warning beside it says why.
pub fn unread_import(about: &str) -> Diagnostic {
    Diagnostic::error(
        "Cannot Import",
        format!("{about} could not be read, and an import has no state that could be kept."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_key_is_not_called_an_unknown_caller() {
        for surface in [Surface::Terraform, Surface::CommandLine] {
            let told = |code: &str| {
                let error = ApiError {
                    code: Some(code.to_owned()),
                    ..ApiError::new(ErrorKind::Unauthorized, "iam:GetRole", "no")
                };
                failed_on(surface, "Cannot Read Role", "it", &error).detail
            };
            for code in ["SignatureDoesNotMatch", "InvalidSignatureException"] {
                let text = told(code);
                assert!(text.contains("the secret key does not belong to"), "{text}");
                assert!(!text.contains("does not know the caller"), "{text}");
            }
            assert!(told("InvalidClientTokenId").contains("does not know the caller"));
        }
    }

    #[test]
    fn a_profile_of_the_environment_is_corrected_there() {
        let error = ApiError::new(
            ErrorKind::NoCredentials,
            PROFILE_VARIABLE,
            "there is no profile `nope` in the shared AWS configuration files",
        );
        let text = failed("Cannot Read Role", "it", &error).detail;
        assert!(text.contains("Correct or unset AWS_PROFILE"), "{text}");
        assert!(!text.contains("Give credentials"), "{text}");
    }

    #[test]
    fn what_the_provider_block_names_and_is_not_there_is_corrected_in_the_block() {
        for (operation, advice) in [
            ("`profile`", "Correct `profile`"),
            (
                "sts:AssumeRoleWithWebIdentity",
                "Correct `web_identity_token_file`",
            ),
        ] {
            let error = ApiError::new(ErrorKind::NoCredentials, operation, "it is not there");
            let text = failed(
                "Invalid Provider Configuration",
                "The provider block",
                &error,
            )
            .detail;
            assert!(text.contains(advice), "{text}");
            assert!(!text.contains("Give credentials"), "{text}");
        }
    }

    #[test]
    fn what_is_read_at_a_shell_names_nothing_of_a_configuration() {
        for kind in [
            ErrorKind::NoCredentials,
            ErrorKind::Throttled,
            ErrorKind::Unreachable,
            ErrorKind::AccessDenied,
            ErrorKind::ExpiredCredentials,
            ErrorKind::Service,
        ] {
            let error = ApiError::new(kind, "eks:DescribeCluster", "no");
            let detail = failed_on(Surface::CommandLine, "Cannot Read", "it", &error).detail;
            for words in ["provider block", "-parallelism", "`endpoints`", "apply"] {
                assert!(!detail.contains(words), "{detail}");
            }
        }
        let error = ApiError::new(ErrorKind::NoCredentials, "sts:GetCallerIdentity", "no");
        assert!(
            failed("Cannot Read", "it", &error)
                .detail
                .contains("in the provider block")
        );
    }
}
