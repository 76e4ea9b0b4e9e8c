//! How far the service accounts of a cluster are on the way from IRSA to Pod Identity: read live, judged by the core.
//!
//! The same readers as `data.eksauth_service_accounts`, and pods and nodes beside them. API actions, where granted: `eks:ListPodIdentityAssociations`,
//! `eks:DescribePodIdentityAssociation`, `iam:ListRoles`, `iam:GetOpenIDConnectProvider`. Kubernetes verbs: `list` on service accounts, and where granted on
//! pods and nodes. What may not be read is named and never guessed.

use std::collections::BTreeSet;

use eksauth_core::access::cluster_access::Knowledge;
use eksauth_core::pod_identity_migration::{
    AccountFacts, Annotation, Association, AssociationAnswer, ByToken, ClusterFacts,
    MigrationFacts, NamespacedName, PodIdentityMigration, PodSurvey, RoleAnswer, plan,
};
use eksauth_core::principal::arn::AccountId;
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;

use crate::access::cluster_access::unreadable;
use crate::access::object_listing::gather;
use crate::access::pod_identity::{AccountName, Associations, FoundAssociation, read_associations};
use crate::access::role_listing::RoleListing;
use crate::access::service_account_roles::{
    Admission, AnnotatedAccount, FoundPolicy, Needed, RoleSurvey,
};
use crate::clusters::FoundCluster;
use crate::ports::eks::PodIdentityAssociation;
use crate::ports::service_account::{AccountField, ServiceAccount};
use crate::ports::workload::ObjectKind;
use crate::ports::{ApiError, KubeApi};

const ROLE_ARN: &str = "eks.amazonaws.com/role-arn";
const AUDIENCE: &str = "eks.amazonaws.com/audience";

/// Whom it is read of, and as whom IAM is asked.
#[derive(Clone, Copy)]
pub struct PodIdentityMigrationSource<'a> {
    /// The roles of the cluster's account.
    pub roles: &'a RoleListing,
    /// The cluster.
    pub cluster: &'a FoundCluster,
    /// Accounts of this namespace only.
    pub namespace: Option<&'a str>,
}

/// Reads and judges.
///
/// # Errors
/// The service accounts cannot be listed.
pub async fn read_pod_identity_migration(
    source: PodIdentityMigrationSource<'_>,
) -> Result<PodIdentityMigration, ApiError> {
    let cluster = source.cluster;
    let kube = cluster.kubernetes()?;
    let listed = kube.service_accounts(source.namespace).await?;
    let listed: Vec<Listed> = listed.into_iter().map(Listed::new).collect();
    let names: BTreeSet<AccountName> = listed.iter().map(|one| one.account.clone()).collect();
    let associations = read_associations(cluster, source.namespace, &names).await;
    let has_role = |one: &Listed| one.annotation.is_some() || one.is_associated(&associations);
    let needed = listed.iter().any(has_role);
    let needed = Needed {
        roles: needed,
        provider: needed,
    };
    let survey = RoleSurvey::read(source.roles, cluster, needed).await;
    let judge = Judge {
        associations: &associations,
        survey: &survey,
        audience: Partition::parse(&cluster.partition)
            .unwrap_or(Partition::Aws)
            .default_audience(),
    };
    let accounts = listed.iter().filter(|one| has_role(one));
    let accounts: Vec<AccountFacts> = accounts.map(|one| judge.facts(one)).collect();
    let pods = match accounts.is_empty() {
        true => Knowledge::Known(PodSurvey::default()),
        false => survey_pods(kube.as_ref()).await,
    };
    Ok(plan(&MigrationFacts {
        cluster: &cluster_facts(cluster),
        accounts: &accounts,
        pods: &pods,
        unread: &unread(&associations, &survey),
    }))
}

fn cluster_facts(cluster: &FoundCluster) -> ClusterFacts {
    let provider_arn = || {
        let issuer = Issuer::parse(cluster.issuer()?).ok()?;
        let partition = Partition::parse(&cluster.partition).ok()?;
        let account = AccountId::parse(&cluster.account).ok()?;
        Some(issuer.provider_arn(partition, &account))
    };
    ClusterFacts {
        name: cluster.cluster.name.clone(),
        arn: cluster.cluster.arn.clone(),
        account: cluster.account.clone(),
        provider_arn: provider_arn(),
    }
}

/// What could not be read, each once.
fn unread(associations: &Associations, survey: &RoleSurvey) -> Vec<String> {
    let of_associations: BTreeSet<&String> = match associations {
        Err(reason) => [reason].into(),
        Ok(found) => found
            .values()
            .filter_map(|found| match found {
                FoundAssociation::Unread(reason) => Some(reason),
                FoundAssociation::Read(_) => None,
            })
            .collect(),
    };
    let of_associations = of_associations.into_iter().cloned();
    of_associations.chain(survey.unread()).collect()
}

/// Nodes before pods: a pod on a node that came meanwhile is no reason to stay.
async fn survey_pods(kube: &dyn KubeApi) -> Knowledge<PodSurvey> {
    let nodes = gather(
        kube,
        ObjectKind::Node,
        PodSurvey::default,
        PodSurvey::add_node,
    )
    .await;
    let nodes = match nodes {
        Ok(nodes) => nodes,
        Err(error) => return Knowledge::Unreadable(unreadable("the nodes", &error)),
    };
    match gather(kube, ObjectKind::Pod, || nodes.clone(), PodSurvey::add_pod).await {
        Ok(pods) => Knowledge::Known(pods),
        Err(error) => Knowledge::Unreadable(unreadable("the pods", &error)),
    }
}

/// A service account as it is annotated.
struct Listed {
    account: AccountName,
    annotation: Option<Annotation>,
    audience: Option<String>,
}

impl Listed {
    fn new(account: ServiceAccount) -> Self {
        let field = AccountField::Annotation(ROLE_ARN.to_owned());
        let others = account.other_owners(&field);
        let others = others.into_iter().map(str::to_owned).collect();
        let is_own = account.own_fields().contains(&field);
        let mut annotations = account.fields.annotations;
        // The webhook of EKS takes an empty text for none.
        let mut value = |key| annotations.remove(key).filter(|text| !text.is_empty());
        Self {
            annotation: value(ROLE_ARN).map(|role_arn| Annotation {
                role_arn,
                is_own,
                others,
            }),
            audience: value(AUDIENCE),
            account: AccountName {
                namespace: account.namespace,
                name: account.name,
            },
        }
    }

    fn is_associated(&self, associations: &Associations) -> bool {
        let found = associations.as_ref();
        found.is_ok_and(|found| found.contains_key(&self.account))
    }
}

/// What was read beside the accounts.
struct Judge<'a> {
    associations: &'a Associations,
    survey: &'a RoleSurvey,
    /// The audience where nothing is set.
    audience: &'static str,
}

impl Judge<'_> {
    fn facts(&self, listed: &Listed) -> AccountFacts {
        let association = self.association(listed);
        let annotated = listed.annotation.as_ref();
        let role_arn = annotated.map(|annotation| annotation.role_arn.as_str());
        let role_arn = role_arn.or(match &association {
            AssociationAnswer::Found(association) => Some(association.role_arn.as_str()),
            AssociationAnswer::None | AssociationAnswer::Unread(_) => None,
        });
        let (role, by_token) = match role_arn {
            Some(role_arn) => (self.role(role_arn), self.by_token(listed, role_arn)),
            None => {
                let reason = "its association could not be read";
                (
                    RoleAnswer::Unread(reason.to_owned()),
                    ByToken::Unknown(reason.to_owned()),
                )
            }
        };
        AccountFacts {
            account: NamespacedName {
                namespace: listed.account.namespace.clone(),
                name: listed.account.name.clone(),
            },
            annotation: listed.annotation.clone(),
            association,
            role,
            by_token,
        }
    }

    fn association(&self, listed: &Listed) -> AssociationAnswer {
        match self.associations {
            Err(reason) => AssociationAnswer::Unread(reason.clone()),
            Ok(found) => match found.get(&listed.account) {
                None => AssociationAnswer::None,
                Some(FoundAssociation::Unread(reason)) => AssociationAnswer::Unread(reason.clone()),
                Some(FoundAssociation::Read(found)) => {
                    AssociationAnswer::Found(Box::new(association(found)))
                }
            },
        }
    }

    fn role(&self, role_arn: &str) -> RoleAnswer {
        match self.survey.policy(role_arn) {
            FoundPolicy::Found(policy) => RoleAnswer::Found(policy.to_owned()),
            FoundPolicy::NotARole => RoleAnswer::NotARole,
            FoundPolicy::OtherPartition => RoleAnswer::OtherPartition,
            FoundPolicy::OtherAccount(account) => RoleAnswer::OtherAccount(account),
            FoundPolicy::OtherArn(found) => RoleAnswer::OtherArn(found),
            FoundPolicy::Gone => RoleAnswer::Gone,
            FoundPolicy::Unread(reason) => RoleAnswer::Unread(reason),
        }
    }

    fn by_token(&self, listed: &Listed, role_arn: &str) -> ByToken {
        let Admission { admits, reason } = self.survey.judge_annotation(&AnnotatedAccount {
            account: &listed.account,
            role_arn,
            audience: listed.audience.as_deref().unwrap_or(self.audience),
        });
        let reason = reason.unwrap_or_default();
        match admits {
            Some(true) => ByToken::Admits,
            Some(false) => ByToken::Refuses(reason),
            None => ByToken::Unknown(reason),
        }
    }
}

fn association(found: &PodIdentityAssociation) -> Association {
    Association {
        role_arn: found.role_arn.clone(),
        target_role_arn: found.target_role_arn.clone(),
        is_without_session_tags: found.is_without_session_tags,
        policy: found.policy.clone(),
        tags: found.tags.clone(),
        owner_arn: found.owner_arn.clone(),
    }
}
