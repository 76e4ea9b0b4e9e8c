//! `eksauth_pod_identity_association`: pods get the role, nothing of others is taken, and no role that would refuse its pods.

use std::time::Duration;

use serde_json::{Value, json};

use super::{examples::text as example, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, OTHER_ACCOUNT, PROD},
        identity::Identity,
        workspace::{Workspace, provider_block},
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("pod_identity_association":
    basic,
    a_target_role_and_a_session_policy,
    what_exists_is_named_adopted_or_imported,
    an_add_ons_association_is_left_alone,
    disappears,
    import_by_account_by_id_and_by_identity,
    a_role_that_would_refuse_its_pods_is_refused_at_plan,
    a_role_that_was_just_made_is_waited_for,
    another_key_of_for_each_keeps_the_association,
    a_change_of_mode_leaves_no_pod_without_credentials,
    many_are_listed_and_their_details_read;
    with mirror:
    an_association_that_hashicorp_aws_has_made_is_moved,
);

const ADDRESS: &str = "eksauth_pod_identity_association.reader";

pub(super) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A role that trusts Pod Identity, and the association with it.
fn configuration(role: &str, more: &str) -> String {
    format!(
        "resource \"eksauth_irsa_role\" \"{role}\" {{\n  name = \"{role}\"\n  pod_identity = true\n}}\n\n{}",
        association(&format!("eksauth_irsa_role.{role}.arn"), more)
    )
}

fn association(role: &str, more: &str) -> String {
    format!(
        "resource \"eksauth_pod_identity_association\" \"reader\" {{\n  namespace = \"apps\"\n  service_account = \"reader\"\n  role_arn = {role}\n{more}}}\n"
    )
}

fn trust(principal: &Value, actions: &[&str], condition: &Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": actions});
    if condition.is_object()
        && let Some(fields) = statement.as_object_mut()
    {
        fields.insert("Condition".to_owned(), condition.clone());
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

const BOTH: [&str; 2] = ["sts:AssumeRole", "sts:TagSession"];

fn make_role(cloud: &Cloud, account: &str, name: &str, trust: &Value) -> Outcome {
    let wanted = json!({"account": account, "name": name, "trust": trust});
    cloud.emulator().control("role", &wanted).map(drop)
}

pub(super) fn pods_role(cloud: &Cloud, name: &str) -> Outcome {
    let pods = json!({"Service": "pods.eks.amazonaws.com"});
    make_role(cloud, ACCOUNT, name, &trust(&pods, &BOTH, &Value::Null))
}

/// The role that a pod of `apps:reader` is given.
fn given(cloud: &Cloud) -> Outcome<Identity> {
    let token = cloud.cluster(PROD)?.pod_token("apps", "reader")?;
    cloud.assume_for_pod(PROD, &token)
}

pub(super) fn expect_given(cloud: &Cloud, role: &str) -> Outcome {
    let session = given(cloud)?;
    expect_parts(&session.arn, &[&format!("assumed-role/{role}/")])
}

fn basic(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let tagged = "  tags = { team = \"apps\", old = \"x\" }\n";
    workspace.configure(&configuration("reader", tagged))?;
    workspace
        .plan()?
        .says(&["prod/apps/reader", "2 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect_given(cloud, "reader")?;
    let id = workspace.attribute(ADDRESS, "association_id")?;
    let changed = "  disable_session_tags = true\n  tags = { team = \"web\" }\n";
    workspace.configure(&format!(
        "resource \"eksauth_irsa_role\" \"reader\" {{\n  name = \"reader\"\n  pod_identity = true\n}}\n\n{}",
        configuration("writer", changed)
    ))?;
    workspace
        .apply()?
        .says(&["1 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_given(cloud, "writer")?;
    expect(
        workspace.attribute(ADDRESS, "association_id")? == id,
        "the association was made anew",
    )?;
    workspace.destroy()?;
    expect(given(cloud).is_err(), "the association outlives destroy")
}

fn a_target_role_and_a_session_policy(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let first = role_arn("first");
    let target = format!("arn:aws:iam::{OTHER_ACCOUNT}:role/second");
    make_role(
        cloud,
        OTHER_ACCOUNT,
        "second",
        &trust(&json!({"AWS": first}), &BOTH, &Value::Null),
    )?;
    let workspace = Workspace::new(cloud)?;
    let role = format!("\"{first}\"");
    let chained = format!("  target_role_arn = \"{target}\"\n");
    workspace.configure(&association(&role, &chained))?;
    workspace.apply()?.says(&[
        "Role In Another Account",
        "sts:TagSession",
        "external_id",
        "1 added",
    ])?;
    workspace.expect_empty_plan()?;
    let external_id = workspace.attribute(ADDRESS, "external_id")?;
    expect(external_id.is_string(), "there is no external id")?;
    let policy = "  disable_session_tags = true\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }] })\n";
    workspace.configure(&association(&role, policy))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute(ADDRESS, "target_role_arn")?.is_null()
            && workspace.attribute(ADDRESS, "external_id")?.is_null(),
        "the target role stays",
    )?;
    workspace.configure(&association(&role, ""))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect_given(cloud, "first")?;
    let with_tags = policy.replace("  disable_session_tags = true\n", "");
    workspace.configure(&association(&role, &with_tags))?;
    workspace
        .run(&["plan", "-no-color"])?
        .refused_with(&["Policy Needs Session Tags Off"])?;
    workspace.configure(&association(&role, ""))?;
    workspace.destroy().map(drop)
}

fn put(cloud: &Cloud, more: &Value) -> Outcome<String> {
    let mut wanted =
        json!({"namespace": "apps", "serviceAccount": "reader", "roleArn": role_arn("first")});
    if let (Some(wanted), Some(more)) = (wanted.as_object_mut(), more.as_object()) {
        wanted.extend(more.clone());
    }
    let ids = cloud.put_pod_identity_associations(PROD, &[wanted])?;
    ids.into_iter()
        .next()
        .ok_or_else(|| Failure::new("no association was made"))
}

fn what_exists_is_named_adopted_or_imported(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    pods_role(cloud, "second")?;
    let id = put(cloud, &json!({}))?;
    let workspace = Workspace::new(cloud)?;
    let second = format!("\"{}\"", role_arn("second"));
    workspace.configure(&association(&second, ""))?;
    workspace
        .plan()?
        .says(&["Pod Identity Association Exists Already", &id])?;
    workspace.try_apply()?.refused_with(&[
        "Pod Identity Association Exists Already",
        "id = \"prod/apps/reader\"",
        &role_arn("first"),
        &role_arn("second"),
    ])?;
    expect_given(cloud, "first")?;
    workspace.configure(&association(&second, "  on_conflict = \"adopt\"\n"))?;
    workspace
        .apply()?
        .says(&["Pod Identity Association Adopted"])?;
    workspace.expect_empty_plan()?;
    expect_given(cloud, "second")?;
    workspace
        .destroy()?
        .says(&["Adopted Pod Identity Association Stays"])?;
    expect_given(cloud, "second")
}

fn an_add_ons_association_is_left_alone(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let addon = format!("arn:aws:eks:eu-central-1:{ACCOUNT}:addon/{PROD}/vpc-cni/1");
    put(cloud, &json!({"ownerArn": addon}))?;
    let workspace = Workspace::new(cloud)?;
    let first = format!("\"{}\"", role_arn("first"));
    let owned = ["Pod Identity Association Belongs To An Add-on", "vpc-cni"];
    for more in ["", "  on_conflict = \"adopt\"\n"] {
        workspace.configure(&association(&first, more))?;
        workspace
            .run(&["plan", "-no-color"])?
            .refused_with(&owned)?;
    }
    workspace
        .import(ADDRESS, "prod/apps/reader")?
        .refused_with(&owned)?;
    expect_given(cloud, "first")
}

fn disappears(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let workspace = Workspace::new(cloud)?;
    let first = format!("\"{}\"", role_arn("first"));
    workspace.configure(&association(&first, ""))?;
    workspace.apply()?;
    let id = workspace.attribute(ADDRESS, "association_id")?;
    let id = id.as_str().unwrap_or_default();
    let delete = ["eks", "delete-pod-identity-association"];
    let which = ["--cluster-name", PROD, "--association-id", id];
    cloud.aws_as(cloud.creator(), &[delete.as_slice(), &which].concat())?;
    workspace.plan()?.says(&["1 to add, 0 to change"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect_given(cloud, "first")?;
    workspace.destroy().map(drop)
}

fn import_by_account_by_id_and_by_identity(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let id = put(cloud, &json!({"tags": {"team": "apps"}}))?;
    let first = format!("\"{}\"", role_arn("first"));
    for import in ["prod/apps/reader".to_owned(), format!("prod,{id}")] {
        let workspace = Workspace::new(cloud)?;
        workspace.configure(&association(&first, "  tags = { team = \"apps\" }\n"))?;
        workspace.import(ADDRESS, &import)?.succeeded()?;
        workspace.expect_empty_plan()?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&association(&first, ""))?;
    workspace
        .import(ADDRESS, "prod/apps")?
        .refused_with(&["Invalid Import Id", "prod/apps/reader"])?;
    workspace
        .import(ADDRESS, "prod/apps/nobody")?
        .refused_with(&["Nothing To Import"])
}

fn a_role_that_would_refuse_its_pods_is_refused_at_plan(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let workspace = Workspace::new(cloud)?;
    let first = format!("\"{}\"", role_arn("first"));
    workspace.configure(&association(&first, ""))?;
    let pods = json!({"Service": "pods.eks.amazonaws.com"});
    let other = json!({"StringEquals": {"aws:RequestTag/kubernetes-namespace": "web"}});
    let account = json!({"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}});
    for (trust, said) in [
        (
            trust(&pods, &["sts:AssumeRole"], &Value::Null),
            "sts:TagSession",
        ),
        (
            trust(
                &json!({"Service": "ec2.amazonaws.com"}),
                &BOTH,
                &Value::Null,
            ),
            "pods.eks.amazonaws.com",
        ),
        (trust(&pods, &BOTH, &other), "kubernetes-namespace"),
        (trust(&pods, &BOTH, &account), "aws:SourceAccount"),
    ] {
        let put = ["iam", "update-assume-role-policy", "--role-name", "first"];
        let document = trust.to_string();
        let policy = ["--policy-document", document.as_str()];
        cloud.aws_as(cloud.creator(), &[put.as_slice(), &policy].concat())?;
        workspace
            .run(&["plan", "-no-color"])?
            .refused_with(&["Role Does Not Trust Pod Identity", said])?;
    }
    let planned = format!(
        "resource \"eksauth_irsa_role\" \"reader\" {{\n  name = \"reader\"\n  ec2 = true\n}}\n\n{}",
        association("eksauth_irsa_role.reader.arn", "")
    );
    workspace.configure(&planned)?;
    workspace
        .run(&["plan", "-no-color"])?
        .refused_with(&["Role Does Not Trust Pod Identity", "pod_identity = true"])?;
    let foreign = format!("\"arn:aws:iam::{OTHER_ACCOUNT}:role/x\"");
    workspace.configure(&association(&foreign, ""))?;
    workspace
        .run(&["plan", "-no-color"])?
        .refused_with(&["Role In Another Account", "target_role_arn"])
}

fn a_role_that_was_just_made_is_waited_for(cloud: &Cloud) -> Outcome {
    cloud.delay_principals(Duration::from_secs(3))?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&configuration("reader", ""))?;
    workspace.apply()?.says(&["2 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(drop)
}

fn another_key_of_for_each_keeps_the_association(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let workspace = Workspace::new(cloud)?;
    let keyed = |key: &str| {
        format!(
            "resource \"eksauth_pod_identity_association\" \"reader\" {{\n  for_each = toset([\"{key}\"])\n  namespace = \"apps\"\n  service_account = \"reader\"\n  role_arn = \"{}\"\n}}\n",
            role_arn("first")
        )
    };
    workspace.configure(&keyed("a"))?;
    workspace.apply()?;
    let at = |key: &str| workspace.attribute(&format!("{ADDRESS}[\"{key}\"]"), "association_id");
    let before = at("a")?;
    workspace.configure(&keyed("b"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(at("b")? == before, "the association was made anew")?;
    expect_given(cloud, "first")?;
    workspace.destroy().map(drop)
}

/// A pod that was made with the annotation gets the role.
fn expect_given_by_irsa(cloud: &Cloud, is_given: bool) -> Outcome {
    let token =
        cloud
            .cluster(PROD)?
            .service_account_token("apps", "reader", "sts.amazonaws.com")?;
    let given = cloud.assume_with_web_identity(&role_arn("reader"), &token);
    expect(
        given.is_ok() == is_given,
        format!("by IRSA: {:?}", given.err().map(|error| error.to_string())),
    )
}

fn a_change_of_mode_leaves_no_pod_without_credentials(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace("apps")?;
    prod.put_service_accounts("apps", &[])?;
    let workspace = Workspace::new(cloud)?;
    workspace.file("main.tf", &example("pod-role/main.tf")?)?;
    for file in ["main.tf", "variables.tf", "outputs.tf"] {
        let text = example(&format!("pod-role/module/{file}"))?;
        workspace.file(&format!("module/{file}"), &text)?;
    }
    workspace.run(&["get", "-no-color"])?.succeeded()?;
    let set = |mode: &str, only: bool| {
        let text = format!("mode = \"{mode}\"\nonly_mode_is_trusted = {only}\n");
        workspace.file("terraform.tfvars", &text)?;
        workspace.apply()?;
        workspace.expect_empty_plan()
    };
    let refused = |mode: &str| {
        let text = format!("mode = \"{mode}\"\nonly_mode_is_trusted = true\n");
        workspace.file("terraform.tfvars", &text)?;
        workspace
            .run(&["apply", "-no-color", "-input=false", "-auto-approve"])?
            .refused_with(&["get the role by a way that this apply gives up"])
    };
    let is_annotated = || {
        let account = prod.service_account("apps", "reader")?.unwrap_or_default();
        Ok::<_, Failure>(account.to_string().contains("eks.amazonaws.com/role-arn"))
    };
    set("irsa", false)?;
    expect_given_by_irsa(cloud, true)?;
    expect(
        is_annotated()? && given(cloud).is_err(),
        "not by IRSA alone",
    )?;
    set("both", false)?;
    expect_given_by_irsa(cloud, true)?;
    expect_given(cloud, "reader")?;
    expect(is_annotated()?, "the annotation is gone")?;
    set("pod_identity", false)?;
    expect_given(cloud, "reader")?;
    expect(!is_annotated()?, "the annotation stays")?;
    // A pod from before has its token and its way still.
    expect_given_by_irsa(cloud, true)?;
    set("pod_identity", true)?;
    expect_given(cloud, "reader")?;
    expect_given_by_irsa(cloud, false)?;
    refused("irsa")?;
    expect_given(cloud, "reader")?;
    cloud.emulator().control("reset-log", &json!({}))?;
    set("irsa", false)?;
    expect_given_by_irsa(cloud, true)?;
    expect(
        is_annotated()? && given(cloud).is_err(),
        "Pod Identity stays",
    )?;
    let asked = cloud.emulator().asked()?;
    let at = |action: &str| asked.iter().position(|line| line.action == action);
    let (trusted, gone) = (
        at("UpdateAssumeRolePolicy"),
        at("DeletePodIdentityAssociation"),
    );
    expect(
        trusted.is_some() && trusted < gone,
        format!("the association went first: {trusted:?}, {gone:?}"),
    )?;
    set("irsa", true)?;
    refused("pod_identity")?;
    expect_given_by_irsa(cloud, true)?;
    workspace.destroy().map(drop)
}

fn many_are_listed_and_their_details_read(cloud: &Cloud) -> Outcome {
    let wanted: Vec<Value> = (0..230)
        .map(|number| {
            json!({"namespace": format!("n-{}", number % 2), "serviceAccount": format!("account-{number:03}"), "roleArn": role_arn("first")})
        })
        .collect();
    cloud.put_pod_identity_associations(PROD, &wanted)?;
    let workspace = Workspace::new(cloud)?;
    let address = "data.eksauth_pod_identity_associations.this";
    let read = |more: &str| {
        workspace.configure(&format!(
            "data \"eksauth_pod_identity_associations\" \"this\" {{\n{more}}}\n"
        ))?;
        workspace.apply()?;
        let read = workspace.state(address)?.unwrap_or_default();
        let all = read.get("associations").and_then(Value::as_array).cloned();
        Ok::<_, Failure>(all.unwrap_or_default())
    };
    let all = read("")?;
    expect(all.len() == 230, format!("{} are listed", all.len()))?;
    let is_without_role = |one: &Value| one.get("role_arn").is_none_or(Value::is_null);
    expect(all.iter().all(is_without_role), "a role without details")?;
    let some = read("  namespace = \"n-1\"\n  details = true\n")?;
    let has_role = |one: &Value| one.get("role_arn") == Some(&json!(role_arn("first")));
    expect(
        some.len() == 115 && some.iter().all(has_role),
        format!("{} with details", some.len()),
    )
}

const OF_AWS: &str = r#"
provider "aws" {
  region                  = "eu-central-1"
  skip_metadata_api_check = true
}

resource "aws_eks_pod_identity_association" "reader" {
  cluster_name    = "prod"
  namespace       = "apps"
  service_account = "reader"
  role_arn        = "arn:aws:iam::111122223333:role/first"
  tags            = { team = "apps" }
}
"#;

/// The same as ours, with the move.
pub(super) const OURS: &str = r#"
moved {
  from = aws_eks_pod_identity_association.reader
  to   = eksauth_pod_identity_association.reader
}

resource "eksauth_pod_identity_association" "reader" {
  namespace       = "apps"
  service_account = "reader"
  role_arn        = "arn:aws:iam::111122223333:role/first"
  tags            = { team = "apps" }
}
"#;

fn an_association_that_hashicorp_aws_has_made_is_moved(cloud: &Cloud) -> Outcome {
    pods_role(cloud, "first")?;
    let aws = "    aws     = { source = \"hashicorp/aws\" }\n  }\n}\n\nprovider \"eksauth\"";
    let block = provider_block("").replacen("  }\n}\n\nprovider \"eksauth\"", aws, 1);
    let workspace = Workspace::with_init(cloud)?;
    workspace.file("main.tf", &format!("{block}{OF_AWS}"))?;
    workspace.init()?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.file("main.tf", &format!("{block}{OURS}"))?;
    workspace.plan()?.says(&[
        "aws_eks_pod_identity_association.reader has moved to eksauth_pod_identity_association.reader",
        "0 to add, 0 to change, 0 to destroy",
    ])?;
    workspace
        .apply()?
        .says(&["0 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect_given(cloud, "first")?;
    workspace.destroy()?.says(&["1 destroyed"])
}
