//! Random small worlds, judged by the guard and by a model that is written otherwise: no harm is let through, and next to nothing else is refused.

mod authorizer;
mod bindings;
mod model;
mod of_bindings;
mod world;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::*;
use model::{PEOPLE, Run};
use world::{World, changed, world};

fn runs() -> impl Strategy<Value = Run> {
    (
        world(),
        any::<u16>(),
        world(),
        select(&PEOPLE[..]),
        0_usize..2,
        select(&PEOPLE[..]),
    )
        .prop_map(|(before, gone, added, actor, answer, protected)| Run {
            after: changed(&before, gone, added),
            before,
            actor,
            answer,
            protected,
        })
}

/// How many worlds of so many are refused though nobody loses what must stay, of those in which somebody loses something; and what those are.
fn refused_without_harm(worlds: usize) -> (usize, Vec<String>) {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (mut reductions, mut refused) = (0, Vec::new());
    for _ in 0..worlds {
        let run = runs().new_tree(&mut runner).unwrap().current();
        if !run.harm().is_empty() || !run.reduces_somebody() {
            continue;
        }
        reductions += 1;
        let found = assess(&run.before.view(), &run.after.view(), &run.circumstances());
        let errors = found.of_severity(Severity::Error);
        if !errors.is_empty() {
            refused.push(format!("{run:#?}\n{errors:#?}"));
        }
    }
    (reductions, refused)
}

#[test]
fn of_the_reductions_that_take_nothing_that_must_stay_at_most_one_in_a_hundred_is_refused() {
    let (reductions, refused) = refused_without_harm(8192);
    assert!(reductions > 1000, "only {reductions} reductions");
    let first = refused.first().cloned().unwrap_or_default();
    assert!(
        refused.len() * 100 <= reductions,
        "{} of {reductions} are refused, such as {first}",
        refused.len()
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn no_harm_is_let_through_where_everything_was_read(
        run in runs(),
        is_strict in any::<bool>(),
    ) {
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
        mut run in runs(),
        hidden in 1_u8..64,
    ) {
        let hides = |bit: u8| hidden & (1 << bit) != 0;
        if hides(0) {
            // Whoever writes aws-auth leaves the access entries as they are.
            run.after.entries = run.before.entries.clone();
        }
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
