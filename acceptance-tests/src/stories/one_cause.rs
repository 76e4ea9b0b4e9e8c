//! One cause, one error: forty objects that meet the same obstacle fill one screen and not twenty.

use super::story::stories;
use crate::{
    bed::{
        cloud::{Cloud, OTHER_ACCOUNT, PROD},
        workspace::{Run, Workspace, provider_block},
    },
    failure::{Outcome, expect},
};

stories!("one_cause":
    forty_objects_tell_one_cause_in_sixty_lines,
    forty_new_objects_tell_one_cause_and_one_warning,
    what_is_applied_fails_briefly_beside_the_first,
    an_apply_in_a_used_folder_tells_one_cause_too,
    a_mistyped_cluster_is_told_once,
);

/// Lines that a terminal has room for.
const MOST_LINES: usize = 60;

/// Twenty entries, ten roles and ten providers.
const FORTY: &str = r#"
resource "eksauth_aws_auth_role" "this" {
  count    = 20
  rolearn  = "arn:aws:iam::111122223333:role/r${count.index}"
  username = "r${count.index}"
}

resource "eksauth_irsa_role" "this" {
  count            = 10
  name             = "app-${count.index}"
  cluster_name     = "prod"
  service_accounts = ["default:app-${count.index}"]
}

resource "eksauth_oidc_provider" "this" {
  count = 10
  url   = "https://oidc-${count.index}.example.com/id"
}
"#;

/// Entries alone.
const ENTRIES: &str = r#"
resource "eksauth_aws_auth_role" "this" {
  count    = 40
  rolearn  = "arn:aws:iam::111122223333:role/r${count.index}"
  username = "r${count.index}"
}
"#;

/// What Terraform prints but for a line for each object that it reads, and the changes that it planned.
struct Printed {
    lines: usize,
    errors: usize,
    warnings: usize,
}

fn printed(run: &Run) -> Printed {
    let output = match run.output.split_once("\nPlan: ") {
        Some((_, after_changes)) => after_changes,
        None => &run.output,
    };
    let text = format!("{output}\n{}", run.errors);
    let begins = |words: &str| text.lines().filter(|line| line.starts_with(words)).count();
    Printed {
        lines: text.lines().count() - text.matches("Refreshing state...").count(),
        errors: begins("Error: "),
        warnings: begins("Warning: ") - begins("Warning: Provider development overrides"),
    }
}

fn expect_one_error(what: &str, run: &Run) -> Outcome {
    let Printed {
        lines,
        errors,
        warnings,
    } = printed(run);
    println!("      {what}: {lines} lines, {errors} errors, {warnings} warnings");
    expect(
        run.code == Some(1) && lines <= MOST_LINES && errors == 1 && warnings <= 2,
        format!(
            "{what}: code {:?}, {lines} lines, {errors} errors:\n{}{}",
            run.code, run.output, run.errors
        ),
    )
}

fn forty_objects_tell_one_cause_in_sixty_lines(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(FORTY)?;
    workspace.apply()?;
    let with = |variables: &[(&str, &str)]| {
        let mut command = workspace.command(&workspace.terraform());
        command.args(["plan", "-no-color"]);
        command.envs(variables.iter().copied());
        run(command)
    };
    let down = "http://127.0.0.1:9";
    let attempts = ("AWS_MAX_ATTEMPTS", "2");
    expect_one_error(
        "wrong credentials",
        &with(&[("AWS_SECRET_ACCESS_KEY", "wrong")])?,
    )?;
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    expect_one_error("no credentials", &with(&none)?)?;
    for endpoint in ["AWS_ENDPOINT_URL_EKS", "AWS_ENDPOINT_URL_IAM"] {
        expect_one_error(endpoint, &with(&[(endpoint, down), attempts])?)?;
    }
    let stranger = cloud.user(OTHER_ACCOUNT, "/", "stranger")?.environment();
    let stranger: Vec<(&str, &str)> = stranger
        .iter()
        .map(|(name, value)| (&**name, value.as_str()))
        .collect();
    expect_one_error("another account", &with(&stranger)?)?;
    let elsewhere = provider_block("").replace("eu-central-1", "eu-west-1");
    workspace.file("main.tf", &format!("{elsewhere}{FORTY}"))?;
    expect_one_error("another region", &with(&[])?)?;
    workspace.file("main.tf", &format!("{}{FORTY}", unreachable(down)))?;
    let run = with(&[])?;
    expect_one_error("an API server out of reach", &run)?;
    run.refused_with(&["host", "proxy_url", "private endpoint access", "VPN"])?;
    workspace.configure(FORTY)?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn run(mut command: std::process::Command) -> Outcome<Run> {
    let output = command.output()?;
    Ok(Run {
        code: output.status.code(),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The provider block with another address for the cluster.
fn unreachable(address: &str) -> String {
    let host = address.replace("http:", "https:");
    provider_block(&format!(
        "  clusters = {{\n    prod = {{ host = \"{host}\" }}\n  }}\n"
    ))
}

fn forty_new_objects_tell_one_cause_and_one_warning(cloud: &Cloud) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(FORTY)?;
    workspace.set("AWS_SECRET_ACCESS_KEY", "wrong");
    let run = workspace.plan()?;
    expect_one_error("forty new objects, beside the changes", &run)
}

fn what_is_applied_fails_briefly_beside_the_first(cloud: &Cloud) -> Outcome {
    let mut workspace = Workspace::new(cloud)?;
    workspace.configure(FORTY)?;
    workspace
        .run(&["plan", "-no-color", "-out=saved"])?
        .succeeded()?;
    workspace.set("AWS_SECRET_ACCESS_KEY", "wrong");
    let run = workspace.run(&["apply", "-no-color", "saved"])?;
    let brief = run
        .errors
        .matches("Error: Failed For The Same Reason")
        .count();
    let Printed { errors, lines, .. } = printed(&run);
    println!("      forty at apply: {lines} lines, {brief} of {errors} errors are short");
    expect(
        run.code == Some(1) && errors == 40 && brief == 39,
        format!(
            "{brief} of {errors} errors are short:\n{}{}",
            run.output, run.errors
        ),
    )
}

/// An apply without a saved plan plans first; with `-refresh=false` nothing is read before that.
fn an_apply_in_a_used_folder_tells_one_cause_too(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    workspace.configure(FORTY)?;
    workspace.apply()?;
    let changed = FORTY
        .replace("\"r${count.index}\"", "\"s${count.index}\"")
        .replace("default:app-", "apps:app-");
    for (what, text, more) in [
        ("apply of nothing", FORTY, None),
        ("apply of changes", &*changed, None),
        (
            "apply of changes without refresh",
            &*changed,
            Some("-refresh=false"),
        ),
    ] {
        workspace.configure(text)?;
        let mut command = workspace.command(&workspace.terraform());
        command
            .args(["apply", "-no-color", "-input=false", "-auto-approve"])
            .args(more)
            .env("AWS_SECRET_ACCESS_KEY", "wrong");
        expect_one_error(what, &run(command)?)?;
    }
    workspace.configure(FORTY)?;
    workspace.expect_empty_plan()?;
    workspace.destroy().map(|_| ())
}

fn a_mistyped_cluster_is_told_once(cloud: &Cloud) -> Outcome {
    let workspace = Workspace::new(cloud)?;
    let mistyped = ENTRIES.replace("  rolearn", "  cluster_name = \"prdo\"\n  rolearn");
    workspace.configure(&mistyped)?;
    let plan = workspace.plan()?;
    expect(
        plan.code == Some(2) && printed(&plan).warnings == 1,
        format!("one warning:\n{}{}", plan.output, plan.errors),
    )?;
    plan.says(&["apply waits 2 minutes for it", &format!("`{PROD}`")])?;
    expect(
        !plan.output.contains("more similar warning"),
        "the warning comes once",
    )?;
    let patience = mistyped.replace("  count", "  timeouts {\n    create = \"2s\"\n  }\n  count");
    workspace.configure(&patience)?;
    let arguments = ["apply", "-no-color", "-auto-approve", "-parallelism=40"];
    let apply = workspace.run(&arguments)?;
    let brief = apply.errors.matches("Failed For The Same Reason").count();
    expect(
        brief == 39,
        format!("{brief} short errors:\n{}{}", apply.output, apply.errors),
    )?;
    apply.refused_with(&["Cluster Not Found", &format!("`{PROD}`")])
}
