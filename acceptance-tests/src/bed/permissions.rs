//! What a page of the documents says that an object needs, and the same with something taken away.
//!
//! A page has a section `## Permissions` with the parts `### Required` and `### Optional permissions`; each has at most one
//! block of `json`, an IAM policy, and at most one block of `yaml`, Roles and their bindings to the group [`GROUP`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};

/// The group that the pages' bindings name, in place of the reader's own.
pub const GROUP: &str = "eksauth-permissions";

const SECTION: &str = "## Permissions";
const REQUIRED: &str = "### Required";
const WHERE_GRANTED: &str = "### Optional permissions";

/// The blocks of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Without these the object does not work.
    pub required: Blocks,
    /// These are used where they are there.
    pub where_granted: Blocks,
}

/// The blocks below one heading, as they are printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    /// An IAM policy.
    pub policy: Option<String>,
    /// Kubernetes objects.
    pub manifest: Option<String>,
}

/// A right in AWS: one action on resources.
#[derive(Clone, Debug, PartialEq)]
pub struct AwsRight {
    /// `iam:GetRole`.
    pub action: String,
    statement: Value,
}

/// A right in a cluster: one verb on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KubernetesRight {
    /// The namespace; none for the whole cluster.
    pub namespace: Option<String>,
    /// The API group; empty for the core.
    pub group: String,
    /// `configmaps`.
    pub resource: String,
    /// The object's name; none for every one.
    pub name: Option<String>,
    /// `get`.
    pub verb: String,
}

/// All that somebody may do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rights {
    /// In AWS.
    pub aws: Vec<AwsRight>,
    /// In the cluster.
    pub kubernetes: BTreeSet<KubernetesRight>,
}

impl Page {
    /// The blocks of a page's text; a section that says `None.` has none, and a part that is missing neither.
    ///
    /// # Errors
    /// The page has no such section, the section says not what is required, or a part has more blocks of a kind than one.
    pub fn parse(text: &str) -> Outcome<Page> {
        let section = part(text, SECTION, "## ")
            .ok_or_else(|| Failure::new(format!("the page has no `{SECTION}`")))?;
        let blocks = |heading: &str| match part(section, heading, "### ") {
            None => Ok(Blocks::default()),
            Some(part) => Ok::<Blocks, Failure>(Blocks {
                policy: block(part, "json")?,
                manifest: block(part, "yaml")?,
            }),
        };
        if !section.contains(REQUIRED) && !section.lines().any(|line| line == "None.") {
            return Err(Failure::new(format!("`{SECTION}` has no `{REQUIRED}`")));
        }
        Ok(Page {
            required: blocks(REQUIRED)?,
            where_granted: blocks(WHERE_GRANTED)?,
        })
    }
}

/// What stands below a heading, up to the next one of its rank.
fn part<'t>(text: &'t str, heading: &str, rank: &str) -> Option<&'t str> {
    let line = format!("\n{heading}\n");
    let begin = text.find(&line)? + line.len();
    let rest = text.get(begin..)?;
    let end = rest.find(&format!("\n{rank}")).unwrap_or(rest.len());
    rest.get(..end)
}

/// The one fenced block of a language.
fn block(text: &str, language: &str) -> Outcome<Option<String>> {
    let fence = format!("```{language}\n");
    let mut found = text.split(&fence).skip(1);
    let first = found.next().and_then(|rest| rest.split("```").next());
    if found.next().is_some() {
        return Err(Failure::new(format!("more than one block of {language}")));
    }
    Ok(first.map(str::to_owned))
}

/// The rights that an IAM policy gives.
///
/// # Errors
/// It is no policy of plain `Allow` statements that name whole actions.
pub fn aws_rights(policy: &str) -> Outcome<Vec<AwsRight>> {
    let policy: Value = serde_json::from_str(policy)?;
    let mut rights = Vec::new();
    for statement in listed(policy.get("Statement")) {
        let actions = listed(statement.get("Action"));
        if statement.get("Effect") != Some(&json!("Allow")) || actions.is_empty() {
            return Err(Failure::new(format!("no plain statement: {statement}")));
        }
        for action in actions {
            let action = action.as_str().unwrap_or_default().to_owned();
            if action.contains('*') || !action.contains(':') {
                return Err(Failure::new(format!("`{action}` is no whole action")));
            }
            let mut statement = statement.clone();
            if let Some(fields) = statement.as_object_mut() {
                fields.insert("Action".to_owned(), json!(action));
            }
            rights.push(AwsRight { action, statement });
        }
    }
    Ok(rights)
}

/// The rights that Roles and ClusterRoles give to [`GROUP`] through the bindings beside them.
///
/// # Errors
/// A binding of another subject, or of a role that is not there; a role that nothing binds.
pub fn kubernetes_rights(objects: &[Value]) -> Outcome<BTreeSet<KubernetesRight>> {
    let text = |object: &Value, path: &str| {
        let found = object.pointer(path).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let mut roles: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for object in objects
        .iter()
        .filter(|object| object.get("rules").is_some())
    {
        roles.insert(
            (text(object, "/kind"), text(object, "/metadata/name")),
            object,
        );
    }
    let (mut rights, mut bound) = (BTreeSet::new(), BTreeSet::new());
    for binding in objects
        .iter()
        .filter(|object| object.get("rules").is_none())
    {
        let key = (
            text(binding, "/roleRef/kind"),
            text(binding, "/roleRef/name"),
        );
        let subjects = listed(binding.get("subjects"));
        let is_ours =
            |subject: &Value| text(subject, "/kind") == "Group" && text(subject, "/name") == GROUP;
        let Some(role) = roles
            .get(&key)
            .filter(|_| subjects.iter().all(is_ours) && !subjects.is_empty())
        else {
            return Err(Failure::new(format!(
                "no binding of `{GROUP}` to a role that is printed: {binding}"
            )));
        };
        bound.insert(key);
        let namespace = text(binding, "/metadata/namespace");
        let namespace = (text(binding, "/kind") == "RoleBinding").then_some(namespace);
        for rule in listed(role.get("rules")) {
            rights.extend(rights_of(&rule, namespace.as_deref()));
        }
    }
    match roles.keys().find(|role| !bound.contains(*role)) {
        None => Ok(rights),
        Some((kind, name)) => Err(Failure::new(format!("nothing binds the {kind} `{name}`"))),
    }
}

fn rights_of(rule: &Value, namespace: Option<&str>) -> Vec<KubernetesRight> {
    let texts = |field: &str| -> Vec<String> {
        let values = listed(rule.get(field)).into_iter();
        values
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    let mut names: Vec<Option<String>> = texts("resourceNames").into_iter().map(Some).collect();
    if names.is_empty() {
        names.push(None);
    }
    let mut rights = Vec::new();
    for group in texts("apiGroups") {
        for resource in texts("resources") {
            for name in &names {
                for verb in texts("verbs") {
                    rights.push(KubernetesRight {
                        namespace: namespace.map(str::to_owned),
                        group: group.clone(),
                        resource: resource.clone(),
                        name: name.clone(),
                        verb,
                    });
                }
            }
        }
    }
    rights
}

impl Rights {
    /// The rights of both.
    #[must_use]
    pub fn and(&self, other: &Rights) -> Rights {
        let mut both = self.clone();
        let new = other.aws.iter().filter(|right| !self.aws.contains(right));
        both.aws.extend(new.cloned());
        both.kubernetes.extend(other.kubernetes.iter().cloned());
        both
    }

    /// The rights without an action.
    #[must_use]
    pub fn without_action(&self, action: &str) -> Rights {
        let mut rest = self.clone();
        rest.aws.retain(|right| right.action != action);
        rest
    }

    /// The rights without one in the cluster.
    #[must_use]
    pub fn without(&self, right: &KubernetesRight) -> Rights {
        let mut rest = self.clone();
        rest.kubernetes.remove(right);
        rest
    }

    /// The actions in AWS, each once.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<&str> {
        self.aws.iter().map(|right| right.action.as_str()).collect()
    }

    /// An IAM policy that gives exactly these.
    #[must_use]
    pub fn policy(&self) -> Value {
        let statements: Vec<&Value> = self.aws.iter().map(|right| &right.statement).collect();
        json!({"Version": "2012-10-17", "Statement": statements})
    }

    /// Roles and bindings that give exactly these to [`GROUP`].
    #[must_use]
    pub fn objects(&self) -> Vec<Value> {
        let mut by_place: BTreeMap<Option<&str>, Vec<Value>> = BTreeMap::new();
        for right in &self.kubernetes {
            by_place
                .entry(right.namespace.as_deref())
                .or_default()
                .push(right.rule());
        }
        by_place
            .into_iter()
            .flat_map(|(namespace, rules)| role_and_binding(namespace, &rules))
            .collect()
    }
}

impl KubernetesRight {
    fn rule(&self) -> Value {
        let mut rule =
            json!({"apiGroups": [self.group], "resources": [self.resource], "verbs": [self.verb]});
        if let (Some(name), Some(rule)) = (&self.name, rule.as_object_mut()) {
            rule.insert("resourceNames".to_owned(), json!([name]));
        }
        rule
    }
}

fn role_and_binding(namespace: Option<&str>, rules: &[Value]) -> [Value; 2] {
    const API: &str = "rbac.authorization.k8s.io/v1";
    let (role, binding) = match namespace {
        Some(_) => ("Role", "RoleBinding"),
        None => ("ClusterRole", "ClusterRoleBinding"),
    };
    let metadata = match namespace {
        Some(namespace) => json!({"name": GROUP, "namespace": namespace}),
        None => json!({"name": GROUP}),
    };
    [
        json!({"apiVersion": API, "kind": role, "metadata": metadata, "rules": rules}),
        json!({
            "apiVersion": API, "kind": binding, "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": GROUP},
            "subjects": [{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": GROUP}],
        }),
    ]
}

/// The values of a field that is a list or a single value.
fn listed(value: Option<&Value>) -> Vec<Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
    }
}

#[cfg(test)]
mod tests;
