//! Who of a configuration holds which entry: what a plan notes of an entry, and what its apply makes of that.
//!
//! See docs/decisions/0016: an entry that another resource of the configuration holds is not removed, and one that is only given up by another
//! address is not "there already".

use std::fmt::Write as _;

use eksauth_core::aws_auth::{Entry, Section};
use tf_provider::claims::{Claim, Going, Holder, Holding};
use tf_provider::resource::Private;
use tf_provider::{Claims, Context, Diagnostic};

use super::document::{Document, key};
use super::write::request::{ChangeRequest, Doubt, EntryKey, Removal};
use crate::clusters::Remembered;
use crate::clusters::placement::Placement;

/// What stands for one entry; the content is `None` while it is not known.
///
/// `None` while it is not known in which cluster it is.
pub(crate) fn claim(
    cluster: &Remembered,
    section: Section,
    arn: &str,
    entry: Option<&Entry>,
) -> Option<Claim> {
    let cluster_arn = cluster.cluster_arn.known()?;
    let issuer = match &cluster.cluster_issuer {
        tf_provider::Attr::Unknown => return None,
        issuer => issuer.known().map_or("", String::as_str),
    };
    let object = format!("aws-auth {cluster_arn} {issuer} {section} {}", key(arn));
    Some(Claim {
        object,
        content: entry.map(content),
    })
}

/// The claim on an entry that is wholly known.
pub(crate) fn claim_of(cluster: &Remembered, entry: &Entry) -> Option<Claim> {
    claim(cluster, entry.section(), entry.arn(), Some(entry))
}

/// All entries of one cluster's aws-auth; `None` while it is not known which cluster that is.
pub(crate) fn all_of(cluster: &Remembered) -> Option<String> {
    let cluster_arn = cluster.cluster_arn.known()?;
    Some(format!("aws-auth {cluster_arn}"))
}

/// Notes at plan that an entry is to be removed.
pub(crate) fn note_going(claims: &Claims, cluster: &Remembered, claim: &Claim) {
    if let Some(group) = all_of(cluster) {
        claims.note_going(&group, &claim.object);
    }
}

/// Notes at plan that the state gives an entry up, whether it is removed or stays in aws-auth.
pub(crate) fn give_up(claims: &Claims, cluster: &Remembered, claim: &Claim) {
    claims.give_up(claim);
    note_absent(claims, cluster, claim);
}

/// Notes at plan that the state does not have an entry.
pub(crate) fn note_absent(claims: &Claims, cluster: &Remembered, claim: &Claim) {
    if let Some(group) = all_of(cluster) {
        claims.note_absent(&group, &claim.object);
    }
}

/// Notes at apply that the state has an entry now.
pub(crate) fn note_had(claims: &Claims, cluster: &Remembered, entry: &Entry) {
    if let (Some(group), Some(claim)) = (all_of(cluster), claim_of(cluster, entry)) {
        claims.note_staying(&group, &claim.object);
    }
}

/// What the plan of a removal removes beside it.
pub(crate) fn going(
    claims: &Claims,
    cluster: &Remembered,
    private: &Private,
    claim: &Claim,
) -> Option<Going> {
    claims.going(&private.entries, &all_of(cluster)?, &claim.object)
}

/// One text for all entries that give a principal the same.
fn content(entry: &Entry) -> String {
    let mut groups: Vec<&str> = entry.groups().iter().map(String::as_str).collect();
    groups.sort_unstable();
    groups.dedup();
    let mut text = entry.username().to_owned();
    for group in groups {
        // Lengths keep one list of groups from looking like another.
        let _infallible = write!(text, "\n{}:{group}", group.len());
    }
    text
}

/// Who plans to hold an entry.
pub(crate) struct EntryHolder<'a> {
    /// What it holds.
    pub(crate) claim: Claim,
    /// Who it is.
    pub(crate) holder: Holder,
    /// The entry's ARN or account, and where it stands.
    pub(crate) arn: &'a str,
    pub(crate) section: Section,
    pub(crate) placement: &'a Placement,
    /// The cluster whose aws-auth it is in.
    pub(crate) cluster: &'a Remembered,
}

impl EntryHolder<'_> {
    /// Notes it; says if another resource holds the entry too.
    pub(crate) fn note(self, claims: &Claims) -> Option<Diagnostic> {
        if let Some(group) = all_of(self.cluster) {
            claims.note_staying(&group, &self.claim.object);
        }
        let later = self.holder.clone();
        let earlier = claims.hold(&self.claim.object, self.holder);
        if !later.is_in_state && !earlier.iter().any(|earlier| earlier.is_in_state) {
            note_absent(claims, self.cluster, &self.claim);
        }
        let other = earlier
            .iter()
            .find(|earlier| earlier.is_other_than(&later))?;
        let cluster = self.placement.cluster_name.known();
        let about = super::diagnostics::TwoResources {
            cluster: cluster.map_or("", String::as_str),
            entry: self.arn,
            section: self.section,
            later: &later.label,
            earlier: &other.label,
        };
        Some(if later.is_in_state && other.is_in_state {
            about.both_in_state()
        } else {
            about.refused()
        })
    }
}

/// Lets what the plan gave up pass to who wants it now: an entry that is there is then changed in place, or left as it is, and not "there already".
pub(crate) fn take_what_is_given_up<C>(
    cx: &Context<C>,
    cluster: &Remembered,
    document: &Document,
    request: &mut ChangeRequest,
) {
    for upsert in &mut request.upserts {
        if upsert.prior.is_none() {
            upsert.prior = given_up(cx, cluster, document, &upsert.entry);
        }
    }
}

/// What stands where an entry is to be, if the plan gives it up.
fn given_up<C>(
    cx: &Context<C>,
    cluster: &Remembered,
    document: &Document,
    wanted: &Entry,
) -> Option<Entry> {
    let there = document.find(wanted.section(), wanted.arn());
    let entry = there.last()?.to_entry()?;
    let claim = claim_of(cluster, &entry)?;
    cx.claims.noted(&claim).is_released.then_some(entry)
}

/// The entry of a principal that a change in place turns into another principal's.
pub(crate) fn left_behind<'a>(prior: Option<&'a Entry>, wanted: &Entry) -> Option<&'a Entry> {
    prior.filter(|prior| EntryKey::from_entry(prior) != EntryKey::from_entry(wanted))
}

/// Lets an entry that becomes another principal's leave what others of the plan hold, and take what others of it give up: a list that is shifted
/// passes its entries on, and each of them stays where it is.
pub(crate) fn pass_on<C>(
    cx: &Context<C>,
    cluster: &Remembered,
    document: &Document,
    request: &mut ChangeRequest,
) {
    let is_held = |entry: &Entry| {
        claim_of(cluster, entry).is_some_and(|claim| {
            let noted = cx.claims.noted(&claim);
            let is_planned = noted.is_released && (noted.is_held || noted.is_held_otherwise);
            is_planned && !noted.is_disputed
        })
    };
    let mut removals = Vec::new();
    for upsert in &mut request.upserts {
        let Some(left) = left_behind(upsert.prior.as_ref(), &upsert.entry).cloned() else {
            continue;
        };
        let there = given_up(cx, cluster, document, &upsert.entry);
        match (is_held(&left), there) {
            (false, None) => {}
            (true, there) => upsert.prior = there,
            (false, there) => {
                upsert.prior = there;
                removals.push(Removal {
                    entry: left,
                    undo: None,
                    doubt: Doubt::None,
                });
            }
        }
    }
    request.removals.extend(removals);
}

/// Leaves out at plan what others of the configuration may hold. Terraform plans a change again at apply, and a plan is not told which of both it is.
pub(crate) fn leave_what_others_may_hold<C>(
    cx: &Context<C>,
    cluster: &Remembered,
    request: &mut ChangeRequest,
) {
    if let Some(guessed) = leave_what_others_hold(cx, cluster, request) {
        *request = guessed;
    }
}

/// Leaves out at apply what others of the configuration hold: planned in this walk, or in the plan that gave it up.
///
/// Returns what is left where a guess of that plan is believed too: plans of one folder may say different things, and what one of them really removes
/// must not stay for the other's sake. `None`: nothing was guessed.
pub(crate) fn leave_what_others_hold<C>(
    cx: &Context<C>,
    cluster: &Remembered,
    request: &mut ChangeRequest,
) -> Option<ChangeRequest> {
    let is_noted = |claim: &Claim| {
        let noted = cx.claims.noted(claim);
        let is_held = noted.is_released && (noted.is_held || noted.is_held_otherwise);
        (is_held, noted.is_disputed)
    };
    leave(request, cluster, |claim| {
        cx.claims.holding_now(claim) != Holding::Nobody || is_noted(claim) == (true, false)
    });
    let mut guessed = request.clone();
    leave(&mut guessed, cluster, |claim| is_noted(claim).0);
    (guessed.removals.len() < request.removals.len()).then_some(guessed)
}

fn leave(request: &mut ChangeRequest, cluster: &Remembered, is_held: impl Fn(&Claim) -> bool) {
    // One of several entries of a principal goes, and the request keeps another.
    let own = request.claims();
    request.removals.retain(|removal| {
        own.contains(&EntryKey::from_entry(&removal.entry))
            || !claim_of(cluster, &removal.entry).is_some_and(|claim| is_held(&claim))
    });
}

/// Notes that what a request wanted could not be made.
pub(crate) fn note_failed(claims: &Claims, cluster: &Remembered, request: &ChangeRequest) {
    let wanted = request.upserts.iter().map(|upsert| &upsert.entry);
    for claim in wanted.filter_map(|entry| claim_of(cluster, entry)) {
        claims.note_failed(&claim.object);
    }
}
