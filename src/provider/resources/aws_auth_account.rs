//! One AWS account whose every principal may enter a cluster: an item of `mapAccounts` in aws-auth.
//!
//! Permissions: those of every entry. Import id: `cluster#account`, with an optional
//! `@region`. Such a caller's username is its own canonical ARN, and it is in no group: what it may do is RBAC's to say.

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Attribute, Schema};

use crate::attributes::timeouts::Timeouts;
use crate::aws_auth::rules::Kind;
use crate::clusters::placement::Placement;
use crate::resources::aws_auth_entry::{
    EntryModel, EntryResource, Fields, MappedAccountIdentity, schema,
};

/// The resource `eksauth_aws_auth_account`.
pub type AwsAuthAccountResource = EntryResource<AwsAuthAccountModel>;

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AwsAuthAccountModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// Twelve digits.
    pub account_id: Attr<String>,
    /// What an import names it by.
    pub id: Attr<String>,
    /// Whether an entry was there before.
    pub adopted: Attr<bool>,
    /// The cluster's ARN.
    pub cluster_arn: Attr<String>,
    /// The cluster's OIDC issuer.
    pub cluster_issuer: Attr<String>,
    /// How long to wait for the cluster.
    pub timeouts: Option<Timeouts>,
}

impl EntryModel for AwsAuthAccountModel {
    type Identity = MappedAccountIdentity;

    const KIND: Kind = Kind::Account;

    fn schema() -> Schema {
        let description = "One AWS account whose every principal may enter a cluster: an entry of `mapAccounts` in the ConfigMap aws-auth. Everything else in the document \
                           stays as it is, byte for byte; entries of one apply are written together.";
        let schema = schema::of_cluster(description)
            .attribute("account_id", account_id())
            .attribute("id", schema::id())
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
            canonical: model.account_id.clone(),
            written: model.account_id,
            permission_set: Attr::Null,
            username: Attr::Null,
            groups: Attr::Null,
            on_conflict: Attr::Null,
            adopted: model.adopted,
        }
    }

    fn from_fields(fields: Fields) -> Self {
        Self {
            id: fields.id(),
            cluster_name: fields.placement.cluster_name,
            region: fields.placement.region,
            account_id: fields.written,
            adopted: fields.adopted,
            cluster_arn: fields.placement.cluster_arn,
            cluster_issuer: fields.placement.cluster_issuer,
            timeouts: fields.placement.timeouts,
        }
    }
}

fn account_id() -> Attribute {
    Attribute::string().required().description(
        "Account id, twelve digits in quotes. Every principal of the account may enter: its username is its own ARN and it is in no group of \
         aws-auth. A change replaces the entry in one write.",
    )
}
