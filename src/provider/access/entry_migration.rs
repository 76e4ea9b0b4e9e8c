//! What becomes of a cluster's aws-auth as access entries: read live, judged by the core.
//!
//! API actions: `eks:ListAccessEntries`, `eks:DescribeAccessEntry`, `eks:ListAssociatedAccessPolicies` in a mode that has entries; where granted
//! `iam:ListRoles`, `iam:GetRole`, `iam:GetUser`, `eks:ListNodegroups`, `eks:DescribeNodegroup`, `eks:ListFargateProfiles`,
//! `eks:DescribeFargateProfile`; `get` on aws-auth. What may not be read is named and never guessed.

use std::collections::BTreeMap;

use eksauth_core::access::access_entry::{AccessEntry, EntryPrincipal, EntryType};
use eksauth_core::access::cluster_access::{Knowledge, Principal};
use eksauth_core::access::entry_migration::{
    EntryMigration, IamAnswer, KnownPrincipals, MigrationFacts, looked_up, plan,
};
use eksauth_core::aws_auth::read;
use eksauth_core::principal::arn::{Arn, iam_role_name};
use eksauth_core::principal::case_folding::fold_key;
use eksauth_core::principal::partition::Partition;
use futures_util::{StreamExt, stream};

use crate::access::cluster_access::{
    PARALLEL_CALLS, access_entries, authentication_mode, read_aws_auth, unreadable,
};
use crate::access::entry_principals::{EntryPrincipals, FoundPrincipal};
use crate::access::role_listing::RoleListing;
use crate::clusters::FoundCluster;
use crate::ports::ApiError;
use crate::session::Session;

/// Why there is no migration to tell of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unplannable {
    /// aws-auth could not be read.
    #[error("aws-auth could not be read, so nothing is known of who is to move: {0}")]
    AwsAuth(Box<ApiError>),
    /// An ARN was told for nobody of aws-auth or the access entries.
    #[error(
        "`{0}` is the ARN of nobody who stands in aws-auth or has an access entry: entries there name a role without its path, and the name, account and partition have to be the same"
    )]
    NotThere(String),
}

/// Whom it is read of, and as whom IAM is asked.
#[derive(Clone, Copy)]
pub struct MigrationSource<'a> {
    /// Who asks.
    pub session: &'a Session,
    /// The roles of the cluster's account.
    pub roles: &'a RoleListing,
    /// The cluster.
    pub cluster: &'a FoundCluster,
}

/// Reads and judges; `told` are ARNs with their path of principals that IAM does not tell here, such as those of other accounts.
///
/// # Errors
/// aws-auth cannot be read, or an ARN is told for nobody.
pub async fn read_entry_migration(
    source: MigrationSource<'_>,
    told: &[String],
) -> Result<EntryMigration, Unplannable> {
    let cluster = source.cluster;
    let data = read_aws_auth(cluster).await;
    let aws_auth = read(&data.map_err(|error| Unplannable::AwsAuth(Box::new(error)))?);
    let access_entries = access_entries(cluster).await;
    let wanted = looked_up(&aws_auth);
    let told = told_by_principal(&wanted, &access_entries, told)?;
    let principals = known_principals(source, wanted, &told).await;
    let partition = Arn::parse(&cluster.cluster.arn).map_or(Partition::Aws, |arn| arn.partition);
    Ok(plan(&MigrationFacts {
        aws_auth: &aws_auth,
        mode: authentication_mode(cluster),
        access_entries: &access_entries,
        account: &cluster.account,
        partition,
        principals: &principals,
        managed: &managed_roles(cluster).await,
    }))
}

fn told_by_principal(
    wanted: &[Principal],
    access_entries: &Knowledge<Vec<AccessEntry>>,
    told: &[String],
) -> Result<BTreeMap<String, String>, Unplannable> {
    let mut by_principal = BTreeMap::new();
    for arn in told {
        let key = fold_key(&Principal::from_arn(arn).arn);
        let has_moved = match access_entries {
            Knowledge::Known(entries) => entries.iter().any(|entry| entry.principal_arn == *arn),
            // One that moved could be among them.
            Knowledge::Unreadable(_) => true,
        };
        if !has_moved && !wanted.iter().any(|one| fold_key(&one.arn) == key) {
            return Err(Unplannable::NotThere(arn.clone()));
        }
        by_principal.insert(key, arn.clone());
    }
    Ok(by_principal)
}

async fn known_principals(
    source: MigrationSource<'_>,
    wanted: Vec<Principal>,
    told: &BTreeMap<String, String>,
) -> KnownPrincipals {
    let iam = EntryPrincipals {
        session: source.session,
        roles: source.roles,
        cluster: source.cluster,
    };
    let answers: Vec<(String, IamAnswer)> = stream::iter(wanted)
        .map(|principal| async {
            let answer = match lookup_of(&principal) {
                Some(lookup) => answer(iam.at_plan(&lookup).await),
                None => IamAnswer::Unknown("it is neither a role nor a user".to_owned()),
            };
            (principal.arn, answer)
        })
        .buffered(PARALLEL_CALLS)
        .collect()
        .await;
    let mut known = KnownPrincipals::default();
    for (canonical, answer) in answers {
        let told = told.get(&fold_key(&canonical));
        let answer = match (answer, told) {
            // What IAM says counts; what is told only where it says nothing.
            (IamAnswer::Unknown(_), Some(arn)) => IamAnswer::Found {
                arn: arn.clone(),
                unique_id: None,
                created_at: None,
            },
            (answer, _) => answer,
        };
        known.insert(&canonical, answer);
    }
    known
}

/// Whom IAM is asked about. A canonical ARN lacks its path, which an entry would need and a look-up by name does not.
fn lookup_of(principal: &Principal) -> Option<EntryPrincipal> {
    let arn = Arn::parse(&principal.arn).ok()?;
    let is_role = iam_role_name(&principal.arn).is_ok();
    let is_user = arn.service == "iam" && arn.resource.starts_with("user/");
    let name = arn.resource.rsplit('/').next()?.to_owned();
    (is_role || is_user).then_some(())?;
    Some(EntryPrincipal {
        arn: principal.arn.clone(),
        partition: arn.partition,
        account: arn.account?,
        is_role,
        name,
    })
}

fn answer(found: FoundPrincipal) -> IamAnswer {
    match found {
        FoundPrincipal::Found(facts) => IamAnswer::Found {
            arn: facts.arn,
            unique_id: Some(facts.unique_id),
            created_at: Some(facts.created_at),
        },
        FoundPrincipal::Gone => IamAnswer::Gone,
        FoundPrincipal::NotKnown => IamAnswer::Unknown(
            "IAM did not say it (`iam:ListRoles` or `iam:GetRole`, `iam:GetUser` in the principal's account)"
                .to_owned(),
        ),
    }
}

async fn managed_roles(cluster: &FoundCluster) -> Knowledge<BTreeMap<String, EntryType>> {
    let roles = match cluster.eks().managed_roles(&cluster.reference.name).await {
        Ok(roles) => roles,
        Err(error) => {
            let what = "the managed node groups and Fargate profiles";
            return Knowledge::Unreadable(unreadable(what, &error));
        }
    };
    let by_role = roles.into_iter().filter_map(|role| {
        let entry_type = EntryType::parse(&role.entry_type)?;
        Some((
            fold_key(&Principal::from_arn(&role.role_arn).arn),
            entry_type,
        ))
    });
    Knowledge::Known(by_role.collect())
}
