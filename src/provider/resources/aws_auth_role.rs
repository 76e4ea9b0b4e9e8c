//! One role that may enter a cluster: an item of `mapRoles` in aws-auth.
//!
//! Permissions: those of every entry, and `iam:ListRoles` for `permission_set`. Import id: `cluster#arn`, with an optional `@region`.
//! The server compares ARNs without a role's path, so what is written there is `canonical_arn`; `rolearn` stays as IAM gives it. The role of a
//! permission set of IAM Identity Center is looked up by name at plan, see `permission_set`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema};

use crate::access::permissions::{LIST_ROLES_FOR_PERMISSION_SET, READ_OWN_ROLE};
use crate::attributes::timeouts::Timeouts;
use crate::aws_auth::rules::Kind;
use crate::clusters::placement::Placement;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::Permissions;
use crate::resources::aws_auth_entry::{
    self, EntryModel, EntryResource, Fields, PrincipalIdentity, schema,
};

/// The resource `eksauth_aws_auth_role`.
pub type AwsAuthRoleResource = EntryResource<AwsAuthRoleModel>;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AwsAuthRoleModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The role, as IAM gives it.
    pub rolearn: Attr<String>,
    /// The permission set whose role it is.
    pub permission_set: Attr<String>,
    /// The username template.
    pub username: Attr<String>,
    /// The group templates.
    pub groups: Attr<BTreeSet<Attr<String>>>,
    /// `error` or `adopt`.
    pub on_conflict: Attr<String>,
    /// What an import names it by.
    pub id: Attr<String>,
    /// What stands in aws-auth.
    pub canonical_arn: Attr<String>,
    /// Whether an entry was there before.
    pub adopted: Attr<bool>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait for the cluster.
    pub timeouts: Option<Timeouts>,
}

impl EntryModel for AwsAuthRoleModel {
    type Identity = PrincipalIdentity;

    const KIND: Kind = Kind::Role;

    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_ROLES_FOR_PERMISSION_SET,
            LIST_CLUSTERS,
            READ_OWN_ROLE,
        ],
        ..aws_auth_entry::PERMISSIONS
    };

    fn schema() -> Schema {
        let description = "One role that may enter a cluster: an entry of `mapRoles` in the ConfigMap aws-auth. Everything else in the document \
                           stays as it is, byte for byte; entries of one apply are written together.";
        let schema = schema::of_cluster(description)
            .attribute("rolearn", rolearn())
            .attribute("permission_set", permission_set())
            .attribute("username", schema::username())
            .attribute("groups", schema::groups())
            .attribute("on_conflict", schema::on_conflict())
            .attribute("id", schema::id())
            .attribute(
                "canonical_arn",
                schema::canonical_arn("the role without its path"),
            )
            .attribute("adopted", schema::adopted());
        schema::remembering(schema)
    }

    fn to_fields(&self) -> Fields {
        let model = self.clone();
        Fields {
            placement: Placement {
                cluster_name: model.cluster_name,
                region: model.region,
                cluster_arn: model.cluster_arn,
                cluster_issuer: model.cluster_issuer,
                timeouts: model.timeouts,
            },
            written: model.rolearn,
            permission_set: model.permission_set,
            username: model.username,
            groups: model.groups,
            on_conflict: model.on_conflict,
            canonical: model.canonical_arn,
            adopted: model.adopted,
        }
    }

    fn from_fields(fields: Fields) -> Self {
        Self {
            id: fields.id(),
            cluster_name: fields.placement.cluster_name,
            region: fields.placement.region,
            rolearn: fields.written,
            permission_set: fields.permission_set,
            username: fields.username,
            groups: fields.groups,
            on_conflict: fields.on_conflict,
            canonical_arn: fields.canonical,
            adopted: fields.adopted,
            cluster_arn: fields.placement.cluster_arn,
            cluster_issuer: fields.placement.cluster_issuer,
            timeouts: fields.placement.timeouts,
        }
    }
}

fn rolearn() -> Attribute {
    Attribute::string().optional().computed().description(
        "ARN of the role, as IAM gives it: with its path, or the ARN of one of its sessions. What goes into aws-auth is `canonical_arn`. A \
         change replaces the entry in one write. Exactly one of `rolearn` and `permission_set`; with that, it is the ARN of the permission set's role.",
    )
}

fn permission_set() -> Attribute {
    Attribute::string().optional().description(
        "Name of a permission set of IAM Identity Center, instead of `rolearn`: the entry is for its role `AWSReservedSSO_NAME_…` in the account of \
         the cluster, found by `iam:ListRoles`. A recreated role has another name, and the next plan moves the entry to it.",
    )
}
