//! What each page's object is taken through: its example where that is enough, and a change for each right that only a
//! change asks for.

use std::fs;

use serde_json::{Value, json};

use super::trial::{Act, Step, Trial};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, RESTRICTED_ARN},
        json::text,
        permissions::GROUP,
        tools::room,
    },
    failure::{Failure, Outcome},
    stories::examples::set_the_scene,
};

/// A file of the examples.
fn example(path: &str) -> Outcome<String> {
    let path = room().join("../examples").join(path);
    fs::read_to_string(&path)
        .map_err(|error| Failure::from(error).during(&path.display().to_string()))
}

fn resource(name: &str) -> Outcome<String> {
    example(&format!("resources/eksauth_{name}/resource.tf"))
}

fn provider_block() -> Outcome<(&'static str, String)> {
    Ok(("provider.tf", example("provider/provider.tf")?))
}

/// The text with one part replaced, which has to be there.
fn edited(text: &str, from: &str, to: &str) -> Outcome<String> {
    match text.contains(from) {
        true => Ok(text.replacen(from, to, 1)),
        false => Err(Failure::new(format!(
            "the example has no `{from}` any more:\n{text}"
        ))),
    }
}

pub(super) fn oidc_provider() -> Outcome<Trial> {
    let made = resource("oidc_provider")?;
    let more = "  cluster_name = \"prod\"\n  client_id_list = [\"sts.amazonaws.com\", \"other\"]\n  tags = { team = \"a\" }\n  \
        thumbprint_list = [\"0123456789012345678901234567890123456789\"]\n";
    let grown = edited(&made, "  cluster_name = \"prod\"\n", more)?;
    let less = "  cluster_name = \"prod\"\n  thumbprint_list = [\"0123456789012345678901234567890123456789\"]\n";
    let shrunk = edited(&made, "  cluster_name = \"prod\"\n", less)?;
    Ok(Trial {
        page: "resources/oidc_provider",
        files: vec![provider_block()?],
        steps: vec![
            Step::new("create", Act::Apply, &made),
            Step::new("grow", Act::Apply, &grown),
            Step::new("shrink", Act::Apply, &shrunk),
            Step::new("destroy", Act::Destroy, &shrunk),
        ],
    })
}

pub(super) fn irsa_role() -> Outcome<Trial> {
    let whole = resource("irsa_role")?;
    let (_, role) = whole
        .split_once("# One service account, one role.")
        .ok_or_else(|| Failure::new("the example has no second resource any more"))?;
    let role = edited(
        role.split_once('\n').map_or("", |(_, rest)| rest),
        "  oidc_provider_arn = eksauth_oidc_provider.this.arn\n",
        "  cluster_name      = \"prod\"\n  policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]\n",
    )?;
    let boundary = "  permissions_boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"\n  tags = { team = \"a\" }\n  max_session_duration = 7200\n";
    let grown = edited(
        &role,
        "  cluster_name ",
        &format!("{boundary}  cluster_name "),
    )?;
    let grown = edited(
        &grown,
        "[\"apps:reader\"]",
        "[\"apps:reader\", \"apps:other\"]",
    )?;
    let without_policy = edited(
        &role,
        "policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]",
        "policy_arns = []",
    )?;
    let shrunk = match without_policy.split_once("  inline_policies = {") {
        Some((before, rest)) => format!(
            "{before}{}",
            rest.split_once("\n  }\n").map_or(rest, |(_, after)| after)
        ),
        None => return Err(Failure::new("the example has no inline policy any more")),
    };
    let in_a_profile = Step {
        before: put_in_a_profile,
        ..Step::new(
            "destroy",
            Act::Destroy,
            &edited(
                &shrunk,
                "  cluster_name ",
                "  force_detach_policies = true\n  cluster_name ",
            )?,
        )
    };
    Ok(Trial {
        page: "resources/irsa_role",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: |cloud| set_the_scene(cloud).map(|_| ()),
                ..Step::new("create", Act::Apply, &role)
            },
            Step::new("grow", Act::Apply, &grown),
            Step::new(
                "shrink",
                Act::Apply,
                &edited(
                    &shrunk,
                    "  cluster_name ",
                    "  force_detach_policies = true\n  cluster_name ",
                )?,
            ),
            in_a_profile,
        ],
    })
}

pub(super) fn node_assumed_role() -> Outcome<Trial> {
    let whole = resource("node_assumed_role")?;
    let (_, role) = whole
        .split_once("# Trusted by the nodes alone")
        .ok_or_else(|| Failure::new("the example has no role any more"))?;
    let role = edited(
        role.split_once('\n').map_or("", |(_, rest)| rest),
        "[var.node_role_arn]",
        &format!(
            "[\"arn:aws:iam::{ACCOUNT}:role/prod-nodes\"]\n  policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]"
        ),
    )?;
    let boundary = "  permissions_boundary = \"arn:aws:iam::aws:policy/PowerUserAccess\"\n  tags = { team = \"a\" }\n  max_session_duration = 7200\n  ec2 = true\n";
    let grown = edited(
        &role,
        "  node_role_arns ",
        &format!("{boundary}  node_role_arns "),
    )?;
    let shrunk = edited(
        &role,
        "policy_arns = [\"arn:aws:iam::aws:policy/ReadOnlyAccess\"]",
        "policy_arns = []\n  force_detach_policies = true",
    )?;
    let shrunk = match shrunk.split_once("  inline_policies = {") {
        Some((before, rest)) => format!(
            "{before}{}",
            rest.split_once("\n  }\n").map_or(rest, |(_, after)| after)
        ),
        None => return Err(Failure::new("the example has no inline policy any more")),
    };
    Ok(Trial {
        page: "resources/node_assumed_role",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: make_node_role,
                ..Step::new("create", Act::Apply, &role)
            },
            Step::new("grow", Act::Apply, &grown),
            Step::new("shrink", Act::Apply, &shrunk),
            Step {
                before: put_in_a_profile,
                ..Step::new("destroy", Act::Destroy, &shrunk)
            },
        ],
    })
}

fn make_node_role(cloud: &Cloud) -> Outcome {
    cloud.role("/", "prod-nodes").map(|_| ())
}

pub(super) fn service_account() -> Outcome<Trial> {
    let whole = resource("service_account")?;
    let (_, account) = whole
        .split_once("# A plan says whether the role lets this account in.")
        .ok_or_else(|| Failure::new("the example has no service account any more"))?;
    let made = edited(
        account.split_once('\n').map_or("", |(_, rest)| rest),
        "eksauth_irsa_role.reader.arn",
        &format!("\"arn:aws:iam::{ACCOUNT}:role/reader\""),
    )?;
    let changed = edited(
        &made,
        "  role_arn ",
        "  token_expiration = 3600\n  audience = \"sts.amazonaws.com\"\n  role_arn ",
    )?;
    Ok(Trial {
        page: "resources/service_account",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: set_the_scene,
                ..Step::new("create", Act::Apply, &made)
            },
            Step::new("change", Act::Apply, &changed),
            Step::new("destroy", Act::Destroy, &changed),
        ],
    })
}

pub(super) fn pod_identity_association() -> Outcome<Trial> {
    let whole = resource("pod_identity_association")?;
    let (_, association) = whole
        .split_once("# A plan says whether the role lets pods of this service account in.")
        .ok_or_else(|| Failure::new("the example has no association any more"))?;
    let made = edited(
        association.split_once('\n').map_or("", |(_, rest)| rest),
        "eksauth_irsa_role.reader.arn",
        &format!("\"arn:aws:iam::{ACCOUNT}:role/reader\"\n  tags = {{ team = \"apps\" }}"),
    )?;
    let changed = edited(
        &made,
        "{ team = \"apps\" }",
        "{ owner = \"apps\" }\n  disable_session_tags = true",
    )?;
    Ok(Trial {
        page: "resources/pod_identity_association",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: make_pods_role,
                ..Step::new("create", Act::Apply, &made)
            },
            Step::new("change", Act::Apply, &changed),
            Step {
                before: lose_associations,
                ..Step::new("make again", Act::Apply, &changed)
            },
            Step::new("destroy", Act::Destroy, &changed),
        ],
    })
}

/// Somebody else deletes what there is.
fn lose_associations(cloud: &Cloud) -> Outcome {
    let on_prod = ["--cluster-name", PROD];
    let list = ["eks", "list-pod-identity-associations"];
    let listed = cloud.aws_as(cloud.creator(), &[list, on_prod].concat())?;
    let all = listed.get("associations").and_then(Value::as_array);
    for association in all.into_iter().flatten() {
        let id = text(association, "associationId")?;
        let delete = ["eks", "delete-pod-identity-association"];
        let which = ["--association-id", id.as_str()];
        cloud.aws_as(cloud.creator(), &[delete, on_prod, which].concat())?;
    }
    Ok(())
}

/// The role of the example, which trusts Pod Identity.
fn make_pods_role(cloud: &Cloud) -> Outcome {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    let wanted = json!({"account": ACCOUNT, "name": "reader", "trust": trust});
    cloud.emulator().control("role", &wanted).map(drop)
}

pub(super) fn pod_identity_associations() -> Outcome<Trial> {
    let mut trial = data_source(
        "data-sources/pod_identity_associations",
        "pod_identity_associations",
    )?;
    for step in &mut trial.steps {
        step.before = with_accounts_of_both_ways;
    }
    Ok(trial)
}

pub(super) fn pod_identity_migration() -> Outcome<Trial> {
    let mut trial = data_source(
        "data-sources/pod_identity_migration",
        "pod_identity_migration",
    )?;
    for step in &mut trial.steps {
        step.before = |cloud| {
            set_the_scene(cloud)?;
            with_access_entries(cloud)?;
            with_accounts_of_both_ways(cloud)
        };
    }
    Ok(trial)
}

pub(super) fn group_binding() -> Outcome<Trial> {
    let whole = resource("group_binding")?;
    let bindings: Vec<&str> = whole
        .split("\n\n")
        .filter(|part| part.contains("resource \"eksauth_group_binding\""))
        .collect();
    let made = bindings.join("\n\n");
    let made = made.as_str();
    let changed = edited(made, "[\"operators\"]", "[\"operators\", \"others\"]")?;
    let imported = format!(
        "import {{\n  to = eksauth_group_binding.operators\n  id = \"prod/clusterrole/operators\"\n}}\n\n{}",
        edited(made, "  name ", "  on_conflict  = \"adopt\"\n  name ")?
    );
    Ok(Trial {
        page: "resources/group_binding",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: bound_by_hand,
                ..Step::new("import", Act::Plan, &imported)
            },
            Step {
                before: nothing_by_hand,
                ..Step::new("create", Act::Apply, made)
            },
            Step::new("change", Act::Apply, &changed),
            Step::new("destroy", Act::Destroy, &changed),
        ],
    })
}

/// The first step: the guard refuses the second one without what it reads, which the stories of the mode show.
pub(super) fn authentication_mode() -> Outcome<Trial> {
    let made = resource("authentication_mode")?;
    Ok(Trial {
        page: "resources/authentication_mode",
        files: vec![provider_block()?],
        steps: vec![
            Step::new("step", Act::Apply, &made),
            Step::new("destroy", Act::Destroy, &made),
        ],
    })
}

/// A cluster that takes access entries, and the roles of the examples.
fn with_roles_for_entries(cloud: &Cloud) -> Outcome {
    cloud.set_cluster(PROD, &json!({"mode": "API_AND_CONFIG_MAP"}))?;
    for name in ["platform", "node", "auditor"] {
        cloud.role("/", name)?;
    }
    Ok(())
}

pub(super) fn access_entry() -> Outcome<Trial> {
    // That of nodes takes `iam:PassRole`, which no request names.
    let whole = resource("access_entry")?;
    let (made, _) = whole
        .split_once("# Self-managed nodes")
        .ok_or_else(|| Failure::new("the example has no nodes any more"))?;
    let more = "  user_name         = \"platform:{{SessionName}}\"\n  tags              = { team = \"a\" }\n  kubernetes_groups";
    let grown = edited(made, "  kubernetes_groups", more)?;
    let grown = edited(&grown, "[\"apps\", \"dev-*\"]", "[\"apps\"]")?;
    let (first, rest) = made
        .split_once("    {\n      policy_arn   = \"AmazonEKSEditPolicy\"")
        .ok_or_else(|| Failure::new("the example has no second policy any more"))?;
    let rest = rest.split_once("    },\n").map_or("", |(_, rest)| rest);
    let shrunk = format!("{first}{rest}");
    Ok(Trial {
        page: "resources/access_entry",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: with_roles_for_entries,
                ..Step::new("create", Act::Apply, made)
            },
            Step::new("grow", Act::Apply, &grown),
            Step::new("shrink", Act::Apply, &shrunk),
            Step::new("destroy", Act::Destroy, &shrunk),
        ],
    })
}

pub(super) fn access_policy_association() -> Outcome<Trial> {
    let whole = resource("access_policy_association")?;
    let (_, association) = whole
        .split_once("resource \"eksauth_access_policy_association\"")
        .ok_or_else(|| Failure::new("the example has no association any more"))?;
    let made = edited(
        &format!("resource \"eksauth_access_policy_association\"{association}"),
        "eksauth_access_entry.auditor.principal_arn",
        &format!("\"arn:aws:iam::{ACCOUNT}:role/auditor\""),
    )?;
    let changed = edited(&made, "[\"apps\", \"dev-*\"]", "[\"apps\"]")?;
    Ok(Trial {
        page: "resources/access_policy_association",
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: |cloud| {
                    with_roles_for_entries(cloud)?;
                    let auditor = format!("arn:aws:iam::{ACCOUNT}:role/auditor");
                    let make = [
                        "eks",
                        "create-access-entry",
                        "--cluster-name",
                        PROD,
                        "--principal-arn",
                        &auditor,
                    ];
                    cloud.aws_as(cloud.creator(), &make).map(drop)
                },
                ..Step::new("create", Act::Apply, &made)
            },
            Step::new("change", Act::Apply, &changed),
            Step::new("destroy", Act::Destroy, &changed),
        ],
    })
}

/// The role of the example and a binding, as kubectl makes them.
const BY_HAND: [(&str, &str); 2] = [
    ("clusterroles", "operators"),
    ("clusterrolebindings", "operators-by-hand"),
];

fn bound_by_hand(cloud: &Cloud) -> Outcome {
    let_it_grant(cloud)?;
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace("apps")?;
    let group = "rbac.authorization.k8s.io";
    let more = [
        json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
        json!({"roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "operators"},
            "subjects": [{"apiGroup": group, "kind": "Group", "name": "operators"}]}),
    ];
    for ((kind, name), mut object) in BY_HAND.into_iter().zip(more) {
        if let Some(members) = object.as_object_mut() {
            members.insert("metadata".into(), json!({"name": name}));
        }
        prod.ensure(&format!("/apis/{group}/v1/{kind}"), &object)?;
    }
    Ok(())
}

fn nothing_by_hand(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for (kind, name) in BY_HAND {
        let path = format!("/apis/rbac.authorization.k8s.io/v1/{kind}/{name}");
        prod.ask("DELETE", &path, None)?;
    }
    Ok(())
}

/// What the API server demands beside the page's rights: that the caller may hand on what it has not itself.
fn let_it_grant(cloud: &Cloud) -> Outcome {
    set_the_scene(cloud)?;
    let prod = cloud.cluster(PROD)?;
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let role = json!({"metadata": {"name": "page-grants"}, "rules": [
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": ["escalate", "bind"]}]});
    let binding = json!({"metadata": {"name": "page-grants"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "page-grants"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}]});
    prod.ensure(&format!("{rbac}/clusterroles"), &role)?;
    prod.ensure(&format!("{rbac}/clusterrolebindings"), &binding)
}

/// Somebody gives the role to instances.
fn put_in_a_profile(cloud: &Cloud) -> Outcome {
    let profile = ["--instance-profile-name", "reader"];
    for arguments in [
        ["iam", "create-instance-profile"].as_slice(),
        &[
            "iam",
            "add-role-to-instance-profile",
            "--role-name",
            "prod-apps-reader",
        ],
    ] {
        cloud.aws_as(cloud.creator(), &[arguments, profile.as_slice()].concat())?;
    }
    Ok(())
}

/// aws-auth as an entry resource meets it: first there is none, later it is edited, in a cluster with access entries too.
fn entry(page: &'static str, made: &str, changed: &str) -> Outcome<Trial> {
    Ok(Trial {
        page,
        files: vec![provider_block()?],
        steps: vec![
            Step {
                before: with_access_entries,
                ..Step::new("create", Act::Apply, made)
            },
            Step::new("change", Act::Apply, changed),
            Step {
                before: with_many_copies,
                ..Step::new("destroy", Act::Destroy, changed)
            },
        ],
    })
}

/// As many copies of aws-auth as are kept, so that the next one takes the place of the oldest.
fn with_many_copies(cloud: &Cloud) -> Outcome {
    let copies: Vec<Value> = (1..=5)
        .map(|number| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {}, "metadata": {
                "name": format!("aws-auth-recovery-2020010{number}t000000000z-00000000"), "namespace": "kube-system",
                "labels": {
                    "app.kubernetes.io/managed-by": "terraform-provider-eksauth",
                    "terraform-provider-eksauth/recovery-of": "aws-auth",
                }}})
        })
        .collect();
    cloud.cluster(PROD)?.put_copies(&copies)
}

pub(super) fn aws_auth() -> Outcome<Trial> {
    let made = resource("aws_auth")?;
    entry(
        "resources/aws_auth",
        &made,
        &edited(&made, "[\"deployers\"]", "[\"releasers\"]")?,
    )
}

pub(super) fn aws_auth_role() -> Outcome<Trial> {
    let made = resource("aws_auth_role")?;
    let changed = edited(&made, "[\"platform-admins\"]", "[\"viewers\"]")?;
    entry("resources/aws_auth_role", &made, &changed)
}

pub(super) fn aws_auth_user() -> Outcome<Trial> {
    let made = resource("aws_auth_user")?;
    entry(
        "resources/aws_auth_user",
        &made,
        &edited(&made, "\"break-glass\"\n  groups", "\"glass\"\n  groups")?,
    )
}

pub(super) fn aws_auth_account() -> Outcome<Trial> {
    let made = resource("aws_auth_account")?;
    entry(
        "resources/aws_auth_account",
        &made,
        &edited(&made, "444455556666", "777788889999")?,
    )
}

/// The cluster has access entries besides, one of them with a policy; a permission set is assigned in the account.
fn with_access_entries(cloud: &Cloud) -> Outcome {
    cloud.role(
        "/aws-reserved/sso.amazonaws.com/eu-central-1/",
        "AWSReservedSSO_AdministratorAccess_0123456789abcdef",
    )?;
    cloud.set_cluster(PROD, &json!({"mode": "API_AND_CONFIG_MAP"}))?;
    let deployer = format!("arn:aws:iam::{ACCOUNT}:role/ci/deployer");
    let admin = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";
    let entry = ["--cluster-name", PROD, "--principal-arn", &deployer];
    if cloud
        .aws_as(
            cloud.creator(),
            &["iam", "get-role", "--role-name", "deployer"],
        )
        .is_err()
    {
        cloud.role("/ci/", "deployer")?;
    }
    for arguments in [
        ["eks", "create-access-entry"].as_slice(),
        &[
            "eks",
            "associate-access-policy",
            "--policy-arn",
            admin,
            "--access-scope",
            "type=cluster",
        ],
    ] {
        cloud.aws_as(cloud.creator(), &[arguments, entry.as_slice()].concat())?;
    }
    Ok(())
}

/// What a data source reads is there, and nothing else is done.
fn data_source(page: &'static str, name: &str) -> Outcome<Trial> {
    let read = example(&format!("data-sources/eksauth_{name}/data-source.tf"))?;
    Ok(Trial {
        page,
        files: vec![provider_block()?],
        steps: vec![Step {
            before: |cloud| {
                set_the_scene(cloud)?;
                with_access_entries(cloud)
            },
            ..Step::new("read", Act::Apply, &read)
        }],
    })
}

pub(super) fn aws_auth_data() -> Outcome<Trial> {
    data_source("data-sources/aws_auth", "aws_auth")
}

pub(super) fn access_entries() -> Outcome<Trial> {
    data_source("data-sources/access_entries", "access_entries")
}

pub(super) fn access_entry_migration() -> Outcome<Trial> {
    data_source(
        "data-sources/access_entry_migration",
        "access_entry_migration",
    )
}

pub(super) fn access_policies() -> Outcome<Trial> {
    data_source("data-sources/access_policies", "access_policies")
}

pub(super) fn caller_identity() -> Outcome<Trial> {
    data_source("data-sources/caller_identity", "caller_identity")
}

pub(super) fn cluster() -> Outcome<Trial> {
    data_source("data-sources/cluster", "cluster")
}

pub(super) fn identity_mapping() -> Outcome<Trial> {
    data_source("data-sources/identity_mapping", "identity_mapping")
}

pub(super) fn can_i() -> Outcome<Trial> {
    data_source("data-sources/can_i", "can_i")
}

pub(super) fn kubeconfig() -> Outcome<Trial> {
    data_source("data-sources/kubeconfig", "kubeconfig")
}

pub(super) fn trust_policy() -> Outcome<Trial> {
    data_source("data-sources/trust_policy", "trust_policy")
}

pub(super) fn addon_policy() -> Outcome<Trial> {
    data_source("data-sources/addon_policy", "addon_policy")
}

pub(super) fn legacy_pod_roles() -> Outcome<Trial> {
    data_source("data-sources/legacy_pod_roles", "legacy_pod_roles")
}

pub(super) fn service_accounts() -> Outcome<Trial> {
    let mut trial = data_source("data-sources/service_accounts", "service_accounts")?;
    for step in &mut trial.steps {
        step.before = |cloud| {
            set_the_scene(cloud)?;
            with_access_entries(cloud)?;
            with_accounts_of_both_ways(cloud)
        };
    }
    Ok(trial)
}

/// An account that is annotated, and one with an association.
fn with_accounts_of_both_ways(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace("apps")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/reader");
    let annotation = ("eks.amazonaws.com/role-arn", role.as_str());
    prod.put_service_accounts("apps", &[])?;
    prod.annotate_service_account("kubectl", ("apps", "reader"), &[annotation])?;
    prod.annotate_service_account("kubectl", ("apps", "writer"), &[])?;
    let association = json!({"namespace": "apps", "serviceAccount": "writer", "roleArn": role});
    cloud
        .put_pod_identity_associations(PROD, &[association])
        .map(drop)
}

pub(super) fn web_identity_check() -> Outcome<Trial> {
    data_source("data-sources/web_identity_check", "web_identity_check")
}

/// What reaches no state is asked for by a plan; aws-auth lets the user in, who is known by it alone.
fn ephemeral(page: &'static str, steps: Vec<Step>) -> Outcome<Trial> {
    Ok(Trial {
        page,
        files: vec![provider_block()?],
        steps,
    })
}

fn let_in_by_aws_auth(cloud: &Cloud) -> Outcome {
    let entry = format!("- userarn: {RESTRICTED_ARN}\n  username: restricted\n");
    cloud.cluster(PROD)?.put_aws_auth_key("mapUsers", &entry)
}

pub(super) fn cluster_auth() -> Outcome<Trial> {
    let whole = example("ephemeral-resources/eksauth_cluster_auth/ephemeral-resource.tf")?;
    let (token, _) = whole
        .split_once("data \"eksauth_cluster\"")
        .ok_or_else(|| Failure::new("the example has no data source any more"))?;
    let of_a_role = edited(
        token,
        "cluster_name = \"prod\"",
        &format!(
            "cluster_name = \"prod\"\n  role_arn = \"arn:aws:iam::{ACCOUNT}:role/cluster-admin\""
        ),
    )?;
    ephemeral(
        "ephemeral-resources/cluster_auth",
        vec![
            Step::new("plan", Act::Plan, token),
            Step {
                before: |cloud| cloud.role("/", "cluster-admin").map(drop),
                ..Step::new("plan with a role", Act::Plan, &of_a_role)
            },
        ],
    )
}

pub(super) fn token_verification() -> Outcome<Trial> {
    let whole = example("ephemeral-resources/eksauth_token_verification/ephemeral-resource.tf")?;
    let without_condition = edited(
        &whole,
        "self.verdict == \"accepted\"",
        "self.verdict != \"refused\"",
    )?;
    ephemeral(
        "ephemeral-resources/token_verification",
        vec![
            Step {
                before: |cloud| {
                    let_in_by_aws_auth(cloud)?;
                    with_access_entries(cloud)
                },
                ..Step::new("plan", Act::Plan, &without_condition)
            },
            // Whoever may not read what decides is told `undecided`, and the example's condition is not met.
            Step {
                with_all: true,
                ..Step::new("plan the example", Act::Plan, &whole)
            },
        ],
    )
}
