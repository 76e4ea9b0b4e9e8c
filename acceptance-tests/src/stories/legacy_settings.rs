//! What kube2iam and kiam are really told, and what an account really says: no trust is taken away on the word of a guess.

use serde_json::{Value, json};

use super::{
    by_hand::{CommandOutput, ours},
    story::stories,
};
use crate::{
    bed::{
        cloud::{ACCOUNT, Cloud, PROD},
        cluster::Cluster,
        workspace::Workspace,
    },
    failure::{Outcome, expect, expect_parts},
};

stories!("legacy_settings":
    an_account_with_an_audience_of_its_own_is_a_blocker,
    pods_of_a_shared_account_keep_the_trust_of_their_role,
    the_annotations_that_kube2iam_is_told_to_read_are_read,
    an_older_kiam_is_judged_by_its_own_rules,
    two_kube2iam_with_different_flags_take_nothing_away,
);

const NAMESPACE: &str = "settings";

const ROLE_KEY: &str = "iam.amazonaws.com/role";

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// `prod` with the namespace as annotated and nothing in it.
fn fresh<'c>(cloud: &'c Cloud, annotations: &Value) -> Outcome<Cluster<'c>> {
    cloud.role("/", "nodes")?;
    let prod = cloud.cluster(PROD)?;
    prod.ensure_namespace(NAMESPACE)?;
    clear(&prod)?;
    let path = format!("/api/v1/namespaces/{NAMESPACE}");
    let (status, mut namespace) = prod.ask("GET", &path, None)?;
    expect(status == 200, format!("{status}: {namespace}"))?;
    if let Some(metadata) = namespace.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("annotations".to_owned(), annotations.clone());
    }
    let (status, answer) = prod.ask("PUT", &path, Some(&namespace))?;
    expect(status == 200, format!("{status}: {answer}"))?;
    Ok(prod)
}

fn clear(prod: &Cluster<'_>) -> Outcome {
    for (group, kind) in [
        ("/apis/apps/v1", "statefulsets"),
        ("/apis/apps/v1", "daemonsets"),
        ("/api/v1", "pods"),
    ] {
        let collection = format!("{group}/namespaces/{NAMESPACE}/{kind}?gracePeriodSeconds=0");
        prod.ask("DELETE", &collection, None)?;
    }
    prod.put_service_accounts(NAMESPACE, &[]).map(drop)
}

fn account(prod: &Cluster<'_>, name: &str, annotations: &Value) -> Outcome {
    prod.ensure(
        &format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts"),
        &json!({"metadata": {"name": name, "annotations": annotations}}),
    )
}

/// A workload that makes pods, such as kube2iam itself.
fn workload(prod: &Cluster<'_>, kind: &str, name: &str, pod: &Value) -> Outcome {
    let labels = json!({"app": name});
    let mut template = pod.clone();
    if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("labels".to_owned(), labels.clone());
    }
    let mut spec = json!({"selector": {"matchLabels": labels}, "template": template});
    if let (Some(spec), "statefulsets") = (spec.as_object_mut(), kind) {
        spec.insert("serviceName".to_owned(), json!(name));
    }
    prod.ensure(
        &format!("/apis/apps/v1/namespaces/{NAMESPACE}/{kind}"),
        &json!({"metadata": {"name": name}, "spec": spec}),
    )
}

fn template(account: &str, annotations: &Value) -> Value {
    json!({"metadata": {"annotations": annotations},
        "spec": {"serviceAccountName": account, "containers": [{"name": "a", "image": "a"}]}})
}

fn system(image: &str, args: &[&str]) -> Value {
    json!({"metadata": {}, "spec": {"containers": [{"name": "a", "image": image, "args": args}]}})
}

/// A running pod of a StatefulSet, with the role that it was given by web identity, if any.
struct Running<'a> {
    name: &'a str,
    owner: &'a str,
    account: &'a str,
    role: &'a str,
    injected: bool,
}

impl Running<'_> {
    fn make(&self, prod: &Cluster<'_>) -> Outcome {
        let role = role_arn(self.role);
        let env = self.injected.then(|| json!([{"name": "AWS_ROLE_ARN", "value": role}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]));
        let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": self.owner, "uid": self.owner, "controller": true});
        prod.ensure(
            &format!("/api/v1/namespaces/{NAMESPACE}/pods"),
            &json!({"metadata": {"name": self.name, "annotations": {ROLE_KEY: self.role}, "ownerReferences": [owner]},
                "spec": {"serviceAccountName": self.account, "automountServiceAccountToken": false,
                    "containers": [{"name": "a", "image": "a", "env": env}]}}),
        )
    }
}

/// A role that lets the nodes in.
fn old_role(cloud: &Cloud, name: &str) -> Outcome {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": role_arn("nodes")}, "Action": "sts:AssumeRole",
    }]});
    let wanted = json!({"account": ACCOUNT, "name": name, "trust": trust});
    cloud.emulator().control("role", &wanted).map(drop)
}

fn migrate(cloud: &Cloud, system: &str, arguments: &str) -> Outcome<CommandOutput> {
    let nodes = role_arn("nodes");
    let mut all = vec!["migrate", system];
    all.extend(arguments.split(' '));
    all.extend(["--cluster", PROD, "--node-role", &nodes]);
    ours(cloud, cloud.creator(), &all, "")
}

/// Phase 3 prints no file, and a plan does not say that all is done.
fn nothing_is_taken_away(cloud: &Cloud, system: &str, why: &str) -> Outcome {
    let third = migrate(cloud, system, "hcl --phase 3 --previous none")?;
    expect(
        third.code == Some(2) && third.out.is_empty() && third.errors.contains(why),
        format!(
            "{:?}, without `{why}`: {}{}",
            third.code, third.out, third.errors
        ),
    )?;
    migrate(cloud, system, "plan")?.expect(2, "")
}

fn an_account_with_an_audience_of_its_own_is_a_blocker(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({}))?;
    old_role(cloud, "vaulted")?;
    account(
        &prod,
        "web",
        &json!({"eks.amazonaws.com/audience": "vault"}),
    )?;
    let asks = template("web", &json!({ROLE_KEY: "vaulted"}));
    workload(&prod, "statefulsets", "web", &asks)?;
    let workspace = Workspace::new(cloud)?;
    let first = migrate(cloud, "kube2iam", "hcl --phase 1")?;
    let said = "the account `settings/web` does not get `arn:aws:iam::111122223333:role/vaulted` by any phase";
    first.expect(1, said)?;
    expect_parts(&first.errors, &["`eks.amazonaws.com/audience` = `vault`"])?;
    workspace.configure(&first.out)?;
    workspace.apply()?;
    let third = migrate(cloud, "kube2iam", "hcl --phase 3 --previous none")?;
    third.expect(1, "role/vaulted` keeps the old trust: ")?;
    migrate(cloud, "kube2iam", "plan")?.expect(1, "not trusted yet")?;

    // The same without a migration.
    let by_hand = format!(
        "{}\nresource \"eksauth_service_account\" \"web\" {{\n  cluster_name = \"{PROD}\"\n  namespace = \"{NAMESPACE}\"\n  name = \"web\"\n  role_arn = eksauth_irsa_role.vaulted.arn\n}}\n",
        first.out
    );
    workspace.configure(&by_hand)?;
    workspace
        .run(&["plan", "-no-color", "-input=false"])?
        .refused_with(&["Role Does Not Trust Service Account", "others have set"])?;
    clear(&prod)
}

fn pods_of_a_shared_account_keep_the_trust_of_their_role(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({}))?;
    account(&prod, "app", &json!({}))?;
    for (name, role) in [("web", "of-web"), ("worker", "of-worker")] {
        old_role(cloud, role)?;
        let own = format!("{name}-sa");
        account(
            &prod,
            &own,
            &json!({"eks.amazonaws.com/role-arn": role_arn(role)}),
        )?;
        workload(
            &prod,
            "statefulsets",
            name,
            &template(&own, &json!({ROLE_KEY: role})),
        )?;
        let running = Running {
            name,
            owner: name,
            account: &own,
            role,
            injected: true,
        };
        running.make(&prod)?;
    }
    let old = Running {
        name: "worker-old",
        owner: "worker",
        account: "app",
        role: "of-worker",
        injected: false,
    };
    old.make(&prod)?;
    let workspace = Workspace::new(cloud)?;
    let second = migrate(cloud, "kube2iam", "hcl --phase 1 --previous none")?;
    second.expect(0, "\"settings:worker-sa\"")?;
    expect(
        !second.out.contains("\"settings:app"),
        format!("`app` is nobody's any more:\n{}", second.out),
    )?;
    workspace.configure(&second.out)?;
    workspace.apply()?;
    let third = migrate(cloud, "kube2iam", "hcl --phase 3 --previous none")?;
    third.expect(1, "role/of-worker` keeps the old trust: ")?;
    let waits = "StatefulSet settings/worker (pods that run already) must be recreated";
    expect_parts(&third.errors, &[waits])?;
    expect(
        !third.errors.contains("role/of-web` keeps"),
        third.errors.clone(),
    )?;
    migrate(cloud, "kube2iam", "plan -o json")?.expect(1, waits)?;
    clear(&prod)
}

fn the_annotations_that_kube2iam_is_told_to_read_are_read(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({"example.com/allowed": "[\"keyed\"]"}))?;
    old_role(cloud, "keyed")?;
    let flags = [
        "--namespace-restrictions",
        "--namespace-key=example.com/allowed",
        "--iam-role-key=example.com/role",
    ];
    let kube2iam = system("jtblin/kube2iam:0.15.0", &flags);
    workload(&prod, "daemonsets", "kube2iam", &kube2iam)?;
    let asks = template("web", &json!({"example.com/role": "keyed"}));
    workload(&prod, "statefulsets", "web", &asks)?;
    let first = migrate(cloud, "kube2iam", "hcl --phase 1")?;
    first.expect(0, "\"settings:web\"")?;
    clear(&prod)
}

fn an_older_kiam_is_judged_by_its_own_rules(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({"iam.amazonaws.com/permitted": "older"}))?;
    old_role(cloud, "older")?;
    let asks = template("web", &json!({ROLE_KEY: "older"}));
    workload(&prod, "statefulsets", "web", &asks)?;
    let kiam = system("quay.io/uswitch/kiam:v3.2", &["server"]);
    workload(&prod, "daemonsets", "kiam", &kiam)?;
    let first = migrate(cloud, "kiam", "hcl --phase 1")?;
    first.expect(0, "\"settings:web\"")?;
    expect_parts(&first.errors, &["is kiam 3"])?;
    // An image that says no version: what the rules of today do not permit is named and is not done.
    clear(&prod)?;
    workload(&prod, "statefulsets", "web", &asks)?;
    let unknown = system("quay.io/uswitch/kiam:master", &["server"]);
    workload(&prod, "daemonsets", "kiam", &unknown)?;
    migrate(cloud, "kiam", "plan")?.expect(1, "role.system_settings_unclear")?;
    clear(&prod)
}

fn two_kube2iam_with_different_flags_take_nothing_away(cloud: &Cloud) -> Outcome {
    let prod = fresh(cloud, &json!({}))?;
    old_role(cloud, "twofold")?;
    let asks = template("web", &json!({ROLE_KEY: "twofold"}));
    workload(&prod, "statefulsets", "web", &asks)?;
    for (name, flags) in [
        ("kube2iam", &["--debug"]),
        ("kube2iam-gpu", &["--namespace-restrictions"]),
    ] {
        let kube2iam = system("jtblin/kube2iam:0.15.0", flags);
        workload(&prod, "daemonsets", name, &kube2iam)?;
    }
    let first = migrate(cloud, "kube2iam", "hcl --phase 1")?;
    let differ = "`--namespace-restrictions` is `glob` and `off`";
    expect_parts(&first.errors, &[differ])?;
    nothing_is_taken_away(cloud, "kube2iam", differ)?;
    clear(&prod)
}
