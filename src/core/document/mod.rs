//! Files as people have them: what a text is that somebody hands over, and where in it stands what the rules can judge.
//!
//! A file may hold several YAML documents, lists of objects, answers of the AWS command line, a Terraform plan or state. Everything that is
//! found says where it stands; what is none of the known things is named for what it is, so that nothing is passed over in silence.
//! Sources: kubectl (a stream of documents, YAML or JSON), the AWS CLI's output, Terraform's JSON output format and state version 4.

mod aws_answer;
mod config_map;
mod encoding;
mod json_tree;
mod kubernetes;
mod lines;
mod policy;
mod selection;
mod stream;
mod terraform;
mod tree;
mod unknown;

#[cfg(test)]
mod tests;

use std::fmt;

pub use config_map::{ConfigMap, Misplaced, NotText};
pub use encoding::text_of;
pub use lines::TextLines;
pub use selection::{
    PassedOver, aws_auth, described_providers, is_aws_auth_of, passed_over, policy_of_text,
    recovery_copy, trust_policy,
};

use crate::iam_policy::policy_document::OidcProvider;
use crate::legacy_pod_role::objects::ObjectKind;

/// Bytes of a text in which documents are looked for; plans alone are larger.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Documents of one file; further ones are counted with the last.
const MOST_DOCUMENTS: usize = 20_000;

/// Why bytes hold no document at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is {is}; {mend}")]
pub struct Unreadable {
    /// What it is.
    is: String,
    /// What to do.
    mend: String,
}

impl Unreadable {
    fn new(is: &str, mend: &str) -> Self {
        Self {
            is: is.to_owned(),
            mend: mend.to_owned(),
        }
    }
}

/// One thing that a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub content: Content,
}

/// Where something stands in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The number of the YAML or JSON document, from 1, where there are several.
    pub document: Option<usize>,
    /// The item of a list, such as `items[2]`.
    pub item: Option<String>,
    /// The address of a Terraform resource.
    pub address: Option<String>,
    /// The line of the file, from 1.
    pub line: usize,
}

/// What a document is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A ConfigMap of any name, or the `data` of one.
    ConfigMap(ConfigMap),
    /// A role's trust policy.
    TrustPolicy(TrustPolicy),
    /// An OIDC provider as IAM describes it; its ARN is empty where the answer has none.
    OidcProvider(OidcProvider),
    /// Access entries or their policies as EKS describes them, in JSON.
    AccessEntries(String),
    /// A namespace, a service account, a pod or what makes pods.
    Workload(Manifest),
    /// A part that is no YAML or JSON.
    Broken(Broken),
    /// An object that is nothing known, in JSON.
    Unknown(String),
    /// Something else, in words with an article.
    Other(String),
}

/// A role's trust policy and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    /// The policy in JSON.
    pub policy: String,
    /// The ARN of the role, where the document has it.
    pub role_arn: Option<String>,
    /// Its name, where the document has it.
    pub role_name: Option<String>,
    /// The line, from 1, of each statement.
    pub statement_lines: Vec<usize>,
}

/// An object of Kubernetes that says which roles pods have, or may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its kind and name, in words.
    pub description: String,
    /// The object in JSON.
    pub json: String,
}

/// Why a part of a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Line of the file, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = self.document.map(|number| format!("document {number}"));
        let parts: Vec<&str> = [&document, &self.item, &self.address]
            .into_iter()
            .filter_map(Option::as_deref)
            .collect();
        match parts.as_slice() {
            [] => write!(f, "line {}", self.line),
            parts => write!(f, "{} (line {})", parts.join(", "), self.line),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.what
        )
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConfigMap(map) => map.fmt(f),
            Self::TrustPolicy(policy) => match (&policy.role_arn, &policy.role_name) {
                (Some(role), _) | (None, Some(role)) => {
                    write!(f, "the trust policy of the role `{role}`")
                }
                (None, None) => f.write_str("a trust policy"),
            },
            Self::OidcProvider(provider) => write!(f, "the OIDC provider `{}`", provider.url),
            Self::Workload(manifest) => f.write_str(&manifest.description),
            Self::AccessEntries(_) => f.write_str("access entries"),
            Self::Broken(broken) => write!(f, "a part that cannot be read: {broken}"),
            Self::Unknown(json) => f.write_str(&unknown::of_members(json)),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// Everything that a file holds, in its order; at least one thing.
///
/// # Errors
/// Bytes that are no text, an empty file, one that is too large.
pub fn read_documents(bytes: Vec<u8>) -> Result<Vec<Document>, Unreadable> {
    if bytes.len() > MOST_BYTES {
        return Err(Unreadable::new(
            "larger than 64 MiB",
            "take out of it what is meant",
        ));
    }
    documents_of_text(&text_of(bytes)?)
}

/// Everything that a text holds, in its order; at least one thing.
///
/// # Errors
/// An empty text.
pub fn documents_of_text(text: &str) -> Result<Vec<Document>, Unreadable> {
    let documents = stream::read(text);
    match documents.is_empty() {
        true => Err(Unreadable::new(
            "empty",
            "nothing stands in it but white space and comments; the command that made it may have failed",
        )),
        false => Ok(documents),
    }
}
