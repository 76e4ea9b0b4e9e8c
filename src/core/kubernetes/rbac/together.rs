//! Rights that one user holds together: a part by its name, another by a group, each by a binding of its own.
//!
//! RBAC adds up whatever a user is bound to by its name and by all of its groups. So a right of which no single name or group has the whole is kept in
//! parts, and only of names and groups that lack something of it; parts that nobody could complete are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    AUTHENTICATED, PolicyRule, Rbac, RbacObjects, Subject, Subjects, changes_aws_auth,
    reads_aws_auth, rules_of,
};

/// A part of a right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// May get aws-auth.
    ReadsAwsAuth,
    /// May update or patch it.
    ChangesAwsAuth,
    /// May create bindings.
    MakesBindings,
    /// May bind a ClusterRole that allows everything.
    BindsAll,
    /// May change ClusterRoleBindings.
    ChangesBindings,
    /// May bind a ClusterRole that allows everything and is bound already.
    BindsAllAsBound,
    /// Is bound to the ClusterRole.
    IsIn(String),
    /// May escalate the ClusterRole.
    Escalates(String),
    /// May change the ClusterRole.
    ChangesRole(String),
    /// May impersonate somebody, together with whom a group can be taken.
    TakesAName,
    /// May impersonate a group that may do everything.
    TakesAllByGroup,
}

/// Which names and groups hold which parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    of: BTreeMap<Part, Subjects>,
}

impl Parts {
    /// How far somebody may write aws-auth by all that it holds; `holds` says how far it holds what names and groups have.
    pub fn writing<H: Ord + Default>(&self, holds: impl Fn(&Subjects) -> H) -> H {
        self.all_of(&[Part::ReadsAwsAuth, Part::ChangesAwsAuth], &holds)
    }

    /// The same of a whole way to everything.
    pub fn whole_way<H: Ord + Default>(&self, holds: impl Fn(&Subjects) -> H) -> H {
        let ways = self.ways_to_everything();
        let of_ways = ways.iter().map(|parts| self.all_of(parts, &holds));
        of_ways.max().unwrap_or_default()
    }

    fn all_of<H: Ord + Default>(&self, parts: &[Part], holds: &impl Fn(&Subjects) -> H) -> H {
        let of_part = |part| self.of.get(part).map_or_else(H::default, holds);
        parts.iter().map(of_part).min().unwrap_or_default()
    }

    fn ways_to_everything(&self) -> Vec<Vec<Part>> {
        let mut ways = vec![
            vec![Part::MakesBindings, Part::BindsAll],
            vec![Part::ChangesBindings, Part::BindsAllAsBound],
            vec![Part::TakesAName, Part::TakesAllByGroup],
        ];
        for part in self.of.keys() {
            if let Part::Escalates(role) = part {
                ways.push(vec![
                    part.clone(),
                    Part::ChangesRole(role.clone()),
                    Part::IsIn(role.clone()),
                ]);
            }
        }
        ways
    }

    /// Who holds each part.
    pub fn holders(&self) -> impl Iterator<Item = &Subjects> {
        self.of.values()
    }

    /// The parts of those subjects that are meant.
    pub fn held(&self, is_meant: impl Fn(&Subjects) -> bool) -> BTreeSet<Part> {
        let meant = self.of.iter().filter(|(_, subjects)| is_meant(subjects));
        meant.map(|(part, _)| part.clone()).collect()
    }

    /// Gives a name exactly these parts.
    pub fn set(&mut self, parts: &BTreeSet<Part>, subject: &Subject) {
        for (part, subjects) in &mut self.of {
            if !parts.contains(part) {
                subjects.remove(subject);
            }
        }
        for part in parts {
            self.insert(part.clone(), subject);
        }
    }

    fn insert(&mut self, part: Part, subject: &Subject) {
        self.of.entry(part).or_default().insert(subject);
    }

    fn extend(&mut self, others: &Self) {
        for (part, subjects) in &others.of {
            self.of.entry(part.clone()).or_default().extend(subjects);
        }
    }

    /// Leaves out what nobody could complete.
    fn prune(&mut self) {
        let mut ways = self.ways_to_everything();
        ways.push(vec![Part::ReadsAwsAuth, Part::ChangesAwsAuth]);
        let is_complete = |way: &&Vec<Part>| way.iter().all(|part| self.of.contains_key(part));
        let kept: BTreeSet<Part> = ways.iter().filter(is_complete).flatten().cloned().collect();
        self.of.retain(|part, _| kept.contains(part));
    }
}

/// The parts of everything that names and groups hold, but the whole of nothing.
pub(super) fn parts(objects: &RbacObjects, rbac: &Rbac) -> Parts {
    let mut parts = Parts::default();
    for (subject, held) in super::ways::parts(objects) {
        if !rbac.can_become_admins.has(subject) {
            held.into_iter()
                .for_each(|part| parts.insert(part, subject));
        }
    }
    for (subject, rules) in rules_on_aws_auth(objects) {
        if rbac.aws_auth_writers.has(subject) {
            continue;
        }
        if reads_aws_auth(&rules) {
            parts.insert(Part::ReadsAwsAuth, subject);
        }
        if changes_aws_auth(&rules) {
            parts.insert(Part::ChangesAwsAuth, subject);
        }
    }
    parts.prune();
    parts
}

/// All rules that count in kube-system, of each name and group.
pub(super) fn rules_on_aws_auth(objects: &RbacObjects) -> BTreeMap<&Subject, Vec<&PolicyRule>> {
    let mut found: BTreeMap<&Subject, Vec<&PolicyRule>> = BTreeMap::new();
    for binding in objects
        .cluster_role_bindings
        .iter()
        .chain(&objects.role_bindings)
    {
        let roles = match binding.refers_to_cluster_role {
            true => &objects.cluster_roles,
            false => &objects.roles,
        };
        let rules = rules_of(roles, &binding.role);
        for subject in binding.subjects.iter().filter(|_| !rules.is_empty()) {
            found.entry(subject).or_default().extend(rules);
        }
    }
    found
}

/// What one user may do by its name and all its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Everything.
    pub is_admin: bool,
    /// A part of a way to everything.
    pub may_become_admin: bool,
    /// A whole one.
    pub can_become_admin: bool,
    /// May get and change aws-auth.
    pub writes_aws_auth: bool,
}

impl Joined {
    /// Of whoever is among some subjects.
    pub fn of(rbac: &Rbac, has: impl Fn(&Subjects) -> bool) -> Self {
        let can_become_admin = has(&rbac.can_become_admins) || rbac.parts.whole_way(&has);
        Self {
            is_admin: has(&rbac.admins),
            may_become_admin: can_become_admin || has(&rbac.may_become_admins),
            can_become_admin,
            writes_aws_auth: has(&rbac.aws_auth_writers) || rbac.parts.writing(&has),
        }
    }

    /// Of a user of this name in these groups, and in that of everybody.
    pub fn of_user(rbac: &Rbac, username: &str, groups: &[String]) -> Self {
        Self::of(rbac, |subjects| {
            subjects.users.contains(username)
                || subjects.groups.contains(AUTHENTICATED)
                || groups.iter().any(|group| subjects.groups.contains(group))
        })
    }
}

impl Rbac {
    /// Whatever is bound by the one or the other.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.admins.extend(&other.admins);
        both.may_become_admins.extend(&other.may_become_admins);
        both.can_become_admins.extend(&other.can_become_admins);
        both.aws_auth_writers.extend(&other.aws_auth_writers);
        both.parts.extend(&other.parts);
        both
    }
}
