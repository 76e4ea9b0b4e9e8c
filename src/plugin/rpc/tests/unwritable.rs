//! Answers that are not of the schema's type: they must reach Terraform all the same where something was made.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::json;
use tonic::Request;

use crate::conform::conform;
use crate::ephemeral::{Opened, Renewed};
use crate::notebook::broken::Broken;
use crate::notebook::provider::{Notebook, NotesClient};
use crate::objects::ephemeral::ErasedEphemeral;
use crate::objects::resource::{
    AnyResource, ApplyRequest, ApplyResponse, ErasedState, ImportTarget, PlanRequest, PlanResponse,
};
use crate::objects::{AnyObject, IdentityMeta, ObjectMeta};
use crate::path::AttributePath;
use crate::proto::tfplugin6 as proto;
use crate::resource::{MoveSource, Private};
use crate::rpc::{Server, Service, wire};
use crate::{
    Attr, Attribute, Context, Diagnostic, Diagnostics, EphemeralResource, Provider, Resource,
    Schema, Type, Value,
};

/// A resource whose apply answers a `text` that is no text.
struct Mistyped(ObjectMeta);

impl AnyObject for Mistyped {
    fn meta(&self) -> &ObjectMeta {
        &self.0
    }

    fn check(&self) -> Vec<String> {
        Vec::new()
    }

    fn validate(&self, _config: &Value, _write_only_allowed: bool) -> Diagnostics {
        Diagnostics::new()
    }
}

impl AnyResource<NotesClient> for Mistyped {
    fn identity(&self) -> Option<&IdentityMeta> {
        None
    }

    fn upgrade_identity(&self, _version: i64, _identity: &str) -> Result<Value, Diagnostics> {
        Ok(Value::Null)
    }

    fn moves(&self) -> bool {
        false
    }

    fn upgrade(&self, _version: i64, _state: &str) -> Result<Value, Diagnostics> {
        Ok(Value::Null)
    }

    fn plan<'a>(
        &'a self,
        _cx: &'a Context<NotesClient>,
        change: PlanRequest,
    ) -> BoxFuture<'a, Result<PlanResponse, Diagnostics>> {
        Box::pin(async move {
            Ok(PlanResponse {
                state: ErasedState {
                    value: change.proposed,
                    private: Private::default(),
                    identity: Value::Null,
                },
                requires_replace: Vec::new(),
            })
        })
    }

    fn apply<'a>(
        &'a self,
        _cx: &'a Context<NotesClient>,
        _order: ApplyRequest,
    ) -> BoxFuture<'a, ApplyResponse> {
        Box::pin(async move {
            ApplyResponse {
                state: ErasedState {
                    value: broken("none", Value::Bool(true), Value::from("new")),
                    private: private(),
                    identity: Value::Null,
                },
                diagnostics: Diagnostics::new(),
            }
        })
    }

    fn read<'a>(
        &'a self,
        _cx: &'a Context<NotesClient>,
        state: ErasedState,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>> {
        Box::pin(async move { Ok(state) })
    }

    fn import<'a>(
        &'a self,
        _cx: &'a Context<NotesClient>,
        _target: ImportTarget<'a>,
    ) -> BoxFuture<'a, Result<ErasedState, Diagnostics>> {
        Box::pin(async move { Err(Diagnostic::error("Not Found", "Nothing is here.").into()) })
    }

    fn move_from(&self, _source: MoveSource) -> Result<ErasedState, Diagnostics> {
        Err(Diagnostic::error("Not Found", "Nothing is here.").into())
    }
}

fn private() -> Private {
    Private {
        entries: std::collections::BTreeMap::from([("made".to_owned(), json!(true))]),
    }
}

fn broken(promise: &str, text: Value, id: Value) -> Value {
    Value::object([
        ("promise", Value::from(promise)),
        ("text", text),
        ("id", id),
    ])
}

fn on_wire(value: Value, r#type: &Type) -> Option<proto::DynamicValue> {
    Some(wire::encode(&conform(value, r#type).unwrap(), r#type).unwrap())
}

/// The server of the notebook, configured.
async fn configured(change: impl FnOnce(&mut Server<Notebook>)) -> Server<Notebook> {
    let mut server = Server::new(Notebook::default());
    change(&mut server);
    let r#type = Notebook::default().schema().value_type();
    let config = Value::object([("directory", Value::from("/nowhere"))]);
    let request = proto::configure_provider::Request {
        config: on_wire(config, &r#type),
        ..proto::configure_provider::Request::default()
    };
    let response = server.configure_provider(Request::new(request)).await;
    assert_eq!(response.unwrap().into_inner().diagnostics, []);
    server
}

#[tokio::test]
async fn an_applied_state_that_cannot_be_encoded_is_answered_by_its_other_attributes() {
    let server = configured(|server| {
        let mistyped = Mistyped(ObjectMeta::new(Broken::NAME, Broken.schema()));
        let resources = &mut server.objects.resources;
        resources.insert(Broken::NAME, Arc::new(mistyped));
    })
    .await;
    let r#type = Broken.schema().value_type();
    let before = broken("none", Value::from("before"), Value::from("old"));
    let apply = |prior: Value, text: Value| proto::apply_resource_change::Request {
        type_name: Broken::NAME.to_owned(),
        prior_state: on_wire(prior, &r#type),
        planned_state: on_wire(broken("none", text.clone(), Value::unknown()), &r#type),
        config: on_wire(broken("none", text, Value::Null), &r#type),
        ..proto::apply_resource_change::Request::default()
    };
    for (prior, planned, text) in [
        (Value::Null, Value::from("planned"), Value::from("planned")),
        (Value::Null, Value::unknown(), Value::Null),
        (
            before.clone(),
            Value::from("planned"),
            Value::from("planned"),
        ),
        (before, Value::unknown(), Value::from("before")),
    ] {
        let request = Request::new(apply(prior, planned));
        let response = server.apply_resource_change(request).await.unwrap();
        let response = response.into_inner();
        assert_eq!(
            wire::decode(response.new_state.as_ref(), &r#type).unwrap(),
            broken("none", text, Value::from("new"))
        );
        assert_eq!(response.private, br#"{"made":true}"#);
        let mut expected = Diagnostics::new();
        expected.push(
            Diagnostic::error(
                "Provider Bug",
                "`notebook_broken`: the change was made, but what came of it cannot be written to the state as it is: text: the value is not of the type `string`. All other attributes are saved, so the object is not forgotten. Do not remove it from the state. If it is marked as tainted, run `terraform untaint` to keep it, then apply again with a version of the provider that has this fixed. This is always a bug in the provider; please report it to its authors.",
            )
            .at(AttributePath::attribute("text")),
        );
        assert_eq!(
            response.diagnostics,
            wire::diagnostics::<Notebook>(expected)
        );
    }
}

/// An ephemeral resource that opens something and answers it wrong, as its `fault` says.
struct Lease(Arc<Mutex<Vec<Private>>>);

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct LeaseModel {
    fault: Attr<String>,
    ratio: Attr<f64>,
}

impl EphemeralResource for Lease {
    type Client = NotesClient;
    type Model = LeaseModel;

    const NAME: &'static str = "notebook_lease";

    fn schema(&self) -> Schema {
        Schema::new("")
            .attribute("fault", Attribute::string().required())
            .attribute("ratio", Attribute::number().computed())
    }

    async fn open(
        &self,
        cx: &Context<NotesClient>,
        mut config: LeaseModel,
    ) -> Result<Opened<LeaseModel>, Diagnostics> {
        config.ratio = match config.fault.known().map(String::as_str) {
            Some("not a number") => Attr::Known(f64::NAN),
            Some("unknown") => Attr::Unknown,
            _ => Attr::Known(0.5),
        };
        if config.fault.known().is_some_and(|fault| fault == "noted") {
            cx.add(Diagnostic::error(
                "Noted",
                "It is open, and something is wrong.",
            ));
        }
        Ok(Opened {
            model: config,
            private: private(),
            renew_at: None,
        })
    }

    async fn renew(
        &self,
        _cx: &Context<NotesClient>,
        private: Private,
    ) -> Result<Renewed, Diagnostics> {
        Ok(Renewed {
            private,
            renew_at: None,
        })
    }

    async fn close(&self, _cx: &Context<NotesClient>, private: Private) -> Result<(), Diagnostics> {
        self.0.lock().unwrap().push(private);
        Ok(())
    }
}

/// Terraform closes only what it was told is open.
#[tokio::test]
async fn what_was_opened_and_cannot_be_answered_is_closed() {
    let closed = Arc::new(Mutex::new(Vec::new()));
    let server = configured(|server| {
        let lease = ErasedEphemeral::erase(Lease(Arc::clone(&closed)));
        server.objects.ephemerals.insert(Lease::NAME, lease);
    })
    .await;
    let r#type = Lease(Arc::default()).schema().value_type();
    for (fault, summary, closes) in [
        ("none", None, 0),
        ("not a number", Some("Provider Bug"), 1),
        ("unknown", Some("Provider Bug"), 1),
        ("noted", Some("Noted"), 1),
    ] {
        let config = Value::object([("fault", Value::from(fault)), ("ratio", Value::Null)]);
        let request = proto::open_ephemeral_resource::Request {
            type_name: Lease::NAME.to_owned(),
            config: on_wire(config, &r#type),
            ..proto::open_ephemeral_resource::Request::default()
        };
        let response = server.open_ephemeral_resource(Request::new(request)).await;
        let diagnostics = response.unwrap().into_inner().diagnostics;
        let summaries = diagnostics.iter().map(|one| one.summary.as_str());
        assert_eq!(summaries.collect::<Vec<_>>(), Vec::from_iter(summary));
        let closed = std::mem::take(&mut *closed.lock().unwrap());
        assert_eq!(closed, vec![private(); closes], "{fault}");
    }
}
