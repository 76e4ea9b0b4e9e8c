//! The part `throttled`: an apply that makes one role while IAM throttles its CreateRole, by this provider and by hashicorp/aws.
//!
//! Both wait a random part of a pause that doubles, so single runs differ widely and the middle one of several is shown.

use acceptance_tests::{
    bed::{
        audit::Audit,
        cloud::{Cloud, PROD},
        plugin_mirror,
        workspace::Workspace,
    },
    failure::Outcome,
    measure::{Cost, median, run, time},
    progress::step,
};
use serde_json::json;

use crate::costs::{PEER, RUNS};

const OURS: &str = "resource \"eksauth_irsa_role\" \"this\" {\n  name              = \"throttled\"\n  \
    oidc_provider_arn = \"arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF\"\n  \
    service_accounts  = [\"apps:reader\"]\n}\n";
const THEIRS: &str = "resource \"aws_iam_role\" \"this\" {\n  name = \"throttled\"\n  assume_role_policy = jsonencode({\n    \
    Version   = \"2012-10-17\"\n    \
    Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { Service = \"ec2.amazonaws.com\" } }]\n  })\n}\n";
const APPLY: &[&str] = &["apply", "-no-color", "-input=false", "-auto-approve"];

/// How often CreateRole is throttled, and what the row is called.
const ROWS: [(usize, &str); 3] = [
    (0, "apply one role"),
    (1, "apply one role, CreateRole throttled once"),
    (3, "apply one role, CreateRole throttled three times"),
];

/// Measures both and prints the table.
pub fn measure(cloud: &Cloud) -> Outcome {
    let ours = Workspace::with_init(cloud)?;
    ours.configure(OURS)?;
    ours.init()?;
    let theirs = match plugin_mirror::find() {
        Ok(_) => {
            let workspace = Workspace::with_init(cloud)?;
            workspace.file("main.tf", &format!("{PEER}{THEIRS}"))?;
            workspace.init()?;
            Some(workspace)
        }
        Err(lacking) => {
            eprintln!("  hashicorp/aws is left out: {lacking}");
            None
        }
    };
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    println!(
        "\n| median of {RUNS} | ours: wall | calls | hashicorp/aws: wall | calls | hashicorp/aws : ours |"
    );
    println!("|---|---|---|---|---|---|");
    for (times, what) in ROWS {
        let mut cost = |workspace, who: &str| {
            step(&format!("measuring: {what}, {who}"), || {
                apply(cloud, workspace, &mut audit, times)
            })
        };
        let ours = cost(&ours, "ours")?;
        let theirs = theirs
            .as_ref()
            .map(|workspace| cost(workspace, "hashicorp/aws"))
            .transpose()?;
        print_row(what, &ours, theirs.as_ref());
    }
    Ok(())
}

/// The middle one of several applies, each of which makes the role anew.
fn apply(
    cloud: &Cloud,
    workspace: &Workspace<'_>,
    audit: &mut Audit,
    times: usize,
) -> Outcome<Cost> {
    let mut costs = Vec::new();
    for _ in 0..RUNS {
        if times > 0 {
            cloud.emulator().fault(
                json!({"action": "CreateRole", "kind": "error", "status": 400, "code": "Throttling",
                "message": "Rate exceeded", "times": times}),
            )?;
        }
        costs.push(run(cloud, workspace, audit, APPLY, &[0])?);
        workspace.destroy()?;
    }
    Ok(median(costs))
}

fn print_row(what: &str, ours: &Cost, theirs: Option<&Cost>) {
    let peer = theirs.map_or_else(
        || "– | – | –".to_owned(),
        |theirs| {
            let ratio = theirs.wall.as_secs_f64() / ours.wall.as_secs_f64();
            let wall = time(theirs.wall);
            format!("{wall} | {} | {ratio:.1}", theirs.aws_calls)
        },
    );
    println!(
        "| {what} | {} | {} | {peer} |",
        time(ours.wall),
        ours.aws_calls
    );
}
