//! Changes of roles and bindings. Two bindings that say the same are the same to whoever asks what a group may do, so one is as good as the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ClusterState, RbacChange, RbacScope};
use crate::access::access_entry::AccessEntry;
use crate::access::cluster_access::{Access, ClusterView, Knowledge, Principal, Rule};
use crate::access::lockout::{LessBound, may_take_away};
use crate::aws_auth::username_template::fits;
use crate::aws_auth::{ReadEntry, Section};
use crate::kubernetes::rbac::{Binding, Rbac, RbacObjects, Role};

pub(super) fn apply(objects: &mut RbacObjects, change: &RbacChange) {
    match change {
        RbacChange::PutBinding(scope, binding) => bindings(objects, *scope).push(binding.clone()),
        RbacChange::RemoveBinding(scope, binding) => {
            let there = bindings(objects, *scope);
            if let Some(position) = position_of(there, binding) {
                there.remove(position);
            }
        }
        RbacChange::PutRole(scope, role) => {
            let there = roles(objects, *scope);
            there.retain(|other| other.name != role.name);
            there.push(role.clone());
            objects.settle();
        }
        RbacChange::RemoveRole(scope, name) => {
            roles(objects, *scope).retain(|role| role.name != *name);
            objects.settle();
        }
    }
}

/// The binding that is meant: one that says the same; else one of the same role that names more, since whoever planned the removal knew of fewer.
fn position_of(there: &[Binding], meant: &Binding) -> Option<usize> {
    let same = there.iter().position(|other| other.says_the_same(meant));
    let has_all = |other: &Binding| {
        let mut subjects = meant.subjects.iter();
        other.is_of_the_same_role(meant) && subjects.all(|one| other.subjects.contains(one))
    };
    same.or_else(|| there.iter().position(has_all))
}

/// Whether a removal of a binding finds one, as far as the bindings were read.
pub(super) fn finds(objects: &RbacObjects, change: &RbacChange) -> bool {
    let RbacChange::RemoveBinding(scope, binding) = change else {
        return true;
    };
    let (there, is_unread) = match scope {
        RbacScope::Cluster => (&objects.cluster_role_bindings, objects.unread.of_cluster),
        RbacScope::KubeSystem => (&objects.role_bindings, objects.unread.of_kube_system),
    };
    is_unread || position_of(there, binding).is_some()
}

fn bindings(objects: &mut RbacObjects, scope: RbacScope) -> &mut Vec<Binding> {
    match scope {
        RbacScope::Cluster => &mut objects.cluster_role_bindings,
        RbacScope::KubeSystem => &mut objects.role_bindings,
    }
}

fn roles(objects: &mut RbacObjects, scope: RbacScope) -> &mut Vec<Role> {
    match scope {
        RbacScope::Cluster => &mut objects.cluster_roles,
        RbacScope::KubeSystem => &mut objects.roles,
    }
}

/// Two states of a cluster so named that one RBAC says what everybody may do in both: a group or user that is bound to less has another name
/// afterwards, and who is bound to more a further group.
#[derive(Clone, Debug)]
pub struct UnderOneRbac {
    /// Before.
    pub before: ClusterView,
    /// After.
    pub after: ClusterView,
    /// What the names of both may do.
    pub rbac: Rbac,
    /// What is bound to less, where anything is: whoever was not read may come under such a name.
    pub less: Option<Arc<LessBound>>,
    /// Access entries that were read one by one, with their names before.
    pub described: Described,
    /// The same with their names after.
    pub described_after: Described,
}

/// Access entries that were read one by one, by principal; `None` where there is none.
pub type Described = BTreeMap<Principal, Option<AccessEntry>>;

impl UnderOneRbac {
    /// Names what RBAC of the two states tells apart; `None` where RBAC was not read. Placeholders are taken for whatever may be put in for them.
    pub fn between(before: &ClusterState, after: &ClusterState) -> Option<Self> {
        Self::knowing(before, after, &Described::new())
    }

    /// The same where the access entries could not be listed and some were read one by one, which are the same before and after.
    pub fn knowing(
        before: &ClusterState,
        after: &ClusterState,
        described: &Described,
    ) -> Option<Self> {
        Self::knowing_both(before, after, [described, described])
    }

    /// The same where those that were read change: as they are before, and after.
    pub fn knowing_both(
        before: &ClusterState,
        after: &ClusterState,
        [described, described_after]: [&Described; 2],
    ) -> Option<Self> {
        let is_read =
            |state: &ClusterState| matches!(state.view.access_entries, Knowledge::Known(_));
        if is_read(before) && is_read(after) {
            return Self::of_what_was_read(before, after);
        }
        let with_known = |state: &ClusterState, described: &Described| {
            let mut state = state.clone();
            let known: Vec<AccessEntry> = described.values().flatten().cloned().collect();
            state.view.access_entries = Knowledge::Known(known);
            state
        };
        let mut both = Self::of_what_was_read(
            &with_known(before, described),
            &with_known(after, described_after),
        )?;
        let unread = |view: &mut ClusterView, state: &ClusterState, described: &Described| {
            let read =
                std::mem::replace(&mut view.access_entries, state.view.access_entries.clone());
            renamed(described, read)
        };
        both.described = unread(&mut both.before, before, described);
        both.described_after = unread(&mut both.after, after, described_after);
        Some(both)
    }

    /// Whether anybody may have less, as [`may_take_away`] says it. Entries that were not read are no reason to say no where their names mean less.
    pub fn may_take_away(&self) -> bool {
        let is_unread = |view: &ClusterView| {
            let is_open = |is_known: bool, counts: bool| counts && !is_known;
            is_open(
                matches!(view.access_entries, Knowledge::Known(_)),
                view.mode.reads_access_entries(),
            ) || is_open(
                matches!(view.aws_auth, Knowledge::Known(_)),
                view.mode.reads_config_map(),
            )
        };
        self.less.is_some() && (is_unread(&self.before) || is_unread(&self.after))
            || may_take_away(&self.before, &self.after)
    }

    fn of_what_was_read(before: &ClusterState, after: &ClusterState) -> Option<Self> {
        let (old, new) = (before.rbac.as_ref()?, after.rbac.as_ref()?);
        let (old, new) = (Rbac::from_objects(old), Rbac::from_objects(new));
        let bound = LessBound {
            before: old.clone(),
            after: new.clone(),
        };
        let mut both = Self {
            before: before.view.clone(),
            after: after.view.clone(),
            rbac: new.clone(),
            less: bound.is_any().then(|| Arc::new(bound)),
            described: Described::new(),
            described_after: Described::new(),
        };
        for kind in [Kind::Group, Kind::User] {
            let names: BTreeSet<&String> = [&old, &new]
                .into_iter()
                .flat_map(|rbac| kind.of(rbac).into_iter().flatten())
                .collect();
            for name in &names {
                let (had, has) = (Powers::of(&old, kind, name), Powers::of(&new, kind, name));
                if had == has {
                    continue;
                }
                // Its own name keeps what it had.
                powers_to(&mut both.rbac, kind, name, had);
                let is_less = !had.are_within(has);
                if is_less && kind == Kind::Group && *name == EVERYBODY {
                    both.take_from_everybody(had, has);
                    continue;
                }
                if is_less && kind == Kind::User {
                    both.name_a_user_of_an_account(name);
                }
                let other = match is_less {
                    false => Renaming::More(format!("{name}{MORE}")),
                    true => Renaming::Less(less(name)),
                };
                rename(&mut both.after, kind, name, &other);
                let (kind, name) = other.subject(kind);
                powers_to(&mut both.rbac, kind, name, has);
            }
            let differs = Differs {
                kind,
                names: &names,
                old: &old,
                new: &new,
            };
            both.rename_templates(&differs);
        }
        Some(both)
    }

    /// Everybody who enters is in this group, whether or not an entry says so.
    fn take_from_everybody(&mut self, had: Powers, has: Powers) {
        powers_to(&mut self.rbac, Kind::Group, EVERYBODY, Powers([false; 4]));
        for (view, name, powers) in [
            (&mut self.before, EVERYBODY_BEFORE.to_owned(), had),
            (&mut self.after, less(EVERYBODY), has),
        ] {
            powers_to(&mut self.rbac, Kind::Group, &name, powers);
            for_each_name(view, |_, groups| groups.push(name.clone()));
            if let Knowledge::Known(reading) = &mut view.aws_auth {
                // Whoever comes by its account is in it too.
                for account in &mut reading.accounts {
                    account.groups.push(name.clone());
                }
            }
        }
    }

    /// Whoever comes by its account alone has its ARN for a name, which only an entry can make another one.
    fn name_a_user_of_an_account(&mut self, name: &str) {
        let principal = Principal::from_arn(name);
        let Knowledge::Known(reading) = &self.after.aws_auth else {
            return;
        };
        let access = self.after.access_of(name, &principal.account).access;
        let is_by_account = matches!(access, Access::Granted(grant) if grant.rule == Rule::Account);
        let Some(like) = reading.accounts.first().filter(|_| is_by_account) else {
            return;
        };
        let is_user = name.contains(":user/");
        let entry = ReadEntry {
            section: match is_user {
                true => Section::MapUsers,
                false => Section::MapRoles,
            },
            arn: name.to_owned(),
            username: name.to_owned(),
            ..like.clone()
        };
        if let Knowledge::Known(reading) = &mut self.after.aws_auth {
            match is_user {
                true => reading.users.push(entry),
                false => reading.roles.push(entry),
            }
        }
    }

    /// A name with placeholders that may become one that is bound to less is another name afterwards, and so is whatever it may become.
    fn rename_templates(&mut self, differs: &Differs<'_>) {
        let mut renamed = BTreeSet::new();
        let mut rename = |template: &mut String| {
            if differs.is_less_as(template) {
                renamed.insert(template.clone());
                *template = less(template);
            }
        };
        for_each_name(&mut self.after, |username, groups| match differs.kind {
            Kind::User => rename(username),
            Kind::Group => groups.iter_mut().for_each(&mut rename),
        });
        for template in renamed {
            for name in differs.names.iter().filter(|name| fits(name, &template)) {
                let has = Powers::of(differs.new, differs.kind, name);
                powers_to(&mut self.rbac, differs.kind, &less(name), has);
            }
        }
    }
}

/// The entries of a map of which some are there, each with what it became in a list of these.
fn renamed(described: &Described, read: Knowledge<Vec<AccessEntry>>) -> Described {
    let Knowledge::Known(read) = read else {
        return described.clone();
    };
    let mut read = read.into_iter();
    let next = |(principal, entry): (&Principal, &Option<AccessEntry>)| {
        let entry = entry.as_ref().and_then(|_| read.next());
        (principal.clone(), entry)
    };
    described.iter().map(next).collect()
}

/// The group of everybody whom the API server lets in.
const EVERYBODY: &str = "system:authenticated";

/// The same where it is bound to less afterwards.
const EVERYBODY_BEFORE: &str = "system:authenticated (bound to more)";

/// What is put behind a name that is bound to more, or less, in one of two states.
const MORE: &str = " (bound to more)";

fn less(name: &str) -> String {
    format!("{name} (bound to less)")
}

/// Takes out of an access what only tells two states apart: a group that is there under its own name too has that name alone, with what it is bound to, and
/// that everybody is in a group is no news.
pub fn show_real_names(access: &mut Access) {
    let grants = match access {
        Access::Granted(grant) => std::slice::from_mut(grant),
        Access::Random(grants) => grants.as_mut_slice(),
        Access::None | Access::Unknown(_) => &mut [],
    };
    for grant in grants {
        grant.groups.retain(|group| group != EVERYBODY_BEFORE);
        let more: Vec<String> = grant
            .groups
            .iter()
            .filter_map(|group| group.strip_suffix(MORE).map(str::to_owned))
            .collect();
        grant.groups.retain(|group| !more.contains(group));
    }
}

/// What RBAC of two states says of names of one kind.
struct Differs<'d> {
    kind: Kind,
    names: &'d BTreeSet<&'d String>,
    old: &'d Rbac,
    new: &'d Rbac,
}

impl Differs<'_> {
    /// Whether a template may become a name that is bound to less.
    fn is_less_as(&self, template: &str) -> bool {
        let is_less = |name: &str| {
            let powers = |rbac| Powers::of(rbac, self.kind, name);
            !powers(self.old).are_within(powers(self.new))
        };
        template.contains("{{")
            && self
                .names
                .iter()
                .any(|name| fits(name, template) && is_less(name))
    }
}

/// What a binding names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Group,
    User,
}

impl Kind {
    fn of(self, rbac: &Rbac) -> [&BTreeSet<String>; 4] {
        match self {
            Self::Group => [
                &rbac.admins.groups,
                &rbac.may_become_admins.groups,
                &rbac.can_become_admins.groups,
                &rbac.aws_auth_writers.groups,
            ],
            Self::User => [
                &rbac.admins.users,
                &rbac.may_become_admins.users,
                &rbac.can_become_admins.users,
                &rbac.aws_auth_writers.users,
            ],
        }
    }

    fn of_mut(self, rbac: &mut Rbac) -> [&mut BTreeSet<String>; 4] {
        let Rbac {
            admins,
            may_become_admins,
            can_become_admins,
            aws_auth_writers,
            ..
        } = rbac;
        match self {
            Self::Group => [
                &mut admins.groups,
                &mut may_become_admins.groups,
                &mut can_become_admins.groups,
                &mut aws_auth_writers.groups,
            ],
            Self::User => [
                &mut admins.users,
                &mut may_become_admins.users,
                &mut can_become_admins.users,
                &mut aws_auth_writers.users,
            ],
        }
    }
}

/// Which of the powers that matter a name is bound to, in the order of [`Kind::of`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct Powers([bool; 4]);

impl Powers {
    fn of(rbac: &Rbac, kind: Kind, name: &str) -> Self {
        Self(kind.of(rbac).map(|names| names.contains(name)))
    }

    fn are_within(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(one, other)| !one || other)
    }
}

fn powers_to(rbac: &mut Rbac, kind: Kind, name: &str, powers: Powers) {
    for (names, has) in kind.of_mut(rbac).into_iter().zip(powers.0) {
        match has {
            true => names.insert(name.to_owned()),
            false => names.remove(name),
        };
    }
}

/// How the state after a change names who is bound otherwise.
enum Renaming {
    /// By a further group, so that nothing goes.
    More(String),
    /// By another name.
    Less(String),
}

impl Renaming {
    /// What has the powers under the new name.
    fn subject(&self, kind: Kind) -> (Kind, &str) {
        match self {
            Self::More(name) => (Kind::Group, name),
            Self::Less(name) => (kind, name),
        }
    }
}

fn rename(view: &mut ClusterView, kind: Kind, name: &str, other: &Renaming) {
    let rename = |username: &mut String, groups: &mut Vec<String>| {
        let is_meant = match kind {
            Kind::Group => groups.iter().any(|group| group == name),
            Kind::User => username == name,
        };
        match (other, kind) {
            _ if !is_meant => {}
            (Renaming::More(other), _) => groups.push(other.clone()),
            (Renaming::Less(other), Kind::User) => other.clone_into(username),
            (Renaming::Less(other), Kind::Group) => {
                for group in groups.iter_mut().filter(|group| *group == name) {
                    other.clone_into(group);
                }
            }
        }
    };
    for_each_name(view, rename);
}

/// The user name and the groups of every entry.
fn for_each_name(view: &mut ClusterView, mut visit: impl FnMut(&mut String, &mut Vec<String>)) {
    if let Knowledge::Known(reading) = &mut view.aws_auth {
        for entry in reading.roles.iter_mut().chain(&mut reading.users) {
            visit(&mut entry.username, &mut entry.groups);
        }
    }
    if let Knowledge::Known(entries) = &mut view.access_entries {
        for entry in entries {
            visit(&mut entry.username, &mut entry.groups);
        }
    }
}
