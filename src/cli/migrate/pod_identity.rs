//! `migrate pod-identity`: from IRSA to EKS Pod Identity, in two phases with both trusts alive in between.
//!
//! Nothing is written: the configuration is printed, Terraform applies it. API actions: eks:DescribeCluster, those of
//! [`read_pod_identity_migration`](eksauth_provider::access::pod_identity_migration), and for `hcl` iam:GetRole, iam:ListAttachedRolePolicies,
//! iam:ListRolePolicies and iam:GetRolePolicy of each role that is printed.

use std::collections::BTreeMap;
use std::sync::Arc;

use eksauth_core::kubernetes::service_account::ServiceAccount;
use eksauth_core::pod_identity_migration::{
    Held, MigratedAccount, Phase, PodIdentityConfigurationRequest, PodIdentityMigration,
    RoleSettings, configuration, left_out, printed_roles, report, rows,
};
use eksauth_provider::access::pod_identity_migration::{
    PodIdentityMigrationSource, read_pod_identity_migration,
};
use eksauth_provider::ports::IamApi;
use eksauth_provider::ports::iam::InlinePolicies;
use serde_json::{Value, json};

use super::{held, reading};
use crate::command::{
    Format, PodIdentityHclArguments, PodIdentityMigrationArguments, PodIdentityMigrationInput,
    PodIdentityMigrationOutput,
};
use crate::failure::Failure;
use crate::outcome::{Outcome, Verdict, warnings};
use crate::{output, session};

/// How far it is, the configuration, or the report.
///
/// # Errors
/// A cluster that cannot be read, no credentials.
pub(super) async fn run(arguments: &PodIdentityMigrationArguments) -> Result<Outcome, Failure> {
    match &arguments.what {
        PodIdentityMigrationOutput::Plan(plan) => {
            let migration = read(&plan.input).await?.migration;
            let text = match plan.output {
                Format::Table => table(&migration, plan.input.namespace.as_deref()),
                Format::Json => json_of(&migration).to_string() + "\n",
            };
            Ok(outcome(text, verdict(&migration), migration))
        }
        PodIdentityMigrationOutput::Report(input) => {
            let migration = read(input).await?.migration;
            Ok(outcome(report(&migration), Verdict::Yes, migration))
        }
        PodIdentityMigrationOutput::Hcl(hcl) => print_configuration(hcl).await,
    }
}

fn outcome(text: String, verdict: Verdict, migration: PodIdentityMigration) -> Outcome {
    Outcome {
        warning: warnings(migration.unread),
        ..Outcome::new(text, verdict)
    }
}

struct Read {
    migration: PodIdentityMigration,
    iam: Arc<dyn IamApi>,
}

async fn read(input: &PodIdentityMigrationInput) -> Result<Read, Failure> {
    check_namespace(input.namespace.as_deref())?;
    let aws = session::beside_cluster(&input.aws, Some(&input.cluster));
    let client = session::connect(&aws, None).await?;
    let cluster = session::cluster(&client, &input.cluster).await?;
    let source = PodIdentityMigrationSource {
        roles: client.roles(),
        cluster: &cluster,
        namespace: input.namespace.as_deref(),
    };
    Ok(Read {
        migration: read_pod_identity_migration(source).await?,
        iam: client.iam().await?,
    })
}

/// A text that names no namespace would ask for another path.
fn check_namespace(namespace: Option<&str>) -> Result<(), Failure> {
    let Some(name) = namespace else {
        return Ok(());
    };
    let account = ServiceAccount::parse(&format!("{name}:default"));
    match account.is_ok_and(|account| account.namespace() == name) {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "--namespace `{name}` is not the name of a namespace: 1 to 63 lower-case letters, digits and inner hyphens"
        ))),
    }
}

fn verdict(migration: &PodIdentityMigration) -> Verdict {
    match (migration.is_done(), migration.is_uncertain()) {
        (true, _) => Verdict::Yes,
        (false, true) => Verdict::Undetermined,
        (false, false) => Verdict::No,
    }
}

async fn print_configuration(arguments: &PodIdentityHclArguments) -> Result<Outcome, Failure> {
    let phase = match arguments.phase {
        1 => Phase::Both,
        _ => Phase::PodIdentityOnly,
    };
    let before = held(arguments.previous.as_deref())?;
    let Read { migration, iam } = read(&arguments.input).await?;
    check_read(&migration)?;
    let before = match before {
        Some(before) => before,
        None => begin(&migration, phase)?,
    };
    let roles = roles(iam.as_ref(), &migration, &before).await?;
    Ok(printed(&PodIdentityConfigurationRequest {
        migration: &migration,
        phase,
        roles: &roles,
        held: &before,
    }))
}

fn printed(request: &PodIdentityConfigurationRequest<'_>) -> Outcome {
    let printed = configuration(request);
    let told = left_out(request.migration, request.phase, request.held);
    let carried = printed.carried.iter().map(|address| {
        format!("`{address}` stands as it stood in the file before: nothing asks for it any more, or what does cannot be moved")
    });
    let removed = request.held.removed.iter().map(|address| {
        format!("`{address}` is let go by a `removed` block of the file before, and is not printed")
    });
    let notes = noted(request.migration);
    let verdict = match (told.is_empty(), request.migration.is_uncertain()) {
        (true, _) => Verdict::Yes,
        (false, true) => Verdict::Undetermined,
        (false, false) => Verdict::No,
    };
    Outcome {
        warning: warnings(told.into_iter().chain(notes).chain(carried).chain(removed)),
        ..Outcome::new(printed.text, verdict)
    }
}

/// Each note once, with the accounts that it is about.
fn noted(migration: &PodIdentityMigration) -> Vec<String> {
    let mut notes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for account in &migration.accounts {
        for note in &account.notes {
            let names = notes.entry(note).or_default();
            names.push(format!("`{}`", account.name()));
        }
    }
    let lines = notes.into_iter();
    lines
        .map(|(note, names)| format!("{}: {note}", names.join(", ")))
        .collect()
}

/// Nothing that could not be read is taken for harmless: no file is printed then.
fn check_read(migration: &PodIdentityMigration) -> Result<(), Failure> {
    match migration.unread.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "no file is printed, because it might leave out or give away what it should not:\n- {}",
            migration.unread.join("\n- ")
        ))),
    }
}

/// A first file, which holds nothing of one before.
///
/// # Errors
/// A move that has begun, so that there may be one.
fn begin(migration: &PodIdentityMigration, phase: Phase) -> Result<Held, Failure> {
    match phase == Phase::Both && !migration.has_begun() {
        true => Ok(Held::default()),
        false => Err(Failure::new(
            "a move has begun here, and Terraform destroys what a file before held and this one would not: give that file with --previous, or `--previous none` where none was \
             ever applied",
        )),
    }
}

/// The roles of the configuration, whole.
///
/// # Errors
/// One that cannot be read: an import answers for all of a role.
async fn roles(
    iam: &dyn IamApi,
    migration: &PodIdentityMigration,
    before: &Held,
) -> Result<BTreeMap<String, RoleSettings>, Failure> {
    let mut roles = BTreeMap::new();
    for arn in printed_roles(migration, before) {
        let name = arn.rsplit('/').next().unwrap_or(&arn);
        let details = iam.role_details(name, InlinePolicies::Read).await?;
        let details = details.filter(|details| details.inline_policies.is_some());
        let details = details.ok_or_else(|| {
            Failure::new(format!(
                "no file is printed, because the role `{arn}` could not be read whole"
            ))
        })?;
        roles.insert(arn, reading::settings_of(details));
    }
    Ok(roles)
}

fn table(migration: &PodIdentityMigration, namespace: Option<&str>) -> String {
    let headings = ["account", "role", "state", "what is to be done"];
    let table = output::columns(headings, &rows(migration), "");
    match (table.is_empty(), migration.unread.is_empty()) {
        (false, _) => table,
        (true, true) => {
            let of = namespace.map(|name| format!(" of namespace `{name}`"));
            let of = of.unwrap_or_default();
            format!("nothing is left to move: no service account{of} has anything of IRSA\n")
        }
        (true, false) => "nothing is known to be left to move\n".to_owned(),
    }
}

fn json_of(migration: &PodIdentityMigration) -> Value {
    let account = |account: &MigratedAccount| {
        let reason = account.obstacle();
        json!({
            "namespace": account.account.namespace,
            "name": account.account.name,
            "role_arn": account.role_arn,
            "state": account.state(),
            "trust_statement": account.trust_statement,
            "annotation_can_go": account.may_go.annotation,
            "token_trust_can_go": account.may_go.trust,
            "waiting": account.waiting,
            "reason": reason.map(|reason| json!({"id": reason.id, "text": reason.why})),
            "what_to_do": reason.map(|reason| reason.what_to_do.as_str()),
            "notes": account.notes,
        })
    };
    json!({
        "cluster": migration.cluster.name,
        "done": migration.is_done(),
        "service_accounts": migration.accounts.iter().map(account).collect::<Vec<_>>(),
        "not_read": migration.unread,
    })
}

#[cfg(test)]
mod tests;
