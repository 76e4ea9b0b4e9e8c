//! The identity of an entry: its cluster, and whom the server compares callers with. A change of the principal in place gives another one.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Identity, IdentitySchema, Type};

use super::{EntryModel, Fields};
use crate::clusters::ClusterIdentity;

/// An entry that an import names.
pub struct NamedEntry {
    pub(crate) cluster: ClusterIdentity,
    /// The ARN or account id.
    pub(crate) written: String,
}

/// The identity of entries of a kind.
pub trait EntryIdentity:
    Serialize + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync + 'static
{
    /// The schema.
    fn attributes() -> IdentitySchema;

    /// The identity of an entry.
    fn from_entry(entry: NamedEntry) -> Self;

    /// The entry that is meant.
    fn into_entry(self) -> NamedEntry;
}

/// The identity of a role's or a user's entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrincipalIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// What stands in aws-auth.
    pub arn: Attr<String>,
}

/// The identity of an account's entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MappedAccountIdentity {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// The cluster's account.
    pub account_id: Attr<String>,
    /// The cluster's region.
    pub region: Attr<String>,
    /// Twelve digits.
    pub mapped_account_id: Attr<String>,
}

impl EntryIdentity for PrincipalIdentity {
    fn attributes() -> IdentitySchema {
        ClusterIdentity::schema().required(
            "arn",
            Type::String,
            "ARN of the entry, as it is in aws-auth; an import also finds it by a role's ARN with its path.",
        )
    }

    fn from_entry(entry: NamedEntry) -> Self {
        Self {
            cluster_name: entry.cluster.cluster_name,
            account_id: entry.cluster.account_id,
            region: entry.cluster.region,
            arn: Attr::Known(entry.written),
        }
    }

    fn into_entry(self) -> NamedEntry {
        NamedEntry {
            cluster: ClusterIdentity {
                cluster_name: self.cluster_name,
                account_id: self.account_id,
                region: self.region,
            },
            written: self.arn.into_known().unwrap_or_default(),
        }
    }
}

impl EntryIdentity for MappedAccountIdentity {
    fn attributes() -> IdentitySchema {
        ClusterIdentity::schema().required(
            "mapped_account_id",
            Type::String,
            "Account of the entry, twelve digits.",
        )
    }

    fn from_entry(entry: NamedEntry) -> Self {
        Self {
            cluster_name: entry.cluster.cluster_name,
            account_id: entry.cluster.account_id,
            region: entry.cluster.region,
            mapped_account_id: Attr::Known(entry.written),
        }
    }

    fn into_entry(self) -> NamedEntry {
        NamedEntry {
            cluster: ClusterIdentity {
                cluster_name: self.cluster_name,
                account_id: self.account_id,
                region: self.region,
            },
            written: self.mapped_account_id.into_known().unwrap_or_default(),
        }
    }
}

/// What the state says of the entry; `None` while the cluster or the principal is not known.
fn named(fields: Fields) -> Option<NamedEntry> {
    Some(NamedEntry {
        cluster: ClusterIdentity::from_placement(&fields.placement)?,
        written: fields.canonical.into_known()?,
    })
}

impl<M: EntryModel> Identity<M> for PrincipalIdentity {
    const IS_MUTABLE: bool = true;

    fn schema() -> Option<IdentitySchema> {
        Some(Self::attributes())
    }

    fn from_model(model: &M) -> Option<Self> {
        named(model.to_fields()).map(Self::from_entry)
    }
}

impl<M: EntryModel> Identity<M> for MappedAccountIdentity {
    const IS_MUTABLE: bool = true;

    fn schema() -> Option<IdentitySchema> {
        Some(Self::attributes())
    }

    fn from_model(model: &M) -> Option<Self> {
        named(model.to_fields()).map(Self::from_entry)
    }
}
