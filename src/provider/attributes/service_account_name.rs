//! Names of service accounts and their namespaces. Source: Kubernetes, "Object Names and IDs".

use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use tf_provider::schema::Invalid;

/// The name of a namespace.
pub(crate) fn namespace(text: &str) -> Result<(), Invalid> {
    match text.contains(':') || ServiceAccount::parse(&format!("{text}:default")).is_err() {
        true => Err(Invalid::new(
            "Invalid Namespace",
            format!(
                "`{text}` is not the name of a namespace: 1 to 63 lower-case letters, digits and inner hyphens."
            ),
        )),
        false => Ok(()),
    }
}

/// The name of a service account, in an attribute of the given name.
pub(crate) fn name(attribute: &str, text: &str) -> Result<(), Invalid> {
    if !text.contains(':') && ServiceAccount::parse(&format!("default:{text}")).is_ok() {
        return Ok(());
    }
    let hint = match text.split_once([':', '/']) {
        Some((namespace, name)) => {
            format!(" Write `namespace = \"{namespace}\"` and `{attribute} = \"{name}\"`.")
        }
        None => String::new(),
    };
    Err(Invalid::new(
        "Invalid Service Account Name",
        format!(
            "`{text}` is not the name of a service account: 1 to 253 lower-case letters, digits, inner hyphens and dots.{hint}"
        ),
    ))
}
