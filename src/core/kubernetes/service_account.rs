//! Service accounts as subjects of a trust policy: `namespace:name`, or a pattern of that shape.
//!
//! Kubernetes names cannot hold a colon, so a pattern with exactly one colon never reaches over into another namespace, although IAM's
//! `*` matches colons too. Source: Kubernetes API conventions (RFC 1123 labels and subdomains).

use std::fmt;

use thiserror::Error;

/// What the subject of every service account begins with.
pub(crate) const SUBJECT_PREFIX: &str = "system:serviceaccount:";

/// A service account, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceAccount {
    namespace: String,
    name: String,
}

/// Service accounts by pattern; `*` stands for any number of characters and `?` for one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceAccountPattern {
    namespace: String,
    name: String,
}

/// Why a text is no service account.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServiceAccountError {
    /// There is no colon.
    #[error("service account `{given}` has no namespace: write `namespace:name`")]
    NoNamespace {
        /// The text as given.
        given: String,
    },
    /// Another way of writing it that can be mended.
    #[error("service account `{given}` must be written as `{meant}`")]
    Spelling {
        /// The text as given.
        given: String,
        /// What is meant.
        meant: String,
    },
    /// More than one colon.
    #[error("service account `{given}` has more than one colon: write `namespace:name`")]
    Colons {
        /// The text as given.
        given: String,
    },
    /// A wildcard where only an exact name may stand.
    #[error(
        "service account `{given}` has a wildcard, which would be taken literally here: move it to service_account_patterns"
    )]
    Wildcard {
        /// The text as given.
        given: String,
    },
    /// The namespace breaks the rules of Kubernetes.
    #[error(
        "namespace `{namespace}` of service account `{given}` is not valid: 1 to 63 lower-case letters, digits and inner hyphens"
    )]
    Namespace {
        /// The text as given.
        given: String,
        /// Its first part.
        namespace: String,
    },
    /// The name breaks the rules of Kubernetes.
    #[error(
        "name `{name}` of service account `{given}` is not valid: 1 to 253 lower-case letters, digits, inner hyphens and dots"
    )]
    Name {
        /// The text as given.
        given: String,
        /// Its second part.
        name: String,
    },
}

impl ServiceAccount {
    /// Reads `namespace:name`.
    pub fn parse(given: &str) -> Result<ServiceAccount, ServiceAccountError> {
        if given.contains(['*', '?']) {
            return Err(ServiceAccountError::Wildcard {
                given: given.to_owned(),
            });
        }
        let (namespace, name) = split(given)?;
        if !is_label(namespace) {
            return Err(ServiceAccountError::Namespace {
                given: given.to_owned(),
                namespace: namespace.to_owned(),
            });
        }
        if name.len() > 253 || !name.split('.').all(is_label_of_any_length) {
            return Err(ServiceAccountError::Name {
                given: given.to_owned(),
                name: name.to_owned(),
            });
        }
        Ok(ServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The `sub` claim of its tokens: `system:serviceaccount:<namespace>:<name>`.
    pub fn subject(&self) -> String {
        format!("{SUBJECT_PREFIX}{self}")
    }
}

impl fmt::Display for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)
    }
}

impl std::str::FromStr for ServiceAccount {
    type Err = ServiceAccountError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        ServiceAccount::parse(given)
    }
}

impl ServiceAccountPattern {
    /// Reads `namespace:name` with wildcards in either part; a pattern without one is allowed and matches exactly.
    pub fn parse(given: &str) -> Result<ServiceAccountPattern, ServiceAccountError> {
        let (namespace, name) = split(given)?;
        let is_part = |part: &str, longest: usize, extra: &[u8]| {
            let is_allowed = |byte: u8| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || b"-*?".contains(&byte)
                    || extra.contains(&byte)
            };
            !part.is_empty()
                && part.len() <= longest
                && part.bytes().all(is_allowed)
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        if !is_part(namespace, 63, b"") {
            return Err(ServiceAccountError::Namespace {
                given: given.to_owned(),
                namespace: namespace.to_owned(),
            });
        }
        if !is_part(name, 253, b".") {
            return Err(ServiceAccountError::Name {
                given: given.to_owned(),
                name: name.to_owned(),
            });
        }
        Ok(ServiceAccountPattern {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The pattern for the `sub` claim: `system:serviceaccount:<namespace>:<name>`.
    pub fn subject(&self) -> String {
        format!("{SUBJECT_PREFIX}{self}")
    }
}

impl fmt::Display for ServiceAccountPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.namespace, self.name)
    }
}

impl std::str::FromStr for ServiceAccountPattern {
    type Err = ServiceAccountError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        ServiceAccountPattern::parse(given)
    }
}

fn split(given: &str) -> Result<(&str, &str), ServiceAccountError> {
    let spelling = |meant: String| ServiceAccountError::Spelling {
        given: given.to_owned(),
        meant,
    };
    if let Some(meant) = given.strip_prefix(SUBJECT_PREFIX) {
        return Err(spelling(meant.to_owned()));
    }
    match given.split_once(':') {
        Some((_, name)) if name.contains(':') => Err(ServiceAccountError::Colons {
            given: given.to_owned(),
        }),
        Some(parts) => Ok(parts),
        None => match given.split_once('/') {
            Some((namespace, name)) if is_label(namespace) && is_label(name) => {
                Err(spelling(format!("{namespace}:{name}")))
            }
            _ => Err(ServiceAccountError::NoNamespace {
                given: given.to_owned(),
            }),
        },
    }
}

/// An RFC 1123 label: what a namespace is.
fn is_label(text: &str) -> bool {
    text.len() <= 63 && is_label_of_any_length(text)
}

/// One dot-separated part of an RFC 1123 subdomain; Kubernetes bounds only the whole name.
fn is_label_of_any_length(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty()
        && text.bytes().all(is_allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text may be the key of a label: a name, with a DNS name and a slash before it where it has one.
pub fn is_label_key(text: &str) -> bool {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    let is_domain =
        |prefix: &str| prefix.len() <= 253 && prefix.split('.').all(is_label_of_any_length);
    !name.is_empty() && is_label_value(name) && prefix.is_none_or(is_domain)
}

/// Whether a text may be the value of a label: empty, or letters, digits and inner `-`, `_` and `.`.
pub fn is_label_value(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_end = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.iter().copied().all(is_inner)
        && is_end(bytes.first())
        && is_end(bytes.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_what_kubernetes_takes() {
        let long = "a".repeat(64);
        for key in ["app", "app.kubernetes.io/managed-by", "a.b/C_d-9"] {
            assert!(is_label_key(key), "{key}");
        }
        for key in ["", "/a", "a/", "a/b/c", "-a", "Up.io/a", "a b", &long] {
            assert!(!is_label_key(key), "{key}");
        }
        for value in ["", "a", "V1.2_x-3"] {
            assert!(is_label_value(value), "{value}");
        }
        for value in ["a:b", "a/b", ".a", "a-", "ä", &long] {
            assert!(!is_label_value(value), "{value}");
        }
    }
}
