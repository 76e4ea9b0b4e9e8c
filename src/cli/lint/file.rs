//! Files: every document that can be judged is judged, and the rest is said.

use std::path::{Path, PathBuf};

use eksauth_core::access::findings::{last_applied_findings, mapping_findings};
use eksauth_core::access::severity::Severity;
use eksauth_core::aws_auth::read;
use eksauth_core::document::{
    Broken, ConfigMap, Content, Document, Place, TrustPolicy, described_providers, is_aws_auth_of,
    passed_over, read_documents,
};
use eksauth_core::iam_policy::policy_document::findings;
use eksauth_core::legacy_pod_role::scan::{Scan, ScanRequest};
use eksauth_provider::access::legacy_pod_roles::{SystemSettings, read_manifests};

use super::finding::Found;
use crate::failure::Failure;
use crate::input;

/// What was found in files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LintedFiles {
    pub(super) found: Vec<Found>,
    /// What was not judged and what it is.
    pub(super) passed_over: Vec<String>,
}

/// A file and its documents.
struct ReadFile {
    name: String,
    documents: Vec<Document>,
    /// What it is, where it holds no document at all.
    unreadable: Option<String>,
}

impl ReadFile {
    fn has_judged(&self) -> bool {
        self.documents
            .iter()
            .any(|document| is_judged(document, &self.documents))
    }
}

/// Judges files.
///
/// # Errors
/// Nothing in them can be judged, or one of them cannot be read.
pub(super) fn lint(paths: &[PathBuf]) -> Result<LintedFiles, Failure> {
    let files: Vec<ReadFile> = paths
        .iter()
        .map(|path| read_file(path))
        .collect::<Result<_, _>>()?;
    let pod_roles = PodRoles::of(&files);
    if !files.iter().any(ReadFile::has_judged) && pod_roles.is_none() {
        let reasons: Vec<String> = files.iter().map(nothing_in).collect();
        return Err(Failure::new(reasons.join("\n")));
    }
    let mut linted = LintedFiles::default();
    for (index, file) in files.iter().enumerate() {
        linted.found.extend(of_file(file));
        if let Some(pod_roles) = &pod_roles {
            linted.found.extend(pod_roles.in_file(index, file));
        }
        let rest = passed_over(&file.documents, |document| match document.content {
            Content::Broken(_) => true,
            Content::Workload(_) => pod_roles.is_some(),
            _ => is_judged(document, &file.documents),
        });
        let of_file = |what| match files.len() > 1 {
            true => format!("`{}`: {what}", file.name),
            false => what,
        };
        let rest = file.unreadable.clone().into_iter().chain(rest);
        linted.passed_over.extend(rest.map(of_file));
    }
    if let Some(pod_roles) = pod_roles {
        linted.found.extend(pod_roles.in_no_file());
        linted.passed_over.extend(pod_roles.unread);
    }
    Ok(linted)
}

/// What is found about the roles that pods ask kube2iam or kiam for, over all files together: a namespace may stand in another one.
struct PodRoles {
    scan: Scan,
    /// Objects that cannot be read.
    unread: Vec<String>,
}

impl PodRoles {
    /// `None` where nothing asks for a role in this way.
    fn of(files: &[ReadFile]) -> Option<Self> {
        let documents = files.iter().map(|file| file.documents.as_slice());
        let objects = read_manifests(documents, None);
        let (system, set_up) = SystemSettings::default().system(&objects.inventory, None)?;
        let scan = Scan::of(&ScanRequest {
            inventory: &objects.inventory,
            system: &system,
            set_up,
            account: None,
        });
        Some(Self {
            scan,
            unread: objects.unread,
        })
    }

    fn in_file(&self, index: usize, file: &ReadFile) -> Vec<Found> {
        let findings = self.scan.findings.iter();
        let here = findings.filter_map(|finding| {
            let origin = finding.origin.filter(|origin| origin.file == index)?;
            Some(Found {
                file: Some(file.name.clone()),
                file_line: Some(origin.line),
                ..Found::from_scan(finding)
            })
        });
        here.collect()
    }

    /// What is about no single object.
    fn in_no_file(&self) -> Vec<Found> {
        let findings = self.scan.findings.iter();
        let nowhere = findings.filter(|finding| finding.origin.is_none());
        nowhere.map(Found::from_scan).collect()
    }
}

fn read_file(path: &Path) -> Result<ReadFile, Failure> {
    let name = path.display().to_string();
    Ok(match read_documents(input::bytes(path)?) {
        Ok(documents) => ReadFile {
            name,
            documents,
            unreadable: None,
        },
        Err(error) => ReadFile {
            name,
            documents: Vec::new(),
            unreadable: Some(error.to_string()),
        },
    })
}

/// A file that cannot be read at all is told by its error, another one by what it holds.
fn nothing_in(file: &ReadFile) -> String {
    let ReadFile {
        name,
        documents,
        unreadable,
    } = file;
    if let Some(reason) = unreadable {
        return format!("`{name}`: {reason}");
    }
    let rest = passed_over(documents, |_| false).join("; ");
    match documents.as_slice() {
        [
            Document {
                content: Content::Broken(_),
                ..
            },
        ] => format!("`{name}`: {rest}"),
        _ => format!("`{name}` holds no aws-auth and no trust policy: {rest}"),
    }
}

fn is_judged(document: &Document, documents: &[Document]) -> bool {
    match &document.content {
        Content::ConfigMap(map) => is_aws_auth_of(map, documents),
        Content::TrustPolicy(_) => true,
        _ => false,
    }
}

fn of_file(file: &ReadFile) -> Vec<Found> {
    let mut all = Vec::new();
    for document in &file.documents {
        let found = match &document.content {
            Content::ConfigMap(map) if is_aws_auth_of(map, &file.documents) => in_aws_auth(map),
            Content::TrustPolicy(policy) => {
                in_trust_policy(policy, &document.place, &file.documents)
            }
            Content::Broken(broken) => vec![unreadable(broken)],
            _ => continue,
        };
        let which = which(&document.place);
        all.extend(found.into_iter().map(|found| Found {
            file: Some(file.name.clone()),
            file_line: Some(found.file_line.unwrap_or(document.place.line)),
            document: which.clone(),
            ..found
        }));
    }
    all
}

/// Which document, in words; nothing where a file has only one.
fn which(place: &Place) -> String {
    let document = place.document.map(|number| format!("document {number}"));
    let parts: Vec<&str> = [
        document.as_deref(),
        place.item.as_deref(),
        place.address.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.join(" ")
}

fn in_aws_auth(map: &ConfigMap) -> Vec<Found> {
    let about = |id, line: usize, text: String| Found {
        file_line: Some(line),
        logical: "aws-auth".to_owned(),
        severity: Severity::Error,
        id,
        text,
        ..Found::default()
    };
    let misplaced = map.misplaced.iter().map(|misplaced| {
        about(
            "lockout.section_outside_data",
            misplaced.line,
            misplaced.to_string(),
        )
    });
    let not_texts = map
        .not_texts
        .iter()
        .map(|not_text| about("lockout.data_not_text", not_text.line, not_text.to_string()));
    let mut mapping = mapping_findings(&read(&map.data));
    mapping.extend(last_applied_findings(&map.annotations, &map.data));
    mapping.sort_by_key(|finding| (finding.section, finding.line, finding.column));
    let mapping = mapping.into_iter().map(|finding| Found {
        file_line: Some(match &finding.misspelt_key {
            Some(key) => map.line_of_key(key),
            None => map.line_of(finding.section, finding.line),
        }),
        ..Found::from_mapping(finding)
    });
    misplaced.chain(not_texts).chain(mapping).collect()
}

fn in_trust_policy(trust: &TrustPolicy, place: &Place, documents: &[Document]) -> Vec<Found> {
    let role = trust.role_arn.as_deref();
    // The address of a resource names it already.
    let name = match place.address {
        Some(_) => None,
        None => trust.role_name.as_deref().or(role),
    };
    let providers = described_providers(documents, &trust.policy, role);
    findings(&trust.policy, role, providers.as_deref())
        .into_iter()
        .map(|finding| {
            let statement = finding.statement_index;
            Found {
                file_line: statement.and_then(|index| trust.statement_lines.get(index).copied()),
                ..Found::from_policy(name, finding)
            }
        })
        .collect()
}

/// A part between others: `kubectl apply` of the file fails at it.
fn unreadable(broken: &Broken) -> Found {
    Found {
        file_line: Some(broken.line),
        logical: format!("line {}, column {}", broken.line, broken.column),
        severity: Severity::Error,
        id: "yaml.unreadable",
        text: format!(
            "this document cannot be read, so nothing in it is judged: {}",
            broken.what
        ),
        ..Found::default()
    }
}
