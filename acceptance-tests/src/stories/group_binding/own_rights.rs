//! A teardown by somebody whose every right comes from bindings of the same configuration: nothing is left of it, however the rights are spread.

use super::{
    locked_out::{BOT, bot},
    *,
};
use crate::bed::workspace::provider_block;

const DESTROY: [&str; 4] = ["destroy", "-no-color", "-input=false", "-auto-approve"];
const OF_CLUSTER: &str = "\"clusterroles\", \"clusterrolebindings\"";
const OF_NAMESPACES: &str = "\"roles\", \"rolebindings\"";

/// Rights of which each is a line of `rules`.
fn rule(group: &str, resources: &str) -> String {
    let verbs = "\"get\", \"list\", \"create\", \"patch\", \"update\", \"delete\"";
    let more = match group {
        "" => "",
        _ => ", \"bind\", \"escalate\"",
    };
    format!(
        "    {{ api_groups = [\"{group}\"], resources = [{resources}], verbs = [{verbs}{more}] }},\n"
    )
}

fn of_rbac(resources: &str) -> String {
    rule("rbac.authorization.k8s.io", resources)
}

fn maps() -> String {
    rule("", "\"configmaps\"")
}

fn others() -> String {
    rule("", "\"namespaces\", \"nodes\"")
}

/// A binding `dev-NAME` with rules of its own.
fn binding(name: &str, whom: &str, rules: &[String]) -> String {
    format!(
        "resource \"eksauth_group_binding\" \"{name}\" {{\n  name = \"dev-{name}\"\n  {whom}\n  rules = [\n{}  ]\n}}\n",
        rules.concat()
    )
}

fn entry(groups: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_user\" \"bot\" {{\n  userarn     = \"arn:aws:iam::{ACCOUNT}:user/{BOT}\"\n  username    = \"{BOT}\"\n  groups      = [{groups}]\n  on_conflict = \"adopt\"\n}}\n"
    )
}

/// Makes a configuration, takes it down as the one whom it lets in, and looks whether anything is left.
fn is_taken_down(cloud: &Cloud, groups: &[&str], bindings: &str) -> Outcome {
    cloud.reset()?;
    let (prod, _) = fresh(cloud)?;
    let user = bot(cloud, &prod)?;
    let quoted: Vec<String> = groups.iter().map(|group| format!("\"{group}\"")).collect();
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&format!("{}{bindings}", entry(&quoted.join(", "))))?;
    workspace.apply()?;
    prod.wait_for_whoami(
        &user,
        Some(&WhoAmI {
            username: BOT.into(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        }),
    )?;
    workspace.act_as(&user);
    workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
    let run = workspace.run(&DESTROY)?.succeeded()?;
    expect_same("what is left", "", &names(&prod)?)
        .map_err(|failure| Failure::new(format!("{failure}\n{}", run.output)))?;
    let left = prod.aws_auth_key("mapUsers").unwrap_or_default();
    expect(
        !left.contains(BOT),
        format!("its entry is still there: {left}"),
    )
}

pub(super) fn one_binding_with_rules_takes_itself_down(cloud: &Cloud) -> Outcome {
    let all = [
        maps(),
        of_rbac(&format!("{OF_CLUSTER}, {OF_NAMESPACES}")),
        others(),
    ];
    is_taken_down(
        cloud,
        &["bots"],
        &binding("all", "groups = [\"bots\"]", &all),
    )
}

pub(super) fn rights_in_several_bindings_go_in_an_order_in_which_all_can(cloud: &Cloud) -> Outcome {
    let all_of_rbac = [of_rbac(&format!("{OF_CLUSTER}, {OF_NAMESPACES}")), others()];
    let in_two = [
        binding("maps", "groups = [\"maps\"]", &[maps()]),
        binding("rbac", "groups = [\"bots\"]", &all_of_rbac),
    ];
    is_taken_down(cloud, &["bots", "maps"], &in_two.concat())?;
    let in_parts = [
        binding("cluster", "groups = [\"bots\"]", &[of_rbac(OF_CLUSTER)]),
        binding(
            "spaces",
            &format!("users = [\"{BOT}\"]"),
            &[of_rbac(OF_NAMESPACES), others()],
        ),
        binding(
            "maps",
            "groups = [\"maps\"]\n  namespaces = [\"kube-system\"]",
            &[maps()],
        ),
        "resource \"eksauth_group_binding\" \"viewers\" {\n  count        = 4\n  name         = \"dev-viewers-${count.index}\"\n  cluster_role = \"view\"\n  groups       = [\"viewers\"]\n}\n".to_owned(),
        "resource \"eksauth_group_binding\" \"editors\" {\n  name         = \"dev-editors\"\n  cluster_role = \"edit\"\n  groups       = [\"viewers\"]\n  namespaces   = [\"kube-system\", \"team-a\"]\n}\n".to_owned(),
    ];
    is_taken_down(cloud, &["bots", "maps"], &in_parts.concat())
}

pub(super) fn rights_that_remove_only_together_go_together(cloud: &Cloud) -> Outcome {
    let halves = [
        binding(
            "roles",
            "groups = [\"bots\"]",
            &[of_rbac("\"clusterroles\", \"roles\""), maps()],
        ),
        binding(
            "bindings",
            "groups = [\"bots\"]",
            &[
                of_rbac("\"clusterrolebindings\", \"rolebindings\""),
                others(),
            ],
        ),
    ];
    is_taken_down(cloud, &["bots"], &halves.concat())
}

/// Terraform runs a process for each `provider` block, and none of them knows of what the other one does.
pub(super) fn two_provider_blocks_for_one_cluster_are_taken_down_together(
    cloud: &Cloud,
) -> Outcome {
    for is_own_binding_in_second in [false, true] {
        cloud.reset()?;
        let (prod, _) = fresh(cloud)?;
        let user = bot(cloud, &prod)?;
        let block = |is_second: bool| match is_second {
            true => "  provider = eksauth.second\n",
            false => "",
        };
        let (with_binding, with_entry) = (
            block(is_own_binding_in_second),
            block(!is_own_binding_in_second),
        );
        let mut workspace = Workspace::new(cloud)?;
        workspace.file(
            "main.tf",
            &format!(
                "{}provider \"eksauth\" {{\n  alias        = \"second\"\n  region       = \"eu-central-1\"\n  cluster_name = \"prod\"\n}}\n\n\
                 resource \"eksauth_aws_auth_user\" \"bot\" {{\n{with_entry}  userarn     = \"arn:aws:iam::{ACCOUNT}:user/{BOT}\"\n  username    = \"{BOT}\"\n  groups      = [\"bots\"]\n  on_conflict = \"adopt\"\n}}\n\
                 resource \"eksauth_aws_auth_role\" \"dev\" {{\n{with_binding}  rolearn     = \"arn:aws:iam::{ACCOUNT}:role/dev\"\n  username    = \"dev\"\n  groups      = [\"developers\"]\n  on_conflict = \"adopt\"\n}}\n\
                 resource \"eksauth_group_binding\" \"own\" {{\n{with_binding}  name         = \"dev-own\"\n  cluster_role = \"cluster-admin\"\n  groups       = [\"bots\"]\n}}\n\
                 resource \"eksauth_group_binding\" \"viewers\" {{\n{with_entry}  count        = 4\n  name         = \"dev-viewers-${{count.index}}\"\n  cluster_role = \"view\"\n  groups       = [\"developers\"]\n}}\n",
                provider_block("")
            ),
        )?;
        workspace.apply()?;
        workspace.act_as(&user);
        workspace.set("EKSAUTH_LOCKOUT_ACK", &format!("{PROD}:destroy"));
        workspace.run(&DESTROY)?.succeeded()?;
        expect_same("what is left", "", &names(&prod)?)?;
        expect_same("mapRoles", NODES, &prod.aws_auth_key("mapRoles")?)?;
        prod.wait_for_whoami(&user, None)?;
    }
    Ok(())
}
