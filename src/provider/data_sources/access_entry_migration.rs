//! What becomes of every entry of aws-auth as an access entry, and why one cannot move: for reports and checks, and for the resources themselves.
//!
//! Nothing is written, and nothing is taken out of aws-auth. What may not be read is named.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::AccessEntry;
use eksauth_core::access::access_policy::AccessScope;
use eksauth_core::access::cluster_access::describe;
use eksauth_core::access::entry_migration::{Becomes, Difference, MigratedEntry, report};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::entry_migration::{MigrationSource, read_entry_migration};
use crate::access::permissions::{list_entries, read_entries};
use crate::attributes::values::to_list;
use crate::aws_auth::permissions::READ;
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{AwsResource, AwsStatement, DeclaresPermissions, Need, Permissions};

/// The data source `eksauth_access_entry_migration`.
pub struct AccessEntryMigrationDataSource;

/// A policy that an access entry is to have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MigratedPolicy {
    /// Its ARN.
    pub policy_arn: Attr<String>,
    /// `cluster` or `namespace`.
    pub scope: Attr<String>,
    /// The namespaces.
    pub namespaces: Attr<Vec<Attr<String>>>,
}

/// A difference to accept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DifferenceModel {
    /// Its name.
    pub id: Attr<String>,
    /// What it is.
    pub text: Attr<String>,
}

/// One entry of aws-auth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MigratedEntryModel {
    /// `mapRoles`, …
    pub section: Attr<String>,
    /// Its place.
    pub index: Attr<i64>,
    /// Its ARN or account.
    pub arn: Attr<String>,
    /// What becomes of it.
    pub state: Attr<String>,
    /// The access entry's principal.
    pub principal_arn: Attr<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub entry_type: Attr<String>,
    /// Its user name.
    pub user_name: Attr<String>,
    /// Its groups.
    pub kubernetes_groups: Attr<Vec<Attr<String>>>,
    /// Its policies.
    pub policies: Attr<Vec<MigratedPolicy>>,
    /// Today.
    pub before: Attr<String>,
    /// Afterwards.
    pub after: Attr<String>,
    /// What is to be accepted.
    pub differences: Attr<Vec<DifferenceModel>>,
    /// Why it may not go yet.
    pub held_back: Attr<String>,
    /// Why there is none.
    pub reason_id: Attr<String>,
    /// The same in words.
    pub reason: Attr<String>,
    /// What to do.
    pub what_to_do: Attr<String>,
    /// What is good to know.
    pub notes: Attr<Vec<Attr<String>>>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessEntryMigrationModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// ARNs that IAM does not tell here.
    pub principal_arns: Attr<BTreeSet<Attr<String>>>,
    /// Names of accepted differences.
    pub accept: Attr<BTreeSet<Attr<String>>>,
    /// The mode.
    pub authentication_mode: Attr<String>,
    /// Whether nothing is left to move.
    pub done: Attr<bool>,
    /// The entries.
    pub entries: Attr<Vec<MigratedEntryModel>>,
    /// What could not be read.
    pub not_read: Attr<Vec<Attr<String>>>,
    /// The report.
    pub report: Attr<String>,
}

const PATHS: &str = "the path of each role is looked up, and whether it exists; without it the entries of roles stay, and say so";
const MANAGED: &str = "the roles of managed node groups and Fargate profiles, for which EKS makes access entries itself, are told apart; without it `not_read` says so";

const fn where_granted(
    actions: &'static [&'static str],
    resource: AwsResource,
    purpose: &'static str,
) -> AwsStatement {
    AwsStatement {
        actions,
        resource,
        need: Need::WhereGranted { purpose },
    }
}

impl DeclaresPermissions for AccessEntryMigrationDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            list_entries(EXISTING),
            read_entries(EXISTING),
            where_granted(&["iam:ListRoles"], AwsResource::All, PATHS),
            where_granted(&["iam:GetRole"], AwsResource::IamRole { name: "*" }, PATHS),
            where_granted(
                &["iam:GetUser"],
                AwsResource::IamUser { name: "*" },
                "whether each user exists is looked up; without it a note says that it is not known",
            ),
            where_granted(
                &["eks:ListNodegroups", "eks:ListFargateProfiles"],
                AwsResource::CLUSTER,
                MANAGED,
            ),
            where_granted(
                &["eks:DescribeNodegroup"],
                AwsResource::NODE_GROUPS,
                MANAGED,
            ),
            where_granted(
                &["eks:DescribeFargateProfile"],
                AwsResource::FARGATE_PROFILES,
                MANAGED,
            ),
        ],
        kubernetes: &[READ],
        ..Permissions::NONE
    };
}

const EXISTING: &str = "access entries that exist count before aws-auth, in a mode that has them; without it every entry of aws-auth stays, and says so";

impl DataSource for AccessEntryMigrationDataSource {
    type Client = Client;
    type Model = AccessEntryMigrationModel;

    const NAME: &'static str = "eksauth_access_entry_migration";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: AccessEntryMigrationModel,
    ) -> Result<AccessEntryMigrationModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let told = known(&config.principal_arns);
        let accepted = known(&config.accept);
        let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
        let source = MigrationSource {
            session: cx.client.as_ref().as_ref(),
            roles: cx.client.roles(),
            cluster: &cluster,
        };
        let migration = read_entry_migration(source, &told)
            .await
            .map_err(|error| diagnostics::refused(&cluster.reference.name, &error))?;
        Ok(AccessEntryMigrationModel {
            cluster_name: cluster.reference.named_as(&config.cluster_name),
            region: Attr::Known(cluster.reference.region.clone()),
            authentication_mode: Attr::Known(migration.mode.id().to_owned()),
            done: Attr::Known(migration.is_done()),
            report: Attr::Known(report(&migration)),
            entries: Attr::Known(
                migration
                    .entries
                    .iter()
                    .map(|entry| flatten(entry, migration.held_back(entry, &accepted)))
                    .collect(),
            ),
            not_read: to_list(migration.unread),
            ..config
        })
    }
}

fn known(set: &Attr<BTreeSet<Attr<String>>>) -> Vec<String> {
    let texts = set.known().into_iter().flatten();
    texts.filter_map(|text| text.known().cloned()).collect()
}

fn flatten(migrated: &MigratedEntry, held_back: Option<String>) -> MigratedEntryModel {
    let old = &migrated.old;
    let (reason_id, reason, what_to_do) = match &migrated.becomes {
        Becomes::Stays(obstacle) => (
            Some(obstacle.id),
            Some(&obstacle.why),
            Some(&obstacle.what_to_do),
        ),
        Becomes::Nothing { id, why } => (Some(*id), Some(why), None),
        _ => (None, None, None),
    };
    let entry = migrated.becomes.access_entry();
    let of_entry = |text: fn(&AccessEntry) -> String| entry.as_ref().map(text).into();
    MigratedEntryModel {
        section: Attr::Known(old.section.key().to_owned()),
        index: i64::try_from(old.index).ok().into(),
        arn: Attr::Known(old.arn.clone()),
        state: Attr::Known(migrated.state().to_owned()),
        principal_arn: of_entry(|entry| entry.principal_arn.clone()),
        entry_type: of_entry(|entry| entry.kind.clone()),
        user_name: of_entry(|entry| entry.username.clone()),
        kubernetes_groups: match &entry {
            Some(entry) => to_list(entry.groups.clone()),
            None => Attr::Null,
        },
        policies: match &entry {
            Some(entry) => Attr::Known(policies(entry)),
            None => Attr::Null,
        },
        before: migrated.before.as_ref().map(describe).into(),
        after: migrated.after.as_ref().map(describe).into(),
        differences: Attr::Known(migrated.differences.iter().map(difference).collect()),
        held_back: held_back.into(),
        reason_id: reason_id.map(str::to_owned).into(),
        reason: reason.cloned().into(),
        what_to_do: what_to_do.cloned().into(),
        notes: to_list(migrated.notes.clone()),
    }
}

fn policies(entry: &AccessEntry) -> Vec<MigratedPolicy> {
    let policy = |policy: &eksauth_core::access::access_policy::AccessPolicy| MigratedPolicy {
        policy_arn: Attr::Known(policy.policy_arn.clone()),
        scope: Attr::Known(
            AccessScope::of_namespaces(&policy.namespaces)
                .id()
                .to_owned(),
        ),
        namespaces: to_list(policy.namespaces.clone()),
    };
    entry.policies.iter().map(policy).collect()
}

fn difference(difference: &Difference) -> DifferenceModel {
    DifferenceModel {
        id: Attr::Known(difference.id().to_owned()),
        text: Attr::Known(difference.text()),
    }
}

mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;
