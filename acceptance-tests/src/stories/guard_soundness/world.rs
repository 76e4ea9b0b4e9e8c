//! A world: aws-auth as somebody left it, access entries, mode and nodes; who acts and how, who must stay, and what may not be read.

use serde_json::{Value, json};

use crate::bed::cloud::{ACCOUNT, OTHER_ACCOUNT, access::Mode};

use super::{
    aim::Aim,
    aws_auth::{Item, Map, Section},
    cast::{self, ROLES, USERS},
    chance::Chance,
    change::Kind,
    rbac::{ADMIN_GROUPS, EDITOR_GROUPS, OTHER_GROUPS, READS_NODES, READS_RBAC, USERNAMES},
};

/// Who acts on Kubernetes, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Actor {
    /// A session of a mapped role.
    Role,
    /// The same, assumed for Kubernetes alone by `kubernetes_role_arn`.
    KubernetesRole,
    /// A mapped user.
    User,
    /// Whoever made the cluster.
    Creator,
    /// The holder of a certificate.
    Certificate,
}

/// What whoever acts may not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hidden {
    Nothing,
    Rbac,
    Nodes,
    Entries,
    Iam,
}

impl Hidden {
    /// The words with which it must be named.
    pub(super) fn is_named_in(self, text: &str) -> bool {
        match self {
            Hidden::Nothing => false,
            Hidden::Rbac => text.contains("RBAC"),
            Hidden::Nodes => text.contains("nodes could not be read"),
            Hidden::Entries => text.contains("eks:ListAccessEntries"),
            Hidden::Iam => text.contains("iam:ListRoles"),
        }
    }
}

/// Everything before the change.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) mode: Mode,
    pub(super) map: Map,
    pub(super) entries: Vec<Value>,
    pub(super) has_nodes: bool,
    /// Whether the creator has an access entry, where there are any.
    pub(super) has_creator_entry: bool,
    pub(super) actor: Actor,
    /// Whoever acts, where it is of the cast.
    pub(super) actor_arn: Option<String>,
    pub(super) hidden: Hidden,
    pub(super) protected: Vec<String>,
    pub(super) applies_later: Vec<String>,
    /// Whose entry the change is likely to be about.
    pub(super) aim: Option<String>,
}

const ACTORS: [Actor; 6] = [
    Actor::Role,
    Actor::KubernetesRole,
    Actor::User,
    Actor::Role,
    Actor::Creator,
    Actor::Certificate,
];
const HIDDEN: [Hidden; 7] = [
    Hidden::Nothing,
    Hidden::Rbac,
    Hidden::Nothing,
    Hidden::Nodes,
    Hidden::Entries,
    Hidden::Nothing,
    Hidden::Iam,
];
const MODES: [Mode; 5] = [
    Mode::ConfigMap,
    Mode::ApiAndConfigMap,
    Mode::ConfigMap,
    Mode::ApiAndConfigMap,
    Mode::Api,
];

/// The lists above are gone through beside each other, so that whatever the kind of the change is, each of them comes.
pub(super) fn world(number: usize, chance: &mut Chance) -> World {
    let (round, kind) = (number / Kind::ALL.len(), number % Kind::ALL.len());
    let turn = |step: usize, length: usize| (round * step + kind) % length;
    let mut world = World {
        mode: MODES
            .get(turn(3, MODES.len()))
            .copied()
            .unwrap_or(Mode::ConfigMap),
        map: Map::default(),
        entries: Vec::new(),
        has_nodes: chance.in_a_hundred(75),
        has_creator_entry: chance.in_a_hundred(40),
        actor: ACTORS
            .get(turn(1, ACTORS.len()))
            .copied()
            .unwrap_or(Actor::Role),
        actor_arn: None,
        hidden: HIDDEN
            .get(turn(2, HIDDEN.len()))
            .copied()
            .unwrap_or(Hidden::Nothing),
        protected: Vec::new(),
        applies_later: Vec::new(),
        aim: None,
    };
    world.add_actor(chance);
    world.add_others(chance);
    world.add_entries(chance);
    world.choose_who_must_stay(chance);
    let aim = Aim::ALL.get(turn(1, Aim::ALL.len())).copied();
    let of_kind = Kind::ALL.get(kind).copied().unwrap_or(Kind::Changed);
    world.take_aim(aim.unwrap_or(Aim::Anything), of_kind, chance);
    world
}

impl World {
    fn add_actor(&mut self, chance: &mut Chance) {
        let (section, arn) = match self.actor {
            Actor::Role | Actor::KubernetesRole => {
                let name = chance
                    .pick(&["editors", "admins", "platform"])
                    .unwrap_or("editors");
                (Section::Roles, cast::role(name))
            }
            Actor::User => (Section::Users, cast::user("ops")),
            Actor::Creator | Actor::Certificate => return,
        };
        let mut groups = vec![if chance.in_a_hundred(30) {
            pick(&ADMIN_GROUPS, chance)
        } else {
            pick(&EDITOR_GROUPS, chance)
        }];
        for (group, hides) in [(READS_RBAC, Hidden::Rbac), (READS_NODES, Hidden::Nodes)] {
            if self.hidden != hides {
                groups.push(group.to_owned());
            }
        }
        let username = if chance.in_a_hundred(15) {
            groups.remove(0);
            "gs-editor".to_owned()
        } else {
            "gs-acting".to_owned()
        };
        self.actor_arn = Some(arn.clone());
        if self.mode == Mode::Api || self.mode == Mode::ApiAndConfigMap && chance.in_a_hundred(20) {
            groups.retain(|group| !group.starts_with("system:"));
            groups.push("gs-editors".to_owned());
            self.entries.push(
                json!({"principalArn": arn, "username": username, "kubernetesGroups": groups}),
            );
            return;
        }
        self.map.items.push(Item {
            section,
            arn,
            username,
            groups,
        });
    }

    fn add_others(&mut self, chance: &mut Chance) {
        for (name, percent) in [("admins", 40), ("glass", 25)] {
            if chance.in_a_hundred(percent) && !self.map.names(&cast::role(name)) {
                self.map.items.push(Item {
                    section: Section::Roles,
                    arn: cast::role(name),
                    username: "gs-somebody".to_owned(),
                    groups: vec![pick(&ADMIN_GROUPS, chance)],
                });
            }
        }
        for _ in 0..chance.below(4) {
            let item = random_item(chance);
            if self.actor_arn.as_deref() != Some(item.arn.as_str()) {
                self.map.items.push(item);
            }
        }
        if chance.in_a_hundred(70) {
            self.map.items.push(nodes_item("nodes"));
        }
        if chance.in_a_hundred(35) {
            self.map.items.push(dead_item(chance));
        }
        if chance.in_a_hundred(25) {
            let spelling = |name: &str| format!("arn:aws:iam::{ACCOUNT}:user/{name}");
            for name in ["erin", "Erin"] {
                let item = random_grant(chance);
                self.map.items.push(Item {
                    section: Section::Users,
                    arn: spelling(name),
                    ..item
                });
            }
        }
        for (account, percent) in [(OTHER_ACCOUNT, 30), (ACCOUNT, 8)] {
            if chance.in_a_hundred(percent) {
                self.map.accounts.push(account.to_owned());
            }
        }
    }

    fn add_entries(&mut self, chance: &mut Chance) {
        if self.mode == Mode::ConfigMap {
            return;
        }
        for name in ["glass", "devs", "more-nodes"] {
            if !chance.in_a_hundred(30) {
                continue;
            }
            let path = if name == "devs" { "teams/" } else { "" };
            let arn = format!("arn:aws:iam::{ACCOUNT}:role/{path}{name}");
            self.entries.push(if name == "more-nodes" {
                json!({"principalArn": arn, "type": "EC2_LINUX"})
            } else {
                entry(&arn, chance)
            });
        }
    }

    fn choose_who_must_stay(&mut self, chance: &mut Chance) {
        let mut named: Vec<String> = self.map.items.iter().map(|item| item.arn.clone()).collect();
        named.push(cast::carol());
        named.push(cast::role("devs"));
        let is_cast = |arn: &String| {
            ROLES.iter().any(|name| *arn == cast::role(name))
                || USERS.iter().any(|name| *arn == cast::user(name))
                || *arn == cast::carol()
                || *arn == cast::auditors()
        };
        named.retain(is_cast);
        if chance.in_a_hundred(75) {
            self.protected.extend(chance.pick(&named));
        }
        if chance.in_a_hundred(12) {
            self.applies_later.extend(chance.pick(&named));
        }
    }
}

/// An access entry with groups or a policy.
fn entry(arn: &str, chance: &mut Chance) -> Value {
    if chance.in_a_hundred(40) {
        return json!({"principalArn": arn, "username": "gs-entry", "kubernetesGroups": [pick(&["gs-admins", "gs-editors", "gs-viewers"], chance)]});
    }
    let (name, scope) = match chance.below(4) {
        0 => ("AmazonEKSClusterAdminPolicy", json!({"type": "cluster"})),
        1 => (
            "AmazonEKSAdminPolicy",
            json!({"type": "namespace", "namespaces": ["kube-system"]}),
        ),
        2 => (
            "AmazonEKSEditPolicy",
            json!({"type": "namespace", "namespaces": ["default"]}),
        ),
        _ => ("AmazonEKSViewPolicy", json!({"type": "cluster"})),
    };
    let policy = format!("arn:aws:eks::aws:cluster-access-policy/{name}");
    json!({"principalArn": arn, "policies": [{"policyArn": policy, "accessScope": scope}]})
}

fn pick(from: &[&str], chance: &mut Chance) -> String {
    chance.pick(from).unwrap_or_default().to_owned()
}

/// What somebody may be given: a name and groups; the ARN and the section are another's to set.
pub(super) fn random_grant(chance: &mut Chance) -> Item {
    let groups = match chance.below(10) {
        0 => vec![pick(&ADMIN_GROUPS, chance)],
        1..=3 => vec![pick(&EDITOR_GROUPS, chance)],
        4 => vec![pick(&EDITOR_GROUPS, chance), pick(&OTHER_GROUPS, chance)],
        5 => Vec::new(),
        _ => vec![pick(&OTHER_GROUPS, chance)],
    };
    Item {
        section: Section::Roles,
        arn: String::new(),
        username: pick(&USERNAMES, chance),
        groups,
    }
}

/// An entry of somebody of the cast.
pub(super) fn random_item(chance: &mut Chance) -> Item {
    let grant = random_grant(chance);
    if chance.in_a_hundred(30) {
        let arn = match chance.below(3) {
            0 => cast::carol(),
            _ => cast::user(&pick(&USERS, chance)),
        };
        return Item {
            section: Section::Users,
            arn,
            ..grant
        };
    }
    let name = pick(&ROLES, chance);
    if name.ends_with("nodes") && chance.in_a_hundred(70) {
        return nodes_item(&name);
    }
    let arn = if chance.in_a_hundred(10) {
        cast::auditors()
    } else {
        cast::role(&name)
    };
    Item { arn, ..grant }
}

/// An entry by which nodes come.
pub(super) fn nodes_item(role: &str) -> Item {
    Item {
        section: Section::Roles,
        arn: cast::role(role),
        username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
        groups: ["system:bootstrappers", "system:nodes"]
            .map(str::to_owned)
            .to_vec(),
    }
}

/// An entry with power that lets nobody in.
pub(super) fn dead_item(chance: &mut Chance) -> Item {
    let arn = match chance.below(8) {
        0 => format!("arn:aws:iam::{ACCOUNT}:role/AWSReservedSSO_*"),
        1 => format!("arn:aws:iam::{ACCOUNT}:instance-profile/admins"),
        2 => format!("arn:aws:iam::{ACCOUNT}:group/admins"),
        3 => format!("arn:aws:iam::{ACCOUNT}:role/teams/devs"),
        4 => format!("arn:aws-cn:iam::{ACCOUNT}:role/admins"),
        5 => "arn:aws:iam::11112222333:role/admins".to_owned(),
        6 => format!("arn:aws:sts::{ACCOUNT}:assumed-role/admins/alice"),
        _ => cast::role("left-the-company"),
    };
    Item {
        section: Section::Roles,
        arn,
        username: "gs-dead".to_owned(),
        groups: vec!["system:masters".to_owned()],
    }
}
