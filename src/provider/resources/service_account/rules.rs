//! What the attributes of a service account may be. Sources: Kubernetes, "Object Names and IDs", "Labels and Selectors"; the IAM API reference on client ids;
//! the constants of amazon-eks-pod-identity-webhook.

use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::kubernetes::service_account::{is_label_key, is_label_value};
use tf_provider::Value;
use tf_provider::schema::Invalid;

use crate::attributes::service_account_name;
pub(super) use crate::attributes::service_account_name::namespace;

/// The name of a service account.
pub(super) fn name(text: &str) -> Result<(), Invalid> {
    service_account_name::name("name", text)
}

/// The names of secrets.
pub(super) fn secret_names(value: &Value) -> Result<(), Invalid> {
    let title = "Invalid Secret Name";
    let Value::List(names) = value else {
        return Ok(());
    };
    names.iter().try_for_each(|name| match name {
        Value::String(text) => secret_name(title, text),
        Value::Null => Err(Invalid::new(
            title,
            "A name of the set is null, which is no name of a secret. Leave it out, as `compact([...])` does.",
        )),
        _ => Ok(()),
    })
}

fn secret_name(title: &str, text: &str) -> Result<(), Invalid> {
    match !text.contains(':') && ServiceAccount::parse(&format!("default:{text}")).is_ok() {
        true => Ok(()),
        false => Err(Invalid::new(
            title,
            format!(
                "`{text}` is not the name of a secret: 1 to 253 lower-case letters, digits, inner hyphens and dots."
            ),
        )),
    }
}

/// An audience, which IAM has as a client id.
pub(super) fn audience(text: &str) -> Result<(), Invalid> {
    let is_printable = |letter: char| !letter.is_whitespace() && !letter.is_control();
    if (1..=255).contains(&text.chars().count()) && text.chars().all(is_printable) {
        return Ok(());
    }
    Err(Invalid::new(
        "Invalid Audience",
        format!(
            "`{text}` is not an audience: 1 to 255 characters without spaces, such as `sts.amazonaws.com`."
        ),
    ))
}

/// Seconds.
pub(super) fn token_expiration(value: &Value) -> Result<(), Invalid> {
    let Value::Number(number) = value else {
        return Ok(());
    };
    match number.as_i64() {
        Some(600..=86_400) => Ok(()),
        _ => Err(Invalid::new(
            "Invalid Token Expiration",
            format!("`{number}` is not the lifetime of a token: whole seconds, 600 to 86400."),
        )),
    }
}

/// Labels.
pub(super) fn labels(value: &Value) -> Result<(), Invalid> {
    let Value::Map(labels) = value else {
        return Ok(());
    };
    for (key, value) in labels {
        let fault = match value {
            _ if !is_label_key(key) => {
                "a key is a name of 1 to 63 letters, digits and inner `-`, `_` and `.`, with a DNS name and a `/` before it where it has one"
            }
            Value::Null => "it has no value; leave the key out, or set an empty text",
            Value::String(text) if !is_label_value(text) => {
                "a value is empty, or 1 to 63 letters, digits and inner `-`, `_` and `.`"
            }
            _ => continue,
        };
        return Err(Invalid::new(
            "Invalid Label",
            format!("Label `{key}` is not valid: {fault}."),
        ));
    }
    Ok(())
}
