//! Identities over the protocol, as Terraform 1.12 and OpenTofu 1.12 ask for them.

use std::path::Path;

use serde_json::json;
use tonic::Request;

use crate::conform::conform;
use crate::notebook::note::Note;
use crate::notebook::provider::Notebook;
use crate::proto::tfplugin6 as proto;
use crate::rpc::{Server, Service, wire};
use crate::types::Type;
use crate::value::Value;
use crate::{Provider, Resource};

const NOTE: &str = "notebook_note";

fn identity_type() -> Type {
    Type::object([("name", Type::String), ("id", Type::String)])
}

fn note_identity(name: Value, id: Value) -> Value {
    Value::object([("name", name), ("id", id)])
}

fn on_wire(value: Value, r#type: &Type) -> Option<proto::DynamicValue> {
    Some(wire::encode(&conform(value, r#type).unwrap(), r#type).unwrap())
}

fn data(identity: Value) -> Option<proto::ResourceIdentityData> {
    Some(proto::ResourceIdentityData {
        identity_data: on_wire(identity, &identity_type()),
    })
}

fn identity(data: Option<&proto::ResourceIdentityData>) -> Value {
    let value = data.and_then(|data| data.identity_data.as_ref());
    wire::decode(value, &identity_type()).unwrap()
}

/// A notebook with a folder, and the note `a` in it.
async fn notebook(folder: &Path) -> Server<Notebook> {
    let note = json!({ "name": "a", "text": "hello", "id": "note-a" });
    std::fs::write(folder.join("a.json"), note.to_string()).unwrap();
    let server = Server::new(Notebook {
        folder: Some(folder.to_owned()),
    });
    let block = Notebook::default().schema().value_type();
    let directory = Value::from(folder.to_str().unwrap());
    let config = on_wire(Value::object([("directory", directory)]), &block);
    let validate = proto::validate_provider_config::Request {
        config: config.clone(),
    };
    let answer = server.validate_provider_config(Request::new(validate));
    assert_eq!(answer.await.unwrap().into_inner().diagnostics, []);
    let configure = proto::configure_provider::Request {
        config,
        ..proto::configure_provider::Request::default()
    };
    let answer = server.configure_provider(Request::new(configure)).await;
    assert_eq!(answer.unwrap().into_inner().diagnostics, []);
    server
}

async fn imported(
    server: &Server<Notebook>,
    request: proto::import_resource_state::Request,
) -> proto::import_resource_state::Response {
    let request = proto::import_resource_state::Request {
        type_name: NOTE.to_owned(),
        ..request
    };
    let answer = server.import_resource_state(Request::new(request)).await;
    answer.unwrap().into_inner()
}

async fn upgraded(version: i64, stored: &str) -> proto::upgrade_resource_identity::Response {
    let server = Server::new(Notebook::default());
    let request = proto::upgrade_resource_identity::Request {
        type_name: NOTE.to_owned(),
        version,
        raw_identity: Some(proto::RawState {
            json: stored.as_bytes().to_owned(),
            ..proto::RawState::default()
        }),
    };
    let answer = server
        .upgrade_resource_identity(Request::new(request))
        .await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn every_resource_with_an_identity_shows_its_schema() {
    let server = Server::new(Notebook::default());
    let request = proto::get_resource_identity_schemas::Request {};
    let answer = server.get_resource_identity_schemas(Request::new(request));
    let schemas = answer.await.unwrap().into_inner().identity_schemas;
    assert_eq!(
        schemas.keys().collect::<Vec<_>>(),
        ["notebook_broken", "notebook_note"]
    );
    let note = &schemas[NOTE];
    assert_eq!(
        note.version, 1001,
        "a resource that takes over other providers' states has newer identities than they"
    );
    assert_eq!(schemas["notebook_broken"].version, 0);
    let attributes: Vec<_> = note
        .identity_attributes
        .iter()
        .map(|attribute| {
            (
                attribute.name.as_str(),
                std::str::from_utf8(&attribute.r#type).unwrap(),
                attribute.required_for_import,
                attribute.optional_for_import,
            )
        })
        .collect();
    assert_eq!(
        attributes,
        [
            ("name", "\"string\"", true, false),
            ("id", "\"string\"", false, true)
        ]
    );
}

#[tokio::test]
async fn an_import_by_identity_is_an_import_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let server = notebook(folder.path()).await;
    let by_id = proto::import_resource_state::Request {
        id: "a".to_owned(),
        ..proto::import_resource_state::Request::default()
    };
    let by_id = imported(&server, by_id).await;
    assert_eq!(
        identity(by_id.imported_resources[0].identity.as_ref()),
        note_identity("a".into(), "note-a".into())
    );
    for id in [Value::Null, Value::from("note-a")] {
        let by_identity = proto::import_resource_state::Request {
            identity: data(note_identity("a".into(), id)),
            ..proto::import_resource_state::Request::default()
        };
        assert_eq!(imported(&server, by_identity).await, by_id);
    }
    let another = proto::import_resource_state::Request {
        identity: data(note_identity("a".into(), "note-b".into())),
        ..proto::import_resource_state::Request::default()
    };
    let refused = imported(&server, another).await;
    assert_eq!(refused.diagnostics[0].summary, "Another Note");
}

#[tokio::test]
async fn an_identity_appears_at_the_next_read_and_stays_through_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    let server = notebook(folder.path()).await;
    let by_id = proto::import_resource_state::Request {
        id: "a".to_owned(),
        ..proto::import_resource_state::Request::default()
    };
    let state = imported(&server, by_id).await.imported_resources[0]
        .state
        .clone();
    for before in [None, data(note_identity("a".into(), "note-a".into()))] {
        let read = proto::read_resource::Request {
            type_name: NOTE.to_owned(),
            current_state: state.clone(),
            current_identity: before,
            ..proto::read_resource::Request::default()
        };
        let answer = server.read_resource(Request::new(read)).await.unwrap();
        assert_eq!(
            identity(answer.into_inner().new_identity.as_ref()),
            note_identity("a".into(), "note-a".into())
        );
    }
    let r#type = Note.schema().value_type();
    let prior = wire::decode(state.as_ref(), &r#type).unwrap();
    let change = proto::plan_resource_change::Request {
        type_name: NOTE.to_owned(),
        prior_state: state.clone(),
        proposed_new_state: on_wire(prior.clone(), &r#type),
        config: on_wire(prior, &r#type),
        prior_identity: data(note_identity("a".into(), "note-a".into())),
        ..proto::plan_resource_change::Request::default()
    };
    let answer = server.plan_resource_change(Request::new(change.clone()));
    let answer = answer.await.unwrap().into_inner();
    assert_eq!(answer.planned_identity, change.prior_identity);
    // The second half of a replacement: Terraform sends the identity of the object that goes.
    let create = proto::plan_resource_change::Request {
        prior_state: None,
        ..change
    };
    let answer = server.plan_resource_change(Request::new(create)).await;
    assert_eq!(answer.unwrap().into_inner().planned_identity, None);
}

#[tokio::test]
async fn a_create_answers_with_the_identity_and_a_delete_without() {
    let folder = tempfile::tempdir().unwrap();
    let server = notebook(folder.path()).await;
    let r#type = Note.schema().value_type();
    let note = crate::notebook::note::blank("b");
    let value = crate::model::to_value(&note, &r#type).unwrap();
    let create = proto::apply_resource_change::Request {
        type_name: NOTE.to_owned(),
        planned_state: on_wire(value.clone(), &r#type),
        config: on_wire(value, &r#type),
        ..proto::apply_resource_change::Request::default()
    };
    let answer = server.apply_resource_change(Request::new(create)).await;
    let made = answer.unwrap().into_inner();
    assert_eq!(
        identity(made.new_identity.as_ref()),
        note_identity("b".into(), "note-b".into())
    );
    let delete = proto::apply_resource_change::Request {
        type_name: NOTE.to_owned(),
        prior_state: made.new_state,
        planned_identity: made.new_identity,
        ..proto::apply_resource_change::Request::default()
    };
    let answer = server.apply_resource_change(Request::new(delete)).await;
    assert_eq!(answer.unwrap().into_inner().new_identity, None);
}

#[tokio::test]
async fn a_move_gives_an_identity_of_ours() {
    let server = Server::new(Notebook::default());
    let request = proto::move_resource_state::Request {
        source_provider_address: "terraform.io/builtin/terraform".to_owned(),
        source_type_name: "terraform_data".to_owned(),
        source_state: Some(proto::RawState {
            json: br#"{"input":{"value":"a"}}"#.to_vec(),
            ..proto::RawState::default()
        }),
        source_identity: Some(proto::RawState {
            json: br#"{"kind":"ConfigMap"}"#.to_vec(),
            ..proto::RawState::default()
        }),
        source_identity_schema_version: 1,
        target_type_name: NOTE.to_owned(),
        ..proto::move_resource_state::Request::default()
    };
    let answer = server.move_resource_state(Request::new(request)).await;
    let answer = answer.unwrap().into_inner();
    assert_eq!(answer.diagnostics, []);
    assert_eq!(
        identity(answer.target_identity.as_ref()),
        note_identity("a".into(), "note-a".into())
    );
}

#[tokio::test]
async fn a_stored_identity_is_brought_up_to_date() {
    let ours = note_identity("a".into(), "note-a".into());
    for (version, stored) in [
        (1000, r#"{"title":"a","id":"note-a"}"#),
        (1001, r#"{"name":"a","id":"note-a"}"#),
    ] {
        let answer = upgraded(version, stored).await;
        assert_eq!(answer.diagnostics, []);
        assert_eq!(identity(answer.upgraded_identity.as_ref()), ours);
    }
    let newer = upgraded(1002, r#"{"name":"a","id":"note-a"}"#).await;
    assert_eq!(
        newer.diagnostics[0].detail,
        "The identity of `notebook_note` in the state has version 1002, and this provider knows versions up to 1001. Use the provider's version that wrote it, or a newer one."
    );
}

/// A state of an older version has no identity, and OpenTofu leaves another provider's in a state that is moved.
#[tokio::test]
async fn what_is_no_identity_of_ours_is_null_until_the_next_read() {
    for (version, stored) in [
        (0, ""),
        (0, "null"),
        (
            0,
            r#"{"api_version":"v1","kind":"ConfigMap","name":"settings","namespace":"kube-system"}"#,
        ),
        (
            1,
            r#"{"api_version":"v1","kind":"ConfigMap","name":"settings","namespace":"kube-system"}"#,
        ),
        (1001, r#"{"name":null,"id":"note-a"}"#),
    ] {
        let answer = upgraded(version, stored).await;
        assert_eq!(answer.diagnostics, [], "{stored}");
        let data = answer.upgraded_identity.unwrap();
        assert!(data.identity_data.is_some(), "OpenTofu demands a value");
        assert_eq!(identity(Some(&data)), Value::Null, "{stored}");
    }
}
