use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::notebook::broken::Broken;
use crate::notebook::note::{Note, blank};
use crate::notebook::provider::{Notebook, NotesClient};
use crate::notebook::reading::{Join, NoteReader, Password};
use crate::{Attr, AttributePath, Diagnostic, Diagnostics, Value};

struct NotesFolder {
    directory: tempfile::TempDir,
}

impl NotesFolder {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn notes(&self) -> Harness<Note> {
        Harness::new(Note, Arc::new(NotesClient::new(self.directory.path())))
    }

    fn broken(&self) -> Harness<Broken> {
        Harness::new(Broken, Arc::new(NotesClient::new(self.directory.path())))
    }
}

fn provider_bug(detail: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider Bug",
        format!(
            "`notebook_broken`: {detail}. This is always a bug in the provider; please report it to its authors."
        ),
    )
}

#[test]
fn the_schemas_of_the_example_are_sound() {
    assert_eq!(check(&Notebook::default()), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_knows_what_can_be_known() {
    let room = NotesFolder::new();
    let planned = room
        .notes()
        .plan_create(json!({
            "name": "first",
            "text": "four",
            "tags": ["b", UNKNOWN, "a"],
            "sections": [{ "heading": "One" }, { "heading": UNKNOWN, "level": 2 }],
            "passphrase": "secret",
            "link": [{ "url": "here" }],
        }))
        .await
        .unwrap();
    assert_eq!(planned.action, Action::Create);
    assert_eq!(
        *planned.value(),
        Value::object([
            ("name", Value::from("first")),
            ("text", Value::from("four")),
            (
                "tags",
                Value::List(vec![Value::from("a"), Value::from("b"), Value::unknown()])
            ),
            ("weight", Value::Null),
            ("extra", Value::Null),
            (
                "sections",
                Value::List(vec![
                    Value::object([
                        ("heading", Value::from("One")),
                        ("level", Value::from(1)),
                        ("anchor", Value::unknown()),
                    ]),
                    Value::object([
                        ("heading", Value::unknown()),
                        ("level", Value::from(2)),
                        ("anchor", Value::unknown()),
                    ]),
                ])
            ),
            ("passphrase", Value::Null),
            ("pause", Value::Null),
            ("id", Value::unknown()),
            ("size", Value::from(4)),
            (
                "link",
                Value::List(vec![Value::object([("url", Value::from("here"))])])
            ),
        ])
    );
    assert!(planned.model.unwrap().tags.is_unknown());
}

#[tokio::test]
async fn a_note_lives_from_create_to_delete_and_its_second_plan_is_empty() {
    let room = NotesFolder::new();
    let notes = room.notes();
    let config = json!({ "name": "first", "text": "four", "sections": [{ "heading": "One Two" }] });
    let state = notes.create(config.clone()).await.unwrap();
    assert_eq!(state.model.id, Attr::Known("note-first".to_owned()));
    assert_eq!(state.private.entries["planned"], json!(true));

    let state = notes.read(&state).await.unwrap().unwrap();
    let second = notes.plan_update(&state, config).await.unwrap();
    assert_eq!(
        (second.action, second.value()),
        (Action::None, state.value())
    );

    let longer =
        json!({ "name": "first", "text": "longer", "sections": [{ "heading": "One Two" }] });
    let planned = notes.plan_update(&state, longer.clone()).await.unwrap();
    assert_eq!(planned.action, Action::Update);
    assert_eq!(
        planned.model.unwrap().id,
        Attr::Known("note-first".to_owned())
    );
    let state = notes.update(&state, longer).await.unwrap();
    assert_eq!(state.model.size, Attr::Known(6));

    let renamed = notes
        .plan_update(&state, json!({ "name": "second" }))
        .await
        .unwrap();
    assert_eq!(renamed.action, Action::Replace);
    assert_eq!(renamed.requires_replace, [AttributePath::attribute("name")]);
    let state = notes.apply(renamed).await.unwrap().unwrap();
    assert_eq!(state.model.id, Attr::Known("note-second".to_owned()));
    assert_eq!(state.model.text, Attr::Known(String::new()));

    notes.delete(&state).await.unwrap();
    assert_eq!(notes.read(&state).await.unwrap(), None);
    notes.delete(&state).await.unwrap();
}

#[tokio::test]
async fn an_import_fills_the_defaults() {
    let room = NotesFolder::new();
    let notes = room.notes();
    notes
        .create(json!({ "name": "first", "text": "four" }))
        .await
        .unwrap();
    let state = notes.import("first").await.unwrap().unwrap();
    assert_eq!(
        state.model,
        crate::notebook::note::NoteModel {
            text: Attr::Known("four".to_owned()),
            size: Attr::Known(4),
            id: Attr::Known("note-first".to_owned()),
            ..blank("first")
        }
    );
    let refused = notes.import("absent").await.unwrap_err();
    assert_eq!(
        refused,
        Diagnostics::from(Diagnostic::error(
            "Note Not Found",
            "There is no note `absent`. Write the name of an existing one.",
        ))
    );
}

#[tokio::test]
async fn wrong_configurations_are_refused_where_they_stand() {
    let room = NotesFolder::new();
    let notes = room.notes();
    let mut expected = Diagnostics::new();
    expected.error_at(
        AttributePath::attribute("name"),
        "Invalid Name",
        "`a/b` is not a name for a note: use letters without `/`, `\\` and `.`.",
    );
    expected.error_at(
        AttributePath::attribute("sections").index(0).at("heading"),
        "Missing Argument",
        "The argument `heading` is required and has no value.",
    );
    expected.error_at(
        AttributePath::attribute("id"),
        "Read-Only Attribute",
        "`id` is filled by the provider and cannot be set. Remove it.",
    );
    expected.error_at(
        AttributePath::attribute("link"),
        "Too Many Blocks",
        "No more than 3 `link` blocks are allowed.",
    );
    let link = json!({ "url": "here" });
    let refused = notes.validate(json!({
        "name": "a/b", "sections": [{}], "id": "mine", "link": [link, link, link, link],
    }));
    assert_eq!(refused, expected);

    let refused = notes.validate(json!({ "name": "a", "pause": -1 }));
    assert_eq!(
        refused,
        Diagnostics::from(
            Diagnostic::error(
                "Invalid Value",
                "The configuration of `notebook_note` cannot be used: `-1` is not a whole number between 0 and 4294967295.",
            )
            .at(AttributePath::attribute("pause"))
        )
    );
    assert!(
        notes
            .validate(json!({ "name": "a", "link": UNKNOWN }))
            .is_empty()
    );
}

#[tokio::test]
async fn what_was_made_before_a_cancel_is_kept() {
    let room = NotesFolder::new();
    let notes = room.notes();
    notes.cancel_token().cancel();
    let failure = notes
        .create(json!({ "name": "slow", "pause": 3600 }))
        .await
        .unwrap_err();
    assert_eq!(
        failure.state.unwrap().model.id,
        Attr::Known("note-slow".to_owned())
    );
    assert_eq!(
        failure.diagnostics.iter().next().unwrap().summary,
        "Cancelled"
    );
}

#[tokio::test]
async fn broken_promises_are_bugs_of_the_provider_and_no_state_is_lost() {
    let room = NotesFolder::new();
    let broken = room.broken();
    let config = |promise: &str| json!({ "promise": promise, "text": "as configured" });

    let refused = broken
        .plan_create(config("panics in plan"))
        .await
        .unwrap_err();
    assert_eq!(
        refused,
        Diagnostics::from(provider_bug("it panicked during plan: the plan fell over"))
    );
    let refused = broken
        .plan_create(config("plans another value"))
        .await
        .unwrap_err();
    assert_eq!(
        refused,
        Diagnostics::from(
            provider_bug("the planned value is not the configured one")
                .at(AttributePath::attribute("text"))
        )
    );

    let failure = broken.create(config("panics in create")).await.unwrap_err();
    assert_eq!(failure.state, None);
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(provider_bug(
            "it panicked during create: the create fell over"
        ))
    );
    let failure = broken
        .create(config("applies another value"))
        .await
        .unwrap_err();
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(
            provider_bug("what it applied is not what it planned")
                .at(AttributePath::attribute("text"))
        )
    );
    assert_eq!(
        failure.state.unwrap().model.text,
        Attr::Known("something else".to_owned())
    );
    let failure = broken.create(config("leaves unknown")).await.unwrap_err();
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(
            provider_bug("it left a value unknown in its state").at(AttributePath::attribute("id"))
        )
    );
    assert_eq!(failure.state.unwrap().model.id, Attr::Null);
    let failure = broken
        .create(config("fails without a reason"))
        .await
        .unwrap_err();
    assert_eq!(failure.state, None);
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(provider_bug("it failed and gave no reason"))
    );

    let state = broken.create(config("panics in delete")).await.unwrap();
    let failure = broken.delete(&state).await.unwrap_err();
    assert_eq!(
        failure.state,
        Some(state),
        "a failed delete keeps the state"
    );
}

#[test]
fn an_old_state_is_read_in_the_present_version() {
    let room = NotesFolder::new();
    let notes = room.notes();
    let old = notes
        .upgrade(
            0,
            &json!({ "name": "old", "body": "text", "id": "note-old", "gone": [1] }),
        )
        .unwrap();
    assert_eq!(old.model.text, Attr::Known("text".to_owned()));
    let same = notes
        .upgrade(
            1,
            &json!({ "name": "old", "text": "text", "id": "note-old", "gone": [1] }),
        )
        .unwrap();
    assert_eq!(same, old);
    let newer = notes.upgrade(2, &json!({ "name": "old" })).unwrap_err();
    assert_eq!(
        newer.iter().next().unwrap().summary,
        "State Of A Newer Provider"
    );
}

#[tokio::test]
async fn readers_and_functions_answer() {
    let room = NotesFolder::new();
    room.notes()
        .create(json!({ "name": "first", "text": "four" }))
        .await
        .unwrap();
    let shelf = Arc::new(NotesClient::new(room.directory.path()));
    let reader = DataSourceHarness::new(NoteReader, Arc::clone(&shelf));
    let (model, warnings) = reader.read(json!({ "name": "first" })).await.unwrap();
    assert_eq!(model.text, Attr::Known("four".to_owned()));
    assert!(warnings.is_empty());

    let password = EphemeralHarness::new(Password, shelf);
    let opened = password.open(json!({ "length": 3 })).await.unwrap();
    assert_eq!(opened.model.result, Attr::Known("xxx".to_owned()));
    let refused = password.open(json!({ "length": 256 })).await.unwrap_err();
    assert_eq!(
        refused.iter().next().unwrap().path,
        Some(AttributePath::attribute("length"))
    );

    assert_eq!(call(Join, &["-", "a", "b"]).unwrap(), Value::from("a-b"));
    assert_eq!(call(Join, &["-", "a", ""]).unwrap_err().argument, Some(2));
    assert_eq!(
        call(Join, &[json!("-"), json!(null)]).unwrap_err().argument,
        Some(1)
    );
}

#[tokio::test]
async fn an_identity_that_changes_or_is_half_is_a_bug_that_loses_no_state() {
    let broken = Harness::new(Broken, NotesClient::new("nowhere"));
    let config = |promise: &str, text: &str| json!({ "promise": promise, "text": text });
    let state = broken.create(config("changes its identity", "a")).await;
    let state = state.unwrap();
    assert_eq!(
        state.identity(),
        &Value::object([("id", Value::from("brokena"))])
    );
    let failure = broken
        .update(&state, config("changes its identity", "b"))
        .await
        .unwrap_err();
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(Diagnostic::error(
            "Provider Bug",
            "`notebook_broken`: its object has another identity than before. This is always a bug in the provider; please report it to its authors.",
        ))
    );
    let kept = failure.state.unwrap();
    assert_eq!(kept.model.text, Attr::Known("b".to_owned()));
    assert_eq!(kept.identity(), state.identity());
    let read = broken.read(&kept).await.unwrap_err();
    assert!(read.has_errors(), "a read that changes it is refused too");

    let half = broken.create(config("has half an identity", "a")).await;
    let failure = half.unwrap_err();
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(Diagnostic::error(
            "Provider Bug",
            "`notebook_broken`: the attribute `id` of its identity has no value. This is always a bug in the provider; please report it to its authors.",
        ))
    );
    assert_eq!(failure.state.unwrap().identity(), &Value::Null);
}
