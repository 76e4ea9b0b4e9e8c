//! One world on the bed, from its making to the verdict.

use serde_json::{Value, json};

use crate::{
    bed::{
        cloud::{
            ACCOUNT, Cloud, PROD,
            access::{Beginning, Mode},
        },
        identity::Identity,
    },
    failure::Outcome,
};

use super::{
    aws_auth::{ENTRY_MARK, Item, MARK, Map},
    cast,
    chance::Chance,
    change::{Change, Kind, Request, change},
    rule::{Directed, Rule, directed},
    tally::Tally,
    truth::{Judge, Login, Truth},
    verdict::Harm,
    world::{Actor, Hidden, World, world},
    writer::{Acts, Order, Writer},
};

/// A world that was made, and what is about to happen in it.
pub(super) struct Stage<'s, 'c> {
    pub(super) cloud: &'c Cloud,
    pub(super) judge: &'s mut Judge<'c>,
    pub(super) world: World,
    pub(super) kind: Kind,
    pub(super) change: Change,
    /// Whether whoever is refused acknowledges it.
    pub(super) acknowledges: bool,
    pub(super) number: usize,
    /// The rule that is tried, and what the change would take without it.
    pub(super) is_about: Option<(Rule, Harm)>,
    /// How often the mark was moved.
    moved: usize,
}

impl<'s, 'c> Stage<'s, 'c> {
    /// Makes a world on the bed; `limit` takes from it what the change cannot be made with.
    pub(super) fn set(
        cloud: &'c Cloud,
        judge: &'s mut Judge<'c>,
        seed: u64,
        number: usize,
        limit: fn(&mut Map),
    ) -> Outcome<Stage<'s, 'c>> {
        let mut chance = Chance::of_world(seed, number);
        let kind = Kind::ALL
            .get(number % Kind::ALL.len())
            .copied()
            .unwrap_or(Kind::Changed);
        let mut world = world(number, &mut chance);
        limit(&mut world.map);
        let mut change = change(&world, kind, &mut chance);
        for _ in 0..50 {
            if !change.requests.is_empty() && change.after != world.map {
                break;
            }
            change = super::change::change(&world, kind, &mut chance);
        }
        limit(&mut change.after);
        let mut stage = Stage {
            cloud,
            judge,
            acknowledges: chance.in_a_hundred(25),
            world,
            kind,
            change,
            number,
            is_about: None,
            moved: 0,
        };
        stage.make(seed, chance.in_a_hundred(50))?;
        Ok(stage)
    }

    /// Makes a world in which one rule of the guard alone keeps what must stay.
    pub(super) fn of_a_rule(
        cloud: &'c Cloud,
        judge: &'s mut Judge<'c>,
        seed: u64,
        number: usize,
    ) -> Outcome<Stage<'s, 'c>> {
        let mut chance = Chance::of_world(seed, number);
        let Directed {
            rule,
            world,
            kind,
            change,
            harm,
        } = directed(number, &mut chance);
        let mut stage = Stage {
            cloud,
            judge,
            acknowledges: chance.in_a_hundred(25),
            world,
            kind,
            change,
            number,
            is_about: Some((rule, harm)),
            moved: 0,
        };
        stage.make(seed, false)?;
        Ok(stage)
    }

    fn make(&mut self, seed: u64, hides_single_entries: bool) -> Outcome {
        let (cloud, world) = (self.cloud, &self.world);
        self.cloud.emulator().control("clear-faults", &json!({}))?;
        cloud.begin_cluster(
            PROD,
            &Beginning {
                mode: world.mode,
                creator: &cloud.creator().arn,
                // EKS makes no cluster of aws-auth alone without it, and no entry in that mode.
                bootstrap: world.mode == Mode::ConfigMap || world.has_creator_entry,
                mounted: true,
            },
        )?;
        let mark = self.mark(seed);
        self.judge.prod.put_aws_auth(&world.map.data(&mark))?;
        if world.mode != Mode::ConfigMap {
            let own = json!({"principalArn": cast::user(ENTRY_MARK), "username": mark, "kubernetesGroups": []});
            let entries: Vec<Value> = world.entries.iter().cloned().chain([own]).collect();
            cloud.put_access_entries(PROD, &entries)?;
        }
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "gs-node"}});
        if world.has_nodes {
            self.judge.prod.ensure("/api/v1/nodes", &node)?;
        } else {
            self.judge
                .prod
                .ask("DELETE", "/api/v1/nodes/gs-node", None)?;
        }
        self.judge
            .wait_for_mark(MARK, (world.mode != Mode::Api).then_some(mark.as_str()))?;
        // Without its entry it comes by its account, where that is listed.
        let own = cast::user(ENTRY_MARK);
        let is_listed = world.map.accounts.iter().any(|account| account == ACCOUNT);
        let of_entry = match world.mode {
            Mode::ConfigMap => is_listed.then_some(own.as_str()),
            Mode::ApiAndConfigMap | Mode::Api => Some(mark.as_str()),
        };
        self.judge.wait_for_mark(ENTRY_MARK, of_entry)?;
        match world.hidden {
            Hidden::Entries => {
                self.deny("eks", "ListAccessEntries")?;
                if hides_single_entries {
                    self.deny("eks", "DescribeAccessEntry")?;
                }
                Ok(())
            }
            Hidden::Iam => self.deny("iam", "ListRoles"),
            Hidden::Nothing | Hidden::Rbac | Hidden::Nodes => Ok(()),
        }
    }

    fn deny(&self, service: &str, action: &str) -> Outcome {
        let code = if service == "iam" {
            "AccessDenied"
        } else {
            "AccessDeniedException"
        };
        let message = format!(
            "User: arn:aws:iam::{ACCOUNT}:user/ci is not authorized to perform: {service}:{action} on resource: *"
        );
        self.cloud.emulator().fault(json!({
            "action": action, "kind": "error", "status": 403, "code": code, "message": message, "times": 10_000,
        }))
    }

    fn mark(&self, seed: u64) -> String {
        format!("gs-mark-{seed}-{}-{}", self.number, self.moved)
    }

    /// Moves the mark, and waits until the authenticator has read it: then it has read everything before it too.
    pub(super) fn settle(&mut self) -> Outcome {
        if self.world.mode == Mode::Api {
            return Ok(());
        }
        self.moved += 1;
        let after = format!("gs-moved-{}-{}", self.number, self.moved);
        self.judge.prod.edit_aws_auth("mapUsers", |text| {
            let lines = text.lines().map(|line| match line.trim_start() {
                own if own.starts_with("username: gs-mark-")
                    || own.starts_with("username: gs-moved-") =>
                {
                    format!("  username: {after}\n")
                }
                _ => format!("{line}\n"),
            });
            lines.collect()
        })?;
        self.judge.wait_for_mark(MARK, Some(&after))
    }

    /// What the API server says before anything is changed.
    pub(super) fn ask_before(&mut self) -> Outcome<Truth> {
        let maps = [&self.world.map, &self.change.after];
        self.judge.ask(&self.world, &maps, &[&self.world.map])
    }

    /// What it says once something was; of several changes only some may have been made.
    pub(super) fn ask_after(&mut self) -> Outcome<Truth> {
        let maps = [&self.world.map, &self.change.after];
        let now = match self.change.requests.len() {
            1 => &maps[1..],
            _ => &maps[..],
        };
        self.judge.ask(&self.world, &maps, now)
    }

    /// Whoever acts, with keys of their own: the API server remembers a token for a moment, and one of the same second and keys is the same.
    pub(super) fn acts(&self) -> Outcome<Acts> {
        let arn = self.world.actor_arn.clone().unwrap_or_default();
        let runner = || self.judge.cast.runner.clone();
        Ok(match self.world.actor {
            Actor::Role => Acts::As(self.cloud.session(&arn, "alice")?),
            Actor::KubernetesRole => Acts::AsRole(runner(), arn),
            Actor::User => Acts::As(self.user(&arn)?),
            Actor::Creator => Acts::As(self.user(&self.cloud.creator().arn)?),
            Actor::Certificate => Acts::ByCertificate(runner()),
        })
    }

    fn user(&self, arn: &str) -> Outcome<Identity> {
        self.cloud
            .user(ACCOUNT, "/", arn.rsplit('/').next().unwrap_or_default())
    }

    /// Whether whoever acts is let in and may write, in whatever way the server answers it.
    pub(super) fn may_act(&self, truth: &Truth) -> bool {
        let Some(actor) = self.world.actor_in(truth) else {
            return true;
        };
        truth.get(&actor).is_some_and(|answers| {
            let writes =
                |answer: &Option<Login>| answer.as_ref().is_some_and(|login| login.power.writes);
            answers.iter().all(writes)
        })
    }

    pub(super) fn order<'o>(&'o self, acts: &'o Acts, requests: &[Request]) -> Outcome<Order<'o>> {
        let data = self.judge.prod.aws_auth_key("mapUsers")?;
        let mark = mark_in(&data).unwrap_or_default();
        Ok(Order {
            acts,
            guard: "error",
            protected: &self.world.protected,
            applies_later: &self.world.applies_later,
            acknowledgements: "",
            changes: requests.iter().map(|request| request.json(&mark)).collect(),
        })
    }

    /// The mark's entry as a configuration says it.
    pub(super) fn marked(&self) -> Outcome<String> {
        let users = self.judge.prod.aws_auth_key("mapUsers")?;
        let name = mark_in(&users).unwrap_or_default();
        Ok(format!(
            "    {{ userarn = \"{}\", username = \"{name}\", groups = [] }},\n",
            cast::user(MARK)
        ))
    }

    /// The world as a reader needs it to understand what went wrong.
    pub(super) fn described(&self) -> String {
        let item = |item: &Item| {
            format!(
                "    {:?} {} {} {:?}\n",
                item.section, item.arn, item.username, item.groups
            )
        };
        let map = |map: &Map| {
            let items: String = map.items.iter().map(item).collect();
            format!(
                "{items}    accounts {:?}{}\n",
                map.accounts,
                if map.is_broken {
                    ", mapRoles is broken"
                } else {
                    ""
                }
            )
        };
        let world = &self.world;
        format!(
            "  {:?} in {:?} by {:?} {:?}, hidden {:?}, protected {:?}, applies later {:?}, nodes {}\n  before:\n{}  after:\n{}  entries {:?}\n",
            self.kind,
            world.mode,
            world.actor,
            world.actor_arn,
            world.hidden,
            world.protected,
            world.applies_later,
            world.has_nodes,
            map(&world.map),
            map(&self.change.after),
            world.entries
        )
    }
}

fn mark_in(users: &str) -> Option<String> {
    let names = users
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("username: "));
    names
        .filter(|name| name.starts_with("gs-mark-") || name.starts_with("gs-moved-"))
        .map(str::to_owned)
        .next()
}

/// The change by the provider's own writer.
pub(super) fn made_by_the_writer(
    stage: &mut Stage<'_, '_>,
    writer: &mut Writer,
    tally: &mut Tally,
) -> Outcome {
    let before = stage.ask_before()?;
    if stage.is_about.is_none() && !stage.may_act(&before) {
        tally.not_made += 1;
        return Ok(());
    }
    let acts = stage.acts()?;
    let order = stage.order(&acts, &stage.change.requests)?;
    let made = writer.make(stage.cloud, order)?;
    stage.conclude(&before, &made, writer, tally)
}
