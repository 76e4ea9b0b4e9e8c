//! From the name of a permission set of IAM Identity Center to the ARN of its role.
//!
//! The role is looked for in the cluster's account and by its exact name; see `eksauth_core::principal::permission_set`. A permission set whose role was made
//! anew has another ARN, which the next plan shows. API action: `iam:ListRoles`, once an account for all who ask within a moment.

use eksauth_core::principal::permission_set::{PermissionSetRole, ROLE_PATH, check_permission_set};
use tf_provider::{Attr, Context, Diagnostic, Diagnostics};

use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::clusters::{ClusterRef, Clusters};
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state;
use crate::ports::ApiError;
use crate::ports::iam::Role;

mod diagnostics;

/// Judges a name before anything is asked.
pub(crate) fn check(name: &str) -> Option<Diagnostic> {
    let reason = check_permission_set(name).err()?;
    Some(diagnostics::invalid(&reason.to_string()))
}

/// Where the roles of permission sets are looked for.
pub(crate) struct PermissionSets<'a> {
    pub(crate) clusters: &'a Clusters,
    pub(crate) roles: &'a RoleListing,
}

impl PermissionSets<'_> {
    /// The ARN, path included, as a plan knows it. `reference` is the cluster, `kept` what the state has for the same permission set.
    ///
    /// Unknown while the name, the provider block or the way to the cluster's account is.
    ///
    /// # Errors
    /// No role or several, or a list that could not be read.
    pub(crate) async fn role_arn<C>(
        &self,
        cx: &Context<C>,
        name: &Attr<String>,
        reference: &Attr<ClusterRef>,
        kept: Option<&String>,
    ) -> Result<Attr<String>, Diagnostics> {
        let or_kept = || kept.cloned().map_or(Attr::Unknown, Attr::Known);
        let Attr::Known(name) = name else {
            return Ok(Attr::Unknown);
        };
        let Some(credentials) = self.credentials(reference) else {
            return Ok(or_kept());
        };
        let error = match self.find_role(&credentials, name).await {
            Ok(found) => return Ok(Attr::Known(found?)),
            Err(error) => error,
        };
        let about = format!("The role of permission set `{name}`");
        if kept.is_some() && kept_state::keeps(self.roles.session().settings(), &error) {
            cx.add(kept_state::not_judged(&about, &error));
            return Ok(or_kept());
        }
        let failure = api_failure::failed("Cannot Look Up Permission Set", &about, &error);
        Err(failure.at(diagnostics::attribute()).into())
    }

    /// Whom IAM is asked as; `None` while that is not known.
    fn credentials(&self, reference: &Attr<ClusterRef>) -> Option<RoleListingCredentials> {
        let session = self.roles.session();
        session.cloud()?;
        match reference {
            Attr::Known(reference) => {
                let access = self.clusters.access(&reference.name);
                Some(RoleListingCredentials::for_reference(
                    access.known()?,
                    reference,
                ))
            }
            // A cluster whose name is not known yet is in the caller's account, unless the provider block has ways into others.
            _ => session
                .settings()
                .clusters
                .is_null()
                .then_some(RoleListingCredentials::Caller),
        }
    }

    /// The only role of the permission set. What is missing is looked for again, because the same apply may have assigned it.
    async fn find_role(
        &self,
        credentials: &RoleListingCredentials,
        name: &str,
    ) -> Result<Result<String, Diagnostic>, ApiError> {
        let asked = self.roles.session().clock().now();
        let mut roles = self.roles.under(credentials, ROLE_PATH).await?;
        if of_set(&roles, name).next().is_none() {
            roles = self
                .roles
                .under_since(credentials, ROLE_PATH, asked)
                .await?;
        }
        let mut found = of_set(&roles, name);
        match (found.next(), found.next()) {
            (Some(role), None) => Ok(Ok(role.arn.clone())),
            (Some(_), Some(_)) => Ok(Err(diagnostics::several(name, of_set(&roles, name)))),
            (None, _) => {
                let account = match credentials.account(self.roles.session()).await {
                    Ok(account) => format!("account `{account}`"),
                    Err(error) => format!("the caller's account (which is unknown: {error})"),
                };
                Ok(Err(diagnostics::none(name, &account, &roles)))
            }
        }
    }
}

fn of_set<'r>(roles: &'r [Role], name: &str) -> impl Iterator<Item = &'r Role> {
    roles.iter().filter(move |role| {
        PermissionSetRole::parse(&role.name).is_some_and(|found| found.permission_set == name)
    })
}
