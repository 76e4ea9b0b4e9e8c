//! People of IAM Identity Center: a permission set instead of an ARN, and what is found out about the roles behind entries.

use std::collections::BTreeMap;

use serde_json::json;

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::WhoAmI,
        provider_under_test::built_provider,
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome, expect, expect_parts, expect_same},
};

stories!("single_sign_on":
    a_permission_set_lets_its_people_in_and_follows_its_role,
    a_permission_set_that_cannot_be_found_is_refused_with_what_to_do,
    a_permission_set_is_looked_up_as_the_role_that_reaches_the_cluster,
    a_name_that_is_known_only_at_apply_and_a_throttled_list_are_waited_for,
    roles_that_are_gone_are_told_where_iam_may_be_asked,
    documents_that_take_no_edit_are_read_and_refused_with_the_reason,
    a_mebibyte_of_aws_auth_is_edited_and_not_a_byte_more,
);

const PATH: &str = "/aws-reserved/sso.amazonaws.com/eu-central-1/";
const ADMIN: &str = "AWSReservedSSO_Admin_0123456789abcdef";
const ADMIN_OPS: &str = "AWSReservedSSO_Admin_Ops_fedcba9876543210";
const ADMIN_ANEW: &str = "AWSReservedSSO_Admin_1111111111111111";

/// What others wrote.
const THEIRS: &str = "\
# two people
- {rolearn: 'arn:aws:iam::111122223333:role/admins', username: admin, groups: [system:masters]}
";

fn entry(permission_set: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"people\" {{\n  permission_set = \"{permission_set}\"\n  username       = \"sso:{{{{SessionName}}}}\"\n  \
         groups         = [\"people\"]\n}}\n"
    )
}

fn arn_with_path(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role{PATH}{role}")
}

fn a_permission_set_lets_its_people_in_and_follows_its_role(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    for role in [ADMIN, ADMIN_OPS] {
        cloud.role(PATH, role)?;
    }
    let people = |role: &str| cloud.assume(&arn_with_path(role), "eve@example.com");
    let (admin, ops) = (people(ADMIN)?, people(ADMIN_OPS)?);
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&entry("Admin"))?;
    let plan = workspace.plan()?;
    plan.says(&["1 to add, 0 to change, 0 to destroy", &arn_with_path(ADMIN)])?;
    let asked = cloud.emulator().count("ListRoles")?;
    expect(asked == 1, format!("{asked} lists of roles in one plan"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let address = "eksauth_aws_auth_role.people";
    let canonical = json!(format!("arn:aws:iam::{ACCOUNT}:role/{ADMIN}"));
    expect(
        workspace.attribute(address, "canonical_arn")? == canonical,
        "another canonical ARN",
    )?;
    let eve = WhoAmI {
        username: "sso:eve-example.com".into(),
        groups: vec!["people".into()],
    };
    prod.wait_for_whoami(&admin, Some(&eve))?;
    prod.wait_for_whoami(&ops, None)?;

    // The last assignment goes and comes again: the role has another suffix.
    cloud.delete_role(ADMIN)?;
    cloud.role(PATH, ADMIN_ANEW)?;
    let plan = workspace.plan()?;
    plan.says(&[
        "0 to add, 1 to change, 0 to destroy",
        &arn_with_path(ADMIN_ANEW),
    ])?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    prod.wait_for_whoami(&people(ADMIN_ANEW)?, Some(&eve))?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        !written.contains(ADMIN) && written.starts_with(THEIRS),
        format!("the old role is still there, or others lost something:\n{written}"),
    )?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}

fn a_permission_set_that_cannot_be_found_is_refused_with_what_to_do(cloud: &Cloud) -> Outcome {
    cloud.role(PATH, ADMIN)?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(&entry("Admim"))?;
    workspace.try_apply()?.refused_with(&[
        "Permission Set Not Found",
        "`Admim` in account `111122223333`",
        "The nearest name is `Admin`.",
        "`rolearn` instead of `permission_set`",
    ])?;
    cloud.role("/aws-reserved/sso.amazonaws.com/", ADMIN_ANEW)?;
    workspace.configure(&entry("Admin"))?;
    workspace.try_apply()?.refused_with(&[
        "Several Roles For One Permission Set",
        ADMIN,
        ADMIN_ANEW,
    ])?;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["eks:*"], "Resource": "*"}]});
    workspace.act_as(&cloud.limited_user("without-iam", &policy)?);
    workspace.try_apply()?.refused_with(&[
        "Cannot Look Up Permission Set",
        "AccessDenied",
        "The caller needs the permission `iam:ListRoles`.",
    ])?;
    workspace.configure(&entry("Admin").replace(
        "  username",
        "  rolearn = \"arn:aws:iam::111122223333:role/x\"\n  username",
    ))?;
    workspace.try_apply()?.refused_with(&["Role Named Twice"])
}

fn a_permission_set_is_looked_up_as_the_role_that_reaches_the_cluster(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let reach = cloud.role("/", "reach")?;
    cloud.role(PATH, ADMIN)?;
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": "*"}]});
    let pipeline = cloud.limited_user("pipeline", &policy)?;
    prod.put_aws_auth_key(
        "mapRoles",
        &format!("- rolearn: {reach}\n  username: reach\n  groups: [system:masters]\n"),
    )?;
    prod.wait_for_whoami(
        &cloud.assume(&reach, "eve")?,
        Some(&WhoAmI {
            username: "reach".into(),
            groups: vec!["system:masters".into()],
        }),
    )?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&pipeline);
    workspace.configure(&entry("Admin"))?;
    workspace
        .try_apply()?
        .refused_with(&["iam:ListRoles", "AccessDenied"])?;
    let clusters = format!(
        "  clusters = {{\n    prod = {{ assume_role_arn = \"{reach}\", kubernetes_role_arn = \"{reach}\" }}\n  }}\n"
    );
    workspace.file(
        "main.tf",
        &format!("{}{}", provider_block(&clusters), entry("Admin")),
    )?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?.says(&["1 destroyed"])
}

fn a_name_that_is_known_only_at_apply_and_a_throttled_list_are_waited_for(
    cloud: &Cloud,
) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.role(PATH, ADMIN)?;
    let workspace = Workspace::new(cloud)?;
    let assignment = "resource \"terraform_data\" \"assignment\" {\n  input = \"Admin\"\n}\n\n";
    let entry = entry("Admin").replace("\"Admin\"", "terraform_data.assignment.output");
    workspace.configure(&format!("{assignment}{entry}"))?;
    workspace
        .plan()?
        .says(&["2 to add, 0 to change, 0 to destroy"])?;
    let asked = cloud.emulator().count("ListRoles")?;
    expect(asked == 0, "a name that is not known was looked up")?;
    cloud.emulator().fault(
        json!({"action": "ListRoles", "kind": "error", "status": 400,
        "code": "Throttling", "message": "Rate exceeded", "times": 2}),
    )?;
    workspace.apply()?.says(&["2 added"])?;
    let asked = cloud.emulator().count("ListRoles")?;
    expect(
        asked == 3,
        format!("{asked} lists of roles, two of them throttled"),
    )?;
    workspace.expect_empty_plan()?;
    expect_parts(
        &prod.aws_auth_key("mapRoles")?,
        &[&format!("arn:aws:iam::{ACCOUNT}:role/{ADMIN}")],
    )?;
    workspace.destroy().map(|_| ())
}

fn roles_that_are_gone_are_told_where_iam_may_be_asked(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.role("/", "admins")?;
    let gone = "- rolearn: arn:aws:iam::111122223333:role/gone\n  username: gone\n\
                - rolearn: arn:aws:iam::444455556666:role/theirs\n  username: theirs\n";
    prod.put_aws_auth_key("mapRoles", &format!("{THEIRS}{gone}"))?;
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(
        "data \"eksauth_aws_auth\" \"this\" {}\n\noutput \"findings\" {\n  value = [for finding in data.eksauth_aws_auth.this.findings : \"${finding.id} \
         ${finding.line} ${finding.severity}\"]\n}\n\nresource \"eksauth_aws_auth\" \"this\" {\n  map_roles = [{ rolearn = \
         \"arn:aws:iam::111122223333:role/gone\", username = \"gone\" }]\n}\n",
    )?;
    let warning = "account `111122223333` has no role `gone`; whoever makes one gets what this entry gives. Finding: role.missing";
    workspace.plan()?.says(&[
        "role.missing 3 warning",
        "role.other_account 5 note",
        "Roles Deleted Or Recreated",
        warning,
    ])?;
    let mut lint = workspace.command(&built_provider()?);
    let output = lint.args(["lint", "--cluster", PROD]).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    expect_parts(
        &printed,
        &[
            "warning role.missing aws-auth mapRoles, line 3, column 1 account `111122223333` has no role `gone`",
            "role.other_account",
        ],
    )?;

    // Without the permission the same plan says nothing of roles, and does not fail.
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["eks:*"], "Resource": "*"}]});
    let limited = cloud.limited_user("reader", &policy)?;
    prod.put_aws_auth(&BTreeMap::from([
        ("mapRoles".to_owned(), format!("{THEIRS}{gone}")),
        (
            "mapUsers".to_owned(),
            format!(
                "- userarn: {}\n  username: reader\n  groups: [system:masters]\n",
                limited.arn
            ),
        ),
    ]))?;
    prod.wait_for_whoami(
        &limited,
        Some(&WhoAmI {
            username: "reader".into(),
            groups: vec!["system:masters".into()],
        }),
    )?;
    workspace.act_as(&limited);
    let plan = workspace.plan()?;
    plan.says(&["1 to add, 0 to change, 0 to destroy"])?;
    match plan.says(&["role.missing"]) {
        Ok(()) => Err(Failure::new(
            "a role was judged without the permission to list roles",
        )),
        Err(_) => Ok(()),
    }
}

fn user(name: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_user\" \"{name}\" {{\n  userarn  = \"arn:aws:iam::{ACCOUNT}:user/{name}\"\n  username = \"{name}\"\n}}\n"
    )
}

fn role(name: &str) -> String {
    format!(
        "resource \"eksauth_aws_auth_role\" \"{name}\" {{\n  rolearn  = \"arn:aws:iam::{ACCOUNT}:role/{name}\"\n  username = \"{name}\"\n}}\n"
    )
}

/// Makes aws-auth of an object as the API server takes it.
fn make(cloud: &Cloud, fields: &serde_json::Value) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.delete_aws_auth()?;
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "aws-auth", "namespace": "kube-system"}});
    if let (Some(object), Some(fields)) = (object.as_object_mut(), fields.as_object()) {
        object.extend(fields.clone());
    }
    let (status, answer) = prod.ask(
        "POST",
        "/api/v1/namespaces/kube-system/configmaps",
        Some(&object),
    )?;
    expect(status == 201, format!("it was not made: {status} {answer}"))
}

fn documents_that_take_no_edit_are_read_and_refused_with_the_reason(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    let data = "data \"eksauth_aws_auth\" \"this\" {}\n\noutput \"roles\" {\n  value = [for role in data.eksauth_aws_auth.this.map_roles : role.username]\n}\n";
    let workspace = Workspace::new(cloud)?;
    make(
        cloud,
        &json!({"immutable": true, "data": {"mapRoles": THEIRS}}),
    )?;
    let before = prod.aws_auth_object()?;
    workspace.configure(&format!("{data}{}", role("platform")))?;
    workspace.try_apply()?.refused_with(&[
        "ConfigMap Cannot Be Changed",
        "the ConfigMap is marked `immutable: true`, so the API server refuses every change of it",
    ])?;
    workspace.configure(data)?;
    workspace.apply()?.says(&["\"admin\""])?;
    expect(before == prod.aws_auth_object()?, "the object was written")?;

    make(
        cloud,
        &json!({"binaryData": {"mapRoles": "LSBub25l"}, "data": {"mapUsers": "[]"}}),
    )?;
    workspace.configure(&role("platform"))?;
    workspace.try_apply()?.refused_with(&[
        "ConfigMap Cannot Be Changed",
        "`mapRoles` stands under `binaryData`",
    ])?;
    workspace.configure(&user("carol"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("mapUsers", "[]", &prod.aws_auth_key("mapUsers")?)?;

    // Windows line ends, a byte order mark, and text outside ASCII, in one document.
    let windows = "\u{feff}# für Zoë\r\n- rolearn: arn:aws:iam::111122223333:role/admins\r\n  username: dév\r\n  groups:\r\n    - ä\r\n";
    prod.put_aws_auth_key("mapRoles", windows)?;
    workspace.configure(&role("platform"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let written = prod.aws_auth_key("mapRoles")?;
    expect(
        written.starts_with(windows)
            && written.matches('\n').count() == written.matches("\r\n").count(),
        format!("other bytes or other line ends:\n{written:?}"),
    )?;
    let session = {
        cloud.role("/", "platform")?;
        cloud.assume(&format!("arn:aws:iam::{ACCOUNT}:role/platform"), "eve")?
    };
    let platform = WhoAmI {
        username: "platform".into(),
        groups: vec![],
    };
    prod.wait_for_whoami(&session, Some(&platform))?;
    workspace.destroy()?;
    expect_same("mapRoles", windows, &prod.aws_auth_key("mapRoles")?)
}

fn a_mebibyte_of_aws_auth_is_edited_and_not_a_byte_more(cloud: &Cloud) -> Outcome {
    const MOST: usize = 1024 * 1024;
    let prod = cloud.cluster(PROD)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&role("platform"))?;
    prod.put_aws_auth_key("mapRoles", THEIRS)?;
    workspace.apply()?;
    let entry = prod.aws_auth_key("mapRoles")?.len() - THEIRS.len();
    workspace.destroy()?;
    let filled = |length: usize| {
        prod.put_aws_auth(&BTreeMap::from([
            ("mapRoles".to_owned(), THEIRS.to_owned()),
            ("notes".to_owned(), "#".repeat(length)),
        ]))
    };
    let room = MOST - THEIRS.len() - entry;
    filled(room)?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)?;
    filled(room + 1)?;
    workspace.try_apply()?.refused_with(&[
        "ConfigMap Cannot Be Changed",
        "the ConfigMap would hold 1048577 bytes, 1048576 are allowed",
    ])?;
    expect_same("mapRoles", THEIRS, &prod.aws_auth_key("mapRoles")?)
}
