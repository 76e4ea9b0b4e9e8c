//! Worlds in each of which one rule of the guard alone keeps what must stay: whoever breaks that rule sees it here, whatever the seed.

use serde_json::json;

use crate::bed::cloud::{ACCOUNT, OTHER_ACCOUNT, access::Mode};

use super::{
    aim::{admin, of},
    aws_auth::{Item, Map, Section},
    cast,
    chance::Chance,
    change::{Change, Kind, Request, in_another_case},
    rbac::{ADMIN_GROUPS, EDITOR_GROUPS, READS_NODES, READS_RBAC},
    verdict::Harm,
    world::{Actor, Hidden, World, dead_item, nodes_item},
};

/// A rule of the guard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    RunningIdentity,
    RightToWrite,
    AppliesLater,
    Protected,
    ProtectedGroups,
    ProtectedPower,
    Nodes,
    GroupOfNodes,
    NameOfNodes,
    LastAdmin,
    /// Who cannot come is no administrator that is left.
    Existence,
    UserOrGroup,
    NodesAreNoAdmins,
    Templates,
    /// Who might become an administrator is none that is left.
    FurtherSteps,
    /// An access entry counts, and aws-auth does not for whom it names.
    AccessEntries,
    Shadowing,
    CaseVariants,
    Accounts,
}

impl Rule {
    pub(super) const ALL: [Rule; 19] = [
        Rule::RunningIdentity,
        Rule::RightToWrite,
        Rule::AppliesLater,
        Rule::Protected,
        Rule::ProtectedGroups,
        Rule::ProtectedPower,
        Rule::Nodes,
        Rule::GroupOfNodes,
        Rule::NameOfNodes,
        Rule::LastAdmin,
        Rule::Existence,
        Rule::UserOrGroup,
        Rule::NodesAreNoAdmins,
        Rule::Templates,
        Rule::FurtherSteps,
        Rule::AccessEntries,
        Rule::Shadowing,
        Rule::CaseVariants,
        Rule::Accounts,
    ];
}

/// A world, a change of it, and what the change takes.
pub(super) struct Directed {
    pub(super) rule: Rule,
    pub(super) world: World,
    pub(super) kind: Kind,
    pub(super) change: Change,
    pub(super) harm: Harm,
}

/// The world of a number: the rules in turn, each in several forms.
pub(super) fn directed(number: usize, chance: &mut Chance) -> Directed {
    let rules = Rule::ALL.len();
    let rule = Rule::ALL
        .get(number % rules)
        .copied()
        .unwrap_or(Rule::RunningIdentity);
    let scene = Scene {
        rule,
        form: number / rules % FORMS,
        world: quiet_world(chance),
        chance,
    };
    scene.directed()
}

/// In so many forms a rule is tried.
pub(super) const FORMS: usize = 3;

/// Whoever acts may write aws-auth and no more, `glass` is an administrator, and there are nodes.
fn quiet_world(chance: &mut Chance) -> World {
    let actor = chance
        .pick(&[Actor::Role, Actor::KubernetesRole, Actor::User])
        .unwrap_or(Actor::Role);
    let (section, arn) = match actor {
        Actor::User => (Section::Users, cast::user("ops")),
        _ => (Section::Roles, cast::role("editors")),
    };
    let editors = chance.pick(&EDITOR_GROUPS).unwrap_or("gs-editors");
    let acting = Item {
        section,
        arn: arn.clone(),
        username: "gs-acting".to_owned(),
        groups: [editors, READS_RBAC, READS_NODES]
            .map(str::to_owned)
            .to_vec(),
    };
    World {
        mode: chance
            .pick(&[Mode::ConfigMap, Mode::ApiAndConfigMap])
            .unwrap_or(Mode::ConfigMap),
        map: Map {
            items: vec![
                acting,
                admin("glass", chance),
                of("platform", "gs-somebody-else", &["gs-viewers"]),
                nodes_item("nodes"),
            ],
            ..Map::default()
        },
        entries: Vec::new(),
        has_nodes: true,
        has_creator_entry: false,
        actor,
        actor_arn: Some(arn),
        hidden: Hidden::Nothing,
        protected: Vec::new(),
        applies_later: Vec::new(),
        aim: None,
    }
}

struct Scene<'c> {
    rule: Rule,
    form: usize,
    world: World,
    chance: &'c mut Chance,
}

impl Scene<'_> {
    fn directed(self) -> Directed {
        match self.rule {
            Rule::RunningIdentity => self.running_identity(),
            Rule::RightToWrite => self.right_to_write(),
            Rule::AppliesLater => self.applies_later(),
            Rule::Protected => self.protected(&["gs-viewers"], None),
            Rule::ProtectedGroups => self.protected_groups(),
            Rule::ProtectedPower => self.protected_power(),
            Rule::Nodes => self.nodes(|_| None),
            Rule::GroupOfNodes => self.nodes(|item| {
                let mut other = item.clone();
                other.groups.retain(|group| group != "system:nodes");
                Some(other)
            }),
            Rule::NameOfNodes => self.nodes(|item| {
                Some(Item {
                    username: "gs-somebody".to_owned(),
                    ..item.clone()
                })
            }),
            Rule::LastAdmin => self.last_admin(Vec::new()),
            Rule::Existence => {
                let left = dead_item(self.chance);
                self.last_admin(vec![left])
            }
            Rule::UserOrGroup => self.last_admin_beside(&[
                ("gs-somebody", Some("gs-admin")),
                ("gs-admins", None),
                ("system:masters", Some("gs-viewers")),
            ]),
            Rule::NodesAreNoAdmins => {
                let group = self.chance.pick(&ADMIN_GROUPS).unwrap_or("gs-admins");
                let left = of("more-nodes", "system:node:{{SessionName}}", &[group]);
                self.last_admin(vec![left])
            }
            Rule::Templates => self.templates(),
            Rule::FurtherSteps => self.last_admin_beside(&[
                ("gs-somebody", Some("gs-binders")),
                ("gs-somebody", Some("gs-escalators")),
                ("gs-somebody", Some("gs-impersonators")),
            ]),
            Rule::AccessEntries => self.access_entries(),
            Rule::Shadowing => self.shadowing(),
            Rule::CaseVariants => self.case_variants(),
            Rule::Accounts => self.accounts(),
        }
    }

    fn actor(&self) -> Item {
        let items = self.world.map.items.iter();
        let mut own = items.filter(|item| self.world.actor_arn.as_ref() == Some(&item.arn));
        own.next()
            .cloned()
            .unwrap_or_else(|| of("editors", "gs-acting", &[]))
    }

    /// An entry goes, or becomes another one: by its own resource, or in the whole map.
    fn becomes(self, harm: Harm, old: &Item, new: Option<Item>) -> Directed {
        let mut after = self.world.map.clone();
        after.items.retain(|item| item != old);
        after.items.extend(new.clone());
        let (kind, request) = match new {
            _ if self.chance.in_a_hundred(30) => (Kind::WholeMap, Request::Replace(after.clone())),
            Some(new) => (Kind::Changed, Request::Put(new)),
            None => (Kind::Removed, Request::Remove(old.clone())),
        };
        self.changed(harm, kind, request, after)
    }

    fn changed(self, harm: Harm, kind: Kind, request: Request, after: Map) -> Directed {
        Directed {
            rule: self.rule,
            harm,
            kind,
            change: Change {
                requests: vec![request],
                after,
            },
            world: self.world,
        }
    }

    fn running_identity(self) -> Directed {
        let own = self.actor();
        let new = Item {
            username: "system:node:{{EC2PrivateDNSName}}".to_owned(),
            ..own.clone()
        };
        // Nobody but an instance has the name of one: the server refuses whoever acts.
        let new = (self.form == 2).then_some(new);
        self.becomes(Harm::ActingIdentity, &own, new)
    }

    fn right_to_write(mut self) -> Directed {
        let own = self.actor();
        let mut new = own.clone();
        new.groups
            .retain(|group| !EDITOR_GROUPS.contains(&group.as_str()));
        match self.form {
            0 => {}
            1 => new.groups.push("gs-elsewhere".to_owned()),
            _ => {
                // By its name alone.
                let by_name = Item {
                    username: "gs-editor".to_owned(),
                    ..new.clone()
                };
                self.world.map.items.retain(|item| *item != own);
                self.world.map.items.push(by_name.clone());
                return self.becomes(Harm::ActingIdentity, &by_name, Some(new));
            }
        }
        self.becomes(Harm::ActingIdentity, &own, Some(new))
    }

    fn applies_later(mut self) -> Directed {
        let platform = of("devs", "gs-somebody", &["gs-editors"]);
        self.world.applies_later = vec![platform.arn.clone()];
        self.world.map.items.push(platform.clone());
        let new = match self.form {
            0 => None,
            1 => Some(of("devs", "gs-somebody", &["gs-viewers"])),
            _ => Some(of("devs", "gs-{{EC2PrivateDNSName}}", &["gs-editors"])),
        };
        self.becomes(Harm::AppliesLater, &platform, new)
    }

    /// A protected principal with groups that goes, or becomes another one.
    fn protected(mut self, groups: &[&str], new: Option<Item>) -> Directed {
        let devs = of("devs", "gs-somebody", groups);
        self.world.protected = vec![devs.arn.clone()];
        self.world.map.items.push(devs.clone());
        self.becomes(Harm::Protected, &devs, new)
    }

    fn protected_groups(self) -> Directed {
        let left: &[&str] = match self.form {
            0 => &["gs-viewers"],
            1 => &["gs-elsewhere", "gs-more"],
            _ => &[],
        };
        let new = of("devs", "gs-somebody", left);
        self.protected(&["gs-elsewhere", "gs-viewers"], Some(new))
    }

    /// What it can do hangs on its name.
    fn protected_power(mut self) -> Directed {
        let name = match self.form {
            0 => "gs-editor",
            1 => "gs-admin",
            _ => "gs:{{SessionName}}",
        };
        let devs = of("devs", name, &["gs-viewers"]);
        self.world.protected = vec![devs.arn.clone()];
        self.world.map.items.push(devs.clone());
        let new = of("devs", "gs-somebody", &["gs-viewers"]);
        self.becomes(Harm::Protected, &devs, Some(new))
    }

    fn nodes(mut self, new: impl Fn(&Item) -> Option<Item>) -> Directed {
        let mut more = nodes_item("more-nodes");
        if self.form == 2 {
            // As hybrid nodes come.
            "system:node:{{SessionName}}".clone_into(&mut more.username);
        }
        self.world.map.items.push(more.clone());
        let old = match self.form {
            0 => nodes_item("nodes"),
            _ => more,
        };
        let new = new(&old);
        self.becomes(Harm::Nodes, &old, new)
    }

    /// The only administrator goes; who is left beside it and whoever acts is none.
    fn last_admin(mut self, left: Vec<Item>) -> Directed {
        let is_glass = |item: &Item| item.arn == cast::role("glass");
        let Some(glass) = self
            .world
            .map
            .items
            .iter()
            .find(|item| is_glass(item))
            .cloned()
        else {
            return self.running_identity();
        };
        self.world.map.items.extend(left);
        let new = (self.form == 1).then(|| of("glass", "gs-somebody", &["gs-viewers"]));
        self.becomes(Harm::LastAdmin, &glass, new)
    }

    /// The same beside a role with a name and a group of these forms.
    fn last_admin_beside(self, forms: &[(&str, Option<&str>)]) -> Directed {
        let (name, group) = forms
            .get(self.form)
            .copied()
            .unwrap_or(("gs-somebody", None));
        let groups: Vec<&str> = group.into_iter().collect();
        self.last_admin(vec![of("devs", name, &groups)])
    }

    fn templates(mut self) -> Directed {
        let template = |role: &str| of(role, "gs:{{SessionName}}", &[]);
        match self.form {
            0 => self.last_admin(vec![template("devs")]),
            1 => {
                let auditors = Item {
                    arn: cast::auditors(),
                    ..template("")
                };
                self.last_admin(vec![auditors])
            }
            _ => {
                // Whoever goes is one by the name of a session.
                let glass = template("glass");
                self.world.map.items.retain(|item| item.arn != glass.arn);
                self.world.map.items.push(glass.clone());
                self.becomes(Harm::LastAdmin, &glass, None)
            }
        }
    }

    fn access_entries(mut self) -> Directed {
        self.world.mode = Mode::ApiAndConfigMap;
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/teams/devs");
        let policy = |name: &str, namespaces: &[&str]| {
            let scope = match namespaces {
                [] => json!({"type": "cluster"}),
                some => json!({"type": "namespace", "namespaces": some}),
            };
            json!([{"policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{name}"), "accessScope": scope}])
        };
        self.world.entries.push(match self.form {
            0 => json!({"principalArn": arn, "username": "gs-entry", "kubernetesGroups": ["gs-viewers"]}),
            1 => json!({"principalArn": arn, "policies": policy("AmazonEKSClusterAdminPolicy", &["default"])}),
            _ => json!({"principalArn": arn, "policies": policy("AmazonEKSViewPolicy", &[])}),
        });
        // aws-auth would make it an administrator.
        self.last_admin(vec![of("devs", "gs-somebody", &["system:masters"])])
    }

    /// The whole map with one entry more.
    fn with(self, harm: Harm, more: Item) -> Directed {
        let mut after = self.world.map.clone();
        after.items.push(more);
        self.changed(harm, Kind::Added, Request::Replace(after.clone()), after)
    }

    /// An entry that is added is taken instead of another one.
    fn shadowing(mut self) -> Directed {
        match self.form {
            0 => self.with(Harm::LastAdmin, of("glass", "gs-somebody", &["gs-viewers"])),
            1 => {
                let own = self.actor();
                let shadow = Item {
                    section: Section::Roles,
                    username: "gs-somebody".to_owned(),
                    groups: vec!["gs-viewers".to_owned()],
                    ..own
                };
                self.with(Harm::ActingIdentity, shadow)
            }
            _ => {
                let erin = erin("erin", "gs-viewers");
                self.world.protected = vec![erin.arn.clone()];
                self.world.map.items.push(erin.clone());
                let shadow = Item {
                    section: Section::Roles,
                    groups: Vec::new(),
                    ..erin
                };
                self.with(Harm::Protected, shadow)
            }
        }
    }

    /// Of a user's two spellings either may be taken; a role's are one.
    fn case_variants(mut self) -> Directed {
        match self.form {
            0 => self.last_admin(vec![
                erin("Erin", "gs-viewers"),
                erin("erin", "system:masters"),
            ]),
            1 => {
                let shadow = of("glass", "gs-somebody", &["gs-viewers"]);
                let arn = in_another_case(&shadow.arn);
                self.with(Harm::LastAdmin, Item { arn, ..shadow })
            }
            _ => {
                let own = erin("erin", "gs-viewers");
                self.world.protected = vec![own.arn.clone()];
                self.world.map.items.push(own);
                self.with(Harm::Protected, erin("Erin", "gs-elsewhere"))
            }
        }
    }

    /// Carol, whom no entry names, comes by her account; RBAC names her.
    fn accounts(mut self) -> Directed {
        self.world.map.accounts = vec![OTHER_ACCOUNT.to_owned()];
        let harm = match self.form {
            1 => {
                self.world.protected = vec![cast::carol()];
                Harm::Protected
            }
            _ => {
                self.world
                    .map
                    .items
                    .retain(|item| item.arn != cast::role("glass"));
                Harm::LastAdmin
            }
        };
        let after = Map {
            accounts: Vec::new(),
            ..self.world.map.clone()
        };
        let request = match self.form {
            2 => Request::Replace(after.clone()),
            _ => Request::RemoveAccount(OTHER_ACCOUNT.to_owned()),
        };
        self.changed(harm, Kind::Account, request, after)
    }
}

/// A user in one of two spellings.
fn erin(name: &str, group: &str) -> Item {
    Item {
        section: Section::Users,
        arn: cast::user(name),
        username: format!("gs-{name}"),
        groups: vec![group.to_owned()],
    }
}
