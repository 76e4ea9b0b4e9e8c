mod phase;

use std::time::{Duration, Instant};

use super::*;
use crate::cause::Cause;
use crate::claims::{Claims, Holder};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::value::Value;

fn cause(key: &str) -> Cause {
    Cause {
        key: key.to_owned(),
        name: format!("The service {key} is out of reach"),
        about: "Note `a`".to_owned(),
    }
}

fn failure(key: &str) -> Diagnostics {
    Diagnostic::error("Cannot Read Note", "connection refused, check the cable")
        .caused_by(cause(key))
        .into()
}

fn note() -> Holder {
    Holder {
        label: String::new(),
        is_in_state: false,
        config: String::new(),
        content: None,
    }
}

/// What an object of this state says to a failure, and whether it has an answer.
fn meets(causes: &Causes, rpc: Rpc, state: &str, key: &str) -> (Vec<String>, bool) {
    meets_at(
        causes,
        &Claims::in_memory(),
        Instant::now(),
        rpc,
        state,
        key,
    )
}

fn meets_at(
    causes: &Causes,
    claims: &Claims,
    began: Instant,
    rpc: Rpc,
    state: &str,
    key: &str,
) -> (Vec<String>, bool) {
    let before = match state {
        "" => Value::Null,
        state => Value::from(state),
    };
    let question = Question {
        began,
        ..Question::new(rpc, "notebook_note", &before)
    };
    causes.note(rpc);
    let outcome = Outcome {
        notes: Diagnostics::new(),
        result: Err(failure(key)),
        kept: matches!(rpc, Rpc::Read | Rpc::Plan).then_some(()),
    };
    let settled = causes.settle(&question, claims, outcome);
    let said = settled.diagnostics.iter();
    let said = said.map(|one| match one.severity {
        Severity::Error => format!("error: {}", one.summary),
        Severity::Warning => format!("warning: {}", one.summary),
    });
    (said.collect(), settled.answer.is_some())
}

fn in_full() -> (Vec<String>, bool) {
    (vec!["error: Cannot Read Note".to_owned()], false)
}

fn briefly() -> (Vec<String>, bool) {
    (vec!["error: Failed For The Same Reason".to_owned()], false)
}

fn as_warning() -> (Vec<String>, bool) {
    (
        vec!["warning: Not Checked For The Same Reason".to_owned()],
        true,
    )
}

#[test]
fn the_first_of_a_plan_tells_the_cause_and_the_others_answer_with_what_they_have() {
    let causes = Causes::default();
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), in_full());
    for state in ["b", "c", "d"] {
        assert_eq!(meets(&causes, Rpc::Read, state, "post"), as_warning());
        assert_eq!(meets(&causes, Rpc::Plan, state, "post"), as_warning());
    }
    for _ in 0..3 {
        assert_eq!(meets(&causes, Rpc::Plan, "", "post"), as_warning());
    }
}

#[test]
fn of_forty_at_once_one_tells_the_cause_in_full() {
    let causes = Causes::default();
    let threads = (0..40).map(|number| {
        let causes = causes.clone();
        std::thread::spawn(move || meets(&causes, Rpc::Read, &number.to_string(), "post"))
    });
    let threads: Vec<_> = threads.collect();
    let answers: Vec<_> = threads.into_iter().map(|one| one.join().unwrap()).collect();
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    assert_eq!((count(in_full()), count(as_warning())), (1, 39));
}

#[test]
fn another_cause_has_an_error_of_its_own() {
    let causes = Causes::default();
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Read, "b", "bank"), in_full());
    assert_eq!(meets(&causes, Rpc::Read, "c", "bank"), as_warning());
    assert_eq!(meets(&causes, Rpc::Read, "d", "post"), as_warning());
}

#[test]
fn an_object_that_meets_a_told_cause_and_a_new_one_fails_with_the_new_one() {
    let causes = Causes::default();
    meets(&causes, Rpc::Read, "a", "post");
    let before = Value::from("b");
    let mut both = failure("post");
    both.extend(failure("bank"));
    let outcome = Outcome {
        notes: Diagnostics::new(),
        result: Err(both),
        kept: Some(()),
    };
    let question = Question::new(Rpc::Read, "notebook_note", &before);
    let settled = causes.settle(&question, &Claims::in_memory(), outcome);
    assert_eq!(settled.answer, None);
    assert!(settled.diagnostics.has_errors());
}

#[test]
fn an_error_without_a_cause_is_never_excused() {
    let causes = Causes::default();
    let before = Value::from("b");
    for _ in 0..2 {
        let outcome = Outcome {
            notes: Diagnostics::new(),
            result: Err(Diagnostic::error("Refused", "no").into()),
            kept: Some(()),
        };
        let question = Question::new(Rpc::Read, "notebook_note", &before);
        let settled = causes.settle(&question, &Claims::in_memory(), outcome);
        assert_eq!(settled.answer, None);
    }
}

#[test]
fn what_is_applied_always_fails_and_points_to_the_first() {
    let causes = Causes::default();
    assert_eq!(meets(&causes, Rpc::Apply, "a", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Apply, "b", "post"), briefly());
    assert_eq!(meets(&causes, Rpc::Apply, "", "post"), briefly());
    assert_eq!(meets(&causes, Rpc::Plan, "c", "post"), briefly());
}

#[test]
fn an_import_and_a_data_source_fail_briefly() {
    let causes = Causes::default();
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Import, "", "post"), briefly());
    assert_eq!(meets(&causes, Rpc::Data, "", "post"), briefly());
}

#[test]
fn a_data_source_whose_error_may_be_a_warning_excuses_no_resource() {
    let causes = Causes::default();
    assert_eq!(meets(&causes, Rpc::Data, "", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Data, "", "post"), briefly());
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), briefly());
    assert_eq!(meets(&causes, Rpc::Read, "b", "post"), as_warning());
}

#[test]
fn each_walk_of_one_configuration_is_told_anew() {
    let causes = Causes::default();
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Apply, "a", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Apply, "b", "post"), briefly());
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), in_full());
}

#[test]
fn an_object_that_is_asked_about_again_is_in_another_plan() {
    let causes = Causes::default();
    meets(&causes, Rpc::Read, "a", "post");
    assert_eq!(meets(&causes, Rpc::Read, "b", "post"), as_warning());
    assert_eq!(meets(&causes, Rpc::Read, "b", "post"), in_full());
    assert_eq!(meets(&causes, Rpc::Read, "a", "post"), as_warning());
}

#[test]
fn a_cause_that_comes_back_after_it_was_gone_is_told_again() {
    let (causes, claims) = (Causes::default(), Claims::in_memory());
    meets(&causes, Rpc::Read, "a", "post");
    let later = Instant::now() + Duration::from_secs(31);
    assert_eq!(
        meets_at(&causes, &claims, later, Rpc::Read, "b", "post"),
        in_full()
    );
    assert_eq!(meets(&causes, Rpc::Read, "c", "post"), as_warning());
}

#[test]
fn a_plan_in_an_apply_gives_no_answer_that_would_be_applied() {
    let folder = tempfile::tempdir().unwrap();
    let plan = Claims::in_folder(folder.path());
    plan.hold("note a", note());
    let apply = Claims::in_folder(folder.path());
    let causes = Causes::default();
    let now = Instant::now();
    for wanted in [in_full(), briefly(), briefly()] {
        assert_eq!(
            meets_at(&causes, &apply, now, Rpc::Plan, "", "post"),
            wanted
        );
    }
    assert_eq!(
        meets_at(&causes, &apply, now, Rpc::Read, "x", "post"),
        as_warning(),
        "what is read is planned"
    );
    assert_eq!(
        meets_at(&causes, &apply, now, Rpc::Plan, "", "post"),
        as_warning()
    );
}

#[test]
fn a_warning_with_a_cause_is_said_once() {
    let causes = Causes::default();
    let said: usize = (0..5)
        .map(|number| {
            let before = Value::from(number.to_string().as_str());
            let notes = Diagnostic::warning("Not There Yet", "wait").caused_by(cause("prod"));
            let outcome = Outcome {
                notes: notes.into(),
                result: Ok(()),
                kept: None,
            };
            let question = Question::new(Rpc::Plan, "notebook_note", &before);
            let settled = causes.settle(&question, &Claims::in_memory(), outcome);
            assert_eq!(settled.answer, Some(()));
            settled.diagnostics.iter().count()
        })
        .sum();
    assert_eq!(said, 1);
}

#[test]
fn the_texts_say_where_the_cause_is_told() {
    let cause = cause("post");
    let warning = diagnostics::not_checked(&cause, "Cannot Read Note").detail;
    assert!(warning.contains("\"Cannot Read Note\""), "{warning}");
    assert!(!warning.contains("Note `a`"), "{warning}");
    let error = diagnostics::failed_alike(&cause, "Cannot Read Note").detail;
    assert_eq!(
        error,
        "Note `a`: The service post is out of reach. The error \"Cannot Read Note\" of this run says why and what to do."
    );
}
