//! Reads of roles, singly and by the page, as IAM offers them.
//!
//! What surprises: no list of IAM is complete. GetAccountAuthorizationDetails has trust, policies, boundary and tags but neither
//! description nor session duration; ListRoles has these two but not the rest. A bulk page is one call of each.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_iam::types::{EntityType, RoleDetail};
use eksauth_provider::ports::ApiError;
use eksauth_provider::ports::iam::{InlinePolicies, Role, RoleDetails};
use futures_util::future::{try_join, try_join_all};

use super::super::call::{Call, CallContext, Effect, absent, send};
use super::policy_text::decode;
use super::role::{DEFAULT_SESSION_DURATION, flatten};
use super::role_reader::{Listing, Page, RoleSource};
use super::{flatten_tags, next_marker};

/// Roles by a page of a list; IAM may give fewer.
const PAGE_SIZE: i32 = 1000;

/// The SDK behind the reader.
#[derive(Clone)]
pub(super) struct SdkRoles {
    client: aws_sdk_iam::Client,
    context: CallContext,
}

impl SdkRoles {
    pub(super) fn new(client: aws_sdk_iam::Client, context: CallContext) -> Self {
        Self { client, context }
    }

    fn reading(&self, operation: &'static str) -> Call {
        self.context.begin(operation, Effect::Read)
    }

    /// GetRole.
    pub(super) async fn role(&self, name: &str) -> Result<Option<Role>, ApiError> {
        let found = absent(send!(
            self.reading("iam:GetRole"),
            self.client.get_role().role_name(name)
        ))?;
        Ok(found.and_then(|found| found.role).map(flatten))
    }

    /// ListRoles, all pages.
    pub(super) async fn roles_under(&self, path_prefix: &str) -> Result<Vec<Role>, ApiError> {
        let (mut roles, mut marker) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .list_roles()
                .path_prefix(path_prefix)
                .max_items(PAGE_SIZE)
                .set_marker(marker);
            let page = send!(self.reading("iam:ListRoles"), request)?;
            roles.extend(page.roles.into_iter().map(flatten));
            marker = next_marker(page.is_truncated, page.marker);
            if marker.is_none() {
                return Ok(roles);
            }
        }
    }

    /// ListAttachedRolePolicies, all pages; `None` where the role is gone.
    async fn attached_policies(&self, name: &str) -> Result<Option<BTreeSet<String>>, ApiError> {
        let (mut arns, mut marker) = (BTreeSet::new(), None);
        loop {
            let request = self
                .client
                .list_attached_role_policies()
                .role_name(name)
                .set_marker(marker);
            let Some(page) = absent(send!(self.reading("iam:ListAttachedRolePolicies"), request))?
            else {
                return Ok(None);
            };
            arns.extend(
                page.attached_policies
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|policy| policy.policy_arn),
            );
            marker = next_marker(page.is_truncated, page.marker);
            if marker.is_none() {
                return Ok(Some(arns));
            }
        }
    }

    /// ListRolePolicies and GetRolePolicy of each; one that vanished meanwhile is left out.
    async fn inline_policies(&self, name: &str) -> Result<BTreeMap<String, String>, ApiError> {
        let (mut names, mut marker) = (Vec::new(), None);
        loop {
            let request = self
                .client
                .list_role_policies()
                .role_name(name)
                .set_marker(marker);
            let Some(page) = absent(send!(self.reading("iam:ListRolePolicies"), request))? else {
                break;
            };
            names.extend(page.policy_names);
            marker = next_marker(page.is_truncated, page.marker);
            if marker.is_none() {
                break;
            }
        }
        let documents = try_join_all(names.into_iter().map(|policy| async move {
            let request = self
                .client
                .get_role_policy()
                .role_name(name)
                .policy_name(&policy);
            let found = absent(send!(self.reading("iam:GetRolePolicy"), request))?;
            Ok(found.map(|found| (policy, decode(&found.policy_document))))
        }));
        Ok(documents.await?.into_iter().flatten().collect())
    }
}

#[async_trait]
impl RoleSource for SdkRoles {
    async fn single(
        &self,
        name: &str,
        inline_policies: InlinePolicies,
    ) -> Result<Option<RoleDetails>, ApiError> {
        let inline = async {
            match inline_policies {
                InlinePolicies::Read => self.inline_policies(name).await.map(Some),
                InlinePolicies::Skip => Ok(None),
            }
        };
        let (role, (attached, inline)) = try_join(
            self.role(name),
            try_join(self.attached_policies(name), inline),
        )
        .await?;
        let (Some(role), Some(attached_policies)) = (role, attached) else {
            return Ok(None);
        };
        Ok(Some(RoleDetails {
            role,
            attached_policies,
            inline_policies: inline,
        }))
    }

    async fn details_page(&self, marker: Option<String>) -> Result<Page<RoleDetails>, ApiError> {
        let request = self
            .client
            .get_account_authorization_details()
            .filter(EntityType::Role)
            .max_items(PAGE_SIZE);
        let page = send!(
            self.reading("iam:GetAccountAuthorizationDetails"),
            request.set_marker(marker)
        )?;
        Ok(Page {
            next: next_marker(page.is_truncated, page.marker),
            items: page
                .role_detail_list
                .unwrap_or_default()
                .into_iter()
                .filter_map(flatten_detail)
                .collect(),
        })
    }

    async fn listing_page(&self, marker: Option<String>) -> Result<Page<Listing>, ApiError> {
        let request = self
            .client
            .list_roles()
            .max_items(PAGE_SIZE)
            .set_marker(marker);
        let page = send!(self.reading("iam:ListRoles"), request)?;
        let listing = |role: aws_sdk_iam::types::Role| Listing {
            unique_id: role.role_id,
            description: role.description.unwrap_or_default(),
            max_session_duration: role
                .max_session_duration
                .unwrap_or(DEFAULT_SESSION_DURATION),
        };
        Ok(Page {
            next: next_marker(page.is_truncated, page.marker),
            items: page.roles.into_iter().map(listing).collect(),
        })
    }
}

/// All but description and session duration; `None` where the answer lacks what names a role.
fn flatten_detail(detail: RoleDetail) -> Option<RoleDetails> {
    let attached = detail.attached_managed_policies.unwrap_or_default();
    let inline = detail.role_policy_list.unwrap_or_default();
    Some(RoleDetails {
        role: Role {
            name: detail.role_name?,
            arn: detail.arn?,
            unique_id: detail.role_id?,
            path: detail.path?,
            assume_role_policy: decode(&detail.assume_role_policy_document?),
            description: String::new(),
            max_session_duration: DEFAULT_SESSION_DURATION,
            permissions_boundary: detail
                .permissions_boundary
                .and_then(|boundary| boundary.permissions_boundary_arn),
            tags: flatten_tags(detail.tags),
            created_at: detail.create_date?.secs(),
        },
        attached_policies: attached
            .into_iter()
            .filter_map(|policy| policy.policy_arn)
            .collect(),
        inline_policies: Some(
            inline
                .into_iter()
                .filter_map(|policy| Some((policy.policy_name?, decode(&policy.policy_document?))))
                .collect(),
        ),
    })
}
