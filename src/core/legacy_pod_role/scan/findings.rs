//! What is worth saying before anybody moves: who gets more than it seems, who gets nothing, and what web identity cannot say.

use std::collections::{BTreeMap, BTreeSet};

use super::super::inventory::{NamespacedName, Workload};
use super::super::kube2iam::{Kube2iam, NamespaceRestriction};
use super::super::system::{LegacySystem, SetUp, SystemName};
use super::super::{AnnotationFinding, LegacyPodRoleError};
use super::accounts::account_of as service_account_of;
use super::{Scan, ScanFinding, ScanRequest, ScannedWorkload, account_of};
use crate::access::severity::Severity;
use crate::plural::counted;

/// So many objects are named at most in one text.
const MOST_NAMED: usize = 5;

pub(super) fn of(scan: &Scan, request: &ScanRequest<'_>) -> Vec<ScanFinding> {
    let mut findings = of_cluster(scan, request);
    findings.extend(of_namespaces(scan, request));
    let with_roles: Vec<&ScannedWorkload> = scan.with_roles().collect();
    for scanned in &with_roles {
        findings.extend(of_role(scan, scanned));
        findings.extend(of_workload(scan, request, scanned));
    }
    findings.extend(external_ids(scan, &with_roles));
    findings.extend(shared_accounts(scan, request));
    findings.extend(annotated_otherwise(scan));
    findings.sort_by(|left, right| {
        let key = |finding: &ScanFinding| (finding.severity, finding.origin, finding.id);
        key(left)
            .cmp(&key(right))
            .then_with(|| left.object.cmp(&right.object))
    });
    findings
}

fn about(scanned: &ScannedWorkload, id: &'static str, severity: Severity) -> ScanFinding {
    let Workload {
        namespace, origin, ..
    } = &scanned.workload;
    ScanFinding {
        id,
        severity,
        object: scanned.describe(),
        namespace: Some(namespace.clone()),
        text: String::new(),
        origin: *origin,
    }
}

fn of_cluster(scan: &Scan, request: &ScanRequest<'_>) -> Vec<ScanFinding> {
    let cluster = |id, severity, text: String| ScanFinding {
        id,
        severity,
        object: "the cluster".to_owned(),
        namespace: None,
        text,
        origin: None,
    };
    let name = Some(scan.system.name());
    let running = || request.inventory.running(name);
    let versions = running().filter_map(|found| found.version_doubt.clone());
    let unclear = request.inventory.doubts(name).into_iter().chain(versions);
    let mut findings: Vec<ScanFinding> = unclear
        .map(|text| cluster("role.system_settings_unclear", Severity::Warning, text))
        .collect();
    let (LegacySystem::Kube2iam(kube2iam), SetUp::Known) = (&scan.system, scan.set_up) else {
        return findings;
    };
    if running().any(|found| found.has_node_role_as_default) {
        let text = "kube2iam runs with `--auto-discover-default-role`: every pod without an annotation gets the role of its node, in every namespace. Web identity has no default: \
                    give a role to the accounts of those that use it, and to no others";
        findings.push(cluster(
            "privilege.default_role",
            Severity::Warning,
            text.to_owned(),
        ));
    }
    if kube2iam.restriction == NamespaceRestriction::Off {
        let text = "kube2iam runs without `--namespace-restrictions`: every pod that may be made in the cluster gets every role that the nodes' role may assume";
        let id = "privilege.namespace_restriction_off";
        findings.push(cluster(id, Severity::Error, text.to_owned()));
    }
    let default_role = default_role(scan, kube2iam);
    findings.extend(
        default_role.map(|text| cluster("privilege.default_role", Severity::Warning, text)),
    );
    findings
}

fn default_role(scan: &Scan, kube2iam: &Kube2iam) -> Option<String> {
    if kube2iam.default_role.is_empty() {
        return None;
    }
    let role = kube2iam.role_arn(&kube2iam.default_role);
    let without = scan
        .workloads
        .iter()
        .filter(|scanned| scanned.workload.template.role.is_none())
        .count();
    Some(format!(
        "`{role}` is the default role: every pod without an annotation gets it, in every namespace ({} of those that were read). Web identity has no default: \
         give the role to the accounts of those that use it, and to no others",
        counted(without, "workload")
    ))
}

fn of_namespaces(scan: &Scan, request: &ScanRequest<'_>) -> Vec<ScanFinding> {
    let mut by_rule: BTreeMap<&str, Vec<AnnotationFinding>> = BTreeMap::new();
    let mut findings = Vec::new();
    for (name, rules) in &request.inventory.namespaces {
        let Some(rule) = scan.system.rule_of(rules) else {
            continue;
        };
        let found = by_rule
            .entry(rule)
            .or_insert_with(|| scan.system.findings_of(rule));
        // Said once of the cluster.
        let found = found
            .iter()
            .filter(|finding| finding.id != "privilege.namespace_restriction_off");
        findings.extend(found.map(|finding| ScanFinding {
            id: finding.id,
            severity: Severity::Error,
            object: format!("namespace {name}"),
            namespace: Some(name.clone()),
            text: finding.message.clone(),
            origin: rules.origin,
        }));
    }
    findings
}

/// What keeps a workload from the role that it asks for.
fn of_role(scan: &Scan, scanned: &ScannedWorkload) -> Option<ScanFinding> {
    let system = scan.system.name().word();
    let namespace = &scanned.workload.namespace;
    let annotation = scanned.workload.template.role.as_deref();
    if scanned.is_permitted == Some(false) {
        let role = scanned.role.as_deref().unwrap_or_default();
        let consequence = match scan.set_up {
            SetUp::Known => format!("so {system} gives these pods nothing today"),
            SetUp::VersionInDoubt | SetUp::Inferred => format!(
                "as far as the rules of {system} are known, which may be others here; if they are these, {system} gives these pods nothing today"
            ),
        };
        return Some(ScanFinding {
            text: format!(
                "the namespace `{namespace}` does not permit `{role}`, {consequence}. Web identity knows no rule of namespaces: they would get the role as soon as it trusts their \
                 account"
            ),
            ..about(scanned, "lockout.role_not_permitted", Severity::Error)
        });
    }
    // A bare name without a base ARN may be anybody's.
    let is_bare = scan.system.base_arn().is_empty() && scanned.role.as_deref() != Some("");
    if scanned.role_arn.is_some() || is_bare && scanned.role.is_some() {
        return None;
    }
    let why = match scan.system.role_of(annotation) {
        Err(LegacyPodRoleError::EmptyRole) => "the annotation is empty".to_owned(),
        Err(error) => error.to_string(),
        Ok(role) => {
            let role = role.unwrap_or_default();
            format!("`{role}` is not the ARN of a role; the base ARN is put before a bare name")
        }
    };
    Some(ScanFinding {
        text: format!("{why}: {system} gives these pods nothing"),
        ..about(scanned, "lockout.role_unresolved", Severity::Error)
    })
}

fn of_workload(
    scan: &Scan,
    request: &ScanRequest<'_>,
    scanned: &ScannedWorkload,
) -> Vec<ScanFinding> {
    let system = scan.system.name().word();
    let mut findings = Vec::new();
    let role = scanned.role.as_deref().unwrap_or_default();
    if scanned.workload.template.host_network {
        findings.push(ScanFinding {
            text: format!(
                "these pods have the node's network, where {system} does not see what they ask for: they have the node's own role today, whatever the annotation says. By web \
                 identity they would get `{role}`"
            ),
            ..about(scanned, "role.host_network", Severity::Warning)
        });
    }
    let own = request
        .account
        .or_else(|| account_of(request.system.base_arn()));
    if let (Some(own), Some(account)) = (own, scanned.role_arn.as_deref().and_then(account_of))
        && own != account
    {
        findings.push(ScanFinding {
            text: format!(
                "`{role}` is of account {account}, and the cluster of {own}: web identity gives it only with an OIDC provider of the cluster's issuer in {account}, and with a trust \
                 policy there. Make both with a provider configuration of that account"
            ),
            ..about(scanned, "role.cross_account", Severity::Warning)
        });
    }
    findings
}

/// External ids: web identity has none, and kube2iam remembers credentials by the role alone.
fn external_ids(scan: &Scan, with_roles: &[&ScannedWorkload]) -> Vec<ScanFinding> {
    let mut by_role: BTreeMap<&str, Vec<&ScannedWorkload>> = BTreeMap::new();
    for scanned in with_roles {
        if let Some(role) = scanned.role.as_deref() {
            by_role.entry(role).or_default().push(scanned);
        }
    }
    let id_of = |scanned: &ScannedWorkload| scanned.workload.template.external_id.clone();
    let mut findings = Vec::new();
    for (role, askers) in by_role {
        let ids: BTreeSet<Option<String>> = askers.iter().map(|asker| id_of(asker)).collect();
        for asker in askers.iter().filter(|asker| id_of(asker).is_some()) {
            findings.push(ScanFinding {
                text: format!(
                    "these pods give an external id for `{role}`, and web identity has none: a statement that asks for `sts:ExternalId` does not let them in, and the subject of the \
                     token takes its place"
                ),
                ..about(asker, "role.external_id_ignored", Severity::Warning)
            });
        }
        let is_cached = scan.system.name() == SystemName::Kube2iam && ids.len() > 1;
        let others = askers
            .iter()
            .filter(|asker| is_cached && (id_of(asker).is_none() || !ids.contains(&None)));
        findings.extend(others.map(|asker| ScanFinding {
            text: format!(
                "kube2iam remembers credentials by the role alone, without the external id: these pods get `{role}` for as long as pods with another external id have asked for \
                 it, whatever id its trust policy wants"
            ),
            ..about(asker, "privilege.external_id_cached", Severity::Error)
        }));
    }
    findings
}

/// Accounts whose workloads want different roles, or of which some want none.
fn shared_accounts(scan: &Scan, request: &ScanRequest<'_>) -> Vec<ScanFinding> {
    let mut by_account: BTreeMap<NamespacedName, Vec<&ScannedWorkload>> = BTreeMap::new();
    let current = scan
        .workloads
        .iter()
        .filter(|scanned| !scanned.workload.differs_from_template);
    for scanned in current {
        let account = service_account_of(scanned);
        by_account.entry(account).or_default().push(scanned);
    }
    let mut findings = Vec::new();
    for (account, users) in by_account {
        let roles: BTreeSet<&String> = users
            .iter()
            .filter_map(|user| user.role_arn.as_ref().or(user.role.as_ref()))
            .collect();
        // Annotated with the only role that anybody wants: the move is done, whoever lost the old annotation.
        let annotated = request.inventory.accounts.get(&account);
        let annotated = annotated.and_then(|account| account.role.as_ref());
        if roles.len() == 1 && annotated.is_some_and(|role| roles.contains(role)) {
            continue;
        }
        let (id, why) = match (roles.len(), users.iter().any(|user| user.role.is_none())) {
            (0, _) => continue,
            (1, false) if account.name != "default" => continue,
            (1, false) => (
                "privilege.default_service_account",
                "web identity gives a role to an account, and every pod that names no account runs as this one, including future pods".to_owned(),
            ),
            (1, true) => (
                "privilege.service_account_shared",
                format!(
                    "web identity gives a role to an account, and pods without a role use this account too and would get it: {}",
                    named(users.iter().filter(|user| user.role.is_none()))
                ),
            ),
            (count, _) => (
                "role.service_account_shared",
                format!(
                    "web identity gives a role to an account, and pods using this account want {}",
                    counted(count, "different role")
                ),
            ),
        };
        findings.push(ScanFinding {
            id,
            severity: Severity::Warning,
            object: format!("service account {}/{}", account.namespace, account.name),
            text: format!(
                "{why}{}",
                match split(&users) {
                    moved if moved.is_empty() => String::new(),
                    moved => format!(". Give those with a role accounts of their own: {moved}"),
                }
            ),
            namespace: Some(account.namespace),
            origin: users.iter().find_map(|user| user.workload.origin),
        });
    }
    findings
}

/// `Deployment apps/web as `app-reader`, …`.
fn split(users: &[&ScannedWorkload]) -> String {
    let moved: Vec<String> = users
        .iter()
        .filter(|user| user.target_account != user.workload.template.service_account)
        .map(|user| format!("{} as `{}`", user.describe(), user.target_account))
        .collect();
    listed(&moved)
}

fn named<'a>(users: impl Iterator<Item = &'a &'a ScannedWorkload>) -> String {
    let names: Vec<String> = users.map(|user| user.describe()).collect();
    listed(&names)
}

fn listed(names: &[String]) -> String {
    let first: Vec<&str> = names.iter().take(MOST_NAMED).map(String::as_str).collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Accounts that are annotated with another role than their pods get today.
fn annotated_otherwise(scan: &Scan) -> Vec<ScanFinding> {
    let other = |proposal: &&super::AccountProposal| {
        let annotated = proposal.annotated_role.as_ref();
        annotated.is_some_and(|role| *role != proposal.role_arn)
    };
    let finding = |proposal: &super::AccountProposal| {
        let NamespacedName { namespace, name } = &proposal.account;
        ScanFinding {
            id: "role.service_account_other_role",
            severity: Severity::Warning,
            object: format!("service account {namespace}/{name}"),
            namespace: Some(namespace.clone()),
            text: format!(
                "the account is annotated with `{}`, and its pods get `{}` today: SDKs take web identity before the metadata service, so pods that were made since have the \
                 annotated role already. Decide which one is meant",
                proposal.annotated_role.as_deref().unwrap_or_default(),
                proposal.role_arn
            ),
            origin: None,
        }
    };
    scan.accounts.iter().filter(other).map(finding).collect()
}
