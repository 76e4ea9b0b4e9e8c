//! Where an access policy counts. Source: EKS API, AccessScope; EKS user guide, "Associate access policies with access entries".

use std::collections::BTreeSet;

/// What EKS is told of where a policy counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessScope {
    /// In the whole cluster.
    Cluster,
    /// In some namespaces; never none.
    Namespaces(BTreeSet<String>),
}

/// Why a scope is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Another word.
    #[error("`{given}` is not a scope: `cluster` or `namespace`")]
    UnknownType {
        /// As written.
        given: String,
    },
    /// Namespaces beside `cluster`.
    #[error(
        "a scope of type `cluster` has no namespaces: leave `namespaces` out, or write `type = \"namespace\"` for these alone"
    )]
    NamespacesOfCluster,
    /// None beside `namespace`.
    #[error(
        "a scope of type `namespace` needs at least one of `namespaces`; `type = \"cluster\"` is the whole cluster"
    )]
    NoNamespace,
    /// No name of a namespace.
    #[error(
        "`{given}` is not the name of a namespace: 1 to 63 lower-case letters, digits and inner hyphens, where `*` stands for any letters"
    )]
    Namespace {
        /// As written.
        given: String,
    },
}

impl AccessScope {
    /// A scope from its parts.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(kind: &str, namespaces: BTreeSet<String>) -> Result<Self, ScopeError> {
        match kind {
            "cluster" if namespaces.is_empty() => Ok(Self::Cluster),
            "cluster" => Err(ScopeError::NamespacesOfCluster),
            "namespace" if namespaces.is_empty() => Err(ScopeError::NoNamespace),
            "namespace" => {
                for namespace in &namespaces {
                    check_scoped_namespace(namespace)?;
                }
                Ok(Self::Namespaces(namespaces))
            }
            _ => Err(ScopeError::UnknownType {
                given: kind.to_owned(),
            }),
        }
    }

    /// The service's word.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Namespaces(_) => "namespace",
        }
    }

    /// As [`AccessPolicy`](super::AccessPolicy) has it: none for the whole cluster.
    pub fn namespaces(&self) -> Vec<String> {
        match self {
            Self::Cluster => Vec::new(),
            Self::Namespaces(names) => names.iter().cloned().collect(),
        }
    }

    /// From how [`AccessPolicy`](super::AccessPolicy) has it.
    pub fn of_namespaces(namespaces: &[String]) -> Self {
        match namespaces.is_empty() {
            true => Self::Cluster,
            false => Self::Namespaces(namespaces.iter().cloned().collect()),
        }
    }
}

/// The name of a namespace, in which `*` stands for any letters. EKS does not look whether there is such a namespace.
///
/// # Errors
/// What a name looks like.
pub fn check_scoped_namespace(text: &str) -> Result<(), ScopeError> {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'*';
    let is_sound = text.len() <= 63
        && text.bytes().all(|byte| is_end(byte) || byte == b'-')
        && text.bytes().next().is_some_and(is_end)
        && text.bytes().last().is_some_and(is_end);
    match is_sound {
        true => Ok(()),
        false => Err(ScopeError::Namespace {
            given: text.to_owned(),
        }),
    }
}
