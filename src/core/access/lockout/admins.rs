//! Whether somebody with cluster-admin power is left who can really come.

mod left;
mod lost;

pub use left::Admins;
use left::Left;
use lost::{Lost, lost};

use super::circumstances::{Circumstances, Unread};
use super::comparison::Judged;
use super::existence::Existence;
use super::finding::{Finding, FindingId};
use crate::access::cluster_access::{Knowledge, Principal};
use crate::access::severity::Severity;

/// So many users are looked up one by one.
const MOST_LOOKED_UP: usize = 3;

/// The finding that no administrator is left, or only some who may be none.
pub(super) fn last_admin(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
    is_admin_beside_the_rules: bool,
) -> Option<Finding> {
    let gone = compared
        .iter()
        .filter_map(|judged| Some((lost(judged, circumstances)?, judged)))
        .min_by_key(|(lost, _)| *lost);
    let (lost, judged) = gone?;
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add_changed(judged, circumstances);
    }
    let best = left.best();
    let is_strict = circumstances.unread == Unread::Against;
    let finding = |severity| {
        Finding::new(
            FindingId::LastAdmin,
            severity,
            &circumstances.cluster,
            &judged.by_what_was_read,
        )
    };
    let open = if is_strict {
        Severity::Error
    } else {
        Severity::Warning
    };
    let found = match (lost, best) {
        (_, Some((_, Left::Surely | Left::NotListed))) => return None,
        (_, Some((_, Left::NotLookedUp))) if !is_strict => return None,
        _ if is_admin_beside_the_rules => finding(Severity::Warning).with_note(
            "whoever makes this change is left: the cluster shows it to be an admin by a way that no entry gives and no edit takes away",
        ),
        (_, Some((principal, Left::NotLookedUp))) => finding(Severity::Error).with_note(&format!(
            "whether `{}`, which is left, still exists is not known: {}",
            principal.arn,
            why_not_looked_up(principal, circumstances)
        )),
        (_, Some((principal, Left::Perhaps))) => finding(open).with_note(&format!(
            "`{}` may be an admin that is left, which is not certain",
            principal.arn
        )),
        (Lost::Surely, Some((principal, Left::Unjudged))) => {
            finding(match circumstances.unread {
                Unread::Later => Severity::Warning,
                Unread::Open | Unread::Against => Severity::Error,
            }).with_note(&format!(
                "whether `{}`, which is left, is an admin is not known, because RBAC could not be read",
                principal.arn
            ))
        }
        (Lost::ByAFurtherStep, Some((_, Left::ByAFurtherStep))) => return None,
        (Lost::ByAFurtherStep | Lost::Perhaps, Some((principal, Left::Unjudged))) => {
            finding(open).with_note(&format!(
                "whether `{}`, which is left, is an admin is not known, because RBAC could not be read",
                principal.arn
            ))
        }
        (Lost::Surely, Some((principal, Left::ByAFurtherStep))) => {
            finding(Severity::Error).with_note(&format!(
                "`{}` is left, which is no admin and may become one at most",
                principal.arn
            ))
        }
        (Lost::Surely | Lost::ByAFurtherStep, None) => finding(Severity::Error),
        (Lost::Perhaps, _) => finding(open)
            .with_note("whether it is an admin at all is not known, because not everything could be read"),
    };
    Some(found)
}

/// Something to know of a finding about whoever loses.
pub(super) struct NoteOnLost {
    /// Whose finding.
    pub(super) lost: String,
    /// What.
    pub(super) text: String,
}

/// What is to be added where an administrator goes and those that are left were not looked up.
pub(super) fn note_on_who_is_left(
    compared: &[Judged],
    circumstances: &Circumstances,
    elsewhere: &Admins,
) -> Option<NoteOnLost> {
    let gone = compared
        .iter()
        .find(|judged| lost(judged, circumstances) == Some(Lost::Surely))?;
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add_changed(judged, circumstances);
    }
    let text = match left.best()? {
        (principal, Left::NotLookedUp) => format!(
            "`{}` is left as an admin; whether it still exists is not known: {}",
            principal.arn,
            why_not_looked_up(principal, circumstances)
        ),
        (principal, Left::NotListed) => format!(
            "`{}` is left as an admin; whether it still exists cannot be seen from here",
            principal.arn
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
    let gone: Vec<&Principal> = compared
        .iter()
        .filter(|judged| lost(judged, circumstances).is_some())
        .map(|judged| &judged.shown.principal)
        .collect();
    let mut left = elsewhere.clone();
    for judged in compared {
        left.add(&judged.shown.principal, &judged.shown.after, circumstances);
    }
    if gone.is_empty() || left.best().is_some_and(|(_, left)| left == Left::Surely) {
        return Vec::new();
    }
    let may_be_left = left
        .left
        .iter()
        .filter(|(_, left)| **left == Left::NotListed)
        .map(|(principal, _)| principal)
        .filter(is_open)
        .take(MOST_LOOKED_UP);
    let gone = gone.into_iter().filter(is_open).take(MOST_LOOKED_UP);
    gone.chain(may_be_left).cloned().collect()
}

/// Whether a judgement turns on who exists: an administrator goes.
pub(super) fn takes_an_admin(compared: &[Judged], circumstances: &Circumstances) -> bool {
    compared
        .iter()
        .any(|judged| lost(judged, circumstances).is_some())
}
