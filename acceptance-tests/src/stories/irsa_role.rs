//! `eksauth_irsa_role`: trusted by exactly the service accounts that are named, and nothing of others touched.

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        json::text,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("irsa_role":
    basic,
    service_accounts_and_policies_are_changed_in_place,
    disappears,
    import_by_name,
    hand_edited_trust_is_drift_by_meaning,
    foreign_attachments_stay_unless_exclusive,
    a_refused_destroy_has_taken_nothing_away,
    a_boundary_is_removed_when_unset,
    a_policy_that_does_not_exist_is_refused_before_anything_is_made,
    a_role_made_in_part_is_completed_by_the_next_apply,
    a_role_whose_making_was_killed_is_completed_by_the_next_apply,
    a_role_that_exists_shows_at_plan_and_is_adopted,
    a_lost_answer_is_recognised_as_ours,
    a_principal_that_is_not_seen_yet_is_waited_for,
    twenty_roles_in_one_apply,
    an_apply_that_is_interrupted_loses_nothing,
    a_throttled_apply_ends_with_ctrl_c,
    wrong_configurations_are_refused_before_apply,
);

const ADDRESS: &str = "eksauth_irsa_role.reader";
const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const S3_READ_ONLY: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

fn role(more: &str) -> String {
    format!(
        "resource \"eksauth_oidc_provider\" \"this\" {{}}\n\nresource \"eksauth_irsa_role\" \"reader\" {{\n  \
         name              = \"reader\"\n  oidc_provider_arn = eksauth_oidc_provider.this.arn\n{more}}}\n"
    )
}

fn reader(more: &str) -> String {
    role(&format!("  service_accounts = [\"apps:reader\"]\n{more}"))
}

fn arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/reader")
}

fn in_iam(cloud: &Cloud) -> Outcome<Value> {
    cloud.aws_as(
        cloud.creator(),
        &["iam", "get-role", "--role-name", "reader"],
    )
}

fn attached(cloud: &Cloud) -> Outcome<Vec<String>> {
    let answer = cloud.aws_as(
        cloud.creator(),
        &[
            "iam",
            "list-attached-role-policies",
            "--role-name",
            "reader",
        ],
    )?;
    let policies = answer.get("AttachedPolicies").and_then(Value::as_array);
    let mut arns: Vec<String> = policies
        .into_iter()
        .flatten()
        .map(|one| text(one, "PolicyArn"))
        .collect::<Outcome<_>>()?;
    arns.sort();
    Ok(arns)
}

/// Whether the token of a service account opens a session of the role.
fn opens(cloud: &Cloud, namespace: &str, account: &str) -> Outcome<bool> {
    let token =
        cloud
            .cluster(PROD)?
            .service_account_token(namespace, account, "sts.amazonaws.com")?;
    match cloud.assume_with_web_identity(&arn(), &token) {
        Ok(_) => Ok(true),
        Err(failure) if failure.to_string().contains("AccessDenied") => Ok(false),
        Err(failure) => Err(failure),
    }
}

fn basic(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let more = format!(
        "  description = \"reads & writes\"\n  policy_arns = [\"{READ_ONLY}\"]\n  tags = {{ team = \"apps\" }}\n"
    );
    workspace.configure(&reader(&more))?;
    workspace.plan()?.says(&[
        "system:serviceaccount:apps:reader",
        "2 to add, 0 to change, 0 to destroy",
    ])?;
    workspace
        .apply()?
        .says(&["2 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute(ADDRESS, "arn")? == json!(arn()),
        "the state has another ARN",
    )?;
    let annotations = workspace.attribute(ADDRESS, "service_account_annotations")?;
    expect_parts(
        &annotations.to_string(),
        &["eks.amazonaws.com/role-arn", &arn()],
    )?;
    expect(
        opens(cloud, "apps", "reader")?,
        "apps:reader does not get the role",
    )?;
    expect(
        !opens(cloud, "apps", "intruder")?,
        "apps:intruder gets the role",
    )?;
    expect(
        attached(cloud)? == [READ_ONLY],
        "another policy is attached",
    )?;
    workspace.destroy()?;
    expect(in_iam(cloud).is_err(), "the role is still there")
}

fn service_accounts_and_policies_are_changed_in_place(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let inline = |action: &str| {
        let statement =
            format!("{{ Effect = \"Allow\", Action = \"{action}\", Resource = \"*\" }}");
        format!(
            "  inline_policies = {{ own = jsonencode({{ Version = \"2012-10-17\", Statement = [{statement}] }}) }}\n"
        )
    };
    workspace.configure(&reader(&format!(
        "  policy_arns = [\"{READ_ONLY}\"]\n{}",
        inline("s3:GetObject")
    )))?;
    workspace.apply()?;
    let id = workspace.attribute(ADDRESS, "unique_id")?;
    let changed = format!(
        "  service_accounts = [\"apps:writer\"]\n  service_account_patterns = [\"jobs:nightly-*\"]\n  policy_arns = [\"{S3_READ_ONLY}\"]\n  \
         max_session_duration = 7200\n  description = \"another\"\n{}",
        inline("s3:PutObject")
    );
    workspace.configure(&role(&changed))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute(ADDRESS, "unique_id")? == id,
        "the role was made anew",
    )?;
    expect(
        attached(cloud)? == [S3_READ_ONLY],
        "the old policy is still attached",
    )?;
    expect(
        !opens(cloud, "apps", "reader")?,
        "apps:reader still gets the role",
    )?;
    expect(
        opens(cloud, "apps", "writer")?,
        "apps:writer does not get the role",
    )?;
    expect(
        opens(cloud, "jobs", "nightly-7")?,
        "jobs:nightly-7 does not get the role",
    )?;
    workspace.destroy().map(|_| ())
}

fn disappears(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(""))?;
    workspace.apply()?;
    cloud.aws_as(
        cloud.creator(),
        &["iam", "delete-role", "--role-name", "reader"],
    )?;
    workspace
        .plan()?
        .says(&["1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    cloud.aws_as(
        cloud.creator(),
        &["iam", "delete-role", "--role-name", "reader"],
    )?;
    workspace.destroy().map(|_| ())
}

fn import_by_name(cloud: &Cloud) -> Outcome {
    let first = Workspace::new(cloud)?;
    first.configure(&reader(&format!("  policy_arns = [\"{READ_ONLY}\"]\n")))?;
    first.apply()?;
    let second = Workspace::new(cloud)?;
    second.configure(&reader(&format!("  policy_arns = [\"{READ_ONLY}\"]\n")))?;
    second
        .import("eksauth_oidc_provider.this", PROD)?
        .succeeded()?;
    second.import(ADDRESS, "reader")?.succeeded()?;
    second.expect_empty_plan()?;
    let generated = Workspace::new(cloud)?;
    generated.configure(&format!(
        "import {{\n  to = {ADDRESS}\n  id = \"reader\"\n}}\n"
    ))?;
    generated
        .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
        .succeeded()?
        .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])
}

fn hand_edited_trust_is_drift_by_meaning(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(""))?;
    workspace.apply()?;
    let document = in_iam(cloud)?
        .pointer("/Role/AssumeRolePolicyDocument")
        .cloned()
        .unwrap_or_default();
    let replace = |text: &str| {
        let arguments = [
            "iam",
            "update-assume-role-policy",
            "--role-name",
            "reader",
            "--policy-document",
            text,
        ];
        cloud.aws_as(cloud.creator(), &arguments).map(|_| ())
    };
    replace(&format!("{document:#}"))?;
    workspace
        .expect_empty_plan()
        .map_err(|failure| failure.during("another formatting is no drift"))?;
    replace(&document.to_string().replace("apps:reader", "apps:intruder"))?;
    workspace
        .plan()?
        .says(&["0 to add, 1 to change, 0 to destroy"])?;
    workspace.apply()?;
    expect(
        opens(cloud, "apps", "reader")? && !opens(cloud, "apps", "intruder")?,
        "the trust policy was not mended",
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn foreign_attachments_stay_unless_exclusive(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let own = format!("  policy_arns = [\"{READ_ONLY}\"]\n  force_detach_policies = true\n");
    workspace.configure(&reader(&own))?;
    workspace.apply()?;
    let foreign = [
        "iam",
        "attach-role-policy",
        "--role-name",
        "reader",
        "--policy-arn",
        ADMINISTRATOR,
    ];
    cloud.aws_as(cloud.creator(), &foreign)?;
    workspace.expect_empty_plan()?;
    workspace.configure(&reader(&format!("{own}  exclusive_policy_arns = true\n")))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    expect(
        attached(cloud)? == [READ_ONLY],
        "the foreign policy is still attached",
    )?;
    workspace.expect_empty_plan()?;
    cloud.aws_as(cloud.creator(), &foreign)?;
    workspace
        .destroy()
        .map(|_| ())
        .map_err(|failure| failure.during("force_detach_policies"))
}

fn a_refused_destroy_has_taken_nothing_away(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let own = format!(
        "  policy_arns = [\"{READ_ONLY}\"]\n  inline_policies = {{\n    own = jsonencode({{ Version = \"2012-10-17\", Statement = \
         [{{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }}] }})\n  }}\n"
    );
    workspace.configure(&reader(&own))?;
    workspace.apply()?;
    let change = |verb: &str| {
        let foreign = [
            "iam",
            verb,
            "--role-name",
            "reader",
            "--policy-arn",
            ADMINISTRATOR,
        ];
        cloud.aws_as(cloud.creator(), &foreign)
    };
    change("attach-role-policy")?;
    let destroy = ["destroy", "-no-color", "-input=false", "-auto-approve"];
    workspace.run(&destroy)?.refused_with(&[
        "Cannot Delete Role",
        ADMINISTRATOR,
        "Nothing was changed",
    ])?;
    expect(
        attached(cloud)? == [ADMINISTRATOR, READ_ONLY],
        "the refused destroy detached the role's own policy",
    )?;
    let inline = cloud.aws_as(
        cloud.creator(),
        &["iam", "list-role-policies", "--role-name", "reader"],
    )?;
    expect(
        inline == json!({"PolicyNames": ["own"]}),
        format!("the refused destroy deleted the role's own inline policy: {inline}"),
    )?;
    change("detach-role-policy")?;
    workspace.destroy().map(|_| ())
}

fn a_boundary_is_removed_when_unset(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(&format!(
        "  permissions_boundary = \"{READ_ONLY}\"\n"
    )))?;
    workspace.apply()?;
    expect_parts(
        &in_iam(cloud)?.to_string(),
        &[&format!("\"PermissionsBoundaryArn\":\"{READ_ONLY}\"")],
    )?;
    workspace.configure(&reader(""))?;
    workspace.apply()?;
    expect(
        in_iam(cloud)?
            .pointer("/Role/PermissionsBoundary")
            .is_none(),
        "the boundary is still there",
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_policy_that_does_not_exist_is_refused_before_anything_is_made(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    for more in ["policy_arns = [\"{}\"]", "permissions_boundary = \"{}\""] {
        let missing = "arn:aws:iam::aws:policy/NoSuchPolicy";
        workspace.configure(&reader(&format!("  {}\n", more.replace("{}", missing))))?;
        let run = workspace.try_apply()?;
        run.refused_with(&["Policy Not Found", "NoSuchEntity", missing])?;
        expect(in_iam(cloud).is_err(), "a role was made")?;
    }
    workspace.configure(&reader(&format!("  policy_arns = [\"{READ_ONLY}\"]\n")))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_role_made_in_part_is_completed_by_the_next_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let more = format!("  policy_arns = [\"{READ_ONLY}\"]\n  description = \"reads\"\n");
    workspace.configure(&reader(&more))?;
    cloud.emulator().fault(
        json!({"action": "AttachRolePolicy", "kind": "error", "times": 1, "status": 403,
        "code": "AccessDenied", "message": "not now"}),
    )?;
    let run = workspace.try_apply()?;
    run.refused_with(&["Role Made Only In Part", "not now", "completes it"])?;
    let before = in_iam(cloud)?;
    expect(
        workspace.state(ADDRESS)?.is_none(),
        "Terraform would replace what is in the state",
    )?;
    workspace
        .plan()?
        .says(&["1 to add, 0 to change, 0 to destroy"])?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 0 destroyed", "[id=reader]"])?;
    let id = |role: &Value| role.pointer("/Role/RoleId").cloned();
    let after = in_iam(cloud)?;
    expect(id(&before) == id(&after), "another role was made")?;
    expect_parts(&after.to_string(), &["\"Description\":\"reads\""])?;
    expect(attached(cloud)? == [READ_ONLY], "the policy is missing")?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect(in_iam(cloud).is_err(), "the role is still there")
}

fn a_role_whose_making_was_killed_is_completed_by_the_next_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(&format!("  policy_arns = [\"{READ_ONLY}\"]\n")))?;
    // In an apply of its own: OpenTofu has not written what a killed run made a moment ago.
    workspace
        .run(&[
            "apply",
            "-no-color",
            "-input=false",
            "-auto-approve",
            "-target=eksauth_oidc_provider.this",
        ])?
        .succeeded()?;
    cloud
        .emulator()
        .fault(json!({"action": "AttachRolePolicy", "kind": "hold"}))?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    cloud.emulator().wait_for_held("AttachRolePolicy")?;
    running.kill()?;
    cloud.emulator().release()?;
    let id = |role: &Value| role.pointer("/Role/RoleId").cloned();
    let before = in_iam(cloud)?;
    workspace.apply()?;
    expect(id(&before) == id(&in_iam(cloud)?), "another role was made")?;
    expect(attached(cloud)? == [READ_ONLY], "the policy is missing")?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_role_that_exists_shows_at_plan_and_is_adopted(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";
    let make = [
        "iam",
        "create-role",
        "--role-name",
        "reader",
        "--assume-role-policy-document",
        trust,
    ];
    cloud.aws_as(cloud.creator(), &make)?;
    workspace.configure(&reader(""))?;
    let shown = ["Role Exists Already", "ec2.amazonaws.com", "import {"];
    workspace.plan()?.says(&shown)?;
    workspace.try_apply()?.refused_with(&shown)?;
    workspace.configure(&reader("  on_conflict = \"adopt\"\n"))?;
    workspace.plan()?.says(&["Apply adopts it"])?;
    workspace.apply()?.says(&["Role Adopted"])?;
    workspace.expect_empty_plan()?;
    expect(opens(cloud, "apps", "reader")?, "the trust is the old one")?;
    workspace.destroy()?.says(&["Adopted Role Stays"])?;
    in_iam(cloud)?;
    let remove = ["iam", "delete-role", "--role-name", "reader"];
    cloud.aws_as(cloud.creator(), &remove).map(|_| ())
}

fn a_lost_answer_is_recognised_as_ours(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(""))?;
    cloud
        .emulator()
        .fault(json!({"action": "CreateRole", "kind": "lost"}))?;
    workspace.apply()?.says(&["2 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_principal_that_is_not_seen_yet_is_waited_for(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(""))?;
    cloud.emulator().fault(json!({"action": "CreateRole", "kind": "error", "times": 2, "status": 400,
        "code": "MalformedPolicyDocument", "message": "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:role/nodes\""}))?;
    cloud.emulator().fault(json!({"action": "GetRole", "kind": "error", "times": 1, "status": 404,
        "code": "NoSuchEntity", "message": "The role with name reader cannot be found.", "skip": 1}))?;
    workspace.apply()?.says(&["2 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn twenty_roles_in_one_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "resource \"eksauth_oidc_provider\" \"this\" {}\n\nresource \"eksauth_irsa_role\" \"many\" {\n  count = 20\n  \
         name = \"reader-${count.index}\"\n  oidc_provider_arn = eksauth_oidc_provider.this.arn\n  \
         service_accounts = [\"apps:reader-${count.index}\"]\n}\n",
    )?;
    workspace.apply()?.says(&["21 added"])?;
    cloud.emulator().control("reset-log", &json!({}))?;
    workspace.expect_empty_plan()?;
    let calls = cloud
        .emulator()
        .asked()?
        .into_iter()
        .filter(|line| line.service == "iam")
        .count();
    expect(
        calls <= 2 * 20 + 5,
        format!("{calls} IAM calls to refresh 20 roles"),
    )?;
    workspace.destroy().map(|_| ())
}

fn an_apply_that_is_interrupted_loses_nothing(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(&format!("  policy_arns = [\"{READ_ONLY}\"]\n")))?;
    cloud
        .emulator()
        .fault(json!({"action": "AttachRolePolicy", "kind": "hold"}))?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    cloud.emulator().wait_for_held("AttachRolePolicy")?;
    running.interrupt()?;
    cloud.emulator().release()?;
    let run = running.wait()?;
    run.says(&["Interrupt received"])?;
    in_iam(cloud).map_err(|_| Failure::new("the role was made before the interrupt"))?;
    expect(
        workspace.state(ADDRESS)?.is_some(),
        format!(
            "the role is not in the state:\n{}{}",
            run.output, run.errors
        ),
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        attached(cloud)? == [READ_ONLY],
        "the policy is not attached",
    )?;
    workspace.destroy().map(|_| ())
}

fn a_throttled_apply_ends_with_ctrl_c(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&reader(""))?;
    cloud.emulator().fault(
        json!({"action": "CreateRole", "kind": "error", "status": 400, "code": "Throttling",
        "message": "Rate exceeded", "times": 1000}),
    )?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    // The pauses are long by now: the next ones would take up to 8, 16 and 20 seconds.
    cloud.emulator().wait_for_met("CreateRole", 3)?;
    running.interrupt()?;
    let run = running.wait()?;
    let made = cloud.emulator().count("CreateRole")?;
    run.refused_with(&[
        "Cannot Create Role",
        "iam:CreateRole: the run was cancelled, so the call was not made again after",
        "Rate exceeded",
    ])?;
    // One attempt may have been on its way.
    expect(made <= 4, format!("{made} attempts"))?;
    cloud.emulator().control("clear-faults", &json!({}))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn wrong_configurations_are_refused_before_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let long = format!(
        "  service_accounts = [\"apps:reader\"]\n  path = \"{}\"\n",
        "no-slash"
    );
    let many: Vec<String> = (0..60)
        .map(|number| format!("\"apps:a-service-account-with-a-long-name-{number}\""))
        .collect();
    let many = many.join(", ");
    for (configuration, parts) in [
        (
            "  service_accounts = [\"reader\"]\n".to_owned(),
            vec!["`reader`"],
        ),
        (
            "  service_accounts = [\"apps:Reader\"]\n".to_owned(),
            vec!["Reader"],
        ),
        (
            "  service_accounts = [\"apps:reader-*\"]\n".to_owned(),
            vec!["service_account_patterns"],
        ),
        (long, vec!["path", "`no-slash`"]),
        (
            format!("  service_accounts = [{many}]\n  trust_policy_quota = 2048\n"),
            vec!["2048"],
        ),
        (
            "  service_accounts = [\"apps:reader\"]\n  max_session_duration = 60\n".to_owned(),
            vec!["max_session_duration"],
        ),
    ] {
        workspace.configure(&role(&configuration))?;
        workspace
            .plan()?
            .refused_with(&parts)
            .map_err(|failure| failure.during(&configuration))?;
    }
    workspace.configure(&role(&format!("  service_accounts = [{many}]\n")).replace("eksauth_oidc_provider.this.arn", &format!(
        "\"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"")))?;
    workspace.plan()?.says(&["Warning", "2,048"])
}
