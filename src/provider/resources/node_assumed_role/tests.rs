use std::sync::Arc;

use serde_json::json;
use tf_provider::testing::{Action, Harness};
use tf_provider::{Attr, Diagnostic, Diagnostics};

use super::*;
use crate::attributes::values::to_map;
use crate::fakes::{FakeCloud, FakeRole, refusal};
use crate::ports::iam::Role;
use crate::ports::{ApiError, ErrorKind};

mod basic;
mod imported;
mod moved;
mod node_policies;
mod node_role_room;
mod refused;

const ARN: &str = "arn:aws:iam::111122223333:role/pods/reader";
const NODES: &str = "arn:aws:iam::111122223333:role/eks/nodes";
const SPOT: &str = "arn:aws:iam::111122223333:role/spot";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/eks/nodes"},"Action":"sts:AssumeRole"}]}"#;
const POLICY: &str = r#"{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::111122223333:role/pods/reader"},{"Action":"ec2:DescribeRegions","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#;
const POLICY_NAME: &str = "eksauth-assume-reader";

/// A cloud with two roles of nodes.
fn cloud() -> Arc<FakeCloud> {
    let cloud = Arc::new(FakeCloud::default());
    for arn in [NODES, SPOT] {
        cloud.iam.put_role(existing_role(arn, "{}"));
    }
    cloud
}

fn harness(cloud: &Arc<FakeCloud>) -> Harness<NodeAssumedRoleResource> {
    Harness::new(NodeAssumedRoleResource, cloud.client(FakeCloud::settings()))
}

fn existing_role(arn: &str, trust: &str) -> FakeRole {
    let (start, name) = arn.rsplit_once('/').unwrap();
    FakeRole {
        role: Role {
            name: name.to_owned(),
            arn: arn.to_owned(),
            unique_id: format!("AROA{name}"),
            path: format!("{}/", start.split_once("role").unwrap().1),
            assume_role_policy: trust.to_owned(),
            description: String::new(),
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: [].into(),
            created_at: 1_700_000_000,
        },
        attached: [].into(),
        inline: [].into(),
        instance_profiles: Vec::new(),
    }
}

fn reader() -> serde_json::Value {
    json!({ "name": "reader", "path": "/pods/", "node_role_arns": [NODES] })
}

fn attached() -> serde_json::Value {
    with(reader(), json!({ "attach_node_policy": true }))
}

fn with(mut config: serde_json::Value, more: serde_json::Value) -> serde_json::Value {
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

fn known(text: &str) -> Attr<String> {
    Attr::Known(text.to_owned())
}

fn titles(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

fn first(diagnostics: &Diagnostics) -> &Diagnostic {
    diagnostics.iter().next().unwrap()
}

/// The inline policies of a role.
fn inline(cloud: &FakeCloud, role: &str) -> Vec<(String, String)> {
    cloud
        .iam
        .role_now(role)
        .unwrap()
        .inline
        .into_iter()
        .collect()
}

fn denied(operation: &str) -> ApiError {
    let action = format!("iam:{operation}");
    refusal(ErrorKind::AccessDenied, &action, "AccessDenied", "no")
}

#[test]
fn the_schema_is_sound() {
    assert_eq!(harness(&cloud()).check(), Vec::<String>::new());
}
