//! A role's trust policy in parts: what lets the nodes in, which service accounts it lets in, and what has nothing to do with either.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The parts of a trust policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustParts {
    /// The nodes' roles that it lets in without a condition.
    pub node_role_arns: BTreeSet<String>,
    /// Whether it lets EC2 in.
    pub ec2: bool,
    /// Statements that let the nodes' roles in under a condition, such as an external id.
    pub conditional: Vec<String>,
    /// The service accounts of the cluster that it lets in by name, as `namespace:name`.
    pub service_accounts: BTreeSet<String>,
    /// Every other statement.
    pub others: Vec<String>,
}

impl TrustParts {
    /// Takes a trust policy apart. `node_roles` are those that kube2iam or kiam assumes roles as; `provider_arn` is the OIDC provider of the
    /// cluster. A text that is no policy is one statement that has nothing to do with either.
    pub fn of(policy: &str, node_roles: &BTreeSet<String>, provider_arn: Option<&str>) -> Self {
        let mut parts = TrustParts::default();
        let statements = match serde_json::from_str::<Value>(policy) {
            Ok(Value::Object(mut document)) => document.remove("Statement"),
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

    /// Whether it lets the nodes in, on whatever condition.
    pub fn has_old(&self) -> bool {
        !self.node_role_arns.is_empty() || self.ec2 || !self.conditional.is_empty()
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
        let principals = match assumed_by(fields) {
            Some(principals) if principals.iter().any(|one| is_old(one, nodes)) => principals,
            _ => {
                self.others.push(statement.to_string());
                return;
            }
        };
        let (old, kept): (Vec<_>, Vec<_>) =
            principals.into_iter().partition(|one| is_old(one, nodes));
        if !kept.is_empty() {
            self.others.push(with_principals(fields, &kept));
        }
        if fields.contains_key("Condition") {
            self.conditional.push(with_principals(fields, &old));
            return;
        }
        for principal in old {
            match principal.kind.as_str() {
                "Service" => self.ec2 = true,
                _ => {
                    self.node_role_arns.insert(principal.value);
                }
            }
        }
    }
}

/// One principal of a statement.
struct Principal {
    kind: String,
    value: String,
}

fn is_old(principal: &Principal, nodes: &BTreeSet<String>) -> bool {
    match principal.kind.as_str() {
        "AWS" => nodes.contains(&principal.value),
        "Service" => matches!(
            principal.value.as_str(),
            "ec2.amazonaws.com" | "ec2.amazonaws.com.cn"
        ),
        _ => false,
    }
}

/// The principals of a statement that allows `sts:AssumeRole` alone; `None` for any other.
fn assumed_by(fields: &Map<String, Value>) -> Option<Vec<Principal>> {
    let is_known = |name: &String| {
        matches!(
            name.as_str(),
            "Sid" | "Effect" | "Action" | "Principal" | "Condition"
        )
    };
    let is_plain = fields.keys().all(is_known)
        && fields.get("Effect").and_then(Value::as_str) == Some("Allow")
        && texts(fields.get("Action")?)
            .iter()
            .all(|action| action.eq_ignore_ascii_case("sts:AssumeRole"));
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

/// The accounts of a statement as `eksauth_irsa_role` writes it: this provider, the audience and exact subjects, and nothing else.
fn service_accounts(fields: &Map<String, Value>, provider: &str) -> Option<Vec<String>> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let federated = fields.get("Principal")?.get("Federated")?;
    let is_own = fields.get("Principal")?.as_object()?.len() == 1
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
        && matches!(texts(audience).as_slice(), [one] if one.starts_with("sts.amazonaws.com"));
    let account = |subject: &String| {
        let name = subject.strip_prefix("system:serviceaccount:")?;
        Some(name.to_owned())
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
