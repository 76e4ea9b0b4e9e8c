//! The Pod Identity associations of a cluster: which service accounts have one, and, where asked for, which roles they give.
//!
//! What surprises: the list of EKS names no roles. They are read one by one, a bounded number at once, only with `details`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::pod_identity::{AccountName, FoundAssociation, read_listed};
use crate::attributes::values::{to_list, to_map};
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::diagnostics::api_failure;
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, Need, Permissions, Step,
};
use crate::ports::eks::{ListedAssociation, PodIdentityAssociation};

mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_pod_identity_associations`.
pub struct PodIdentityAssociationsDataSource;

/// An association; what only its details say is null without them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AssociationModel {
    /// Namespace of the service account.
    pub namespace: Attr<String>,
    /// Its name.
    pub service_account: Attr<String>,
    /// `a-…`.
    pub association_id: Attr<String>,
    /// Its ARN.
    pub association_arn: Attr<String>,
    /// The add-on whose it is.
    pub owner_arn: Attr<String>,
    /// The role that EKS assumes.
    pub role_arn: Attr<String>,
    /// The role that is then assumed with that one.
    pub target_role_arn: Attr<String>,
    /// What EKS says when it asks for the target role.
    pub external_id: Attr<String>,
    /// Whether sessions are without tags.
    pub disable_session_tags: Attr<bool>,
    /// The session policy.
    pub policy: Attr<String>,
    /// Tags.
    pub tags: Attr<BTreeMap<String, Attr<String>>>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PodIdentityAssociationsModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// One namespace only.
    pub namespace: Attr<String>,
    /// Whether roles, policies and tags are read too.
    pub details: Attr<bool>,
    /// The associations.
    pub associations: Attr<Vec<AssociationModel>>,
    /// What could not be read.
    pub unread: Attr<Vec<Attr<String>>>,
}

impl DeclaresPermissions for PodIdentityAssociationsDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement {
                actions: &["eks:ListPodIdentityAssociations"],
                resource: AwsResource::CLUSTER,
                need: Need::Required { step: Step::Plan },
            },
            AwsStatement {
                actions: &["eks:DescribePodIdentityAssociation"],
                resource: AwsResource::POD_IDENTITY_ASSOCIATIONS,
                need: Need::WhereGranted {
                    purpose: "`details` are read; without it they are null, and `unread` says so",
                },
            },
        ],
        kubernetes: &[],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for PodIdentityAssociationsDataSource {
    type Client = Client;
    type Model = PodIdentityAssociationsModel;

    const NAME: &'static str = "eksauth_pod_identity_associations";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: PodIdentityAssociationsModel,
    ) -> Result<PodIdentityAssociationsModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let reference = &cluster.reference;
        let namespace = config.namespace.known().map(String::as_str);
        let about = match namespace {
            Some(namespace) => {
                format!("The Pod Identity associations of namespace `{namespace}` of {reference}")
            }
            None => format!("The Pod Identity associations of {reference}"),
        };
        let eks = cluster.eks();
        let listed = eks.list_pod_identity_associations(&cluster.cluster.name, namespace);
        let mut listed = listed.await.map_err(api_failure::failure(
            "Cannot Read Pod Identity Associations",
            &about,
        ))?;
        listed.sort_by_key(account);
        let details = match config.details.known() {
            Some(true) => read_listed(&cluster, listed.clone()).await,
            _ => BTreeMap::new(),
        };
        let unread: BTreeSet<String> = details
            .values()
            .filter_map(|found| match found {
                FoundAssociation::Unread(reason) => Some(reason.clone()),
                FoundAssociation::Read(_) => None,
            })
            .collect();
        if !unread.is_empty() {
            cx.add(diagnostics::not_everything(&unread));
        }
        let with_details = config.details == Attr::Known(true);
        let told = listed.iter().filter_map(|listed| {
            match (with_details, details.get(&account(listed))) {
                (true, Some(FoundAssociation::Read(found))) => Some(whole(listed, found)),
                // It was deleted after the list.
                (true, None) => None,
                (true, Some(FoundAssociation::Unread(_))) | (false, _) => Some(as_listed(listed)),
            }
        });
        Ok(PodIdentityAssociationsModel {
            cluster_name: reference.named_as(&config.cluster_name),
            region: Attr::Known(reference.region.clone()),
            associations: Attr::Known(told.collect()),
            unread: to_list(unread),
            ..config
        })
    }
}

fn account(listed: &ListedAssociation) -> AccountName {
    AccountName {
        namespace: listed.namespace.clone(),
        name: listed.service_account.clone(),
    }
}

fn as_listed(listed: &ListedAssociation) -> AssociationModel {
    AssociationModel {
        namespace: Attr::Known(listed.namespace.clone()),
        service_account: Attr::Known(listed.service_account.clone()),
        association_id: Attr::Known(listed.id.clone()),
        association_arn: Attr::Known(listed.arn.clone()),
        owner_arn: listed.owner_arn.clone().into(),
        ..AssociationModel::default()
    }
}

fn whole(listed: &ListedAssociation, found: &PodIdentityAssociation) -> AssociationModel {
    AssociationModel {
        role_arn: Attr::Known(found.role_arn.clone()),
        target_role_arn: found.target_role_arn.clone().into(),
        external_id: found.external_id.clone().into(),
        disable_session_tags: Attr::Known(found.is_without_session_tags),
        policy: found.policy.clone().into(),
        tags: to_map(found.tags.clone()),
        ..as_listed(listed)
    }
}
