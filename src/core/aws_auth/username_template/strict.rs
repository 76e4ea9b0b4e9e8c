//! Rendering where our own server decides: one pass, so that what a value brings is never taken for a placeholder.
//!
//! The reference replaces one placeholder after the other: a session named `AccessKeyID` between doubled braces, or one that holds a placeholder,
//! becomes something else than the session's name. A name without a session in it would be shared by everybody without a session.

use super::finding::unknown_placeholders;
use super::{PLACEHOLDERS, TemplateError, TemplateFinding, TemplateIdentity, name_of_instance};

/// Why our own server does not render a template; stricter than [`TemplateError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnePassError {
    /// The session's name for a caller without a session: users, the root of an account, federated users.
    #[error("the caller has no session, so {placeholder} has no value")]
    EmptySessionName {
        /// The placeholder.
        placeholder: &'static str,
    },
    /// The template cannot be rendered for this identity.
    #[error(transparent)]
    Render(#[from] TemplateError),
}

/// Why a template is refused that takes nothing but placeholders which exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StrictTemplateError {
    /// Something in double braces that is no placeholder, which the reference would leave as it is.
    #[error("`{placeholder}` is none of the placeholders a template can have")]
    UnknownPlaceholder {
        /// As written, braces included.
        placeholder: String,
    },
    /// Our own server does not render it.
    #[error(transparent)]
    OnePass(#[from] OnePassError),
}

/// Renders in one pass: what is put in for a placeholder is not looked at again. What is no placeholder stays as it is.
///
/// # Errors
/// The session's name of a caller without one, or what [`render`](super::render) refuses.
pub fn render_once(
    template: &str,
    identity: &TemplateIdentity<'_>,
    private_dns_name: impl FnOnce(&str) -> Option<String>,
) -> Result<String, OnePassError> {
    let instance = match template.contains(OF_INSTANCE) {
        true => name_of_instance(identity, private_dns_name)?,
        false => String::new(),
    };
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, from)) = rest.find("{{").and_then(|at| rest.split_at_checked(at)) {
        rendered.push_str(before);
        let found = PLACEHOLDERS
            .into_iter()
            .find_map(|placeholder| Some((placeholder, from.strip_prefix(placeholder)?)));
        rest = match found {
            Some((OF_INSTANCE, behind)) => {
                rendered.push_str(&instance);
                behind
            }
            Some((placeholder, behind)) => {
                rendered.push_str(&value(placeholder, identity)?);
                behind
            }
            None => {
                rendered.push('{');
                from.strip_prefix('{').unwrap_or_default()
            }
        };
    }
    rendered.push_str(rest);
    Ok(rendered)
}

const OF_INSTANCE: &str = "{{EC2PrivateDNSName}}";

/// What stands for a placeholder other than the instance's name.
fn value(
    placeholder: &'static str,
    identity: &TemplateIdentity<'_>,
) -> Result<String, OnePassError> {
    let session = identity.session_name;
    match placeholder {
        "{{AccountID}}" => Ok(identity.account_id.to_owned()),
        "{{AccessKeyID}}" => Ok(identity.access_key_id.to_owned()),
        _ if session.is_empty() => Err(OnePassError::EmptySessionName { placeholder }),
        "{{SessionNameRaw}}" => Ok(session.to_owned()),
        _ => Ok(session.replace('@', "-")),
    }
}

/// Renders as [`render_once`] does, but takes only placeholders that exist and instance ids as EC2 makes them (lower-case hexadecimal).
///
/// # Errors
/// An unknown placeholder, or what [`render_once`] refuses.
pub fn render_strictly(
    template: &str,
    identity: &TemplateIdentity<'_>,
    private_dns_name: impl FnOnce(&str) -> Option<String>,
) -> Result<String, StrictTemplateError> {
    let unknown = unknown_placeholders(template)
        .into_iter()
        .find_map(|finding| match finding {
            TemplateFinding::UnknownPlaceholder { placeholder, .. } => Some(placeholder),
            _ => None,
        });
    if let Some(placeholder) = unknown {
        return Err(StrictTemplateError::UnknownPlaceholder { placeholder });
    }
    let is_hexadecimal = |id: &str| id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let session = identity.session_name;
    if template.contains(OF_INSTANCE) && !session.strip_prefix("i-").is_some_and(is_hexadecimal) {
        let session_name = session.to_owned();
        let refusal = TemplateError::SessionNotInstanceId { session_name };
        return Err(OnePassError::from(refusal).into());
    }
    Ok(render_once(template, identity, private_dns_name)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::render;
    use super::*;

    fn identity(session_name: &str) -> TemplateIdentity<'_> {
        TemplateIdentity {
            account_id: "111122223333",
            session_name,
            access_key_id: "AKIAEXAMPLE",
        }
    }

    fn rendered(template: &str, session: &str) -> String {
        render_once(template, &identity(session), |_| {
            Some("{{AccountID}}".to_owned())
        })
        .unwrap()
    }

    #[test]
    fn the_name_of_a_session_never_becomes_a_placeholder() {
        for session in PLACEHOLDERS {
            for template in ["{{SessionName}}", "{{SessionNameRaw}}"] {
                assert_eq!(rendered(template, session), session);
            }
        }
        assert_eq!(
            rendered("{{{{SessionName}}}}", "AccessKeyID"),
            "{{AccessKeyID}}"
        );
        assert_eq!(
            rendered("{{{{SessionName}}Raw}}", "SessionName"),
            "{{SessionNameRaw}}"
        );
        assert_eq!(
            rendered("{{SessionName}}{{AccountID}}", "{{"),
            "{{111122223333"
        );
        assert_eq!(
            rendered("{{SessionName}}SessionName}}", "{{"),
            "{{SessionName}}"
        );
        assert_eq!(
            rendered("{{EC2PrivateDNSName}}", "i-12345678"),
            "{{AccountID}}"
        );
        assert_eq!(
            rendered("{{SessionName}}|{{SessionNameRaw}}", "a@b"),
            "a-b|a@b"
        );
        assert_eq!(
            rendered("{{{SessionName}}} {{Other}} {", "a"),
            "{a} {{Other}} {"
        );
    }

    #[test]
    fn a_caller_without_a_session_has_no_name_of_one() {
        for placeholder in ["{{SessionName}}", "{{SessionNameRaw}}"] {
            let template = format!("u:{placeholder}");
            let refusal = OnePassError::EmptySessionName { placeholder };
            assert_eq!(
                render_once(&template, &identity(""), |_| None),
                Err(refusal.clone())
            );
            assert_eq!(
                render_strictly(&template, &identity(""), |_| None),
                Err(refusal.into())
            );
        }
        assert_eq!(rendered("u:{{AccountID}}", ""), "u:111122223333");
    }

    proptest! {
        /// Of a session's name as STS allows it, and of a template without doubled braces beside braces, both make the same.
        #[test]
        fn one_pass_is_the_reference_where_no_value_has_braces(
            parts in proptest::collection::vec(
                prop_oneof![
                    proptest::sample::select(PLACEHOLDERS.to_vec()).prop_map(str::to_owned),
                    "[a-z:{@.-]{0,4}", "[a-z]\\}{0,3}"
                ], 0..6),
            session in prop_oneof!["[A-Za-z0-9+=,.@_-]{2,20}", "i-[0-9a-f]{8}", "i-[0-9a-f]{17}"],
        ) {
            let template = parts.join("|");
            let identity = identity(&session);
            let ask = |_: &str| Some("ip-10-0-0-1.ec2.internal".to_owned());
            let one_pass = render_once(&template, &identity, ask);
            prop_assert_eq!(one_pass, render(&template, &identity, ask).map_err(OnePassError::from));
        }
    }
}
