//! What kube2iam, kiam and IAM accept, judged on one value at a time.

use eksauth_core::legacy_pod_role::kube2iam::is_valid_base_arn;
use tf_provider::schema::Invalid;

/// kube2iam does not start with another one.
pub(super) fn base_arn(text: &str) -> Result<(), Invalid> {
    match is_valid_base_arn(text) {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Base ARN",
            format!(
                "`{text}` is not a base ARN: it looks like `arn:aws:iam::111122223333:role/` or `arn:aws:iam::111122223333:role/pods/`."
            ),
        )),
    }
}

/// Source: the STS API reference, AssumeRole.
pub(super) fn external_id(text: &str) -> Result<(), Invalid> {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@:/-".contains(letter);
    match (2..=1224).contains(&text.chars().count()) && text.chars().all(is_allowed) {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid External Id",
            format!("`{text}` is not an external id: 2 to 1,224 letters, digits and `_+=,.@:/-`."),
        )),
    }
}
