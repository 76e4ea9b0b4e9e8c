//! One IAM user that may enter a cluster: an item of `mapUsers` in aws-auth.
//!
//! Permissions: those of every entry. Import id: `cluster#arn`, with an optional `@region`.
//! A user keeps its path, because the server is told it: `canonical_arn` is `userarn` as written.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema};

use crate::attributes::timeouts::Timeouts;
use crate::aws_auth::rules::Kind;
use crate::clusters::placement::Placement;
use crate::resources::aws_auth_entry::{
    EntryModel, EntryResource, Fields, PrincipalIdentity, schema,
};

/// The resource `eksauth_aws_auth_user`.
pub type AwsAuthUserResource = EntryResource<AwsAuthUserModel>;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AwsAuthUserModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// The user, path included.
    pub userarn: Attr<String>,
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

impl EntryModel for AwsAuthUserModel {
    type Identity = PrincipalIdentity;

    const KIND: Kind = Kind::User;

    fn schema() -> Schema {
        let description = "One IAM user that may enter a cluster: an entry of `mapUsers` in the ConfigMap aws-auth. Everything else in the document \
                           stays as it is, byte for byte; entries of one apply are written together.";
        let schema = schema::of_cluster(description)
            .attribute("userarn", userarn())
            .attribute("username", schema::username_of_user())
            .attribute("groups", schema::groups())
            .attribute("on_conflict", schema::on_conflict())
            .attribute("id", schema::id())
            .attribute(
                "canonical_arn",
                schema::canonical_arn("that of the user, path included"),
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
            written: model.userarn,
            permission_set: Attr::Null,
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
            userarn: fields.written,
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

fn userarn() -> Attribute {
    Attribute::string().required().description(
        "ARN of the user, with its path; `arn:aws:iam::ACCOUNT:root` for the root of an account. A change replaces the entry in one write.",
    )
}
