//! A role's trust policy in parts: what lets the nodes in, which service accounts it lets in, and what has nothing to do with either.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::iam_policy::trust_policy::ServiceAccount;

/// The parts of a trust policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustParts {
    /// The nodes' roles that statements let in which do nothing else.
    pub node_role_arns: BTreeSet<String>,
    /// Whether a statement that does nothing else lets EC2 in. No pod gets a role by that, but an instance profile may need it, so it stays.
    pub ec2: bool,
    /// Every other statement that lets the nodes in: with a condition, a name, further actions or further principals.
    pub mixed: Vec<OldStatement>,
    /// The service accounts of the cluster that it lets in by name, as `namespace:name`.
    pub service_accounts: BTreeSet<String>,
    /// Every other statement, as it is.
    pub others: Vec<String>,
    /// What lets the nodes in as well and is for others too, so that nobody takes it away: `` `arn:aws:iam::111122223333:root` ``.
    pub lasting: Vec<String>,
    /// What of the document a role of this provider does not keep, each as the end of a sentence that begins with the policy.
    pub rewritten: Vec<String>,
    /// The other roles and accounts that it lets in.
    pub other_principals: BTreeSet<String>,
}

/// A statement that lets the nodes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldStatement {
    /// As it is.
    pub whole: String,
    /// Without the nodes; `None` where nothing is left.
    pub rest: Option<String>,
}

impl TrustParts {
    /// Takes a trust policy apart. `node_roles` are those that kube2iam or kiam assumes roles as; `provider_arn` is the OIDC provider of the
    /// cluster. A text that is no policy is one statement that has nothing to do with either.
    pub fn of(policy: &str, node_roles: &BTreeSet<String>, provider_arn: Option<&str>) -> Self {
        let mut parts = TrustParts::default();
        let statements = match serde_json::from_str::<Value>(policy) {
            Ok(Value::Object(mut document)) => {
                parts.rewritten = rewritten(&document);
                document.remove("Statement")
            }
            _ => None,
        };
        let statements = match statements {
            Some(Value::Array(statements)) => statements,
            Some(single) => vec![single],
            None => Vec::new(),
        };
        for statement in statements {
            parts.add(statement, node_roles, provider_arn);
        }
        parts
    }

    /// Whether it names the nodes, on whatever condition.
    pub fn has_old(&self) -> bool {
        !self.node_role_arns.is_empty() || !self.mixed.is_empty()
    }

    /// Whether it lets the nodes in, by name or by what is for others too.
    pub fn admits_nodes(&self) -> bool {
        self.has_old() || !self.lasting.is_empty()
    }

    fn add(&mut self, statement: Value, nodes: &BTreeSet<String>, provider: Option<&str>) {
        let Value::Object(fields) = &statement else {
            self.others.push(statement.to_string());
            return;
        };
        if let Some(accounts) = provider.and_then(|provider| service_accounts(fields, provider)) {
            self.service_accounts.extend(accounts);
            return;
        }
        let Some(principals) = assumed_by(fields) else {
            self.lasting.extend(reach(fields, nodes));
            self.others.push(statement.to_string());
            return;
        };
        let is_typed = is_plain(fields)
            && principals
                .iter()
                .all(|one| is_old(one, nodes) || is_ec2(one));
        let (old, kept): (Vec<_>, Vec<_>) =
            principals.into_iter().partition(|one| is_old(one, nodes));
        self.lasting
            .extend(kept.iter().filter_map(|one| one.reaches(nodes)));
        let named = kept.iter().filter(|one| one.kind == "AWS");
        self.other_principals
            .extend(named.map(|one| one.value.clone()));
        if is_typed {
            self.ec2 |= kept.iter().any(is_ec2);
            self.node_role_arns
                .extend(old.into_iter().map(|one| one.value));
        } else if old.is_empty() {
            self.others.push(statement.to_string());
        } else {
            self.mixed.push(OldStatement {
                whole: statement.to_string(),
                rest: (!kept.is_empty()).then(|| with_principals(fields, &kept)),
            });
        }
    }
}

/// True for a statement that says nothing but that these may assume the role, so that `node_role_arns` or `ec2` say the same.
fn is_plain(fields: &Map<String, Value>) -> bool {
    let actions = fields.get("Action").map(texts).unwrap_or_default();
    let is_assume = |action: &String| action.eq_ignore_ascii_case("sts:AssumeRole");
    !fields.contains_key("Condition")
        && !fields.contains_key("Sid")
        && actions.iter().all(is_assume)
}

/// A role is written with today's version and without an id.
pub(crate) fn rewritten(document: &Map<String, Value>) -> Vec<String> {
    const TODAY: &str = "2012-10-17";
    let version = document.get("Version").and_then(Value::as_str);
    let version = version.unwrap_or("2008-10-17");
    let mut changes = Vec::new();
    if version != TODAY {
        let statements = document.get("Statement").map(Value::to_string);
        let variables = match statements.is_some_and(|text| text.contains("${")) {
            true => {
                ", in which each `${…}` of its statements becomes a variable: judge them before you apply"
            }
            false => "",
        };
        changes.push(format!(
            "has the version {version} and is written with {TODAY}{variables}"
        ));
    }
    if let Some(id) = document.get("Id").and_then(Value::as_str) {
        changes.push(format!("loses its `Id` `{id}`, which decides nothing"));
    }
    changes
}

/// One principal of a statement.
struct Principal {
    kind: String,
    value: String,
}

fn is_old(principal: &Principal, nodes: &BTreeSet<String>) -> bool {
    principal.kind == "AWS" && nodes.contains(&principal.value)
}

fn is_ec2(principal: &Principal) -> bool {
    principal.kind == "Service" && principal.value == "ec2.amazonaws.com"
}

impl Principal {
    /// The principal in words, where it stands for the nodes beside others: everybody, their account, or a session of theirs.
    fn reaches(&self, nodes: &BTreeSet<String>) -> Option<String> {
        let value = self.value.as_str();
        let is_of = |node: &String| {
            let account = node.split(':').nth(4).unwrap_or_default();
            let name = node.rsplit('/').next().unwrap_or_default();
            value == account
                || value.ends_with(&format!(":iam::{account}:root"))
                || value.contains(&format!("::{account}:assumed-role/{name}/"))
        };
        let is_wide = value == "*" || self.kind == "AWS" && nodes.iter().any(is_of);
        is_wide.then(|| format!("`{value}`"))
    }
}

/// How a statement that is nothing known lets the nodes in; conditions are not judged, and count as fulfilled.
fn reach(fields: &Map<String, Value>, nodes: &BTreeSet<String>) -> Option<String> {
    let is_allow = fields.get("Effect").and_then(Value::as_str) == Some("Allow");
    let assumes = match fields.get("Action") {
        Some(actions) => texts(actions).iter().any(|action| may_assume(action)),
        None => fields.contains_key("NotAction"),
    };
    if !is_allow || !assumes {
        return None;
    }
    match fields.get("Principal") {
        Some(Value::Object(kinds)) => kinds.iter().find_map(|(kind, values)| {
            texts(values).into_iter().find_map(|value| {
                let principal = Principal {
                    kind: kind.clone(),
                    value,
                };
                match is_old(&principal, nodes) {
                    true => Some(format!("`{}`", principal.value)),
                    false => principal.reaches(nodes),
                }
            })
        }),
        Some(everybody) if texts(everybody).iter().any(|one| one == "*") => Some("`*`".to_owned()),
        Some(_) => None,
        None => fields
            .contains_key("NotPrincipal")
            .then(|| "a `NotPrincipal`".to_owned()),
    }
}

/// True for an action, or a pattern of actions, that `sts:AssumeRole` is among.
fn may_assume(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    match action.find(['*', '?']) {
        Some(wildcard) => {
            let (before, _) = action.split_at(wildcard);
            "sts:assumerole".starts_with(before)
        }
        None => action == "sts:assumerole",
    }
}

/// The principals of a statement that allows `sts:AssumeRole`, with or without what goes with it; `None` for any other.
fn assumed_by(fields: &Map<String, Value>) -> Option<Vec<Principal>> {
    let is_known = |name: &String| {
        matches!(
            name.as_str(),
            "Sid" | "Effect" | "Action" | "Principal" | "Condition"
        )
    };
    let beside = |action: &String| {
        ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
            .iter()
            .any(|known| action.eq_ignore_ascii_case(known))
    };
    let actions = texts(fields.get("Action")?);
    let is_plain = fields.keys().all(is_known)
        && fields.get("Effect").and_then(Value::as_str) == Some("Allow")
        && actions.iter().all(beside)
        && actions.iter().any(|action| may_assume(action));
    let kinds = fields.get("Principal")?.as_object().filter(|_| is_plain)?;
    let principals = kinds.iter().flat_map(|(kind, values)| {
        texts(values).into_iter().map(|value| Principal {
            kind: kind.clone(),
            value,
        })
    });
    Some(principals.collect())
}

/// The same statement with fewer principals.
fn with_principals(fields: &Map<String, Value>, principals: &[Principal]) -> String {
    let mut kinds = Map::new();
    for Principal { kind, value } in principals {
        let values = kinds.entry(kind.clone()).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(Value::from(value.as_str()));
        }
    }
    let mut fields = fields.clone();
    fields.insert("Principal".to_owned(), Value::Object(kinds));
    Value::Object(fields).to_string()
}

/// The accounts of a statement as `eksauth_irsa_role` writes it: this provider, the audience and exact subjects, and nothing else. One with a name of its
/// own stays as it is.
fn service_accounts(fields: &Map<String, Value>, provider: &str) -> Option<Vec<String>> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let federated = fields.get("Principal")?.get("Federated")?;
    let is_own = fields.len() == 4
        && fields.get("Principal")?.as_object()?.len() == 1
        && texts(federated) == [provider.to_owned()]
        && text("Effect") == Some("Allow")
        && text("Action") == Some("sts:AssumeRoleWithWebIdentity");
    let conditions = fields.get("Condition")?.as_object().filter(|_| is_own)?;
    let issuer = provider.split_once(":oidc-provider/")?.1;
    let [(operator, keys)] = &conditions.iter().collect::<Vec<_>>()[..] else {
        return None;
    };
    let keys = keys.as_object()?;
    let audience = keys.get(&format!("{issuer}:aud"))?;
    let subjects = keys.get(&format!("{issuer}:sub"))?;
    let is_exact = operator.as_str() == "StringEquals"
        && keys.len() == 2
        && matches!(texts(audience).as_slice(), [one] if one == "sts.amazonaws.com");
    let account = |subject: &String| {
        let name = subject.strip_prefix("system:serviceaccount:")?;
        let exact = ServiceAccount::parse(name).ok()?;
        Some(exact.to_string())
    };
    texts(subjects)
        .iter()
        .map(account)
        .collect::<Option<Vec<String>>>()
        .filter(|_| is_exact)
}

/// One text, or a list of them.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_owned))
            .collect(),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    }
}
