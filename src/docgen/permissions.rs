//! The permissions section: the provider's list of actions as an IAM policy and, for Kubernetes, as a Role.
//!
//! Which actions exist comes from the provider; which resource an action can be bound to is IAM's own rule
//! (service authorization reference): most list actions take no resource, the others take the ARN of their noun.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::error::DocgenError;

/// What an object needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Permissions {
    /// API actions, `iam:CreateRole`.
    pub(crate) actions: &'static [&'static str],
    /// Verbs on the ConfigMap `aws-auth` in `kube-system`.
    pub(crate) aws_auth_verbs: &'static [&'static str],
    /// Verbs on all ConfigMaps of `kube-system` that copies for recovery need, and nothing else does.
    pub(crate) recovery_verbs: &'static [&'static str],
}

/// The one action that nobody has to be given.
const OPEN: &str = "sts:GetCallerIdentity";

/// The section, with its heading.
///
/// # Errors
/// An action of a service whose resources are not known here.
pub(crate) fn permissions_section(permissions: Permissions) -> Result<String, DocgenError> {
    let actions: BTreeSet<&'static str> = permissions
        .actions
        .iter()
        .copied()
        .filter(|action| *action != OPEN)
        .collect();
    let verbs = permissions.aws_auth_verbs;
    let mut section = String::from("## Permissions\n");
    if actions.is_empty() && verbs.is_empty() {
        section.push_str("\nNone.\n");
    }
    if !actions.is_empty() {
        let of_plan = match actions.iter().all(|action| is_reading(action)) {
            true => "",
            false => " A plan needs only the actions that begin with `Describe`, `Get` or `List`.",
        };
        section.push_str(&format!(
            "\nIn AWS, as an IAM policy whose resources can be narrowed to your account, paths and names.{of_plan}\n\n```json\n{}\n```\n",
            policy(&actions)?
        ));
    }
    if !verbs.is_empty() {
        let (of_plan, name) = match verbs {
            ["get"] => ("", "aws-auth-reader"),
            _ => (" A plan needs only `get`.", "aws-auth-editor"),
        };
        section.push_str(&format!(
            "\nIn the cluster, bound to the user or a group the identity is mapped to.{of_plan}\n\n```yaml\n{}```\n",
            role(name, verbs)
        ));
    }
    if !permissions.recovery_verbs.is_empty() {
        section.push_str(&optional(permissions.recovery_verbs));
    }
    Ok(section)
}

fn is_reading(action: &str) -> bool {
    let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
    ["Describe", "Get", "List"]
        .iter()
        .any(|word| verb.starts_with(word))
}

/// An IAM policy; field order is the order people write.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy<'a> {
    version: &'static str,
    statement: Vec<Statement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    effect: &'static str,
    action: Vec<&'a str>,
    resource: &'static str,
}

fn policy(actions: &BTreeSet<&'static str>) -> Result<String, DocgenError> {
    let mut by_resource: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    for action in actions {
        by_resource
            .entry(resource_of(action)?)
            .or_default()
            .push(action);
    }
    let statement = by_resource
        .into_iter()
        .map(|(resource, action)| Statement {
            effect: "Allow",
            action,
            resource,
        })
        .collect();
    serde_json::to_string_pretty(&Policy {
        version: "2012-10-17",
        statement,
    })
    .map_err(DocgenError::Json)
}

/// The ARN pattern an action can be bound to.
fn resource_of(action: &str) -> Result<&'static str, DocgenError> {
    const WITHOUT_RESOURCE: [&str; 5] = [
        "eks:ListClusters",
        "iam:GetAccountAuthorizationDetails",
        "iam:ListOpenIDConnectProviders",
        "iam:ListRoles",
        "ec2:DescribeInstances",
    ];
    if WITHOUT_RESOURCE.contains(&action) {
        return Ok("*");
    }
    match action.split_once(':') {
        Some(("eks", verb)) if verb.contains("Access") && !verb.starts_with("Create") => {
            Ok("arn:aws:eks:*:*:access-entry/*/*/*/*/*")
        }
        Some(("eks", _)) => Ok("arn:aws:eks:*:*:cluster/*"),
        Some(("iam", verb)) if verb.contains("OpenIDConnectProvider") => {
            Ok("arn:aws:iam::*:oidc-provider/*")
        }
        Some(("iam", "RemoveRoleFromInstanceProfile")) => Ok("arn:aws:iam::*:instance-profile/*"),
        Some(("iam", verb)) if verb.contains("Role") => Ok("arn:aws:iam::*:role/*"),
        _ => Err(DocgenError::UnknownAction(action.to_owned())),
    }
}

/// What copies for recovery need. RBAC knows no names that begin alike, so the rule is for every ConfigMap of the namespace.
fn optional(verbs: &[&str]) -> String {
    format!(
        "\nOptional, for the copies that `recovery = \"configmap\"` keeps. The rule is for every ConfigMap of `kube-system`, because RBAC cannot name \
         what has a new name each time; where that is too much, leave it out or set `recovery = \"file\"`. Without `create` nothing is kept, without \
         `list` or `delete` old copies stay; either is a warning and never fails a change.\n\n```yaml\n{}```\n",
        role_of("aws-auth-recovery", &[("", verbs.to_vec())])
    )
}

/// A Role for aws-auth. `create` knows no names, so it stands in a rule without `resourceNames`.
fn role(role: &str, verbs: &[&str]) -> String {
    let (unnamed, named): (Vec<&str>, Vec<&str>) =
        verbs.iter().partition(|verb| matches!(**verb, "create"));
    role_of(
        role,
        &[("    resourceNames: [aws-auth]\n", named), ("", unnamed)],
    )
}

fn role_of(role: &str, rules: &[(&str, Vec<&str>)]) -> String {
    let mut text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: {role}\n  namespace: kube-system\nrules:\n"
    );
    for (names, verbs) in rules {
        if !verbs.is_empty() {
            text.push_str(&format!(
                "  - apiGroups: [\"\"]\n    resources: [configmaps]\n{names}    verbs: [{}]\n",
                verbs.join(", ")
            ));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_gathered_by_the_resource_they_can_be_bound_to() {
        let permissions = Permissions {
            actions: &[
                "iam:CreateRole",
                "iam:ListRoles",
                "sts:GetCallerIdentity",
                "iam:AttachRolePolicy",
                "iam:CreateRole",
            ],
            aws_auth_verbs: &[],
            recovery_verbs: &[],
        };
        assert_eq!(
            permissions_section(permissions).unwrap(),
            "## Permissions

In AWS, as an IAM policy whose resources can be narrowed to your account, paths and names. A plan needs only the actions that begin with `Describe`, `Get` or `List`.

```json
{
  \"Version\": \"2012-10-17\",
  \"Statement\": [
    {
      \"Effect\": \"Allow\",
      \"Action\": [
        \"iam:ListRoles\"
      ],
      \"Resource\": \"*\"
    },
    {
      \"Effect\": \"Allow\",
      \"Action\": [
        \"iam:AttachRolePolicy\",
        \"iam:CreateRole\"
      ],
      \"Resource\": \"arn:aws:iam::*:role/*\"
    }
  ]
}
```
"
        );
    }

    #[test]
    fn a_verb_that_knows_no_names_stands_in_a_rule_of_its_own() {
        let permissions = Permissions {
            actions: &[],
            aws_auth_verbs: &["get", "patch", "create"],
            recovery_verbs: &["create", "list", "delete"],
        };
        assert_eq!(
            permissions_section(permissions).unwrap(),
            "## Permissions

In the cluster, bound to the user or a group the identity is mapped to. A plan needs only `get`.

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: aws-auth-editor
  namespace: kube-system
rules:
  - apiGroups: [\"\"]
    resources: [configmaps]
    resourceNames: [aws-auth]
    verbs: [get, patch]
  - apiGroups: [\"\"]
    resources: [configmaps]
    verbs: [create]
```

Optional, for the copies that `recovery = \"configmap\"` keeps. The rule is for every ConfigMap of `kube-system`, because RBAC cannot name what has a new name each time; where that is too much, leave it out or set `recovery = \"file\"`. Without `create` nothing is kept, without `list` or `delete` old copies stay; either is a warning and never fails a change.

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: aws-auth-recovery
  namespace: kube-system
rules:
  - apiGroups: [\"\"]
    resources: [configmaps]
    verbs: [create, list, delete]
```
"
        );
    }

    #[test]
    fn what_is_only_read_has_no_word_about_plans() {
        let permissions = Permissions {
            actions: &["eks:DescribeCluster"],
            aws_auth_verbs: &["get"],
            recovery_verbs: &[],
        };
        let section = permissions_section(permissions).unwrap();
        assert!(!section.contains("A plan"), "{section}");
        assert!(section.contains("name: aws-auth-reader"), "{section}");
    }

    #[test]
    fn an_object_that_calls_nobody_or_what_is_open_to_all_needs_nothing() {
        for actions in [&[] as &[&str], &["sts:GetCallerIdentity"]] {
            let permissions = Permissions {
                actions,
                aws_auth_verbs: &[],
                recovery_verbs: &[],
            };
            assert_eq!(
                permissions_section(permissions).unwrap(),
                "## Permissions\n\nNone.\n"
            );
        }
    }

    #[test]
    fn an_action_of_an_unknown_service_is_an_error() {
        let permissions = Permissions {
            actions: &["s3:GetObject"],
            aws_auth_verbs: &[],
            recovery_verbs: &[],
        };
        assert_eq!(
            permissions_section(permissions).unwrap_err().to_string(),
            "the resources of action `s3:GetObject` are not known to the permissions section"
        );
    }
}
