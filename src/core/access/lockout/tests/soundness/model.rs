//! What a change takes from people and nodes, found out otherwise than the guard does: each of them comes in turn, in every session it may have, the
//! authenticator answers in every way it may, and an authorizer says what the answer can do.
//!
//! Whoever loses is taken at its best before, whoever is left at its worst after (design: "The lock-out guard").

use super::super::*;
use super::world::{Item, World};

/// Somebody who can really come: its ARN as the server compares it, and the session's name.
pub(super) type Caller = (&'static str, &'static str);

/// Who acts or is protected.
pub(super) const PEOPLE: [Caller; 6] = [
    (ADMIN, "alice"),
    (GLASS, "bob"),
    ("arn:aws:iam::444455556666:role/audit", "eve"),
    ("arn:aws:iam::111122223333:user/ops", ""),
    ("arn:aws:iam::444455556666:user/carol", ""),
    (NODES, "zoe"),
];
/// Whoever assumes a role names its session.
const NAMES: [&str; 4] = ["alice", "bob", "eve", "zoe"];
const INSTANCE: &str = "i-0123456789abcdef0";
const HOST: &str = "ip-10-0-0-1";

/// As it comes to RBAC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Login {
    user: String,
    groups: Vec<&'static str>,
}

/// How the server may answer one caller; an answer that is none is a refusal.
type Answers = Vec<Option<Login>>;

impl World {
    /// Every way in which the server may answer a caller; no answer at all where nothing names it.
    pub(super) fn answers(&self, (arn, session): Caller) -> Answers {
        let same = |item: &&Item| item.arn.eq_ignore_ascii_case(arn);
        let login = |item: &Item| login(item, session);
        if self.has_entries {
            let own = self.entries.iter().find(|item| {
                let mut parts = item.arn.splitn(2, ":role/");
                let (before, path) = (parts.next().unwrap(), parts.next());
                path.map_or_else(
                    || item.arn.eq_ignore_ascii_case(arn),
                    |path| {
                        let name = path.rsplit('/').next().unwrap();
                        format!("{before}:role/{name}").eq_ignore_ascii_case(arn)
                    },
                )
            });
            if let Some(item) = own {
                return vec![login(item)];
            }
        }
        if let Some(item) = self.roles.iter().rfind(same) {
            return vec![login(item)];
        }
        let mut answers: Vec<(&str, Option<Login>)> = Vec::new();
        for item in self.users.iter().filter(same) {
            answers.retain(|(spelling, _)| *spelling != item.arn);
            answers.push((item.arn, login(item)));
        }
        if !answers.is_empty() {
            return answers.into_iter().map(|(_, login)| login).collect();
        }
        let account = arn.split(':').nth(4).unwrap();
        let listed = self.accounts.contains(&account).then(|| Login {
            user: arn.to_owned(),
            groups: Vec::new(),
        });
        listed.into_iter().map(Some).collect()
    }
}

fn login(item: &Item, session: &str) -> Option<Login> {
    let mut user = item.username.to_owned();
    if user.contains("{{EC2PrivateDNSName}}") {
        if !session.starts_with("i-") {
            return None;
        }
        user = user.replace("{{EC2PrivateDNSName}}", HOST);
    }
    let mut groups = item.groups.to_vec();
    groups.sort_unstable();
    Some(Login {
        user: user.replace("{{SessionName}}", session),
        groups,
    })
}

/// The authorizer: `platform`, the user `dev`, `dev:alice` and carol by name may do everything; `menders` and the user `mender` may write aws-auth.
pub(super) fn rbac() -> Rbac {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Rbac {
        admins: Subjects {
            users: names(&["dev", "dev:alice", "arn:aws:iam::444455556666:user/carol"]),
            groups: names(&["platform"]),
        },
        may_become_admins: Subjects {
            groups: names(&["binders"]),
            ..Subjects::default()
        },
        aws_auth_writers: Subjects {
            users: names(&["mender"]),
            groups: names(&["menders"]),
        },
        is_readable: true,
        ..Rbac::default()
    }
}

impl Login {
    fn is_in(&self, group: &str) -> bool {
        self.groups.contains(&group)
    }

    pub(super) fn may_do_everything(&self) -> bool {
        ["dev", "dev:alice", "arn:aws:iam::444455556666:user/carol"].contains(&self.user.as_str())
            || self.is_in("system:masters")
            || self.is_in("platform")
    }

    pub(super) fn may_write(&self) -> bool {
        self.may_do_everything() || self.user == "mender" || self.is_in("menders")
    }

    fn has_nodes_name(&self) -> bool {
        self.user.starts_with("system:node:")
    }

    fn is_node(&self) -> bool {
        self.has_nodes_name() && self.is_in("system:nodes")
    }

    /// 2: an administrator, 1: one by a further step, 0: none. A node is none, unless it is a master and loses that.
    fn rank(&self) -> u8 {
        match () {
            () if self.has_nodes_name() && !self.is_in("system:masters") => 0,
            () if self.may_do_everything() => 2,
            () if self.is_in("binders") => 1,
            () => 0,
        }
    }

    /// The same of somebody who is left.
    fn rank_left(&self) -> u8 {
        if self.has_nodes_name() {
            0
        } else {
            self.rank()
        }
    }
}

/// Whether something that counts cannot be had any more, or something less may come of it that could not come before; a refusal is less than whatever
/// counts. `had` is among what could come before.
fn is_worse(
    had: &[&Login],
    before: &Answers,
    after: &Answers,
    counts: impl Fn(&Login) -> bool,
    has_less: impl Fn(&Login, &Login) -> bool,
) -> bool {
    let has_less = |old: &Login, new: &Option<Login>| match new {
        None => counts(old),
        Some(new) => old != new && has_less(old, new),
    };
    let is_gone = |old: &&Login| after.iter().all(|new| has_less(old, new));
    let is_new = |new: &&Option<Login>| {
        !before.contains(new) && before.iter().flatten().all(|old| has_less(old, new))
    };
    had.iter().any(is_gone)
        || after
            .iter()
            .filter(is_new)
            .any(|new| had.iter().any(|old| has_less(old, new)))
}

fn has_less_rights(old: &Login, new: &Login) -> bool {
    !new.may_do_everything()
        && (old.may_do_everything()
            || old.may_write() && !new.may_write()
            || old.is_in("binders") && !new.is_in("binders")
            || old.is_node() && !new.is_node()
            || old.groups.iter().any(|group| !new.groups.contains(group)))
}

/// Everybody who can come by an ARN.
fn callers(arn: &'static str) -> Vec<Caller> {
    match arn.contains(":role/") {
        true => NAMES
            .iter()
            .chain([&INSTANCE])
            .map(|name| (arn, *name))
            .collect(),
        false => vec![(arn, "")],
    }
}

/// A change, who makes it and who must stay.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) before: World,
    pub(super) after: World,
    /// Who acts and how the server answered it.
    pub(super) actor: Caller,
    pub(super) answer: usize,
    pub(super) protected: Caller,
}

impl Run {
    /// How the server answered whoever acts, where it let it in.
    pub(super) fn seen(&self) -> Option<Login> {
        let answers = self.before.answers(self.actor);
        let logins: Vec<Login> = answers.into_iter().flatten().collect();
        logins.get(self.answer % logins.len().max(1)).cloned()
    }

    fn both(&self, caller: Caller) -> (Answers, Answers) {
        (self.before.answers(caller), self.after.answers(caller))
    }

    /// Whether some caller of an ARN has less of what counts than it had, by a rule.
    fn loses(
        &self,
        arn: &'static str,
        counts: impl Fn(&Login) -> bool,
        has_less: impl Fn(&Login, &Login) -> bool,
    ) -> bool {
        callers(arn).into_iter().any(|caller| {
            let (before, after) = self.both(caller);
            let had: Vec<&Login> = before.iter().flatten().filter(|old| counts(old)).collect();
            is_worse(&had, &before, &after, &counts, &has_less)
        })
    }

    /// What the change takes that it must not take.
    pub(super) fn harm(&self) -> Vec<&'static str> {
        let mut harm = Vec::new();
        if self.takes_from_actor() {
            harm.push("the acting identity");
        }
        if self.loses(self.protected.0, |_| true, has_less_rights) {
            harm.push("a protected principal");
        }
        if self.takes_the_last_admin() {
            harm.push("the last admin");
        }
        if PEOPLE.iter().any(|(arn, _)| self.cuts_nodes(arn)) {
            harm.push("nodes");
        }
        harm
    }

    /// Whether somebody has less by it at all.
    pub(super) fn reduces_somebody(&self) -> bool {
        PEOPLE
            .iter()
            .any(|(arn, _)| self.loses(arn, |_| true, has_less_rights))
    }

    fn takes_from_actor(&self) -> bool {
        let (before, after) = self.both(self.actor);
        let cannot_write = |old: &Login, new: &Login| old.may_write() && !new.may_write();
        self.seen()
            .is_some_and(|seen| is_worse(&[&seen], &before, &after, |_| true, cannot_write))
    }

    /// How much of an administrator a world has in an ARN: all of its callers count, but instances, at their worst.
    fn left(&self, arn: &'static str) -> u8 {
        let is_person = |caller: &Caller| caller.1 != INSTANCE;
        // Of whoever acts the session is known.
        let known = if arn == self.actor.0 {
            vec![self.actor]
        } else {
            callers(arn)
        };
        let worst = |caller: Caller| {
            let answers = self.after.answers(caller);
            answers
                .iter()
                .map(|answer| answer.as_ref().map_or(0, Login::rank_left))
                .min()
                .unwrap_or_default()
        };
        known
            .into_iter()
            .filter(is_person)
            .map(worst)
            .min()
            .unwrap_or_default()
    }

    /// Whether somebody of an ARN may come to be an administrator, by writing aws-auth too, which every world reads.
    fn may_become_one(&self, arn: &'static str) -> bool {
        callers(arn)
            .into_iter()
            .flat_map(|caller| self.after.answers(caller))
            .flatten()
            .any(|login| login.rank_left() > 0 || login.may_write() && !login.has_nodes_name())
    }

    fn takes_the_last_admin(&self) -> bool {
        let is_lost = |least: u8| {
            PEOPLE.iter().any(|(arn, _)| {
                self.left(arn) < 2
                    && self.loses(
                        arn,
                        |old| old.rank() >= least,
                        |old, new| new.rank_left() < old.rank(),
                    )
            })
        };
        let is_one_left = PEOPLE.iter().any(|(arn, _)| self.left(arn) == 2);
        let may_become_one = PEOPLE.iter().any(|(arn, _)| self.may_become_one(arn));
        !is_one_left && (is_lost(2) || is_lost(1) && !may_become_one)
    }

    /// Whether nodes with a role could come and cannot any more, or come as others.
    fn cuts_nodes(&self, arn: &'static str) -> bool {
        arn.contains(":role/")
            && callers(arn).into_iter().any(|caller| {
                let (before, after) = self.both(caller);
                let is_kept = |old: &Login| {
                    !after.is_empty()
                        && after.iter().flatten().count() == after.len()
                        && after
                            .iter()
                            .flatten()
                            .all(|new| new.is_node() && new.user == old.user)
                };
                let mut nodes = before.iter().flatten().filter(|old| old.is_node());
                before != after && nodes.any(|old| !is_kept(old))
            })
    }

    pub(super) fn circumstances(&self) -> Circumstances {
        let principal = Principal::from_arn(self.actor.0);
        let seen = self.seen();
        Circumstances {
            partition: Some(Partition::Aws),
            running: vec![principal.clone()],
            acting: Some(ActingIdentity {
                username: None,
                session: Some(CallerSession {
                    account: principal.account.clone(),
                    session_name: self.actor.1.to_owned(),
                    access_key_id: Default::default(),
                }),
                principal: Some(principal),
                groups: seen
                    .iter()
                    .flat_map(|login| &login.groups)
                    .map(|group| (*group).to_owned())
                    .collect(),
                is_admitted: Some(seen.is_some()),
                may_write: seen.as_ref().map(Login::may_write),
                is_admin: seen.as_ref().map(Login::may_do_everything),
            }),
            protected: vec![Principal::from_arn(self.protected.0)],
            rbac: rbac(),
            iam: IamPrincipals {
                gone: BTreeSet::from(["arn:aws:iam::111122223333:user/gone".to_owned()]),
                ..all_exist()
            },
            ..circumstances()
        }
    }
}
