//! `migrate`: from kube2iam or kiam to web identity, in phases that can stop at any point; from there to Pod Identity in [`pod_identity`]; from aws-auth to
//! access entries in [`access_entries`].
//!
//! Nothing is written: the configuration is printed, Terraform applies it. With `--file` and without `--cluster` nobody is asked. Terraform destroys what
//! a file no longer holds: what the file before holds is held by the next one, and where something that decides could not be read, none is printed.
//! API actions: eks:DescribeCluster, iam:GetRole, iam:ListAttachedRolePolicies, iam:ListRolePolicies, iam:GetRolePolicy, iam:GetOpenIDConnectProvider, and
//! iam:ListRoles for a better word about a role that is not there; `list` on pods, namespaces, service accounts and what makes pods.

mod access_entries;
mod node_roles;
mod pod_identity;
mod reading;

use std::path::Path;

use eksauth_core::legacy_pod_role::migration::{
    ConfigurationRequest, Held, Migration, Phase, configuration, left_out, report, rows,
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
        LegacySource::AccessEntries(what) => return access_entries::run(what).await,
        LegacySource::PodIdentity(what) => return pod_identity::run(what).await,
    };
    match what {
        LegacyOutput::Plan(plan) => {
            let read = read(system, &plan.input).await?;
            let text = match plan.output {
                Format::Table => table(&read.migration),
                Format::Json => json_of(&read.migration).to_string() + "\n",
            };
            let nodes_unknown = plan.input.node_roles.is_empty().then(|| {
                "which roles the old trust is for is not known, so nothing is said to be done: give --node-role".to_owned()
            });
            // What no file is printed for is not known here either.
            let is_refused = read.doubt.is_some() || !read.unclear.is_empty();
            let doubts: Vec<String> = read
                .doubt
                .into_iter()
                .chain(read.unclear)
                .chain(nodes_unknown)
                .collect();
            let verdict = match verdict(&read.migration) {
                _ if is_refused => Verdict::Undetermined,
                Verdict::Yes if !doubts.is_empty() => Verdict::Undetermined,
                verdict => verdict,
            };
            let unread = read.migration.unread.iter().cloned();
            Ok(Outcome {
                warning: warnings(read.notes.into_iter().chain(doubts).chain(unread)),
                ..Outcome::new(text, verdict)
            })
        }
        LegacyOutput::Hcl(hcl) => print_configuration(system, hcl).await,
        LegacyOutput::Report(input) => {
            let read = read(system, input).await?;
            Ok(Outcome {
                warning: warnings(
                    read.notes
                        .iter()
                        .cloned()
                        .chain(read.unclear.iter().cloned())
                        .chain(read.migration.unread.iter().cloned()),
                ),
                ..Outcome::new(report(&read.migration), Verdict::Yes)
            })
        }
    }
}

async fn print_configuration(
    system: SystemName,
    arguments: &HclArguments,
) -> Result<Outcome, Failure> {
    let phase = match arguments.phase {
        1 => Phase::BothTrusts,
        2 => Phase::Accounts,
        _ => Phase::NewTrustOnly,
    };
    check_arguments(&arguments.input, phase)?;
    let held = held(arguments.previous.as_deref())?;
    let read = read(system, &arguments.input).await?;
    check_read(&read, phase)?;
    let Read {
        migration,
        provider_arn,
        cluster,
        notes,
        unclear,
        ..
    } = read;
    let held = match held {
        Some(held) => held,
        None => begin(&migration, phase)?,
    };
    let printed = configuration(&ConfigurationRequest {
        migration: &migration,
        phase,
        cluster: cluster.as_deref(),
        provider_arn: provider_arn.as_deref(),
        held: &held,
    });
    let told = left_out(&migration, phase);
    let carried = printed.carried.iter().map(|address| {
        format!("`{address}` stands as it stood in the file before: nothing asks for it any more, or what does cannot be moved")
    });
    let removed = held.removed.iter().map(|address| {
        format!("`{address}` is let go by a `removed` block of the file before, and is not printed")
    });
    let is_kept = !printed.carried.is_empty() || !held.removed.is_empty();
    let is_whole = told.is_empty() && (!is_kept || phase < Phase::NewTrustOnly);
    let verdict = match is_whole {
        true => Verdict::Yes,
        // As `plan` has it.
        false if phase == Phase::NewTrustOnly && migration.is_uncertain() => Verdict::Undetermined,
        false => Verdict::No,
    };
    let notes = notes.into_iter().chain(unclear);
    Ok(Outcome {
        warning: warnings(notes.chain(told.clone()).chain(carried).chain(removed)),
        ..Outcome::new(printed.text, verdict)
    })
}

fn check_arguments(input: &LegacyInput, phase: Phase) -> Result<(), Failure> {
    if input.node_roles.is_empty() {
        return Err(Failure::new(
            "which roles the old trust is for decides what is kept and what goes: give --node-role, the role of the nodes that run kube2iam or of kiam's server",
        ));
    }
    if input.cluster.is_none() {
        return Err(Failure::new(
            "roles are imported as IAM has them and judged for the cluster's issuer: give --cluster beside --file; `report` and `plan` work without",
        ));
    }
    match input.files.is_empty() || phase == Phase::BothTrusts {
        true => Ok(()),
        false => Err(Failure::new(
            "phases 2 and 3 are judged on the cluster's own accounts and pods, which files do not show: leave --file out",
        )),
    }
}

/// The file before; `None` where nothing is said of it.
fn held(previous: Option<&Path>) -> Result<Option<Held>, Failure> {
    let Some(path) = previous else {
        return Ok(None);
    };
    if path == Path::new("none") {
        return Ok(Some(Held::default()));
    }
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::read(&shown, &error))?;
    let held = Held::parse(&text);
    let held = held.map_err(|error| Failure::new(format!("--previous `{shown}`: {error}")))?;
    Ok(Some(held))
}

/// Nothing that could not be read is taken for harmless: no file is printed then.
fn check_read(read: &Read, phase: Phase) -> Result<(), Failure> {
    let migration = &read.migration;
    let roles = migration.roles.iter().filter_map(|role| {
        let problem = role.problem.as_ref().filter(|problem| problem.is_unread)?;
        Some(format!("`{}`: {}", role.role_arn, problem.text))
    });
    let namespaces = migration.unknown_namespaces();
    let namespaces = namespaces.iter().map(|namespace| {
        format!("what the namespace `{namespace}` permits is not known: give its manifest, or --namespace-restrictions")
    });
    let unread = migration.unread.iter().cloned();
    // Only the last phase takes something away.
    let unclear = read.unclear.iter().cloned();
    let unclear = unclear.filter(|_| phase == Phase::NewTrustOnly);
    let why: Vec<String> = unread
        .chain(roles)
        .chain(namespaces)
        .chain(read.doubt.clone())
        .chain(unclear)
        .collect();
    match why.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "no file is printed, because it might leave out or give away what it should not:\n- {}",
            why.join("\n- ")
        ))),
    }
}

/// A first file, which holds nothing of one before.
///
/// # Errors
/// A move that has begun, so that there may be one.
fn begin(migration: &Migration, phase: Phase) -> Result<Held, Failure> {
    let has_begun = migration.roles.iter().any(|role| {
        let trusts_accounts = role.facts.as_ref();
        trusts_accounts.is_some_and(|facts| !facts.trust.service_accounts.is_empty())
            || role.accounts.iter().any(|account| account.is_annotated())
    });
    match phase == Phase::BothTrusts && !has_begun {
        true => Ok(Held::default()),
        false => Err(Failure::new(
            "a move has begun here, and Terraform destroys what a file before held and this one would not: give that file with --previous, or `--previous none` where none was \
             ever applied",
        )),
    }
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
        let in_the_way = [role.blockers(), role.lasting()].concat();
        json!({
            "role_arn": role.role_arn,
            "state": role.state(),
            "has_old_trust": role.has_old_trust(),
            "in_the_way": in_the_way,
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

#[cfg(test)]
mod tests;
