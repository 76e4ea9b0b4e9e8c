//! What was there before it was adopted outlives its resource.

use eksauth_core::access::access_entry::AuthenticationMode;
use eksauth_core::access::change::ClusterState;
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use serde_json::{Value, json};

use super::super::place::ClusterPlace;
use super::super::plan_file::PlanFile;
use super::super::planned::{PlannedChanges, Target, planned};
use super::fixture::{Folder, change, plan};
use super::*;

const POLICY: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

fn entry(adopted: bool) -> Value {
    json!({"cluster_name": "prod", "principal_arn": ADMIN, "type": "STANDARD", "user_name": "admin", "kubernetes_groups": [], "adopted": adopted,
        "policies": [{"policy_arn": POLICY, "access_scope": {"type": "cluster", "namespaces": []}}]})
}

fn association(adopted: bool) -> Value {
    json!({"cluster_name": "prod", "principal_arn": ADMIN, "policy_arn": POLICY, "adopted": adopted,
        "access_scope": {"type": "cluster", "namespaces": []}})
}

#[test]
fn an_adopted_access_entry_or_policy_stays_when_it_is_destroyed() {
    let there = json!([{"accessEntry": {"clusterName": "prod", "principalArn": ADMIN, "kubernetesGroups": [], "username": "admin", "type": "STANDARD"},
        "associatedAccessPolicies": [{"policyArn": POLICY, "accessScope": {"type": "cluster", "namespaces": []}}]}]);
    for (address, object) in [
        ("eksauth_access_entry.this", entry as fn(bool) -> Value),
        ("eksauth_access_policy_association.this", association),
    ] {
        for (adopted, verdict) in [(false, Verdict::No), (true, Verdict::Yes)] {
            let elsewhere = {
                let mut moved = object(false);
                moved["principal_arn"] = json!(PLATFORM_ADMIN);
                moved
            };
            for (actions, after) in [
                (&["delete"][..], Value::Null),
                (&["delete", "create"], elsewhere),
            ] {
                let gone = change(address, actions, object(adopted), after);
                let folder = Folder::new(&plan(&[gone]));
                folder.write("aws-auth.yaml", "kind: ConfigMap\ndata: {}\n");
                let outcome = folder.check_with_entries(&there, &[]);
                let told = &outcome.text;
                assert_eq!(
                    outcome.verdict, verdict,
                    "{address} {adopted} {actions:?}: {told}"
                );
                let says_so = told.contains("was there before it was adopted, so it stays");
                assert_eq!(says_so, adopted, "{address} {actions:?}: {told}");
            }
        }
    }
}

fn binding(adopted: bool) -> Value {
    json!({"cluster_name": "prod", "cluster_arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod", "region": null, "name": "admins",
        "cluster_role": "cluster-admin", "groups": ["admins"], "namespaces": null, "adopted": adopted})
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn found(changes: &[Value]) -> PlannedChanges {
    let plan = PlanFile::parse(plan(changes).to_string().as_bytes()).unwrap();
    let cluster = ClusterPlace::parse("prod");
    let target = Target {
        cluster: &cluster,
        owns_kubernetes: true,
    };
    let unread = ClusterState {
        view: ClusterView {
            mode: AuthenticationMode::ConfigMap,
            aws_auth: Knowledge::Unreadable(String::new()),
            access_entries: Knowledge::Unreadable(String::new()),
        },
        rbac: None,
    };
    planned(&plan, &unread, &target)
}

#[test]
fn an_adopted_binding_may_go_or_stay_unless_it_is_changed_in_place() {
    let address = "eksauth_group_binding.this";
    let null = Value::Null;
    let own_rules = |object: Value| {
        let rules = json!([{"api_groups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        with(with(object, "rules", rules), "cluster_role", Value::Null)
    };
    for (what, actions, before, after, left) in [
        (
            "made here",
            &["delete"][..],
            binding(false),
            null.clone(),
            None,
        ),
        ("adopted", &["delete"], binding(true), null.clone(), Some(0)),
        (
            "with a role of its own",
            &["delete"],
            own_rules(binding(true)),
            null.clone(),
            Some(0),
        ),
        (
            "replaced",
            &["delete", "create"],
            binding(true),
            binding(false),
            Some(1),
        ),
        (
            "other groups",
            &["update"],
            binding(true),
            with(binding(true), "groups", json!(["others"])),
            None,
        ),
        (
            "another role, so another binding",
            &["update"],
            binding(true),
            with(binding(true), "cluster_role", json!("view")),
            Some(1),
        ),
    ] {
        let changes = found(&[change(address, actions, before, after)]);
        let counted = changes.with_adopted_left().map(|left| left.changes().len());
        assert_eq!(counted, left, "{what}");
        assert_eq!(changes.adopted().is_empty(), left.is_none(), "{what}");
    }
}
