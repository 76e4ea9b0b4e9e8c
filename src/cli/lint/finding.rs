//! A finding wherever it was found.

use eksauth_core::access::findings::MappingFinding;
use eksauth_core::access::severity::Severity;
use eksauth_core::iam_policy::policy_document::Finding;

/// A finding with its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The file as it was given; none in a cluster.
    pub(super) file: Option<String>,
    /// The line of the file, from 1.
    pub(super) file_line: Option<usize>,
    /// Which of several documents of a file; empty where there is one.
    pub(super) document: String,
    /// `aws-auth mapRoles:3:1`, `trust policy, statement 0`.
    pub(super) logical: String,
    /// The line of the section, from 1, where there is one.
    pub(super) line: Option<usize>,
    pub(super) severity: Severity,
    pub(super) id: &'static str,
    pub(super) text: String,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            file: None,
            file_line: None,
            document: String::new(),
            logical: String::new(),
            line: None,
            severity: Severity::Error,
            id: "",
            text: String::new(),
        }
    }
}

impl Found {
    /// A finding of aws-auth.
    pub(super) fn from_mapping(finding: MappingFinding) -> Self {
        let key = finding.misspelt_key.as_deref();
        let key = key.unwrap_or(finding.section.key());
        Self {
            logical: format!("aws-auth {key}:{}:{}", finding.line, finding.column),
            line: Some(finding.line),
            severity: finding.severity,
            id: finding.id,
            text: finding.text,
            ..Self::default()
        }
    }

    /// A finding of a trust policy.
    pub(super) fn from_policy(finding: Finding) -> Self {
        Self {
            logical: match finding.statement_index {
                Some(index) => format!("trust policy, statement {index}"),
                None => "trust policy".to_owned(),
            },
            severity: finding.level,
            id: finding.id,
            text: finding.message,
            ..Self::default()
        }
    }

    /// Where it stands, for people: which of several documents, then where in it.
    pub(super) fn place(&self) -> String {
        let parts: Vec<&str> = [self.document.as_str(), self.logical.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(": ")
    }
}
