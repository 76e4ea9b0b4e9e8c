//! Who would be locked out by a binding that goes, where that is not easily seen; and a whole configuration that goes with the caller's own binding.

use super::*;

pub(super) const BOT: &str = "bot";
const DESTROY: [&str; 3] = ["destroy", "-no-color", "-auto-approve"];
const BOSS: &str = "resource \"eksauth_group_binding\" \"boss\" {\n  name         = \"boss\"\n  cluster_role = \"cluster-admin\"\n";
/// What the guard reads.
const READS: &str = "nodes list";

/// One section of aws-auth, beside what it has.
fn put(prod: &Cluster<'_>, section: &str, text: String) -> Outcome {
    let mut data = prod.aws_auth()?.unwrap_or_default();
    data.insert(section.to_owned(), text);
    prod.put_aws_auth(&data)
}

/// A user of IAM in the group `bots`.
pub(super) fn bot(cloud: &Cloud, prod: &Cluster<'_>) -> Outcome<Identity> {
    let user = cloud.user(ACCOUNT, "/", BOT)?;
    let entry = format!(
        "- userarn: arn:aws:iam::{ACCOUNT}:user/{BOT}\n  username: {BOT}\n  groups: [bots]\n"
    );
    put(prod, "mapUsers", entry)?;
    prod.wait_for_whoami(
        &user,
        Some(&WhoAmI {
            username: BOT.into(),
            groups: vec!["bots".into()],
        }),
    )?;
    Ok(user)
}

/// What a group may do, each as `RESOURCE VERB VERB`; a resource of RBAC, or of the core group.
fn may(prod: &Cluster<'_>, name: &str, group: &str, rights: &[&str]) -> Outcome {
    let rules = rights.iter().map(|right| {
        let (resource, verbs) = right.split_once(' ').unwrap_or((right, "get"));
        let api_group = match ["configmaps", "nodes"].contains(&resource) {
            true => "",
            false => "rbac.authorization.k8s.io",
        };
        json!({"apiGroups": [api_group], "resources": [resource], "verbs": verbs.split(' ').collect::<Vec<_>>()})
    });
    let role = json!({"metadata": {"name": name}, "rules": rules.collect::<Vec<_>>()});
    prod.ensure(&format!("{RBAC}/clusterroles"), &role)?;
    let binding = json!({"metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}]});
    prod.ensure(&format!("{RBAC}/clusterrolebindings"), &binding)
}

const ALL_OF_RBAC: [&str; 6] = [
    READS,
    "configmaps get",
    "clusterroles get list create patch delete bind escalate",
    "clusterrolebindings get list create patch delete",
    "roles get list",
    "rolebindings get list",
];

pub(super) fn the_name_of_a_service_account_is_an_administrator_like_any_other(
    cloud: &Cloud,
) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let user = bot(cloud, &prod)?;
    may(&prod, "dev-bots", "bots", &ALL_OF_RBAC)?;
    let name = "system:serviceaccount:ops:boss";
    let entry =
        format!("- rolearn: arn:aws:iam::{ACCOUNT}:role/dev\n  username: {name}\n  groups: []\n");
    put(&prod, "mapRoles", format!("{NODES}{entry}"))?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    workspace.configure(&format!(
        "{BOSS}  groups       = []\n  users        = [\"{name}\"]\n}}\n"
    ))?;
    workspace.apply()?;
    let before = names(&prod)?;
    workspace
        .run(&["plan", "-destroy", "-no-color", "-input=false"])?
        .succeeded()?
        .says(&["lockout.last-admin", "role/dev"])?;
    workspace
        .run(&DESTROY)?
        .refused_with(&["lockout.last-admin", "role/dev"])?;
    expect_same("bindings", &before, &names(&prod)?)?;
    workspace.set(
        "EKSAUTH_LOCKOUT_ACK",
        &format!("prod:lockout.last-admin:arn:aws:iam::{ACCOUNT}:role/dev"),
    );
    workspace.destroy().map(|_| ())
}

/// Who writes bindings and may bind nothing gives away nothing but what it has.
pub(super) fn a_part_of_a_way_to_power_is_no_administrator_who_is_left(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let user = bot(cloud, &prod)?;
    may(
        &prod,
        "dev-bots",
        "bots",
        &[
            READS,
            "configmaps get",
            "clusterroles get list",
            "clusterrolebindings get list create patch delete",
            "roles list",
            "rolebindings list",
        ],
    )?;
    may(&prod, "dev-mends", "nobody", &ALL_OF_RBAC)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "resource \"eksauth_group_binding\" \"boss\" {\n  name         = \"boss\"\n  cluster_role = \"dev-mends\"\n  groups       = [\"developers\"]\n}\n",
    )?;
    workspace.apply()?;
    let mut workspace = workspace;
    workspace.act_as(&user);
    workspace
        .run(&DESTROY)?
        .refused_with(&["lockout.last-admin", "a part of a way"])?;
    // Once it can bind what it writes it can mend that itself.
    may(&prod, "dev-binds", "bots", &["clusterroles bind"])?;
    workspace.destroy().map(|_| ())
}

pub(super) fn what_is_read_of_rbac_is_enough_where_it_decides(cloud: &Cloud) -> Outcome {
    let (prod, _) = fresh(cloud)?;
    let user = bot(cloud, &prod)?;
    may(
        &prod,
        "dev-bots",
        "bots",
        ALL_OF_RBAC.get(..4).unwrap_or_default(),
    )?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&user);
    workspace.configure(&format!("{BOSS}  groups       = [\"developers\"]\n}}\n"))?;
    workspace.apply()?;
    workspace
        .run(&DESTROY)?
        .refused_with(&["lockout.last-admin", "role/dev"])?;
    let own = "resource \"eksauth_group_binding\" \"own\" {\n  name         = \"dev-own\"\n  cluster_role = \"cluster-admin\"\n  groups       = [\"bots\"]\n}\n";
    workspace.configure(&format!(
        "{BOSS}  groups       = [\"developers\"]\n}}\n{own}"
    ))?;
    workspace.apply()?;
    // With another administrator it goes.
    workspace.configure(own)?;
    workspace.apply()?;
    Ok(())
}

/// Its own binding is all that whoever applies has: it goes after everything that is removed by it.
pub(super) fn a_configuration_goes_with_the_binding_of_whoever_applies(cloud: &Cloud) -> Outcome {
    for is_referred_to in [false, true] {
        cloud.reset()?;
        let (prod, _) = fresh(cloud)?;
        let user = bot(cloud, &prod)?;
        let group = match is_referred_to {
            true => "tolist(eksauth_aws_auth_role.dev.groups)[0]",
            false => "\"developers\"",
        };
        let mut workspace = Workspace::new(cloud)?;
        workspace.configure(&format!(
            "resource \"eksauth_aws_auth_user\" \"bot\" {{\n  userarn     = \"arn:aws:iam::{ACCOUNT}:user/{BOT}\"\n  username    = \"{BOT}\"\n  groups      = [\"bots\"]\n  on_conflict = \"adopt\"\n}}\n\
             resource \"eksauth_aws_auth_role\" \"dev\" {{\n  rolearn     = \"arn:aws:iam::{ACCOUNT}:role/dev\"\n  username    = \"dev\"\n  groups      = [\"developers\"]\n  on_conflict = \"adopt\"\n}}\n\
             {BOSS}  groups       = [\"bots\"]\n}}\n\
             resource \"eksauth_group_binding\" \"dev\" {{\n  name         = \"dev\"\n  cluster_role = \"view\"\n  groups       = [{group}]\n}}\n"
        ))?;
        workspace.apply()?;
        workspace.act_as(&user);
        workspace
            .run(&["plan", "-destroy", "-no-color", "-input=false"])?
            .succeeded()?
            .says(&[
                "lockout.running-identity",
                "EKSAUTH_LOCKOUT_ACK=prod:lockout.",
            ])?;
        workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
        workspace.destroy()?;
        expect_same("what is left", "", &names(&prod)?)?;
        expect_same("mapRoles", NODES, &prod.aws_auth_key("mapRoles")?)?;
        prod.wait_for_whoami(&user, None)?;
    }
    Ok(())
}

/// Whoever may not list bindings knows what goes, and not what is left.
pub(super) fn what_may_not_be_listed_is_not_taken_for_harmless(cloud: &Cloud) -> Outcome {
    for (missing, rights) in [
        (
            "list clusterrolebindings",
            [
                "clusterroles get list create patch delete bind escalate",
                "clusterrolebindings get create patch delete",
            ],
        ),
        (
            "lockout.last-admin",
            [
                "clusterroles get create patch delete bind escalate",
                "clusterrolebindings get list create patch delete",
            ],
        ),
    ] {
        cloud.reset()?;
        let (prod, _) = fresh(cloud)?;
        let user = bot(cloud, &prod)?;
        let others = [
            READS,
            "configmaps get",
            "roles get list",
            "rolebindings get list",
        ];
        may(
            &prod,
            "dev-bots",
            "bots",
            &[rights.as_slice(), &others].concat(),
        )?;
        let view = "resource \"eksauth_group_binding\" \"view\" {\n  name         = \"dev-view\"\n  cluster_role = \"view\"\n  groups       = [\"viewers\"]\n}\n";
        let boss = format!("{BOSS}  groups       = [\"developers\"]\n}}\n");
        let mut workspace = Workspace::new(cloud)?;
        workspace.act_as(&user);
        workspace.configure(&format!("{boss}{view}"))?;
        workspace.apply()?;
        workspace.configure(&boss)?;
        workspace.apply()?;
        let before = names(&prod)?;
        workspace
            .run(&DESTROY)?
            .refused_with(&["lockout.last-admin", "role/dev", missing])?;
        expect_same("bindings", &before, &names(&prod)?)?;
    }
    Ok(())
}
