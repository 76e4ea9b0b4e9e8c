//! Who loses what between two states of a cluster, and whether that locks somebody out.
//!
//! Compares two [`ClusterView`]s principal by principal. Under [`Unread::Against`] what could not be read counts against the change; otherwise it is
//! said, and only whoever acts is not taken what could not be judged. Nothing is refused here: findings say how grave they are.

mod admins;
mod baseline;
mod circumstances;
mod comparison;
mod existence;
mod finding;
mod less_bound;
mod listed_entries;
mod nodes;
mod power;
mod principals;
mod refused_losses;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use admins::Admins;
pub use baseline::Baseline;
pub(crate) use baseline::reading_after;
pub use circumstances::{ActingIdentity, Circumstances, Nodes, Unread};
pub use comparison::{AccessChange, Comparison};
use comparison::{EntriesRead, Judged, States};
pub use existence::IamPrincipals;
pub use finding::{Finding, FindingId};
pub use less_bound::LessBound;
pub use listed_entries::ListedEntries;
pub use power::{CallerSession, KubernetesUser, Power};
pub(in crate::access) use power::{is_cluster_wide_admin, writes_by_policy};
pub use refused_losses::{Loses, refuse_losses};

use crate::access::access_entry::{AccessEntry, AuthenticationMode};
use crate::access::cluster_access::{Access, ClusterView, Knowledge, Principal};
pub use crate::access::severity::Severity;
pub use crate::kubernetes::rbac::{Rbac, Subjects};
use crate::principal::case_folding::fold_key;

/// All principals before and after, and what is grave about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assessment {
    /// Every principal that a rule names before or after, and those asked for; the gravest first.
    pub comparisons: Vec<Comparison>,
    /// The gravest first.
    pub findings: Vec<Finding>,
    /// What the findings turn on, so that it need not be read otherwise.
    pub turns_on: TurnsOn,
    /// Whose access entry decides, where the list of them could not be read.
    pub undescribed: Vec<Principal>,
    /// Of whom the API server could say what they may do, where RBAC could not be read: whoever loses something.
    pub unreviewed: Vec<KubernetesUser>,
    /// Users of IAM that count only if they exist: those who go, and those who may be left where nobody surely is.
    pub users: Vec<Principal>,
}

/// What a judgement turns on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TurnsOn {
    /// An administrator goes, as far as is known, or somebody would go if its access entry were older than its role: who exists.
    pub admins: bool,
    /// The same: who is one by RBAC of the whole cluster.
    pub admins_of_rbac: bool,
    /// Nobody is known to be left: who is one by an access entry, and whether whoever acts is one by another way.
    pub who_is_left: bool,
    /// Whoever acts is the one who is left, by a way that no entry gives: whether the API server still says so to somebody it does not know.
    pub beside_the_rules: bool,
    /// Somebody judged by name has something else than before, a whole account goes, or the last one that might become an administrator and whoever
    /// may write aws-auth still might: all that RBAC gives.
    pub power: bool,
    /// Whoever acts has something else than before, and what it had does not say that it may change aws-auth: whether it may.
    pub own_power: bool,
    /// An entry of nodes goes: whether there are nodes.
    pub nodes: bool,
}

impl Assessment {
    /// The findings of a severity.
    pub fn of_severity(&self, severity: Severity) -> Vec<&Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .collect()
    }
}

/// Whether anybody may have less after a change: decided without asking anything, so that an addition costs next to nothing. Never says no where
/// [`assess`] would find a loss; a yes may turn out harmless. The access entries may be left out of both where they are the same in both and RBAC is, too:
/// they can only keep what aws-auth takes. Where RBAC changes, `UnderOneRbac` of changes decides.
pub fn may_take_away(before: &ClusterView, after: &ClusterView) -> bool {
    let is_known = |view: &ClusterView| matches!(view.aws_auth, Knowledge::Known(_));
    let is_same = before.mode == after.mode && before.access_entries == after.access_entries;
    let is_read = |view: &ClusterView| matches!(view.access_entries, Knowledge::Known(_));
    if before.mode != after.mode
        || !is_known(before)
        || !is_known(after)
        || !(is_same || is_read(before) && is_read(after))
    {
        return true;
    }
    let nothing = Circumstances::default();
    let (old, new) = (
        with_described(before, &nothing, &nothing.described),
        with_described(after, &nothing, &nothing.described),
    );
    let states = States {
        before: old.index(),
        after: new.index(),
        entries: EntriesRead::default(),
    };
    states
        .compare_all(concerned(before, after, &Circumstances::default()))
        .iter()
        .any(|judged| {
            !matches!(
                judged.shown.change,
                AccessChange::Same | AccessChange::Gains
            )
        })
}

/// Everyone whom a rule names before or after, the gravest first: who gains and who loses, without a judgement.
pub fn compare(before: &ClusterView, after: &ClusterView) -> Vec<Comparison> {
    let states = States {
        before: before.index(),
        after: after.index(),
        entries: EntriesRead::default(),
    };
    states
        .compare_all(concerned(before, after, &Circumstances::default()))
        .into_iter()
        .map(|judged| judged.shown)
        .collect()
}

/// Compares two states, and says what is grave about the difference.
pub fn assess(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
) -> Assessment {
    assess_beside(
        before,
        after,
        &strict(before, after, circumstances),
        &Admins::default(),
    )
}

/// What could not be read counts against a change that nothing takes back: the mode that ignores aws-auth.
fn strict<'c>(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &'c Circumstances,
) -> Cow<'c, Circumstances> {
    match circumstances.unread {
        Unread::Open if ignores_aws_auth(before.mode, after.mode) => Cow::Owned(Circumstances {
            unread: Unread::Against,
            ..circumstances.clone()
        }),
        _ => Cow::Borrowed(circumstances),
    }
}

/// The same where there are administrators beside those that are compared.
fn assess_beside(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Assessment {
    let principals = concerned(before, after, circumstances);
    let (old, new) = (
        with_described(before, circumstances, &circumstances.described),
        with_described(after, circumstances, circumstances.described_after()),
    );
    let states = States {
        before: old.index(),
        after: new.index(),
        entries: entries_read(before, after, circumstances),
    };
    let compared = states.compare_all(principals);
    let elsewhere = elsewhere.without(&compared);
    let mut findings: Vec<Finding> = compared
        .iter()
        .filter_map(|judged| principals::judge(judged, circumstances))
        .collect();
    findings.extend(unread_caller(&compared, circumstances));
    findings.extend(less_bound::judge(&less_bound::Unjudged {
        before,
        after,
        compared: &compared,
        circumstances,
    }));
    let access_before = |principal: &Principal| {
        let by_rules = states
            .before
            .access_of(&principal.arn, &principal.account)
            .access;
        match states.entries.unread(&principal.arn) {
            Some(reason) => Access::Unknown(vec![reason.clone()]),
            None => by_rules,
        }
    };
    let is_admin_beside =
        circumstances.is_admin_beside_the_rules(access_before) && !has_sso(before);
    let departure = admins::Departure {
        compared: &compared,
        circumstances,
        elsewhere: &elsewhere,
        is_admin_beside_the_rules: is_admin_beside,
        mode: after.mode,
    };
    let last_admin = admins::last_admin(&departure);
    if last_admin.is_none()
        && let Some(note) = admins::note_on_who_is_left(&compared, circumstances, &elsewhere)
    {
        for finding in findings
            .iter_mut()
            .filter(|finding| finding.arn == note.lost)
        {
            finding.add_note(&note.text);
        }
    }
    let turns_on = TurnsOn {
        admins: admins::takes_an_admin(&compared, circumstances)
            || may_be_hidden(&old, &new, circumstances),
        admins_of_rbac: last_admin.is_some()
            || admins::may_need_a_note(&compared, circumstances, &elsewhere),
        who_is_left: last_admin.is_some(),
        beside_the_rules: last_admin.is_some() && is_admin_beside,
        power: principals::turns_on_power(&compared, circumstances)
            || admins::turns_on_writers(&departure, last_admin.as_ref()),
        own_power: principals::turns_on_own_power(&compared, circumstances),
        nodes: compared
            .iter()
            .any(|judged| nodes::lets_nodes_go(judged, circumstances)),
    };
    findings.extend(last_admin);
    findings.extend(nodes::nodes(&compared, circumstances));
    findings.extend(without_access(&compared, circumstances));
    findings.extend(mode_change(before.mode, after.mode, &circumstances.cluster));
    findings.extend(mode_unread(before, after, &compared, circumstances));
    findings.sort_by_key(|finding| (finding.severity, finding.id));
    let undescribed = undescribed(&compared, circumstances, &elsewhere);
    Assessment {
        undescribed,
        unreviewed: unreviewed(&compared, circumstances),
        users: admins::users(&compared, circumstances, &elsewhere),
        comparisons: compared.into_iter().map(|judged| judged.shown).collect(),
        findings,
        turns_on,
    }
}

/// Whose access entry was not read and decides: those who lose; where an administrator goes and nobody is known to be left, the first who may be one,
/// and whoever acts.
fn undescribed(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Vec<Principal> {
    let mut wanted: BTreeSet<Principal> = compared
        .iter()
        .filter(|judged| judged.unread().is_some() && !judged.by_what_was_read.leaves_unknown())
        .filter(|judged| {
            judged.by_what_was_read.takes_away()
                || judged.shown.change == AccessChange::Unknown
                    && asked_for(circumstances).any(|asked| *asked == judged.shown.principal)
        })
        .map(|judged| judged.shown.principal.clone())
        .filter(|principal| !existence::is_account(&principal.arn))
        .collect();
    if admins::takes_an_admin(compared, circumstances) {
        let mut left = elsewhere.clone();
        for judged in compared {
            left.add_changed(judged, circumstances);
        }
        wanted.extend(left.undescribed().cloned());
        let is_left = left.is_anyone_left();
        let is_unread_actor = |judged: &&Judged| {
            !is_left
                && judged.unread().is_some()
                && circumstances.is_acting(&judged.shown.principal)
        };
        let actors = compared.iter().filter(is_unread_actor);
        wanted.extend(actors.map(|judged| judged.shown.principal.clone()));
    }
    wanted.into_iter().collect()
}

/// Before and after of whoever loses something.
fn unreviewed(compared: &[Judged], circumstances: &Circumstances) -> Vec<KubernetesUser> {
    let users: BTreeSet<KubernetesUser> = compared
        .iter()
        .map(|judged| &judged.by_what_was_read)
        .filter(|known| known.takes_away())
        .flat_map(|known| {
            let of = |access: &Access| circumstances.unreviewed(&known.principal, access);
            of(&known.before).into_iter().chain(of(&known.after))
        })
        .collect();
    users.into_iter().collect()
}

/// Everybody whom a rule names before or after, those asked for, those whose access entry was described, and each listed account with whomever RBAC names of it.
fn concerned(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
) -> BTreeSet<Principal> {
    let mut principals: BTreeSet<Principal> = before
        .principals()
        .into_iter()
        .chain(after.principals())
        .collect();
    principals.extend(asked_for(circumstances).cloned());
    let described = circumstances.described.iter();
    principals.extend(
        described
            .chain(circumstances.described_after())
            .filter(|(_, entry)| entry.is_some())
            .map(|(principal, _)| principal.clone()),
    );
    let accounts: HashSet<&str> = before
        .accounts()
        .into_iter()
        .chain(after.accounts())
        .collect();
    principals
        .extend(bound_users(circumstances).filter(|user| accounts.contains(user.account.as_str())));
    principals.extend(accounts.into_iter().map(account_principal));
    principals
}

/// Who is judged by name.
fn asked_for(circumstances: &Circumstances) -> impl Iterator<Item = &Principal> {
    circumstances.running.iter().chain(&circumstances.protected)
}

/// Users of RBAC that are the name which `mapAccounts` gives: an ARN.
fn bound_users(circumstances: &Circumstances) -> impl Iterator<Item = Principal> {
    circumstances
        .rbac
        .users()
        .filter(|user| user.starts_with("arn:"))
        .map(|user| Principal::from_arn(user))
}

/// An account stands for everybody in it whom no entry names.
fn account_principal(account: &str) -> Principal {
    Principal {
        arn: account.to_owned(),
        account: account.to_owned(),
    }
}

fn has_sso(view: &ClusterView) -> bool {
    match &view.aws_auth {
        Knowledge::Known(reading) => reading.roles.iter().any(|entry| entry.sso.is_some()),
        Knowledge::Unreadable(_) => false,
    }
}

/// A view in which the access entries are those that could be read and let somebody in: one that is older than its role counts for the role before it.
fn with_described<'v>(
    view: &'v ClusterView,
    circumstances: &Circumstances,
    described: &BTreeMap<Principal, Option<AccessEntry>>,
) -> Cow<'v, ClusterView> {
    let counts = |entry: &AccessEntry| {
        let principal = Principal::from_arn(&entry.canonical_arn());
        !circumstances
            .iam
            .is_made_again(&principal, entry.created_at)
    };
    match view.access_entries {
        Knowledge::Known(ref entries) if entries.iter().all(counts) => Cow::Borrowed(view),
        Knowledge::Known(ref entries) => {
            let counting = entries.iter().filter(|entry| counts(entry)).cloned();
            with_entries(view, counting.collect())
        }
        Knowledge::Unreadable(_) => {
            let described = described.values().flatten();
            let counting = described.filter(|entry| counts(entry)).cloned();
            with_entries(view, counting.collect())
        }
    }
}

fn with_entries(view: &ClusterView, entries: Vec<AccessEntry>) -> Cow<'_, ClusterView> {
    Cow::Owned(ClusterView {
        access_entries: Knowledge::Known(entries),
        ..view.clone()
    })
}

/// Whether somebody loses what only an access entry hides of whom it is not known whether the role is younger than it.
fn may_be_hidden(old: &ClusterView, new: &ClusterView, circumstances: &Circumstances) -> bool {
    let (Knowledge::Known(entries), Knowledge::Unreadable(_)) =
        (&old.access_entries, &circumstances.iam.roles)
    else {
        return false;
    };
    let dated = entries.iter().filter(|entry| entry.created_at.is_some());
    let principals = dated.map(|entry| Principal::from_arn(&entry.canonical_arn()));
    let (before, after) = (with_entries(old, Vec::new()), with_entries(new, Vec::new()));
    let states = States {
        before: before.index(),
        after: after.index(),
        entries: EntriesRead::default(),
    };
    let compared = states.compare_all(principals.collect());
    compared.iter().any(|judged| judged.shown.takes_away())
}

fn entries_read(
    before: &ClusterView,
    after: &ClusterView,
    circumstances: &Circumstances,
) -> EntriesRead {
    let unread = |view: &ClusterView| match &view.access_entries {
        Knowledge::Unreadable(reason) if view.mode.reads_access_entries() => Some(reason.clone()),
        _ => None,
    };
    EntriesRead {
        reason: unread(before).or_else(|| unread(after)),
        of: circumstances
            .described
            .keys()
            .map(|principal| fold_key(&principal.arn))
            .collect(),
        listed: circumstances.listed.clone(),
        are_same: before.mode == after.mode
            && before.access_entries == after.access_entries
            && circumstances.less_bound.is_none(),
    }
}

/// Who acts is not known, and somebody may lose something.
fn unread_caller(compared: &[Judged], circumstances: &Circumstances) -> Option<Finding> {
    let reason = circumstances.unread_caller.as_ref()?;
    let severity = match circumstances.unread {
        Unread::Open | Unread::Later => Severity::Warning,
        Unread::Against => Severity::Error,
    };
    compared
        .iter()
        .any(|judged| judged.by_what_was_read.takes_away())
        .then(|| Finding::caller_unread(severity, &circumstances.cluster, reason))
}

/// Protected principals whom nothing lets in: probably not who was meant. Nothing where that cannot be told.
pub fn protected_without_access(
    view: &ClusterView,
    cluster: &str,
    protected: &[Principal],
) -> Vec<Finding> {
    let index = view.index();
    protected
        .iter()
        .filter(|principal| {
            index.access_of(&principal.arn, &principal.account).access == Access::None
        })
        .map(|principal| Finding::protected_has_none(cluster, principal))
        .collect()
}

/// The same of those who are compared, and do not gain any.
fn without_access(compared: &[Judged], circumstances: &Circumstances) -> Vec<Finding> {
    compared
        .iter()
        .map(|judged| &judged.shown)
        .filter(|shown| {
            circumstances.protected.contains(&shown.principal)
                && shown.before == Access::None
                && shown.after == Access::None
        })
        .map(|shown| Finding::protected_has_none(&circumstances.cluster, &shown.principal))
        .collect()
}

fn mode_change(
    before: AuthenticationMode,
    after: AuthenticationMode,
    cluster: &str,
) -> Option<Finding> {
    ignores_aws_auth(before, after).then(|| Finding::mode_ignores_aws_auth(cluster, before, after))
}

/// Whether aws-auth counts before a change and not after it.
fn ignores_aws_auth(before: AuthenticationMode, after: AuthenticationMode) -> bool {
    before.reads_config_map() && !after.reads_config_map()
}

/// What keeps it from being known who loses access with aws-auth: aws-auth itself, or the access entry of somebody in it.
fn mode_unread(
    before: &ClusterView,
    after: &ClusterView,
    compared: &[Judged],
    circumstances: &Circumstances,
) -> Option<Finding> {
    if !ignores_aws_auth(before.mode, after.mode) {
        return None;
    }
    let of_aws_auth = match &before.aws_auth {
        Knowledge::Unreadable(reason) => Some(reason.clone()),
        Knowledge::Known(_) => None,
    };
    let loses = compared
        .iter()
        .filter(|judged| judged.by_what_was_read.takes_away());
    let mut reasons: BTreeSet<String> = loses.filter_map(Judged::unread).collect();
    reasons.extend(of_aws_auth);
    let severity = match circumstances.unread {
        Unread::Open | Unread::Later => Severity::Warning,
        Unread::Against => Severity::Error,
    };
    let reasons: Vec<String> = reasons.into_iter().collect();
    (!reasons.is_empty()).then(|| Finding::mode_unread(severity, &circumstances.cluster, &reasons))
}

#[cfg(test)]
mod tests;
