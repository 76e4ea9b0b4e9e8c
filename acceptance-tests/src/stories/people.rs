//! A person's way into a cluster: user, role, profile, kubeconfig, `kubectl`; with the real `aws` and the real `kubectl`.

use std::{fs, path::PathBuf, process::Command};

use serde_json::json;
use tempfile::TempDir;

use super::{
    by_hand::{CommandOutput, run},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        cluster::WhoAmI,
        identity::Identity,
        provider_under_test::built_provider,
        workspace::{Workspace, provider_block},
    },
    failure::{Outcome, expect, expect_same},
};

stories!("people":
    a_mapped_role_reaches_the_cluster_with_either_program,
    a_kubeconfig_that_aws_wrote_is_merged_into,
    the_data_source_gives_what_the_command_writes,
);

/// Somebody at a terminal with a home of their own and no keys in the environment.
struct Person<'a> {
    cloud: &'a Cloud,
    home: TempDir,
}

impl<'a> Person<'a> {
    /// The keys of an identity stand under the profile `me`.
    fn new(cloud: &'a Cloud, who: &Identity) -> Outcome<Person<'a>> {
        let home = tempfile::tempdir()?;
        let mut credentials = "[me]\n".to_owned();
        for (name, value) in who.environment() {
            credentials += &format!("{} = {value}\n", name.to_ascii_lowercase());
        }
        fs::create_dir(home.path().join(".aws"))?;
        fs::write(home.path().join(".aws/credentials"), credentials)?;
        Ok(Person { cloud, home })
    }

    fn kubeconfig(&self) -> PathBuf {
        self.home.path().join(".kube/config")
    }

    fn command(&self, program: &std::path::Path) -> Command {
        let mut command = self.cloud.plain(program);
        command
            .env("HOME", self.home.path())
            .env("AWS_ENDPOINT_URL", self.cloud.emulator().url());
        command
    }

    fn ours(&self, arguments: &[&str]) -> Outcome<CommandOutput> {
        run(self.command(&built_provider()?).args(arguments), "")
    }

    fn aws(&self, arguments: &[&str]) -> Outcome<CommandOutput> {
        run(self.command(&self.cloud.tools().aws).args(arguments), "")
    }

    /// Its tokens are made for STS by its own name, whichever program makes them: the proxy of the bed leads there.
    fn kubectl(&self, arguments: &[&str]) -> Outcome<CommandOutput> {
        let mut command = self.command(&self.cloud.tools().kubectl);
        let authority = self.cloud.folder().join("ca.crt");
        command
            .env_remove("AWS_ENDPOINT_URL")
            .env("HTTPS_PROXY", self.cloud.emulator().sts_proxy())
            .env("AWS_CA_BUNDLE", &authority)
            .args(arguments);
        run(&mut command, "")
    }
}

/// A role that is mapped to the group `developers`, which may list pods; its ARN.
fn mapped_role(cloud: &Cloud) -> Outcome<String> {
    let prod = cloud.cluster(PROD)?;
    let role = cloud.role("/teams/", "developers")?;
    prod.ensure(
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        &json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "people-developers"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
        }),
    )?;
    prod.ensure(
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        &json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "people-developers"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "people-developers"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "developers"}],
        }),
    )?;
    prod.put_aws_auth_key(
        "mapRoles",
        &format!(
            "- rolearn: arn:aws:iam::{ACCOUNT}:role/developers\n  username: dev:{{{{SessionName}}}}\n  groups: [developers]\n"
        ),
    )?;
    let known = WhoAmI {
        username: "dev:probe".to_owned(),
        groups: vec!["developers".to_owned()],
    };
    prod.wait_for_whoami(&cloud.assume(&role, "probe")?, Some(&known))?;
    Ok(role)
}

fn a_mapped_role_reaches_the_cluster_with_either_program(cloud: &Cloud) -> Outcome {
    let role = mapped_role(cloud)?;
    let me = cloud.user(ACCOUNT, "/people/", "me")?;
    let person = Person::new(cloud, &me)?;
    let profile = person.ours(&[
        "aws-profile",
        "--role-arn",
        &role,
        "--source-profile",
        "me",
        "--session-name",
        "eve",
        "--region",
        REGION,
    ])?;
    profile.expect(0, "[profile developers]\n")?;
    fs::write(person.home.path().join(".aws/config"), &profile.out)?;
    person
        .ours(&["whoami", "--cluster", PROD, "--profile", "developers"])?
        .expect(0, "dev:eve")?;
    for exec in ["token", "aws"] {
        let context = format!("prod-{exec}");
        let write = [
            "kubeconfig",
            "--cluster",
            PROD,
            "--profile",
            "developers",
            "--exec",
            exec,
            "--alias",
            &context,
            "--user-alias",
            &context,
        ];
        let dry = [write.as_slice(), &["--dry-run"]].concat();
        person
            .ours(&dry)?
            .expect(0, &format!("+  name: {context}\n"))?;
        person.ours(&write)?.expect(0, "context, user\n")?;
        let text = fs::read(person.kubeconfig())?;
        person
            .ours(&write)?
            .expect(0, "has it already; nothing was written")?;
        expect(text == fs::read(person.kubeconfig())?, "it changed")?;
        let asked = |question: &[&str]| {
            person.kubectl(&[&["--context", context.as_str()], question].concat())
        };
        asked(&["auth", "whoami", "-o", "json"])?.expect(0, "\"username\": \"dev:eve\"")?;
        asked(&["auth", "can-i", "list", "pods", "-n", "default"])?.expect(0, "yes")?;
        asked(&["auth", "can-i", "delete", "pods"])?.expect(1, "no")?;
    }
    // The role assumed by the command itself, from the keys of the user.
    let write = [
        "kubeconfig",
        "--cluster",
        PROD,
        "--region",
        REGION,
        "--profile",
        "me",
        "--role-arn",
        &role,
        "--alias",
        "by-role",
        "--user-alias",
        "by-role",
        "--set-current",
    ];
    person
        .ours(&write)?
        .expect(0, "the current context is `by-role`")?;
    person
        .kubectl(&["auth", "whoami", "-o", "json"])?
        .expect(0, "\"username\": \"dev:EKSGetTokenAuth\"")?;
    let text = fs::read_to_string(person.kubeconfig())?;
    for secret in [
        "k8s-aws-v1",
        "X-Amz-Signature",
        "-data: LS0tLS1CRUdJTiBSU0E",
    ] {
        expect(!text.contains(secret), format!("it has `{secret}`"))?;
    }
    Ok(())
}

fn a_kubeconfig_that_aws_wrote_is_merged_into(cloud: &Cloud) -> Outcome {
    let role = mapped_role(cloud)?;
    let me = cloud.user(ACCOUNT, "/people/", "me")?;
    let person = Person::new(cloud, &me)?;
    let more = ["--region", REGION, "--profile", "me", "--role-arn", &role];
    let theirs = [&["eks", "update-kubeconfig", "--name", PROD], &more[..]].concat();
    let file = person.kubeconfig();
    person.aws(&theirs)?.expect(0, "Added new context")?;
    let written = fs::read_to_string(&file)?;
    // The words are theirs, so their text is what is wanted already.
    let as_theirs = [
        &["kubeconfig", "--cluster", PROD, "--exec", "aws"],
        &more[..],
    ]
    .concat();
    person
        .ours(&as_theirs)?
        .expect(0, "has it already; nothing was written")?;
    let ours = [&["kubeconfig", "--cluster", PROD], &more[..]].concat();
    person.ours(&ours)?.expect(1, "`user.exec.command`")?;
    expect_same("the file", &written, &fs::read_to_string(&file)?)?;
    let beside = [&ours[..], &["--alias", "prod", "--user-alias", "prod"]].concat();
    person.ours(&beside)?.expect(
        0,
        &format!(
            "added to {}: context, user\nthe current context is still `arn:",
            file.display()
        ),
    )?;
    let merged = fs::read_to_string(&file)?;
    let mut lines = merged.lines();
    for line in written.lines() {
        expect(
            lines.any(|other| other == line),
            format!("`{line}` is gone:\n{merged}"),
        )?;
    }
    let arn = format!("arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{PROD}");
    for context in [arn.as_str(), "prod"] {
        person
            .kubectl(&["--context", context, "auth", "whoami", "-o", "json"])?
            .expect(0, "\"username\": \"dev:EKSGetTokenAuth\"")?;
    }
    // Their command goes on with a file that ours wrote in.
    person.aws(&theirs)?.expect(0, "Updated context")?;
    person
        .kubectl(&["--context", "prod", "config", "current-context"])?
        .expect(0, &arn)?;
    // What kubectl writes anew still is what is wanted.
    person
        .kubectl(&["config", "set-context", "prod", "--namespace", "apps"])?
        .expect(0, "modified")?;
    person
        .ours(&beside)?
        .expect(0, "has it already; nothing was written")
}

fn the_data_source_gives_what_the_command_writes(cloud: &Cloud) -> Outcome {
    let role = mapped_role(cloud)?;
    let program = built_provider()?.display().to_string();
    let workspace = Workspace::new(cloud)?;
    workspace.configure(&format!(
        "data \"eksauth_kubeconfig\" \"dev\" {{\n  context = \"prod\"\n  command = \"{program}\"\n  role_arn = \"{role}\"\n}}\n\noutput \"dev\" {{\n  value \
         = data.eksauth_kubeconfig.dev.content\n}}\n"
    ))?;
    workspace.apply()?;
    let content = workspace.run(&["output", "-raw", "dev"])?.succeeded()?;
    let me = cloud.user(ACCOUNT, "/people/", "me")?;
    let mut person = workspace.command(&built_provider()?);
    let file = workspace.path().join("dev.yaml");
    let write = ["kubeconfig", "--cluster", PROD, "--role-arn", &role];
    person
        .args(write)
        .args(["--alias", "prod", "--command", &program, "--kubeconfig"])
        .arg(&file);
    run(&mut person, "")?.expect(0, "added to ")?;
    let written = fs::read_to_string(&file)?;
    expect_same("the file", content.output.trim_end(), written.trim_end())?;
    let mut kubectl = cloud.plain(&cloud.tools().kubectl);
    kubectl
        .envs(me.environment())
        .env("AWS_ENDPOINT_URL", cloud.emulator().url())
        .arg("--kubeconfig")
        .arg(&file)
        .args(["auth", "whoami", "-o", "json"]);
    run(&mut kubectl, "")?.expect(0, "\"username\": \"dev:EKSGetTokenAuth\"")?;
    // A cluster that the same apply decides.
    workspace.file(
        "main.tf",
        &(provider_block("")
            + "resource \"terraform_data\" \"cluster\" {\n  input = \"prod\"\n}\n\ndata \"eksauth_kubeconfig\" \"dev\" {\n  cluster_name = \
               terraform_data.cluster.output\n}\n"),
    )?;
    workspace
        .plan()?
        .says(&["(known after apply)", "1 to add, 0 to change, 0 to destroy"])?;
    workspace.apply()?;
    workspace.expect_empty_plan()
}
