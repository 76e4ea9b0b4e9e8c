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
    failure::{Failure, Outcome, expect},
};

use super::{
    cast::{self, Session},
    chance::Chance,
    change::{Change, Kind, Request, change},
    tally::Tally,
    truth::{Judge, Truth},
    verdict::{Harm, Moments},
    world::{Actor, ENTRY_MARK, Hidden, Item, MARK, Map, World, world},
    writer::{Acts, Made, Order, Writer},
};

/// An acknowledgement may bring up a finding that was not the gravest before.
const MOST_ACKNOWLEDGED: usize = 4;

/// A world that was made, and what is about to happen in it.
pub(super) struct Stage<'s, 'c> {
    pub(super) cloud: &'c Cloud,
    judge: &'s mut Judge<'c>,
    pub(super) world: World,
    pub(super) kind: Kind,
    pub(super) change: Change,
    /// Whether whoever is refused acknowledges it.
    acknowledges: bool,
    number: usize,
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
            moved: 0,
        };
        stage.make(seed, chance.in_a_hundred(50))?;
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
                bootstrap: true,
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
        self.judge.wait_for_mark(
            ENTRY_MARK,
            (world.mode != Mode::ConfigMap).then_some(mark.as_str()),
        )?;
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
    fn settle(&mut self) -> Outcome {
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

    pub(super) fn ask(&mut self) -> Outcome<Truth> {
        self.judge
            .ask(&self.world, &[&self.world.map, &self.change.after])
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
        let Some(arn) = &self.world.actor_arn else {
            return true;
        };
        truth
            .get(&(arn.clone(), super::truth::session_number(Session::Alice)))
            .is_some_and(|answers| {
                answers
                    .iter()
                    .all(|answer| answer.as_ref().is_some_and(|login| login.power.writes))
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

    /// Judges what became of the change: what was written by what it took, what was refused by what it would have taken.
    pub(super) fn conclude(
        &mut self,
        before: &Truth,
        made: &[Made],
        writer: &mut Writer,
        tally: &mut Tally,
    ) -> Outcome {
        *tally.worlds.entry(self.kind).or_default() += 1;
        let said: String = made.iter().map(|made| made.said.as_str()).collect();
        let refused: Vec<Request> = self
            .change
            .requests
            .iter()
            .zip(made)
            .filter(|(_, made)| made.is_refused_by_the_guard())
            .map(|(request, _)| request.clone())
            .collect();
        let is_written = made.iter().any(|made| made.is_written);
        let mut now = before.clone();
        if is_written {
            self.settle()?;
            now = self.ask()?;
            self.judge_written(before, &now, &said, tally)?;
        }
        if refused.is_empty() {
            tally.not_made += usize::from(!is_written);
            return Ok(());
        }
        self.make_nevertheless(&refused, &said, writer, tally)?;
        self.settle()?;
        let then = self.ask()?;
        self.judge_refused(&now, &then, &said, tally)
    }

    fn judge_written(
        &self,
        before: &Truth,
        after: &Truth,
        said: &str,
        tally: &mut Tally,
    ) -> Outcome {
        let moments = self.moments(before, after);
        let harm = moments.harm();
        if harm.is_empty() {
            tally.written += 1;
            tally.reductions += usize::from(moments.reduces_somebody());
            return Ok(());
        }
        for harm in &harm {
            let is_allowed = *harm == Harm::LastAdmin
                && moments.acts_beside_the_rules()
                && said.contains(harm.finding());
            let is_unread = *harm != Harm::ActingIdentity && self.world.hidden.is_named_in(said);
            let text = || {
                format!(
                    "{harm:?} is taken by what was written\nsaid: {said}\nbefore: {before:#?}\nafter: {after:#?}"
                )
            };
            expect(is_allowed || is_unread, text())?;
            tally.allowed += usize::from(is_allowed);
            tally.unread += usize::from(!is_allowed);
        }
        Ok(())
    }

    fn judge_refused(
        &self,
        before: &Truth,
        after: &Truth,
        said: &str,
        tally: &mut Tally,
    ) -> Outcome {
        let moments = self.moments(before, after);
        let harm = moments.harm();
        let is_grave = |harm: &&Harm| **harm != Harm::LastAdmin || !moments.acts_beside_the_rules();
        if let Some(grave) = harm.iter().find(is_grave) {
            *tally.refused.entry(grave.finding()).or_default() += 1;
            return Ok(());
        }
        if self.world.hidden.is_named_in(said) {
            tally.unread += 1;
            return Ok(());
        }
        tally.reductions += 1;
        tally.false_refusals.push(format!(
            "world {}: {said}\nbefore: {before:#?}\nafter: {after:#?}\n{}",
            self.number,
            self.described()
        ));
        Ok(())
    }

    /// What was refused is made: acknowledged, or by somebody whom nothing is asked.
    fn make_nevertheless(
        &mut self,
        refused: &[Request],
        said: &str,
        writer: &mut Writer,
        tally: &mut Tally,
    ) -> Outcome {
        if self.acknowledges && self.is_made_acknowledged(refused, said, writer)? {
            tally.acknowledged += 1;
            return Ok(());
        }
        let acts = Acts::ByCertificate(self.judge.cast.runner.clone());
        let order = Order {
            guard: "off",
            ..self.order(&acts, refused)?
        };
        let made = writer.make(self.cloud, order)?;
        let errors: String = made
            .iter()
            .filter(|made| !made.is_written)
            .map(|made| made.said.as_str())
            .collect();
        expect(
            errors.is_empty(),
            format!("refused without a guard: {errors}"),
        )
    }

    fn is_made_acknowledged(
        &self,
        refused: &[Request],
        said: &str,
        writer: &mut Writer,
    ) -> Outcome<bool> {
        let mut acknowledgements = acknowledgements_in(said);
        for _ in 0..MOST_ACKNOWLEDGED {
            let acts = self.acts()?;
            let order = Order {
                acknowledgements: &acknowledgements,
                ..self.order(&acts, refused)?
            };
            let made = writer.make(self.cloud, order)?;
            if made.iter().all(|made| made.is_written) {
                return Ok(true);
            }
            let more: String = made.iter().map(|made| made.said.as_str()).collect();
            let more = acknowledgements_in(&more);
            if more.is_empty() {
                return Err(Failure::new(format!(
                    "acknowledged by {acknowledgements}, and refused: {made:?}"
                )));
            }
            // Some of several may be written by now; only what was refused is asked for again.
            if made.iter().any(|made| made.is_written) {
                return Ok(false);
            }
            acknowledgements = format!("{acknowledgements},{more}");
        }
        Err(Failure::new(format!(
            "acknowledged by {acknowledgements}, and refused"
        )))
    }

    fn moments<'m>(&'m self, before: &'m Truth, after: &'m Truth) -> Moments<'m> {
        Moments {
            world: &self.world,
            cast: self.judge.cast,
            before,
            after,
        }
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

/// What a refusal says to be set if it is meant.
fn acknowledgements_in(said: &str) -> String {
    let words = said
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("EKSAUTH_LOCKOUT_ACK="));
    let found: Vec<&str> = words.collect();
    found.join(",")
}

/// The change by the provider's own writer.
pub(super) fn made_by_the_writer(
    stage: &mut Stage<'_, '_>,
    writer: &mut Writer,
    tally: &mut Tally,
) -> Outcome {
    let before = stage.ask()?;
    if !stage.may_act(&before) {
        tally.not_made += 1;
        return Ok(());
    }
    let acts = stage.acts()?;
    let order = stage.order(&acts, &stage.change.requests)?;
    let made = writer.make(stage.cloud, order)?;
    stage.conclude(&before, &made, writer, tally)
}
