//! What IAM says about the roles that aws-auth names, where it may be asked: never an error, and never a long wait.
//!
//! API action: `iam:ListRoles`, once an account for all who ask within a moment. Without it, or without a way to IAM, nothing is said.

use std::time::Duration;

use eksauth_core::access::findings::{MappingFinding, Roles, role_findings};
use eksauth_core::aws_auth::{ReadEntry, Reading, Section};
use eksauth_core::principal::arn::{Arn, canonical_role_arn, iam_role_name};
use tf_provider::Diagnostic;

use crate::access::role_listing::{RoleListing, RoleListingCredentials};
use crate::aws_auth::{ClusterName, Document, diagnostics};
use crate::clusters::FoundCluster;
use crate::ports::kubernetes::ConfigMap;

/// Every role of an account.
const ALL: &str = "/";
/// A network without a way to IAM is common beside private clusters.
const LONGEST: Duration = Duration::from_secs(15);

/// The findings on the roles of a document's entries. `written` is what is known of single entries beside the document: the moment, in seconds
/// since 1970, at which this provider wrote them.
pub async fn document_role_findings(
    listing: &RoleListing,
    cluster: &FoundCluster,
    document: &Document,
    written: impl Fn(&ReadEntry) -> Option<i64>,
) -> Vec<MappingFinding> {
    if !names_roles(document.reading()) {
        return Vec::new();
    }
    let Some(roles) = roles_of(listing, cluster).await else {
        return Vec::new();
    };
    let config_map = document.config_map();
    role_findings(document.reading(), &roles, |entry| {
        written(entry).or_else(|| last_write(config_map?, entry.section))
    })
}

/// The warning of roles that new entries name and that the cluster's account does not have; `None` where there are none or nobody can tell.
pub async fn warning_of_missing<'a>(
    listing: &RoleListing,
    cluster: &FoundCluster,
    name: &ClusterName,
    arns: impl IntoIterator<Item = &'a str>,
) -> Option<Diagnostic> {
    let missing = missing_roles(listing, cluster, arns).await;
    (!missing.is_empty()).then(|| diagnostics::roles_not_there(name, &cluster.account, &missing))
}

/// Those of the roles that the cluster's account certainly does not have. Roles of other accounts cannot be seen, and are none of them.
async fn missing_roles<'a>(
    listing: &RoleListing,
    cluster: &FoundCluster,
    arns: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let is_own = |arn: &&str| account_of(arn).is_some_and(|account| account == cluster.account);
    let mut own: Vec<&str> = arns.into_iter().filter(is_own).collect();
    if own.is_empty() {
        return own;
    }
    let Some(roles) = roles_of(listing, cluster).await else {
        return Vec::new();
    };
    own.retain(|arn| {
        let name = iam_role_name(arn);
        name.is_ok_and(|name| roles.has(&cluster.account, &name) == Some(false))
    });
    own
}

/// The account of a role's ARN, in any form that an entry may have.
fn account_of(written: &str) -> Option<String> {
    let canonical = canonical_role_arn(written).ok()?;
    Some(Arn::parse(&canonical).ok()?.account?.as_str().to_owned())
}

fn names_roles(reading: &Reading) -> bool {
    [Section::MapRoles, Section::MapUsers]
        .into_iter()
        .flat_map(|section| reading.section(section))
        .any(|entry| entry.arn.contains("role/"))
}

/// The roles of the cluster's account; `None` where they cannot be listed in time.
async fn roles_of(listing: &RoleListing, cluster: &FoundCluster) -> Option<Roles> {
    if listing.is_silent() {
        return None;
    }
    let credentials = RoleListingCredentials::for_cluster(cluster);
    let listed = tokio::select! {
        biased;
        listed = listing.under(&credentials, ALL) => listed,
        () = listing.session().clock().sleep(LONGEST) => {
            listing.note_silent();
            tracing::info!(cluster = %cluster.reference.name, "IAM did not answer in time, so nothing is said about the roles of aws-auth");
            return None;
        }
    };
    match listed {
        Ok(roles) => {
            let facts = roles
                .iter()
                .map(|role| (role.name.clone(), role.created_at));
            Some(Roles::new(&cluster.account, facts))
        }
        Err(error) => {
            tracing::info!(cluster = %cluster.reference.name, %error, "nothing is said about the roles of aws-auth, because IAM does not list them");
            None
        }
    }
}

/// When the section's text was changed last, as the API server keeps it in managedFields; `None` where it does not.
fn last_write(config_map: &ConfigMap, section: Section) -> Option<i64> {
    config_map
        .managers
        .iter()
        .filter(|manager| manager.data_keys.iter().any(|key| key == section.key()))
        .filter_map(|manager| manager.time)
        .max()
}
