//! What a world is made to try: without it most changes take nothing that must stay, and a rule that is missing would seldom show.

use crate::bed::cloud::{ACCOUNT, OTHER_ACCOUNT};

use super::{
    aws_auth::{Item, Section},
    cast,
    chance::Chance,
    change::Kind,
    rbac::ADMIN_GROUPS,
    world::{World, dead_item, nodes_item},
};

/// What a change is likely to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Aim {
    Anything,
    Actor,
    Protected,
    LastAdmin,
    Nodes,
}

impl Aim {
    pub(super) const ALL: [Aim; 5] = [
        Aim::LastAdmin,
        Aim::Actor,
        Aim::Protected,
        Aim::Nodes,
        Aim::Anything,
    ];
}

impl World {
    /// Arranges the world so that a change of one entry takes what is aimed at and nothing else that must stay.
    pub(super) fn take_aim(&mut self, aim: Aim, kind: Kind, chance: &mut Chance) {
        match aim {
            Aim::Anything => {}
            Aim::Actor => {
                self.make_the_actor_an_editor();
                self.ensure(admin("glass", chance));
                self.aim = self.actor_arn.clone();
            }
            Aim::Protected => {
                self.make_the_actor_an_editor();
                self.ensure(admin("glass", chance));
                let item = match chance.below(4) {
                    0 => of("devs", "gs-somebody", &["gs-editors"]),
                    1 => of("devs", "gs-somebody", &["gs-viewers"]),
                    2 => of("devs", "gs-somebody", &["gs-binders"]),
                    _ => of("devs", "gs-editor", &["gs-viewers"]),
                };
                self.forget(&item.arn);
                self.protected = vec![item.arn.clone()];
                self.aim = Some(item.arn.clone());
                self.ensure(item);
            }
            Aim::LastAdmin => self.leave_one_admin(kind, chance),
            Aim::Nodes => {
                self.make_the_actor_an_editor();
                self.ensure(admin("glass", chance));
                self.has_nodes = true;
                self.ensure(nodes_item("nodes"));
                self.protected.clear();
                self.aim = Some(cast::role("nodes"));
            }
        }
    }

    /// One administrator, and others who look like one.
    fn leave_one_admin(&mut self, kind: Kind, chance: &mut Chance) {
        self.make_the_actor_an_editor();
        let is_admin = |item: &Item| {
            let is_of_admins = |group: &String| ADMIN_GROUPS.contains(&group.as_str());
            item.groups.iter().any(is_of_admins)
                || ["gs-admin", "gs:{{SessionName}}"].contains(&item.username.as_str())
        };
        self.map.items.retain(|item| !is_admin(item));
        self.map.accounts.clear();
        self.entries.retain(|entry| {
            let text = entry.to_string();
            !text.contains("gs-admins") && !text.contains("ClusterAdminPolicy")
        });
        self.has_creator_entry = false;
        self.protected.clear();
        self.applies_later.clear();
        if kind == Kind::Account {
            // Carol is an administrator by her ARN alone.
            self.map.items.retain(|item| item.arn != cast::carol());
            self.map.accounts.push(OTHER_ACCOUNT.to_owned());
            return;
        }
        let last = match chance.below(4) {
            0 => of("glass", "gs:{{SessionName}}", &[]),
            _ => admin("glass", chance),
        };
        self.forget(&last.arn);
        self.aim = Some(last.arn.clone());
        self.ensure(last);
        for decoy in decoys(chance) {
            self.forget(&decoy.arn);
            self.ensure(decoy);
        }
        // Either spelling may count; the one that is read last looks like an administrator.
        for (name, group) in [("Erin", "gs-viewers"), ("erin", "system:masters")] {
            self.ensure(Item {
                section: Section::Users,
                arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
                username: format!("gs-{name}"),
                groups: vec![group.to_owned()],
            });
        }
    }

    fn make_the_actor_an_editor(&mut self) {
        for item in &mut self.map.items {
            if self.actor_arn.as_deref() == Some(item.arn.as_str()) {
                for group in &mut item.groups {
                    if ADMIN_GROUPS.contains(&group.as_str()) {
                        *group = "gs-editors".to_owned();
                    }
                }
            }
        }
    }

    /// Adds an entry, unless somebody of its ARN is there.
    fn ensure(&mut self, item: Item) {
        let is_second_spelling = item.section == Section::Users;
        if is_second_spelling || !self.map.names(&item.arn) && !self.has_entry_of(&item.arn) {
            self.map.items.push(item);
        }
    }

    fn forget(&mut self, arn: &str) {
        self.map
            .items
            .retain(|item| !item.arn.eq_ignore_ascii_case(arn));
        let name = arn.rsplit('/').next().unwrap_or(arn);
        self.entries.retain(|entry| {
            let of = entry
                .get("principalArn")
                .and_then(|arn| arn.as_str())
                .unwrap_or_default();
            of.rsplit('/').next() != Some(name)
        });
    }
}

/// An administrator by a group.
pub(super) fn admin(role: &str, chance: &mut Chance) -> Item {
    let group = chance.pick(&ADMIN_GROUPS).unwrap_or("system:masters");
    of(role, "gs-somebody", &[group])
}

/// An entry of a role.
pub(super) fn of(role: &str, username: &str, groups: &[&str]) -> Item {
    Item {
        section: Section::Roles,
        arn: cast::role(role),
        username: username.to_owned(),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
    }
}

/// Who counts for no administrator: an ARN of nobody, a group that is called like a user, the name of a node, a name that depends on the session.
fn decoys(chance: &mut Chance) -> Vec<Item> {
    let template = Item {
        arn: cast::auditors(),
        ..of("", "gs:{{SessionName}}", &[])
    };
    vec![
        dead_item(chance),
        of("devs", "gs-somebody", &["gs-admin"]),
        of("more-nodes", "system:node:{{SessionName}}", &["gs-admins"]),
        template,
    ]
}
