//! Whole sections, and every printed statement held against AWS's own list of actions.

use std::collections::BTreeMap;
use std::path::Path;

use eksauth_provider::permissions::{AwsResource, GuardReads};
use eksauth_provider::{EksAuth, ObjectKind};
use serde_json::Value;

use super::*;

const ROLE: AwsResource = AwsResource::IamRole { name: "reader" };
const CONFIG_MAP: KubernetesRule = KubernetesRule {
    verbs: &["get"],
    api_group: "",
    resource: "configmaps",
    names: &["aws-auth"],
    namespace: Some("kube-system"),
    need: Need::Required { step: Step::Plan },
};

fn section(permissions: Permissions) -> String {
    permissions_section("eksauth-resource-thing", &permissions).unwrap()
}

#[test]
fn a_call_that_two_objects_need_at_plan_is_named_once() {
    let at_plan = |words: &str| (Need::Required { step: Step::Plan }, words.to_owned());
    let at_apply = (Need::Required { step: Step::Apply }, "`x`".to_owned());
    let calls = [
        at_plan("`iam:GetRole`, `iam:A`"),
        at_plan("`iam:GetRole`, `iam:B`"),
    ];
    let told = reasons(calls.into_iter().chain([at_apply.clone()]).collect());
    assert_eq!(told, ". A plan needs only `iam:GetRole`, `iam:A`, `iam:B`.");
    let verbs = [
        at_plan("`get`, `list` on `a`"),
        at_plan("`get`, `list` on `b`"),
    ];
    let told = reasons(verbs.into_iter().chain([at_apply]).collect());
    assert_eq!(
        told,
        ". A plan needs only `get`, `list` on `a`, `get`, `list` on `b`."
    );
}

#[test]
fn an_object_that_asks_nobody_needs_nothing() {
    assert_eq!(section(Permissions::NONE), "## Permissions\n\nNone.\n");
}

#[test]
fn what_is_required_and_what_is_used_where_granted_stand_apart() {
    let permissions = Permissions {
        aws: &[
            AwsStatement {
                actions: &["iam:GetRole"],
                resource: ROLE,
                need: Need::Required { step: Step::Plan },
            },
            AwsStatement {
                actions: &["iam:TagRole", "iam:CreateRole"],
                resource: ROLE,
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "`tags`",
                },
            },
            AwsStatement {
                actions: &["iam:ListRoles"],
                resource: AwsResource::All,
                need: Need::WhereGranted {
                    purpose: "the nearest name is told",
                },
            },
        ],
        ..Permissions::NONE
    };
    assert_eq!(
        section(permissions),
        r#"## Permissions

### Required

In AWS. A plan needs only `iam:GetRole`. Not every configuration needs all of it:

- `iam:TagRole`, `iam:CreateRole`: only for `tags`

```json
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "iam:CreateRole",
        "iam:GetRole",
        "iam:TagRole"
      ],
      "Resource": "arn:aws:iam::111122223333:role/reader"
    }
  ]
}
```

### Optional permissions

Nothing fails without these.

In AWS.

- `iam:ListRoles`: the nearest name is told

```json
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "iam:ListRoles"
      ],
      "Resource": "*"
    }
  ]
}
```
"#
    );
}

#[test]
fn what_is_refused_without_something_is_said_where_the_rest_is_said_to_fail_without_nothing() {
    let permissions = Permissions {
        kubernetes: &[KubernetesRule {
            need: Need::RefusedWithout {
                change: "felling a tree",
                purpose: "whether it is empty is known",
            },
            ..CONFIG_MAP
        }],
        ..Permissions::NONE
    };
    let section = section(permissions);
    for words in [
        "Nothing fails without these, except felling a tree, and whatever takes access away where the lock-out guard cannot see without them that it is harmless.\n",
        "- `get` on `configmaps/aws-auth`: whether it is empty is known; without it felling a tree is refused (a warning with `lockout_guard = \"warn\"`)\n",
    ] {
        assert!(section.contains(words), "{words} is missing in:\n{section}");
    }
}

#[test]
fn a_manifest_binds_its_rules_and_keeps_apart_what_cannot_be_named_and_what_is_in_no_namespace() {
    const PERMISSIONS: Permissions = Permissions {
        kubernetes: &[
            CONFIG_MAP,
            KubernetesRule {
                verbs: &["patch"],
                need: Need::Required { step: Step::Apply },
                ..CONFIG_MAP
            },
            KubernetesRule {
                verbs: &["create"],
                names: &[],
                need: Need::RequiredFor {
                    step: Step::Apply,
                    what: "a first one",
                },
                ..CONFIG_MAP
            },
        ],
        for_the_guard: GuardReads {
            aws: &[],
            kubernetes: &[
                cluster_wide("clusterroles"),
                cluster_wide("clusterrolebindings"),
            ],
        },
        ..Permissions::NONE
    };
    assert_eq!(
        section(PERMISSIONS),
        r#"## Permissions

### Required

In the cluster, for the group `eksauth-permissions`, which aws-auth or an access entry puts the identity into. A plan needs only `get` on `configmaps/aws-auth`. Not every configuration needs all of it:

- `create` on `configmaps`: only for a first one

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: eksauth-resource-thing
  namespace: kube-system
rules:
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [aws-auth]
    verbs: [get, patch]
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [create]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: eksauth-resource-thing
  namespace: kube-system
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: eksauth-resource-thing
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: eksauth-permissions
```

### Optional permissions

Nothing fails without these.

In the cluster, for the group `eksauth-permissions`, which aws-auth or an access entry puts the identity into.

- `list` on `clusterroles`, `list` on `clusterrolebindings`: the guard knows

```yaml
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: eksauth-resource-thing-where-granted
rules:
  - apiGroups: ["rbac.authorization.k8s.io"]
    resources: [clusterroles, clusterrolebindings]
    verbs: [list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: eksauth-resource-thing-where-granted
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: eksauth-resource-thing-where-granted
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    name: eksauth-permissions
```
"#
    );
}

const fn cluster_wide(resource: &'static str) -> KubernetesRule {
    KubernetesRule {
        verbs: &["list"],
        api_group: "rbac.authorization.k8s.io",
        resource,
        names: &[],
        namespace: None,
        need: Need::WhereGranted {
            purpose: "the guard knows",
        },
    }
}

/// What AWS says of its actions, and after an empty line of the ARNs of its resources. Its first line names the source.
const REFERENCE: &str = include_str!("../testdata/iam-actions.tsv");

/// The types of resource that AWS takes for each action; none for one that is granted on `*` only.
fn resource_types() -> BTreeMap<&'static str, Vec<&'static str>> {
    let (actions, _) = REFERENCE.split_once("\n\n").unwrap();
    actions
        .lines()
        .skip(2)
        .map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            let types = columns[2]
                .split(", ")
                .map(|name| name.trim_end_matches('*'))
                .filter(|name| *name != "none");
            (columns[0], types.collect())
        })
        .collect()
}

/// Service and type of what an ARN names, `eks access-entry`: none for an ARN that has the form of none, and two for a role, which STS has too.
fn types_of(arn: &str) -> Vec<&'static str> {
    let (_, formats) = REFERENCE.split_once("\n\n").unwrap();
    let is_of = |format: &str| {
        let parts = |arn: &str| -> Vec<String> { arn.splitn(6, ':').map(str::to_owned).collect() };
        let (format, arn) = (parts(format), parts(arn));
        format.len() == arn.len()
            && format
                .iter()
                .zip(&arn)
                .all(|(form, part)| match form.split_once("${") {
                    Some((before, _)) => part.len() > before.len() && part.starts_with(before),
                    None => part == form,
                })
    };
    formats
        .lines()
        .skip(1)
        .filter_map(|row| row.split_once('\t'))
        .filter(|(_, format)| is_of(format))
        .map(|(name, _)| name)
        .collect()
}

/// What is wrong with a printed policy.
fn faults(policy: &str) -> Vec<String> {
    let types = resource_types();
    let policy: Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    let mut faults = Vec::new();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        let arn = statement["Resource"].as_str().unwrap();
        for action in statement["Action"].as_array().unwrap() {
            let action = action.as_str().unwrap();
            let service = action.split(':').next().unwrap();
            let named = types_of(arn);
            let is_taken = match types.get(action) {
                Some(taken) if named.is_empty() => arn == "*" && taken.is_empty(),
                Some(taken) => taken
                    .iter()
                    .any(|kind| named.contains(&format!("{service} {kind}").as_str())),
                None => false,
            };
            if !is_taken {
                faults.push(format!("{action} on {arn}"));
            }
        }
    }
    faults
}

/// The texts of the code blocks in a language, of a page's permissions.
fn blocks<'a>(section: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    section
        .split(fence.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

fn every_section() -> Vec<((ObjectKind, &'static str), String)> {
    EksAuth::permissions()
        .into_iter()
        .map(|(object, permissions)| (object, section(permissions)))
        .collect()
}

#[test]
fn every_printed_statement_is_one_that_aws_takes() {
    let mut policies = 0;
    for ((_, name), section) in every_section() {
        for policy in blocks(&section, "json") {
            policies += 1;
            assert_eq!(faults(policy), Vec::<String>::new(), "{name}");
        }
    }
    assert!(policies > 10, "{policies}");
}

#[test]
fn an_action_on_what_it_does_not_take_is_found() {
    let policy = |action: &str, resource: &str| {
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": [action], "Resource": resource}],
        })
        .to_string()
    };
    let wrong = [
        ("eks:ListAccessEntries", AwsResource::ACCESS_ENTRIES.arn()),
        ("eks:ListClusters", AwsResource::CLUSTER.arn()),
        ("eks:DescribeCluster", "*".to_owned()),
        ("eks:DescribeCluster", ROLE.arn()),
        ("eks:DescribeNothing", AwsResource::CLUSTER.arn()),
        (
            "eks:DescribeCluster",
            "arn:aws:eks:::cluster/prod".to_owned(),
        ),
    ];
    for (action, resource) in wrong {
        assert_eq!(
            faults(&policy(action, &resource)),
            [format!("{action} on {resource}")]
        );
    }
}

#[test]
fn a_manifest_is_whole_documents_of_rbac() {
    for ((_, name), section) in every_section() {
        for manifest in blocks(&section, "yaml") {
            for document in manifest.split("---\n") {
                assert!(
                    document.starts_with("apiVersion: rbac.authorization.k8s.io/v1\nkind: "),
                    "{name}: {document}"
                );
            }
            assert_eq!(manifest.split("---\n").count() % 2, 0, "{name}: {manifest}");
        }
    }
}

/// What the ARNs name stands in the example that the page shows.
#[test]
fn resources_are_named_as_in_the_example() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for ((kind, object), permissions) in EksAuth::permissions() {
        let file = match kind {
            ObjectKind::Resource => format!("resources/{object}/resource.tf"),
            ObjectKind::DataSource => format!("data-sources/{object}/data-source.tf"),
            ObjectKind::EphemeralResource => {
                format!("ephemeral-resources/{object}/ephemeral-resource.tf")
            }
        };
        let example = std::fs::read_to_string(examples.join(file)).unwrap();
        for statement in permissions.all_aws() {
            let named = match statement.resource {
                AwsResource::EksCluster { name }
                | AwsResource::EksAccessEntry { cluster: name }
                | AwsResource::EksPodIdentityAssociation { cluster: name }
                | AwsResource::EksNodegroup { cluster: name }
                | AwsResource::EksFargateProfile { cluster: name }
                | AwsResource::IamRole { name }
                | AwsResource::IamUser { name }
                | AwsResource::IamInstanceProfile { name } => name,
                AwsResource::All
                | AwsResource::IamPolicies
                | AwsResource::IamOidcProvider { .. } => continue,
            };
            // By its name, or by an ARN.
            let ends = [format!("\"{named}\""), format!(":role/{named}\"")];
            assert!(
                named == "*" || ends.iter().any(|end| example.contains(end)),
                "{object}: {named}"
            );
        }
    }
}
