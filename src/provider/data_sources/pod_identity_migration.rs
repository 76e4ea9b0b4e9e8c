//! How far each service account is on the way from IRSA to EKS Pod Identity: the association to make and the statement that its role needs, or why it cannot
//! move and what to do.
//!
//! Nothing is written. What may not be read is named, and what it is about stays.

use eksauth_core::pod_identity_migration::{MigratedAccount, report};
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::permissions::{EXPLAIN_REFUSAL, READ_OWN_ROLE, list_entries, read_entries};
use crate::access::pod_identity_migration::{
    PodIdentityMigrationSource, read_pod_identity_migration,
};
use crate::attributes::values::to_list;
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, KubernetesRule, Need, Permissions,
    Step,
};

mod schema;

#[cfg(test)]
mod tests;

/// The data source `eksauth_pod_identity_migration`.
pub struct PodIdentityMigrationDataSource;

/// One service account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MigratedAccountModel {
    /// Its namespace.
    pub namespace: Attr<String>,
    /// Its name.
    pub name: Attr<String>,
    /// Its role.
    pub role_arn: Attr<String>,
    /// How far it is.
    pub state: Attr<String>,
    /// What the role's trust policy lacks.
    pub trust_statement: Attr<String>,
    /// Whether the annotation can go.
    pub annotation_can_go: Attr<bool>,
    /// Whether the trust in its token can go.
    pub token_trust_can_go: Attr<bool>,
    /// What keeps the rest of IRSA.
    pub waiting: Attr<Vec<Attr<String>>>,
    /// Why it stays.
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
pub struct PodIdentityMigrationModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// One namespace only.
    pub namespace: Attr<String>,
    /// Whether nothing of IRSA is left.
    pub done: Attr<bool>,
    /// The accounts.
    pub service_accounts: Attr<Vec<MigratedAccountModel>>,
    /// What could not be read.
    pub not_read: Attr<Vec<Attr<String>>>,
    /// The report.
    pub report: Attr<String>,
}

const fn list(resource: &'static str, need: Need) -> KubernetesRule {
    KubernetesRule {
        verbs: &["list"],
        api_group: "",
        resource,
        names: &[],
        namespace: None,
        need,
    }
}

impl DeclaresPermissions for PodIdentityMigrationDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement::where_granted(
                &["eks:ListPodIdentityAssociations"],
                AwsResource::CLUSTER,
                "the associations that there are already are compared; without it every annotated account stays, and says so",
            ),
            AwsStatement::where_granted(
                &["eks:DescribePodIdentityAssociation"],
                AwsResource::POD_IDENTITY_ASSOCIATIONS,
                "the role of an association is read, which the list does not name; without it an account that has one stays, and says so",
            ),
            AwsStatement::where_granted(
                &["iam:ListRoles"],
                AwsResource::All,
                "the trust policies of the roles are judged; without it every account stays, and says so",
            ),
            AwsStatement::where_granted(
                &["iam:GetOpenIDConnectProvider"],
                AwsResource::IamOidcProvider { issuer: "*" },
                "the cluster's OIDC provider is looked up; without it nobody knows whether an account gets its role today, and it stays",
            ),
            list_entries(EXPLAIN_REFUSAL),
            read_entries(EXPLAIN_REFUSAL),
            READ_OWN_ROLE,
        ],
        kubernetes: &[
            list("serviceaccounts", Need::Required { step: Step::Plan }),
            list(
                "pods",
                Need::WhereGranted {
                    purpose: "pods on Fargate and on Windows, and those that still run with a token, are found; without it every annotated account stays, and says so",
                },
            ),
            list(
                "nodes",
                Need::WhereGranted {
                    purpose: "what kind of node pods run on is found, and whether it has the agent; without it every annotated account stays, and says so",
                },
            ),
        ],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for PodIdentityMigrationDataSource {
    type Client = Client;
    type Model = PodIdentityMigrationModel;

    const NAME: &'static str = "eksauth_pod_identity_migration";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: PodIdentityMigrationModel,
    ) -> Result<PodIdentityMigrationModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let source = PodIdentityMigrationSource {
            roles: cx.client.roles(),
            cluster: &cluster,
            namespace: config.namespace.known().map(String::as_str),
        };
        let migration = match read_pod_identity_migration(source).await {
            Ok(migration) => migration,
            Err(error) => {
                let explainer = cx.client.unauthorized(&cluster);
                let title = "Cannot Read Service Accounts";
                let about = "The service accounts";
                return Err(explainer.explain(title, about, &error).await.into());
            }
        };
        Ok(PodIdentityMigrationModel {
            cluster_name: cluster.reference.named_as(&config.cluster_name),
            region: Attr::Known(cluster.reference.region.clone()),
            done: Attr::Known(migration.is_done()),
            report: Attr::Known(report(&migration)),
            service_accounts: Attr::Known(migration.accounts.iter().map(flatten).collect()),
            not_read: to_list(migration.unread),
            ..config
        })
    }
}

fn flatten(account: &MigratedAccount) -> MigratedAccountModel {
    let obstacle = account.obstacle();
    MigratedAccountModel {
        namespace: Attr::Known(account.account.namespace.clone()),
        name: Attr::Known(account.account.name.clone()),
        role_arn: account.role_arn.clone().into(),
        state: Attr::Known(account.state().to_owned()),
        trust_statement: account.trust_statement.clone().into(),
        annotation_can_go: Attr::Known(account.may_go.annotation),
        token_trust_can_go: Attr::Known(account.may_go.trust),
        waiting: to_list(account.waiting.clone()),
        reason_id: obstacle.map(|obstacle| obstacle.id.to_owned()).into(),
        reason: obstacle.map(|obstacle| obstacle.why.clone()).into(),
        what_to_do: obstacle.map(|obstacle| obstacle.what_to_do.clone()).into(),
        notes: to_list(account.notes.clone()),
    }
}
