//! Whether the nodes' roles that were given are those that the roles of pods are assumed as.

use std::collections::BTreeSet;

use eksauth_core::legacy_pod_role::migration::{RoleProgress, TrustParts};
use eksauth_core::nearness::nearest;

use super::reading::Asked;
use crate::failure::Failure;

/// Looks up the nodes' roles, and what else the roles trust. Another role that nodes can have may be that of nodes, or of a kiam's server, that nobody
/// named: the role that lets it in is not done. What is doubtful about all of them comes back.
///
/// # Errors
/// A role of the account that is not there, or cannot be read.
pub(super) async fn check(
    asked: &Asked,
    roles: &mut [RoleProgress],
    notes: &mut Vec<String>,
) -> Result<Option<String>, Failure> {
    let trusted: BTreeSet<String> = roles
        .iter()
        .filter_map(|role| role.facts.as_ref())
        .flat_map(|facts| facts.trust.other_principals.iter().cloned())
        .collect();
    for node in &asked.node_roles {
        exists(asked, node, &trusted).await?;
    }
    let mut suspects = BTreeSet::new();
    for principal in &trusted {
        if may_be_nodes(asked, principal).await {
            suspects.insert(principal.clone());
        }
    }
    let mut admits = false;
    for facts in roles.iter_mut().filter_map(|role| role.facts.as_mut()) {
        admits |= facts.trust.admits_nodes();
        let others = facts.trust.other_principals.intersection(&suspects);
        let told = others.map(|other| {
            format!("`{other}`, a role that nodes can have (if pods came by it, give it with --node-role)")
        });
        facts.trust.lasting.extend(told);
    }
    // That no role lets them in any more is the goal.
    let is_goal = roles.iter().all(|role| role.state() == "done") && suspects.is_empty();
    if is_goal || admits || asked.node_roles.is_empty() {
        return Ok(None);
    }
    let nodes: Vec<&str> = asked.node_roles.iter().map(String::as_str).collect();
    let none = format!("none of the roles lets `{}` in", nodes.join("` or `"));
    if suspects.is_empty() {
        notes.push(none);
        return Ok(None);
    }
    let suspects: Vec<&str> = suspects.iter().map(String::as_str).collect();
    Ok(Some(format!(
        "{none}, but they let `{}` in: give the roles that pods came by with --node-role",
        suspects.join("` and `")
    )))
}

async fn exists(asked: &Asked, node: &str, trusted: &BTreeSet<String>) -> Result<(), Failure> {
    if node.split(':').nth(4) != Some(asked.account.as_str()) {
        return Ok(());
    }
    let name = node.rsplit('/').next().unwrap_or(node);
    let found = asked.iam.role(name).await.map_err(|error| {
        Failure::new(format!(
            "the role `{node}` of --node-role could not be read: {error}"
        ))
    })?;
    match found {
        Some(role) if role.arn == node => Ok(()),
        Some(role) => Err(Failure::new(format!(
            "the role `{node}` of --node-role does not exist; the one of that name is `{}`",
            role.arn
        ))),
        None => {
            let trusted: Vec<String> = trusted.iter().cloned().collect();
            let meant = match nearest(node, &trusted) {
                Some(meant) => format!(" (did you mean `{meant}`?)"),
                None => String::new(),
            };
            Err(Failure::new(format!(
                "the role `{node}` of --node-role does not exist{meant}"
            )))
        }
    }
}

/// True for a role of the account that EC2 instances or another role, such as that of nodes, can have, and for one that cannot be read.
async fn may_be_nodes(asked: &Asked, principal: &str) -> bool {
    let is_own_role =
        principal.split(':').nth(4) == Some(asked.account.as_str()) && principal.contains(":role/");
    if !is_own_role {
        return false;
    }
    let name = principal.rsplit('/').next().unwrap_or(principal);
    match asked.iam.role(name).await {
        Ok(Some(role)) => {
            let trust = TrustParts::of(&role.assume_role_policy, &asked.node_roles, None);
            let is_role = |arn: &String| arn.contains(":role/");
            trust.has_old() || trust.other_principals.iter().any(is_role)
        }
        Ok(None) => false,
        Err(_) => true,
    }
}
