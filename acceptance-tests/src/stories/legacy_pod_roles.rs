//! From kube2iam and kiam to web identity: what their annotations say, and phases in which no workload is ever without its role.
//!
//! Neither system can be had, so their part is played by what they need: that the node's role may assume the role of the pod's annotation. The new way is the
//! real one: a pod's token of the real API server, taken to STS.

use serde_json::{Value, json};

use super::{
    by_hand::{CommandOutput, ours},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        identity::Identity,
        json::text,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect, expect_parts},
};

stories!("legacy_pod_roles":
    a_clusters_pods_are_resolved_and_judged,
    manifests_are_judged_without_a_cluster,
    from_kube2iam_in_phases_that_can_stop_at_any_point,
    from_kiam_with_a_split_account,
);

pub(super) const NAMESPACE: &str = "apps";

pub(super) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// `prod` with the namespace and nothing in it.
pub(super) fn fresh<'c>(cloud: &'c Cloud, annotations: &Value) -> Outcome<Cluster<'c>> {
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace(NAMESPACE)?;
    clear(&prod)?;
    let path = format!("/api/v1/namespaces/{NAMESPACE}");
    let (status, mut namespace) = prod.ask("GET", &path, None)?;
    expect(status == 200, format!("{status}: {namespace}"))?;
    let metadata = namespace.get_mut("metadata").and_then(Value::as_object_mut);
    metadata
        .ok_or_else(|| Failure::new("the namespace has no metadata"))?
        .insert("annotations".to_owned(), annotations.clone());
    let (status, answer) = prod.ask("PUT", &path, Some(&namespace))?;
    expect(status == 200, format!("{status}: {answer}"))?;
    Ok(prod)
}

pub(super) fn clear(prod: &Cluster<'_>) -> Outcome {
    clear_workloads(prod)?;
    prod.put_service_accounts(NAMESPACE, &[]).map(drop)
}

fn clear_workloads(prod: &Cluster<'_>) -> Outcome {
    for (group, kind) in [
        ("/api/v1", "pods"),
        ("/apis/apps/v1", "deployments"),
        ("/apis/apps/v1", "daemonsets"),
    ] {
        let collection = format!("{group}/namespaces/{NAMESPACE}/{kind}?gracePeriodSeconds=0");
        prod.ask("DELETE", &collection, None)?;
    }
    Ok(())
}

/// A Deployment with one pod of it, made as its controller would make it.
pub(super) struct Workload {
    pub(super) name: &'static str,
    pub(super) account: &'static str,
    pub(super) role: &'static str,
}

impl Workload {
    pub(super) fn make(&self, prod: &Cluster<'_>) -> Outcome {
        prod.ensure(
            &format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts"),
            &json!({"metadata": {"name": self.account}}),
        )?;
        let labels = json!({"app": self.name});
        let annotations = json!({"iam.amazonaws.com/role": self.role});
        prod.ensure(
            &format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments"),
            &json!({"metadata": {"name": self.name}, "spec": {"selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": {"serviceAccountName": self.account, "containers": [{"name": "a", "image": "a"}]}}}}),
        )?;
        self.make_pod(prod, None)
    }

    /// Its pod anew, as the webhook of EKS leaves it: with the role that its account is annotated with, if any.
    pub(super) fn make_pod(&self, prod: &Cluster<'_>, role: Option<&str>) -> Outcome {
        let pods = format!("/api/v1/namespaces/{NAMESPACE}/pods");
        prod.ask(
            "DELETE",
            &format!("{pods}/{}-1?gracePeriodSeconds=0", self.name),
            None,
        )?;
        let env = role.map(|role| json!([{"name": "AWS_ROLE_ARN", "value": role}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]));
        let owner = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": self.name, "uid": self.name, "controller": true});
        prod.ensure(&pods, &json!({"metadata": {"name": format!("{}-1", self.name), "annotations": {"iam.amazonaws.com/role": self.role},
            "ownerReferences": [owner]}, "spec": {"serviceAccountName": self.account, "automountServiceAccountToken": false,
            "containers": [{"name": "a", "image": "a", "env": env}]}}))
    }
}

/// A role that the nodes assume for pods, with further statements in its trust policy.
pub(super) fn legacy_role(cloud: &Cloud, name: &str, nodes: &str, more: &[Value]) -> Outcome {
    let mut statements = vec![json!({
        "Effect": "Allow", "Principal": {"AWS": role_arn(nodes)}, "Action": "sts:AssumeRole",
    })];
    statements.extend(more.iter().cloned());
    let trust = json!({"Version": "2012-10-17", "Statement": statements});
    let wanted = json!({"account": ACCOUNT, "name": name, "trust": trust});
    cloud.emulator().control("role", &wanted).map(drop)
}

/// Whether the nodes may assume a role, which is what kube2iam and kiam do for a pod.
pub(super) fn by_the_old_way(cloud: &Cloud, node: &Identity, role: &str) -> Outcome {
    let arn = role_arn(role);
    let arguments = ["sts", "assume-role", "--role-arn", &arn];
    let session = ["--role-session-name", "pod"];
    let all = [arguments.as_slice(), &session].concat();
    cloud.aws_as(node, &all).map(drop)
}

pub(super) fn by_the_new_way(
    cloud: &Cloud,
    prod: &Cluster<'_>,
    account: &str,
    role: &str,
) -> Outcome {
    let token = prod.service_account_token(NAMESPACE, account, "sts.amazonaws.com")?;
    cloud
        .assume_with_web_identity(&role_arn(role), &token)
        .map(drop)
}

pub(super) fn is_refused(tried: Outcome) -> Outcome {
    match tried {
        Err(refused) => expect_parts(&refused.to_string(), &["AccessDenied"]),
        Ok(()) => Err(Failure::new("it is let in")),
    }
}

fn migrate(cloud: &Cloud, system: &str, arguments: &str) -> Outcome<CommandOutput> {
    let base = format!("arn:aws:iam::{ACCOUNT}:role/");
    let nodes = role_arn("nodes");
    let mut all = vec!["migrate", system];
    all.extend(arguments.split(' '));
    all.extend([
        "--cluster",
        PROD,
        "--base-role-arn",
        &base,
        "--node-role",
        &nodes,
    ]);
    ours(cloud, cloud.creator(), &all, "")
}

/// The next phase, with the file before.
fn next(cloud: &Cloud, system: &str, phase: u8, before: &str) -> Outcome<CommandOutput> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("before.tf");
    std::fs::write(&path, before)?;
    let arguments = format!("hcl --phase {phase} --previous {}", path.display());
    migrate(cloud, system, &arguments)
}

/// Asked so, it prints nothing and says why.
fn is_not_printed(cloud: &Cloud, arguments: &[&str], why: &str) -> Outcome {
    let all = [&["migrate", "kiam", "hcl", "--cluster", PROD], arguments].concat();
    let answer = ours(cloud, cloud.creator(), &all, "")?;
    expect(
        answer.code == Some(2) && answer.out.is_empty() && answer.errors.contains(why),
        format!("{:?}, without `{why}`: {}", answer.code, answer.errors),
    )
}

/// Whether `terraform fmt` would leave it as it is.
fn is_formatted(workspace: &Workspace<'_>, text: &str) -> Outcome {
    workspace.file("printed/migration.tf", text)?;
    let format = workspace.run(&["fmt", "-check", "-diff", "printed"])?;
    format.succeeded().map(drop)
}

/// The policies of a role, managed and inline, and its tags.
fn belongings(cloud: &Cloud, role: &str) -> Outcome<Vec<Value>> {
    let calls = [
        "list-attached-role-policies",
        "list-role-policies",
        "list-role-tags",
    ];
    let mut all = Vec::new();
    for call in calls {
        all.push(cloud.aws_as(cloud.creator(), &["iam", call, "--role-name", role])?);
    }
    Ok(all)
}

fn a_clusters_pods_are_resolved_and_judged(cloud: &Cloud) -> Outcome {
    let rule = json!({"iam.amazonaws.com/permitted": format!("{}|other", role_arn("reader"))});
    let prod = fresh(cloud, &rule)?;
    for (name, role) in [("web", "reader"), ("worker", "writer")] {
        let workload = Workload {
            name,
            account: "app",
            role,
        };
        workload.make(&prod)?;
    }
    let workspace = Workspace::new(cloud)?;
    workspace.configure(
        "data \"eksauth_legacy_pod_roles\" \"this\" {}\n\noutput \"all\" {\n  value = data.eksauth_legacy_pod_roles.this\n}\n",
    )?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    let read = workspace.state("data.eksauth_legacy_pod_roles.this")?;
    let read = read.unwrap_or_default().to_string();
    clear(&prod)?;
    expect_parts(
        &read,
        &[
            "\"system\":\"kiam\"",
            &format!("\"role_arn\":\"{}\"", role_arn("reader")),
            "\"target_service_account\":\"app-reader\"",
            "\"target_service_account\":\"app-writer\"",
            "privilege.regexp_half_anchored",
            "lockout.role_not_permitted",
            "role.service_account_shared",
            "\"unread\":[]",
        ],
    )
}

fn manifests_are_judged_without_a_cluster(cloud: &Cloud) -> Outcome {
    let manifests = "kind: Namespace\nmetadata: {name: apps, annotations: {iam.amazonaws.com/allowed-roles: '[\"arn:aws:iam::111122223333:role/reader\"]'}}\n---\n\
                     kind: Deployment\nmetadata: {name: web, namespace: apps}\nspec: {template: {metadata: {annotations: \
                     {iam.amazonaws.com/role: 'arn:aws:iam::111122223333:role/writer'}}, spec: {serviceAccountName: web}}}\n";
    let lint = ours(cloud, cloud.creator(), &["lint", "-"], manifests)?;
    lint.expect(
        1,
        "error  lockout.role_not_permitted  -:4, Deployment apps/web\n",
    )?;
    let report = ["migrate", "kube2iam", "report", "--file", "-"];
    let report = ours(cloud, cloud.creator(), &report, manifests)?;
    report.expect(
        0,
        "# From kube2iam to IRSA\n\n1 workload with a role of kube2iam, 0 roles, 0 of them done.\n",
    )?;
    let hcl = ["migrate", "kube2iam", "hcl", "--file", "-", "--phase", "3"];
    let hcl = ours(cloud, cloud.creator(), &hcl, manifests)?;
    expect(
        hcl.code == Some(2) && hcl.out.is_empty() && hcl.errors.contains("--node-role"),
        hcl.errors,
    )
}

fn from_kube2iam_in_phases_that_can_stop_at_any_point(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({}))?;
    let web = Workload {
        name: "web",
        account: "web",
        role: "reader",
    };
    let worker = Workload {
        name: "worker",
        account: "worker",
        role: "writer",
    };
    web.make(&prod)?;
    worker.make(&prod)?;
    cloud.role("/", "nodes")?;
    let node = cloud.session(&role_arn("nodes"), "i-0123456789abcdef0")?;
    legacy_role(cloud, "reader", "nodes", &[])?;
    // Whoever comes by web identity is kept out: no trust that is added lets the worker in.
    let issuer = text(
        &cloud.set_cluster(PROD, &json!({}))?,
        "identity.oidc.issuer",
    )?;
    let host = issuer.trim_start_matches("https://");
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}");
    let planted = json!({
        "Effect": "Deny", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
    });
    legacy_role(cloud, "writer", "nodes", &[planted])?;
    let old = |role: &str| by_the_old_way(cloud, &node, role);
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}}";
    for more in [
        vec![
            "attach-role-policy",
            "--policy-arn",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ],
        vec![
            "put-role-policy",
            "--policy-name",
            "more",
            "--policy-document",
            policy,
        ],
        vec!["tag-role", "--tags", "Key=owner,Value=me"],
    ] {
        let all = [&["iam"], more.as_slice(), &["--role-name", "reader"]].concat();
        cloud.aws_as(cloud.creator(), &all)?;
    }
    let belongs = belongings(cloud, "reader")?;
    let both_old = || {
        old("reader")?;
        old("writer")
    };
    both_old()?;
    let workspace = Workspace::new(cloud)?;

    let first = migrate(cloud, "kube2iam", "hcl --phase 1")?;
    first.expect(0, "phase 1 of 3")?;
    workspace.configure(&first.out)?;
    workspace
        .apply()?
        .says(&["2 imported, 1 added, 2 changed, 0 destroyed"])?;
    both_old()?;
    expect(
        belongings(cloud, "reader")? == belongs,
        "phase 1 changed more than trust",
    )?;
    by_the_new_way(cloud, &prod, "web", "reader")?;
    is_refused(by_the_new_way(cloud, &prod, "worker", "writer"))?;
    migrate(cloud, "kube2iam", "plan")?.expect(1, "both trusts")?;

    let blind = migrate(cloud, "kube2iam", "hcl --phase 2")?;
    expect(
        blind.code == Some(2) && blind.out.is_empty() && blind.errors.contains("--previous"),
        blind.errors,
    )?;
    let second = next(cloud, "kube2iam", 2, &first.out)?;
    second.expect(
        1,
        "# - the account `apps/worker` is left out until the role lets it in (phase 1)",
    )?;
    workspace.configure(&second.out)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    both_old()?;
    let again = next(cloud, "kube2iam", 2, &second.out)?;
    expect(
        again.out == second.out,
        format!("printed twice it differs:\n{}", again.out),
    )?;
    let early = next(cloud, "kube2iam", 3, &second.out)?;
    early.expect(1, "1 pod of Deployment apps/web must be recreated")?;

    web.make_pod(&prod, Some(&role_arn("reader")))?;
    let third = next(cloud, "kube2iam", 3, &second.out)?;
    third.expect(1, "role/writer` keeps the old trust: ")?;
    expect_parts(
        &third.errors,
        &["role/writer` keeps the old trust", "apps/worker"],
    )?;
    for printed in [&first, &second, &third] {
        is_formatted(&workspace, &printed.out)?;
    }
    workspace.configure(&third.out)?;
    killed_midway(cloud, &workspace)?;
    by_the_new_way(cloud, &prod, "web", "reader")?;
    old("writer")?;
    let again = next(cloud, "kube2iam", 3, &third.out)?;
    again.expect(1, "role/writer` keeps the old trust: ")?;
    workspace.configure(&again.out)?;
    workspace.apply()?;
    workspace.expect_empty_plan()?;
    is_refused(old("reader"))?;
    old("writer")?;
    by_the_new_way(cloud, &prod, "web", "reader")?;
    let plan = migrate(cloud, "kube2iam", "plan -o json")?;
    plan.expect(1, "\"state\":\"done\"")?;

    // Nothing asks for the roles any more, and nothing of them is destroyed.
    clear_workloads(&prod)?;
    let last = next(cloud, "kube2iam", 3, &third.out)?;
    last.expect(1, "resource \"eksauth_irsa_role\" \"reader\"")?;
    workspace.configure(&last.out)?;
    workspace.expect_empty_plan()?;
    expect(
        belongings(cloud, "reader")? == belongs,
        "the phases changed more than trust",
    )?;
    clear(&prod)
}

/// An apply that ends while the first trust policy is being written.
fn killed_midway(cloud: &Cloud, workspace: &Workspace<'_>) -> Outcome {
    let emulator = cloud.emulator();
    emulator.fault(json!({"action": "UpdateAssumeRolePolicy", "kind": "hold"}))?;
    let running = workspace.start(&["apply", "-no-color", "-input=false", "-auto-approve"])?;
    emulator.wait_for_held("UpdateAssumeRolePolicy")?;
    running.kill()?;
    emulator.release()
}

fn from_kiam_with_a_split_account(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({"iam.amazonaws.com/permitted": ".*"}))?;
    cloud.role("/", "nodes")?;
    for (name, role) in [("web", "reader"), ("worker", "writer")] {
        let workload = Workload {
            name,
            account: "app",
            role,
        };
        workload.make(&prod)?;
        legacy_role(cloud, role, "nodes", &[])?;
    }
    let (typo, nodes) = (role_arn("nodse"), role_arn("nodes"));
    is_not_printed(
        cloud,
        &["--node-role", &typo],
        &format!("does not exist (did you mean `{nodes}`?)"),
    )?;
    let files = ["--phase", "3", "--file", "-", "--node-role", &nodes];
    is_not_printed(cloud, &files, "leave --file out")?;
    let workspace = Workspace::new(cloud)?;
    let mut before = String::new();
    for phase in [1, 2] {
        let printed = match phase {
            1 => migrate(cloud, "kiam", "hcl --phase 1")?,
            phase => next(cloud, "kiam", phase, &before)?,
        };
        printed.expect(0, "\"apps:app-writer\"")?;
        workspace.configure(&printed.out)?;
        workspace.apply()?;
        workspace.expect_empty_plan()?;
        before = printed.out;
    }
    by_the_new_way(cloud, &prod, "app-reader", "reader")?;
    by_the_new_way(cloud, &prod, "app-writer", "writer")?;
    is_refused(by_the_new_way(cloud, &prod, "app-writer", "reader"))?;
    let third = next(cloud, "kiam", 3, &before)?;
    third.expect(1, "Deployment apps/web runs as `app`, not as `app-reader`")?;
    let report = migrate(cloud, "kiam", "report")?;
    report.expect(
        0,
        "- `apps/app-reader` instead of `app`, for Deployment apps/web\n",
    )?;
    clear(&prod)
}
