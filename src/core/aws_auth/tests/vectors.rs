//! The published vectors: documents with what the real authenticator reads, parse cases, username templates.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws_auth::{
    ReadEntry, Reading, Section, read,
    username_template::{self, TemplateError, TemplateIdentity},
};

#[derive(Deserialize)]
struct Document {
    name: String,
    editable: Vec<String>,
    data: BTreeMap<String, String>,
    reads: Reads,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Reads {
    roles: Vec<Mapping>,
    users: Vec<Mapping>,
    accounts: Vec<String>,
    #[serde(default)]
    error: String,
    #[serde(default)]
    has_error: bool,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Mapping {
    #[serde(alias = "rolearn", alias = "userarn", default)]
    arn: String,
    username: String,
    groups: Option<Vec<String>>,
    #[serde(default)]
    sso: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Suite {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    input: Value,
    expected: Value,
    #[serde(default)]
    plan_findings: Vec<String>,
}

/// The documents, compiled in so that the tests need no path.
fn documents() -> Vec<Document> {
    let texts = [
        include_str!("../../testdata/aws_auth/documents/accounts.json"),
        include_str!("../../testdata/aws_auth/documents/aws-docs-style.json"),
        include_str!("../../testdata/aws_auth/documents/broken-users.json"),
        include_str!("../../testdata/aws_auth/documents/comments-everywhere.json"),
        include_str!("../../testdata/aws_auth/documents/double-quoted-unicode.json"),
        include_str!("../../testdata/aws_auth/documents/duplicate-role.json"),
        include_str!("../../testdata/aws_auth/documents/empty-quotes.json"),
        include_str!("../../testdata/aws_auth/documents/end-marker.json"),
        include_str!("../../testdata/aws_auth/documents/explicit-tags.json"),
        include_str!("../../testdata/aws_auth/documents/flow-trailing-comma.json"),
        include_str!("../../testdata/aws_auth/documents/indented-dash.json"),
        include_str!("../../testdata/aws_auth/documents/json-one-line.json"),
        include_str!("../../testdata/aws_auth/documents/merge-keys.json"),
        include_str!("../../testdata/aws_auth/documents/no-final-newline.json"),
        include_str!("../../testdata/aws_auth/documents/only-users.json"),
        include_str!("../../testdata/aws_auth/documents/plain-multiline.json"),
        include_str!("../../testdata/aws_auth/documents/scalar-entry.json"),
        include_str!("../../testdata/aws_auth/documents/single-quoted.json"),
        include_str!("../../testdata/aws_auth/documents/sso-entry.json"),
        include_str!("../../testdata/aws_auth/documents/unknown-data-key.json"),
    ];
    texts
        .into_iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

/// Name, sections that must be editable, and data of every document, for the tests of edits.
pub(super) fn editable_documents() -> Vec<(String, Vec<Section>, BTreeMap<String, String>)> {
    let section = |key: &String| {
        Section::ALL
            .into_iter()
            .find(|section| section.key() == key)
            .unwrap()
    };
    let parts = |document: Document| {
        (
            document.name,
            document.editable.iter().map(section).collect(),
            document.data,
        )
    };
    documents().into_iter().map(parts).collect()
}

#[test]
fn every_document_from_the_wild_reads_as_the_server_reads_it() {
    for document in documents() {
        let reading = read(&document.data);
        let mut wanted = normal(document.reads);
        wanted.has_error = !wanted.error.is_empty();
        wanted.error.clear();
        assert_eq!(
            simplified(&reading),
            wanted,
            "{}: {:?}",
            document.name,
            reading.problems
        );
    }
}

#[test]
fn every_parse_case_reads_as_the_server_reads_it() {
    let suite: Suite =
        serde_json::from_str(include_str!("../../testdata/aws_auth/parse.json")).unwrap();
    for case in suite.cases {
        let data: BTreeMap<String, String> =
            serde_json::from_value(case.input["configmap_data"].clone()).unwrap();
        let wanted: Reads = serde_json::from_value(case.expected).unwrap();
        let reading = read(&data);
        assert_eq!(simplified(&reading), normal(wanted), "{}", case.name);
        for finding in &case.plan_findings {
            let found = reading
                .problems
                .iter()
                .any(|problem| problem.kind.id() == finding);
            assert!(
                found || finding == "lockout.yaml_error" && !reading.unparsed_sections().is_empty(),
                "{}: {finding}",
                case.name
            );
        }
    }
}

#[test]
fn every_username_template_renders_as_on_the_server() {
    let suite: Suite = serde_json::from_str(include_str!(
        "../../testdata/aws_auth/username_template.json"
    ))
    .unwrap();
    let mut seen = BTreeMap::new();
    for case in suite.cases {
        *seen.entry(case.kind.clone()).or_insert(0) += 1;
        let text = |pointer: &str| {
            case.input
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let result = match case.kind.as_str() {
            "render" => {
                let identity = TemplateIdentity {
                    account_id: text("/identity/account_id"),
                    session_name: text("/identity/session_name"),
                    access_key_id: text("/identity/access_key_id"),
                };
                let dns = |id: &str| {
                    case.input["ec2_private_dns"][id]
                        .as_str()
                        .map(str::to_owned)
                };
                match username_template::render(text("/template"), &identity, dns) {
                    Ok(value) => json!({"result": "ok", "value": value}),
                    Err(TemplateError::SessionNotInstanceId { .. }) => {
                        json!({"result": "error", "reason": "template.session_not_instance_id"})
                    }
                    Err(error) => json!({"result": "error", "reason": error.to_string()}),
                }
            }
            "reserved_prefix" => {
                let prefixes = case.input["prefixes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str);
                json!({"reserved": username_template::has_reserved_prefix(text("/username"), prefixes)})
            }
            "eks_access_entry_username" => {
                match username_template::check_access_entry_username(text("/username")) {
                    Ok(()) => json!({"valid": true}),
                    Err(username_template::AccessEntryUsernameError::ReservedPrefix { .. }) => {
                        json!({"valid": false, "reason": "reserved_prefix"})
                    }
                    Err(username_template::AccessEntryUsernameError::SessionNameNeedsColon {
                        ..
                    }) => {
                        json!({"valid": false, "reason": "session_name_needs_colon"})
                    }
                }
            }
            kind => panic!("unknown kind {kind}"),
        };
        assert_eq!(result, case.expected, "{}", case.name);
    }
    let kinds = ["eks_access_entry_username", "render", "reserved_prefix"].map(str::to_owned);
    assert_eq!(seen, BTreeMap::from_iter(kinds.into_iter().zip([3, 19, 8])));
}

fn normal(mut reads: Reads) -> Reads {
    for mapping in reads.roles.iter_mut().chain(&mut reads.users) {
        mapping.groups.get_or_insert_default();
    }
    reads
}

fn simplified(reading: &Reading) -> Reads {
    let mapping = |entry: &ReadEntry| Mapping {
        arn: entry.arn.clone(),
        username: entry.username.clone(),
        groups: Some(entry.groups.clone()),
        sso: entry
            .sso
            .iter()
            .flat_map(|sso| {
                let fields = [
                    ("permissionSetName", &sso.permission_set_name),
                    ("accountID", &sso.account_id),
                    ("partition", &sso.partition),
                ];
                fields
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(key, value)| (key.to_owned(), value.clone()))
            })
            .collect(),
    };
    Reads {
        roles: reading.roles.iter().map(mapping).collect(),
        users: reading.users.iter().map(mapping).collect(),
        accounts: reading
            .accounts
            .iter()
            .map(|entry| entry.arn.clone())
            .collect(),
        error: String::new(),
        has_error: reading.has_error(),
    }
}
