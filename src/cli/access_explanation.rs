//! A principal's access in words: what the rules give it and by which of them, what the API server itself says, why the two differ, and, where nothing
//! admits it, which entry was meant.

use serde_json::{Value, json};

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::cluster_access::describe;
use eksauth_core::access::cluster_access::{Access, Grant};
use eksauth_core::access::reconciliation::{AdmittedUser, ClusterAnswer, Reconciliation, Rights};

/// Who says what the rules do not.
const SOURCE: &str = "as the API server says";

/// The lines behind `cluster`.
pub fn lines(both: &Reconciliation) -> Vec<[String; 3]> {
    let explanation = &both.explanation;
    let access = &explanation.principal_access.access;
    let mut lines = match &both.answer {
        ClusterAnswer::Admitted(user) => admitted(both, user),
        ClusterAnswer::AdmittedUnnamed => {
            let mut lines = vec![row("admitted", "(403: it may not ask as whom)", SOURCE)];
            lines.extend(by_rules(access));
            lines
        }
        ClusterAnswer::Refused => vec![row("refused", "401 Unauthorized", SOURCE)],
        ClusterAnswer::Remembered(user) => vec![
            row("refused", "a new token: 401 Unauthorized", SOURCE),
            row("remembered", &user.describe(), "a token that it has seen"),
        ],
        ClusterAnswer::NotAsked | ClusterAnswer::Unanswered(_) => by_rules(access),
    };
    lines.extend(difference(both));
    let shadowed = explanation.principal_access.shadowed.iter();
    lines.extend(
        shadowed.map(|rule| row("shadowed", &rule.to_string(), "its groups are not added")),
    );
    let misses = explanation.near_misses.iter();
    lines.extend(misses.map(|miss| row("near miss", &miss.to_string(), "")));
    lines.extend(not_answered(both));
    if both.enters() == Some(true) {
        lines.extend(may(both.rights));
    }
    lines
}

/// Both answers for programs.
pub fn json(both: &Reconciliation) -> Value {
    let explanation = &both.explanation;
    let access = &explanation.principal_access.access;
    let grants: Vec<Value> = grants(access).iter().map(json_of).collect();
    let near_misses: Vec<Value> = explanation
        .near_misses
        .iter()
        .map(|miss| json!({"id": miss.id(), "text": miss.to_string()}))
        .collect();
    let user = both.answer.user();
    let reason = match &both.answer {
        ClusterAnswer::Unanswered(reason) => Some(reason),
        _ => None,
    };
    let difference = both.difference.as_ref();
    json!({
        "arn": explanation.principal.arn,
        "account": explanation.principal.account,
        "access": both.enters(),
        "summary": both.describe(),
        "by_rules": {"access": explanation.enters(), "summary": describe(access)},
        "by_api_server": {
            "answer": both.answer.word(),
            "username": user.map(|user| &user.username),
            "groups": user.map(|user| &user.groups),
            "reason": reason,
        },
        "difference": difference.map(|why| json!({"id": why.id(), "text": why.to_string()})),
        "may_write_aws_auth": both.rights.may_write_aws_auth,
        "is_cluster_admin": both.rights.is_cluster_admin,
        "grants": grants,
        "shadowed": explanation.principal_access.shadowed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "near_misses": near_misses,
    })
}

fn row(label: &str, value: &str, note: &str) -> [String; 3] {
    [label.to_owned(), value.to_owned(), note.to_owned()]
}

fn grants(access: &Access) -> &[Grant] {
    match access {
        Access::Granted(grant) => std::slice::from_ref(grant),
        Access::Random(grants) => grants,
        Access::None | Access::Unknown(_) => &[],
    }
}

/// Whom the API server admits: with the rule that gives it, where a rule does.
fn admitted(both: &Reconciliation, user: &AdmittedUser) -> Vec<[String; 3]> {
    let access = &both.explanation.principal_access.access;
    let note = match (access, &both.difference) {
        (Access::Granted(grant), None) => format!("from {}, {SOURCE} too", grant.rule),
        _ => SOURCE.to_owned(),
    };
    let mut lines = as_user(&user.username, &user.groups, &note);
    match (access, &both.difference) {
        (Access::Granted(grant), None) => lines.extend(policies(grant)),
        (Access::Random(_), None) => lines.extend(by_rules(access)),
        _ => {}
    }
    lines
}

/// What the rules say, where the API server says something else, and why.
fn difference(both: &Reconciliation) -> Vec<[String; 3]> {
    let access = &both.explanation.principal_access.access;
    let is_told = both.answer == ClusterAnswer::AdmittedUnnamed;
    let mut lines = Vec::new();
    if let Some(difference) = &both.difference {
        if !is_told {
            lines.push(row("by rules", &describe(access), ""));
        }
        lines.push(row("why", &difference.to_string(), ""));
    } else if let (Some(false), Access::Unknown(reasons)) = (both.answer.enters(), access) {
        lines.extend(reasons.iter().map(|reason| row("not read", reason, "")));
    }
    lines
}

/// Why there is no answer of the API server, as far as it matters.
fn not_answered(both: &Reconciliation) -> Option<[String; 3]> {
    match &both.answer {
        ClusterAnswer::Unanswered(reason) => Some(row("by rules only", reason, "")),
        ClusterAnswer::NotAsked
            if both.mode == AuthenticationMode::ConfigMap && both.enters() == Some(false) =>
        {
            let text = "the identity that created the cluster is in without an entry; the API server, which was not asked, shows that to it alone";
            Some(row("note", text, ""))
        }
        _ => None,
    }
}

fn may(rights: Rights) -> Option<[String; 3]> {
    let text = match (rights.is_cluster_admin, rights.may_write_aws_auth) {
        (Some(true), _) => "do everything",
        (_, Some(true)) => "change aws-auth",
        (_, Some(false)) => "not change aws-auth",
        (_, None) => return None,
    };
    Some(row("may", text, ""))
}

fn by_rules(access: &Access) -> Vec<[String; 3]> {
    match access {
        Access::Granted(grant) => granted(grant),
        Access::Random(grants) => {
            let text = "one of these at each request, because the entries overlap";
            let mut lines = vec![row("random", text, "")];
            lines.extend(grants.iter().flat_map(granted));
            lines
        }
        Access::None => vec![row("access", "none", "")],
        Access::Unknown(reasons) => reasons
            .iter()
            .map(|reason| row("unknown", reason, ""))
            .collect(),
    }
}

fn granted(grant: &Grant) -> Vec<[String; 3]> {
    let mut groups = grant.groups.clone();
    groups.push("system:authenticated".to_owned());
    let mut lines = as_user(&grant.username, &groups, &format!("from {}", grant.rule));
    lines.extend(policies(grant));
    lines
}

fn as_user(username: &str, groups: &[String], note: &str) -> Vec<[String; 3]> {
    let name = if username.is_empty() {
        "(empty)"
    } else {
        username
    };
    vec![
        row("username", name, note),
        row("groups", &groups.join(", "), ""),
    ]
}

fn policies(grant: &Grant) -> Vec<[String; 3]> {
    let scope = |namespaces: &[String]| match namespaces {
        [] => "the whole cluster".to_owned(),
        names => format!("namespaces {}", names.join(", ")),
    };
    let policies = grant.policies.iter();
    policies
        .map(|policy| row("policy", policy.name(), &scope(&policy.namespaces)))
        .collect()
}

fn json_of(grant: &Grant) -> Value {
    let policies: Vec<Value> = grant
        .policies
        .iter()
        .map(|policy| json!({"policy_arn": policy.policy_arn, "namespaces": policy.namespaces}))
        .collect();
    json!({"username": grant.username, "groups": grant.groups, "policies": policies, "rule": grant.rule.to_string()})
}

#[cfg(test)]
mod tests;
