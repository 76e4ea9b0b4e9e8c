//! A finding wherever it was found.

use eksauth_core::access::findings::{GroupFinding, MappingFinding};
use eksauth_core::access::severity::Severity;
use eksauth_core::iam_policy::policy_document::Finding;
use eksauth_core::legacy_pod_role::scan::ScanFinding;

/// A finding with its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The file as it was given; none in a cluster.
    pub(super) file: Option<String>,
    /// The line of the file, from 1.
    pub(super) file_line: Option<usize>,
    /// Which of several documents of a file; empty where there is one.
    pub(super) document: String,
    /// `aws-auth mapRoles, line 3, column 1`, `trust policy of role app, statement 0`.
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
            logical: format!(
                "aws-auth {key}, line {}, column {}",
                finding.line, finding.column
            ),
            line: Some(finding.line),
            severity: finding.severity,
            id: finding.id,
            text: finding.text,
            ..Self::default()
        }
    }

    /// A finding about a group of a cluster.
    pub(super) fn from_group(cluster: &str, finding: GroupFinding) -> Self {
        Self {
            logical: match finding.group.as_str() {
                "" => format!("cluster {cluster}"),
                group => format!("cluster {cluster}, group {group}"),
            },
            severity: finding.severity,
            id: finding.id,
            text: finding.text,
            ..Self::default()
        }
    }

    /// A finding of a trust policy; `role` is the role's name or ARN, where the document has it.
    pub(super) fn from_policy(role: Option<&str>, finding: Finding) -> Self {
        let policy = match role {
            Some(role) => format!("trust policy of `{role}`"),
            None => "trust policy".to_owned(),
        };
        Self {
            logical: match finding.statement_index {
                Some(index) => format!("{policy}, statement {index}"),
                None => policy,
            },
            severity: finding.level,
            id: finding.id,
            text: finding.message,
            ..Self::default()
        }
    }

    /// A finding about the roles that pods ask kube2iam or kiam for.
    pub(super) fn from_scan(finding: &ScanFinding) -> Self {
        Self {
            logical: finding.object.clone(),
            severity: finding.severity,
            id: finding.id,
            text: finding.text.clone(),
            ..Self::default()
        }
    }

    /// Where it stands, for people: which of several documents, then where in it.
    pub(super) fn place(&self) -> String {
        joined(&[&self.document, &self.logical], ": ")
    }
}

/// The parts that are not empty.
pub(super) fn joined(parts: &[&str], between: &str) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(between)
}
