use eksauth_core::aws_auth::Section;
use serde_json::{Value as Json, json};
use tf_provider::Attr;
use tf_provider::testing::{Action, Harness, UNKNOWN};

use super::AwsAuthResource;
use crate::aws_auth::fixture::{Bed, ROLES, USERS, only, role_arn, role_config, titles};
use crate::fakes::active_cluster;
use crate::fakes::kubernetes::Verb;
use crate::resources::aws_auth_role::AwsAuthRoleResource;

const ALICE: &str = "arn:aws:iam::111122223333:user/people/alice";

fn admins() -> Json {
    json!({ "rolearn": role_arn("admins"), "username": "admin", "groups": ["system:masters"] })
}

fn dev(groups: &[&str]) -> Json {
    json!({ "rolearn": role_arn("teams/dev"), "username": "dev", "groups": groups })
}

fn alice() -> Json {
    json!({ "userarn": ALICE, "username": "alice", "groups": ["view"] })
}

/// What an import of [`Bed::lived_in`] is written down as.
fn imported() -> Json {
    json!({ "cluster_name": "prod", "map_roles": [admins()], "map_users": [alice()], "map_accounts": [] })
}

mod basic;
mod exclusive;
mod held;
mod identity;
mod import;
mod lost_access;
mod moved;
mod repair;
mod roles;
