//! `lint`: the findings of an aws-auth (a file, standard input or a cluster) or of a trust policy (a file).
//!
//! With a cluster, IAM is asked about the roles of entries too (`iam:ListRoles`); without the permission nothing is said about them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use eksauth_core::access::findings::{MappingFinding, mapping_findings};
use eksauth_core::access::severity::Severity;
use eksauth_core::aws_auth::{self, data_of_manifest, read};
use eksauth_core::iam_policy::policy_document::{FindingSeverity, findings};
use eksauth_provider::access::role_findings::document_role_findings;
use eksauth_provider::aws_auth::Document;

use crate::command::{FindingFormat, LintArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{input, output, session};

/// A finding wherever it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    /// `aws-auth mapRoles:3:1`, `trust policy, statement 0`.
    place: String,
    /// Line, where there is one.
    line: Option<usize>,
    severity: Severity,
    id: &'static str,
    text: String,
}

/// The findings; no for an error among them.
///
/// # Errors
/// Input that is neither a ConfigMap nor a policy, no credentials, no such cluster.
pub async fn run(arguments: &LintArguments) -> Result<Outcome, Failure> {
    let (name, found) = match (&arguments.file, &arguments.cluster) {
        (Some(file), _) => (file.display().to_string(), in_file(file)?),
        (None, Some(cluster)) => (
            format!("cluster {cluster}"),
            in_cluster(arguments, cluster).await?,
        ),
        (None, None) => return Err(Failure::new("give a file, `-` or --cluster")),
    };
    let has_errors = found.iter().any(|found| found.severity == Severity::Error);
    let text = match arguments.output {
        FindingFormat::Table => table(&found),
        FindingFormat::Json => json(&found).to_string() + "\n",
        FindingFormat::Sarif => sarif(&name, &found).to_string() + "\n",
    };
    Ok(Outcome::new(
        text,
        if has_errors {
            Verdict::No
        } else {
            Verdict::Yes
        },
    ))
}

/// A ConfigMap or a trust policy, told apart by what is in it.
fn in_file(file: &Path) -> Result<Vec<Found>, Failure> {
    let text = input::text(file)?;
    let is_policy =
        serde_json::from_str::<Value>(&text).is_ok_and(|value| value.get("Statement").is_some());
    if is_policy {
        return Ok(in_trust_policy(&text));
    }
    let data = data_of_manifest(&text)
        .map_err(|error| Failure::new(format!("`{}`: {error}", file.display())))?;
    Ok(in_aws_auth(&data))
}

async fn in_cluster(arguments: &LintArguments, cluster: &str) -> Result<Vec<Found>, Failure> {
    let client = session::connect(&arguments.aws, None).await?;
    let cluster = session::cluster(&client, cluster).await?;
    let config_map = cluster
        .kubernetes()?
        .config_map(aws_auth::NAMESPACE, aws_auth::NAME)
        .await?;
    let document = Document::new(config_map);
    let mut found = mapping_findings(document.reading());
    found.extend(document_role_findings(client.roles(), &cluster, &document, |_| None).await);
    found.extend(document.last_applied_findings());
    found.sort_by_key(|finding| (finding.section, finding.line, finding.column));
    Ok(shown(found))
}

fn in_aws_auth(data: &BTreeMap<String, String>) -> Vec<Found> {
    shown(mapping_findings(&read(data)))
}

fn shown(found: Vec<MappingFinding>) -> Vec<Found> {
    found
        .into_iter()
        .map(|finding| Found {
            place: format!(
                "aws-auth {}:{}:{}",
                finding.section, finding.line, finding.column
            ),
            line: Some(finding.line),
            severity: finding.severity,
            id: finding.id,
            text: finding.text,
        })
        .collect()
}

fn in_trust_policy(text: &str) -> Vec<Found> {
    let found = findings(text, None, None).into_iter();
    found
        .map(|finding| Found {
            place: match finding.statement_index {
                Some(index) => format!("trust policy, statement {index}"),
                None => "trust policy".to_owned(),
            },
            line: None,
            severity: match finding.severity() {
                FindingSeverity::Lockout | FindingSeverity::Privilege => Severity::Error,
                FindingSeverity::Hygiene => Severity::Warning,
            },
            id: finding.id,
            text: finding.message,
        })
        .collect()
}

fn table(found: &[Found]) -> String {
    let row = |found: &Found| {
        [
            found.place.clone(),
            found.severity.word().to_owned(),
            found.id.to_owned(),
            found.text.clone(),
        ]
    };
    let rows: Vec<[String; 4]> = found.iter().map(row).collect();
    let errors = found
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .count();
    let plural = |number: usize, word: &str| {
        format!("{number} {word}{}", if number == 1 { "" } else { "s" })
    };
    format!(
        "{}{} ({})\n",
        output::aligned(&rows, ""),
        plural(found.len(), "finding"),
        plural(errors, "error")
    )
}

fn json(found: &[Found]) -> Value {
    let one = |found: &Found| json!({"id": found.id, "severity": found.severity.word(), "place": found.place, "line": found.line, "text": found.text});
    json!({"findings": found.iter().map(one).collect::<Vec<_>>()})
}

fn sarif(name: &str, found: &[Found]) -> Value {
    let one = |found: &Found| {
        json!({
            "ruleId": found.id,
            "level": found.severity.word(),
            "message": {"text": format!("{}: {}", found.place, found.text)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": name}, "region": {"startLine": found.line.unwrap_or(1)}}}],
        })
    };
    output::sarif(found.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_map_with_a_tab_is_an_error_with_its_line() {
        let data = BTreeMap::from([(
            "mapUsers".to_owned(),
            "- userarn: a\n\tusername: b\n".to_owned(),
        )]);
        let found = in_aws_auth(&data);
        assert!(
            table(&found).starts_with("aws-auth mapUsers:2:1  error  lockout.yaml_error  "),
            "{}",
            table(&found)
        );
        assert!(table(&found).ends_with("\n1 finding (1 error)\n"));
        assert_eq!(
            sarif("a.yaml", &found)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
                ["startLine"],
            2
        );
    }

    #[test]
    fn a_trust_policy_without_a_subject_is_an_error() {
        let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABCDEF0123456789ABCDEF0123456789"},"Action":"sts:AssumeRoleWithWebIdentity"}]}"#;
        let found = in_trust_policy(policy);
        assert!(
            found
                .iter()
                .any(|found| found.id == "privilege.no_sub_condition"
                    && found.severity == Severity::Error)
        );
        assert_eq!(
            json(&found)["findings"][0]["place"],
            "trust policy, statement 0"
        );
    }
}
