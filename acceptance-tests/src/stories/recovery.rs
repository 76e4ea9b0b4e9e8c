//! What is kept before something is taken away, and the ways to put it right again.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use super::{by_hand::ours, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::{Cluster, WhoAmI},
        command::succeeded,
        identity::Identity,
        json::text,
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome, expect, expect_parts, expect_same},
};

stories!("recovery":
    a_removal_leaves_a_copy_that_puts_every_byte_back,
    a_copy_of_a_full_config_map_fits,
    a_copy_in_a_file_does_as_well,
    who_may_not_keep_a_copy_is_told_and_goes_on,
    a_dry_run_shows_at_plan_what_rbac_and_a_policy_refuse,
    a_manifest_that_would_undo_entries_is_pointed_out,
    a_section_in_tabs_is_repaired_in_an_apply,
);

const ADMINS: &str = "\
# break-glass, ask security before you touch this
- rolearn: arn:aws:iam::111122223333:role/admins
  username: \"admin\"
  groups: [system:masters]   # flow style
";

pub(super) fn data(roles: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("mapRoles".to_owned(), roles.to_owned()),
        ("notes".to_owned(), "not ours".to_owned()),
    ])
}

const DEV: &str = "resource \"eksauth_aws_auth_role\" \"dev\" {\n  rolearn  = \"arn:aws:iam::111122223333:role/dev\"\n  username = \"dev\"\n  groups   = [\"viewers\"]\n}\n";

/// Adds an entry by Terraform and removes it again: the copy has it. Returns the bytes before the removal.
pub(super) fn added_and_removed(workspace: &Workspace<'_>, prod: &Cluster<'_>) -> Outcome<String> {
    workspace.configure(DEV)?;
    workspace.apply()?;
    let before = prod.aws_auth_key("mapRoles")?;
    workspace.configure("")?;
    workspace
        .apply()?
        .says(&["0 added, 0 changed, 1 destroyed"])?;
    Ok(before)
}

fn a_removal_leaves_a_copy_that_puts_every_byte_back(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth(&data(ADMINS))?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(DEV)?;
    workspace.apply()?;
    expect(prod.copies()?.is_empty(), "an addition left a copy")?;
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let before = added_and_removed(&workspace, &prod)?;
    let asked = audit.requests()?;
    let count = |verb: &str| {
        let of_copies = |name: &str| name.is_empty() || name.starts_with("aws-auth-recovery-");
        let configmaps = asked.iter().filter(|one| one.resource == "configmaps");
        configmaps
            .filter(|one| one.verb == verb && of_copies(&one.name))
            .count()
    };
    let cost = [count("create"), count("list"), count("delete")];
    expect(
        cost == [1, 1, 0],
        format!("a removal cost {cost:?} creates, lists and deletes"),
    )?;

    let copies = prod.copies()?;
    let copy = copies
        .first()
        .ok_or_else(|| Failure::new("there is no copy"))?;
    let name = text(copy, "metadata.name")?;
    expect_same("the copy", &before, &text(copy, "data.mapRoles")?)?;
    expect_same("the copy", "not ours", &text(copy, "data.notes")?)?;
    let annotations = copy
        .pointer("/metadata/annotations")
        .unwrap_or(&Value::Null);
    expect_parts(
        &annotations.to_string(),
        &["role/dev", "user/terraform", "resource-version"],
    )?;

    let restore = |more: &[&str]| {
        let all = [&["restore", "--cluster", PROD], more].concat();
        ours(cloud, cloud.creator(), &all, "")
    };
    restore(&[])?.expect(0, &format!("{name}\n"))?;
    restore(&[])?.expect(0, "1 principal gains access")?;
    let line = "+- rolearn: arn:aws:iam::111122223333:role/dev\n";
    restore(&[&name])?.expect(1, line)?;
    expect(
        prod.aws_auth_key("mapRoles")? != before,
        "it was put back without a yes",
    )?;
    restore(&[&name, "--yes"])?.expect(0, "\nput back; copy kept: aws-auth-recovery-")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    restore(&[&name, "--yes"])?.expect(0, "has the text of")?;
    restore(&["nothing"])?.expect(2, "")?;
    let listed = restore(&["-o", "json"])?;
    let listed: Value = serde_json::from_str(&listed.out)?;
    let kept = listed.get("copies").and_then(Value::as_array).map(Vec::len);
    expect(
        kept == Some(2),
        format!("what was there before is kept too: {listed}"),
    )?;
    workspace.expect_empty_plan()
}

/// The values of a ConfigMap are 1 MiB together and no more; a copy has metadata beside them.
fn a_copy_of_a_full_config_map_fits(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let dev =
        "- rolearn: arn:aws:iam::111122223333:role/dev\n  username: dev\n  groups: [viewers]\n";
    let mut full = data(&format!("{ADMINS}{dev}"));
    let taken: usize = full.values().map(String::len).sum();
    let notes = full.entry("notes".to_owned()).or_default();
    notes.push_str(&"x".repeat(1024 * 1024 - taken));
    prod.put_aws_auth(&full)?;
    let workspace = Workspace::new(cloud)?;
    added_and_removed(&workspace, &prod)?;
    let copies = prod.copies()?;
    let kept = copies.first().and_then(|copy| copy.get("data"));
    expect(kept == Some(&json!(full)), "the copy is not what was there")
}

fn a_copy_in_a_file_does_as_well(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth(&data(ADMINS))?;
    let workspace = Workspace::new(cloud)?;
    let file = |resources: &str| {
        let block = provider_block("  recovery = \"file\"\n");
        workspace.file("main.tf", &format!("{block}{resources}"))
    };
    file(DEV)?;
    workspace.apply()?;
    let before = prod.aws_auth_key("mapRoles")?;
    file("")?;
    workspace.apply()?;
    expect(prod.copies()?.is_empty(), "there is a copy in the cluster")?;
    let folder = workspace.path().join(".terraform/eksauth-recovery");
    let mut entries = fs::read_dir(&folder)?;
    let path = entries
        .next()
        .ok_or_else(|| Failure::new("there is no file"))??
        .path();
    expect(entries.next().is_none(), "there are several files")?;
    let mode = fs::metadata(&path)?.permissions().mode() & 0o777;
    expect(mode == 0o600, format!("its mode is {mode:o}"))?;
    let path = path.to_string_lossy().into_owned();
    ours(cloud, cloud.creator(), &["lint", &path], "")?.expect(0, "")?;
    let arguments = [
        "restore",
        "--cluster",
        PROD,
        "--file",
        &path,
        "--yes",
        "-o",
        "json",
    ];
    ours(cloud, cloud.creator(), &arguments, "")?.expect(0, "\"outcome\":\"restored\"")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    workspace.expect_empty_plan()
}

const KUBE_SYSTEM: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system";

/// A user who is in the cluster as a member of a group that may do `verbs` with aws-auth and nothing else.
fn bounded(cloud: &Cloud, name: &str, verbs: &[&str]) -> Outcome<Identity> {
    let prod = cloud.cluster(PROD)?;
    let rule = json!({"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["aws-auth"], "verbs": verbs});
    prod.ensure(
        &format!("{KUBE_SYSTEM}/roles"),
        &json!({"metadata": {"name": name}, "rules": [rule]}),
    )?;
    let group = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name});
    let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name});
    prod.ensure(
        &format!("{KUBE_SYSTEM}/rolebindings"),
        &json!({"metadata": {"name": name}, "roleRef": role, "subjects": [group]}),
    )?;
    let user = cloud.user(ACCOUNT, "/", name)?;
    let users = format!(
        "- userarn: {}\n  username: {name}\n  groups: [{name}]\n",
        user.arn
    );
    let mut all = data(ADMINS);
    all.insert("mapUsers".to_owned(), users);
    prod.put_aws_auth(&all)?;
    let known = WhoAmI {
        username: name.to_owned(),
        groups: vec![name.to_owned()],
    };
    prod.wait_for_whoami(&user, Some(&known))?;
    Ok(user)
}

fn who_may_not_keep_a_copy_is_told_and_goes_on(cloud: &Cloud) -> Outcome {
    let editor = bounded(cloud, "aws-auth-editors", &["get", "patch"])?;
    let prod = cloud.cluster(PROD)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&editor);
    workspace.configure(DEV)?;
    workspace.apply()?;
    workspace.configure("")?;
    workspace.apply()?.says(&[
        "0 added, 0 changed, 1 destroyed",
        "Previous aws-auth Not Kept",
        "cannot list resource \"configmaps\"",
        "`create`, `list` and `delete` on `configmaps` in namespace `kube-system`",
    ])?;
    expect_same("mapRoles", ADMINS, &prod.aws_auth_key("mapRoles")?)?;
    expect(prod.copies()?.is_empty(), "there is a copy")?;
    workspace.expect_empty_plan()
}

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

fn a_dry_run_shows_at_plan_what_rbac_and_a_policy_refuse(cloud: &Cloud) -> Outcome {
    let reader = bounded(cloud, "aws-auth-readers", &["get"])?;
    let prod = cloud.cluster(PROD)?;
    let mut workspace = Workspace::new(cloud)?;
    let rehearsed = |workspace: &Workspace<'_>, resources: &str| {
        let block = provider_block("  dry_run = true\n");
        workspace.file("main.tf", &format!("{block}{resources}"))
    };
    rehearsed(&workspace, DEV)?;
    workspace.act_as(&reader);
    workspace.plan()?.refused_with(&[
        "Change Would Be Refused",
        "cannot patch resource \"configmaps\"",
    ])?;
    workspace.act_as(cloud.creator());
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let run = workspace.plan()?;
    expect(
        run.code == Some(2),
        format!("the plan failed: {}{}", run.output, run.errors),
    )?;
    let asked = audit.requests()?;
    let patches = asked.iter().filter(|one| one.verb == "patch").count();
    expect(patches == 1, format!("a plan made {patches} dry runs"))?;
    let outcome = under_policy(&prod, || {
        let refusal = [
            "Change Would Be Refused",
            "the team `dev` gets no access here",
        ];
        workspace.plan()?.refused_with(&refusal)
    });
    outcome?;
    expect_same("mapRoles", ADMINS, &prod.aws_auth_key("mapRoles")?)
}

/// While `look` looks, the API server refuses every aws-auth that names `role/dev`.
fn under_policy(prod: &Cluster<'_>, look: impl FnOnce() -> Outcome) -> Outcome {
    let rule = json!({"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]});
    let expression =
        "!has(object.data) || !object.data.exists(key, object.data[key].contains('role/dev'))";
    let policy = json!({"metadata": {"name": "no-dev"}, "spec": {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": expression, "message": "the team `dev` gets no access here"}],
    }});
    prod.ensure(POLICIES, &policy)?;
    let binding = json!({"metadata": {"name": "no-dev"}, "spec": {"policyName": "no-dev", "validationActions": ["Deny"]}});
    prod.ensure(BINDINGS, &binding)?;
    let looked = until(prod, Refused::Yes).and_then(|()| look());
    for collection in [BINDINGS, POLICIES] {
        prod.ask("DELETE", &format!("{collection}/no-dev"), None)?;
    }
    until(prod, Refused::No)?;
    looked
}

/// Whether a probe is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refused {
    Yes,
    No,
}

/// The API server hears of a policy, and of its end, a moment later.
fn until(prod: &Cluster<'_>, wanted: Refused) -> Outcome {
    let probe = json!({"metadata": {"name": "probe"}, "data": {"mapRoles": "role/dev"}});
    let path = "/api/v1/namespaces/kube-system/configmaps?dryRun=All";
    for _ in 0..100 {
        let (status, _) = prod.ask("POST", path, Some(&probe))?;
        let seen = if status == 201 {
            Refused::No
        } else {
            Refused::Yes
        };
        if seen == wanted {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let text = format!("after 20 seconds a probe is refused: not {wanted:?}");
    Err(Failure::new(text))
}

fn a_manifest_that_would_undo_entries_is_pointed_out(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": data(ADMINS)});
    workspace.file("aws-auth.json", &manifest.to_string())?;
    let apply = || {
        let mut kubectl = cloud.plain(&cloud.tools().kubectl);
        let file = workspace.path().join("aws-auth.json");
        kubectl
            .arg("--kubeconfig")
            .arg(prod.kubeconfig())
            .args(["apply", "-f"])
            .arg(file);
        succeeded(&mut kubectl).map(|_| ())
    };
    apply()?;
    let lint = || ours(cloud, cloud.creator(), &["lint", "--cluster", PROD], "");
    let fresh = lint()?;
    expect(!fresh.out.contains("stale"), fresh.out.clone())?;
    let map = "resource \"eksauth_aws_auth\" \"this\" {\n  map_accounts = [\"444455556666\"]\n}\n";
    let shown = "data \"eksauth_aws_auth\" \"now\" {}\noutput \"findings\" {\n  value = data.eksauth_aws_auth.now.findings[*].id\n}\n";
    workspace.configure(&format!("{map}{DEV}"))?;
    workspace.apply()?;
    workspace.configure(&format!("{map}{DEV}{shown}"))?;
    workspace.apply()?.says(&[
        "An Old Manifest Would Undo This",
        "would take away `arn:aws:iam::111122223333:role/dev`",
        "mapping.stale_last_applied",
    ])?;
    lint()?.expect(0, "mapping.stale_last_applied")?;
    apply()?;
    expect_same("mapRoles", ADMINS, &prod.aws_auth_key("mapRoles")?)?;
    workspace.configure(&format!("{map}{DEV}"))?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()
}

fn a_section_in_tabs_is_repaired_in_an_apply(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let admins = cloud.role("/", "admins")?;
    let eve = cloud.assume(&admins, "eve")?;
    let admin = WhoAmI {
        username: "admin".into(),
        groups: vec!["system:masters".into()],
    };
    prod.put_aws_auth(&data(ADMINS))?;
    prod.wait_for_whoami(&eve, Some(&admin))?;
    let workspace = Workspace::new(cloud)?;
    let map = |repair: &str| {
        let role = format!(
            "{{ rolearn = \"{admins}\", username = \"admin\", groups = [\"system:masters\"] }}"
        );
        workspace.configure(&format!(
            "resource \"eksauth_aws_auth\" \"this\" {{\n  map_roles = [{role}]\n{repair}}}\n"
        ))
    };
    map("")?;
    workspace.apply()?;
    prod.edit_aws_auth("mapRoles", |text| text.replace("  username", "\tusername"))?;
    prod.wait_for_whoami(&eve, None)?;
    workspace
        .plan()?
        .refused_with(&["Section Cannot Be Parsed", "line 3, column 1"])?;
    map("  repair = true\n")?;
    workspace.plan()?.says(&[
        "Section Will Be Repaired",
        "line 3: spaces in place of tabs in the indent",
        "no access admin · system:masters",
        "0 to add, 1 to change, 0 to destroy",
    ])?;
    workspace.apply()?;
    expect_same("mapRoles", ADMINS, &prod.aws_auth_key("mapRoles")?)?;
    prod.wait_for_whoami(&eve, Some(&admin))?;
    workspace.expect_empty_plan()?;
    prod.edit_aws_auth("mapRoles", |text| {
        text.replace("\"admin\"", "{{SessionName}}")
    })?;
    workspace
        .apply()?
        .says(&["+ username: \"{{SessionName}}\""])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}
