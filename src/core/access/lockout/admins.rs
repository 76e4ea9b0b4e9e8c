//! Whether somebody with cluster-admin power is left who can really come.

mod left;
mod lost;

pub use left::Admins;
use left::Left;
use lost::{Lost, lost};

use super::circumstances::{Circumstances, Unread};
use super::comparison::Judged;
use super::existence::{Existence, is_account};
use super::finding::{Finding, FindingId};
use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::{Knowledge, Principal};
use crate::access::severity::Severity;

/// So many users are looked up one by one.
const MOST_LOOKED_UP: usize = 3;

/// What decides whether the last administrator goes.
pub(super) struct Departure<'a> {
    /// Everybody whom the change may concern.
    pub(super) compared: &'a [Judged],
    pub(super) circumstances: &'a Circumstances,
    /// Administrators beside those that are compared.
    pub(super) elsewhere: &'a Admins,
    /// Whether whoever acts is an administrator by a way that no rule gives.
    pub(super) is_admin_beside_the_rules: bool,
    /// The mode after the change.
    pub(super) mode: AuthenticationMode,
}

/// The finding that no administrator is left, or only some who may be none.
pub(super) fn last_admin(departure: &Departure<'_>) -> Option<Finding> {
    let Departure {
        compared,
        circumstances,
        ..
    } = *departure;
    let (lost, judged) = gone(compared, circumstances).min_by_key(|(lost, _)| *lost)?;
    let mut left = departure.elsewhere.clone();
    for judged in compared {
        left.add_changed(judged, circumstances);
    }
    let gone = Gone {
        lost,
        leaves_unknown: judged.by_what_was_read.leaves_unknown(),
    };
    let verdict = departure.verdict(gone, &left)?;
    let finding = Finding::new(
        FindingId::LastAdmin,
        verdict.severity,
        &circumstances.cluster,
        &judged.by_what_was_read,
    );
    let finding = match verdict.note {
        Some(note) => finding.with_note(&note),
        None => finding,
    };
    let goes = &judged.by_what_was_read.principal;
    Some(match is_not_looked_up(goes, circumstances) {
        true => finding.with_note(&format!(
            "whether it exists is not known: {}",
            why_not_looked_up(goes, circumstances)
        )),
        false => finding,
    })
}

/// Whoever goes may be nobody who could come, which IAM would have said.
fn is_not_looked_up(principal: &Principal, circumstances: &Circumstances) -> bool {
    let existence = circumstances
        .iam
        .existence(principal, circumstances.partition);
    existence == Existence::NotLookedUp && !circumstances.is_acting(principal)
}

/// What goes of an administrator.
#[derive(Clone, Copy)]
struct Gone {
    lost: Lost,
    /// Whether all that is known of it goes.
    leaves_unknown: bool,
}

/// How grave it is that an administrator goes, and what is to be known of those that are left.
struct Verdict {
    severity: Severity,
    note: Option<String>,
}

impl Verdict {
    fn noted(severity: Severity, note: String) -> Self {
        Self {
            severity,
            note: Some(note),
        }
    }
}

impl Departure<'_> {
    fn verdict(&self, gone: Gone, left: &Admins) -> Option<Verdict> {
        let circumstances = self.circumstances;
        let lost = gone.lost;
        let is_strict = circumstances.unread == Unread::Against;
        let (severity, note) = match (lost, left.best_in(self.mode)) {
            (_, Some((_, Left::Surely | Left::NotListed))) => return None,
            (_, Some((_, Left::NotLookedUp))) if !is_strict => return None,
            _ if self.is_admin_beside_the_rules => (
                Severity::Warning,
                format!(
                    "whoever makes this change is left: the cluster shows that it is an admin without {}, so this change does not take that away",
                    match self.mode.reads_config_map() {
                        true => "an entry of aws-auth",
                        false => "an access entry",
                    }
                ),
            ),
            (_, Some((principal, Left::NotLookedUp))) => (
                Severity::Error,
                format!(
                    "whether {}, which is left, still exists is not known: {}",
                    somebody(principal),
                    why_not_looked_up(principal, circumstances)
                ),
            ),
            (_, Some((principal, Left::Perhaps))) => (
                self.severity_of_unread_entry(gone),
                format!(
                    "whether {}, which is left, is an admin is not known: {}",
                    somebody(principal),
                    left.unread()
                ),
            ),
            (_, Some((principal, Left::Unjudged))) => (
                self.severity_of_unread_rbac(lost),
                format!(
                    "whether {}, which is left, is an admin is not known, because RBAC could not be read",
                    somebody(principal)
                ),
            ),
            (
                Lost::ByAWholeWay | Lost::ByAFurtherStep,
                Some((_, Left::ByAWholeWay | Left::ByAwsAuth | Left::ByAwsAuthOrAFurtherStep)),
            ) => return None,
            (Lost::ByAFurtherStep, Some((_, Left::ByAFurtherStep))) => return None,
            (Lost::ByAWholeWay, Some((principal, Left::ByAFurtherStep))) => (
                Severity::Error,
                format!(
                    "it has that power not yet but a way to it, and {}, which is left, has a part of a way at most: what it may do does not make it an admin",
                    somebody(principal)
                ),
            ),
            (
                Lost::Surely,
                Some((
                    principal,
                    Left::ByAWholeWay
                    | Left::ByAwsAuth
                    | Left::ByAwsAuthOrAFurtherStep
                    | Left::ByAFurtherStep,
                )),
            ) => (
                Severity::Error,
                format!(
                    "{} is left, which is no admin and may become one at most",
                    somebody(principal)
                ),
            ),
            (Lost::Perhaps, _) => (
                self.severity_of_open(),
                "whether it is an admin at all is not known, because RBAC could not be read"
                    .to_owned(),
            ),
            (Lost::Surely, None) => {
                return Some(Verdict {
                    severity: Severity::Error,
                    note: None,
                });
            }
            (Lost::ByAWholeWay | Lost::ByAFurtherStep, None) => (
                Severity::Error,
                format!(
                    "it has that power not yet but a way to it (to bind, to escalate, to impersonate, to write RBAC), and nobody who is left has one{}",
                    match self.mode.reads_config_map() {
                        true => ", nor may write aws-auth",
                        false => "",
                    }
                ),
            ),
        };
        Some(Verdict::noted(severity, note))
    }

    fn severity_of_open(&self) -> Severity {
        match self.circumstances.unread {
            Unread::Against => Severity::Error,
            Unread::Open | Unread::Later => Severity::Warning,
        }
    }

    /// Where all goes that is known of a sure administrator, somebody whose entry was not read is no other one.
    fn severity_of_unread_entry(&self, gone: Gone) -> Severity {
        match (gone.lost, self.circumstances.unread) {
            (Lost::Surely, Unread::Open) if gone.leaves_unknown => Severity::Error,
            _ => self.severity_of_open(),
        }
    }

    /// Where a sure administrator goes, nobody is taken for another one of whom RBAC would have to say it.
    fn severity_of_unread_rbac(&self, lost: Lost) -> Severity {
        match (lost, self.circumstances.unread) {
            (Lost::Surely, Unread::Open) => Severity::Error,
            _ => self.severity_of_open(),
        }
    }
}

/// Who goes of the administrators, and of those who might become one.
fn gone<'j>(
    compared: &'j [Judged],
    circumstances: &Circumstances,
) -> impl Iterator<Item = (Lost, &'j Judged)> {
    compared
        .iter()
        .filter_map(move |judged| Some((lost(judged, circumstances)?, judged)))
}

/// Whether it decides who may write aws-auth: one goes that only might have become an administrator, and nobody like it is known to be left.
pub(super) fn turns_on_writers(departure: &Departure<'_>, last_admin: Option<&Finding>) -> bool {
    let lost = gone(departure.compared, departure.circumstances)
        .map(|(lost, _)| lost)
        .min();
    last_admin.is_some() && matches!(lost, Some(Lost::ByAWholeWay | Lost::ByAFurtherStep))
}

/// Something to know of a finding about whoever loses.
pub(super) struct NoteOnLost {
    /// Whose finding.
    pub(super) lost: String,
    /// What.
    pub(super) text: String,
}

/// Whoever is left, in a sentence: an account is no person, somebody of it is.
fn somebody(principal: &Principal) -> String {
    match is_account(&principal.arn) {
        true => format!("somebody of account `{}`", principal.arn),
        false => format!("`{}`", principal.arn),
    }
}

/// What is to be added where an administrator goes and those that are left were not looked up.
pub(super) fn note_on_who_is_left(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Option<NoteOnLost> {
    let (_, gone) = gone(compared, circumstances)
        .filter(|(lost, _)| *lost != Lost::Perhaps)
        .min_by_key(|(lost, _)| *lost)?;
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add_changed(judged, circumstances);
    }
    let text = match left.best()? {
        (principal, Left::NotLookedUp) => format!(
            "{} is left as an admin; whether it still exists is not known: {}",
            somebody(principal),
            why_not_looked_up(principal, circumstances)
        ),
        (principal, Left::NotListed) => format!(
            "{} is left as an admin; whether it still exists cannot be seen from here",
            somebody(principal)
        ),
        _ => return None,
    };
    Some(NoteOnLost {
        lost: gone.shown.principal.arn.clone(),
        text,
    })
}

/// Whether something is to be said of whoever is left if RBAC, which was not read, makes an administrator of somebody who goes.
pub(super) fn may_need_a_note(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> bool {
    let perhaps = compared
        .iter()
        .any(|judged| lost(judged, circumstances) == Some(Lost::Perhaps));
    if !perhaps || circumstances.rbac.is_readable {
        return false;
    }
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add(&judged.shown.principal, &judged.shown.after, circumstances);
    }
    left.best()
        .is_some_and(|(_, left)| matches!(left, Left::NotLookedUp | Left::NotListed))
}

fn why_not_looked_up<'c>(principal: &Principal, circumstances: &'c Circumstances) -> &'c str {
    if let Some(Knowledge::Unreadable(reason)) = circumstances.iam.users.get(&principal.arn) {
        return reason;
    }
    match &circumstances.iam.roles {
        Knowledge::Unreadable(reason) => reason,
        Knowledge::Known(_) => "IAM was not asked",
    }
}

/// Users that count only if they exist: those who go, and the first few who may be left where nobody surely is.
pub(super) fn users(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Vec<Principal> {
    let is_open = |principal: &&Principal| {
        principal.arn.contains(":user/")
            && !circumstances.is_acting(principal)
            && circumstances
                .iam
                .existence(principal, circumstances.partition)
                == Existence::NotListed
    };
    let gone: Vec<&Principal> = gone(compared, circumstances)
        .map(|(_, judged)| &judged.shown.principal)
        .collect();
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add(&judged.shown.principal, &judged.shown.after, circumstances);
    }
    if gone.is_empty() || left.best().is_some_and(|(_, left)| left == Left::Surely) {
        return Vec::new();
    }
    let surest = left.surest_that_exists(circumstances);
    let is_better = |left: Left| surest.is_none_or(|surest| left < surest);
    let counts_if_it_exists = |left: Left| !matches!(left, Left::Perhaps | Left::Unjudged);
    let mut may_be_left: Vec<(&Principal, Left)> = left
        .left
        .iter()
        .map(|(principal, left)| (principal, *left))
        .filter(|(_, left)| counts_if_it_exists(*left) && is_better(*left))
        .filter(|(principal, _)| is_open(principal))
        .collect();
    may_be_left.sort_by_key(|(_, left)| *left);
    let may_be_left = may_be_left
        .into_iter()
        .map(|(principal, _)| principal)
        .take(MOST_LOOKED_UP);
    let gone = gone.into_iter().filter(is_open).take(MOST_LOOKED_UP);
    gone.chain(may_be_left).cloned().collect()
}

/// Whether a judgement turns on who exists: an administrator goes.
pub(super) fn takes_an_admin(compared: &[Judged], circumstances: &Circumstances) -> bool {
    gone(compared, circumstances).next().is_some()
}
