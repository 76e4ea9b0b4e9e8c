//! The configuration of a phase: import blocks for what exists, the roles with the trust that they need in it, the accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{AccountProgress, Migration, NewTrust, Phase, RoleFacts, RoleProgress};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct ConfigurationRequest<'a> {
    /// How far everything is.
    pub migration: &'a Migration,
    /// How far the configuration goes.
    pub phase: Phase,
    /// The cluster's name, where it is not the provider's default.
    pub cluster: Option<&'a str>,
    /// The roles that kube2iam's nodes or kiam's server have.
    pub node_roles: &'a BTreeSet<String>,
    /// Whether IAM has the cluster's OIDC provider already.
    pub has_provider: bool,
}

/// The configuration in HCL, the same each time for the same state of things.
pub fn configuration(request: &ConfigurationRequest<'_>) -> String {
    let mut text = head(request);
    text.push_str(&provider(request));
    let mut labels = Labels::default();
    for role in &request.migration.roles {
        text.push('\n');
        match (&role.facts, &role.problem) {
            (Some(facts), None) => {
                let label = labels.of(&facts.name);
                text.push_str(&role_blocks(request, role, facts, &label));
                if request.phase >= Phase::Accounts {
                    for account in &role.accounts {
                        let account_label = labels.of(&format!(
                            "{}_{}",
                            account.proposal.account.namespace, account.proposal.account.name
                        ));
                        text.push_str(&account_blocks(request, account, &account_label, &label));
                    }
                }
            }
            (_, problem) => {
                let why = problem.as_deref().unwrap_or("IAM was not asked");
                comment(&mut text, &format!("Left out: {}: {why}", role.role_arn));
            }
        }
    }
    text
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
            "both trusts, and the accounts with their roles. Apply, let the workloads run as their accounts and make their pods anew, then `migrate` again with --phase 3."
        }
        Phase::NewTrustOnly => {
            "the old trust goes from each role that nothing needs it for any more; what keeps it is said at the role."
        }
    };
    comment(
        &mut text,
        &format!("From {system} to IRSA, phase {number} of 3: {what}"),
    );
    for scanned in request.migration.without_proposal() {
        let role = scanned.role.as_deref().unwrap_or("an empty annotation");
        let told = format!(
            "Left out: {} asks for `{role}`, which is no role's ARN",
            scanned.describe()
        );
        comment(&mut text, &told);
    }
    for unread in &request.migration.unread {
        comment(
            &mut text,
            &format!("Not read, so the old trust stays everywhere: {unread}"),
        );
    }
    text.push('\n');
    text
}

fn provider(request: &ConfigurationRequest<'_>) -> String {
    let mut text = String::new();
    let cluster = request.cluster;
    if let (true, Some(cluster)) = (request.has_provider, cluster) {
        import(&mut text, "eksauth_oidc_provider.this", cluster);
    }
    text.push_str("resource \"eksauth_oidc_provider\" \"this\" {\n");
    if let Some(cluster) = cluster {
        attribute(&mut text, "cluster_name", &quoted(cluster));
    }
    text.push_str("}\n");
    text
}

fn role_blocks(
    request: &ConfigurationRequest<'_>,
    role: &RoleProgress,
    facts: &RoleFacts,
    label: &str,
) -> String {
    let mut text = String::new();
    let trust = &facts.trust;
    let blockers = role.blockers();
    let unread = !request.migration.unread.is_empty();
    let keeps_old = request.phase < Phase::NewTrustOnly || unread || !blockers.is_empty();
    if request.phase == Phase::NewTrustOnly && keeps_old {
        comment(&mut text, &format!("{} keeps the old trust:", facts.name));
        for blocker in &blockers {
            comment(&mut text, &format!("- {blocker}"));
        }
        if unread {
            comment(&mut text, "- not everything could be read");
        }
    }
    import(
        &mut text,
        &format!("eksauth_irsa_role.{label}"),
        &facts.name,
    );
    let _ = writeln!(text, "resource \"eksauth_irsa_role\" \"{label}\" {{");
    attribute(&mut text, "name", &quoted(&facts.name));
    if facts.path != "/" {
        attribute(&mut text, "path", &quoted(&facts.path));
    }
    if !facts.description.is_empty() {
        attribute(&mut text, "description", &quoted(&facts.description));
    }
    if facts.max_session_duration != 3600 {
        attribute(
            &mut text,
            "max_session_duration",
            &facts.max_session_duration.to_string(),
        );
    }
    if let Some(boundary) = &facts.permissions_boundary {
        attribute(&mut text, "permissions_boundary", &quoted(boundary));
    }
    attribute(
        &mut text,
        "oidc_provider_arn",
        "eksauth_oidc_provider.this.arn",
    );
    attribute(
        &mut text,
        "service_accounts",
        &list(&accounts_of(role, trust.service_accounts.iter())),
    );
    let mut statements = trust.others.clone();
    if keeps_old {
        let mut nodes = trust.node_role_arns.clone();
        // A role that only lets the nodes in under a condition, or through EC2, is not opened further.
        if !trust.has_old() && request.phase < Phase::NewTrustOnly {
            nodes.extend(request.node_roles.iter().cloned());
        }
        if !nodes.is_empty() {
            attribute(&mut text, "node_role_arns", &list(&nodes));
        }
        if trust.ec2 {
            attribute(&mut text, "ec2", "true");
        }
        statements.extend(trust.conditional.iter().cloned());
    }
    if !statements.is_empty() {
        let statements: Vec<String> = statements
            .iter()
            .map(|one| format!("    {},\n", quoted(one)))
            .collect();
        attribute(
            &mut text,
            "extra_statements",
            &format!("[\n{}  ]", statements.concat()),
        );
    }
    if !facts.tags.is_empty() {
        let tags = facts.tags.iter();
        let tags: Vec<String> = tags
            .map(|(key, value)| format!("    {} = {}\n", quoted(key), quoted(value)))
            .collect();
        attribute(&mut text, "tags", &format!("{{\n{}  }}", tags.concat()));
    }
    text.push_str("}\n");
    text
}

/// Those that are to have the role, and those that its trust policy names already.
fn accounts_of<'a>(
    role: &RoleProgress,
    trusted: impl Iterator<Item = &'a String>,
) -> BTreeSet<String> {
    let proposed = role.accounts.iter().map(|account| {
        let account = &account.proposal.account;
        format!("{}:{}", account.namespace, account.name)
    });
    proposed.chain(trusted.cloned()).collect()
}

fn account_blocks(
    request: &ConfigurationRequest<'_>,
    account: &AccountProgress,
    label: &str,
    role_label: &str,
) -> String {
    let mut text = String::from("\n");
    if let NewTrust::Refuses(why) | NewTrust::Unknown(why) = &account.new_trust {
        let told = format!(
            "Left out until the role lets it in (phase 1): {}: {why}",
            account.name()
        );
        comment(&mut text, &told);
        return text;
    }
    let name = &account.proposal.account;
    if account.proposal.exists
        && let Some(cluster) = request.cluster
    {
        let id = format!("{cluster}/{}/{}", name.namespace, name.name);
        import(&mut text, &format!("eksauth_service_account.{label}"), &id);
    }
    let _ = writeln!(text, "resource \"eksauth_service_account\" \"{label}\" {{");
    if let Some(cluster) = request.cluster {
        attribute(&mut text, "cluster_name", &quoted(cluster));
    }
    attribute(&mut text, "namespace", &quoted(&name.namespace));
    attribute(&mut text, "name", &quoted(&name.name));
    attribute(
        &mut text,
        "role_arn",
        &format!("eksauth_irsa_role.{role_label}.arn"),
    );
    text.push_str("}\n");
    text
}

fn import(text: &mut String, to: &str, id: &str) {
    let _ = write!(
        text,
        "import {{\n  to = {to}\n  id = {}\n}}\n\n",
        quoted(id)
    );
}

fn attribute(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name} = {value}");
}

/// Nothing that was read ends a comment before its end.
fn comment(text: &mut String, line: &str) {
    let line: String = line
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    let _ = writeln!(text, "# {line}");
}

fn list(values: &BTreeSet<String>) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A string of HCL in which nothing is evaluated.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted.replace("${", "$${").replace("%{", "%%{")
}

/// Labels of blocks, no two alike.
#[derive(Default)]
struct Labels {
    taken: BTreeMap<String, usize>,
}

impl Labels {
    fn of(&mut self, name: &str) -> String {
        let mut label: String = name
            .chars()
            .map(|character| match character.is_ascii_alphanumeric() {
                true => character.to_ascii_lowercase(),
                false => '_',
            })
            .collect();
        if !label.starts_with(|character: char| character.is_ascii_alphabetic()) {
            label.insert_str(0, "r_");
        }
        let count = self.taken.entry(label.clone()).or_default();
        *count += 1;
        match *count {
            1 => label,
            number => format!("{label}__{number}"),
        }
    }
}
