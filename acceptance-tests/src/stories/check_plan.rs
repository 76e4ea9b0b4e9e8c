//! `check-plan` of plans that the real Terraform made: it says what the apply of the same plan then says, to the same identity.

use serde_json::json;

use super::{
    by_hand::{CommandOutput, run},
    lockout::{NODES, pipeline},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION, access::Mode},
        cluster::Cluster,
        identity::Identity,
        provider_under_test::built_provider,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("check_plan":
    a_plan_is_told_what_its_apply_then_says,
    group_bindings_that_leave_no_administrator_are_told,
    ;
    with mirror:
    what_eks_does_with_the_entries_of_hashicorp_aws_is_known_before,
);

const ADMIN: &str = "arn:aws:iam::111122223333:role/admins";

fn item(name: &str, username: &str, group: &str) -> String {
    format!(
        "- rolearn: arn:aws:iam::{ACCOUNT}:role/{name}\n  username: {username}\n  groups: [{group}]\n"
    )
}

fn entry(label: &str, role: &str, username: &str, group: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"{label}\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/{role}\"\n  username = \"{username}\"\n  \
         groups   = [\"{group}\"]\n}}\n"
    )
}

fn admins() -> String {
    entry("admins", "admins", "admin", "system:masters")
}

fn platform() -> String {
    entry("platform", "platform", "platform", "platform-admins")
}

/// Plans, and judges the plan as whoever planned.
pub(super) fn checked(
    workspace: &Workspace<'_>,
    more: &[&str],
    words: &[&str],
) -> Outcome<CommandOutput> {
    let plan = ["plan", "-no-color", "-input=false", "-out=tfplan"];
    workspace
        .run(&[plan.as_slice(), more].concat())?
        .succeeded()?;
    let shown = workspace.run(&["show", "-json", "tfplan"])?.succeeded()?;
    workspace.file("plan.json", &shown.output)?;
    let mut command = workspace.command(&built_provider()?);
    command
        .env("AWS_REGION", REGION)
        .args(["check-plan", "plan.json", "--cluster", "prod"])
        .args(words);
    run(&mut command, "")
}

/// A group that is bound to cluster-admin.
fn bind(prod: &Cluster<'_>, group: &str) -> Outcome {
    prod.ensure(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": group},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}]}),
    )
}

/// What is configured and then changed, as whom, and what is right: check-plan's exit code, and words of it and of the apply.
struct Case<'a> {
    what: &'a str,
    who: Option<&'a Identity>,
    before: String,
    after: String,
    more: &'a [&'a str],
    code: i32,
    words: &'a str,
}

impl Case<'_> {
    fn tell(&self, cloud: &Cloud) -> Outcome {
        let mut workspace = Workspace::new(cloud)?;
        if let Some(who) = self.who {
            workspace.act_as(who);
        }
        workspace.configure(&self.before)?;
        workspace.apply()?;
        workspace.configure(&self.after)?;
        checked(&workspace, self.more, &[])?
            .expect(self.code, self.words)
            .map_err(|failure| failure.during(self.what))?;
        let apply = workspace.run(&["apply", "-no-color", "-input=false", "tfplan"])?;
        match self.code {
            0 => {
                let done = apply
                    .succeeded()
                    .map_err(|failure| failure.during(self.what))?;
                match self.words {
                    "nobody gains or loses access" => Ok(()),
                    words => done.says(&[words]),
                }
            }
            _ => apply
                .refused_with(&[self.words])
                .map_err(|failure| failure.during(self.what)),
        }
    }
}

fn a_plan_is_told_what_its_apply_then_says(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for role in ["admins", "platform", "nodes"] {
        cloud.role("/", role)?;
    }
    bind(&prod, "platform-admins")?;
    let start = |map: &str| -> Outcome<Identity> {
        prod.put_aws_auth_key("mapRoles", map)?;
        pipeline(cloud, &prod)
    };
    let people = format!(
        "{NODES}{}{}",
        item("platform", "platform", "platform-admins"),
        item("admins", "admin", "system:masters")
    );
    let of_platform_alone = format!("{NODES}{}", item("platform", "platform", "platform-admins"));
    let both = || format!("{}{}", platform(), admins());

    let who = start(&people)?;
    let case = |what, before: String, after: String, code, words| Case {
        what,
        who: Some(&who),
        before,
        after,
        more: &[],
        code,
        words,
    };
    case(
        "both admins go",
        both(),
        String::new(),
        1,
        "lockout.last-admin",
    )
    .tell(cloud)?;
    case(
        "one of two goes",
        both(),
        platform(),
        0,
        "lockout.reduced-access",
    )
    .tell(cloud)?;
    start(&people)?;
    let renamed = admins().replace("\"admins\" {", "\"people\" {");
    case(
        "a renamed resource",
        admins(),
        renamed,
        0,
        "nobody gains or loses access",
    )
    .tell(cloud)?;
    Case {
        more: &["-replace=eksauth_aws_auth_role.admins"],
        ..case(
            "the last is replaced",
            admins(),
            admins(),
            0,
            "nobody gains or loses access",
        )
    }
    .tell(cloud)?;
    start(&of_platform_alone)?;
    case(
        "the last by a group",
        platform(),
        String::new(),
        1,
        "lockout.last-admin",
    )
    .tell(cloud)?;
    // The creator is an administrator whom no edit takes away.
    Case {
        who: None,
        ..case(
            "as the creator",
            platform(),
            String::new(),
            0,
            "lockout.last-admin",
        )
    }
    .tell(cloud)?;
    let nodes = entry(
        "nodes",
        "nodes",
        "system:node:{{EC2PrivateDNSName}}",
        "system:nodes",
    );
    start(&people)?;
    case(
        "no nodes are there",
        nodes,
        String::new(),
        0,
        "lockout.reduced-access",
    )
    .tell(cloud)
}

/// The pipeline may write bindings, so it is not the administrator's binding that lets it.
fn group_bindings_that_leave_no_administrator_are_told(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for role in ["platform", "nodes"] {
        cloud.role("/", role)?;
    }
    let map = format!("{NODES}{}", item("platform", "platform", "platform-admins"));
    prod.put_aws_auth_key("mapRoles", &map)?;
    let who = pipeline(cloud, &prod)?;
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let writer = json!({"metadata": {"name": "writers"}, "rules": [
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles", "clusterrolebindings"], "verbs": ["get", "create", "patch", "delete", "bind"]}]});
    prod.ensure(&format!("{rbac}/clusterroles"), &writer)?;
    let binding = json!({"metadata": {"name": "writers"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "writers"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "pipelines"}]});
    prod.ensure(&format!("{rbac}/clusterrolebindings"), &binding)?;
    let bound = |name: &str, group: &str| {
        format!(
            "resource \"eksauth_group_binding\" \"{name}\" {{\n  name         = \"{name}\"\n  cluster_role = \"cluster-admin\"\n  groups       = [\"{group}\"]\n}}\n"
        )
    };
    let (one, other) = (
        bound("one", "platform-admins"),
        bound("other", "platform-admins"),
    );
    let case = |what, before: &str, after: &str, code, words| Case {
        what,
        who: Some(&who),
        before: before.to_owned(),
        after: after.to_owned(),
        more: &[],
        code,
        words,
    };
    case("the only one goes", &one, "", 1, "lockout.last-admin").tell(cloud)?;
    // Each case has a state of its own: what the one before has made goes first.
    let forget = || {
        let made = format!("{rbac}/clusterrolebindings/one-ebd51ce736");
        prod.ask("DELETE", &made, None).map(|_| ())
    };
    forget()?;
    let others = bound("one", "others");
    case("to another group", &one, &others, 1, "lockout.last-admin").tell(cloud)?;
    forget()?;
    let both = format!("{one}{other}");
    let nobody = "nobody gains or loses access";
    case("one of two goes", &both, &one, 0, nobody).tell(cloud)?;
    forget()?;
    let by_hand = json!({"metadata": {"name": "one-ebd51ce736"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "platform-admins"}]});
    prod.ensure(&format!("{rbac}/clusterrolebindings"), &by_hand)?;
    what_others_hold_too_is_not_known_to_go(cloud, &who, &one)?;
    // Apply asks the API server what whoever applies may do, and would put it back.
    let own = bound("own", "pipelines");
    case("the caller's own", &own, "", 1, "confirm_access").tell(cloud)
}

/// A plan does not say who holds an adopted binding.
fn what_others_hold_too_is_not_known_to_go(
    cloud: &Cloud,
    who: &Identity,
    adopting: &str,
) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(who);
    workspace.configure(adopting)?;
    workspace
        .apply()?
        .says(&["Role Or Binding Exists Already"])?;
    workspace.configure("")?;
    checked(&workspace, &[], &[])?.expect(
        2,
        "not found out: who else holds what `eksauth_group_binding.one` binds",
    )?;
    let apply = workspace.run(&["apply", "-no-color", "-input=false", "tfplan"])?;
    apply.succeeded()?.says(&["Adopted Role Or Binding Stays"])
}

const REQUIRED: &str = "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n\nprovider \"aws\" {\n  \
                        region                  = \"eu-central-1\"\n  skip_metadata_api_check = true\n}\n";

fn access(label: &str, role: &str) -> String {
    format!(
        "resource \"aws_eks_access_entry\" \"{label}\" {{\n  cluster_name  = \"prod\"\n  principal_arn = \"arn:aws:iam::{ACCOUNT}:role/{role}\"\n}}\n\n\
         resource \"aws_eks_access_policy_association\" \"{label}\" {{\n  cluster_name  = \"prod\"\n  \
         principal_arn = aws_eks_access_entry.{label}.principal_arn\n  \
         policy_arn    = \"arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy\"\n  access_scope {{\n    type = \"cluster\"\n  }}\n}}\n"
    )
}

fn what_eks_does_with_the_entries_of_hashicorp_aws_is_known_before(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    for role in ["admins", "nodes"] {
        cloud.role("/", role)?;
    }
    prod.put_aws_auth_key(
        "mapRoles",
        "- rolearn: arn:aws:iam::111122223333:role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  groups: [system:bootstrappers, system:nodes]\n",
    )?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let workspace = Workspace::with_init(cloud)?;
    let write = |text: &str| workspace.file("main.tf", &format!("{REQUIRED}{text}"));
    let as_admins = ["--apply-principal", ADMIN];
    write(&access("admins", "admins"))?;
    workspace.init()?;
    workspace.apply()?;

    let nodes = "resource \"aws_eks_access_entry\" \"nodes\" {\n  cluster_name  = \"prod\"\n  principal_arn = \"arn:aws:iam::111122223333:role/nodes\"\n  type          = \"EC2_LINUX\"\n}\n";
    write(&format!("{}{nodes}", access("admins", "admins")))?;
    checked(&workspace, &[], &as_admins)?.expect(0, "0 errors, 0 warnings")?;

    write(&access("people", "admins"))?;
    let renamed = checked(&workspace, &[], &as_admins)?;
    renamed.expect(1, "lockout.running-identity")?;
    expect_parts(
        &renamed.out,
        &[
            "from = aws_eks_access_entry.admins",
            "= aws_eks_access_entry.people",
        ],
    )?;
    let moved = "moved {\n  from = aws_eks_access_entry.admins\n  to   = aws_eks_access_entry.people\n}\n\n\
         moved {\n  from = aws_eks_access_policy_association.admins\n  to   = aws_eks_access_policy_association.people\n}\n";
    write(&format!("{}{moved}", access("people", "admins")))?;
    checked(&workspace, &[], &as_admins)?.expect(0, "nobody gains or loses access")?;

    let kept = "removed {\n  from = aws_eks_access_entry.admins\n  lifecycle {\n    destroy = false\n  }\n}\n\n\
         removed {\n  from = aws_eks_access_policy_association.admins\n  lifecycle {\n    destroy = false\n  }\n}\n";
    write(kept)?;
    checked(&workspace, &[], &as_admins)?.expect(0, "nobody gains or loses access")?;

    // What was told of the renamed key is what happens: EKS refuses the new entry, and the old one goes with its policy.
    write(&access("people", "admins"))?;
    // The two have no order of their own: held until both are asked, the new entry is asked for before the old one goes.
    for action in ["CreateAccessEntry", "DisassociateAccessPolicy"] {
        cloud
            .emulator()
            .fault(json!({"action": action, "kind": "hold", "times": 1}))?;
    }
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    for action in ["CreateAccessEntry", "DisassociateAccessPolicy"] {
        cloud.emulator().wait_for_held(action)?;
    }
    cloud.emulator().release()?;
    running.wait()?.refused_with(&["ResourceInUseException"])?;
    let (_, left) = cloud.eks_as(
        cloud.creator(),
        "GET",
        "/clusters/prod/access-entries",
        None,
    )?;
    expect(!left.to_string().contains(ADMIN), left.to_string())
}
