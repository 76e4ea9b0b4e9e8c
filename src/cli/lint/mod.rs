//! `lint`: the findings of every aws-auth, every trust policy and every pod with a role of kube2iam or kiam in files, on standard input or in a cluster.
//!
//! With a cluster, IAM is asked about the roles of entries too (`iam:ListRoles`); without the permission nothing is said about them. Groups are compared
//! with the bindings of the cluster; what could not be read is a finding of its own.

mod file;
mod finding;
mod report;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::findings::mapping_findings;
use eksauth_core::access::severity::Severity;
use eksauth_core::aws_auth;
use eksauth_provider::Client;
use eksauth_provider::access::cluster_access::authentication_mode;
use eksauth_provider::access::group_findings::cluster_group_findings;
use eksauth_provider::access::role_findings::document_role_findings;
use eksauth_provider::aws_auth::Document;
use eksauth_provider::clusters::FoundCluster;
use tf_provider::Diagnostics;

use crate::command::{FailOn, FindingFormat, LintArguments};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::session;
use file::LintedFiles;
use finding::Found;

/// The findings; no for those that `--fail-on` names.
///
/// # Errors
/// Files in which nothing can be judged, no credentials, no such cluster.
pub async fn run(arguments: &LintArguments) -> Result<Outcome, Failure> {
    let linted = match &arguments.cluster {
        Some(cluster) => {
            let aws = session::beside_cluster(&arguments.aws, Some(cluster));
            LintedFiles {
                found: in_cluster(&session::connect(&aws, None).await?, cluster).await?,
                ..LintedFiles::default()
            }
        }
        None => file::lint(&arguments.files)?,
    };
    let LintedFiles { found, passed_over } = &linted;
    let text = match arguments.output {
        FindingFormat::Table => report::table(found),
        FindingFormat::Json => report::json(&linted).to_string() + "\n",
        FindingFormat::Sarif => report::sarif(found).to_string() + "\n",
    };
    Ok(Outcome {
        warning: (!passed_over.is_empty())
            .then(|| format!("not judged: {}", passed_over.join("; "))),
        ..Outcome::new(text, verdict(arguments.fail_on, found))
    })
}

fn verdict(fail_on: FailOn, found: &[Found]) -> Verdict {
    let has = |severity| found.iter().any(|found| found.severity == severity);
    let fails = match fail_on {
        FailOn::Error => has(Severity::Error),
        FailOn::Warning => has(Severity::Error) || has(Severity::Warning),
        FailOn::Never => false,
    };
    match fails {
        true => Verdict::No,
        false => Verdict::Yes,
    }
}

async fn in_cluster(client: &Client, cluster: &str) -> Result<Vec<Found>, Failure> {
    let cluster = session::cluster(client, cluster).await?;
    let document = document(client, &cluster).await?;
    let of_groups = cluster_group_findings(&cluster).await;
    let of_groups = of_groups.into_iter().map(|finding| {
        let name = &cluster.reference.name;
        Found::from_group(name, finding)
    });
    if document.config_map().is_none() {
        let name = &cluster.reference.name;
        let missing = without_aws_auth(name, authentication_mode(&cluster));
        return Ok(std::iter::once(missing).chain(of_groups).collect());
    }
    let mut found = mapping_findings(document.reading());
    found.extend(document_role_findings(client.roles(), &cluster, &document, |_| None).await);
    found.extend(document.last_applied_findings());
    found.sort_by_key(|finding| (finding.section, finding.line, finding.column));
    let of_mappings = found.into_iter().map(Found::from_mapping);
    Ok(of_mappings.chain(of_groups).collect())
}

/// aws-auth as it is now. A refusal of the API server is told as wherever else the document is read.
async fn document(client: &Client, cluster: &Arc<FoundCluster>) -> Result<Arc<Document>, Failure> {
    let writer = client.aws_auth().writer(cluster)?;
    let document = writer.document_or_reason().await;
    Ok(document.map_err(Diagnostics::from)?)
}

/// A cluster without the ConfigMap: in a mode that reads it, nodes and people of entries are all out.
fn without_aws_auth(cluster: &str, mode: AuthenticationMode) -> Found {
    let (severity, consequence) = match mode {
        AuthenticationMode::ConfigMap => (
            Severity::Error,
            "only whoever created the cluster enters, and no node joins",
        ),
        AuthenticationMode::ApiAndConfigMap => {
            (Severity::Error, "only access entries let anybody in")
        }
        AuthenticationMode::Api => (
            Severity::Warning,
            "the authentication mode API would not read it either",
        ),
    };
    let text = format!(
        "the cluster has no ConfigMap `{}` in `{}`: {consequence}; `restore --cluster {cluster}` lists copies that were kept of it, and `add` or a \
         resource makes it anew",
        aws_auth::NAME,
        aws_auth::NAMESPACE
    );
    Found {
        logical: format!("cluster {cluster}"),
        severity,
        id: "lockout.no_aws_auth",
        text,
        ..Found::default()
    }
}
