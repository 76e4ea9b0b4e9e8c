//! Pod Identity associations: listed, read, made, changed in place, deleted.
//!
//! What surprises: the SDK fills in a `clientRequestToken` where none is given, the same for every attempt of a call, so that a create whose answer was
//! lost is not done twice. An empty text takes a target role or a policy off.

use async_trait::async_trait;
use aws_sdk_eks::types::{PodIdentityAssociation as SdkAssociation, PodIdentityAssociationSummary};
use eksauth_provider::ports::eks::{
    AssociationChange, ListedAssociation, NewAssociation, PodIdentityApi, PodIdentityAssociation,
    ValueChange,
};
use eksauth_provider::ports::{ApiError, ErrorKind};

use super::super::call::{absent, gone, send};
use super::Eks;

/// Whose associations are listed.
struct Wanted<'a> {
    cluster: &'a str,
    namespace: Option<&'a str>,
    service_account: Option<&'a str>,
}

impl Eks {
    async fn list_associations(
        &self,
        wanted: Wanted<'_>,
    ) -> Result<Vec<ListedAssociation>, ApiError> {
        let (mut associations, mut token) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .list_pod_identity_associations()
                .cluster_name(wanted.cluster)
                .set_namespace(wanted.namespace.map(str::to_owned))
                .set_service_account(wanted.service_account.map(str::to_owned))
                .set_next_token(token);
            let page = send!(self.read("eks:ListPodIdentityAssociations"), request)?;
            let listed = page.associations.unwrap_or_default();
            associations.extend(listed.into_iter().map(flatten_listed));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(associations);
            }
        }
    }
}

#[async_trait]
impl PodIdentityApi for Eks {
    async fn list_pod_identity_associations(
        &self,
        cluster: &str,
        namespace: Option<&str>,
    ) -> Result<Vec<ListedAssociation>, ApiError> {
        self.list_associations(Wanted {
            cluster,
            namespace,
            service_account: None,
        })
        .await
    }

    async fn find_pod_identity_association(
        &self,
        cluster: &str,
        namespace: &str,
        service_account: &str,
    ) -> Result<Option<ListedAssociation>, ApiError> {
        let listed = self.list_associations(Wanted {
            cluster,
            namespace: Some(namespace),
            service_account: Some(service_account),
        });
        let mut listed = listed.await?.into_iter();
        Ok(listed.find(|one| one.namespace == namespace && one.service_account == service_account))
    }

    async fn describe_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<Option<PodIdentityAssociation>, ApiError> {
        let request = self
            .client
            .describe_pod_identity_association()
            .cluster_name(cluster)
            .association_id(id);
        let answer = send!(self.read("eks:DescribePodIdentityAssociation"), request);
        let found = absent(answer)?.and_then(|answer| answer.association);
        Ok(found.map(flatten))
    }

    async fn create_pod_identity_association(
        &self,
        cluster: &str,
        new: &NewAssociation,
    ) -> Result<PodIdentityAssociation, ApiError> {
        let operation = "eks:CreatePodIdentityAssociation";
        let tags = (!new.tags.is_empty()).then(|| new.tags.clone().into_iter().collect());
        let request = self
            .client
            .create_pod_identity_association()
            .cluster_name(cluster)
            .namespace(&new.namespace)
            .service_account(&new.service_account)
            .role_arn(&new.role_arn)
            .set_target_role_arn(new.target_role_arn.clone())
            .disable_session_tags(new.is_without_session_tags)
            .set_policy(new.policy.clone())
            .set_tags(tags);
        let made = send!(self.write(operation), request)?;
        made.association
            .map(flatten)
            .ok_or_else(|| without_association(operation))
    }

    async fn update_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
        change: &AssociationChange,
    ) -> Result<PodIdentityAssociation, ApiError> {
        let operation = "eks:UpdatePodIdentityAssociation";
        let request = self
            .client
            .update_pod_identity_association()
            .cluster_name(cluster)
            .association_id(id)
            .role_arn(&change.role_arn)
            .set_target_role_arn(sent(&change.target_role_arn))
            .disable_session_tags(change.is_without_session_tags)
            .set_policy(sent(&change.policy));
        let changed = send!(self.write(operation), request)?;
        changed
            .association
            .map(flatten)
            .ok_or_else(|| without_association(operation))
    }

    async fn delete_pod_identity_association(
        &self,
        cluster: &str,
        id: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .delete_pod_identity_association()
            .cluster_name(cluster)
            .association_id(id);
        gone(send!(
            self.write("eks:DeletePodIdentityAssociation"),
            request
        ))
    }
}

fn sent(change: &ValueChange) -> Option<String> {
    match change {
        ValueChange::Stays => None,
        ValueChange::Set(value) => Some(value.clone()),
        ValueChange::Removed => Some(String::new()),
    }
}

fn flatten_listed(found: PodIdentityAssociationSummary) -> ListedAssociation {
    ListedAssociation {
        id: found.association_id.unwrap_or_default(),
        arn: found.association_arn.unwrap_or_default(),
        namespace: found.namespace.unwrap_or_default(),
        service_account: found.service_account.unwrap_or_default(),
        owner_arn: not_empty(found.owner_arn),
    }
}

fn flatten(found: SdkAssociation) -> PodIdentityAssociation {
    PodIdentityAssociation {
        id: found.association_id.unwrap_or_default(),
        arn: found.association_arn.unwrap_or_default(),
        namespace: found.namespace.unwrap_or_default(),
        service_account: found.service_account.unwrap_or_default(),
        role_arn: found.role_arn.unwrap_or_default(),
        target_role_arn: not_empty(found.target_role_arn),
        external_id: not_empty(found.external_id),
        is_without_session_tags: found.disable_session_tags.unwrap_or_default(),
        policy: not_empty(found.policy),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
        owner_arn: not_empty(found.owner_arn),
    }
}

fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn without_association(operation: &str) -> ApiError {
    let message = "the answer holds no association";
    ApiError::new(ErrorKind::Service, operation, message)
}
