//! What single values of the provider block must look like.

use std::time::Duration;

use eksauth_core::iam_policy::policy_document::PolicyDocument;
use eksauth_core::principal::arn::{
    AccountId, Arn, EntryArnError, canonical_role_arn, canonical_user_arn, iam_role_path,
};
use tf_provider::Value;
use tf_provider::schema::Invalid;

use crate::attributes::timeouts::parse_duration;
use crate::ports::secret::without_userinfo;

/// An account id.
///
/// # Errors
/// What one looks like.
pub fn account_id(text: &str) -> Result<(), Invalid> {
    match AccountId::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(Invalid::new(
            "Invalid Account Id",
            format!(
                "`{text}` is not an account id: twelve digits, written in quotes so that leading zeros stay."
            ),
        )),
    }
}

/// The ARN of a role that can be assumed.
///
/// # Errors
/// Why it is none.
pub fn role_arn(text: &str) -> Result<(), Invalid> {
    let resource = Arn::parse(text).map(|arn| arn.resource).unwrap_or_default();
    let reason = match iam_role_path(text) {
        Ok(Some(_)) => return Ok(()),
        _ if resource.starts_with("role/aws-service-role/") => {
            "it is a service-linked role, which only its service can assume".to_owned()
        }
        Ok(None) => "it is the session of a role; write the role's own ARN".to_owned(),
        Err(EntryArnError::Kind { found, .. }) => {
            format!("it is {found}, and only a role can be assumed")
        }
        Err(error) => error.to_string(),
    };
    Err(Invalid::new(
        "Invalid Role ARN",
        format!(
            "`{text}` cannot be assumed: {reason}. A role's ARN looks like `arn:aws:iam::111122223333:role/deploy`."
        ),
    ))
}

/// The ARN of a role or user.
///
/// # Errors
/// Why it is none.
pub fn principal_arn(text: &str) -> Result<(), Invalid> {
    let role = match canonical_role_arn(text) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    match canonical_user_arn(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(Invalid::new(
            "Invalid Principal ARN",
            format!("`{text}` is the ARN of no role and of no user: {role}."),
        )),
    }
}

pub(super) fn url(text: &str) -> Result<(), Invalid> {
    web_address(text, &["http://", "https://"])
}

pub(super) fn https_url(text: &str) -> Result<(), Invalid> {
    web_address(text, &["https://"])
}

fn web_address(text: &str, schemes: &[&str]) -> Result<(), Invalid> {
    let rest = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    let is_host = |rest: &str| {
        !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)
    };
    if rest.is_some_and(is_host) {
        return Ok(());
    }
    let expected = schemes
        .iter()
        .map(|scheme| format!("`{scheme}host`"))
        .collect::<Vec<_>>()
        .join(" or ");
    let shown = without_userinfo(text);
    let invalid = Invalid::new(
        "Invalid URL",
        format!("`{shown}` is not a URL that can be used here; it looks like {expected}."),
    );
    if shown == text {
        return Err(invalid);
    }
    Err(invalid.without_source_line())
}

pub(super) fn pem(text: &str) -> Result<(), Invalid> {
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Certificate",
        "This is not a certificate in PEM form, which begins with `-----BEGIN CERTIFICATE-----`. What DescribeCluster gives is base64 of it: use \
         `base64decode(…)`.",
    ))
}

pub(super) fn max_retries(value: &Value) -> Result<(), Invalid> {
    let Value::Number(number) = value else {
        return Ok(());
    };
    let given = number.to_string();
    match given.parse::<u32>() {
        Ok(0..=1000) => Ok(()),
        _ => Err(Invalid::new(
            "Invalid Number Of Attempts",
            format!("`{given}` is not a number of attempts: 0 to 1000."),
        )),
    }
}

/// A capacity of the tokens for retries.
pub(super) fn retry_tokens(value: &Value) -> Result<(), Invalid> {
    let Value::Number(number) = value else {
        return Ok(());
    };
    let given = number.to_string();
    match given.parse::<u32>() {
        Ok(0..=500_000_000) => Ok(()),
        _ => Err(Invalid::new(
            "Invalid Number Of Tokens",
            format!("`{given}` is not a number of tokens: 0 (no limit) to 500,000,000."),
        )),
    }
}

/// Text that hashicorp/aws reads as a boolean; the empty text is none.
pub(super) fn bool_of(text: &str) -> Option<Option<bool>> {
    match text {
        "" => Some(None),
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Some(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Some(false)),
        _ => None,
    }
}

pub(super) fn bool_text(text: &str) -> Result<(), Invalid> {
    match bool_of(text) {
        Some(_) => Ok(()),
        None => Err(Invalid::new(
            "Invalid Boolean",
            format!("`{text}` is neither `true` nor `false`."),
        )),
    }
}

/// The name of a session.
///
/// # Errors
/// What one looks like.
pub fn session_name(text: &str) -> Result<(), Invalid> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    if (2..=64).contains(&text.chars().count()) && text.chars().all(is_allowed) {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Session Name",
        format!("`{text}` is not a session name: 2 to 64 letters, digits and `_+=,.@-`."),
    ))
}

pub(super) fn session_duration(text: &str) -> Result<(), Invalid> {
    let bounds = Duration::from_secs(15 * 60)..=Duration::from_secs(12 * 3600);
    match parse_duration(text) {
        Some(duration) if bounds.contains(&duration) => Ok(()),
        _ => Err(Invalid::new(
            "Invalid Duration",
            format!("`{text}` is not the length of a session: `15m` to `12h`, such as `1h30m`."),
        )),
    }
}

pub(super) fn policy(text: &str) -> Result<(), Invalid> {
    match PolicyDocument::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Invalid::new(
            "Invalid Session Policy",
            format!("The session policy is not valid: {error}."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_that_is_no_role_cannot_be_assumed() {
        let reason = |text: &str| format!("{:?}", role_arn(text).unwrap_err());
        for (arn, found) in [
            ("arn:aws:iam::111122223333:user/dev", "a user"),
            ("arn:aws:iam::111122223333:root", "the root of an account"),
            (
                "arn:aws:iam::111122223333:instance-profile/nodes",
                "an instance profile",
            ),
        ] {
            let reason = reason(arn);
            assert!(reason.contains(&format!("it is {found}")), "{reason}");
            assert!(reason.contains("only a role can be assumed"), "{reason}");
            assert!(!reason.contains("among the users"), "{reason}");
        }
    }

    #[test]
    fn a_url_that_is_refused_is_shown_without_its_password() {
        for text in ["socks5://me:hunter2@proxy:1080", "me:hunter2@proxy:3128"] {
            let refusal = format!("{:?}", url(text).unwrap_err());
            assert!(refusal.contains("(redacted)@proxy"), "{refusal}");
            assert!(!refusal.contains("hunter2"), "{refusal}");
            assert!(
                refusal.contains("Hidden"),
                "Terraform prints the line: {refusal}"
            );
        }
    }
}
