//! `eksauth_aws_auth_role`, `_user` and `_account`: one entry each, beside whatever else is in the document.

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD},
        cluster::WhoAmI,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts, expect_same},
};

stories!("aws_auth_entry":
    basic,
    an_entry_is_changed_in_place,
    an_entry_that_disappears_is_planned_anew,
    a_configmap_that_disappears_is_made_again,
    import_by_cluster_and_arn,
    add_and_destroy_give_the_old_bytes_back,
    the_identical_entry_is_taken_over,
    a_different_entry_is_refused_and_can_be_adopted,
    twenty_entries_are_written_together,
    two_resources_for_one_entry_are_refused,
    one_refused_entry_does_not_sink_its_companions,
    a_section_that_does_not_parse_is_never_rewritten,
    wrong_configurations_are_refused_before_apply,
);

/// What others wrote, in their own style.
const THEIRS: &str = "\
# nodes, do not touch
- rolearn: arn:aws:iam::111122223333:role/nodes
  username: system:node:{{EC2PrivateDNSName}}
  groups:
  - system:bootstrappers
  - system:nodes
- {rolearn: 'arn:aws:iam::111122223333:role/admins', username: admin, groups: [system:masters]}   # two people
- {rolearn: 'arn:aws:iam::111122223333:role/break-glass', username: break-glass, groups: [system:masters]}
";

fn role(username: &str, groups: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"platform\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/teams/platform\"\n  \
         username = \"{username}\"\n  groups   = [{groups}]\n}}\n"
    )
}

const PLATFORM: &str = "eksauth_aws_auth_role.platform";

fn basic(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    cloud.role("/teams/", "platform")?;
    let workspace = Workspace::new(cloud)?;
    let user = "resource \"eksauth_aws_auth_user\" \"carol\" {\n  userarn  = \"arn:aws:iam::111122223333:user/people/carol\"\n  username = \"carol\"\n}\n";
    let account =
        "resource \"eksauth_aws_auth_account\" \"audit\" {\n  account_id = \"444455556666\"\n}\n";
    workspace.configure(&format!(
        "{}{user}{account}",
        role(
            "platform:{{SessionName}}",
            "\"platform-admins\", \"viewers\""
        )
    ))?;
    workspace
        .plan()?
        .says(&["3 to add, 0 to change, 0 to destroy"])?;
    workspace
        .apply()?
        .says(&["3 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let canonical = format!("arn:aws:iam::{ACCOUNT}:role/platform");
    expect(
        workspace.attribute(PLATFORM, "canonical_arn")? == json!(canonical),
        "another canonical ARN",
    )?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.starts_with(THEIRS),
        format!("other entries were changed:\n{written}"),
    )?;
    let session = cloud.assume(
        &format!("arn:aws:iam::{ACCOUNT}:role/teams/platform"),
        "eve",
    )?;
    let mut groups = vec!["platform-admins".to_owned(), "viewers".to_owned()];
    groups.sort();
    prod.wait_for_whoami(
        &session,
        Some(&WhoAmI {
            username: "platform:eve".into(),
            groups,
        }),
    )?;
    let carol = cloud.user(ACCOUNT, "/people/", "carol")?;
    prod.wait_for_whoami(
        &carol,
        Some(&WhoAmI {
            username: "carol".into(),
            groups: vec![],
        }),
    )?;
    let auditor = cloud.user(OTHER_ACCOUNT, "/", "auditor")?;
    prod.wait_for_whoami(
        &auditor,
        Some(&WhoAmI {
            username: auditor.arn.clone(),
            groups: vec![],
        }),
    )?;
    workspace.destroy()?.says(&["3 destroyed"])?;
    prod.wait_for_whoami(&session, None)?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn an_entry_is_changed_in_place(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role("platform", "\"viewers\""))?;
    workspace.apply()?;
    workspace.configure(&role("platform", "\"editors\""))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        !written.contains("viewers"),
        format!("the old group is still there:\n{written}"),
    )?;
    workspace
        .configure(&role("platform", "\"editors\"").replace("teams/platform", "teams/tools"))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        !written.contains("role/platform"),
        format!("the entry of the old role is still there:\n{written}"),
    )?;
    expect_parts(&written, &["arn:aws:iam::111122223333:role/tools"])?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn an_entry_that_disappears_is_planned_anew(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role("platform", "\"viewers\""))?;
    workspace.apply()?;
    prod.edit_aws_auth("mapRoles", |_| THEIRS.to_owned())?;
    workspace
        .plan()?
        .says(&["1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    prod.edit_aws_auth("mapRoles", |_| THEIRS.to_owned())?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn a_configmap_that_disappears_is_made_again(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role("platform", "\"viewers\""))?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()?;
    prod.delete_aws_auth()?;
    workspace
        .plan()?
        .says(&["1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["role/platform"])?;
    prod.delete_aws_auth()?;
    workspace.destroy().map(|_| ())
}

fn import_by_cluster_and_arn(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let before = prod.aws_auth_object()?;
    let workspace = Workspace::new(cloud)?;
    let admins = "resource \"eksauth_aws_auth_role\" \"admins\" {\n  cluster_name = \"prod\"\n  \
        rolearn  = \"arn:aws:iam::111122223333:role/admins\"\n  username = \"admin\"\n  groups   = [\"system:masters\"]\n}\n";
    workspace.configure(admins)?;
    workspace
        .import(
            "eksauth_aws_auth_role.admins",
            "prod#arn:aws:iam::111122223333:role/admins",
        )?
        .succeeded()?;
    workspace.expect_empty_plan()?;
    let missing = Workspace::new(cloud)?;
    missing.configure(admins)?;
    missing
        .import(
            "eksauth_aws_auth_role.admins",
            "prod#arn:aws:iam::111122223333:role/nobody",
        )?
        .refused_with(&["arn:aws:iam::111122223333:role/nobody"])?;
    let generated = Workspace::new(cloud)?;
    let id = "prod#arn:aws:iam::111122223333:role/admins";
    generated.configure(&format!(
        "import {{\n  to = eksauth_aws_auth_role.admins\n  id = \"{id}\"\n}}\n"
    ))?;
    generated
        .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
        .succeeded()?
        .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])?;
    expect(
        before == prod.aws_auth_object()?,
        "an import wrote to aws-auth",
    )
}

fn add_and_destroy_give_the_old_bytes_back(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role("platform", "\"viewers\""))?;
    for text in [
        "[]",
        "",
        "\n",
        "- rolearn: arn:aws:iam::111122223333:role/admins\n  username: admin",
        "[{\"rolearn\":\"arn:aws:iam::111122223333:role/admins\",\"username\":\"admin\",\"groups\":[]}]",
        "    - rolearn: arn:aws:iam::111122223333:role/admins\r\n      username: admin\r\n",
    ] {
        prod.put_aws_auth_key("mapRoles", text)?;
        let form = format!("with {text:?}");
        workspace.apply().map_err(|failure| failure.during(&form))?;
        workspace
            .destroy()
            .map_err(|failure| failure.during(&form))?;
        expect_same("mapRoles", text, &prod.aws_auth_key("mapRoles")?)
            .map_err(|failure| failure.during(&form))?;
    }
    prod.put_aws_auth_key("mapUsers", "[]")?;
    workspace.apply()?;
    workspace.destroy()?;
    expect(
        prod.aws_auth()?.is_some_and(|data| data.len() == 1),
        "an absent section is absent again",
    )
}

fn the_identical_entry_is_taken_over(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let before = prod.aws_auth_object()?;
    let workspace = Workspace::new(cloud)?;
    workspace
        .configure(&role("admin", "\"system:masters\"").replace("teams/platform", "admins"))?;
    workspace.plan()?.says(&[
        "Entry Will Be Taken Over",
        "username `admin`, groups `system:masters`",
    ])?;
    workspace.apply()?.says(&["Entry Taken Over"])?;
    expect(
        before == prod.aws_auth_object()?,
        "taking over wrote to aws-auth",
    )?;
    workspace.expect_empty_plan()
}

fn a_different_entry_is_refused_and_can_be_adopted(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    let wanted = role("boss", "\"bosses\"").replace("teams/platform", "admins");
    workspace.configure(&wanted)?;
    workspace.plan()?.says(&[
        "Entry Exists Already",
        "username: `admin` is there, `boss` is wanted",
        "groups: `system:masters` only there, `bosses` only wanted",
        "Apply will refuse to overwrite it",
        "on_conflict = \"adopt\"",
    ])?;
    workspace.try_apply()?.refused_with(&[
        "Entry Exists Already",
        "`admin`",
        "`boss`",
        "import {",
        "prod#arn:aws:iam::111122223333:role/admins",
        "on_conflict = \"adopt\"",
    ])?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)?;
    workspace.configure(&wanted.replace("  groups", "  on_conflict = \"adopt\"\n  groups"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &["boss", "# two people", "# nodes, do not touch"],
    )?;
    workspace.destroy()?;
    expect(
        !prod.aws_auth_key("mapRoles")?.contains("role/admins"),
        "destroy removes an entry that was adopted too",
    )
}

fn twenty_entries_are_written_together(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "resource \"eksauth_aws_auth_role\" \"many\" {\n  count    = 20\n  rolearn  = \"arn:aws:iam::111122223333:role/team-${count.index}\"\n  \
         username = \"team-${count.index}\"\n  groups   = [\"teams\"]\n}\n",
    )?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    workspace
        .run(&[
            "apply",
            "-no-color",
            "-input=false",
            "-auto-approve",
            "-parallelism=20",
        ])?
        .succeeded()?
        .says(&["20 added"])?;
    let writes = audit
        .requests()?
        .into_iter()
        .filter(|request| request.verb == "patch")
        .count();
    expect(writes <= 3, format!("{writes} writes for 20 entries"))?;
    audit.reset()?;
    workspace.expect_empty_plan()?;
    let reads = audit
        .requests()?
        .into_iter()
        .filter(|request| request.name == "aws-auth")
        .count();
    expect(reads == 1, format!("{reads} reads of aws-auth in one plan"))?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn two_resources_for_one_entry_are_refused(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    let first = role("platform", "\"viewers\"");
    let second = first
        .replace("\"platform\" {", "\"again\" {")
        .replace("teams/platform", "other/platform");
    workspace.configure(&format!("{first}{second}"))?;
    workspace
        .try_apply()?
        .refused_with(&["arn:aws:iam::111122223333:role/platform"])?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.matches("role/platform").count() <= 1,
        format!("the entry is there twice:\n{written}"),
    )
}

fn one_refused_entry_does_not_sink_its_companions(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    let workspace = Workspace::new(cloud)?;
    let refused = role("boss", "\"bosses\"")
        .replace("\"platform\" {", "\"admins\" {")
        .replace("teams/platform", "admins");
    workspace.configure(&format!("{}{refused}", role("platform", "\"viewers\"")))?;
    workspace
        .try_apply()?
        .refused_with(&["Entry Exists Already", "role/admins"])?;
    expect_parts(&prod.aws_auth_key("mapRoles")?, &["role/platform"])?;
    expect(
        workspace.state(PLATFORM)?.is_some(),
        "the entry that was written is not in the state",
    )?;
    workspace.configure(&role("platform", "\"viewers\""))?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn a_section_that_does_not_parse_is_never_rewritten(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let broken = "- rolearn: arn:aws:iam::111122223333:role/admins\n  username: {{SessionName}}\n\tgroups: []\n";
    prod.put_aws_auth_key("mapRoles", broken)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role("platform", "\"viewers\""))?;
    workspace.try_apply()?.refused_with(&[
        "Section Cannot Be Parsed",
        "mapRoles",
        "empty today",
    ])?;
    expect_same("mapRoles", broken, &prod.aws_auth_key("mapRoles")?)
}

fn wrong_configurations_are_refused_before_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let good = role("platform", "\"viewers\"");
    let account = |id: &str| {
        format!("resource \"eksauth_aws_auth_account\" \"audit\" {{\n  account_id = {id}\n}}\n")
    };
    for (configuration, parts) in [
        (
            good.replace("arn:aws:iam::111122223333:role/teams/platform", "platform"),
            vec!["rolearn", "`platform`"],
        ),
        (
            good.replace("111122223333:role/teams/platform", "1111:role/x"),
            vec!["rolearn", "`1111`"],
        ),
        (
            good.replace("role/teams/platform", "user/platform"),
            vec!["rolearn", "is a user, not a role"],
        ),
        (good.replace("\"platform\"\n", "\"\"\n"), vec!["username"]),
        (good.replace("[\"viewers\"]", "\"viewers\""), vec!["groups"]),
        (good.replace("[\"viewers\"]", "[\"\"]"), vec!["groups"]),
        (account("\"1234\""), vec!["account_id", "`1234`"]),
        (account("012345678901"), vec!["account_id"]),
    ] {
        workspace.configure(&configuration)?;
        workspace
            .plan()?
            .refused_with(&parts)
            .map_err(|failure| failure.during(&configuration))?;
    }
    workspace.configure(&good.replace("\"platform\"\n", "\"system:admin\"\n"))?;
    let run = workspace.plan()?;
    expect(
        run.code == Some(2),
        format!(
            "a username `system:…` is only warned about:\n{}",
            run.errors
        ),
    )?;
    run.says(&["Warning", "`system:admin`"])
}
