//! From the flags of `check-plan` to its report.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use eksauth_core::access::access_entry::{AccessEntry, AuthenticationMode};
use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge, Principal};
use eksauth_core::access::lockout::{Assessment, Circumstances, Severity, assess};
use eksauth_core::aws_auth::read;
use eksauth_provider::Client;
use eksauth_provider::access::cluster_access::cluster_access;
use eksauth_provider::clusters::FoundCluster;

use super::cluster_access::after;
use super::plan_file::{PlanFile, texts};
use super::report::{self, ClusterReport};
use crate::command::{CheckPlanArguments, FailOn, PlanFormat};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict};
use crate::{input, session};

/// Judges a finished plan.
///
/// # Errors
/// A plan or file that cannot be read, no credentials, no such cluster.
pub async fn run(arguments: &CheckPlanArguments) -> Result<Outcome, Failure> {
    let plan = PlanFile::parse(&input::text(&arguments.plan)?)
        .map_err(|error| Failure::new(error.to_string()))?;
    let client = match &arguments.aws_auth {
        Some(_) => None,
        None => Some(session::connect(&arguments.aws, None).await?),
    };
    let mut running: Vec<Principal> = arguments
        .apply_principals
        .iter()
        .map(|arn| Principal::from_arn(arn))
        .collect();
    if let (Some(client), true) = (&client, running.is_empty()) {
        running.push(session::principal(&client.identity().await?)?);
    }
    let mut reports = Vec::new();
    for cluster in &arguments.clusters {
        reports.push(judge(arguments, &plan, client.as_ref(), cluster, &running).await?);
    }
    let text = match arguments.output {
        PlanFormat::Table => report::table(&reports),
        PlanFormat::Markdown => report::markdown(&reports),
        PlanFormat::Json => report::json(&reports).to_string() + "\n",
        PlanFormat::Sarif => report::sarif(&reports).to_string() + "\n",
    };
    let count = |severity| {
        reports
            .iter()
            .map(|report| report.count(severity))
            .sum::<usize>()
    };
    let fails = match arguments.fail_on {
        FailOn::Error => count(Severity::Error) > 0,
        FailOn::Warning => count(Severity::Error) + count(Severity::Warning) > 0,
        FailOn::Never => false,
    };
    let is_known = reports.iter().all(|report| report.is_known);
    let verdict = match arguments.fail_on {
        _ if fails => Verdict::No,
        FailOn::Error | FailOn::Warning if !is_known => Verdict::Undetermined,
        FailOn::Error | FailOn::Warning | FailOn::Never => Verdict::Yes,
    };
    Ok(Outcome::new(text, verdict))
}

async fn judge(
    arguments: &CheckPlanArguments,
    plan: &PlanFile,
    client: Option<&Client>,
    cluster: &str,
    running: &[Principal],
) -> Result<ClusterReport, Failure> {
    let before = match (client, &arguments.aws_auth) {
        (_, Some(file)) => offline(file, arguments.access_entries.as_deref())?,
        (Some(client), None) => {
            let found: Arc<FoundCluster> = session::cluster(client, cluster).await?;
            cluster_access(&found).await
        }
        (None, None) => {
            return Err(Failure::new(
                "give --aws-auth, or credentials to read the cluster",
            ));
        }
    };
    let cluster_access = after(plan, &before, cluster, arguments.clusters.len() == 1);
    let circumstances = Circumstances {
        cluster: cluster.to_owned(),
        running: running.to_vec(),
        protected: arguments
            .protected
            .iter()
            .map(|arn| Principal::from_arn(arn))
            .collect(),
        ..Circumstances::default()
    };
    let assessment = match &cluster_access.destroyed_by {
        // Whoever destroys a cluster destroys the access to it; who loses that is no finding.
        Some(_) => Assessment::default(),
        None => assess(&before, &cluster_access.view, &circumstances),
    };
    let mut unread = unreadable(&before);
    let is_known = unread.is_empty() || cluster_access.destroyed_by.is_some();
    unread.extend(cluster_access.unplaced.iter().map(|address| {
        format!("`{address}` changes aws-auth of a cluster that it does not name; give one --cluster to count it")
    }));
    unread.extend(cluster_access.destroyed_by.iter().map(|address| {
        format!("`{address}` destroys or replaces the cluster, and every entry with it")
    }));
    let running = running
        .iter()
        .map(|principal| principal.arn.clone())
        .collect();
    Ok(ClusterReport {
        cluster: cluster.to_owned(),
        running,
        assessment,
        unknown: cluster_access.unknown,
        unread,
        is_known,
    })
}

fn unreadable(view: &ClusterView) -> Vec<String> {
    let mut reasons = Vec::new();
    if let Knowledge::Unreadable(reason) = &view.aws_auth {
        reasons.push(reason.clone());
    }
    if let Knowledge::Unreadable(reason) = &view.access_entries {
        reasons.push(reason.clone());
    }
    reasons
}

/// The access from files. With access entries both count, without them aws-auth alone.
fn offline(aws_auth: &Path, access_entries: Option<&Path>) -> Result<ClusterView, Failure> {
    let data = input::config_map(aws_auth)?;
    let (mode, entries) = match access_entries {
        None => (AuthenticationMode::ConfigMap, Vec::new()),
        Some(file) => (
            AuthenticationMode::ApiAndConfigMap,
            entries_of(&input::text(file)?)?,
        ),
    };
    Ok(ClusterView {
        mode,
        aws_auth: Knowledge::Known(read(&data)),
        access_entries: Knowledge::Known(entries),
    })
}

/// Access entries as a list of the AWS CLI's `accessEntry` objects, each with its `associatedAccessPolicies` beside its own members.
fn entries_of(text: &str) -> Result<Vec<AccessEntry>, Failure> {
    let bad =
        || Failure::new("the access entries must be a JSON list of objects with `principalArn`");
    let value: Value = serde_json::from_str(text).map_err(|_| bad())?;
    let items = value
        .get("accessEntries")
        .unwrap_or(&value)
        .as_array()
        .ok_or_else(bad)?;
    items
        .iter()
        .map(|item| {
            let entry = item.get("accessEntry").unwrap_or(item);
            let text = |name: &str| {
                entry
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let policies = item
                .get("associatedAccessPolicies")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let policy = |policy: &Value| AccessPolicy {
                policy_arn: policy
                    .get("policyArn")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                namespaces: texts(
                    policy
                        .pointer("/accessScope/namespaces")
                        .unwrap_or(&Value::Null),
                ),
            };
            let principal_arn = entry
                .get("principalArn")
                .and_then(Value::as_str)
                .ok_or_else(bad)?
                .to_owned();
            let kind = Some(text("type"))
                .filter(|kind| !kind.is_empty())
                .unwrap_or_else(|| "STANDARD".to_owned());
            Ok(AccessEntry {
                principal_arn,
                kind,
                username: text("username"),
                groups: texts(entry.get("kubernetesGroups").unwrap_or(&Value::Null)),
                policies: policies.map(policy).collect(),
            })
        })
        .collect()
}
