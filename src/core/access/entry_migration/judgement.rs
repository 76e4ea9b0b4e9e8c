//! What becomes of every entry: what lets nobody in goes, what EKS makes is left to it, what exists is kept, and the rest is a new access entry or stays
//! with the reason.

use std::collections::{HashMap, HashSet};

use super::afterwards::compare;
use super::names::INSTANCE;
use super::node_shape::{NodeShape, node_shape};
use super::principals::IamAnswer;
use super::proposal::{made_by_eks, parse, proposed, says_the_same, stays};
use super::{Becomes, EntryMigration, MigratedEntry, MigrationFacts, OldEntry};
use crate::access::access_entry::{AccessEntry, AuthenticationMode, EntryPrincipal, EntryType};
use crate::access::cluster_access::{Knowledge, Principal};
use crate::access::findings::never_matches;
use crate::aws_auth::{Effective, EffectiveState, ReadEntry, Section};
use crate::principal::arn::{AccountId, is_canonical};
use crate::principal::case_folding::fold_key;

/// Judges every entry of aws-auth.
pub fn plan(facts: &MigrationFacts<'_>) -> EntryMigration {
    let judge = Judge::new(facts);
    let mut entries = Vec::new();
    for section in [Section::MapRoles, Section::MapUsers] {
        for effective in facts.aws_auth.effective(section) {
            entries.push(judge.entry(&effective));
        }
    }
    entries.extend(
        facts
            .aws_auth
            .accounts
            .iter()
            .map(|entry| without_comparison(entry, judge.account(entry))),
    );
    compare(facts, &mut entries);
    EntryMigration {
        mode: facts.mode,
        entries,
        unread: unread(facts),
    }
}

fn unread(facts: &MigrationFacts<'_>) -> Vec<String> {
    let damaged = facts
        .aws_auth
        .problems
        .iter()
        .filter(|problem| problem.kind.is_error());
    let damaged = damaged.map(|problem| {
        format!(
            "{} of aws-auth, line {}: {}; whoever is meant there has no access today, and is not moved",
            problem.section, problem.line, problem.text
        )
    });
    let mut unread: Vec<String> = damaged.collect();
    if let Knowledge::Unreadable(reason) = facts.access_entries {
        unread.push(reason.clone());
    }
    if let Knowledge::Unreadable(reason) = facts.managed {
        unread.push(format!(
            "{reason}; EKS makes access entries for the roles of managed node groups and Fargate profiles by itself when the mode is raised"
        ));
    }
    unread
}

struct Judge<'a> {
    facts: &'a MigrationFacts<'a>,
    existing: HashMap<String, &'a AccessEntry>,
    roles: HashSet<String>,
}

/// A principal as far as it is known, and what is to be remarked.
struct Found {
    principal: EntryPrincipal,
    created_at: Option<i64>,
    note: Option<String>,
}

impl<'a> Judge<'a> {
    fn new(facts: &'a MigrationFacts<'a>) -> Self {
        let entries: &[AccessEntry] =
            match (facts.access_entries, facts.mode.reads_access_entries()) {
                (Knowledge::Known(entries), true) => entries,
                _ => &[],
            };
        Self {
            facts,
            existing: entries
                .iter()
                .map(|entry| (fold_key(&entry.canonical_arn()), entry))
                .collect(),
            roles: facts
                .aws_auth
                .roles
                .iter()
                .map(|entry| fold_key(&entry.arn))
                .collect(),
        }
    }

    fn entry(&self, effective: &Effective<'_>) -> MigratedEntry {
        let old = old_entry(effective.entry);
        let mut notes = Vec::new();
        let judged = match self.lets_nobody_in(effective, &old) {
            Some(nothing) => nothing,
            None => self
                .moved(effective, &old, &mut notes)
                .unwrap_or_else(|stays| stays),
        };
        MigratedEntry {
            notes,
            ..without_comparison(effective.entry, judged)
        }
    }

    /// Entries that do not count today, whatever they say.
    fn lets_nobody_in(&self, effective: &Effective<'_>, old: &OldEntry) -> Option<Becomes> {
        let nothing = |id, why: String| Some(Becomes::Nothing { id, why });
        let entry = effective.entry;
        if !self.facts.mode.reads_config_map() {
            return nothing(
                "mode",
                "the cluster is in mode API, in which aws-auth does not count".to_owned(),
            );
        }
        if entry.sso.is_some() {
            return None;
        }
        if !is_canonical(&entry.arn) {
            return nothing("never_matches", never_matches_text(entry));
        }
        if let EffectiveState::ShadowedBy { by } = effective.state {
            return nothing(
                "superseded",
                format!(
                    "{}[{by}] is for the same principal and wins; nothing of this entry is added to it",
                    entry.section
                ),
            );
        }
        if entry.section == Section::MapUsers && self.roles.contains(&fold_key(&entry.arn)) {
            return nothing(
                "superseded",
                "an entry of mapRoles is for the same principal and is asked first".to_owned(),
            );
        }
        let is_instance = std::iter::once(&old.username)
            .chain(&old.groups)
            .any(|text| text.contains(INSTANCE));
        (entry.arn.contains(":user/") && is_instance).then(|| Becomes::Nothing {
            id: "refused",
            why: format!("a user has no instance, so the authenticator cannot fill in `{INSTANCE}` and refuses it; without this entry its account in mapAccounts would let it in"),
        })
    }

    /// # Errors
    /// Why it stays.
    fn moved(
        &self,
        effective: &Effective<'_>,
        old: &OldEntry,
        notes: &mut Vec<String>,
    ) -> Result<Becomes, Becomes> {
        if effective.entry.sso.is_some() {
            return Err(permission_set());
        }
        if effective.state == EffectiveState::Random {
            return Err(stays(
                "random",
                "the principal stands in aws-auth in several spellings, and the authenticator takes one of them at random".to_owned(),
                "Leave the one that is meant, and then move it.",
            ));
        }
        if let (Knowledge::Unreadable(reason), true) = (
            self.facts.access_entries,
            self.facts.mode.reads_access_entries(),
        ) {
            return Err(stays(
                "not_read",
                reason.clone(),
                "Run this with the right to read the access entries: one that exists counts before aws-auth.",
            ));
        }
        let canonical = Principal::from_arn(&old.arn);
        let existing = self.existing.get(&fold_key(&canonical.arn)).copied();
        let found = match (self.found(&canonical), existing) {
            (Ok(found), _) => found,
            // What exists says its path itself.
            (Err(Becomes::Stays(_)), Some(entry)) => self.of_existing(entry)?,
            (Err(other), _) => return Err(other),
        };
        notes.extend(found.note.clone());
        if let Some(entry) = existing {
            return self.existing(entry, old, &found);
        }
        self.new_entry(old, found.principal, notes)
    }

    fn of_existing(&self, entry: &AccessEntry) -> Result<Found, Becomes> {
        Ok(Found {
            principal: parse(&entry.principal_arn)?,
            created_at: None,
            note: None,
        })
    }

    /// The principal by the ARN that an access entry has to name.
    fn found(&self, canonical: &Principal) -> Result<Found, Becomes> {
        let is_role = canonical.arn.contains(":role/");
        match self.facts.principals.of(&canonical.arn) {
            IamAnswer::Found { arn, created_at, .. } => {
                let principal = parse(&arn)?;
                if fold_key(&Principal::from_arn(&arn).arn) != fold_key(&canonical.arn) {
                    return Err(Becomes::Nothing {
                        id: "never_matches",
                        why: format!("the one of that name is `{arn}`, and the authenticator compares the whole ARN"),
                    });
                }
                Ok(Found {
                    principal,
                    created_at,
                    note: None,
                })
            }
            IamAnswer::Gone => Err(Becomes::Nothing {
                id: "gone",
                why: "IAM has no such role or user, so nobody comes by it, and EKS takes no access entry for it".to_owned(),
            }),
            IamAnswer::Unknown(reason) if is_role => Err(self.path_unknown(canonical, &reason)),
            IamAnswer::Unknown(reason) => Ok(Found {
                principal: parse(&canonical.arn)?,
                created_at: None,
                note: Some(format!("whether the user exists is not known: {reason}")),
            }),
        }
    }

    fn path_unknown(&self, canonical: &Principal, reason: &str) -> Becomes {
        let other = match canonical.account == self.facts.account {
            true => "",
            false => ", and the role is of another account, whose IAM is not asked from here",
        };
        stays(
            "path_unknown",
            format!(
                "an access entry names a role with its path, which aws-auth does not say: {reason}{other}"
            ),
            "Look the role up with credentials of its account (`aws iam get-role`), and give its ARN with `--principal-arn`, or as one of `principal_arns`.",
        )
    }

    /// An entry that is there counts already; whether it says the same is for the report.
    fn existing(
        &self,
        entry: &AccessEntry,
        old: &OldEntry,
        found: &Found,
    ) -> Result<Becomes, Becomes> {
        let is_stale =
            matches!((entry.created_at, found.created_at), (Some(made), Some(role)) if made < role);
        if is_stale {
            return Err(stays(
                "stale_entry",
                "the access entry of this ARN is older than the role or user, so it counts for one that is gone, and aws-auth counts for this one".to_owned(),
                "Replace the access entry (`terraform apply -replace`, or delete it and make it again), then look again.",
            ));
        }
        if self.managed(&found.principal).is_some() && entry.is_for_nodes() {
            return Ok(Becomes::MadeByEks(entry.clone()));
        }
        let is_same = proposed(self.facts, old, found.principal.clone())
            .is_ok_and(|proposed| says_the_same(&proposed.as_entry(), entry));
        Ok(match is_same {
            true => Becomes::Existing(entry.clone()),
            false => Becomes::ExistingOther(entry.clone()),
        })
    }

    /// The type of the entry that EKS makes for the role; `None` where it makes none.
    fn managed(&self, principal: &EntryPrincipal) -> Option<EntryType> {
        match self.facts.managed {
            Knowledge::Known(roles) => {
                let key = fold_key(&Principal::from_arn(&principal.arn).arn);
                roles.get(&key).copied()
            }
            Knowledge::Unreadable(_) => None,
        }
    }

    fn new_entry(
        &self,
        old: &OldEntry,
        principal: EntryPrincipal,
        notes: &mut Vec<String>,
    ) -> Result<Becomes, Becomes> {
        let shape = node_shape(old);
        let managed = self.managed(&principal);
        if let (Some(made), AuthenticationMode::ConfigMap) = (managed, self.facts.mode) {
            return match shape == NodeShape::Exactly(made) {
                true => Ok(Becomes::MadeByEks(made_by_eks(&principal, made))),
                false => Err(stays(
                    "managed_role",
                    format!(
                        "the role is that of {}, for which EKS makes an access entry of type {} when the mode is raised: that one counts before this entry, which gives something else",
                        made_for(made.id()),
                        made.id()
                    ),
                    "Give people and programs a role of their own before you raise the mode.",
                )),
            };
        }
        if matches!(
            (shape, self.facts.managed),
            (NodeShape::Exactly(_), Knowledge::Unreadable(_))
        ) {
            notes.push("if the role is that of a managed node group or Fargate profile, EKS makes this entry itself when the mode is raised, and it is taken over as it is".to_owned());
        }
        proposed(self.facts, old, principal).map(Becomes::New)
    }

    fn account(&self, entry: &ReadEntry) -> Becomes {
        let nothing = |id, why: &str| Becomes::Nothing {
            id,
            why: why.to_owned(),
        };
        match AccountId::parse(&entry.arn) {
            _ if !self.facts.mode.reads_config_map() => nothing("mode", "the cluster is in mode API, in which aws-auth does not count"),
            Err(_) => nothing("never_matches", "it is no account id, so it lets nobody in"),
            Ok(_) => stays(
                "account",
                "it lets in every role and user of the account, each under its own ARN and without groups; an access entry is for one principal".to_owned(),
                "Find out who comes by it (the cluster's audit log names their ARNs), make an access entry for each, and then take the account away.",
            ),
        }
    }
}

/// For what EKS makes an entry of a type.
pub(super) fn made_for(entry_type: &str) -> &'static str {
    match entry_type == EntryType::FargateLinux.id() {
        true => "a Fargate profile",
        false => "a managed node group",
    }
}

fn permission_set() -> Becomes {
    stays(
        "permission_set",
        "it names a permission set, which EKS does not document for aws-auth and does not know in access entries".to_owned(),
        "Make an access entry for the role that IAM Identity Center made in the account: `AWSReservedSSO_…`, with its path.",
    )
}

fn never_matches_text(entry: &ReadEntry) -> String {
    let (_, why) = never_matches(&entry.arn, entry.section);
    format!("{why}; moving it would let somebody in who has no access today")
}

fn old_entry(entry: &ReadEntry) -> OldEntry {
    let arn = match &entry.sso {
        Some(sso) => format!(
            "permission set {} of {}",
            sso.permission_set_name, sso.account_id
        ),
        None => entry.arn.clone(),
    };
    OldEntry {
        section: entry.section,
        index: entry.index,
        line: entry.line,
        arn,
        username: entry.username.clone(),
        groups: entry.groups.clone(),
    }
}

fn without_comparison(entry: &ReadEntry, becomes: Becomes) -> MigratedEntry {
    MigratedEntry {
        old: old_entry(entry),
        becomes,
        before: None,
        after: None,
        differences: Vec::new(),
        notes: Vec::new(),
    }
}
