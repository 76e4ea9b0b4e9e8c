//! What could not be read: where the cluster can be asked otherwise it is, else it is named; under `strict` it counts against the change.

use super::case::Case;
use crate::{
    bed::{
        cloud::access::Mode,
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::WhoAmI,
        provider_under_test::built_provider,
    },
    failure::{Outcome, expect, expect_parts},
};

const RUNNING: &[&str] = &["lockout.running-identity"];

pub(super) fn access_entries_that_cannot_be_listed(cloud: &Cloud) -> Outcome {
    let admins = cloud.role("/", "admins")?;
    let mut case = Case::open(cloud, "entries_unreadable")?;
    cloud.set_mode(PROD, Mode::ApiAndConfigMap)?;
    let session = cloud.session(&admins, "s1")?;
    let expected = WhoAmI {
        username: "admin".into(),
        groups: vec!["system:masters".into()],
    };
    case.prod().wait_for_admission(&session, Some(&expected))?;
    case.act_as(&session);
    case.deny("ListAccessEntries")?;
    case.apply(&[])?;
    case.is_refused(&["keep=false"], RUNNING)?;
    // Its own entry cannot be described either: then it is not known, and said by name.
    case.deny("DescribeAccessEntry")?;
    case.is_refused(
        &["keep=false"],
        &["lockout.running-identity", "eks:ListAccessEntries"],
    )
}

pub(super) fn sts_out_of_reach(cloud: &Cloud) -> Outcome {
    let admins = cloud.role("/", "admins")?;
    cloud.role("/", "admins2")?;
    let mut case = Case::open(cloud, "sts_unreachable")?;
    case.act_as(&cloud.session(&admins, "s1")?);
    case.apply(&[])?;
    case.workspace()
        .set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
    for guard in ["strict", "error"] {
        let guard = format!("guard={guard}");
        case.is_refused(&["keep=false", &guard], RUNNING)?;
    }
    restore_is_refused(&mut case)
}

/// The same change by `restore`: who acts is asked of the cluster there too.
fn restore_is_refused(case: &mut Case<'_>) -> Outcome {
    let before = case.aws_auth()?;
    let copy = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: aws-auth, namespace: kube-system}}\ndata:\n  mapRoles: |\n    \
         - rolearn: arn:aws:iam::{ACCOUNT}:role/admins2\n      username: admin2\n      groups: [system:masters]\n"
    );
    case.workspace().file("copy.yaml", &copy)?;
    let output = case
        .workspace()
        .command(&built_provider()?)
        .args(["restore", "--cluster", PROD, "--file", "copy.yaml", "--yes"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    expect(!output.status.success(), said.clone())?;
    expect_parts(&said, RUNNING)?;
    case.is_still(&before)
}

pub(super) fn what_rbac_would_say_is_asked_or_counts(cloud: &Cloud) -> Outcome {
    let pipeline = cloud.role("/", "pipeline")?;
    cloud.role("/", "platform")?;
    let mut case = Case::open(cloud, "strict_without_rbac")?;
    let session = cloud.session(&pipeline, "s1")?;
    let expected = WhoAmI {
        username: "pipeline".into(),
        groups: vec!["aws-auth-editors".into()],
    };
    case.prod().wait_for_admission(&session, Some(&expected))?;
    case.act_as(&session);
    case.apply(&[])?;
    let own = ["platform=false", "own_groups=[\"viewers\"]"];
    case.is_refused(
        &["platform=false"],
        &["lockout.last-admin", "role/platform", "RBAC"],
    )?;
    case.is_refused(&own, RUNNING)?;
    // What the API server says of the pipeline itself is known under `error` too.
    let text = case.configuration()?.replace("\"strict\"", "\"error\"");
    case.configure(&text)?;
    case.is_refused(&own, RUNNING)
}
