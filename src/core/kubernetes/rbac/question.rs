//! What somebody may or may not do: a verb on objects of the API, or on a path that is none of them.

use std::fmt;

/// Something that is asked of an authorizer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Of objects of the API.
    Resource(ResourceQuestion),
    /// Of a path that is none: `/healthz`.
    Url {
        /// `get`.
        verb: String,
        /// The path, from its first `/`.
        path: String,
    },
}

/// A verb on objects of the API; `*` is all, wherever it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceQuestion {
    /// `get`.
    pub verb: String,
    /// The empty text is the core group.
    pub api_group: String,
    /// The plural: `pods`.
    pub resource: String,
    /// `log`; empty: the object itself.
    pub subresource: String,
    /// The empty text: in all of them, or of objects that are in none.
    pub namespace: String,
    /// The object's name; the empty text: any.
    pub name: String,
}

/// Why a text names no resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// Nothing stands where the resource belongs.
    #[error(
        "`{0}` names no resource; write RESOURCE, RESOURCE.GROUP or RESOURCE.GROUP/SUBRESOURCE"
    )]
    NoResource(String),
    /// A `/` with nothing behind it, or more than one.
    #[error("`{0}` has no subresource behind its `/`; write RESOURCE.GROUP/SUBRESOURCE")]
    NoSubresource(String),
    /// An object's name or a namespace beside a path.
    #[error("`{0}` is a path, which has neither namespace nor name")]
    PathWithPlace(String),
}

/// What is asked, as people write it.
#[derive(Clone, Copy, Debug, Default)]
pub struct WrittenQuestion<'a> {
    /// `get`.
    pub verb: &'a str,
    /// `RESOURCE[.GROUP][/SUBRESOURCE]`, or a path that starts with `/`.
    pub resource: &'a str,
    /// The empty text: in all of them.
    pub namespace: &'a str,
    /// The empty text: any.
    pub name: &'a str,
}

impl Question {
    /// The question that a person wrote: `deployments.apps/scale`, `pods/log`, `/healthz`.
    ///
    /// # Errors
    /// The text names no resource.
    pub fn parse(written: WrittenQuestion<'_>) -> Result<Self, ResourceError> {
        let text = written.resource;
        if text.starts_with('/') {
            if !written.namespace.is_empty() || !written.name.is_empty() {
                return Err(ResourceError::PathWithPlace(text.to_owned()));
            }
            return Ok(Self::Url {
                verb: written.verb.to_owned(),
                path: text.to_owned(),
            });
        }
        let (object, subresource) = match text.split_once('/') {
            Some((_, "")) => return Err(ResourceError::NoSubresource(text.to_owned())),
            Some((_, rest)) if rest.contains('/') => {
                return Err(ResourceError::NoSubresource(text.to_owned()));
            }
            Some((object, subresource)) => (object, subresource),
            None => (text, ""),
        };
        let (resource, api_group) = object.split_once('.').unwrap_or((object, ""));
        // `*` is every resource of every group, as kubectl reads it.
        let api_group = match (resource, object.contains('.')) {
            ("*", false) => "*",
            _ => api_group,
        };
        if resource.is_empty() || resource.chars().any(char::is_whitespace) {
            return Err(ResourceError::NoResource(text.to_owned()));
        }
        // The API server takes the name of a namespace for the namespace of a request on it.
        let is_namespace = (resource, api_group) == ("namespaces", "") && !written.name.is_empty();
        let namespace = if is_namespace {
            written.name
        } else {
            written.namespace
        };
        Ok(Self::Resource(ResourceQuestion {
            verb: written.verb.to_owned(),
            api_group: api_group.to_owned(),
            resource: resource.to_owned(),
            subresource: subresource.to_owned(),
            namespace: namespace.to_owned(),
            name: written.name.to_owned(),
        }))
    }

    /// The verb.
    pub fn verb(&self) -> &str {
        match self {
            Self::Resource(question) => &question.verb,
            Self::Url { verb, .. } => verb,
        }
    }

    /// The namespace; the empty text for a question about all of them or about none.
    pub fn namespace(&self) -> &str {
        match self {
            Self::Resource(question) => &question.namespace,
            Self::Url { .. } => "",
        }
    }
}

impl ResourceQuestion {
    /// `deployments.apps/scale`, as it can be written in a question.
    pub fn resource_text(&self) -> String {
        resource_text(&self.api_group, &self.combined())
    }

    /// `deployments/scale`, as rules name it.
    pub(super) fn combined(&self) -> String {
        match self.subresource.as_str() {
            "" => self.resource.clone(),
            subresource => format!("{}/{subresource}", self.resource),
        }
    }
}

/// `deployments.apps/scale`, of a group and a resource as rules name it.
pub(super) fn resource_text(api_group: &str, combined: &str) -> String {
    let (resource, subresource) = match combined.split_once('/') {
        Some((resource, subresource)) => (resource, format!("/{subresource}")),
        None => (combined, String::new()),
    };
    match api_group {
        "" => format!("{resource}{subresource}"),
        group => format!("{resource}.{group}{subresource}"),
    }
}

/// get deployments.apps/scale `web` in namespace `prod`
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resource(question) => {
                write!(f, "{} {}", question.verb, question.resource_text())?;
                if !question.name.is_empty() {
                    write!(f, " `{}`", question.name)?;
                }
                match question.namespace.as_str() {
                    "" => f.write_str(" in the whole cluster"),
                    namespace => write!(f, " in namespace `{namespace}`"),
                }
            }
            Self::Url { verb, path } => write!(f, "{verb} {path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_in_itself() {
        let namespace_of = |resource: &str, name: &str| {
            let written = WrittenQuestion {
                verb: "get",
                resource,
                name,
                ..WrittenQuestion::default()
            };
            Question::parse(written).unwrap().namespace().to_owned()
        };
        assert_eq!(namespace_of("namespaces", "apps"), "apps");
        assert_eq!(namespace_of("namespaces/status", "apps"), "apps");
        assert_eq!(namespace_of("namespaces", ""), "");
        assert_eq!(namespace_of("namespaces.example.com", "apps"), "");
        assert_eq!(namespace_of("nodes", "apps"), "");
    }
}
