//! Access entries behind the `AccessEntriesApi` port. The SDK makes a `clientRequestToken` for each write and keeps it for the attempts of one call.

use async_trait::async_trait;
use aws_sdk_eks::types::{AccessEntry as SdkEntry, AccessScope as SdkScope, AccessScopeType};
use eksauth_provider::ports::ApiError;
use eksauth_provider::ports::eks::{
    AccessEntriesApi, AccessEntryDetails, AccessEntryNames, ListedAccessPolicy, NewAccessEntry,
};
use eksauth_provider::ports::eks::{AccessEntry, AccessPolicy};

use super::Eks;
use crate::aws::call::{absent, gone, send};

#[async_trait]
impl AccessEntriesApi for Eks {
    async fn access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<Option<AccessEntryDetails>, ApiError> {
        let request = self
            .client
            .describe_access_entry()
            .cluster_name(cluster)
            .principal_arn(principal_arn);
        let answer = send!(self.read("eks:DescribeAccessEntry"), request);
        let entry = absent(answer)?.and_then(|answer| answer.access_entry);
        Ok(entry.map(|entry| flatten(principal_arn, entry)))
    }

    async fn create_access_entry(
        &self,
        cluster: &str,
        new: &NewAccessEntry,
    ) -> Result<AccessEntryDetails, ApiError> {
        let tags = (!new.tags.is_empty()).then(|| new.tags.clone().into_iter().collect());
        let request = self
            .client
            .create_access_entry()
            .cluster_name(cluster)
            .principal_arn(&new.principal_arn)
            .r#type(&new.kind)
            .set_username(new.username.clone())
            .set_kubernetes_groups(new.groups.clone().filter(|groups| !groups.is_empty()))
            .set_tags(tags);
        let answer = send!(self.write("eks:CreateAccessEntry"), request)?;
        let made = answer
            .access_entry
            .map(|made| flatten(&new.principal_arn, made));
        Ok(made.unwrap_or_else(|| AccessEntryDetails {
            entry: AccessEntry {
                principal_arn: new.principal_arn.clone(),
                kind: new.kind.clone(),
                username: new.username.clone().unwrap_or_default(),
                groups: new.groups.clone().unwrap_or_default(),
                policies: Vec::new(),
                created_at: None,
            },
            arn: String::new(),
            tags: new.tags.clone(),
            modified_at: None,
        }))
    }

    async fn update_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
        names: &AccessEntryNames,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .update_access_entry()
            .cluster_name(cluster)
            .principal_arn(principal_arn)
            .username(&names.username)
            .set_kubernetes_groups(Some(names.groups.clone()));
        send!(self.write("eks:UpdateAccessEntry"), request).map(drop)
    }

    async fn delete_access_entry(
        &self,
        cluster: &str,
        principal_arn: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .delete_access_entry()
            .cluster_name(cluster)
            .principal_arn(principal_arn);
        gone(send!(self.write("eks:DeleteAccessEntry"), request))
    }

    async fn associate_access_policy(
        &self,
        cluster: &str,
        principal_arn: &str,
        policy: &AccessPolicy,
    ) -> Result<(), ApiError> {
        let scope = SdkScope::builder();
        let scope = match policy.namespaces.is_empty() {
            true => scope.r#type(AccessScopeType::Cluster),
            false => scope
                .r#type(AccessScopeType::Namespace)
                .set_namespaces(Some(policy.namespaces.clone())),
        };
        let request = self
            .client
            .associate_access_policy()
            .cluster_name(cluster)
            .principal_arn(principal_arn)
            .policy_arn(&policy.policy_arn)
            .access_scope(scope.build());
        send!(self.write("eks:AssociateAccessPolicy"), request).map(drop)
    }

    async fn disassociate_access_policy(
        &self,
        cluster: &str,
        principal_arn: &str,
        policy_arn: &str,
    ) -> Result<(), ApiError> {
        let request = self
            .client
            .disassociate_access_policy()
            .cluster_name(cluster)
            .principal_arn(principal_arn)
            .policy_arn(policy_arn);
        gone(send!(self.write("eks:DisassociateAccessPolicy"), request))
    }

    async fn access_policies(&self) -> Result<Vec<ListedAccessPolicy>, ApiError> {
        let (mut policies, mut token) = (Vec::new(), None);
        loop {
            let request = self.client.list_access_policies().set_next_token(token);
            let page = send!(self.read("eks:ListAccessPolicies"), request)?;
            let listed = page.access_policies.unwrap_or_default();
            policies.extend(listed.into_iter().map(|policy| ListedAccessPolicy {
                name: policy.name.unwrap_or_default(),
                arn: policy.arn.unwrap_or_default(),
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(policies);
            }
        }
    }
}

fn flatten(principal_arn: &str, found: SdkEntry) -> AccessEntryDetails {
    AccessEntryDetails {
        entry: AccessEntry {
            created_at: found.created_at.map(|time| time.secs()),
            principal_arn: found
                .principal_arn
                .unwrap_or_else(|| principal_arn.to_owned()),
            kind: found.r#type.unwrap_or_else(|| "STANDARD".to_owned()),
            username: found.username.unwrap_or_default(),
            groups: found.kubernetes_groups.unwrap_or_default(),
            policies: Vec::new(),
        },
        arn: found.access_entry_arn.unwrap_or_default(),
        tags: found.tags.unwrap_or_default().into_iter().collect(),
        modified_at: found.modified_at.map(|time| time.secs()),
    }
}
