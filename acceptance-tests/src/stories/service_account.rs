//! `eksauth_service_account`: made or adopted, nothing of others touched, and no role that would refuse its pods.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::story::stories;
use crate::{
    bed::{
        audit::Request,
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("service_account":
    basic,
    a_pod_of_it_gets_the_role,
    what_others_put_on_it_stays,
    one_that_is_there_is_adopted_and_survives_destroy,
    whoever_holds_a_field_is_named,
    disappears,
    import_by_id_and_by_identity,
    a_role_that_would_refuse_its_pods_is_refused_at_plan,
    a_role_that_the_same_plan_changes_is_judged_as_planned,
    running_pods_are_named,
    the_namespace_is_waited_for,
    what_is_known_at_apply_only,
    many_are_read_together,
    wrong_configurations_are_refused_before_apply,
);

pub(super) const ADDRESS: &str = "eksauth_service_account.reader";
pub(super) const WHICH: (&str, &str) = ("apps", "reader");
const KEY: &str = "eks.amazonaws.com/role-arn";

pub(super) fn account(more: &str) -> String {
    format!(
        "resource \"eksauth_service_account\" \"reader\" {{\n  namespace = \"apps\"\n  name = \"reader\"\n{more}}}\n"
    )
}

/// An OIDC provider, a role that trusts accounts, and the account with that role.
fn with_role(trusted: &str, more: &str) -> String {
    format!(
        "resource \"eksauth_oidc_provider\" \"this\" {{}}\n\nresource \"eksauth_irsa_role\" \"reader\" {{\n  name = \"reader\"\n  \
         oidc_provider_arn = eksauth_oidc_provider.this.arn\n  service_accounts = [{trusted}]\n}}\n\n{}",
        account(&format!(
            "  role_arn = eksauth_irsa_role.reader.arn\n{more}"
        ))
    )
}

fn role_arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/reader")
}

/// `prod` with the namespace and without the account, whatever the story before has left.
pub(super) fn fresh(cloud: &Cloud) -> Outcome<Cluster<'_>> {
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace(WHICH.0)?;
    prod.put_service_accounts(WHICH.0, &[])?;
    Ok(prod)
}

pub(super) fn annotations(prod: &Cluster<'_>) -> Outcome<Value> {
    let account = prod.service_account(WHICH.0, WHICH.1)?;
    let account = account.ok_or_else(|| Failure::new("there is no account"))?;
    Ok(account
        .pointer("/metadata/annotations")
        .cloned()
        .unwrap_or(json!({})))
}

fn basic(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let all = "  audience = \"sts.amazonaws.com\"\n  token_expiration = 3600\n  sts_regional_endpoints = true\n  labels = { team = \"apps\" }\n  \
               image_pull_secrets = [\"two\", \"one\"]\n  automount_service_account_token = false\n";
    workspace.configure(&with_role("\"apps:reader\"", all))?;
    workspace
        .plan()?
        .says(&["prod/apps/reader", "3 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let made = prod.service_account(WHICH.0, WHICH.1)?.unwrap_or_default();
    expect_parts(
        &made.to_string(),
        &[
            &format!("\"{KEY}\":\"{}\"", role_arn()),
            "\"eks.amazonaws.com/token-expiration\":\"3600\"",
            "\"eks.amazonaws.com/sts-regional-endpoints\":\"true\"",
            "\"automountServiceAccountToken\":false",
            "\"team\":\"apps\"",
            "[{\"name\":\"one\"},{\"name\":\"two\"}]",
        ],
    )?;
    workspace.configure(&with_role(
        "\"apps:reader\"",
        "  labels = {}\n  image_pull_secrets = []\n",
    ))?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    expect(
        annotations(&prod)? == json!({KEY: role_arn()}),
        "annotations that are no longer set stay",
    )?;
    workspace.configure(&with_role("\"apps:reader\"", ""))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect(
        prod.service_account(WHICH.0, WHICH.1)?.is_none(),
        "the account is still there",
    )
}

fn a_pod_of_it_gets_the_role(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:reader\"", ""))?;
    workspace.apply()?;
    let token = prod.service_account_token(WHICH.0, WHICH.1, "sts.amazonaws.com")?;
    cloud.assume_with_web_identity(&role_arn(), &token)?;
    workspace.destroy().map(|_| ())
}

fn what_others_put_on_it_stays(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:reader\"", "  token_expiration = 600\n"))?;
    workspace.apply()?;
    prod.annotate_service_account("helm", WHICH, &[("helm.sh/chart", "reader-1.0")])?;
    workspace.expect_empty_plan()?;
    workspace.configure(&with_role("\"apps:reader\"", "  token_expiration = 900\n"))?;
    workspace.apply()?;
    expect_parts(
        &annotations(&prod)?.to_string(),
        &["\"helm.sh/chart\":\"reader-1.0\"", "\"900\"", &role_arn()],
    )?;
    workspace.destroy().map(|_| ())
}

fn one_that_is_there_is_adopted_and_survives_destroy(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    prod.annotate_service_account("helm", WHICH, &[("helm.sh/chart", "reader-1.0")])?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:reader\"", ""))?;
    workspace
        .apply()?
        .says(&["Service Account Exists Already"])?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute(ADDRESS, "adopted")? == json!(true),
        "the account is not marked as adopted",
    )?;
    workspace
        .destroy()?
        .says(&["Adopted Service Account Stays"])?;
    expect(
        annotations(&prod)? == json!({"helm.sh/chart": "reader-1.0"}),
        "destroy took something of others, or left something of ours",
    )
}

fn whoever_holds_a_field_is_named(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let theirs = format!("arn:aws:iam::{ACCOUNT}:role/theirs");
    prod.annotate_service_account("eksctl", WHICH, &[(KEY, &theirs)])?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:reader\"", ""))?;
    let run = workspace.run(&["plan", "-no-color", "-input=false"])?;
    run.refused_with(&[
        "Service Account Is Held By Others",
        &format!("`eksctl` holds the annotation `{KEY}` = `{theirs}`"),
        "on_conflict = \"adopt\"",
    ])?;
    workspace.configure(&with_role("\"apps:reader\"", "  on_conflict = \"adopt\"\n"))?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        annotations(&prod)? == json!({KEY: role_arn()}),
        "the annotation was not taken over",
    )?;
    // Another configuration of this provider is a stranger too.
    let other = Workspace::new(cloud)?;
    other.configure(&account("  token_expiration = 600\n"))?;
    other
        .try_apply()?
        .refused_with(&["`terraform-provider-eksauth` holds the annotation"])?;
    workspace.destroy()?;
    expect(
        annotations(&prod)? == json!({}),
        "what was taken over stays after destroy",
    )
}

fn disappears(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:reader\"", ""))?;
    workspace.apply()?;
    prod.delete_service_account(WHICH.0, WHICH.1)?;
    workspace
        .plan()?
        .says(&["1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    // Made again by somebody else it is theirs.
    prod.delete_service_account(WHICH.0, WHICH.1)?;
    prod.annotate_service_account("helm", WHICH, &[("helm.sh/chart", "reader-1.0")])?;
    workspace
        .apply()?
        .says(&["0 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy()?;
    expect(
        annotations(&prod)? == json!({"helm.sh/chart": "reader-1.0"}),
        "an account of somebody else was deleted",
    )
}

fn import_by_id_and_by_identity(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    prod.annotate_service_account("eksctl", WHICH, &[(KEY, &role_arn()), ("theirs", "x")])?;
    cloud.role("/", "reader")?;
    let same = account(&format!("  role_arn = \"{}\"\n", role_arn()));
    for id in ["prod/apps/reader", "prod/apps/reader@eu-central-1"] {
        let workspace = Workspace::new(cloud)?;
        let region = match id.contains('@') {
            true => same.replace("  role_arn", "  region = \"eu-central-1\"\n  role_arn"),
            false => same.clone(),
        };
        workspace.configure(&region)?;
        workspace.import(ADDRESS, id)?.succeeded()?;
        workspace
            .expect_empty_plan()
            .map_err(|failure| failure.during(id))?;
        let generated = Workspace::new(cloud)?;
        generated.configure(&format!(
            "import {{\n  to = {ADDRESS}\n  id = \"{id}\"\n}}\n"
        ))?;
        generated
            .run(&["plan", "-no-color", "-generate-config-out=generated.tf"])?
            .succeeded()
            .map_err(|failure| failure.during(id))?
            .says(&["1 to import, 0 to add, 0 to change, 0 to destroy"])?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&same)?;
    workspace
        .import(ADDRESS, "prod/apps/none")?
        .refused_with(&["Nothing To Import"])
}

fn a_role_that_would_refuse_its_pods_is_refused_at_plan(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:writer\"", ""))?;
    let run = workspace.run(&["plan", "-no-color", "-input=false"])?;
    run.refused_with(&[
        "Role Does Not Trust Service Account",
        "system:serviceaccount:apps:writer",
        "Name `apps:reader` in `service_accounts`",
    ])?;
    // The same of a role that is there already, and of one that is not, is elsewhere or is spelt otherwise.
    let made = with_role("\"apps:writer\"", "")
        .replace(&account("  role_arn = eksauth_irsa_role.reader.arn\n"), "");
    workspace.configure(&made)?;
    workspace.apply()?;
    for (arn, parts) in [
        (role_arn(), vec!["Role Does Not Trust Service Account"]),
        (
            role_arn().replace("role/reader", "role/team/reader"),
            vec!["Another Role", "its path included"],
        ),
        (
            role_arn().replace("arn:aws:", "arn:aws-cn:"),
            vec!["Role In Another Partition"],
        ),
    ] {
        workspace.configure(&format!(
            "{made}{}",
            account(&format!("  role_arn = \"{arn}\"\n"))
        ))?;
        let run = workspace.run(&["plan", "-no-color", "-input=false"])?;
        run.refused_with(&parts)
            .map_err(|failure| failure.during(&arn))?;
    }
    for (arn, part) in [
        (role_arn().replace("reader", "none"), "Role Not Found"),
        (
            role_arn().replace(ACCOUNT, "999988887777"),
            "Role In Another Account",
        ),
    ] {
        workspace.configure(&format!(
            "{made}{}",
            account(&format!("  role_arn = \"{arn}\"\n"))
        ))?;
        workspace.plan()?.says(&[part])?;
    }
    workspace.destroy()?;
    expect(
        prod.service_account(WHICH.0, WHICH.1)?.is_none(),
        "a plan made the account",
    )
}

fn a_role_that_the_same_plan_changes_is_judged_as_planned(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let without = with_role("\"apps:writer\"", "");
    let without = without
        .split_once("resource \"eksauth_service_account\"")
        .map_or(without.clone(), |(before, _)| before.to_owned());
    workspace.configure(&without)?;
    workspace.apply()?;
    workspace.configure(&with_role("\"apps:writer\", \"apps:reader\"", ""))?;
    workspace
        .apply()?
        .says(&["1 added, 1 changed, 0 destroyed"])?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn running_pods_are_named(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&with_role("\"apps:reader\"", ""))?;
    workspace.apply()?;
    for (name, service_account) in [
        ("web-1", "reader"),
        ("web-2", "reader"),
        ("other", "default"),
    ] {
        prod.ensure(
            "/api/v1/namespaces/apps/serviceaccounts",
            &json!({"metadata": {"name": "default"}}),
        )?;
        prod.ensure(
            "/api/v1/namespaces/apps/pods",
            &json!({"metadata": {"name": name}, "spec": {
            "serviceAccountName": service_account, "automountServiceAccountToken": false,
            "containers": [{"name": "a", "image": "a"}]}}),
        )?;
    }
    workspace.configure(&with_role("\"apps:reader\"", "  token_expiration = 600\n"))?;
    let plan = workspace.plan()?;
    plan.says(&["Pods Must Be Restarted", "`web-1`, `web-2`"])?;
    expect(
        !plan.output.contains("`other`"),
        "a pod of another account is named",
    )?;
    let gone = workspace.destroy()?;
    for name in ["web-1", "web-2", "other"] {
        prod.ask(
            "DELETE",
            &format!("/api/v1/namespaces/apps/pods/{name}?gracePeriodSeconds=0"),
            None,
        )?;
    }
    gone.says(&["Service Account Is In Use"])
}

fn the_namespace_is_waited_for(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let name = format!("late-{}", std::process::id());
    let late = account("  timeouts {\n    create = \"1s\"\n  }\n")
        .replace("\"apps\"", &format!("\"{name}\""));
    workspace.configure(&late)?;
    workspace
        .try_apply()?
        .refused_with(&["Namespace Not Found", &name])?;
    let patient = account("").replace("\"apps\"", &format!("\"{name}\""));
    workspace.configure(&patient)?;
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    let began = Instant::now();
    loop {
        // A line that is being written cannot be read yet.
        let requests = audit.requests().unwrap_or_default();
        let is_first_try = |one: &Request| {
            one.verb == "patch" && one.resource == "serviceaccounts" && one.status == 404
        };
        if requests.iter().any(is_first_try) {
            break;
        }
        expect(
            began.elapsed() < Duration::from_secs(60),
            "apply does not try to make the account",
        )?;
        thread::sleep(Duration::from_millis(50));
    }
    prod.ensure_namespace(&name)?;
    running.wait()?.succeeded()?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn what_is_known_at_apply_only(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    let late = with_role(
        "\"apps:reader\"",
        "  cluster_name = terraform_data.late.output.cluster\n",
    );
    let late = late
        .replace("\"apps\"", "terraform_data.late.output.namespace")
        .replace(
            "role_arn = eksauth_irsa_role.reader.arn",
            "role_arn = terraform_data.late.output.role",
        );
    let late = format!(
        "{late}\nresource \"terraform_data\" \"late\" {{\n  \
         input = {{ cluster = \"prod\", namespace = \"apps\", role = eksauth_irsa_role.reader.arn }}\n}}\n"
    );
    workspace.configure(&late)?;
    workspace
        .plan()?
        .says(&["4 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    expect(
        workspace.attribute(ADDRESS, "id")? == json!("prod/apps/reader"),
        "the state has another id",
    )?;
    expect(
        annotations(&prod)? == json!({KEY: role_arn()}),
        "the annotation is another one",
    )?;
    workspace.destroy()?;
    // A role that is known at apply only is judged then, before anything is written.
    workspace.configure(&late.replace("\"apps:reader\"", "\"apps:writer\""))?;
    workspace
        .try_apply()?
        .refused_with(&["Role Does Not Trust Service Account"])?;
    expect(
        prod.service_account(WHICH.0, WHICH.1)?.is_none(),
        "the account was made",
    )?;
    workspace.configure(&late)?;
    workspace.destroy().map(|_| ())
}

fn many_are_read_together(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "resource \"eksauth_service_account\" \"many\" {\n  count = 60\n  namespace = \"apps\"\n  name = \"reader-${count.index}\"\n  labels = { team = \"apps\" }\n}\n",
    )?;
    workspace.apply()?.says(&["60 added"])?;
    let audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    workspace.expect_empty_plan()?;
    let asked = audit.requests()?;
    let asked = asked
        .iter()
        .filter(|one| one.resource == "serviceaccounts")
        .count();
    expect(asked <= 4, format!("{asked} calls for sixty accounts"))?;
    workspace.destroy().map(|_| ())
}

fn wrong_configurations_are_refused_before_apply(cloud: &Cloud) -> Outcome {
    fresh(cloud)?;
    let workspace = Workspace::new(cloud)?;
    for (more, parts) in [
        (
            "  token_expiration = 60\n",
            ["Invalid Token Expiration", "600 to 86400"],
        ),
        (
            "  role_arn = \"arn:aws:sts::111122223333:assumed-role/reader/x\"\n",
            ["Invalid Role ARN", "session"],
        ),
        (
            "  role_arn = \"arn:aws:iam::111122223333:user/reader\"\n",
            ["Invalid Role ARN", "user"],
        ),
        ("  audience = \"a b\"\n", ["Invalid Audience", "`a b`"]),
    ] {
        workspace.configure(&account(more))?;
        let run = workspace.run(&["validate", "-no-color"])?;
        run.refused_with(&parts)
            .map_err(|failure| failure.during(more))?;
    }
    workspace.configure(&account("").replace("\"reader\"\n}", "\"apps:reader\"\n}"))?;
    workspace
        .run(&["validate", "-no-color"])?
        .refused_with(&["Invalid Service Account Name"])?;
    Ok(())
}
