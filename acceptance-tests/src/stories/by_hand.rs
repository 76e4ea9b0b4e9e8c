//! The command line's authenticator commands against the bed: add, verify, check; tokens both ways with the real authenticator.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{lockout::administered, story::stories};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        cluster::WhoAmI,
        identity::Identity,
        json::text,
        provider_under_test::built_provider,
    },
    failure::{Failure, Outcome, expect, expect_same},
};

stories!("by_hand":
    an_entry_is_added_and_its_session_verified,
    entries_of_each_kind_come_are_overwritten_and_go,
    tokens_are_understood_both_ways,
    kubectl_takes_tokens_in_either_spelling,
    a_web_identity_is_checked_before_anything_tries_it,
);

/// What a command said, and how it ended.
pub(super) struct CommandOutput {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) errors: String,
}

impl CommandOutput {
    pub(super) fn expect(&self, code: i32, out: &str) -> Outcome {
        let CommandOutput {
            code: ended,
            out: output,
            errors,
        } = self;
        expect(
            *ended == Some(code) && output.contains(out),
            format!(
                "it ended with {ended:?} instead of {code} and said, without `{out}`:\n{output}{errors}"
            ),
        )
    }
}

pub(super) fn run(command: &mut Command, input: &str) -> Outcome<CommandOutput> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads nothing may have ended.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    Ok(CommandOutput {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Our binary as an identity, on the emulator.
pub(super) fn ours(
    cloud: &Cloud,
    who: &Identity,
    arguments: &[impl AsRef<OsStr>],
    input: &str,
) -> Outcome<CommandOutput> {
    let mut command = cloud.plain(&built_provider()?);
    command
        .envs(who.environment())
        .env("AWS_ENDPOINT_URL", cloud.emulator().url())
        .env("AWS_REGION", REGION)
        .args(arguments);
    run(&mut command, input)
}

/// The real authenticator as an identity, behind the bed's proxy to STS.
fn real(cloud: &Cloud, who: &Identity, arguments: &[&str]) -> Outcome<CommandOutput> {
    let authority: &Path = &cloud.folder().join("ca.crt");
    let mut command = cloud.plain(&cloud.tools().authenticator);
    command
        .envs(who.environment())
        .env("AWS_REGION", REGION)
        .env("AWS_STS_REGIONAL_ENDPOINTS", "regional")
        .env("HTTPS_PROXY", cloud.emulator().sts_proxy())
        .env("SSL_CERT_FILE", authority)
        .args(arguments);
    run(&mut command, "")
}

fn an_entry_is_added_and_its_session_verified(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.role("/teams/", "platform")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/teams/platform");
    let session = cloud.assume(&role, "eve")?;
    let before = format!(
        "# ours\n- rolearn: arn:aws:iam::{ACCOUNT}:role/admins\n  username: admin\n  groups:\n    - system:masters\n"
    );
    prod.put_aws_auth(&BTreeMap::from([("mapRoles".to_owned(), before.clone())]))?;
    let sts = cloud.emulator().url();
    let verify = [
        "verify",
        "--cluster",
        PROD,
        "--sts-connect",
        &sts,
        "-o",
        "json",
    ];
    let token = prod.token(&session)?;
    ours(cloud, cloud.creator(), &verify, &token)?.expect(1, "\"accepted\":false")?;

    let add = [
        "add",
        "role",
        "--cluster",
        PROD,
        "--rolearn",
        &role,
        "--username",
        "platform:{{SessionName}}",
        "--groups",
        "viewers",
    ];
    let dry = [add.as_slice(), &["--dry-run"]].concat();
    let line = format!("+- rolearn: arn:aws:iam::{ACCOUNT}:role/platform\n");
    ours(cloud, cloud.creator(), &dry, "")?.expect(0, &line)?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    ours(cloud, cloud.creator(), &add, "")?.expect(0, &line)?;
    let after = format!(
        "{before}- rolearn: arn:aws:iam::{ACCOUNT}:role/platform\n  username: platform:{{{{SessionName}}}}\n  groups:\n    - viewers\n"
    );
    expect_same("mapRoles", &after, &prod.aws_auth_key("mapRoles")?)?;
    ours(cloud, cloud.creator(), &add, "")?.expect(0, "is there already; nothing was written")?;

    let platform = WhoAmI {
        username: "platform:eve".into(),
        groups: vec!["viewers".into()],
    };
    prod.wait_for_whoami(&session, Some(&platform))?;
    let verified = ours(cloud, cloud.creator(), &verify, &token)?;
    verified.expect(0, "\"accepted\":true")?;
    let output: Value = serde_json::from_str(&verified.out)?;
    expect(
        output.pointer("/users/0")
            == Some(&json!({"username": "platform:eve", "groups": ["viewers"]})),
        verified.out.clone(),
    )?;
    let elsewhere = prod.token_for("staging", &session)?;
    let refused = ours(cloud, cloud.creator(), &verify, &elsewhere)?;
    refused.expect(1, "\"reason\":\"sts.status\"")?;
    let all = format!(
        "{}{}{}{}",
        verified.out, verified.errors, refused.out, refused.errors
    );
    expect(
        !all.contains("k8s-aws-v1.") && !all.contains("X-Amz-"),
        format!("a token shows in:\n{all}"),
    )
}

/// What `add` and `remove` write and say of roles, users and accounts; the guard refuses to take the last admin.
fn entries_of_each_kind_come_are_overwritten_and_go(cloud: &Cloud) -> Outcome {
    let (prod, _) = administered(cloud)?;
    let call = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').chain(["--cluster", PROD]).collect();
        ours(cloud, cloud.creator(), &arguments, "")
    };
    let before = prod.aws_auth_key("mapRoles")?;
    cloud.role("/teams/", "platform")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/teams/platform");
    let add = format!("add role --rolearn {role} --username platform --groups");
    call(&format!("{add} viewers"))?.expect(0, "+  groups: [viewers]\nadded\n")?;
    let typo = role.replace("platform", "platfrom");
    call(&format!("remove role --rolearn {typo}"))?.expect(0, "which is almost the same\n")?;
    let other = call(&format!("{add} editors"))?;
    other.expect(1, "`--on-conflict adopt` overwrites it")?;
    let overwritten = call(&format!("{add} editors --on-conflict adopt"))?;
    overwritten.expect(
        0,
        "-  groups: [viewers]\n+  groups: [editors]\noverwritten; copy kept: aws-auth-recovery-",
    )?;

    let remove = format!("remove role --rolearn {role}");
    let dry = call(&format!("{remove} --dry-run"))?;
    dry.expect(0, "-  username: platform\n")?;
    dry.expect(0, "\nnothing was written (--dry-run)\n")?;
    let removed = call(&remove)?;
    removed.expect(0, "-  username: platform\n")?;
    removed.expect(0, "\nremoved; copy kept: aws-auth-recovery-")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)?;
    call(&remove)?.expect(0, "has no entry in mapRoles; nothing was written\n")?;

    let user = cloud.user(ACCOUNT, "/people/", "eve")?.arn;
    call(&format!("add user --userarn {user} --username eve"))?.expect(0, "+- userarn: ")?;
    call(&format!("remove user --userarn {user}"))?.expect(0, "-- userarn: ")?;
    call("add account --account-id 012345678901")?.expect(0, "+- \"012345678901\"\n")?;
    call("remove account --account-id 012345678901")?.expect(0, "-- \"012345678901\"\n")?;

    let admin = before.lines().find_map(|line| {
        let arn = line.split_once("rolearn: ")?.1;
        arn.contains("admin").then(|| arn.to_owned())
    });
    let admin = admin.ok_or_else(|| Failure::new("aws-auth has no admin"))?;
    let last = call(&format!("remove role --rolearn {admin} --protect {admin}"))?;
    last.expect(1, "A Protected Principal Loses Access")?;
    expect_same("mapRoles", &before, &prod.aws_auth_key("mapRoles")?)
}

fn tokens_are_understood_both_ways(cloud: &Cloud) -> Outcome {
    let user = cloud.user(ACCOUNT, "/people/", "mallory")?;
    let made = ours(cloud, &user, &["token", "-i", PROD, "--token-only"], "")?;
    made.expect(0, "k8s-aws-v1.")?;
    let judged = real(
        cloud,
        &user,
        &["verify", "-i", PROD, "-t", made.out.trim(), "-o", "json"],
    )?;
    judged.expect(0, &user.arn)?;

    let made = real(cloud, &user, &["token", "-i", PROD])?;
    made.expect(0, "k8s-aws-v1.")?;
    let sts = cloud.emulator().url();
    let verify = ["verify", "-i", PROD, "--sts-connect", &sts];
    let judged = ours(cloud, &user, &verify, &made.out)?;
    judged.expect(0, &format!("accepted\n  identity  {}\n", user.arn))?;
    let offline = ["verify", "-i", PROD, "--offline"];
    ours(cloud, &user, &offline, &made.out)?.expect(0, "well-formed")?;
    let china = ["verify", "-i", PROD, "--partition", "aws-cn", "--offline"];
    ours(cloud, &user, &china, &made.out)?.expect(1, "refused  host.partition_mismatch: ")
}

/// A trust policy that names the providers of two clusters, both of which are registered.
fn a_role_of_two_clusters_misses_no_provider(
    cloud: &Cloud,
    issuer: &str,
    check: &dyn Fn(&str) -> Outcome<CommandOutput>,
) -> Outcome {
    let other = text(
        &cloud.set_cluster("prod-next", &json!({}))?,
        "identity.oidc.issuer",
    )?;
    let statement = |url: &str| {
        let host = url.trim_start_matches("https://");
        json!({
            "Effect": "Allow",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                format!("{host}:sub"): "system:serviceaccount:apps:reader", format!("{host}:aud"): "sts.amazonaws.com"}},
        })
    };
    let trust =
        json!({"Version": "2012-10-17", "Statement": [statement(issuer), statement(&other)]});
    let update = [
        "iam",
        "update-assume-role-policy",
        "--role-name",
        "reader",
        "--policy-document",
        &trust.to_string(),
    ];
    cloud.aws_as(cloud.creator(), &update)?;
    let missing = "lockout.provider_missing";
    check("apps:reader")?.expect(0, missing)?;
    let make = [
        "iam",
        "create-open-id-connect-provider",
        "--client-id-list",
        "sts.amazonaws.com",
        "--url",
        &other,
    ];
    cloud.aws_as(cloud.creator(), &make)?;
    let output = check("apps:reader")?;
    output.expect(0, "allowed\n")?;
    expect(!output.out.contains(missing), output.out.clone())
}

/// A kubeconfig as the AWS command line or the authenticator's guide writes it, with our binary as its command.
fn kubeconfig(cloud: &Cloud, endpoint: &str, version: &str, arguments: &str) -> Outcome<String> {
    Ok(format!(
        "apiVersion: v1
kind: Config
current-context: prod
clusters:
  - name: prod
    cluster: {{certificate-authority: {authority}, server: '{endpoint}'}}
users:
  - name: prod
    user:
      exec:
        apiVersion: client.authentication.k8s.io/{version}
        command: {command}
        args: {arguments}
        interactiveMode: Never
contexts:
  - name: prod
    context: {{cluster: prod, user: prod}}
",
        authority = cloud.folder().join("ca.crt").display(),
        command = built_provider()?.display(),
    ))
}

fn kubectl_takes_tokens_in_either_spelling(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    cloud.role("/teams/", "platform")?;
    let role = format!("arn:aws:iam::{ACCOUNT}:role/teams/platform");
    prod.put_aws_auth_key(
        "mapRoles",
        &format!("- rolearn: arn:aws:iam::{ACCOUNT}:role/platform\n  username: platform:{{{{SessionName}}}}\n  groups: [viewers]\n"),
    )?;
    let session = cloud.assume(&role, "eve")?;
    let eve = |name: &str| WhoAmI {
        username: format!("platform:{name}"),
        groups: vec!["viewers".into()],
    };
    prod.wait_for_whoami(&session, Some(&eve("eve")))?;
    let user = cloud.user(ACCOUNT, "/people/", "mallory")?;
    let spellings = [
        (
            "v1beta1",
            format!("[--region, {REGION}, eks, get-token, --cluster-name, {PROD}, --output, json]"),
            &session,
            "eve",
        ),
        (
            "v1",
            format!(
                "[--region, {REGION}, eks, get-token, --cluster-name, {PROD}, --role-arn, '{role}']"
            ),
            &user,
            "EKSGetTokenAuth",
        ),
        ("v1", format!("[token, -i, {PROD}]"), &session, "eve"),
        (
            "v1beta1",
            format!("[token, --cluster-id, {PROD}, -r, '{role}', -s, mallory]"),
            &user,
            "mallory",
        ),
    ];
    for (version, arguments, who, name) in spellings {
        let file = cloud.folder().join("spelling.kubeconfig");
        std::fs::write(
            &file,
            kubeconfig(cloud, prod.endpoint(), version, &arguments)?,
        )?;
        let mut command = cloud.plain(&cloud.tools().kubectl);
        command
            .envs(who.environment())
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL", cloud.emulator().url())
            .arg("--kubeconfig")
            .arg(&file)
            .args(["auth", "whoami", "-o", "json"]);
        let output = run(&mut command, "")?;
        output
            .expect(0, &format!("\"username\": \"{}\"", eve(name).username))
            .map_err(|failure| failure.during(&arguments))?;
    }
    Ok(())
}

/// The issuer is the cluster's, the policy is the file's, and the role need not be there.
fn a_trust_policy_in_a_file_is_checked_for_the_cluster(cloud: &Cloud, trust: &Value) -> Outcome {
    let file = cloud.folder().join("trust.json");
    std::fs::write(&file, trust.to_string())?;
    let file = file.to_string_lossy();
    let role = format!("arn:aws:iam::{ACCOUNT}:role/not-made-yet");
    let check = |account: &str| {
        let arguments = [
            "check",
            "web-identity",
            "--cluster",
            PROD,
            "--trust-policy",
            &file,
            "--role",
            &role,
            "--service-account",
            account,
        ];
        ours(cloud, cloud.creator(), &arguments, "")
    };
    check("apps:reader")?.expect(0, "allowed\n")?;
    check("apps:intruder")?.expect(1, "reason    condition:StringEquals:sub\n")
}

fn a_web_identity_is_checked_before_anything_tries_it(cloud: &Cloud) -> Outcome {
    let issuer = text(
        &cloud.set_cluster(PROD, &json!({}))?,
        "identity.oidc.issuer",
    )?;
    let host = issuer.trim_start_matches("https://").to_owned();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{host}:sub"): "system:serviceaccount:apps:reader"}},
    }]});
    let role = json!({"account": ACCOUNT, "name": "reader", "trust": trust});
    cloud.emulator().control("role", &role)?;
    let check = |account: &str| {
        let arguments = [
            "check",
            "web-identity",
            "--cluster",
            PROD,
            "--role",
            "reader",
            "--service-account",
            account,
        ];
        ours(cloud, cloud.creator(), &arguments, "")
    };
    check("apps:reader")?.expect(1, "reason    provider.not_found\n")?;
    let provider = [
        "iam",
        "create-open-id-connect-provider",
        "--client-id-list",
        "sts.amazonaws.com",
        "--url",
        &issuer,
    ];
    cloud.aws_as(cloud.creator(), &provider)?;
    check("apps:reader")?.expect(0, "allowed\n")?;
    check("apps:intruder")?.expect(1, "reason    condition:StringEquals:sub\n")?;
    a_trust_policy_in_a_file_is_checked_for_the_cluster(cloud, &trust)?;
    a_role_of_two_clusters_misses_no_provider(cloud, &issuer, &check)?;
    let calls = cloud.emulator().count("AssumeRoleWithWebIdentity")?;
    expect(
        calls == 0,
        format!("{calls} calls were made in the pod's name"),
    )?;
    let nobody = [
        "check",
        "web-identity",
        "--cluster",
        PROD,
        "--role",
        "nobody",
        "--service-account",
        "apps:reader",
    ];
    let output = ours(cloud, cloud.creator(), &nobody, "")?;
    match output.code {
        Some(2) if output.errors.contains("there is no role `nobody`") => Ok(()),
        _ => Err(Failure::new(output.errors)),
    }
}
