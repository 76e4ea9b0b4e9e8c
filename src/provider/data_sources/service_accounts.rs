//! The service accounts of a cluster with the role that their pods get, by which way, and whether the role lets them in.
//!
//! What surprises: an answer is given whatever of AWS may not be read. What is missing is named at each account that it is about, and is never taken for a
//! yes, a no or no role. The service accounts themselves have to be listed.

use std::collections::BTreeSet;

use eksauth_core::principal::partition::Partition;
use serde::{Deserialize, Serialize};
use tf_provider::{Attr, Context, DataSource, Diagnostics, Schema};

use crate::access::permissions::{EXPLAIN_REFUSAL, READ_OWN_ROLE, list_entries, read_entries};
use crate::access::pod_identity::{AccountName, Associations, FoundAssociation, read_associations};
use crate::access::service_account_roles::{
    Admission, AnnotatedAccount, Needed, RoleSurvey, not_known,
};
use crate::attributes::values::to_list;
use crate::client::Client;
use crate::clusters::{DESCRIBE_CLUSTER, FoundCluster, LIST_CLUSTERS};
use crate::permissions::{
    AwsResource, AwsStatement, DeclaresPermissions, GuardReads, KubernetesRule, Need, Permissions,
    Step,
};
use crate::ports::service_account::ServiceAccount;

mod diagnostics;
mod schema;

#[cfg(test)]
mod tests;

const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE: &str = "eks.amazonaws.com/audience";
const IRSA: &str = "irsa";
const POD_IDENTITY: &str = "pod_identity";
const NO_WAY: &str = "none";
/// The audience of the tokens that EKS Pod Identity takes.
const POD_IDENTITY_AUDIENCE: &str = "pods.eks.amazonaws.com";

/// The data source `eksauth_service_accounts`.
pub struct ServiceAccountsDataSource;

/// A service account and its role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountModel {
    /// Its namespace.
    pub namespace: Attr<String>,
    /// Its name.
    pub name: Attr<String>,
    /// The role that its pods get.
    pub role_arn: Attr<String>,
    /// `irsa`, `pod_identity` or `none`.
    pub way: Attr<String>,
    /// The audience of the token.
    pub audience: Attr<String>,
    /// Whether the role's trust policy lets it in.
    pub admitted: Attr<bool>,
    /// Why not, or why that is not known.
    pub reason: Attr<String>,
    /// The annotation.
    pub annotated_role_arn: Attr<String>,
}

/// The attributes in schema order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccountsModel {
    /// The cluster.
    pub cluster_name: Attr<String>,
    /// Its region.
    pub region: Attr<String>,
    /// One namespace only.
    pub namespace: Attr<String>,
    /// Whether accounts without a role are left out.
    pub only_with_role: Attr<bool>,
    /// The accounts.
    pub service_accounts: Attr<Vec<AccountModel>>,
    /// What could not be read.
    pub unread: Attr<Vec<Attr<String>>>,
}

impl DeclaresPermissions for ServiceAccountsDataSource {
    const PERMISSIONS: Permissions = Permissions {
        aws: &[
            DESCRIBE_CLUSTER,
            LIST_CLUSTERS,
            AwsStatement::where_granted(
                &["eks:ListPodIdentityAssociations"],
                AwsResource::CLUSTER,
                "the accounts that get a role by Pod Identity are known; without it the way of an account without an annotation is not known",
            ),
            AwsStatement::where_granted(
                &["eks:DescribePodIdentityAssociation"],
                AwsResource::POD_IDENTITY_ASSOCIATIONS,
                "the role of an association is read, which the list does not name",
            ),
            AwsStatement::where_granted(
                &["iam:ListRoles"],
                AwsResource::All,
                "the trust policies of the roles are judged; without it `admitted` is null",
            ),
            AwsStatement::where_granted(
                &["iam:GetOpenIDConnectProvider"],
                AwsResource::IamOidcProvider { issuer: "*" },
                "the cluster's OIDC provider is looked up; without it a trust policy that allows an annotated account is not judged wholly",
            ),
            list_entries(EXPLAIN_REFUSAL),
            read_entries(EXPLAIN_REFUSAL),
            READ_OWN_ROLE,
        ],
        kubernetes: &[KubernetesRule {
            verbs: &["list"],
            api_group: "",
            resource: "serviceaccounts",
            names: &[],
            namespace: None,
            need: Need::Required { step: Step::Plan },
        }],
        for_the_guard: GuardReads::NONE,
    };
}

impl DataSource for ServiceAccountsDataSource {
    type Client = Client;
    type Model = ServiceAccountsModel;

    const NAME: &'static str = "eksauth_service_accounts";

    fn schema(&self) -> Schema {
        schema::schema()
    }

    async fn read(
        &self,
        cx: &Context<Client>,
        config: ServiceAccountsModel,
    ) -> Result<ServiceAccountsModel, Diagnostics> {
        let clusters = cx.client.clusters();
        let cluster = clusters
            .existing(&config.cluster_name, &config.region)
            .await?;
        let accounts = accounts(cx, &cluster, &config).await?;
        let judge = Judge::read(cx, &cluster, &config, &accounts).await;
        let unread = judge.unread();
        if !unread.is_empty() {
            cx.add(diagnostics::not_everything(&unread));
        }
        let only_with_role = config.only_with_role.known() == Some(&true);
        let judged = accounts.iter().map(|account| judge.account(account));
        let told = judged
            .filter(|told| !only_with_role || told.way.known().map(String::as_str) != Some(NO_WAY));
        let reference = &cluster.reference;
        Ok(ServiceAccountsModel {
            cluster_name: reference.named_as(&config.cluster_name),
            region: Attr::Known(reference.region.clone()),
            service_accounts: Attr::Known(told.collect()),
            unread: to_list(unread),
            ..config
        })
    }
}

/// A service account as it is annotated.
struct Annotated {
    account: AccountName,
    role_arn: Option<String>,
    audience: Option<String>,
}

impl Annotated {
    fn new(account: ServiceAccount) -> Self {
        let mut annotations = account.fields.annotations;
        // The webhook of EKS takes an empty text for none.
        let mut value = |key| annotations.remove(key).filter(|text| !text.is_empty());
        Self {
            role_arn: value(ROLE_ARN),
            audience: value(AUDIENCE),
            account: AccountName {
                namespace: account.namespace,
                name: account.name,
            },
        }
    }
}

/// The accounts by namespace and name.
async fn accounts(
    cx: &Context<Client>,
    cluster: &FoundCluster,
    config: &ServiceAccountsModel,
) -> Result<Vec<Annotated>, Diagnostics> {
    let namespace = config.namespace.known().map(String::as_str);
    let listed = async { cluster.kubernetes()?.service_accounts(namespace).await };
    let mut accounts: Vec<Annotated> = match listed.await {
        Ok(accounts) => accounts.into_iter().map(Annotated::new).collect(),
        Err(error) => {
            let about = match namespace {
                Some(namespace) => format!("The service accounts of namespace `{namespace}`"),
                None => "The service accounts".to_owned(),
            };
            let title = "Cannot Read Service Accounts";
            let explainer = cx.client.unauthorized(cluster);
            return Err(explainer.explain(title, &about, &error).await.into());
        }
    };
    accounts.sort_by(|one, other| one.account.cmp(&other.account));
    Ok(accounts)
}

/// What was read beside the accounts.
struct Judge {
    associations: Associations,
    survey: RoleSurvey,
    /// The audience where nothing is set.
    audience: &'static str,
}

impl Judge {
    async fn read(
        cx: &Context<Client>,
        cluster: &FoundCluster,
        config: &ServiceAccountsModel,
        accounts: &[Annotated],
    ) -> Self {
        let names: BTreeSet<AccountName> = accounts
            .iter()
            .map(|account| account.account.clone())
            .collect();
        let namespace = config.namespace.known().map(String::as_str);
        let associations = read_associations(cluster, namespace, &names).await;
        let is_by_association = |account: &Annotated| {
            let associations = associations.as_ref();
            associations.is_ok_and(|known| known.contains_key(&account.account))
        };
        let provider = accounts
            .iter()
            .any(|account| account.role_arn.is_some() && !is_by_association(account));
        let needed = Needed {
            roles: provider || accounts.iter().any(is_by_association),
            provider,
        };
        let survey = RoleSurvey::read(cx.client.roles(), cluster, needed).await;
        let partition = Partition::parse(&cluster.partition).unwrap_or(Partition::Aws);
        Self {
            associations,
            survey,
            audience: partition.default_audience(),
        }
    }

    /// What could not be read, each once.
    fn unread(&self) -> Vec<String> {
        let roles = self.survey.unread();
        let of_associations: BTreeSet<&String> = match &self.associations {
            Err(reason) => [reason].into(),
            Ok(found) => found
                .values()
                .filter_map(|found| match found {
                    FoundAssociation::Unread(reason) => Some(reason),
                    FoundAssociation::Read(_) => None,
                })
                .collect(),
        };
        of_associations.into_iter().cloned().chain(roles).collect()
    }

    fn account(&self, account: &Annotated) -> AccountModel {
        let told = match &self.associations {
            Ok(found) => match found.get(&account.account) {
                Some(association) => self.by_association(account, association),
                None => self.by_annotation(account),
            },
            Err(reason) => self.without_associations(account, reason),
        };
        AccountModel {
            namespace: Attr::Known(account.account.namespace.clone()),
            name: Attr::Known(account.account.name.clone()),
            annotated_role_arn: account.role_arn.clone().into(),
            ..told
        }
    }

    fn by_association(&self, account: &Annotated, found: &FoundAssociation) -> AccountModel {
        let (role_arn, admission) = match found {
            FoundAssociation::Read(association) => (
                Some(association.role_arn.clone()),
                self.survey.judge_association(&account.account, association),
            ),
            FoundAssociation::Unread(reason) => (None, Admission::unknown(not_known(reason))),
        };
        AccountModel {
            role_arn: role_arn.into(),
            way: Attr::Known(POD_IDENTITY.to_owned()),
            audience: Attr::Known(POD_IDENTITY_AUDIENCE.to_owned()),
            ..admission_of(admission)
        }
    }

    fn by_annotation(&self, account: &Annotated) -> AccountModel {
        let Some(role_arn) = &account.role_arn else {
            return AccountModel {
                way: Attr::Known(NO_WAY.to_owned()),
                ..admission_of(Admission::default())
            };
        };
        let audience = account.audience.as_deref().unwrap_or(self.audience);
        let admission = self.survey.judge_annotation(&AnnotatedAccount {
            account: &account.account,
            role_arn,
            audience,
        });
        AccountModel {
            role_arn: Attr::Known(role_arn.clone()),
            way: Attr::Known(IRSA.to_owned()),
            audience: Attr::Known(audience.to_owned()),
            ..admission_of(admission)
        }
    }

    /// An association would come before the annotation, and nobody knows whether there is one.
    fn without_associations(&self, account: &Annotated, reason: &str) -> AccountModel {
        if account.role_arn.is_none() {
            return admission_of(Admission::unknown(not_known(reason)));
        }
        let told = self.by_annotation(account);
        let doubt = format!("Whether Pod Identity gives another role is not known: {reason}.");
        AccountModel {
            reason: Attr::Known(match told.reason.known() {
                Some(first) => format!("{first} {doubt}"),
                None => doubt,
            }),
            ..told
        }
    }
}

fn admission_of(admission: Admission) -> AccountModel {
    AccountModel {
        admitted: admission.admits.into(),
        reason: admission.reason.into(),
        ..AccountModel::default()
    }
}
