//! Username and group templates: what the server puts in for the placeholders, and what a plan can say about a template before anybody logs in.
//!
//! Placeholders are replaced one after the other, case-sensitive, in a fixed order; everything else stays literal. Whoever may set the name of a
//! role session chooses `{{SessionName}}`. What our own server does is stricter: [`render_once`]. Source: aws-iam-authenticator `pkg/server/server.go`, EKS User Guide "Creating access entries".

mod finding;
mod placeholder;
mod strict;

pub use self::finding::{TemplateCaller, TemplateFinding, TemplateUse, check, check_of_people};
pub use self::placeholder::PLACEHOLDERS;
pub use self::strict::{OnePassError, StrictTemplateError, render_once, render_strictly};

/// Prefixes that EKS refuses in usernames of access entries; aws-auth knows no such rule.
pub const ACCESS_ENTRY_RESERVED_PREFIXES: [&str; 5] =
    ["system:", "eks:", "aws:", "amazon:", "iam:"];

/// Who asks: the parts of a verified identity that templates can name. Without `Debug`: the id of an access key is nothing for a log.
#[derive(Clone, PartialEq, Eq)]
pub struct TemplateIdentity<'a> {
    /// Twelve digits.
    pub account_id: &'a str,
    /// The role session's name, empty for users; **the caller may choose this string**.
    pub session_name: &'a str,
    /// The access key id of the request's signature.
    pub access_key_id: &'a str,
}

/// Why a template cannot be rendered; the server denies the request then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{EC2PrivateDNSName}}` for a session that is no EC2 instance's.
    #[error(
        "the session name `{session_name}` is no instance id, so {{{{EC2PrivateDNSName}}}} has no value"
    )]
    SessionNotInstanceId {
        /// The session's name.
        session_name: String,
    },
    /// EC2 does not know the instance or gives it no private DNS name.
    #[error("instance `{instance_id}` has no private DNS name")]
    NoPrivateDnsName {
        /// The instance.
        instance_id: String,
    },
}

/// Renders a template for an identity as the reference does; `private_dns_name` answers for an instance id, none where EC2 does not know it.
///
/// # Errors
/// Only the `{{EC2PrivateDNSName}}` placeholder can fail.
pub fn render(
    template: &str,
    identity: &TemplateIdentity<'_>,
    private_dns_name: impl FnOnce(&str) -> Option<String>,
) -> Result<String, TemplateError> {
    let mut rendered = template.to_owned();
    if !rendered.contains("{{") {
        return Ok(rendered);
    }
    if rendered.contains("{{EC2PrivateDNSName}}") {
        let name = name_of_instance(identity, private_dns_name)?;
        rendered = rendered.replace("{{EC2PrivateDNSName}}", &name);
    }
    rendered = rendered.replace("{{AccountID}}", identity.account_id);
    rendered = rendered.replace("{{SessionName}}", &identity.session_name.replace('@', "-"));
    rendered = rendered.replace("{{SessionNameRaw}}", identity.session_name);
    Ok(rendered.replace("{{AccessKeyID}}", identity.access_key_id))
}

/// Whether a template can become a name: what stands before its first and after its last placeholder does not change.
pub(crate) fn fits(name: &str, template: &str) -> bool {
    let before = template.split("{{").next().unwrap_or_default();
    let after = template.rsplit("}}").next().unwrap_or_default();
    let colons = |text: &str| text.matches(':').count();
    name.len() >= before.len() + after.len()
        && name.starts_with(before)
        && name.ends_with(after)
        && colons(name) == colons(template)
}

/// The private DNS name of the instance whose id the session's name is.
fn name_of_instance(
    identity: &TemplateIdentity<'_>,
    private_dns_name: impl FnOnce(&str) -> Option<String>,
) -> Result<String, TemplateError> {
    let session = identity.session_name;
    if !is_instance_id(session) {
        return Err(TemplateError::SessionNotInstanceId {
            session_name: session.to_owned(),
        });
    }
    private_dns_name(session)
        .filter(|name| !name.is_empty())
        .ok_or_else(|| TemplateError::NoPrivateDnsName {
            instance_id: session.to_owned(),
        })
}

/// `i-` and 8 or 17 letters, digits or underscores (ASCII), nothing else: the pattern the server holds session names of nodes against.
fn is_instance_id(session: &str) -> bool {
    session.strip_prefix("i-").is_some_and(|id| {
        matches!(id.len(), 8 | 17) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// True when the server of a backend with these reserved prefixes refuses the rendered username; case-sensitive. An empty prefix reserves nothing.
pub fn has_reserved_prefix<'p>(
    username: &str,
    prefixes: impl IntoIterator<Item = &'p str>,
) -> bool {
    prefixes
        .into_iter()
        .any(|prefix| !prefix.is_empty() && username.starts_with(prefix))
}

/// Why EKS refuses a username in an access entry (type STANDARD).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessEntryUsernameError {
    /// Starts with one of [`ACCESS_ENTRY_RESERVED_PREFIXES`].
    #[error("username `{username}` starts with the reserved prefix `{prefix}`")]
    ReservedPrefix {
        /// The username.
        username: String,
        /// The prefix.
        prefix: &'static str,
    },
    /// `{{SessionName}}` without a colon before it.
    #[error("username `{username}` needs a colon somewhere before {{{{SessionName}}}}")]
    SessionNameNeedsColon {
        /// The username.
        username: String,
    },
}

/// The rules of the EKS API for a username of an access entry; they do not hold for aws-auth.
///
/// # Errors
/// The first rule that is broken.
pub fn check_access_entry_username(username: &str) -> Result<(), AccessEntryUsernameError> {
    for prefix in ACCESS_ENTRY_RESERVED_PREFIXES {
        if username.starts_with(prefix) {
            return Err(AccessEntryUsernameError::ReservedPrefix {
                username: username.to_owned(),
                prefix,
            });
        }
    }
    let placeholder = ["{{SessionName}}", "{{SessionNameRaw}}"]
        .iter()
        .filter_map(|name| username.find(name))
        .min();
    match placeholder.map(|at| username.get(..at).unwrap_or_default()) {
        Some(before) if !before.contains(':') => {
            Err(AccessEntryUsernameError::SessionNameNeedsColon {
                username: username.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_prefix_reserves_nothing() {
        assert!(!has_reserved_prefix("system:x", [""]));
        assert!(has_reserved_prefix("system:x", ["", "system:"]));
        assert!(!has_reserved_prefix("System:x", ["system:"]));
    }

    #[test]
    fn an_instance_without_a_private_dns_name_is_an_error() {
        let identity = TemplateIdentity {
            account_id: "111122223333",
            session_name: "i-12345678",
            access_key_id: "AKIA",
        };
        let no_name = TemplateError::NoPrivateDnsName {
            instance_id: "i-12345678".to_owned(),
        };
        assert_eq!(
            render("{{EC2PrivateDNSName}}", &identity, |_| None),
            Err(no_name.clone())
        );
        assert_eq!(
            render("{{EC2PrivateDNSName}}", &identity, |_| Some(String::new())),
            Err(no_name)
        );
    }
}
