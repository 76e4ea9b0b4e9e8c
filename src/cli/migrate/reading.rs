//! What a migration is judged on: objects of the cluster or of files, roles and OIDC providers of IAM.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use eksauth_core::document::{Content, Document};
use eksauth_core::iam_policy::policy_document::Decision;
use eksauth_core::iam_policy::trust_policy::ServiceAccount;
use eksauth_core::legacy_pod_role::kiam::ExpressionMode;
use eksauth_core::legacy_pod_role::kube2iam::NamespaceRestriction;
use eksauth_core::legacy_pod_role::migration::{
    AccountProgress, Migration, NewTrust, RoleFacts, RoleProblem, RoleProgress, RoleSettings,
    TrustParts, kept_for, waiting,
};
use eksauth_core::legacy_pod_role::scan::{AccountProposal, Scan, ScanRequest};
use eksauth_core::legacy_pod_role::system::{SetUp, SystemName};
use eksauth_core::nearness::nearest;
use eksauth_core::principal::arn::AccountId;
use eksauth_core::principal::oidc_issuer::Issuer;
use eksauth_core::principal::partition::Partition;
use eksauth_provider::access::legacy_pod_roles::{
    LegacyObjects, SystemSettings, account_base, read_legacy_objects, read_manifests,
};
use eksauth_provider::access::web_identity::{Providers, WebIdentity, provider_of, read_providers};
use eksauth_provider::clusters::FoundCluster;
use eksauth_provider::ports::IamApi;
use eksauth_provider::ports::iam::{InlinePolicies, Role, RoleDetails};

use super::node_roles;
use crate::command::{LegacyInput, Restrictions};
use crate::failure::Failure;
use crate::{input, session};

/// What was read and judged.
pub(super) struct Read {
    pub(super) migration: Migration,
    /// The cluster's OIDC provider, where IAM has it.
    pub(super) provider_arn: Option<String>,
    /// The cluster's name.
    pub(super) cluster: Option<String>,
    /// What is worth knowing about how it was read.
    pub(super) notes: Vec<String>,
    /// What makes the nodes' roles doubtful, where something does.
    pub(super) doubt: Option<String>,
    /// What of the system's settings is in doubt, so that nothing is taken away on their word.
    pub(super) unclear: Vec<String>,
}

/// IAM, and whose tokens it is asked about.
pub(super) struct Asked {
    pub(super) iam: Arc<dyn IamApi>,
    issuer: Issuer,
    partition: Partition,
    pub(super) account: AccountId,
    pub(super) node_roles: BTreeSet<String>,
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
    let mut notes = Vec::new();
    let mut objects = objects(system, input, cluster.as_deref(), &mut notes).await?;
    only(system, &mut objects)?;
    let base = cluster.as_ref().map(|cluster| account_base(cluster));
    let found = settings(system, input).system(&objects.inventory, base.as_deref());
    let (legacy, set_up) = found.ok_or_else(|| Failure::new("no pod asks for a role"))?;
    if set_up == SetUp::Inferred {
        notes.push(format!(
            "no {} was found running, so its flags are taken to be the usual ones",
            system.word()
        ));
    }
    let running = objects.inventory.running(Some(system));
    notes.extend(running.filter_map(|found| found.version_doubt.clone()));
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
    let rewritten = roles.iter().filter_map(|role| role.facts.as_ref());
    notes.extend(rewritten.flat_map(|facts| {
        let changes = facts.trust.rewritten.iter();
        changes.map(|change| format!("the trust policy of `{}` {change}", facts.settings.name))
    }));
    let doubt = match &asked {
        Some(asked) => node_roles::check(asked, &mut roles, &mut notes).await?,
        None => None,
    };
    let provider_arn = match &asked {
        Some(asked) => {
            let arn = asked.issuer.provider_arn(asked.partition, &asked.account);
            asked.iam.oidc_provider(&arn).await?.map(|_| arn)
        }
        None => None,
    };
    Ok(Read {
        migration: Migration {
            scan,
            roles,
            unread: objects.unread,
        },
        provider_arn,
        cluster: cluster.map(|cluster| cluster.reference.name.clone()),
        notes,
        doubt,
        unclear: objects.inventory.doubts(Some(system)),
    })
}

/// Leaves the other system out.
///
/// # Errors
/// Only the other one runs.
fn only(system: SystemName, objects: &mut LegacyObjects) -> Result<(), Failure> {
    let detected = &mut objects.inventory.detected;
    let other = detected.first().map(|found| found.system.name());
    detected.retain(|found| found.system.name() == system);
    match other {
        Some(other) if detected.is_empty() => Err(Failure::new(format!(
            "no {} runs here, but {other} does: `migrate {other}` judges it",
            system.word(),
            other = other.word(),
        ))),
        _ => Ok(()),
    }
}

async fn objects(
    system: SystemName,
    input: &LegacyInput,
    cluster: Option<&FoundCluster>,
    notes: &mut Vec<String>,
) -> Result<LegacyObjects, Failure> {
    if let (true, Some(cluster)) = (input.files.is_empty(), cluster) {
        return Ok(read_legacy_objects(cluster.kubernetes()?.as_ref(), Some(system)).await?);
    }
    let mut files = Vec::new();
    for file in &input.files {
        let documents = input::documents(file)?;
        let broken = |document: &Document| match &document.content {
            Content::Broken(broken) => Some(broken.to_string()),
            _ => None,
        };
        if let Some(broken) = documents.iter().find_map(broken) {
            return Err(Failure::new(format!("`{}`: {broken}", file.display())));
        }
        let not_judged: Vec<String> = documents.iter().filter_map(not_judged).collect();
        if !not_judged.is_empty() {
            let file = file.display();
            notes.push(format!("`{file}`: not judged: {}", not_judged.join("; ")));
        }
        files.push(documents);
    }
    let files = files.iter().map(Vec::as_slice);
    Ok(read_manifests(files, Some(system)))
}

/// A document that is nothing known, which may make pods all the same.
fn not_judged(document: &Document) -> Option<String> {
    let Document { place, content } = document;
    match content {
        Content::Unknown(_) => Some(format!("{place}, an object of no known kind")),
        Content::Other(what) => Some(format!("{place}, {what}")),
        _ => None,
    }
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
        None => Err(unread("IAM was not asked; give --cluster".to_owned())),
    };
    let mut progress = Vec::new();
    for proposal in accounts {
        let new_trust = match (asked, &role) {
            (Some(asked), Ok(details)) => new_trust(asked, &details.role, &proposal).await?,
            (_, Err(why)) => NewTrust::Unknown(why.text.clone()),
            (None, Ok(_)) => NewTrust::Unknown("IAM was not asked".to_owned()),
        };
        progress.push(AccountProgress {
            waiting: waiting(scan, &proposal),
            proposal,
            new_trust,
        });
    }
    Ok(RoleProgress {
        kept_for: kept_for(scan, &role_arn),
        problem: role.as_ref().err().cloned(),
        facts: match (asked, role) {
            (Some(asked), Ok(role)) => Some(facts(asked, role)),
            _ => None,
        },
        accounts: progress,
        role_arn,
    })
}

fn unread(text: String) -> RoleProblem {
    RoleProblem {
        text,
        is_unread: true,
    }
}

/// The role with its policies, or why it cannot be moved.
async fn read_role(asked: &Asked, role_arn: &str) -> Result<RoleDetails, RoleProblem> {
    let left_out = |text: String| RoleProblem {
        text,
        is_unread: false,
    };
    let account = role_arn.split(':').nth(4).unwrap_or_default();
    if account != asked.account.as_str() {
        return Err(left_out(format!(
            "the role is of account {account}, whose IAM is not asked from here; move it with credentials of that account"
        )));
    }
    let name = role_arn.rsplit('/').next().unwrap_or(role_arn);
    match asked.iam.role_details(name, InlinePolicies::Read).await {
        Ok(Some(details)) if details.role.arn != role_arn => Err(left_out(format!(
            "the role of that name is `{}`: the annotation has another {}, and STS compares the whole ARN, so the pods get nothing",
            details.role.arn,
            match details.role.name == name {
                true => "path",
                false => "case",
            }
        ))),
        Ok(Some(details)) if details.inline_policies.is_none() => {
            Err(unread("its inline policies could not be read".to_owned()))
        }
        Ok(Some(details)) => Ok(details),
        Ok(None) => Err(left_out(format!(
            "there is no such role, and the pods get nothing{}",
            nearest_role(asked, name).await
        ))),
        Err(error) => Err(unread(format!("the role could not be read: {error}"))),
    }
}

/// A role with nearly that name. Whoever may not list roles is told nothing of it.
async fn nearest_role(asked: &Asked, name: &str) -> String {
    let roles = asked.iam.list_roles("/").await.unwrap_or_default();
    let names: Vec<String> = roles.into_iter().map(|role| role.name).collect();
    match nearest(name, &names) {
        Some(meant) => format!(" (did you mean `{meant}`?)"),
        None => String::new(),
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
    let usual = asked.partition.default_audience();
    let own_audience = proposal.audience.as_deref();
    let audience = own_audience.unwrap_or(usual).to_owned();
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
        Decision::Deny | Decision::Invalid => {
            let audience = question.audience.as_str();
            match beside_the_trust(&evaluation.reason, audience, usual) {
                Some(remedy) => NewTrust::RefusesToken(format!("{why} {remedy}")),
                None => NewTrust::Refuses(why),
            }
        }
        Decision::Indeterminate => NewTrust::Unknown(why),
    })
}

/// What is to be done where naming the account in the trust policy is not enough: its tokens have an audience that no phase writes, or the OIDC provider does
/// not take theirs.
pub(super) fn beside_the_trust(reason: &str, audience: &str, usual: &str) -> Option<String> {
    if audience != usual {
        return Some(format!(
            "Its annotation `eks.amazonaws.com/audience` = `{audience}` gives its tokens that audience, and a phase lets `{usual}` in: take the annotation away, or let the role \
             and the OIDC provider take `{audience}` by hand."
        ));
    }
    (reason == "provider.client_id").then(|| {
        format!("Add the client id `{audience}` to the OIDC provider, as `client_id_list` of `eksauth_oidc_provider` does.")
    })
}

fn facts(asked: &Asked, details: RoleDetails) -> RoleFacts {
    let provider_arn = asked.issuer.provider_arn(asked.partition, &asked.account);
    RoleFacts {
        trust: TrustParts::of(
            &details.role.assume_role_policy,
            &asked.node_roles,
            Some(&provider_arn),
        ),
        settings: settings_of(details),
    }
}

/// Everything of a role but its trust.
pub(super) fn settings_of(details: RoleDetails) -> RoleSettings {
    let role = details.role;
    RoleSettings {
        name: role.name,
        path: role.path,
        description: role.description,
        max_session_duration: role.max_session_duration,
        permissions_boundary: role.permissions_boundary,
        tags: role.tags,
        policy_arns: details.attached_policies,
        inline_policies: details.inline_policies.unwrap_or_default(),
    }
}
