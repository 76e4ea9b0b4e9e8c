//! A principal's standing in words: what it gets, by which rule, what that rule hides, and, where nothing admits it, which entry was meant.

use serde_json::{Value, json};

use eksauth_core::cluster_view::{Access, ClusterView, Grant, Principal, Standing};
use eksauth_core::lockout::describe;
use eksauth_core::near_miss::near_misses;

/// A principal and what a cluster makes of it.
#[derive(Debug)]
pub struct Answer {
    /// Who.
    pub principal: Principal,
    /// What it gets.
    pub standing: Standing,
    /// Why not, nearest first; empty where it enters.
    pub near_misses: Vec<String>,
    /// The ids of the near misses.
    pub near_miss_ids: Vec<&'static str>,
}

impl Answer {
    /// Asks a cluster's doors.
    pub fn of(view: &ClusterView, principal: Principal) -> Self {
        let standing = view.standing(&principal.arn, &principal.account);
        let misses = match standing.access {
            Access::None => near_misses(view, &principal.arn),
            _ => Vec::new(),
        };
        Self {
            principal,
            standing,
            near_miss_ids: misses.iter().map(|miss| miss.id()).collect(),
            near_misses: misses.iter().map(ToString::to_string).collect(),
        }
    }

    /// `Some(true)`: it enters; `Some(false)`: it does not; `None`: it could not be found out.
    pub fn verdict(&self) -> Option<bool> {
        match self.standing.access {
            Access::Granted(_) | Access::Random(_) => Some(true),
            Access::None => Some(false),
            Access::Unknown(_) => None,
        }
    }

    /// The lines behind `cluster`.
    pub fn lines(&self) -> Vec<[String; 3]> {
        let mut lines = Vec::new();
        match &self.standing.access {
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
            self.standing
                .shadowed
                .iter()
                .map(|rule| row("shadowed", &rule.to_string(), "its groups are not added")),
        );
        lines.extend(
            self.near_misses
                .iter()
                .map(|miss| row("near miss", miss, "")),
        );
        lines
    }

    /// The answer for programs.
    pub fn json(&self) -> Value {
        let grants: Vec<Value> = match &self.standing.access {
            Access::Granted(grant) => vec![json_of(grant)],
            Access::Random(grants) => grants.iter().map(json_of).collect(),
            Access::None | Access::Unknown(_) => Vec::new(),
        };
        let near_misses: Vec<Value> = self
            .near_miss_ids
            .iter()
            .zip(&self.near_misses)
            .map(|(id, text)| json!({"id": id, "text": text}))
            .collect();
        json!({
            "arn": self.principal.arn,
            "account": self.principal.account,
            "access": self.verdict(),
            "summary": describe(&self.standing.access),
            "grants": grants,
            "shadowed": self.standing.shadowed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "near_misses": near_misses,
        })
    }
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
