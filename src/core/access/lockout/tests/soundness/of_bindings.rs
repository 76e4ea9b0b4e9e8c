//! The same worlds with random roles and bindings, of which a change takes some, beside entries of aws-auth or alone.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};

use super::super::*;
use super::bindings::{Changed, change, changed, objects};
use super::model::Run;
use super::runs;
use crate::access::change::{ClusterState, UnderOneRbac};

/// A run whose change takes bindings too, and how the guard is told of that.
#[derive(Debug)]
struct BoundRun {
    run: Run,
    changed: Changed,
}

impl BoundRun {
    fn both(&self) -> UnderOneRbac {
        let before = ClusterState {
            view: self.run.before.view(),
            rbac: Some(self.run.before.rbac.clone()),
        };
        let after = before.after(&self.changed.changes);
        let after = ClusterState {
            view: self.run.after.view(),
            ..after
        };
        UnderOneRbac::between(&before, &after).unwrap()
    }

    fn assess(&self, unread: Unread) -> Assessment {
        let both = self.both();
        let circumstances = Circumstances {
            unread,
            rbac: both.rbac.clone(),
            less_bound: both.less.clone(),
            ..self.run.circumstances()
        };
        assess(&both.before, &both.after, &circumstances)
    }
}

fn bound_runs() -> impl Strategy<Value = BoundRun> {
    (runs(), objects(), change(), any::<bool>()).prop_map(|(mut run, objects, change, is_alone)| {
        let changed = changed(&objects, change);
        run.before.rbac = objects;
        if is_alone {
            run.after = run.before.clone();
        }
        run.after.rbac = changed.after.clone();
        BoundRun { run, changed }
    })
}

fn told(bound: &BoundRun, found: &Assessment) -> String {
    format!(
        "{:#?}\n{:#?}\n{:#?}\n{:?} protected {:?}\n{:#?}",
        bound.run.before,
        bound.run.after,
        bound.changed.changes,
        bound.run.actor,
        bound.run.protected,
        found.findings
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn no_harm_by_bindings_is_let_through(bound in bound_runs(), is_strict in any::<bool>()) {
        let harm = bound.run.harm();
        if !harm.is_empty() {
            let found = bound.assess(if is_strict { Unread::Against } else { Unread::Open });
            prop_assert!(bound.both().may_take_away(), "{harm:?} is not even looked at\n{}", told(&bound, &found));
            let is_refused = !found.of_severity(Severity::Error).is_empty();
            prop_assert!(is_refused, "{harm:?} is let through\n{}", told(&bound, &found));
        }
    }
}

#[test]
fn of_the_reductions_by_bindings_that_take_nothing_that_must_stay_at_most_one_in_fifty_is_refused()
{
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (mut reductions, mut refused) = (0, Vec::new());
    for _ in 0..8192 {
        let bound = bound_runs().new_tree(&mut runner).unwrap().current();
        if !bound.run.harm().is_empty() || !bound.run.reduces_somebody() {
            continue;
        }
        reductions += 1;
        let found = bound.assess(Unread::Open);
        if !found.of_severity(Severity::Error).is_empty() {
            refused.push(told(&bound, &found));
        }
    }
    assert!(reductions > 1000, "only {reductions} reductions");
    assert!(
        refused.len() * 50 <= reductions,
        "{} of {reductions} are refused, such as {}",
        refused.len(),
        refused.first().cloned().unwrap_or_default()
    );
}
