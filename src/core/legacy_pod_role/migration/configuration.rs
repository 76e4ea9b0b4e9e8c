//! The configuration of a phase: import blocks for what exists, the roles with the trust that they need in it, the accounts, and what an earlier file
//! held beside them.

use std::collections::BTreeSet;

use super::{AccountProgress, Held, Migration, NewTrust, Phase, RoleFacts, RoleProgress, left_out};
use crate::hcl::file::{File, Printed};
use crate::hcl::{self, Block, account_label, comment, lines, list, quoted};

/// The address of the OIDC provider, where a file has one.
const PROVIDER: &str = "eksauth_oidc_provider.this";

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct ConfigurationRequest<'a> {
    /// How far everything is.
    pub migration: &'a Migration,
    /// How far the configuration goes.
    pub phase: Phase,
    /// The cluster's name, where it is not the provider's default.
    pub cluster: Option<&'a str>,
    /// The cluster's OIDC provider, where IAM has it already: it stays whoever's it is, and only its ARN is used.
    pub provider_arn: Option<&'a str>,
    /// What the file before holds.
    pub held: &'a Held,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// HCL, the same each time for the same state of things.
    pub text: String,
    /// The addresses of the blocks that stand as they stood in the file before, because nothing asks for them any more, or what does cannot be moved.
    pub carried: Vec<String>,
}

/// The configuration in HCL.
pub fn configuration(request: &ConfigurationRequest<'_>) -> Configuration {
    let mut file = File::after(request.held);
    provider(request, &mut file);
    for role in &request.migration.roles {
        if let (Some(facts), None, Some(_)) = (&role.facts, &role.problem, role.movable().next()) {
            let label = hcl::label(&facts.settings.name);
            if request
                .held
                .removed
                .contains(&format!("eksauth_irsa_role.{label}"))
            {
                continue;
            }
            role_block(request, role, facts, &mut file);
            for account in role.movable().filter(|account| is_held(request, account)) {
                account_block(request, account, &label, &mut file);
            }
        }
    }
    let Printed { text, carried } = file.finish(head(request), &[PROVIDER]);
    Configuration { text, carried }
}

fn head(request: &ConfigurationRequest<'_>) -> String {
    let system = request.migration.scan.system.name().word();
    let mut text = String::new();
    let number = request.phase.number();
    let what = match request.phase {
        Phase::BothTrusts => {
            "both trusts. Nothing changes for any pod. Apply, then `migrate` again with --phase 2 and with this file as --previous."
        }
        Phase::Accounts => {
            "both trusts, and the accounts with their roles. Apply, let the workloads run as their accounts and restart their pods, then `migrate` again with --phase 3 and with this file as --previous."
        }
        Phase::NewTrustOnly => {
            "removes the old trust from each role that no longer needs it; the others say why they keep it."
        }
    };
    comment(
        &mut text,
        &format!("From {system} to IRSA, phase {number} of 3: {what}"),
    );
    comment(
        &mut text,
        "Keep this file: what is in it is managed, and Terraform destroys what is taken out of it.",
    );
    for told in left_out(request.migration, request.phase) {
        comment(&mut text, &format!("- {told}"));
    }
    text
}

/// The OIDC provider where there is none yet. One that is there is somebody's already.
fn provider(request: &ConfigurationRequest<'_>, file: &mut File<'_>) {
    if request.provider_arn.is_some() || request.held.has(PROVIDER) {
        return;
    }
    let mut block = Block::new("eksauth_oidc_provider", "this");
    if let Some(cluster) = request.cluster {
        block.set("cluster_name", quoted(cluster));
    }
    file.add(&block, None);
}

/// Whether a role keeps letting the nodes in.
fn keeps_old(request: &ConfigurationRequest<'_>, role: &RoleProgress) -> bool {
    request.phase < Phase::NewTrustOnly
        || !request.migration.unread.is_empty()
        || !role.blockers().is_empty()
}

fn role_block(
    request: &ConfigurationRequest<'_>,
    role: &RoleProgress,
    facts: &RoleFacts,
    file: &mut File<'_>,
) {
    let mut block = Block::new("eksauth_irsa_role", &hcl::label(&facts.settings.name));
    facts.settings.set_in(&mut block);
    block.set(
        "oidc_provider_arn",
        match request.provider_arn {
            Some(arn) if !request.held.has(PROVIDER) => quoted(arn),
            _ => format!("{PROVIDER}.arn"),
        },
    );
    block.set("service_accounts", list(&accounts_of(role, facts)));
    let trust = &facts.trust;
    let keeps_old = keeps_old(request, role);
    if keeps_old && !trust.node_role_arns.is_empty() {
        block.set("node_role_arns", list(&trust.node_role_arns));
    }
    if trust.ec2 {
        block.set("ec2", "true");
    }
    let mut statements = trust.others.clone();
    statements.extend(trust.mixed.iter().filter_map(|old| match keeps_old {
        true => Some(old.whole.clone()),
        false => old.rest.clone(),
    }));
    if !statements.is_empty() {
        block.set("extra_statements", lines(&statements));
    }
    file.add(&block, Some(&facts.settings.name));
}

/// Those that are to have the role, and those that its trust policy names already.
fn accounts_of(role: &RoleProgress, facts: &RoleFacts) -> BTreeSet<String> {
    let proposed = role.movable().map(|account| {
        let account = &account.proposal.account;
        format!("{}:{}", account.namespace, account.name)
    });
    let trusted = facts.trust.service_accounts.iter().cloned();
    proposed.chain(trusted).collect()
}

/// True for an account that the file before has, and from phase 2 on for one that has its role already, and for every one that its role lets in.
fn is_held(request: &ConfigurationRequest<'_>, account: &AccountProgress) -> bool {
    let name = &account.proposal.account;
    let label = account_label(&name.namespace, &name.name);
    let is_ready = account.is_annotated() || account.new_trust == NewTrust::Admits;
    request
        .held
        .has(&format!("eksauth_service_account.{label}"))
        || request.phase >= Phase::Accounts && is_ready
}

fn account_block(
    request: &ConfigurationRequest<'_>,
    account: &AccountProgress,
    role_label: &str,
    file: &mut File<'_>,
) {
    let name = &account.proposal.account;
    let mut block = Block::new(
        "eksauth_service_account",
        &account_label(&name.namespace, &name.name),
    );
    if let Some(cluster) = request.cluster {
        block.set("cluster_name", quoted(cluster));
    }
    block.set("namespace", quoted(&name.namespace));
    block.set("name", quoted(&name.name));
    block.set("role_arn", format!("eksauth_irsa_role.{role_label}.arn"));
    let id = request.cluster.filter(|_| account.proposal.exists);
    let id = id.map(|cluster| format!("{cluster}/{}/{}", name.namespace, name.name));
    file.add(&block, id.as_deref());
}
