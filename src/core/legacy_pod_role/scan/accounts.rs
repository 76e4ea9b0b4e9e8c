//! The service accounts that web identity needs: one for each role that workloads of a namespace share an account for.
//!
//! What surprises: pods that run already from another template than today's are made anew from that of today, so they go where it goes. Only where that
//! asks for another role, or for none, do they count for themselves, and for their account where nothing else runs as it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::inventory::{AnnotatedAccount, Inventory, NamespacedName};
use super::ScannedWorkload;

/// The annotation that gives an account a role by web identity.
pub const WEB_IDENTITY_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

const LONGEST_NAME: usize = 63;

/// A service account that is to have a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProposal {
    /// The account.
    pub account: NamespacedName,
    /// The role.
    pub role_arn: String,
    /// The account that its workloads run as today, where that is another one.
    pub instead_of: Option<String>,
    /// Whether the cluster has it.
    pub exists: bool,
    /// The role that it is annotated with.
    pub annotated_role: Option<String>,
    /// The audience that it is annotated with.
    pub audience: Option<String>,
    /// The workloads, as they are told.
    pub workloads: Vec<String>,
}

/// An account of today, and the roles that its workloads want.
type Wanted = BTreeMap<NamespacedName, BTreeSet<Option<String>>>;

/// What a workload is called, and the role that its pods ask for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Asker {
    namespace: String,
    kind: String,
    name: String,
    role_arn: String,
}

impl Asker {
    fn of(scanned: &ScannedWorkload) -> Option<Self> {
        Some(Self {
            namespace: scanned.workload.namespace.clone(),
            kind: scanned.workload.kind.clone(),
            name: scanned.workload.name.clone(),
            role_arn: scanned.role_arn.clone()?,
        })
    }
}

/// The account of each workload as it is made today.
type Templates = BTreeMap<Asker, NamespacedName>;

/// Sets each workload's account, and says which accounts there are to be.
pub(super) fn propose(
    workloads: &mut [ScannedWorkload],
    inventory: &Inventory,
) -> Vec<AccountProposal> {
    let templates = templates(workloads);
    let wanted = wanted(workloads, &templates);
    let mut names = Names {
        inventory,
        wanted: &wanted,
        taken: BTreeMap::new(),
    };
    // No two roles share a proposal, whatever came of the names.
    let mut proposals: BTreeMap<(NamespacedName, String), AccountProposal> = BTreeMap::new();
    for scanned in workloads.iter_mut() {
        let Some(role_arn) = scanned.role_arn.clone() else {
            continue;
        };
        let today = Asker::of(scanned).and_then(|asker| templates.get(&asker));
        let today = today.cloned().unwrap_or_else(|| account_of(scanned));
        let target = names.target(&today, &role_arn);
        scanned.target_account.clone_from(&target);
        if scanned.withheld.is_some() {
            continue;
        }
        let account = NamespacedName {
            name: target,
            ..today.clone()
        };
        let entry = proposals.entry((account.clone(), role_arn.clone()));
        let found = inventory.accounts.get(&account);
        let AnnotatedAccount { role, audience } = found.cloned().unwrap_or_default();
        let proposal = entry.or_insert_with(|| AccountProposal {
            exists: found.is_some(),
            annotated_role: role,
            audience,
            instead_of: (account != today).then(|| today.name.clone()),
            account,
            role_arn,
            workloads: Vec::new(),
        });
        proposal.workloads.push(scanned.describe());
    }
    proposals.into_values().collect()
}

/// The account that a workload runs as.
pub(super) fn account_of(scanned: &ScannedWorkload) -> NamespacedName {
    NamespacedName {
        namespace: scanned.workload.namespace.clone(),
        name: scanned.workload.template.service_account.clone(),
    }
}

fn templates(workloads: &[ScannedWorkload]) -> Templates {
    let current = workloads
        .iter()
        .filter(|scanned| !scanned.workload.differs_from_template && scanned.withheld.is_none());
    current
        .filter_map(|scanned| Some((Asker::of(scanned)?, account_of(scanned))))
        .collect()
}

fn wanted(workloads: &[ScannedWorkload], templates: &Templates) -> Wanted {
    let mut wanted = Wanted::new();
    let mut left_over = Wanted::new();
    for scanned in workloads {
        let account = account_of(scanned);
        // Pods that nothing is given to must not get it by way of their account either.
        let wants = scanned.role_arn.clone();
        let wants = wants.filter(|_| scanned.withheld.is_none());
        if !scanned.workload.differs_from_template {
            wanted.entry(account).or_default().insert(wants);
        } else if wants.is_some()
            && scanned.pods_by_old_way() > 0
            && !Asker::of(scanned).is_some_and(|asker| templates.contains_key(&asker))
        {
            left_over.entry(account).or_default().insert(wants);
        }
    }
    for (account, roles) in left_over {
        wanted.entry(account).or_insert(roles);
    }
    wanted
}

/// Names of accounts, each for one role.
struct Names<'a> {
    inventory: &'a Inventory,
    wanted: &'a Wanted,
    /// The role of each name that was given.
    taken: BTreeMap<NamespacedName, String>,
}

impl Names<'_> {
    /// The account for a role that workloads of an account want. One that was made for them already is kept, so that a move that has begun goes
    /// on as it was proposed.
    fn target(&mut self, today: &NamespacedName, role_arn: &str) -> String {
        let in_namespace = |name: String| NamespacedName {
            name,
            ..today.clone()
        };
        // An account that gives the role already is the goal, whoever else runs as it.
        if self.has_role(today, role_arn) {
            return today.name.clone();
        }
        let split = in_namespace(name_of_split(&today.name, role_arn));
        let is_made = self.has_role(&split, role_arn);
        if !is_made && self.is_alone(today, role_arn) {
            let role = self.taken.entry(today.clone());
            if role.or_insert_with(|| role_arn.to_owned()) == role_arn {
                return today.name.clone();
            }
        }
        let mut number = 1;
        let mut candidate = split.clone();
        while !self.is_free(&candidate, role_arn) {
            number += 1;
            candidate = in_namespace(numbered(&split.name, number));
        }
        self.taken.insert(candidate.clone(), role_arn.to_owned());
        candidate.name
    }

    /// Every workload of the account wants this role. `default` is what every other pod of the namespace runs as, future ones included.
    fn is_alone(&self, account: &NamespacedName, role_arn: &str) -> bool {
        let roles = self.wanted.get(account);
        let wants_only_it = |roles: &BTreeSet<Option<String>>| {
            roles.iter().all(|role| role.as_deref() == Some(role_arn))
        };
        account.name != "default" && roles.is_none_or(wants_only_it)
    }

    fn has_role(&self, account: &NamespacedName, role_arn: &str) -> bool {
        let annotated = self.inventory.accounts.get(account);
        annotated.is_some_and(|account| account.role.as_deref() == Some(role_arn))
    }

    fn is_free(&self, account: &NamespacedName, role_arn: &str) -> bool {
        match self.taken.get(account) {
            Some(role) => role == role_arn,
            None => {
                // Free, or the goal of others that want the same: it is the same before they have it and after.
                match (
                    self.inventory.accounts.get(account),
                    self.wanted.get(account),
                ) {
                    (
                        Some(AnnotatedAccount {
                            role: Some(annotated),
                            ..
                        }),
                        _,
                    ) => annotated == role_arn,
                    (_, Some(_)) => self.is_alone(account, role_arn),
                    // Nobody's, or made because it was proposed, and nothing runs as it yet.
                    (_, None) => true,
                }
            }
        }
    }
}

/// `app-reader` for the role `reader` of workloads that run as `app`, `reader` for those that run as `default`.
fn name_of_split(account: &str, role_arn: &str) -> String {
    let role = role_arn.rsplit('/').next().unwrap_or(role_arn);
    let role: String = role
        .chars()
        .map(|character| match character.to_ascii_lowercase() {
            kept @ ('a'..='z' | '0'..='9') => kept,
            _ => '-',
        })
        .collect();
    let role = match role.trim_matches('-') {
        "" => "role",
        role => role,
    };
    let whole = match account {
        "default" => role.to_owned(),
        account => format!("{account}-{role}"),
    };
    let short = whole.get(..LONGEST_NAME).unwrap_or(&whole);
    short.trim_end_matches(['-', '.']).to_owned()
}

fn numbered(name: &str, number: usize) -> String {
    let end = format!("-{number}");
    let room = LONGEST_NAME.saturating_sub(end.len());
    let short = name.get(..room).unwrap_or(name);
    format!("{}{end}", short.trim_end_matches(['-', '.']))
}
