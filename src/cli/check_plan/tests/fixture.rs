//! Plans made in a test, and a cluster that they are judged against.

use serde_json::{Value, json};

use super::*;

/// A cluster with admins and viewers by aws-auth, and nodes.
pub(super) const AWS_AUTH: &str = "mapRoles: |
    - {rolearn: arn:aws:iam::111122223333:role/nodes, username: \"system:node:{{EC2PrivateDNSName}}\", groups: [\"system:bootstrappers\", \"system:nodes\"]}
    - {rolearn: arn:aws:iam::111122223333:role/admins, username: admin, groups: [\"system:masters\"]}
    - {rolearn: arn:aws:iam::111122223333:role/viewers, username: viewer, groups: [viewers]}
";
pub(super) const VIEWERS: &str = "arn:aws:iam::111122223333:role/viewers";
pub(super) const NODES: &str = "arn:aws:iam::111122223333:role/nodes";

/// A plan in a folder of its own, with an aws-auth and perhaps access entries.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new(plan: &Value) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("plan.json", plan.to_string());
        folder.write(
            "aws-auth.yaml",
            format!("kind: ConfigMap\ndata:\n  {AWS_AUTH}"),
        );
        folder
    }

    pub(super) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Judges `prod` as the admins, unless it is said otherwise.
    pub(super) fn check(&self, more: &[&str]) -> Outcome {
        self.try_check(more).unwrap()
    }

    pub(super) fn try_check(&self, more: &[&str]) -> Result<Outcome, String> {
        let (plan, aws_auth) = (self.path("plan.json"), self.path("aws-auth.yaml"));
        let mut words = vec![plan.as_str(), "--aws-auth", &aws_auth];
        for (flag, value) in [("--cluster", "prod"), ("--apply-principal", ADMIN)] {
            if !more.contains(&flag) {
                words.extend([flag, value]);
            }
        }
        words.extend(more);
        judge(&words)
    }

    /// The same with access entries.
    pub(super) fn check_with_entries(&self, entries: &Value, more: &[&str]) -> Outcome {
        self.write("entries.json", entries.to_string());
        let file = self.path("entries.json");
        let mut words = vec!["--access-entries", file.as_str()];
        words.extend(more);
        self.check(&words)
    }
}

/// A plan with these changes.
pub(super) fn plan(changes: &[Value]) -> Value {
    json!({"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}, "resource_changes": changes, "complete": true, "errored": false})
}

/// One change; the type is read from the address.
pub(super) fn change(address: &str, actions: &[&str], before: Value, after: Value) -> Value {
    let kind = address
        .split(['.', '['])
        .find(|word| word.contains('_'))
        .unwrap();
    json!({"address": address, "mode": "managed", "type": kind, "change": {
        "actions": actions, "before": before, "after": after, "after_unknown": {}}})
}

/// The same with something unknown.
pub(super) fn unknown(mut change: Value, after_unknown: Value) -> Value {
    change["change"]["after_unknown"] = after_unknown;
    change
}

/// An entry resource's attributes.
pub(super) fn role(arn: &str, username: &str, groups: &[&str]) -> Value {
    json!({"cluster_name": "prod", "cluster_arn": "arn:aws:eks:eu-central-1:111122223333:cluster/prod", "region": null, "rolearn": arn,
        "canonical_arn": arn, "username": username, "groups": groups, "on_conflict": "error", "permission_set": null, "timeouts": null})
}

pub(super) fn admins() -> Value {
    role(ADMIN, "admin", &["system:masters"])
}

/// A plan of one change, judged.
pub(super) fn of(change: Value) -> Outcome {
    Folder::new(&plan(&[change])).check(&[])
}
