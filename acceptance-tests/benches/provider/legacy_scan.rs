//! The part `legacy`: the roles of kube2iam of 10,000 pods, by the command line and by the data source, beside `kubectl get pods` as the floor.
//!
//! Memory has a limit, which fails the run. So has processor time, because wall time depends on who else uses the machine.

use std::{io::Write, process::Stdio, time::Duration};

use acceptance_tests::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD, REGION},
        provider_under_test::built_provider,
        tools::room,
        workspace::Workspace,
    },
    failure::{Failure, Outcome, expect},
    measure::{Cost, mebibytes, run, run_alone, time},
    progress::step,
};
use serde_json::json;

const NAMESPACE: &str = "legacy-bench";
const PODS: usize = 10_000;
const SCAN: &str = "data \"eksauth_legacy_pod_roles\" \"this\" {\n  system        = \"kube2iam\"\n  \
    base_role_arn = \"arn:aws:iam::111122223333:role/\"\n}\n\noutput \"workloads\" {\n  \
    value = length(data.eksauth_legacy_pod_roles.this.workloads)\n}\n";
const MOST_TIME: Duration = Duration::from_secs(3);
const MOST_MEMORY: u64 = 60 * 1024 * 1024;

/// Measures both and prints the table.
pub fn measure(cloud: &Cloud) -> Outcome {
    step("making 10,000 pods", || make_pods(cloud))?;
    let report = step("measuring: the report", || report(cloud))?;
    let source = step("measuring: the data source", || data_source(cloud))?;
    let prod = cloud.cluster(PROD)?;
    let mut kubectl = cloud.plain(&cloud.tools().kubectl);
    kubectl
        .arg("--kubeconfig")
        .arg(prod.kubeconfig())
        .args(["get", "pods", "-A", "-o", "json"]);
    let floor = step("measuring: kubectl get", || run_alone(&mut kubectl))?;
    println!("\n| 10,000 pods | wall | CPU | memory |\n|---|---|---|---|");
    for (what, cost, cpu) in [
        ("`migrate kube2iam report`", &report, report.cpu),
        (
            "`data.eksauth_legacy_pod_roles`, the plugin",
            &source,
            source.plugin_cpu,
        ),
        ("`kubectl get pods -A -o json`", &floor, floor.cpu),
    ] {
        let (wall, memory) = (time(cost.wall), mebibytes(cost.memory));
        println!("| {what} | {wall} | {} | {memory} |", time(cpu));
    }
    for (what, cost, cpu) in [
        ("the report", &report, report.cpu),
        ("the data source", &source, source.plugin_cpu),
    ] {
        expect(
            cost.memory <= MOST_MEMORY && cpu <= MOST_TIME,
            format!(
                "{what} takes {} and {} of processor time, and not {} and {} at most",
                mebibytes(cost.memory),
                time(cpu),
                mebibytes(MOST_MEMORY),
                time(MOST_TIME)
            ),
        )?;
    }
    Ok(())
}

fn make_pods(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace(NAMESPACE)?;
    prod.ensure(
        &format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts"),
        &json!({"metadata": {"name": "default"}}),
    )?;
    let file = |name: &str| cloud.folder().join(name);
    let plan = json!({
        "endpoint": prod.endpoint(), "authority": file("ca.crt"),
        "certificate": file("administrator.crt"), "key": file("administrator.key"),
        "namespace": NAMESPACE, "pods": PODS, "workloads": 200, "roles": 50,
    });
    let mut child = cloud
        .plain(&cloud.tools().python)
        .arg(room().join("benches/provider/make_pods.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(plan.to_string().as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    if told.pointer("/refusals") == Some(&json!([])) {
        Ok(())
    } else {
        Err(Failure::new(format!("the pods were not made: {told}")))
    }
}

fn report(cloud: &Cloud) -> Outcome<Cost> {
    let base = format!("arn:aws:iam::{ACCOUNT}:role/");
    let mut command = cloud.plain(&built_provider()?);
    command
        .envs(cloud.creator().environment())
        .env("AWS_ENDPOINT_URL", cloud.emulator().url())
        .env("AWS_REGION", REGION)
        .args(["migrate", "kube2iam", "report", "--cluster", PROD])
        .args(["--base-role-arn", &base]);
    run_alone(&mut command)
}

fn data_source(cloud: &Cloud) -> Outcome<Cost> {
    let workspace = Workspace::with_init(cloud)?;
    workspace.configure(SCAN)?;
    workspace.init()?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let plan = ["plan", "-no-color", "-input=false"];
    run(cloud, &workspace, &mut audit, &plan, &[0])
}
