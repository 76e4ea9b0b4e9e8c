//! Random small worlds, judged by the guard and by a model that is written otherwise: it takes each person and node in turn, lets the authenticator
//! answer in every way it may, and asks an authorizer what the answer can do.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// An item of aws-auth or an access entry, as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    arn: &'static str,
    username: &'static str,
    groups: &'static [&'static str],
}

/// Everything that lets somebody in.
#[derive(Clone, Debug, Default)]
struct World {
    has_entries: bool,
    entries: Vec<Item>,
    roles: Vec<Item>,
    users: Vec<Item>,
    accounts: Vec<&'static str>,
}

/// Who can really come: ARN as the server compares it, and the session's name.
const PEOPLE: [(&str, &str); 6] = [
    (ADMIN, "alice"),
    (GLASS, "bob"),
    ("arn:aws:iam::444455556666:role/audit", "eve"),
    ("arn:aws:iam::111122223333:user/ops", ""),
    ("arn:aws:iam::444455556666:user/carol", ""),
    (NODES, "zoe"),
];
const A_NODE: (&str, &str) = (NODES, "i-0123456789abcdef0");
const HOST: &str = "ip-10-0-0-1";

const ROLES: [&str; 11] = [
    ADMIN,
    GLASS,
    NODES,
    "arn:aws:iam::444455556666:role/audit",
    "arn:aws:iam::111122223333:role/Admins",
    "arn:aws:iam::111122223333:role/teams/admins",
    "arn:aws:sts::111122223333:assumed-role/admins/eve",
    "arn:aws:iam::111122223333:role/gone",
    "arn:aws:iam::111122223333:role/adm*",
    "arn:aws-cn:iam::111122223333:role/admins",
    "arn:aws:iam::111122223333:user/ops",
];
const USERS: [&str; 5] = [
    "arn:aws:iam::111122223333:user/ops",
    "arn:aws:iam::111122223333:user/Ops",
    "arn:aws:iam::444455556666:user/carol",
    "arn:aws:iam::111122223333:user/gone",
    ADMIN,
];
const NAMES: [&str; 6] = [
    "dev",
    "dev:{{SessionName}}",
    "system:node:{{EC2PrivateDNSName}}",
    "system:node:{{SessionName}}",
    "other",
    "mender",
];
const GROUPS: [&[&str]; 7] = [
    &["system:masters"],
    &["platform"],
    &["menders"],
    &["dev"],
    &["system:bootstrappers", "system:nodes"],
    &[],
    &["binders", "menders"],
];

/// As it comes to RBAC.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Login {
    user: String,
    groups: Vec<&'static str>,
}

impl World {
    /// Every way in which the server may answer a caller; none at all if it refuses.
    fn logins(&self, arn: &str, session: &str) -> Vec<Login> {
        let same = |item: &&Item| item.arn.eq_ignore_ascii_case(arn);
        let login = |item: &Item| {
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
        };
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
                return login(item).into_iter().collect();
            }
        }
        if let Some(item) = self.roles.iter().rfind(same) {
            return login(item).into_iter().collect();
        }
        let mut answers: Vec<(&str, Option<Login>)> = Vec::new();
        for item in self.users.iter().filter(same) {
            answers.retain(|(spelling, _)| *spelling != item.arn);
            answers.push((item.arn, login(item)));
        }
        if !answers.is_empty() {
            return answers.into_iter().filter_map(|(_, login)| login).collect();
        }
        let account = arn.split(':').nth(4).unwrap();
        let listed = self.accounts.contains(&account);
        listed
            .then(|| Login {
                user: arn.to_owned(),
                groups: Vec::new(),
            })
            .into_iter()
            .collect()
    }

    fn view(&self) -> ClusterView {
        let section = |items: &[Item], field: &str| {
            items.iter().fold(String::new(), |text, item| {
                let groups = item.groups.join(", ");
                text + &format!(
                    "- {field}: '{}'\n  username: '{}'\n  groups: [{groups}]\n",
                    item.arn, item.username
                )
            })
        };
        let accounts = self.accounts.iter().fold(String::new(), |text, account| {
            text + &format!("- '{account}'\n")
        });
        let data = BTreeMap::from([
            ("mapRoles".to_owned(), section(&self.roles, "rolearn")),
            ("mapUsers".to_owned(), section(&self.users, "userarn")),
            ("mapAccounts".to_owned(), accounts),
        ]);
        let entries = self.entries.iter().map(|item| AccessEntry {
            principal_arn: item.arn.to_owned(),
            kind: "STANDARD".to_owned(),
            username: item.username.to_owned(),
            groups: item
                .groups
                .iter()
                .map(|group| (*group).to_owned())
                .collect(),
            policies: Vec::new(),
        });
        ClusterView {
            mode: if self.has_entries {
                AuthenticationMode::ApiAndConfigMap
            } else {
                AuthenticationMode::ConfigMap
            },
            aws_auth: Knowledge::Known(read(&data)),
            access_entries: Knowledge::Known(entries.collect()),
        }
    }
}

/// Whether something that was had cannot be had any more, or something less may come of it that could not come before.
fn is_worse(
    had: &[Login],
    before: &[Login],
    after: &[Login],
    has_less: impl Fn(&Login, &Login) -> bool,
) -> bool {
    let is_gone = |old: &Login| after.iter().all(|new| has_less(old, new));
    let is_new = |new: &Login| before.iter().all(|old| has_less(old, new));
    had.iter().any(is_gone)
        || after
            .iter()
            .any(|new| is_new(new) && had.iter().any(|old| has_less(old, new)))
}

/// The authorizer: `platform`, the user `dev`, `dev:alice` and carol by name may do everything; `menders` and the user `mender` may write aws-auth.
fn may_do_everything(login: &Login) -> bool {
    ["dev", "dev:alice", "arn:aws:iam::444455556666:user/carol"].contains(&login.user.as_str())
        || login.groups.contains(&"system:masters")
        || login.groups.contains(&"platform")
}

fn may_write(login: &Login) -> bool {
    may_do_everything(login) || login.user == "mender" || login.groups.contains(&"menders")
}

fn is_node(login: &Login) -> bool {
    login.user.starts_with("system:node:") && login.groups.contains(&"system:nodes")
}

fn rbac() -> Rbac {
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
    }
}

fn item(arns: &'static [&'static str]) -> impl Strategy<Value = Item> {
    (select(arns), select(&NAMES[..]), select(&GROUPS[..])).prop_map(|(arn, username, groups)| {
        Item {
            arn,
            username,
            groups,
        }
    })
}

fn world() -> impl Strategy<Value = World> {
    (
        any::<bool>(),
        vec(item(&ROLES[..6]), 0..3),
        vec(item(&ROLES), 0..5),
        vec(item(&USERS), 0..4),
        vec(select(&["111122223333", "444455556666"][..]), 0..2),
    )
        .prop_map(|(has_entries, mut entries, roles, users, accounts)| {
            // EKS keeps one entry for a principal.
            entries.dedup_by_key(|item| Principal::from_arn(item.arn));
            entries.truncate(1);
            World {
                has_entries,
                entries,
                roles,
                users,
                accounts,
            }
        })
}

/// What becomes of a world: each item stays unless its bit is set, and some come.
fn changed(before: &World, gone: u16, added: World) -> World {
    let keep = |items: &[Item], shift: usize| {
        let stays = |(position, _): &(usize, &Item)| gone >> (position + shift) & 1 == 0;
        items
            .iter()
            .enumerate()
            .filter(stays)
            .map(|(_, item)| item.clone())
            .collect::<Vec<Item>>()
    };
    let mut after = World {
        has_entries: before.has_entries,
        entries: keep(&before.entries, 0),
        roles: keep(&before.roles, 2),
        users: keep(&before.users, 7),
        accounts: if gone >> 12 & 1 == 0 {
            before.accounts.clone()
        } else {
            Vec::new()
        },
    };
    if after.entries.is_empty() {
        after.entries = added.entries;
    }
    after.roles.extend(added.roles.into_iter().take(1));
    after.users.extend(added.users.into_iter().take(1));
    after
}

struct Run {
    before: World,
    after: World,
    /// Who acts and how the server answered it; who is protected.
    actor: (&'static str, &'static str),
    answer: usize,
    protected: (&'static str, &'static str),
}

impl Run {
    fn seen(&self) -> Option<Login> {
        let logins = self.before.logins(self.actor.0, self.actor.1);
        logins.get(self.answer % logins.len().max(1)).cloned()
    }

    fn circumstances(&self) -> Circumstances {
        let principal = Principal::from_arn(self.actor.0);
        let seen = self.seen();
        Circumstances {
            partition: Some(Partition::Aws),
            running: vec![principal.clone()],
            acting: Some(ActingIdentity {
                session: Some(CallerSession {
                    account: principal.account.clone(),
                    session_name: self.actor.1.to_owned(),
                    access_key_id: Default::default(),
                }),
                principal: Some(principal),
                is_admitted: Some(seen.is_some()),
                may_write: seen.as_ref().map(may_write),
                is_admin: seen.as_ref().map(may_do_everything),
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

    /// What the change takes that it must not take, by the model.
    fn harm(&self) -> Vec<&'static str> {
        let mut harm = Vec::new();
        let both = |(arn, session): (&str, &str)| {
            (
                self.before.logins(arn, session),
                self.after.logins(arn, session),
            )
        };
        let (before, after) = both(self.actor);
        let cannot_write = |old: &Login, new: &Login| may_write(old) && !may_write(new);
        if let Some(seen) = self.seen()
            && (after.is_empty() || is_worse(&[seen], &before, &after, cannot_write))
        {
            harm.push("the acting identity");
        }
        let (before, after) = both(self.protected);
        let has_less = |old: &Login, new: &Login| {
            !may_do_everything(new)
                && (may_do_everything(old)
                    || may_write(old) && !may_write(new)
                    || old.groups.iter().any(|group| !new.groups.contains(group)))
        };
        if !before.is_empty() && after.is_empty() || is_worse(&before, &before, &after, has_less) {
            harm.push("a protected principal");
        }
        let has_admin = |world: &World| {
            PEOPLE.iter().any(|(arn, session)| {
                let logins = world.logins(arn, session);
                !logins.is_empty()
                    && logins.iter().all(|login| {
                        may_do_everything(login) && !login.user.starts_with("system:node:")
                    })
            })
        };
        if has_admin(&self.before) && !has_admin(&self.after) {
            harm.push("the last admin");
        }
        let (before, after) = both(A_NODE);
        let is_cut = before.iter().any(|old| {
            is_node(old)
                && (after.is_empty()
                    || after
                        .iter()
                        .any(|new| !is_node(new) || new.user != old.user))
        });
        if before != after && is_cut {
            harm.push("nodes");
        }
        harm
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn no_harm_is_let_through_where_everything_was_read(
        before in world(),
        gone in any::<u16>(),
        added in world(),
        actor in select(&PEOPLE[..]),
        answer in 0_usize..2,
        protected in select(&PEOPLE[..]),
        is_strict in any::<bool>(),
    ) {
        let after = changed(&before, gone, added);
        let run = Run { before, after, actor, answer, protected };
        let (old, new) = (run.before.view(), run.after.view());
        let circumstances = Circumstances {
            unread: if is_strict { Unread::Against } else { Unread::Open },
            ..run.circumstances()
        };
        let found = assess(&old, &new, &circumstances);
        let harm = run.harm();
        if !harm.is_empty() {
            prop_assert!(may_take_away(&old, &new), "{harm:?} is not even looked at\n{:#?}\n{:#?}", run.before, run.after);
            let is_refused = !found.of_severity(Severity::Error).is_empty();
            prop_assert!(is_refused, "{harm:?} is let through\n{:#?}\n{:#?}\n{:?} protected {:?}\n{:#?}", run.before, run.after, run.actor, run.protected, found.findings);
        }
        let is_of_change = |finding: &&Finding| finding.id != FindingId::ProtectedHasNone;
        if found.findings.iter().any(|finding| is_of_change(&finding)) {
            prop_assert!(may_take_away(&old, &new), "{:?}", found.findings);
        }
    }

    #[test]
    fn whatever_could_not_be_read_strict_refuses_harm_and_error_says_it_and_keeps_who_acts(
        before in world(),
        gone in any::<u16>(),
        added in world(),
        actor in select(&PEOPLE[..]),
        answer in 0_usize..2,
        protected in select(&PEOPLE[..]),
        hidden in 1_u8..64,
    ) {
        let mut after = changed(&before, gone, added);
        let hides = |bit: u8| hidden & (1 << bit) != 0;
        if hides(0) {
            // Whoever writes aws-auth leaves the access entries as they are.
            after.entries = before.entries.clone();
        }
        let run = Run { before, after, actor, answer, protected };
        let mut circumstances = Circumstances {
            unread: Unread::Against,
            ..run.circumstances()
        };
        if hides(1) {
            circumstances.rbac = Rbac::default();
        }
        if hides(2) {
            circumstances.nodes = Nodes::Unreadable;
        }
        if hides(3) {
            circumstances.iam = IamPrincipals {
                roles: Knowledge::Unreadable("not permitted".to_owned()),
                ..circumstances.iam
            };
        }
        if hides(4) && let Some(acting) = &mut circumstances.acting {
            acting.may_write = None;
            acting.is_admin = None;
        }
        if hides(5) {
            circumstances.running = Vec::new();
            circumstances.acting = None;
            circumstances.unread_caller = Some("not permitted".to_owned());
        }
        let view = |world: &World| {
            let mut view = world.view();
            if hides(0) {
                view.access_entries = Knowledge::Unreadable("not permitted".to_owned());
            }
            view
        };
        let (old, new) = (view(&run.before), view(&run.after));
        let harm = run.harm();
        if !harm.is_empty() {
            prop_assert!(may_take_away(&old, &new));
            let found = assess(&old, &new, &circumstances);
            let is_refused = !found.of_severity(Severity::Error).is_empty();
            prop_assert!(is_refused, "{harm:?} is let through\n{:#?}\n{:#?}\n{:#?}", run.before, run.after, found.findings);
            circumstances.unread = Unread::Open;
            let found = assess(&old, &new, &circumstances);
            prop_assert!(!found.findings.is_empty(), "{harm:?} is not said\n{:#?}\n{:#?}", run.before, run.after);
            let is_refused = !found.of_severity(Severity::Error).is_empty();
            let takes_from_actor = harm.contains(&"the acting identity") && !hides(5);
            prop_assert!(is_refused || !takes_from_actor, "taken from who acts\n{:#?}\n{:#?}\n{:#?}", run.before, run.after, found.findings);
        }
    }
}
