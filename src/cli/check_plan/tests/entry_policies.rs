//! Access entries of ours whose policies another resource associates: it comes after the entry, which the guard judges alone.

use serde_json::{Value, json};

use super::fixture::{Folder, VIEWERS, change, plan};
use super::*;

fn entry(arn: &str, policies: Value) -> Value {
    json!({"cluster_name": "prod", "principal_arn": arn, "type": "STANDARD", "user_name": "admin", "kubernetes_groups": [], "policies": policies})
}

fn made(address: &str, values: Value) -> Value {
    change(address, &["create"], Value::Null, values)
}

fn associated(arn: &str) -> Value {
    json!({"cluster_name": "prod", "principal_arn": arn, "policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": {"type": "cluster", "namespaces": null}})
}

#[test]
fn an_admin_of_aws_auth_is_not_shadowed_by_an_entry_whose_policies_come_later() {
    let all = json!([{"policy_arn": "AmazonEKSClusterAdminPolicy", "access_scope": {"type": "cluster", "namespaces": null}}]);
    let ours = "eksauth_access_entry.this";
    let policy = |arn: &str| made("eksauth_access_policy_association.this", associated(arn));
    for (what, changes, verdict) in [
        (
            "the policy in a resource of its own",
            vec![made(ours, entry(ADMIN, Value::Null)), policy(ADMIN)],
            Verdict::No,
        ),
        (
            "in the entry",
            vec![made(ours, entry(ADMIN, all))],
            Verdict::Yes,
        ),
        (
            "of somebody who is no admin",
            vec![made(ours, entry(VIEWERS, Value::Null)), policy(VIEWERS)],
            Verdict::Yes,
        ),
        (
            "of another provider, which asks no guard",
            vec![
                made("aws_eks_access_entry.this", entry(ADMIN, Value::Null)),
                policy(ADMIN),
            ],
            Verdict::Yes,
        ),
    ] {
        let outcome = Folder::new(&plan(&changes)).check_with_entries(&json!([]), &[]);
        assert_eq!(outcome.verdict, verdict, "{what}: {}", outcome.text);
        let advises = outcome.text.contains("`policies` of the entry itself");
        assert_eq!(advises, verdict == Verdict::No, "{what}: {}", outcome.text);
    }
}
