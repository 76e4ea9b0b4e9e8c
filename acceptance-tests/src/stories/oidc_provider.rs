//! `eksauth_oidc_provider`: made from a cluster's name, changed in place, adopted, never lost.

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        json::text,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("oidc_provider":
    basic,
    client_ids_are_changed_in_place_and_added_before_removed,
    disappears,
    import_by_arn_and_by_cluster_name,
    one_that_exists_is_refused_and_can_be_adopted,
    a_lost_answer_is_recognised_as_ours,
    throttling_and_server_faults_are_waited_out,
    a_missing_permission_is_named,
    an_apply_that_is_interrupted_converges,
    wrong_configurations_are_refused_before_apply,
);

const ADDRESS: &str = "eksauth_oidc_provider.this";

fn provider(more: &str) -> String {
    format!("resource \"eksauth_oidc_provider\" \"this\" {{\n{more}}}\n")
}

/// The issuer of `prod` and the ARN that its provider gets.
fn expected(cloud: &Cloud) -> Outcome<(String, String)> {
    let issuer = text(
        &cloud.set_cluster(PROD, &json!({}))?,
        "identity.oidc.issuer",
    )?;
    let arn = format!(
        "arn:aws:iam::{ACCOUNT}:oidc-provider/{}",
        issuer.trim_start_matches("https://")
    );
    Ok((issuer, arn))
}

/// What IAM has under an ARN.
fn in_iam(cloud: &Cloud, arn: &str) -> Outcome<Value> {
    cloud.aws_as(
        cloud.creator(),
        &[
            "iam",
            "get-open-id-connect-provider",
            "--open-id-connect-provider-arn",
            arn,
        ],
    )
}

fn make_by_hand(cloud: &Cloud, issuer: &str, client_id: &str) -> Outcome {
    let arguments = [
        "iam",
        "create-open-id-connect-provider",
        "--url",
        issuer,
        "--client-id-list",
        client_id,
    ];
    cloud.aws_as(cloud.creator(), &arguments).map(|_| ())
}

fn basic(cloud: &Cloud) -> Outcome {
    let (issuer, arn) = expected(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider("  tags = { team = \"platform\" }\n"))?;
    let plan = workspace.plan()?;
    plan.says(&[&arn, "1 to add, 0 to change, 0 to destroy"])?;
    workspace
        .apply()?
        .says(&["1 added, 0 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute(ADDRESS, "arn")? == json!(arn),
        "the state has another ARN",
    )?;
    expect(
        workspace.attribute(ADDRESS, "issuer")? == json!(issuer),
        "the state has another issuer",
    )?;
    let made = in_iam(cloud, &arn)?;
    expect_parts(
        &made.to_string(),
        &[
            "[\"sts.amazonaws.com\"]",
            "{\"Key\":\"team\",\"Value\":\"platform\"}",
        ],
    )?;
    workspace.destroy()?;
    expect(in_iam(cloud, &arn).is_err(), "the provider is still there")
}

fn client_ids_are_changed_in_place_and_added_before_removed(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider("  client_id_list = [\"old\", \"both\"]\n"))?;
    workspace.apply()?;
    workspace.configure(&provider(
        "  client_id_list = [\"both\", \"new\"]\n  tags = { a = \"b\" }\n",
    ))?;
    cloud.emulator().control("reset-log", &json!({}))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    let writes: Vec<String> = cloud
        .emulator()
        .asked()?
        .into_iter()
        .map(|line| line.action)
        .collect();
    let writes: Vec<&str> = writes
        .iter()
        .map(String::as_str)
        .filter(|action| action.contains("ClientID"))
        .collect();
    expect(
        writes
            == [
                "AddClientIDToOpenIDConnectProvider",
                "RemoveClientIDFromOpenIDConnectProvider",
            ],
        format!("{writes:?}"),
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn disappears(cloud: &Cloud) -> Outcome {
    let (_, arn) = expected(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider(""))?;
    workspace.apply()?;
    let gone = [
        "iam",
        "delete-open-id-connect-provider",
        "--open-id-connect-provider-arn",
        &arn,
    ];
    cloud.aws_as(cloud.creator(), &gone)?;
    workspace
        .plan()?
        .says(&["1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    cloud.aws_as(cloud.creator(), &gone)?;
    workspace.destroy().map(|_| ())
}

fn import_by_arn_and_by_cluster_name(cloud: &Cloud) -> Outcome {
    let (issuer, arn) = expected(cloud)?;
    make_by_hand(cloud, &issuer, "sts.amazonaws.com")?;
    for (id, configuration) in [
        (arn.clone(), format!("  url = \"{issuer}\"\n")),
        ("prod".to_owned(), "  cluster_name = \"prod\"\n".to_owned()),
        (
            "prod@eu-central-1".to_owned(),
            "  cluster_name = \"prod\"\n  region = \"eu-central-1\"\n".to_owned(),
        ),
    ] {
        let workspace = Workspace::new(cloud)?;
        let without_default =
            crate::bed::workspace::provider_block("").replace("  cluster_name = \"prod\"\n", "");
        workspace.file(
            "main.tf",
            &format!("{without_default}{}", provider(&configuration)),
        )?;
        workspace
            .import(ADDRESS, &id)?
            .succeeded()
            .map_err(|failure| failure.during(&id))?;
        workspace
            .expect_empty_plan()
            .map_err(|failure| failure.during(&id))?;
        let generated = Workspace::new(cloud)?;
        let import = format!("import {{\n  to = {ADDRESS}\n  id = \"{id}\"\n}}\n");
        generated.file("main.tf", &format!("{without_default}{import}"))?;
        generated
            .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
            .succeeded()
            .map_err(|failure| failure.during(&id))?
            .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])?;
    }
    Ok(())
}

fn one_that_exists_is_refused_and_can_be_adopted(cloud: &Cloud) -> Outcome {
    let (issuer, arn) = expected(cloud)?;
    make_by_hand(cloud, &issuer, "theirs")?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider(""))?;
    workspace.try_apply()?.refused_with(&[
        "Exists Already",
        &arn,
        "import {",
        "on_conflict = \"adopt\"",
        "`theirs`",
    ])?;
    expect_parts(&in_iam(cloud, &arn)?.to_string(), &["[\"theirs\"]"])?;
    workspace.configure(&provider("  on_conflict = \"adopt\"\n"))?;
    workspace.apply()?;
    expect(
        workspace.attribute(ADDRESS, "adopted")? == json!(true),
        "the provider is not marked as adopted",
    )?;
    expect_parts(
        &in_iam(cloud, &arn)?.to_string(),
        &["\"theirs\"", "\"sts.amazonaws.com\""],
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    in_iam(cloud, &arn)
        .map(|_| ())
        .map_err(|failure| failure.during("an adopted provider survives destroy"))
}

fn a_lost_answer_is_recognised_as_ours(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider(""))?;
    cloud
        .emulator()
        .fault(json!({"action": "CreateOpenIDConnectProvider", "kind": "lost"}))?;
    workspace.apply()?.says(&["1 added"])?;
    expect(
        workspace.attribute(ADDRESS, "adopted")? == json!(false),
        "our own provider counts as adopted",
    )?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn throttling_and_server_faults_are_waited_out(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider(""))?;
    cloud.emulator().fault(
        json!({"action": "CreateOpenIDConnectProvider", "kind": "error", "times": 2,
        "status": 400, "code": "Throttling", "message": "Rate exceeded"}),
    )?;
    cloud.emulator().fault(
        json!({"action": "DescribeCluster", "kind": "error", "times": 2,
        "status": 500, "code": "ServerException", "message": "An internal error occurred"}),
    )?;
    workspace.apply()?.says(&["1 added"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_missing_permission_is_named(cloud: &Cloud) -> Outcome {
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["eks:*", "iam:Get*", "iam:List*", "sts:*"], "Resource": "*"}]});
    let mut workspace = Workspace::new(cloud)?;
    workspace.act_as(&cloud.limited_user("reader-of-iam", &policy)?);
    workspace.configure(&provider(""))?;
    workspace
        .try_apply()?
        .refused_with(&["AccessDenied", "iam:CreateOpenIDConnectProvider"])
}

fn an_apply_that_is_interrupted_converges(cloud: &Cloud) -> Outcome {
    let (_, arn) = expected(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&provider(""))?;
    cloud
        .emulator()
        .fault(json!({"action": "CreateOpenIDConnectProvider", "kind": "hold"}))?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    cloud
        .emulator()
        .wait_for_held("CreateOpenIDConnectProvider")?;
    running.interrupt()?;
    cloud.emulator().release()?;
    let run = running.wait()?;
    run.says(&["Interrupt received"])?;
    let made = in_iam(cloud, &arn).is_ok();
    let remembered = workspace.state(ADDRESS)?.is_some();
    expect(
        made == remembered,
        format!(
            "in IAM: {made}, in the state: {remembered}\n{}{}",
            run.output, run.errors
        ),
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn wrong_configurations_are_refused_before_apply(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let dual_stack =
        "  url = \"https://oidc-eks.eu-central-1.api.aws/id/0123456789ABCDEF0123456789ABCDEF\"\n";
    for (configuration, parts) in [
        (
            "  cluster_name = \"prod\"\n  url = \"https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"\n",
            ["Conflicting Attributes", "cluster_name"],
        ),
        (
            dual_stack,
            [
                "Dual-Stack Issuer",
                "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
            ],
        ),
        (
            "  thumbprint_list = [\"12:34\"]\n",
            ["Invalid Thumbprint", "`12:34`"],
        ),
        ("  on_conflict = \"take\"\n", ["on_conflict", "adopt"]),
    ] {
        workspace.configure(&provider(configuration))?;
        workspace
            .plan()?
            .refused_with(&parts)
            .map_err(|failure| failure.during(configuration))?;
    }
    Ok(())
}
