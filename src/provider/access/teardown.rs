//! What a plan does to everything that a configuration has in one cluster: entries of aws-auth, bindings, access entries and their policies.
//!
//! `CLUSTER:destroy` covers what goes where the plan keeps nothing of any of them. The notes are those of the plan (docs/decisions/0016).

use std::collections::BTreeSet;

use tf_provider::resource::Private;
use tf_provider::{Attr, Claims, Context};

use super::departing::Departing;
use crate::aws_auth::entry_claim;
use crate::clusters::Remembered;

/// Objects of a cluster that are noted together, beside the entries of aws-auth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// `eksauth_group_binding`.
    Bindings,
    /// `eksauth_access_entry`.
    AccessEntries,
    /// `eksauth_access_policy_association`.
    Associations,
}

impl Group {
    /// Its name in the notes; `None` while it is not known which cluster it is.
    pub(crate) fn of(self, cluster_arn: &Attr<String>) -> Option<String> {
        let name = match self {
            Self::Bindings => "bindings",
            Self::AccessEntries => "access entries",
            Self::Associations => "access policies",
        };
        Some(format!("{name} {}", cluster_arn.known()?))
    }
}

/// An object of a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted<'a> {
    pub(crate) group: Group,
    pub(crate) cluster_arn: &'a Attr<String>,
    /// Its name among those who hold it.
    pub(crate) object: &'a Attr<String>,
}

impl Noted<'_> {
    /// Notes at plan that it is there after it.
    pub(crate) fn stays(&self, claims: &Claims) {
        if let (Some(group), Attr::Known(object)) = (self.group.of(self.cluster_arn), self.object) {
            claims.note_staying(&group, object);
        }
    }

    /// Notes at plan that it goes.
    pub(crate) fn goes(&self, claims: &Claims) {
        if let (Some(group), Attr::Known(object)) = (self.group.of(self.cluster_arn), self.object) {
            claims.note_going(&group, object);
        }
    }

    /// As the plan of a removal names it; `None` where its notes are not at hand, or do not know of it.
    pub(crate) fn name(&self, claims: &Claims, private: &Private) -> Option<String> {
        let (group, object) = (self.group.of(self.cluster_arn)?, self.object.known()?);
        let going = claims.going(&private.entries, &group, object)?;
        Some(going.own)
    }
}

/// Whether a removal was planned as one, and its plan keeps nothing of the cluster as far as is known.
pub(crate) fn is_whole<C>(cx: &Context<C>, cluster: &Remembered, private: &Private) -> bool {
    let groups = [Group::Bindings, Group::AccessEntries, Group::Associations];
    let mut groups = groups
        .iter()
        .map(|group| group.of(&cluster.cluster_arn))
        .chain([entry_claim::all_of(cluster)])
        .flatten();
    let is_whole = |group: String| {
        let going = cx.claims.going_of(&private.entries, &group);
        going.is_none_or(|going| going.is_whole)
    };
    tf_provider::claims::is_planned_removal(&private.entries) && groups.all(is_whole)
}

/// What goes with a removal where all goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Others {
    pub(crate) aws_auth: BTreeSet<String>,
    bindings: BTreeSet<String>,
    entries: BTreeSet<String>,
    associations: BTreeSet<String>,
}

impl Others {
    /// By the notes of the plan.
    pub(crate) fn of<C>(cx: &Context<C>, cluster: &Remembered, private: &Private) -> Self {
        let all = |group: Option<String>| {
            let going = group.and_then(|group| cx.claims.going_of(&private.entries, &group));
            going.map(|going| going.all).unwrap_or_default()
        };
        let of = |group: Group| all(group.of(&cluster.cluster_arn));
        Self {
            aws_auth: all(entry_claim::all_of(cluster)),
            bindings: of(Group::Bindings),
            entries: of(Group::AccessEntries),
            associations: of(Group::Associations),
        }
    }

    /// How many are open for an access entry that goes last: policies before their entry, and another that waits too is not waited for.
    pub(crate) fn open_for_entry(&self, departing: &Departing) -> usize {
        departing.unsettled(&self.bindings)
            + departing.unsettled(&self.associations)
            + departing.still_to_come(&self.entries)
    }

    /// The same for one of its policies, which `entry` waits for.
    pub(crate) fn open_for_association(&self, departing: &Departing, entry: Option<&str>) -> usize {
        let mut entries = self.entries.clone();
        entries.retain(|name| Some(name.as_str()) != entry);
        departing.unsettled(&self.bindings)
            + departing.still_to_come(&self.associations)
            + departing.still_to_come(&entries)
    }

    /// How many of those are open that are removed through the API server.
    pub(crate) fn open_in_cluster(&self, departing: &Departing) -> usize {
        departing.unsettled(&self.bindings)
    }

    /// How many could not go.
    pub(crate) fn failed(&self, departing: &Departing) -> usize {
        let groups = [&self.bindings, &self.entries, &self.associations];
        groups.iter().map(|group| departing.failed(group)).sum()
    }
}
