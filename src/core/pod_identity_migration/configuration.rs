//! The configuration of a phase: roles with the trust that they need in it, associations, and accounts that an earlier file holds. What exists is imported.

use std::collections::{BTreeMap, BTreeSet};

use super::trust::{TrustChange, attributes};
use super::{
    Association, Becomes, Held, MigratedAccount, Phase, PodIdentityMigration, RoleSettings,
    left_out,
};
use crate::hcl::file::{File, Printed};
use crate::hcl::{Block, account_label, comment, label, map, quoted};

const ROLE: &str = "eksauth_irsa_role";
const ASSOCIATION: &str = "eksauth_pod_identity_association";
const ACCOUNT: &str = "eksauth_service_account";
/// The address of the OIDC provider, where an earlier file has one: pods of others may need it.
const PROVIDER: &str = "eksauth_oidc_provider.this";

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct PodIdentityConfigurationRequest<'a> {
    /// How far everything is.
    pub migration: &'a PodIdentityMigration,
    /// How far the configuration goes.
    pub phase: Phase,
    /// The roles of [`printed_roles`] as IAM has them, by ARN.
    pub roles: &'a BTreeMap<String, RoleSettings>,
    /// What the file before holds.
    pub held: &'a Held,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodIdentityConfiguration {
    /// HCL, the same each time for the same state of things.
    pub text: String,
    /// The addresses of the blocks that stand as they stood in the file before.
    pub carried: Vec<String>,
}

/// The roles that a configuration has, by ARN: those of accounts that move, and of accounts that have moved and are in the file before.
pub fn printed_roles(migration: &PodIdentityMigration, held: &Held) -> BTreeSet<String> {
    let printed = migration
        .accounts
        .iter()
        .filter(|one| is_printed(one, held));
    printed.filter_map(|one| one.role_arn.clone()).collect()
}

/// Whether an account is one of the file. An association without an annotation is somebody else's, unless the file before has it.
fn is_printed(account: &MigratedAccount, held: &Held) -> bool {
    let is_known = account.trust_policy.is_some();
    is_known
        && match account.becomes {
            Becomes::New => true,
            Becomes::Both | Becomes::Done => {
                account.annotation.is_some() || held.has(&address(ASSOCIATION, account))
            }
            Becomes::Stays(_) => false,
        }
}

/// `eksauth_service_account.apps_reader`
pub(super) fn address(kind: &str, account: &MigratedAccount) -> String {
    let name = &account.account;
    format!("{kind}.{}", account_label(&name.namespace, &name.name))
}

/// Whether the file before has the account itself, so that its annotation goes with the attribute.
pub(super) fn has_account(account: &MigratedAccount, held: &Held) -> bool {
    held.has(&address(ACCOUNT, account))
}

/// The configuration in HCL.
pub fn configuration(request: &PodIdentityConfigurationRequest<'_>) -> PodIdentityConfiguration {
    let mut file = File::after(request.held);
    let mut roles: BTreeMap<&str, Vec<&MigratedAccount>> = BTreeMap::new();
    for account in &request.migration.accounts {
        if let (true, Some(arn)) = (is_printed(account, request.held), &account.role_arn) {
            roles.entry(arn).or_default().push(account);
        }
    }
    for (arn, accounts) in roles {
        let Some(settings) = request.roles.get(arn) else {
            continue;
        };
        let label = label(&settings.name);
        if request.held.removed.contains(&format!("{ROLE}.{label}")) {
            continue;
        }
        role_block(request, settings, &accounts, &mut file);
        for account in accounts {
            association_block(request, account, &label, &mut file);
            if has_account(account, request.held) {
                account_block(request, account, &label, &mut file);
            }
        }
    }
    let Printed { text, carried } = file.finish(head(request), &[PROVIDER]);
    PodIdentityConfiguration { text, carried }
}

fn head(request: &PodIdentityConfigurationRequest<'_>) -> String {
    let what = match request.phase {
        Phase::Both => {
            "phase 1 of 2: Pod Identity beside IRSA. Pods that run keep IRSA, pods that are made from now on come by Pod Identity. Apply, restart the pods, then `migrate` again with --phase 2 and with this file as --previous."
        }
        Phase::PodIdentityOnly => "phase 2 of 2: without IRSA, wherever nothing needs it any more.",
    };
    let mut text = String::new();
    let cluster = &request.migration.cluster.name;
    comment(
        &mut text,
        &format!("From IRSA to Pod Identity in cluster {cluster}, {what}"),
    );
    comment(
        &mut text,
        "Keep this file: what is in it is managed, and Terraform destroys what is taken out of it.",
    );
    for told in left_out(request.migration, request.phase, request.held) {
        comment(&mut text, &format!("- {told}"));
    }
    text
}

/// Whether the annotation is taken away.
fn drops_annotation(
    request: &PodIdentityConfigurationRequest<'_>,
    account: &MigratedAccount,
) -> bool {
    request.phase == Phase::PodIdentityOnly
        && account.may_go.annotation
        && has_account(account, request.held)
}

/// Whether the account's token is trusted no more: never before its annotation goes.
fn drops_trust(request: &PodIdentityConfigurationRequest<'_>, account: &MigratedAccount) -> bool {
    request.phase == Phase::PodIdentityOnly
        && account.may_go.trust
        && (account.annotation.is_none() || drops_annotation(request, account))
}

fn role_block(
    request: &PodIdentityConfigurationRequest<'_>,
    settings: &RoleSettings,
    accounts: &[&MigratedAccount],
    file: &mut File<'_>,
) {
    let policy = accounts.iter().find_map(|one| one.trust_policy.as_deref());
    let lacking = accounts.iter().filter(|one| one.trust_statement.is_some());
    let dropped = accounts.iter().filter(|one| drops_trust(request, one));
    let change = TrustChange {
        cluster: &request.migration.cluster,
        policy: policy.unwrap_or_default(),
        added: lacking.map(|one| &one.account).collect(),
        dropped: dropped.map(|one| &one.account).collect(),
    };
    let mut block = Block::new(ROLE, &label(&settings.name));
    settings.set_in(&mut block);
    let cluster = request.migration.cluster.provider_arn.as_deref();
    for (name, value) in attributes(&change.typed()) {
        let is_files = name == "oidc_provider_arn"
            && request.held.has(PROVIDER)
            && cluster.is_some_and(|arn| value == quoted(arn));
        block.set(
            name,
            match is_files {
                true => format!("{PROVIDER}.arn"),
                false => value,
            },
        );
    }
    file.add(&block, Some(&settings.name));
}

fn association_block(
    request: &PodIdentityConfigurationRequest<'_>,
    account: &MigratedAccount,
    role_label: &str,
    file: &mut File<'_>,
) {
    let mut block = begun(request, ASSOCIATION, account, "service_account");
    block.set("role_arn", format!("{ROLE}.{role_label}.arn"));
    if let Some(association) = &account.association {
        as_it_is(&mut block, association);
    }
    let id = account.association.as_ref().map(|_| id(request, account));
    file.add(&block, id.as_deref());
}

/// What an association has beside its role, so that nothing changes.
fn as_it_is(block: &mut Block, association: &Association) {
    if association.is_without_session_tags {
        block.set("disable_session_tags", "true");
    }
    if let Some(policy) = &association.policy {
        block.set("policy", quoted(policy));
    }
    let mut tags = association.tags.clone();
    tags.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:"));
    if !tags.is_empty() {
        block.set("tags", map(&tags));
    }
}

/// The account as the file before has it, with or without its role. What else its block has is kept by the file.
fn account_block(
    request: &PodIdentityConfigurationRequest<'_>,
    account: &MigratedAccount,
    role_label: &str,
    file: &mut File<'_>,
) {
    let mut block = begun(request, ACCOUNT, account, "name");
    if account.annotation.is_some() && !drops_annotation(request, account) {
        block.set("role_arn", format!("{ROLE}.{role_label}.arn"));
    }
    file.add(&block, Some(&id(request, account)));
}

fn begun(
    request: &PodIdentityConfigurationRequest<'_>,
    kind: &'static str,
    account: &MigratedAccount,
    name: &'static str,
) -> Block {
    let own = &account.account;
    let mut block = Block::new(kind, &account_label(&own.namespace, &own.name));
    block.set("cluster_name", quoted(&request.migration.cluster.name));
    block.set("namespace", quoted(&own.namespace));
    block.set(name, quoted(&own.name));
    block
}

fn id(request: &PodIdentityConfigurationRequest<'_>, account: &MigratedAccount) -> String {
    format!("{}/{}", request.migration.cluster.name, account.name())
}
