//! `migrate`: from kube2iam or kiam to web identity, in phases that can stop at any point.
//!
//! Nothing is written: the configuration is printed, Terraform applies it. With `--file` and without `--cluster` nobody is asked, and no old trust
//! is ever taken away. API actions: eks:DescribeCluster, iam:GetRole, iam:GetOpenIDConnectProvider; `list` on pods, namespaces, service accounts
//! and what makes pods.

mod reading;

use std::collections::BTreeSet;

use eksauth_core::legacy_pod_role::migration::{
    ConfigurationRequest, Migration, Phase, configuration, report, rows,
};
use eksauth_core::legacy_pod_role::system::SystemName;
use serde_json::{Value, json};

use crate::command::{
    Format, HclArguments, LegacyArguments, LegacyInput, LegacyOutput, LegacySource,
    MigrateArguments,
};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict, warnings};
use crate::output;
use reading::{Read, read};

/// How far it is, the configuration, or the report.
///
/// # Errors
/// Files or a cluster that cannot be read, no pods with roles, no credentials.
pub async fn run(arguments: &MigrateArguments) -> Result<Outcome, Failure> {
    let (system, LegacyArguments { what }) = match &arguments.from {
        LegacySource::Kube2iam(what) => (SystemName::Kube2iam, what),
        LegacySource::Kiam(what) => (SystemName::Kiam, what),
    };
    match what {
        LegacyOutput::Plan(plan) => {
            let read = read(system, &plan.input).await?;
            let text = match plan.output {
                Format::Table => table(&read.migration),
                Format::Json => json_of(&read.migration).to_string() + "\n",
            };
            Ok(Outcome {
                warning: warnings(read.migration.unread.clone()),
                ..Outcome::new(text, verdict(&read.migration))
            })
        }
        LegacyOutput::Hcl(hcl) => print_configuration(system, hcl).await,
        LegacyOutput::Report(input) => {
            let read = read(system, input).await?;
            Ok(Outcome {
                warning: warnings(read.migration.unread.clone()),
                ..Outcome::new(report(&read.migration), Verdict::Yes)
            })
        }
    }
}

async fn print_configuration(
    system: SystemName,
    arguments: &HclArguments,
) -> Result<Outcome, Failure> {
    let LegacyInput {
        cluster,
        node_roles,
        ..
    } = &arguments.input;
    let phase = match arguments.phase {
        1 => Phase::BothTrusts,
        2 => Phase::Accounts,
        _ => Phase::NewTrustOnly,
    };
    if node_roles.is_empty() {
        return Err(Failure::new(
            "which roles the old trust is for decides what is kept and what goes: give --node-role, the role of the nodes that run kube2iam or of kiam's server",
        ));
    }
    if cluster.is_none() {
        return Err(Failure::new(
            "roles are imported as IAM has them and judged for the cluster's issuer: give --cluster beside --file; `report` and `plan` work without",
        ));
    }
    let Read {
        migration,
        has_provider,
        cluster,
    } = read(system, &arguments.input).await?;
    let node_roles: BTreeSet<String> = node_roles.iter().cloned().collect();
    let text = configuration(&ConfigurationRequest {
        migration: &migration,
        phase,
        cluster: cluster.as_deref(),
        node_roles: &node_roles,
        has_provider,
    });
    let kept = match phase {
        Phase::NewTrustOnly => kept(&migration),
        Phase::BothTrusts | Phase::Accounts => Vec::new(),
    };
    let verdict = match kept.is_empty() {
        true => Verdict::Yes,
        false => Verdict::No,
    };
    let unread = migration.unread.iter().cloned();
    Ok(Outcome {
        warning: warnings(kept.into_iter().chain(unread)),
        ..Outcome::new(text, verdict)
    })
}

/// The roles that keep the old trust, each with the reasons.
fn kept(migration: &Migration) -> Vec<String> {
    let roles = migration.roles.iter();
    let mut kept: Vec<String> = roles
        .filter_map(|role| {
            let blockers = role.blockers();
            let why = match (blockers.is_empty(), migration.unread.is_empty()) {
                (true, true) => return None,
                (true, false) => "not everything could be read".to_owned(),
                (false, _) => blockers.join("; "),
            };
            Some(format!("`{}` keeps the old trust: {why}", role.role_arn))
        })
        .collect();
    kept.extend(migration.without_proposal().map(|scanned| {
        let role = scanned.role.as_deref().unwrap_or_default();
        format!(
            "{} asks for `{role}`, which is no role's ARN",
            scanned.describe()
        )
    }));
    kept
}

fn verdict(migration: &Migration) -> Verdict {
    match (migration.is_done(), migration.is_uncertain()) {
        (true, _) => Verdict::Yes,
        (false, true) => Verdict::Undetermined,
        (false, false) => Verdict::No,
    }
}

fn table(migration: &Migration) -> String {
    let headings = ["role", "account", "state", "in the way"];
    let table = output::columns(headings, &rows(migration), "");
    let findings: Vec<String> = migration
        .scan
        .findings
        .iter()
        .map(|finding| {
            let first = format!("{}  {}  ", finding.severity.word(), finding.id);
            output::folded(&first, &format!("{}: {}", finding.object, finding.text))
        })
        .collect();
    match table.is_empty() {
        true => format!("no workload has a role\n{}", findings.concat()),
        false => format!("{table}{}", findings.concat()),
    }
}

fn json_of(migration: &Migration) -> Value {
    let account = |account: &eksauth_core::legacy_pod_role::migration::AccountProgress| {
        let proposal = &account.proposal;
        json!({
            "namespace": proposal.account.namespace,
            "name": proposal.account.name,
            "instead_of": proposal.instead_of,
            "workloads": proposal.workloads,
            "waiting": account.waiting,
        })
    };
    let roles = migration.roles.iter().map(|role| {
        json!({
            "role_arn": role.role_arn,
            "state": role.state(),
            "has_old_trust": role.has_old_trust(),
            "in_the_way": role.blockers(),
            "accounts": role.accounts.iter().map(account).collect::<Vec<_>>(),
        })
    });
    let findings = migration.scan.findings.iter().map(|finding| {
        json!({
            "id": finding.id,
            "severity": finding.severity.word(),
            "object": finding.object,
            "text": finding.text,
        })
    });
    json!({
        "system": migration.scan.system.name().word(),
        "done": migration.is_done(),
        "roles": roles.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
        "not_read": migration.unread,
    })
}
