//! From the name of a permission set of IAM Identity Center to the ARN of its role.
//!
//! The role is looked for in the cluster's account and by its exact name; see `eksauth_core::principal::permission_set`. A permission set whose role was made
//! anew has another ARN, which the next plan shows. API action: `iam:ListRoles`, once a run and account.

use eksauth_core::nearness::nearest;
use eksauth_core::principal::permission_set::{PermissionSetRole, ROLE_PATH, check_permission_set};
use tf_provider::{Attr, AttributePath, Context, Diagnostic, Diagnostics};

use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::clusters::{ClusterRef, Clusters, nearest};
use crate::diagnostics::api_failure;
use crate::diagnostics::kept_state;
use crate::ports::ApiError;
use crate::ports::iam::Role;

/// Names that a message lists at most.
const MOST_NAMES: usize = 20;

/// Judges a name before anything is asked.
pub(crate) fn check(name: &str) -> Option<Diagnostic> {
    let reason = check_permission_set(name).err()?;
    let detail = format!("{reason}.");
    Some(Diagnostic::error("Invalid Permission Set", capital(&detail)).at(attribute()))
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
        Err(failure.at(attribute()).into())
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
        let mut roles = self.roles.under(credentials, ROLE_PATH).await?;
        if of_set(&roles, name).next().is_none() {
            roles = self.roles.under_now(credentials, ROLE_PATH).await?;
        }
        let mut found = of_set(&roles, name);
        match (found.next(), found.next()) {
            (Some(role), None) => Ok(Ok(role.arn.clone())),
            (Some(_), Some(_)) => Ok(Err(several(name, &roles))),
            (None, _) => {
                let account = match credentials.account(self.roles.session()).await {
                    Ok(account) => format!("account `{account}`"),
                    Err(error) => format!("the caller's account (which is unknown: {error})"),
                };
                Ok(Err(none(name, &account, &roles)))
            }
        }
    }
}

fn of_set<'r>(roles: &'r [Role], name: &str) -> impl Iterator<Item = &'r Role> {
    roles.iter().filter(move |role| {
        PermissionSetRole::parse(&role.name).is_some_and(|found| found.permission_set == name)
    })
}

fn attribute() -> AttributePath {
    AttributePath::attribute("permission_set")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn none(name: &str, account: &str, roles: &[Role]) -> Diagnostic {
    let mut names: Vec<String> = roles
        .iter()
        .filter_map(|role| PermissionSetRole::parse(&role.name))
        .map(|role| role.permission_set.to_owned())
        .collect();
    names.sort();
    names.dedup();
    let there = match names.len() {
        0 => "No permission set has a role there.".to_owned(),
        count if count > MOST_NAMES => format!("{count} others have one there."),
        _ => format!("There are roles of `{}`.", names.join("`, `")),
    };
    let near = nearest(name, &names)
        .map(|near| format!(" The nearest name is `{near}`."))
        .unwrap_or_default();
    Diagnostic::error(
        "Permission Set Not Found",
        format!(
            "There is no role of permission set `{name}` in {account}. {there}{near} IAM Identity Center makes the role when the permission set is \
             assigned in that account, so assign it first.\n\nOnly the account of the cluster is looked into, as whoever asks EKS about the \
             cluster. If the permission set is assigned in another account, give the ARN of its role there: `rolearn` instead of \
             `permission_set`. If the cluster itself is in another account, give a role to assume there: `assume_role_arn` in `clusters` of the \
             provider block."
        ),
    )
    .at(attribute())
}

fn several(name: &str, roles: &[Role]) -> Diagnostic {
    let mut arns: Vec<String> = of_set(roles, name)
        .map(|role| format!("  {}\n", role.arn))
        .collect();
    arns.sort();
    Diagnostic::error(
        "Several Roles For One Permission Set",
        format!(
            "Permission set `{name}` has more than one role:\n\n{}\nGive the ARN of the one that is meant: `rolearn` instead of `permission_set`.",
            arns.concat()
        ),
    )
    .at(attribute())
}
