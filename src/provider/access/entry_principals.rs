//! The role or user that an access entry names, as IAM has it now: an entry counts for the one that had the ARN when it was made.
//!
//! IAM shows the principals of one account only, so it is asked as whoever asks EKS about the cluster, and only about that account. API actions:
//! `iam:ListRoles`, or `iam:GetRole` for each role; `iam:GetUser`; where granted.

use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::session::Session;
use eksauth_core::access::access_entry::EntryPrincipal;
use eksauth_core::principal::case_folding::fold_key;

/// A principal as IAM has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrincipalFacts {
    /// Its ARN, with the path.
    pub(crate) arn: String,
    /// `AROA…` or `AIDA…`.
    pub(crate) unique_id: String,
    /// Seconds since 1970.
    pub(crate) created_at: i64,
}

/// What a look at a principal gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FoundPrincipal {
    /// It is there, perhaps under another path.
    Found(PrincipalFacts),
    /// IAM has none of that name.
    Gone,
    /// It is in another account, or may not be looked up.
    NotKnown,
}

impl FoundPrincipal {
    /// Its facts, where IAM has it under just this ARN.
    pub(crate) fn exactly(&self, arn: &str) -> Option<&PrincipalFacts> {
        match self {
            Self::Found(facts) if fold_key(&facts.arn) == fold_key(arn) => Some(facts),
            _ => None,
        }
    }
}

/// The principals of the account that a cluster is in.
pub(crate) struct EntryPrincipals<'a> {
    pub(crate) session: &'a Session,
    pub(crate) roles: &'a RoleListing,
    pub(crate) cluster: &'a FoundCluster,
}

impl EntryPrincipals<'_> {
    /// The principal as it was a moment ago, as a plan looks for it: one list for all entries.
    pub(crate) async fn at_plan(&self, principal: &EntryPrincipal) -> FoundPrincipal {
        self.look(principal, true).await
    }

    /// The same now.
    pub(crate) async fn now(&self, principal: &EntryPrincipal) -> FoundPrincipal {
        self.look(principal, false).await
    }

    async fn look(&self, principal: &EntryPrincipal, by_list: bool) -> FoundPrincipal {
        let credentials = RoleListingCredentials::for_cluster(self.cluster);
        let account = credentials.account(self.session).await;
        if account.ok().as_deref() != Some(principal.account.as_str()) {
            return FoundPrincipal::NotKnown;
        }
        let found = match (principal.is_role, by_list) {
            (true, true) => self.listed_role(&credentials, &principal.name).await,
            (true, false) => self.role(&credentials, &principal.name).await,
            (false, _) => self.user(&credentials, &principal.name).await,
        };
        match found {
            Ok(Some(facts)) => FoundPrincipal::Found(facts),
            Ok(None) => FoundPrincipal::Gone,
            Err(error) => {
                tracing::info!(%error, "whether the principal of an access entry is still the same is not known, because IAM does not say it");
                FoundPrincipal::NotKnown
            }
        }
    }

    /// Where the list may not be read, or has no such role, a call for the one.
    async fn listed_role(
        &self,
        credentials: &RoleListingCredentials,
        name: &str,
    ) -> Result<Option<PrincipalFacts>, ApiError> {
        if let Ok(listed) = self.roles.under(credentials, "/").await
            // aws-auth and IAM take no heed of case: there is no second role in another spelling.
            && let Some(role) = listed
                .iter()
                .find(|role| role.name.eq_ignore_ascii_case(name))
        {
            return Ok(Some(PrincipalFacts {
                arn: role.arn.clone(),
                unique_id: role.unique_id.clone(),
                created_at: role.created_at,
            }));
        }
        self.role(credentials, name).await
    }

    async fn role(
        &self,
        credentials: &RoleListingCredentials,
        name: &str,
    ) -> Result<Option<PrincipalFacts>, ApiError> {
        let found = self.roles.iam(credentials).await?.role(name).await?;
        Ok(found.map(|role| PrincipalFacts {
            arn: role.arn,
            unique_id: role.unique_id,
            created_at: role.created_at,
        }))
    }

    async fn user(
        &self,
        credentials: &RoleListingCredentials,
        name: &str,
    ) -> Result<Option<PrincipalFacts>, ApiError> {
        let found = self.roles.iam(credentials).await?.user(name).await?;
        Ok(found.map(|user| PrincipalFacts {
            arn: user.arn,
            unique_id: user.unique_id,
            created_at: user.created_at,
        }))
    }
}
