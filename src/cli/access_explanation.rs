//! A principal's access in words: what it gets, by which rule, what that rule hides, and, where nothing admits it, which entry was meant.

use serde_json::{Value, json};

use eksauth_core::access::cluster_access::describe;
use eksauth_core::access::cluster_access::{Access, Grant};
use eksauth_core::access::explanation::AccessExplanation;

/// The lines behind `cluster`.
pub fn lines(explanation: &AccessExplanation) -> Vec<[String; 3]> {
    let mut lines = Vec::new();
    match &explanation.principal_access.access {
        Access::Granted(grant) => lines.extend(granted(grant)),
        Access::Random(grants) => {
            lines.push(row(
                "random",
                "one of these at each request, because the entries overlap",
                "",
            ));
            lines.extend(grants.iter().flat_map(granted));
        }
        Access::None => lines.push(row("access", "none", "")),
        Access::Unknown(reasons) => {
            lines.extend(reasons.iter().map(|reason| row("unknown", reason, "")))
        }
    }
    lines.extend(
        explanation
            .principal_access
            .shadowed
            .iter()
            .map(|rule| row("shadowed", &rule.to_string(), "its groups are not added")),
    );
    lines.extend(
        explanation
            .near_misses
            .iter()
            .map(|miss| row("near miss", &miss.to_string(), "")),
    );
    lines
}

/// The explanation for programs.
pub fn json(explanation: &AccessExplanation) -> Value {
    let grants: Vec<Value> = match &explanation.principal_access.access {
        Access::Granted(grant) => vec![json_of(grant)],
        Access::Random(grants) => grants.iter().map(json_of).collect(),
        Access::None | Access::Unknown(_) => Vec::new(),
    };
    let near_misses: Vec<Value> = explanation
        .near_misses
        .iter()
        .map(|miss| json!({"id": miss.id(), "text": miss.to_string()}))
        .collect();
    json!({
        "arn": explanation.principal.arn,
        "account": explanation.principal.account,
        "access": explanation.enters(),
        "summary": describe(&explanation.principal_access.access),
        "grants": grants,
        "shadowed": explanation.principal_access.shadowed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "near_misses": near_misses,
    })
}

fn row(label: &str, value: &str, note: &str) -> [String; 3] {
    [label.to_owned(), value.to_owned(), note.to_owned()]
}

fn granted(grant: &Grant) -> Vec<[String; 3]> {
    let mut groups = grant.groups.clone();
    groups.push("system:authenticated".to_owned());
    let from = format!("from {}", grant.rule);
    let name = if grant.username.is_empty() {
        "(empty)"
    } else {
        &grant.username
    };
    let mut lines = vec![
        row("username", name, &from),
        row("groups", &groups.join(", "), ""),
    ];
    for policy in &grant.policies {
        let scope = if policy.namespaces.is_empty() {
            "the whole cluster".to_owned()
        } else {
            format!("namespaces {}", policy.namespaces.join(", "))
        };
        lines.push(row("policy", policy.name(), &scope));
    }
    lines
}

fn json_of(grant: &Grant) -> Value {
    let policies: Vec<Value> = grant
        .policies
        .iter()
        .map(|policy| json!({"policy_arn": policy.policy_arn, "namespaces": policy.namespaces}))
        .collect();
    json!({"username": grant.username, "groups": grant.groups, "policies": policies, "rule": grant.rule.to_string()})
}
