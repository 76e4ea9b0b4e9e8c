//! What becomes of every entry of aws-auth as an access entry, and why one cannot move: for reports and checks, and for the resources themselves.
//!
//! Nothing is written, and nothing is taken out of aws-auth. What may not be read is named.

use std::collections::BTreeSet;

use eksauth_core::access::access_entry::{AccessEntry, EntryPrincipal};
use eksauth_core::access::access_policy::AccessScope;
use eksauth_core::access::cluster_access::describe;
use eksauth_core::access::entry_migration::{Becomes, Difference, MigratedEntry, report};
use serde::{Deserialize, Serialize};
use tf_provider::schema::Invalid;
use tf_provider::{Attr, Attribute, Context, DataSource, Diagnostics, Schema, Type, Validator};

use super::computed::{flag, number, objects, text, texts};
use crate::access::entry_migration::{MigrationSource, read_entry_migration};
use crate::access::permissions::{list_entries, read_entries};
use crate::attributes::cluster::{check_cluster_name, region_attribute};
use crate::attributes::values::to_list;
use crate::aws_auth::permissions::READ;
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::diagnostics::api_failure::sentence;
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
        Schema::new("What becomes of every entry of aws-auth as an access entry: the entry to make, with the path of its role, or why it cannot move and what to do. Each principal is compared before and after. Nothing is written. `terraform-provider-eksauth migrate access-entries hcl` prints the same as configuration.")
            .attribute(
                "cluster_name",
                Attribute::string()
                    .optional()
                    .computed()
                    .validate(Validator::string(check_cluster_name))
                    .description("Name of the cluster, or its ARN; the provider's `cluster_name` unless set."),
            )
            .attribute("region", region_attribute().computed())
            .attribute(
                "principal_arns",
                Attribute::set(Type::String)
                    .optional()
                    .validate(Validator::each_string(check_principal))
                    .description("ARNs, with their path, of principals that IAM does not tell here, such as roles of other accounts. What IAM tells counts before them."),
            )
            .attribute("authentication_mode", text("The cluster's mode now."))
            .attribute("done", flag("Whether nothing is left to move: every entry has an access entry, or lets nobody in, and everything could be read."))
            .attribute("entries", objects(entry_attributes(), "The entries, in the order of aws-auth."))
            .attribute("not_read", texts("What could not be read, or what the authenticator cannot read, and what follows from it."))
            .attribute("report", text("The whole as a report in Markdown."))
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
        let told = config.principal_arns.known().into_iter().flatten();
        let told: Vec<String> = told.filter_map(|arn| arn.known().cloned()).collect();
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
            entries: Attr::Known(migration.entries.iter().map(flatten).collect()),
            not_read: to_list(migration.unread),
            ..config
        })
    }
}

fn entry_attributes() -> Vec<(&'static str, Attribute)> {
    let policy = vec![
        ("policy_arn", text("ARN of the policy.")),
        ("scope", text("`cluster` or `namespace`.")),
        (
            "namespaces",
            texts("Namespaces in which it counts; none: the whole cluster."),
        ),
    ];
    let difference = vec![
        (
            "id",
            text("`user-name`, `masters`, `impersonation` or `rights`."),
        ),
        ("text", text("What it is.")),
    ];
    vec![
        ("section", text("`mapRoles`, `mapUsers` or `mapAccounts`.")),
        (
            "index",
            number("Its place among all items of the section, from 0."),
        ),
        ("arn", text("The ARN or account id as aws-auth has it.")),
        (
            "state",
            text(
                "`new` (an access entry to make), `exists`, `exists_other` (another access entry of the principal counts already), `made_by_eks` (EKS makes it when the mode is raised), `nothing` (it lets nobody in today) or `stays` (it cannot move).",
            ),
        ),
        (
            "principal_arn",
            text("ARN for the access entry, with its path; null where there is none."),
        ),
        ("type", text("Type of the access entry.")),
        (
            "user_name",
            text("Its user name, as it is in the cluster; EKS sets that of nodes."),
        ),
        (
            "kubernetes_groups",
            texts("Its groups, as they are in the cluster."),
        ),
        ("policies", objects(policy, "Its access policies.")),
        (
            "before",
            text("What the principal gets today; null for an account."),
        ),
        (
            "after",
            text("What it gets with the access entries and without what moves in aws-auth."),
        ),
        (
            "differences",
            objects(
                difference,
                "In what the two differ, each to be accepted by its name; none for a principal that has the same as before.",
            ),
        ),
        (
            "reason_id",
            text("A stable word for why there is no access entry."),
        ),
        ("reason", text("The same in a sentence.")),
        ("what_to_do", text("What to do about an entry that stays.")),
        ("notes", texts("What is good to know.")),
    ]
}

fn check_principal(arn: &str) -> Result<(), Invalid> {
    EntryPrincipal::parse(arn)
        .map(drop)
        .map_err(|error| Invalid::new("Invalid Principal", sentence(&error.to_string())))
}

fn flatten(migrated: &MigratedEntry) -> MigratedEntryModel {
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

#[cfg(test)]
mod tests;
