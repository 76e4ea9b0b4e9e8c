//! What the attributes of a group binding may be. Sources: Kubernetes, "Object Names and IDs", "Using RBAC Authorization"; k8s.io/apimachinery,
//! `path.ValidatePathSegmentName` (names of roles) and k8s.io/kubernetes, `pkg/apis/rbac/validation`.

use eksauth_core::kubernetes::service_account::{is_label_key, is_label_value};
use tf_provider::Value;
use tf_provider::schema::Invalid;

use crate::ports::rbac_objects::is_built_in_name;

/// The longest name of its own: the hash of the role follows in the bindings' name.
const LONGEST_NAME: usize = 240;

/// The name of what is made here.
pub(super) fn name(text: &str) -> Result<(), Invalid> {
    if is_built_in_name(text) {
        return Err(Invalid::new(
            "Name Of Built-In Role",
            format!(
                "`{text}` is a name that Kubernetes or EKS keeps for its own roles, which are never changed here. Choose another `name`; to bind that role write \
                 `cluster_role = \"{text}\"`."
            ),
        ));
    }
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
    let is_inner = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let is_name = bytes.len() <= LONGEST_NAME
        && text.bytes().all(is_allowed)
        && is_inner(bytes.first())
        && is_inner(bytes.last());
    match is_name {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Role Name",
            format!(
                "`{text}` is not a name for a role and its bindings: 1 to {LONGEST_NAME} lower-case letters, digits, and inner hyphens, dots and colons."
            ),
        )),
    }
}

/// The name of a role that is there.
pub(super) fn role_name(text: &str) -> Result<(), Invalid> {
    let is_allowed = |letter: char| !letter.is_control() && letter != '/' && letter != '%';
    let is_segment = !matches!(text, "" | "." | "..") && text.trim() == text;
    match is_segment && text.chars().all(is_allowed) && text.len() <= 253 {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Role Name",
            format!(
                "`{text}` is not the name of a role, such as `view` or `system:auth-delegator`."
            ),
        )),
    }
}

/// The name of a namespace.
pub(super) fn namespace(text: &str) -> Result<(), Invalid> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = (1..=63).contains(&text.len())
        && text.bytes().all(is_allowed)
        && !text.starts_with('-')
        && !text.ends_with('-');
    match is_label {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Namespace",
            format!(
                "`{text}` is not the name of a namespace: 1 to 63 lower-case letters, digits and inner hyphens."
            ),
        )),
    }
}

/// A group or user.
pub(super) fn subject(text: &str) -> Result<(), Invalid> {
    let fault = match text {
        "" => "a name is not empty",
        text if text.trim() != text => "it begins or ends with a space, which no mapping gives",
        text if text.contains("{{") => {
            "a placeholder of a user name template is not filled in here: write the name that the mapping gives"
        }
        "system:masters" => {
            "whoever is in `system:masters` may do everything without any binding; leave it out"
        }
        _ => return Ok(()),
    };
    Err(Invalid::new(
        "Invalid Subject",
        format!("`{text}` cannot be bound: {fault}."),
    ))
}

/// An API group, without a version.
pub(super) fn api_group(text: &str) -> Result<(), Invalid> {
    if let Some((group, version)) = text.split_once('/') {
        return Err(Invalid::new(
            "Invalid API Group",
            format!(
                "`{text}` has a version. Rules name the group alone: write `{group}` instead of `{group}/{version}`."
            ),
        ));
    }
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let hint = match text {
        "" | "*" => return Ok(()),
        "v1" | "core" => " The core group is the empty text: `\"\"`.",
        text if text.bytes().all(is_allowed) => return Ok(()),
        _ => "",
    };
    Err(Invalid::new(
        "Invalid API Group",
        format!("`{text}` is not an API group, such as `apps` or `networking.k8s.io`.{hint}"),
    ))
}

/// A resource, with a subresource where one is meant.
pub(super) fn resource(text: &str) -> Result<(), Invalid> {
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./*".contains(&byte);
    let is_resource = !text.is_empty()
        && text.bytes().all(is_allowed)
        && text.matches('/').count() <= 1
        && !text.starts_with('/')
        && !text.ends_with('/');
    let lower = text.to_lowercase();
    let hint = match lower == text {
        false if !lower.contains(' ') => format!("Write `{lower}`."),
        _ => "Write the plural in lower case, such as `pods` or `pods/log`.".to_owned(),
    };
    match is_resource {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Resource",
            format!("`{text}` is not a valid resource name. {hint}"),
        )),
    }
}

/// A verb.
pub(super) fn verb(text: &str) -> Result<(), Invalid> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte == b'-' || byte == b':';
    match text == "*" || (!text.is_empty() && text.bytes().all(is_allowed)) {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Verb",
            format!("`{text}` is not a verb of the Kubernetes API, such as `get`, `list` or `*`."),
        )),
    }
}

/// A path that is no resource; a star stands at its end only.
pub(super) fn non_resource_url(text: &str) -> Result<(), Invalid> {
    let stars = text.matches('*').count();
    let is_path = text.starts_with('/') && stars <= 1 && (stars == 0 || text.ends_with('*'));
    match text == "*" || is_path {
        true => Ok(()),
        false => Err(Invalid::new(
            "Invalid Non-Resource URL",
            format!(
                "`{text}` is not a path of the API server, such as `/metrics`; a `*` stands at its end only."
            ),
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
            _ if key == "kubernetes.io/bootstrapping" => {
                "it marks the roles that the API server makes and reconciles itself"
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
