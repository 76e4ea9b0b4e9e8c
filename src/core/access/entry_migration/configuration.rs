//! The configuration: a resource for each access entry, with an import block for one that exists. Nothing in it is evaluated, whatever aws-auth says.

use std::collections::BTreeSet;

use super::{Becomes, EntryMigration, MigratedEntry, ProposedEntry};
use crate::access::access_entry::{AccessEntry, AuthenticationMode, EntryPrincipal, EntryType};
use crate::access::access_policy::{AccessPolicy, AccessScope};
use crate::hcl::{Block, comment, import, label, list, quoted};

const KIND: &str = "eksauth_access_entry";
const MODE: &str = "eksauth_authentication_mode";
const MIGRATION: &str = "eksauth_access_entry_migration";

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct EntryConfigurationRequest<'a> {
    /// What becomes of aws-auth.
    pub migration: &'a EntryMigration,
    /// The cluster's name.
    pub cluster: &'a str,
    /// The cluster's account.
    pub account: &'a str,
    /// Its region, where that is not the provider's.
    pub region: Option<&'a str>,
    /// Names of the differences that are accepted.
    pub accepted: &'a [&'a str],
    /// ARNs that IAM did not tell.
    pub told: &'a [String],
    /// The address of the resource that raises the mode; `None`: one is written.
    pub after: Option<&'a str>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryConfiguration {
    /// HCL, the same each time for the same state of things.
    pub text: String,
    /// What is not in it, and why.
    pub left_out: Vec<String>,
}

/// The configuration in HCL.
pub fn configuration(request: &EntryConfigurationRequest<'_>) -> EntryConfiguration {
    let mut written = Written::default();
    let mut blocks = String::new();
    let mut left_out = Vec::new();
    for migrated in &request.migration.entries {
        match printed(request, migrated, &mut written) {
            Ok(text) => {
                blocks.push('\n');
                let differences = migrated.differences.iter().map(super::Difference::text);
                for note in differences.chain(migrated.notes.iter().cloned()) {
                    comment(&mut blocks, &note);
                }
                blocks.push_str(&text);
            }
            Err(Some(why)) => left_out.push(why),
            Err(None) => {}
        }
    }
    let mut text = head(request);
    for told in left_out.iter().chain(&request.migration.unread) {
        comment(&mut text, &format!("- {told}"));
    }
    if !written.addresses.is_empty() {
        text.push_str(&mode(request));
        text.push_str(&blocks);
        text.push_str(&look(request, &written));
    }
    EntryConfiguration { text, left_out }
}

/// What is in the file so far.
#[derive(Default)]
struct Written {
    labels: BTreeSet<String>,
    addresses: Vec<String>,
}

/// The address of the resource that raises the mode.
fn mode_address(request: &EntryConfigurationRequest<'_>) -> String {
    let own = || format!("{MODE}.this");
    request.after.map_or_else(own, str::to_owned)
}

fn mode(request: &EntryConfigurationRequest<'_>) -> String {
    if request.after.is_some() {
        return String::new();
    }
    let mut block = in_cluster(request, Block::new(MODE, "this"));
    block.set(
        "authentication_mode",
        quoted(AuthenticationMode::ApiAndConfigMap.id()),
    );
    format!("\n{}", block.text(&[]))
}

/// Read once the access entries exist: what may go from aws-auth then.
fn look(request: &EntryConfigurationRequest<'_>, written: &Written) -> String {
    let mut text = "\n".to_owned();
    comment(
        &mut text,
        "Read once these access entries exist. `entries[*].held_back` says what may not be taken out of aws-auth then, and why.",
    );
    let mut block = in_cluster(request, Block::data(MIGRATION, "this"));
    if !request.told.is_empty() {
        let told = request.told.iter().cloned().collect();
        block.set("principal_arns", list(&told));
    }
    if !request.accepted.is_empty() {
        let accepted = request.accepted.iter().map(|name| (*name).to_owned());
        block.set("accept", list(&accepted.collect()));
    }
    let waited_for = std::iter::once(mode_address(request)).chain(written.addresses.clone());
    let waited_for: Vec<String> = waited_for
        .map(|address| format!("    {address},\n"))
        .collect();
    block.set("depends_on", format!("[\n{}  ]", waited_for.concat()));
    text + &block.text(&[])
}

fn in_cluster(request: &EntryConfigurationRequest<'_>, mut block: Block) -> Block {
    block.set("cluster_name", quoted(request.cluster));
    if let Some(region) = request.region {
        block.set("region", quoted(region));
    }
    block
}

fn head(request: &EntryConfigurationRequest<'_>) -> String {
    let mut text = String::new();
    comment(
        &mut text,
        &format!(
            "Access entries of cluster {} in place of the entries of aws-auth.",
            request.cluster
        ),
    );
    comment(
        &mut text,
        "An access entry counts before aws-auth as soon as it exists. Apply, let each principal come, and only then take its entry out of aws-auth.",
    );
    comment(
        &mut text,
        "With `on_conflict = \"adopt\"` an apply that was killed is continued. What was adopted stays at a destroy.",
    );
    text
}

/// # Errors
/// Nothing is printed; why, where something is missing.
fn printed(
    request: &EntryConfigurationRequest<'_>,
    migrated: &MigratedEntry,
    written: &mut Written,
) -> Result<String, Option<String>> {
    let old = &migrated.old;
    match &migrated.becomes {
        Becomes::New(proposed) => {
            let open: Vec<String> = migrated
                .unaccepted(request.accepted)
                .map(|difference| format!("{} ({})", difference.text(), difference.id()))
                .collect();
            if !open.is_empty() {
                return Err(Some(format!(
                    "{} `{}` is not printed until its differences are accepted: {}",
                    old.place(),
                    old.arn,
                    open.join("; ")
                )));
            }
            Ok(new_block(request, proposed, written))
        }
        Becomes::Existing(entry) | Becomes::ExistingOther(entry) => {
            Ok(existing_block(request, entry, written))
        }
        Becomes::Stays(obstacle) => Err(Some(format!(
            "{} `{}` stays: {}. {}",
            old.place(),
            old.arn,
            obstacle.why,
            obstacle.what_to_do
        ))),
        Becomes::MadeByEks(_) | Becomes::Nothing { .. } => Err(None),
    }
}

fn new_block(
    request: &EntryConfigurationRequest<'_>,
    proposed: &ProposedEntry,
    written: &mut Written,
) -> String {
    let principal = Some(&proposed.principal);
    let mut block = begun(request, principal, &proposed.principal.arn, written);
    if proposed.entry_type != EntryType::Standard {
        block.set("type", quoted(proposed.entry_type.id()));
    }
    if let Some(name) = &proposed.user_name {
        block.set("user_name", quoted(name));
    }
    if !proposed.groups.is_empty() {
        block.set(
            "kubernetes_groups",
            list(&proposed.groups.iter().cloned().collect()),
        );
    }
    if !proposed.policies.is_empty() {
        block.set("policies", policies(&proposed.policies));
    }
    // EKS may have made it by then, or an apply that was killed.
    block.set("on_conflict", quoted("adopt"));
    block.set("depends_on", format!("[{}]", mode_address(request)));
    block.text(&[])
}

/// As it is, so that nothing changes.
fn existing_block(
    request: &EntryConfigurationRequest<'_>,
    entry: &AccessEntry,
    written: &mut Written,
) -> String {
    let principal = EntryPrincipal::parse(&entry.principal_arn).ok();
    let mut block = begun(request, principal.as_ref(), &entry.principal_arn, written);
    match EntryType::parse(&entry.kind).is_some_and(EntryType::takes_names) {
        false => block.set("type", quoted(&entry.kind)),
        true => {
            block.set("user_name", quoted(&entry.username));
            if !entry.groups.is_empty() {
                block.set(
                    "kubernetes_groups",
                    list(&entry.groups.iter().cloned().collect()),
                );
            }
        }
    }
    if !entry.policies.is_empty() {
        block.set("policies", policies(&entry.policies));
    }
    let region = request
        .region
        .map(|region| format!("@{region}"))
        .unwrap_or_default();
    let id = format!("{}:{}{region}", request.cluster, entry.principal_arn);
    import(&block.address(), &id) + &block.text(&[])
}

fn begun(
    request: &EntryConfigurationRequest<'_>,
    principal: Option<&EntryPrincipal>,
    arn: &str,
    written: &mut Written,
) -> Block {
    let label = label_of(request, principal, arn, &mut written.labels);
    let mut block = in_cluster(request, Block::new(KIND, &label));
    block.set("principal_arn", quoted(arn));
    written.addresses.push(block.address());
    block
}

/// The name of the role; what is a user or of another account says so. Where two would have one label, the later one is counted.
fn label_of(
    request: &EntryConfigurationRequest<'_>,
    principal: Option<&EntryPrincipal>,
    arn: &str,
    labels: &mut BTreeSet<String>,
) -> String {
    let written = match principal {
        None => label(arn),
        Some(principal) => {
            let own = principal.account.as_str() == request.account;
            let of_account = match own {
                true => String::new(),
                false => format!("_{}", principal.account.as_str()),
            };
            let kind = if principal.is_role { "" } else { "user_" };
            label(&format!("{kind}{}{of_account}", principal.name))
        }
    };
    let mut unique = written.clone();
    let mut count = 1;
    while !labels.insert(unique.clone()) {
        count += 1;
        unique = format!("{written}--{count}");
    }
    unique
}

fn policies(policies: &[AccessPolicy]) -> String {
    let mut text = "[\n".to_owned();
    for policy in policies {
        let scope = AccessScope::of_namespaces(&policy.namespaces);
        let namespaces = match &scope {
            AccessScope::Cluster => String::new(),
            AccessScope::Namespaces(names) => format!(", namespaces = {}", list(names)),
        };
        text.push_str(&format!(
            "    {{\n      policy_arn   = {}\n      access_scope = {{ type = {}{namespaces} }}\n    }},\n",
            quoted(&policy.policy_arn),
            quoted(scope.id())
        ));
    }
    text + "  ]"
}
