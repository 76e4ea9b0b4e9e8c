//! What a migration is judged on: objects of the cluster or of files, roles and OIDC providers of IAM.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eksauth_core::document::{Content, Document};
use eksauth_core::iam_policy::policy_document::Decision;
use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::legacy_pod_role::kiam::ExpressionMode;
use eksauth_core::legacy_pod_role::kube2iam::NamespaceRestriction;
use eksauth_core::legacy_pod_role::migration::{
    AccountProgress, Migration, NewTrust, RoleFacts, RoleProgress, TrustParts, waiting,
};
use eksauth_core::legacy_pod_role::scan::{AccountProposal, Scan, ScanRequest};
use eksauth_core::legacy_pod_role::system::SystemName;
use eksauth_core::principal::arn::AccountId;
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;
use eksauth_provider::access::legacy_pod_roles::{
    LegacyObjects, SystemSettings, account_base, add_manifests, read_legacy_objects,
};
use eksauth_provider::access::web_identity::{Providers, WebIdentity, provider_of, read_providers};
use eksauth_provider::clusters::FoundCluster;
use eksauth_provider::ports::IamApi;
use eksauth_provider::ports::iam::Role;

use crate::command::{LegacyInput, Restrictions};
use crate::failure::Failure;
use crate::{input, session};

/// What was read and judged.
pub(super) struct Read {
    pub(super) migration: Migration,
    /// Whether IAM has the cluster's OIDC provider.
    pub(super) has_provider: bool,
    /// The cluster's name.
    pub(super) cluster: Option<String>,
}

/// IAM, and whose tokens it is asked about.
struct Asked {
    iam: Arc<dyn IamApi>,
    issuer: Issuer,
    partition: Partition,
    account: AccountId,
    node_roles: BTreeSet<String>,
}

/// # Errors
/// Files or a cluster that cannot be read, no credentials.
pub(super) async fn read(system: SystemName, input: &LegacyInput) -> Result<Read, Failure> {
    let live = match &input.cluster {
        Some(name) => {
            let aws = session::beside_cluster(&input.aws, Some(name));
            let client = session::connect(&aws, None).await?;
            let cluster = session::cluster(&client, name).await?;
            let iam = client.iam().await?;
            Some((cluster, iam))
        }
        None => None,
    };
    let cluster = live.as_ref().map(|(cluster, _)| cluster.clone());
    let objects = objects(input, cluster.as_deref()).await?;
    let base = cluster.as_ref().map(|cluster| account_base(cluster));
    let found = settings(system, input).system(&objects.inventory, base.as_deref());
    let (legacy, set_up) = found.ok_or_else(|| Failure::new("no pod asks for a role"))?;
    let scan = Scan::of(&ScanRequest {
        inventory: &objects.inventory,
        system: &legacy,
        set_up,
        account: cluster.as_ref().map(|cluster| cluster.account.as_str()),
    });
    let asked = match live {
        Some((cluster, iam)) => Some(asked(&cluster, iam, input)?),
        None => None,
    };
    let mut roles = Vec::new();
    for (role_arn, accounts) in by_role(&scan) {
        roles.push(progress(asked.as_ref(), &scan, role_arn, accounts).await?);
    }
    let has_provider = match &asked {
        Some(asked) => {
            let arn = asked.issuer.provider_arn(asked.partition, &asked.account);
            asked.iam.oidc_provider(&arn).await?.is_some()
        }
        None => false,
    };
    Ok(Read {
        migration: Migration {
            scan,
            roles,
            unread: objects.unread,
        },
        has_provider,
        cluster: cluster.map(|cluster| cluster.reference.name.clone()),
    })
}

async fn objects(
    input: &LegacyInput,
    cluster: Option<&FoundCluster>,
) -> Result<LegacyObjects, Failure> {
    if let (true, Some(cluster)) = (input.files.is_empty(), cluster) {
        return Ok(read_legacy_objects(cluster.kubernetes()?.as_ref()).await?);
    }
    let mut objects = LegacyObjects::default();
    for (index, file) in input.files.iter().enumerate() {
        let documents = input::documents(file)?;
        let broken = |document: &Document| match &document.content {
            Content::Broken(broken) => Some(broken.to_string()),
            _ => None,
        };
        if let Some(broken) = documents.iter().find_map(broken) {
            return Err(Failure::new(format!("`{}`: {broken}", file.display())));
        }
        add_manifests(&documents, index, &mut objects);
    }
    Ok(objects)
}

fn settings(system: SystemName, input: &LegacyInput) -> SystemSettings {
    SystemSettings {
        system: Some(system),
        base_role_arn: input.base_role_arn.clone(),
        default_role: input.default_role.clone(),
        restriction: input.namespace_restrictions.map(|how| match how {
            Restrictions::Off => NamespaceRestriction::Off,
            Restrictions::Glob => NamespaceRestriction::Glob,
            Restrictions::Regexp => NamespaceRestriction::Regexp,
        }),
        mode: input
            .disable_strict_namespace_regexp
            .then_some(ExpressionMode::Search),
    }
}

fn asked(
    cluster: &FoundCluster,
    iam: Arc<dyn IamApi>,
    input: &LegacyInput,
) -> Result<Asked, Failure> {
    let failure = |error: String| Failure::new(error);
    let url = cluster.issuer().ok_or_else(|| {
        Failure::new(format!(
            "cluster `{}` has no issuer yet",
            cluster.reference.name
        ))
    })?;
    Ok(Asked {
        iam,
        issuer: Issuer::parse(url).map_err(|error| failure(error.to_string()))?,
        partition: Partition::parse(&cluster.partition)
            .map_err(|error| failure(error.to_string()))?,
        account: AccountId::parse(&cluster.account).map_err(|error| failure(error.to_string()))?,
        node_roles: input.node_roles.iter().cloned().collect(),
    })
}

fn by_role(scan: &Scan) -> BTreeMap<String, Vec<AccountProposal>> {
    let mut roles: BTreeMap<String, Vec<AccountProposal>> = BTreeMap::new();
    for proposal in &scan.accounts {
        let accounts = roles.entry(proposal.role_arn.clone()).or_default();
        accounts.push(proposal.clone());
    }
    roles
}

async fn progress(
    asked: Option<&Asked>,
    scan: &Scan,
    role_arn: String,
    accounts: Vec<AccountProposal>,
) -> Result<RoleProgress, Failure> {
    let role = match asked {
        Some(asked) => read_role(asked, &role_arn).await,
        None => Err("IAM was not asked; give --cluster".to_owned()),
    };
    let mut progress = Vec::new();
    for proposal in accounts {
        let new_trust = match (asked, &role) {
            (Some(asked), Ok(role)) => new_trust(asked, role, &proposal).await?,
            (_, Err(why)) => NewTrust::Unknown(why.clone()),
            (None, Ok(_)) => NewTrust::Unknown("IAM was not asked".to_owned()),
        };
        progress.push(AccountProgress {
            waiting: waiting(scan, &proposal),
            proposal,
            new_trust,
        });
    }
    Ok(RoleProgress {
        role_arn,
        problem: role.as_ref().err().cloned(),
        facts: match (asked, role) {
            (Some(asked), Ok(role)) => Some(facts(asked, role)),
            _ => None,
        },
        accounts: progress,
    })
}

/// The role, or why it cannot be moved.
async fn read_role(asked: &Asked, role_arn: &str) -> Result<Role, String> {
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    if account != asked.account.as_str() {
        return Err(format!(
            "the role is of account {account}, whose IAM is not asked from here; move it with credentials of that account"
        ));
    }
    let name = role_arn.rsplit('/').next().unwrap_or(role_arn);
    match asked.iam.role(name).await {
        Ok(Some(role)) if role.arn == role_arn => Ok(role),
        Ok(Some(role)) => Err(format!(
            "the role of that name is `{}`: the annotation has another path, and the pods get nothing",
            role.arn
        )),
        Ok(None) => Err("there is no such role, and the pods get nothing".to_owned()),
        Err(error) => Err(format!("the role could not be read: {error}")),
    }
}

async fn new_trust(
    asked: &Asked,
    role: &Role,
    proposal: &AccountProposal,
) -> Result<NewTrust, Failure> {
    let account = &proposal.account;
    let subject = ServiceAccount::parse(&format!("{}:{}", account.namespace, account.name));
    let subject = match subject {
        Ok(subject) => subject.subject(),
        Err(error) => return Ok(NewTrust::Refuses(error.to_string())),
    };
    let audience = asked.partition.default_audience().to_owned();
    let provider = provider_of(&asked.issuer, (asked.partition, &asked.account), &audience);
    let provider_arn = provider.arn.clone();
    let policy = role.assume_role_policy.clone();
    let providers = read_providers(asked.iam.clone(), &role.arn, &policy, provider).await?;
    let question = WebIdentity {
        role_arn: role.arn.clone(),
        policy,
        issuer: asked.issuer.clone(),
        provider_arn,
        subject,
        audience,
        providers,
    };
    let evaluation = question.judge().evaluation;
    let why = match &question.providers {
        Providers::Unreadable { reason, .. } => reason.clone(),
        Providers::Read(_) | Providers::Assumed(_) => question.explanation(&evaluation),
    };
    Ok(match evaluation.decision {
        Decision::Allow => NewTrust::Admits,
        Decision::Deny | Decision::Invalid => NewTrust::Refuses(question.explanation(&evaluation)),
        Decision::Indeterminate => NewTrust::Unknown(why),
    })
}

fn facts(asked: &Asked, role: Role) -> RoleFacts {
    let provider_arn = asked.issuer.provider_arn(asked.partition, &asked.account);
    RoleFacts {
        trust: TrustParts::of(
            &role.assume_role_policy,
            &asked.node_roles,
            Some(&provider_arn),
        ),
        name: role.name,
        path: role.path,
        description: role.description,
        max_session_duration: role.max_session_duration,
        permissions_boundary: role.permissions_boundary,
        tags: role.tags,
    }
}
