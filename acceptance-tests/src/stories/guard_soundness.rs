//! The guard in random worlds: nothing that must stay is taken by what it lets be written, and next to nothing else is refused. Changes are made by the
//! provider's own writer, a few by Terraform; the API server says before and after who is let in and may do what.

mod aim;
mod as_resources;
mod aws_auth;
mod cast;
mod chance;
mod change;
mod conclusion;
mod rbac;
mod rule;
mod stage;
mod tally;
mod truth;
mod verdict;
mod with_terraform;
mod world;
mod writer;

use super::story::stories;
use crate::{
    bed::cloud::{Cloud, PROD},
    failure::{Failure, Outcome},
};

use aws_auth::Map;
use cast::Cast;
use change::Kind;
use rule::{FORMS, Rule};
use stage::{Stage, made_by_the_writer};
use tally::Tally;
use truth::Judge;
use with_terraform::made_by_terraform;
use writer::Writer;

stories!("guard_soundness": worlds, each_rule, worlds_with_terraform);

/// From which all worlds are made.
const SEED: &str = "EKSAUTH_TEST_SEED";
/// How many worlds there are of each kind of change.
const WORLDS: &str = "EKSAUTH_TEST_WORLDS";
/// The one world that is made, by its number.
const WORLD: &str = "EKSAUTH_TEST_WORLD";

const WORLDS_OF_EACH_KIND: usize = 16;
/// After so many worlds that are wrong the rest says nothing new.
const MOST_FAILURES: usize = 10;

fn number(variable: &str) -> Outcome<Option<usize>> {
    let Some(value) = std::env::var_os(variable) else {
        return Ok(None);
    };
    let text = value.to_string_lossy();
    text.parse()
        .map(Some)
        .map_err(|_| Failure::new(format!("{variable} is no number: {text}")))
}

/// Which worlds are made.
struct Run {
    seed: u64,
    numbers: Vec<usize>,
}

impl Run {
    fn of(most: usize) -> Outcome<Run> {
        let seed = number(SEED)?.and_then(|seed| u64::try_from(seed).ok());
        Ok(Run {
            seed: seed.unwrap_or(1),
            numbers: match number(WORLD)? {
                Some(one) => vec![one],
                None => (0..most).collect(),
            },
        })
    }
}

fn worlds(cloud: &Cloud) -> Outcome {
    let each = number(WORLDS)?.unwrap_or(WORLDS_OF_EACH_KIND);
    let run = Run::of(each * Kind::ALL.len())?;
    told(cloud, &run, Worlds::ByChance(|_| {}), made_by_the_writer)
}

/// Each rule of the guard in each of its forms.
fn each_rule(cloud: &Cloud) -> Outcome {
    let run = Run::of(Rule::ALL.len() * FORMS)?;
    told(cloud, &run, Worlds::OfEachRule, made_by_the_writer)
}

fn worlds_with_terraform(cloud: &Cloud) -> Outcome {
    let each = number(WORLDS)?.unwrap_or(WORLDS_OF_EACH_KIND);
    let run = Run::of(each / 2)?;
    let worlds = Worlds::ByChance(with_terraform::limit);
    told(cloud, &run, worlds, made_by_terraform)
}

/// How worlds are made.
#[derive(Clone, Copy)]
enum Worlds {
    /// By chance; something is taken from the map with which the change cannot be made.
    ByChance(fn(&mut Map)),
    /// So that one rule of the guard alone keeps what must stay.
    OfEachRule,
}

fn told(
    cloud: &Cloud,
    run: &Run,
    worlds: Worlds,
    make: fn(&mut Stage<'_, '_>, &mut Writer, &mut Tally) -> Outcome,
) -> Outcome {
    let prod = cloud.cluster(PROD)?;
    rbac::make(cloud, &prod)?;
    let cast = Cast::make(cloud)?;
    let mut writer = Writer::start(cloud)?;
    let mut tally = Tally::default();
    let mut judge = Judge::new(&prod, &cast);
    for number in &run.numbers {
        let stage = match worlds {
            Worlds::ByChance(limit) => Stage::set(cloud, &mut judge, run.seed, *number, limit),
            Worlds::OfEachRule => Stage::of_a_rule(cloud, &mut judge, run.seed, *number),
        };
        // One that could not be made takes nothing from what the others showed.
        let mut stage = match stage {
            Ok(stage) => stage,
            Err(failure) => {
                let text = format!("world {number} of seed {} is not made: {failure}", run.seed);
                tally.failures.push(text);
                continue;
            }
        };
        if let Err(failure) = make(&mut stage, &mut writer, &mut tally) {
            tally.failures.push(format!(
                "world {number} of seed {}: {failure}\n{}",
                run.seed,
                stage.described()
            ));
        }
        if tally.failures.len() >= MOST_FAILURES {
            break;
        }
    }
    rbac::remove(cloud, &prod)?;
    prod.ask("DELETE", "/api/v1/nodes/gs-node", None)?;
    println!("  seed {}: {tally}", run.seed);
    tally.verdict()
}
