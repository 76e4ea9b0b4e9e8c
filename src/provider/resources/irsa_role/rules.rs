//! What IAM and Kubernetes accept of a trust in service accounts, judged on one value at a time.
//!
//! Sources: the IAM user guide (quotas, name rules), the Kubernetes API conventions.

use eksauth_core::iam_policy::policy_document::PolicyDocument;
use eksauth_core::iam_policy::trust_policy::{ServiceAccount, ServiceAccountPattern, TrustPolicy};
use eksauth_core::principal::oidc_issuer::Issuer;
use tf_provider::schema::Invalid;

use crate::diagnostics::api_failure::{chain, sentence};

pub(super) fn oidc_provider_arn(arn: &str) -> Result<(), Invalid> {
    match Issuer::from_provider_arn(arn) {
        Ok(_) => Ok(()),
        Err(error) => Err(Invalid::new(
            "Invalid OIDC Provider ARN",
            sentence(&chain(&error)),
        )),
    }
}

pub(super) fn service_account(text: &str) -> Result<(), Invalid> {
    match ServiceAccount::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Invalid::new(
            "Invalid Service Account",
            sentence(&error.to_string()),
        )),
    }
}

pub(super) fn service_account_pattern(text: &str) -> Result<(), Invalid> {
    match ServiceAccountPattern::parse(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Invalid::new(
            "Invalid Service Account Pattern",
            sentence(&error.to_string()),
        )),
    }
}

pub(super) fn audience(text: &str) -> Result<(), Invalid> {
    match text.trim() == text && !text.is_empty() && text.chars().count() <= 255 {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Audience",
            format!(
                "`{text}` is not an audience: 1 to 255 characters, such as `sts.amazonaws.com`."
            ),
        )),
    }
}

pub(super) fn condition(text: &str) -> Result<(), Invalid> {
    let invalid = |reason: &str| Invalid::new("Invalid Condition", sentence(reason));
    let condition = serde_json::from_str(text)
        .map_err(|error| invalid(&format!("the condition is not valid JSON: {error}")))?;
    let policy = TrustPolicy {
        pod_identity: true,
        pod_identity_condition: Some(condition),
        ..TrustPolicy::default()
    };
    let document = policy.to_json().map_err(|error| invalid(&chain(&error)))?;
    PolicyDocument::parse_trust(&document)
        .map(drop)
        .map_err(|error| invalid(&error.to_string()))
}
