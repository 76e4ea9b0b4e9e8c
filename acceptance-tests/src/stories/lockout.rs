//! The lock-out guard: what takes the caller's or the last admin's access away is refused before a byte is written.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::{Cluster, WhoAmI},
        identity::Identity,
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect_parts, expect_same},
};

stories!("lockout":
    the_running_identity_keeps_its_own_access,
    the_last_admin_keeps_its_access,
    who_means_it_says_so,
    a_change_that_takes_nothing_away_is_not_judged,
    a_plan_says_what_its_apply_refuses,
    a_user_that_is_gone_is_no_admin_that_is_left,
);

pub(super) const NODES: &str = "- rolearn: arn:aws:iam::111122223333:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:nodes]\n";

/// A cluster whose admin is the role `admins`, and a session of that role.
pub(super) fn administered(cloud: &Cloud) -> Outcome<(Cluster<'_>, Identity)> {
    let prod = cloud.cluster(PROD)?;
    let arn = cloud.role("/", "admins")?;
    let admins = format!("- rolearn: {arn}\n  username: admin\n  groups: [system:masters]\n");
    prod.put_aws_auth_key("mapRoles", &format!("{NODES}{admins}"))?;
    let session = cloud.assume(&arn, "eve")?;
    prod.wait_for_whoami(
        &session,
        Some(&WhoAmI {
            username: "admin".into(),
            groups: vec!["system:masters".into()],
        }),
    )?;
    Ok((prod, session))
}

/// An IAM user whose entry lets it get and write aws-auth, and read what the guard asks for. It is no administrator itself; the cloud's own user is
/// one by a way that no entry gives, so for that one the last admin's removal is a warning.
pub(super) fn pipeline(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Identity> {
    let user = cloud.user(ACCOUNT, "/", "pipeline")?;
    let mut data = prod.aws_auth()?.unwrap_or_default();
    data.insert(
        "mapUsers".to_owned(),
        format!(
            "- userarn: arn:aws:iam::{ACCOUNT}:user/pipeline\n  username: pipeline\n  groups: [pipelines]\n"
        ),
    );
    prod.put_aws_auth(&data)?;
    pipeline_rights(prod)?;
    prod.wait_for_whoami(
        &user,
        Some(&WhoAmI {
            username: "pipeline".into(),
            groups: vec!["pipelines".into()],
        }),
    )?;
    Ok(user)
}

/// What the group `pipelines` may do in the cluster.
pub(super) fn pipeline_rights(prod: &Cluster<'_>) -> Outcome {
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    prod.ensure(
        roles,
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "pipelines"}, "rules": [
            {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "create", "patch", "update", "delete"]},
            {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]},
            {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings", "clusterroles", "clusterrolebindings"], "verbs": ["list"]},
        ]}),
    )?;
    prod.ensure(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "pipelines"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "pipelines"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "pipelines"}]}),
    )
}

fn admins(groups: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"admins\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/admins\"\n  \
         username = \"admin\"\n  groups   = [{groups}]\n}}\n"
    )
}

fn the_running_identity_keeps_its_own_access(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    workspace.configure(&admins("\"system:masters\""))?;
    workspace.apply()?;
    let before = prod.aws_auth_key("mapRoles")?;
    let run = workspace.run(&["destroy", "-no-color", "-auto-approve"])?;
    run.refused_with(&[
        "Nothing of this change was written",
        &format!("arn:aws:iam::{ACCOUNT}:role/admins (you)"),
        "EKSAUTH_LOCKOUT_ACK=prod:",
    ])?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    workspace.expect_empty_plan()
}

fn the_last_admin_keeps_its_access(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&pipeline(cloud, &prod)?);
    workspace.configure(&admins("\"system:masters\""))?;
    workspace.apply()?;
    let before = prod.aws_auth_key("mapRoles")?;
    workspace.configure(&admins("\"viewers\""))?;
    workspace
        .try_apply()?
        .refused_with(&["lockout.last-admin", "role/admins"])?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    // The creator has an access that no edit takes away: for it the same change is one to be warned of.
    let creator = Workspace::new(cloud)?;
    creator.configure(&admins("\"viewers\""))?;
    creator
        .run(&[
            "import",
            "-no-color",
            "eksauth_aws_auth_role.admins",
            &format!("prod#arn:aws:iam::{ACCOUNT}:role/admins"),
        ])?
        .succeeded()?;
    creator.apply()?.says(&["lockout.last-admin"])?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["viewers"])
}

fn who_means_it_says_so(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&pipeline(cloud, &prod)?);
    workspace.configure(&admins("\"system:masters\""))?;
    workspace.apply()?;
    workspace.set(
        "EKSAUTH_LOCKOUT_ACK",
        &format!("prod:lockout.last-admin:arn:aws:iam::{ACCOUNT}:role/admins"),
    );
    workspace.configure(&admins("\"viewers\""))?;
    workspace.apply()?;
    prod.wait_for_whoami(
        &eve,
        Some(&WhoAmI {
            username: "admin".into(),
            groups: vec!["viewers".into()],
        }),
    )?;
    workspace.set("EKSAUTH_LOCKOUT_ACK", "");
    workspace.file(
        "main.tf",
        &format!(
            "{}{}",
            provider_block("  lockout_guard = \"off\"\n"),
            admins("\"nobody\"")
        ),
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()
}

fn a_change_that_takes_nothing_away_is_not_judged(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    workspace.configure(&admins("\"system:masters\", \"viewers\""))?;
    workspace
        .run(&[
            "import",
            "-no-color",
            "eksauth_aws_auth_role.admins",
            &format!("prod#arn:aws:iam::{ACCOUNT}:role/admins"),
        ])?
        .succeeded()?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &["viewers", "system:masters", "role/nodes"],
    )?;
    workspace.expect_empty_plan()
}

fn a_plan_says_what_its_apply_refuses(cloud: &Cloud) -> Outcome {
    let (prod, eve) = administered(cloud)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&eve);
    let before = prod.aws_auth_key("mapRoles")?;
    let adopted = admins("\"viewers\"").replace("groups ", "on_conflict = \"adopt\"\n  groups ");
    workspace.configure(&adopted)?;
    let own = format!("This Change Locks You Out: arn:aws:iam::{ACCOUNT}:role/admins");
    let plan = workspace.run(&["plan", "-no-color", "-input=false"])?;
    plan.succeeded()?.says(&[
        &own,
        "Unless another change of the same apply makes up for it",
        "lockout.running-identity",
    ])?;
    workspace.try_apply()?.refused_with(&[
        "is refused because of what it does to access",
        "Nothing of this change was written",
        "lockout.running-identity",
    ])?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)
}

fn a_user_that_is_gone_is_no_admin_that_is_left(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let user = pipeline(cloud, &prod)?;
    let alice = format!("arn:aws:iam::{ACCOUNT}:user/people/alice");
    prod.edit_aws_auth("mapUsers", |text| {
        format!("{text}- userarn: {alice}\n  username: alice\n  groups: [system:masters]\n")
    })?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    workspace.configure(&admins("\"system:masters\""))?;
    workspace.apply()?;
    let before = prod.aws_auth_key("mapRoles")?;
    workspace.configure(&admins("\"viewers\""))?;
    workspace
        .try_apply()?
        .refused_with(&["lockout.last-admin", "role/admins"])?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    cloud.user(ACCOUNT, "/people/", "alice")?;
    workspace.apply()?.says(&["lockout.reduced-access"])?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["viewers"])
}
