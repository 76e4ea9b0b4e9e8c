//! Over gRPC in one process.

use std::path::Path;

use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tonic::Code;
use tonic::transport::{Channel, Endpoint, Server as Transport};
use tower::service_fn;

use crate::conform::conform;
use crate::notebook::provider::Notebook;
use crate::proto::tfplugin6 as proto;
use crate::proto::tfplugin6::diagnostic::Severity;
use crate::proto::tfplugin6::provider_client::ProviderClient;
use crate::rpc::{Server, service, wire};
use crate::types::Type;
use crate::value::Value;
use crate::{Provider, Resource};

type Client = ProviderClient<Channel>;

async fn connected() -> Client {
    let (near, far) = tokio::io::duplex(1 << 20);
    let incoming = tokio_stream::once(Ok::<_, std::io::Error>(far));
    let service = service(Server::new(Notebook::default()));
    tokio::spawn(
        Transport::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    let mut near: Option<DuplexStream> = Some(near);
    let channel = Endpoint::from_static("http://notebook")
        .connect_with_connector(service_fn(move |_| {
            let near = near.take();
            async move {
                near.map(TokioIo::new)
                    .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotConnected))
            }
        }))
        .await
        .unwrap();
    ProviderClient::new(channel)
        .max_decoding_message_size(64 << 20)
        .max_encoding_message_size(64 << 20)
}

fn on_wire(value: Value, r#type: &Type) -> Option<proto::DynamicValue> {
    Some(wire::encode(&conform(value, r#type).unwrap(), r#type).unwrap())
}

async fn configure(client: &mut Client, directory: &Path) {
    let r#type = Notebook::default().schema().value_type();
    let directory = Value::from(directory.to_str().unwrap());
    let request = proto::configure_provider::Request {
        terraform_version: "1.11.4".to_owned(),
        config: on_wire(Value::object([("directory", directory)]), &r#type),
        client_capabilities: None,
    };
    let response = client.configure_provider(request).await.unwrap();
    assert_eq!(response.into_inner().diagnostics, []);
}

fn note(name: &str, changes: &[(&str, Value)]) -> Value {
    let mut fields = std::collections::BTreeMap::from([
        ("name".to_owned(), Value::from(name)),
        ("text".to_owned(), Value::from("")),
        ("link".to_owned(), Value::List(Vec::new())),
    ]);
    for name in [
        "tags",
        "weight",
        "extra",
        "sections",
        "passphrase",
        "pause",
        "id",
        "size",
    ] {
        fields.insert(name.to_owned(), Value::Null);
    }
    for (name, value) in changes {
        fields.insert((*name).to_owned(), value.clone());
    }
    Value::Map(fields)
}

fn note_type() -> Type {
    crate::notebook::note::Note.schema().value_type()
}

/// A create as it is planned: what is computed is unknown.
fn create(name: &str, pause: i64) -> proto::apply_resource_change::Request {
    let written = [("pause", Value::from(pause))];
    let planned = [
        ("pause", Value::from(pause)),
        ("id", Value::unknown()),
        ("size", Value::from(0)),
    ];
    proto::apply_resource_change::Request {
        type_name: "notebook_note".to_owned(),
        planned_state: on_wire(note(name, &planned), &note_type()),
        config: on_wire(note(name, &written), &note_type()),
        ..proto::apply_resource_change::Request::default()
    }
}

fn state(response: &proto::apply_resource_change::Response) -> Value {
    wire::decode(response.new_state.as_ref(), &note_type()).unwrap()
}

fn broken(promise: &str) -> proto::plan_resource_change::Request {
    let r#type = crate::notebook::broken::Broken.schema().value_type();
    let value = Value::object([
        ("promise", Value::from(promise)),
        ("text", Value::Null),
        ("id", Value::Null),
    ]);
    proto::plan_resource_change::Request {
        type_name: "notebook_broken".to_owned(),
        proposed_new_state: on_wire(value.clone(), &r#type),
        config: on_wire(value, &r#type),
        ..proto::plan_resource_change::Request::default()
    }
}

fn messages(diagnostics: &[proto::Diagnostic]) -> Vec<(Severity, &str)> {
    diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.severity(), diagnostic.summary.as_str()))
        .collect()
}

#[tokio::test]
async fn what_is_not_served_is_unimplemented() {
    let mut client = connected().await;
    let codes = [
        client
            .list_resource(proto::list_resource::Request::default())
            .await
            .map(drop),
        client
            .plan_action(proto::plan_action::Request::default())
            .await
            .map(drop),
        client
            .get_states(proto::get_states::Request::default())
            .await
            .map(drop),
    ]
    .map(|answer| answer.unwrap_err().code());
    assert_eq!(codes, [Code::Unimplemented; 3]);
}

#[tokio::test]
async fn an_operation_without_a_configured_provider_says_so() {
    let mut client = connected().await;
    let response = client.apply_resource_change(create("a", 0)).await.unwrap();
    assert_eq!(
        messages(&response.into_inner().diagnostics),
        [(Severity::Error, "Provider Not Configured")]
    );
    let unknown = proto::read_resource::Request {
        type_name: "notebook_page".to_owned(),
        ..proto::read_resource::Request::default()
    };
    let response = client.read_resource(unknown).await.unwrap();
    assert_eq!(
        messages(&response.into_inner().diagnostics),
        [(Severity::Error, "Unknown Type")]
    );
}

/// Starts a create that takes an hour and returns once its file is written.
async fn started(
    client: &Client,
    directory: &Path,
) -> tokio::task::JoinHandle<proto::apply_resource_change::Response> {
    let file = directory.join("slow.json");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &file,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let mut running = client.clone();
    let create = tokio::spawn(async move {
        let response = running.apply_resource_change(create("slow", 3600)).await;
        response.unwrap().into_inner()
    });
    // Reading a pipe waits for its writer.
    let text = tokio::task::spawn_blocking(move || std::fs::read_to_string(file).unwrap());
    assert!(text.await.unwrap().contains("note-slow"));
    create
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_cancels_what_runs_keeps_what_was_made_and_serves_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut client = connected().await;
    configure(&mut client, directory.path()).await;
    let create = started(&client, directory.path()).await;
    let stopped = client
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(stopped.into_inner().error, "");
    let response = create.await.unwrap();
    assert_eq!(
        messages(&response.diagnostics),
        [(Severity::Error, "Cancelled")]
    );
    assert_eq!(state(&response).attribute("id"), &Value::from("note-slow"));

    let next = client.apply_resource_change(self::create("b", 0)).await;
    assert_eq!(next.unwrap().into_inner().diagnostics, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_keeps_the_client_it_began_with() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut client = connected().await;
    configure(&mut client, first.path()).await;
    let running = started(&client, first.path()).await;
    configure(&mut client, second.path()).await;
    client.apply_resource_change(create("b", 0)).await.unwrap();
    assert!(second.path().join("b.json").exists());
    client
        .stop_provider(proto::stop_provider::Request {})
        .await
        .unwrap();
    assert_eq!(
        messages(&running.await.unwrap().diagnostics),
        [(Severity::Error, "Cancelled")]
    );
}

#[tokio::test]
async fn a_panic_names_its_object_and_the_process_serves_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut client = connected().await;
    configure(&mut client, directory.path()).await;
    let response = client.plan_resource_change(broken("panics in plan")).await;
    let diagnostics = response.unwrap().into_inner().diagnostics;
    assert_eq!(
        diagnostics,
        [proto::Diagnostic {
            severity: Severity::Error.into(),
            summary: "Provider Bug".to_owned(),
            detail: "`notebook_broken`: it panicked during plan: the plan fell over. This is always a bug in the provider; please report it to its authors.".to_owned(),
            attribute: None,
        }]
    );
    let response = client.plan_resource_change(broken("none")).await;
    assert_eq!(response.unwrap().into_inner().diagnostics, []);
}

#[tokio::test]
async fn a_large_message_passes_both_ways() {
    let directory = tempfile::tempdir().unwrap();
    let mut client = connected().await;
    configure(&mut client, directory.path()).await;
    let text = "x".repeat(9 << 20);
    let config = note("large", &[("text", Value::from(text.as_str()))]);
    let request = proto::plan_resource_change::Request {
        type_name: "notebook_note".to_owned(),
        proposed_new_state: on_wire(config.clone(), &note_type()),
        config: on_wire(config, &note_type()),
        ..proto::plan_resource_change::Request::default()
    };
    let response = client.plan_resource_change(request).await.unwrap();
    let planned = response.into_inner().planned_state;
    let planned = wire::decode(planned.as_ref(), &note_type()).unwrap();
    assert_eq!(planned.attribute("text").as_str(), Some(text.as_str()));
}

#[tokio::test]
async fn a_write_only_value_needs_a_client_that_knows_it() {
    let mut client = connected().await;
    let config = note("a", &[("passphrase", Value::from("secret"))]);
    let mut request = proto::validate_resource_config::Request {
        type_name: "notebook_note".to_owned(),
        config: on_wire(config, &note_type()),
        client_capabilities: None,
    };
    let response = client.validate_resource_config(request.clone()).await;
    assert_eq!(
        messages(&response.unwrap().into_inner().diagnostics),
        [(Severity::Error, "Write-Only Argument Not Supported")]
    );
    request.client_capabilities = Some(proto::ClientCapabilities {
        write_only_attributes_allowed: true,
        ..proto::ClientCapabilities::default()
    });
    let response = client.validate_resource_config(request).await;
    assert_eq!(response.unwrap().into_inner().diagnostics, []);
}

/// The private facts of a planned create.
async fn planned_facts(client: &mut Client) -> String {
    let create = create("new", 0);
    let request = proto::plan_resource_change::Request {
        type_name: create.type_name,
        proposed_new_state: create.config.clone(),
        config: create.config,
        ..proto::plan_resource_change::Request::default()
    };
    let planned = client.plan_resource_change(request).await.unwrap();
    let planned = planned.into_inner();
    assert_eq!(planned.diagnostics, []);
    String::from_utf8(planned.planned_private).unwrap()
}

#[tokio::test]
async fn a_provider_that_is_configured_without_being_validated_serves_many_walks() {
    let directory = tempfile::tempdir().unwrap();
    let mut client = connected().await;
    configure(&mut client, directory.path()).await;
    assert!(planned_facts(&mut client).await.contains("\"instance\""));

    let r#type = Notebook::default().schema().value_type();
    let block = Value::from(directory.path().to_str().unwrap());
    let request = proto::validate_provider_config::Request {
        config: on_wire(Value::object([("directory", block)]), &r#type),
    };
    client.validate_provider_config(request).await.unwrap();
    configure(&mut client, directory.path()).await;
    assert!(!planned_facts(&mut client).await.contains("\"instance\""));
}
