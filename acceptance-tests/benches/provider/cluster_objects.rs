//! The part `objects`: a thousand service accounts and a thousand group bindings refreshed, beside one of them, which is what the plugin itself takes, and
//! `kubectl get` of the same objects as the floor.
//!
//! Calls and memory have limits, which fail the run; times depend on the machine.

use acceptance_tests::{
    bed::{
        audit::Audit,
        cloud::{Cloud, PROD},
        workspace::Workspace,
    },
    failure::{Outcome, expect},
    measure::{Cost, mebibytes, run, run_alone, time},
    progress::step,
};

const NAMESPACE: &str = "bench";
const ACCOUNTS: &str = "resource \"eksauth_service_account\" \"many\" {\n  count        = 1000\n  namespace    = \"bench\"\n  \
    name         = \"bench-${count.index}\"\n  role_arn     = \"arn:aws:iam::111122223333:role/bench-${count.index}\"\n  \
    on_untrusted = \"ignore\"\n}\n";
const BINDINGS: &str = "resource \"eksauth_group_binding\" \"many\" {\n  count  = 1000\n  name   = \"bench-${count.index}\"\n  \
    groups = [\"bench-${count.index}\"]\n  labels = { bench = \"1\" }\n  rules = [\n    { resources = [\"pods\", \"pods/log\"], verbs = [\"get\", \"list\", \"watch\"] },\n    \
    { api_groups = [\"apps\"], resources = [\"deployments\"], verbs = [\"get\", \"list\", \"watch\"] },\n  ]\n}\n";
const REFRESH: &[&str] = &["plan", "-no-color", "-input=false"];
const PARALLEL: &str = "-parallelism=100";
const MOST_CALLS: usize = 4;
const MOST_MEMORY: u64 = 25 * 1024 * 1024;

/// Objects of one kind.
struct Objects {
    what: &'static str,
    configuration: &'static str,
    /// How kubectl lists what the refresh reads.
    kubectl: &'static [&'static str],
    /// The collections that hold them, to be emptied at the end.
    collections: &'static [&'static str],
}

const ALL: [Objects; 2] = [
    Objects {
        what: "refresh 1,000 service accounts",
        configuration: ACCOUNTS,
        kubectl: &["get", "serviceaccounts", "-A", "-o", "json"],
        collections: &["/api/v1/namespaces/bench/serviceaccounts"],
    },
    Objects {
        what: "refresh 1,000 group bindings",
        configuration: BINDINGS,
        kubectl: &[
            "get",
            "clusterroles,clusterrolebindings,roles,rolebindings",
            "-A",
            "-o",
            "json",
        ],
        collections: &[
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?labelSelector=bench",
            "/apis/rbac.authorization.k8s.io/v1/clusterroles?labelSelector=bench",
        ],
    },
];

/// Measures both and prints the table.
pub fn measure(cloud: &Cloud) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace(NAMESPACE)?;
    let mut audit = cloud.with_control_plane(PROD, |plane| plane.audit())?;
    let mut lines = Vec::new();
    let mut excesses = Vec::new();
    for objects in ALL {
        let measured = objects.measure(cloud, &mut audit)?;
        let refresh = &measured.refresh;
        if refresh.kubernetes_calls > MOST_CALLS {
            excesses.push(format!(
                "{} takes {} requests, and not {MOST_CALLS} at most",
                objects.what, refresh.kubernetes_calls
            ));
        }
        if refresh.memory > MOST_MEMORY {
            excesses.push(format!(
                "{} takes {}, and not {} at most",
                objects.what,
                mebibytes(refresh.memory),
                mebibytes(MOST_MEMORY)
            ));
        }
        let line = measured.line(objects.what);
        eprintln!("    {line}");
        lines.push(line);
    }
    println!(
        "\n| | wall | CPU | of it the plugin | plugin memory | of one object | Kubernetes calls | AWS calls | kubectl get: wall | CPU | memory |\n\
         |---|---|---|---|---|---|---|---|---|---|---|"
    );
    for line in lines {
        println!("{line}");
    }
    expect(excesses.is_empty(), excesses.join("\n"))
}

impl Objects {
    fn measure(&self, cloud: &Cloud, audit: &mut Audit) -> Outcome<Measured> {
        let workspace = Workspace::with_init(cloud)?;
        workspace.configure(&self.configuration.replace("1000", "1"))?;
        workspace.init()?;
        let apply = [
            "apply",
            "-no-color",
            "-input=false",
            "-auto-approve",
            PARALLEL,
        ];
        workspace.run(&apply)?.succeeded()?;
        let of_one = run(cloud, &workspace, audit, REFRESH, &[0])?;
        workspace.configure(self.configuration)?;
        step(&format!("making what is refreshed: {}", self.what), || {
            workspace.run(&apply)?.succeeded()
        })?;
        let refresh = step(&format!("measuring: {}", self.what), || {
            run(cloud, &workspace, audit, REFRESH, &[0])
        })?;
        for request in audit.requests()? {
            eprintln!("    {} {} {}", request.verb, request.resource, request.name);
        }
        let prod = cloud.cluster(PROD)?;
        let mut kubectl = cloud.plain(&cloud.tools().kubectl);
        kubectl
            .arg("--kubeconfig")
            .arg(prod.kubeconfig())
            .args(self.kubectl);
        let floor = step("measuring: kubectl get", || run_alone(&mut kubectl))?;
        for collection in self.collections {
            let (status, answer) = prod.ask("DELETE", collection, None)?;
            expect(status == 200, format!("{status}: {answer}"))?;
        }
        Ok(Measured {
            of_one,
            refresh,
            floor,
        })
    }
}

/// What was measured of one kind.
struct Measured {
    /// The refresh of one object.
    of_one: Cost,
    /// That of a thousand.
    refresh: Cost,
    /// kubectl's list.
    floor: Cost,
}

impl Measured {
    fn line(&self, what: &str) -> String {
        let Self {
            of_one,
            refresh,
            floor,
        } = self;
        format!(
            "| {what} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            time(refresh.wall),
            time(refresh.cpu),
            time(refresh.plugin_cpu),
            mebibytes(refresh.memory),
            mebibytes(of_one.memory),
            refresh.kubernetes_calls,
            refresh.aws_calls,
            time(floor.wall),
            time(floor.cpu),
            mebibytes(floor.memory),
        )
    }
}
