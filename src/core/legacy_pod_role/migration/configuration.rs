//! The configuration of a phase: import blocks for what exists, the roles with the trust that they need in it, the accounts, and what an earlier file
//! held beside them.

use std::collections::BTreeSet;

use super::{AccountProgress, Held, Migration, NewTrust, Phase, RoleFacts, RoleProgress};
use super::{labels, left_out};
use crate::hcl::{self, Block, comment, import, lines, list, map, quoted};

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
    let mut blocks = Blocks {
        held: request.held,
        text: String::new(),
        addresses: BTreeSet::new(),
    };
    let mut text = head(request);
    provider(request, &mut blocks);
    for role in &request.migration.roles {
        if let (Some(facts), None, Some(_)) = (&role.facts, &role.problem, role.movable().next()) {
            let label = hcl::label(&facts.name);
            if request
                .held
                .removed
                .contains(&format!("eksauth_irsa_role.{label}"))
            {
                continue;
            }
            role_block(request, role, facts, &mut blocks);
            for account in role.movable().filter(|account| is_held(request, account)) {
                account_block(request, account, &label, &mut blocks);
            }
        }
    }
    text.push_str(&blocks.text);
    let mut carried = Vec::new();
    for block in &request.held.blocks {
        if blocks.addresses.contains(&block.address) {
            continue;
        }
        text.push('\n');
        if block.address != PROVIDER {
            comment(
                &mut text,
                "As it stood in the file before: this phase does not print it anew. Without it here Terraform would destroy it.",
            );
            carried.push(block.address.clone());
        }
        text.push_str(&block.text);
    }
    text.push_str(&request.held.removals);
    Configuration { text, carried }
}

/// Blocks that are printed anew.
struct Blocks<'a> {
    held: &'a Held,
    text: String,
    addresses: BTreeSet<String>,
}

impl Blocks<'_> {
    /// Adds a block behind an empty line, with the id of the object that it is for.
    fn add(&mut self, block: &Block, id: Option<&str>) {
        let address = block.address();
        if self.held.removed.contains(&address) {
            return;
        }
        self.text.push('\n');
        if let Some(id) = id {
            self.text.push_str(&import(&address, id));
        }
        self.text
            .push_str(&block.text(self.held.additions(&address)));
        self.addresses.insert(address);
    }
}

fn head(request: &ConfigurationRequest<'_>) -> String {
    let system = request.migration.scan.system.name().word();
    let mut text = String::new();
    let number = request.phase.number();
    let what = match request.phase {
        Phase::BothTrusts => {
            "both trusts. Nothing changes for any pod. Apply, then `migrate` again with --phase 2."
        }
        Phase::Accounts => {
            "both trusts, and the accounts with their roles. Apply, let the workloads run as their accounts and recreate their pods, then `migrate` again with --phase 3."
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
fn provider(request: &ConfigurationRequest<'_>, blocks: &mut Blocks<'_>) {
    if request.provider_arn.is_some() || request.held.has(PROVIDER) {
        return;
    }
    let mut block = Block::new("eksauth_oidc_provider", "this");
    if let Some(cluster) = request.cluster {
        block.set("cluster_name", quoted(cluster));
    }
    blocks.add(&block, None);
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
    blocks: &mut Blocks<'_>,
) {
    let mut block = Block::new("eksauth_irsa_role", &hcl::label(&facts.name));
    settings(&mut block, facts);
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
    blocks.add(&block, Some(&facts.name));
}

/// Everything of a role but its trust, because an import answers for all of it.
fn settings(block: &mut Block, facts: &RoleFacts) {
    block.set("name", quoted(&facts.name));
    if facts.path != "/" {
        block.set("path", quoted(&facts.path));
    }
    if !facts.description.is_empty() {
        block.set("description", quoted(&facts.description));
    }
    if facts.max_session_duration != 3600 {
        block.set(
            "max_session_duration",
            facts.max_session_duration.to_string(),
        );
    }
    if let Some(boundary) = &facts.permissions_boundary {
        block.set("permissions_boundary", quoted(boundary));
    }
    if !facts.policy_arns.is_empty() {
        block.set("policy_arns", list(&facts.policy_arns));
    }
    if !facts.inline_policies.is_empty() {
        block.set("inline_policies", map(&facts.inline_policies));
    }
    // Tags of AWS itself, such as those of CloudFormation, cannot be set and are left where they are.
    let mut tags = facts.tags.clone();
    tags.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:"));
    if !tags.is_empty() {
        block.set("tags", map(&tags));
    }
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
    let label = labels::of_account(&account.proposal.account);
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
    blocks: &mut Blocks<'_>,
) {
    let name = &account.proposal.account;
    let mut block = Block::new("eksauth_service_account", &labels::of_account(name));
    if let Some(cluster) = request.cluster {
        block.set("cluster_name", quoted(cluster));
    }
    block.set("namespace", quoted(&name.namespace));
    block.set("name", quoted(&name.name));
    block.set("role_arn", format!("eksauth_irsa_role.{role_label}.arn"));
    let id = request.cluster.filter(|_| account.proposal.exists);
    let id = id.map(|cluster| format!("{cluster}/{}/{}", name.namespace, name.name));
    blocks.add(&block, id.as_deref());
}
