//! The permissions section: what an object says of itself, as an IAM policy and an RBAC manifest to paste, required and used where granted apart.

mod policy;
mod rbac;

#[cfg(test)]
mod tests;

use eksauth_provider::permissions::{AwsStatement, KubernetesRule, Need, Permissions, Step};

use crate::error::DocgenError;

/// The group that the manifests are bound to.
const GROUP: &str = "eksauth-permissions";

/// The section, with its heading. `name` is what the manifests' objects are called.
///
/// # Errors
/// The policy cannot be written as JSON.
pub(crate) fn permissions_section(
    name: &str,
    permissions: &Permissions,
) -> Result<String, DocgenError> {
    let is_required = |need: Need| need.required_at().is_some();
    let (required_aws, used_aws): (Vec<&AwsStatement>, Vec<_>) = permissions
        .all_aws()
        .partition(|statement| is_required(statement.need));
    let (required_rules, used_rules): (Vec<&KubernetesRule>, Vec<_>) = permissions
        .all_kubernetes()
        .partition(|rule| is_required(rule.need));
    if permissions.all_aws().next().is_none() && permissions.all_kubernetes().next().is_none() {
        return Ok(String::from("## Permissions\n\nNone.\n"));
    }
    let mut section = String::from("## Permissions\n\n### Required\n");
    if required_aws.is_empty() && required_rules.is_empty() {
        section.push_str("\nNone.\n");
    }
    section.push_str(&in_aws(&required_aws)?);
    section.push_str(&in_cluster(name, &required_rules));
    if !used_aws.is_empty() || !used_rules.is_empty() {
        let needs = used_aws.iter().map(|statement| statement.need);
        let needs = needs.chain(used_rules.iter().map(|rule| rule.need));
        section.push_str(&format!(
            "\n### Optional permissions\n\nNothing fails without these{}.\n",
            exceptions(needs)
        ));
        section.push_str(&in_aws(&used_aws)?);
        section.push_str(&in_cluster(&format!("{name}-where-granted"), &used_rules));
    }
    Ok(section)
}

/// The end of the sentence: which changes are refused without something.
fn exceptions(needs: impl Iterator<Item = Need>) -> String {
    let mut changes: Vec<&str> = Vec::new();
    for change in needs.filter_map(refused_without) {
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    match changes.is_empty() {
        true => String::new(),
        false => format!(
            ", except {}, and whatever takes access away where the lock-out guard cannot see without them that it is harmless",
            changes.join(", ")
        ),
    }
}

/// The change that is refused where this is not granted.
fn refused_without(need: Need) -> Option<&'static str> {
    match need {
        Need::RefusedWithout { change, .. } => Some(change),
        Need::Required { .. } | Need::RequiredFor { .. } | Need::WhereGranted { .. } => None,
    }
}

fn in_aws(statements: &[&AwsStatement]) -> Result<String, DocgenError> {
    if statements.is_empty() {
        return Ok(String::new());
    }
    let needs = statements
        .iter()
        .map(|statement| (statement.need, listed(statement.actions, "")));
    Ok(format!(
        "\nIn AWS{}\n\n```json\n{}\n```\n",
        reasons(needs.collect()),
        policy::policy(statements)?
    ))
}

fn in_cluster(name: &str, rules: &[&KubernetesRule]) -> String {
    if rules.is_empty() {
        return String::new();
    }
    let needs = rules
        .iter()
        .map(|rule| (rule.need, listed(rule.verbs, &object(rule))));
    format!(
        "\nIn the cluster, for the group `{GROUP}`, which aws-auth or an access entry puts the identity into{}\n\n```yaml\n{}```\n",
        reasons(needs.collect()),
        rbac::manifest(name, rules)
    )
}

/// `` on `configmaps/aws-auth` ``.
fn object(rule: &KubernetesRule) -> String {
    match rule.names {
        [] => format!(" on `{}`", rule.resource),
        names => format!(" on `{}/{}`", rule.resource, names.join(",")),
    }
}

/// `` `get`, `patch` on `configmaps` ``.
fn listed(words: &[&str], end: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    format!("{}{end}", words.join(", "))
}

/// The end of a sentence, and a list: which of them a plan needs, which not every configuration needs, and what the others are for.
fn reasons(needs: Vec<(Need, String)>) -> String {
    let (early, late): (Vec<_>, Vec<_>) = needs
        .iter()
        .filter(|(need, _)| need.required_at().is_some())
        .partition(|(need, _)| need.required_at() == Some(Step::Plan));
    let mut text = match (early.is_empty(), late.is_empty()) {
        (false, false) => {
            let mut words: Vec<&str> = Vec::new();
            for (_, listed) in early {
                // In a cluster verbs are told with their object. In AWS several objects may need the same call.
                let has_object = listed.contains("` on `");
                let parts: Vec<&str> = match has_object {
                    true => vec![listed],
                    false => listed.split(", ").collect(),
                };
                for part in parts {
                    if !words.contains(&part) {
                        words.push(part);
                    }
                }
            }
            format!(". A plan needs only {}.", words.join(", "))
        }
        _ => String::from("."),
    };
    let limits: Vec<(String, &str)> = needs
        .iter()
        .filter_map(|(need, words)| match need {
            Need::RequiredFor { what, .. } => Some((format!("only for {what}"), words.as_str())),
            Need::Required { .. } | Need::WhereGranted { .. } | Need::RefusedWithout { .. } => None,
        })
        .collect();
    if !limits.is_empty() {
        text.push_str(" Not every configuration needs all of it:\n");
        text.push_str(&items(&limits));
    }
    let purposes: Vec<(String, &str)> = needs
        .iter()
        .filter_map(|(need, words)| match need {
            Need::WhereGranted { purpose } => Some(((*purpose).to_owned(), words.as_str())),
            Need::RefusedWithout { change, purpose } => Some((
                format!(
                    "{purpose}; without it {change} is refused (a warning with `lockout_guard = \"warn\"`)"
                ),
                words.as_str(),
            )),
            Need::Required { .. } | Need::RequiredFor { .. } => None,
        })
        .collect();
    if !purposes.is_empty() {
        text.push('\n');
        text.push_str(&items(&purposes));
    }
    text
}

/// One item a reason, with everything that has it.
fn items(reasons: &[(String, &str)]) -> String {
    let mut items: Vec<(&str, Vec<&str>)> = Vec::new();
    for (reason, words) in reasons {
        match items.iter_mut().find(|(known, _)| known == reason) {
            Some((_, all)) => all.push(words),
            None => items.push((reason, vec![words])),
        }
    }
    items
        .into_iter()
        .map(|(reason, all)| format!("\n- {}: {reason}", all.join(", ")))
        .collect()
}
