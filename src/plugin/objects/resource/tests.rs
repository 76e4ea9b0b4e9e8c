//! What Terraform gets back of a change that was made and whose outcome cannot be written as it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use crate::resource::{Apply, Failed, Private, Resource, State};
use crate::testing::{Failure, Harness, Stored};
use crate::{
    Attr, Attribute, AttributePath, Context, Diagnostic, Diagnostics, NoIdentity, Schema, Value,
};

/// A number that is not one cannot be written, and an infinite one makes the code panic that writes it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
struct Ratio(f64);

impl Serialize for Ratio {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(!self.0.is_infinite(), "the ratio fell over");
        self.0.serialize(serializer)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct GaugeModel {
    name: Attr<String>,
    text: Attr<String>,
    id: Attr<String>,
    ratio: Attr<Ratio>,
}

/// Its `text` says what comes of it: `half` fails with a state, `not a number` and `panics` cannot be written, `unknown` leaves its id open.
struct Gauge;

impl Gauge {
    fn outcome(
        apply: Apply<GaugeModel>,
        made: &str,
    ) -> Result<State<GaugeModel>, Failed<GaugeModel>> {
        let text = apply.planned.text.known().cloned().unwrap_or_default();
        let ratio = if text.contains("panics") {
            f64::INFINITY
        } else if text.contains("not a number") {
            f64::NAN
        } else {
            0.5
        };
        let state = State {
            model: GaugeModel {
                id: if text.contains("unknown") {
                    Attr::Unknown
                } else {
                    Attr::Known(format!("id-{made}"))
                },
                ratio: Attr::Known(Ratio(ratio)),
                ..apply.planned
            },
            private: private(made),
        };
        if text.contains("half") {
            return Err(Failed {
                state: Some(state),
                diagnostics: Diagnostic::error("Half", "Not all was done.").into(),
            });
        }
        Ok(state)
    }
}

impl Resource for Gauge {
    type Client = ();
    type Model = GaugeModel;
    type Identity = NoIdentity;

    const NAME: &'static str = "notebook_gauge";

    fn schema(&self) -> Schema {
        Schema::new("")
            .attribute("name", Attribute::string().required())
            .attribute("text", Attribute::string().optional())
            .attribute("id", Attribute::string().computed())
            .attribute("ratio", Attribute::number().computed())
    }

    async fn create(
        &self,
        _cx: &Context<()>,
        apply: Apply<GaugeModel>,
    ) -> Result<State<GaugeModel>, Failed<GaugeModel>> {
        Self::outcome(apply, "created")
    }

    async fn read(
        &self,
        _cx: &Context<()>,
        state: State<GaugeModel>,
    ) -> Result<Option<State<GaugeModel>>, Diagnostics> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _cx: &Context<()>,
        apply: Apply<GaugeModel>,
    ) -> Result<State<GaugeModel>, Failed<GaugeModel>> {
        Self::outcome(apply, "updated")
    }

    async fn delete(
        &self,
        _cx: &Context<()>,
        _state: State<GaugeModel>,
    ) -> Result<(), Diagnostics> {
        Ok(())
    }

    async fn import(&self, _cx: &Context<()>, _id: &str) -> Result<State<GaugeModel>, Diagnostics> {
        Err(Diagnostic::error("Not Found", "Nothing is here.").into())
    }
}

fn private(made: &str) -> Private {
    Private {
        entries: BTreeMap::from([("made".to_owned(), json!(made))]),
    }
}

fn gauge(text: &str, id: &str, ratio: Attr<Ratio>) -> GaugeModel {
    GaugeModel {
        name: Attr::Known("a".to_owned()),
        text: Attr::Known(text.to_owned()),
        id: Attr::Known(id.to_owned()),
        ratio,
    }
}

async fn created(text: &str) -> Result<Stored<GaugeModel>, Failure<GaugeModel>> {
    let gauges = Harness::new(Gauge, ());
    gauges.create(json!({ "name": "a", "text": text })).await
}

/// A sound gauge after an update with the given text.
async fn updated(text: &str) -> Result<Stored<GaugeModel>, Failure<GaugeModel>> {
    let gauges = Harness::new(Gauge, ());
    let state = created("sound").await.unwrap();
    let config = json!({ "name": "a", "text": text });
    gauges.update(&state, config).await
}

fn describe_unwritable(reason: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider Bug",
        format!(
            "`notebook_gauge`: the change was made, but what came of it cannot be written to the state as it is: ratio: {reason}. All other attributes are saved, so the object is not forgotten. Do not remove it from the state. If it is marked as tainted, run `terraform untaint` to keep it, then apply again with a version of the provider that has this fixed. This is always a bug in the provider; please report it to its authors."
        ),
    )
    .at(AttributePath::attribute("ratio"))
}

const NOT_A_NUMBER: &str = "a float that is not a number has no value";
const PANICKED: &str = "the code that writes it panicked";

#[tokio::test]
async fn a_created_object_keeps_all_that_can_be_written_of_it() {
    for (text, reason) in [("not a number", NOT_A_NUMBER), ("panics", PANICKED)] {
        let failure = created(text).await.unwrap_err();
        assert_eq!(
            failure.diagnostics,
            Diagnostics::from(describe_unwritable(reason))
        );
        let state = failure.state.unwrap();
        assert_eq!(state.model, gauge(text, "id-created", Attr::Null));
        assert_eq!(state.private, private("created"));
    }
}

#[tokio::test]
async fn an_updated_object_is_not_answered_as_it_was_before() {
    for (text, reason) in [("not a number", NOT_A_NUMBER), ("panics", PANICKED)] {
        let failure = updated(text).await.unwrap_err();
        assert_eq!(
            failure.diagnostics,
            Diagnostics::from(describe_unwritable(reason))
        );
        let state = failure.state.unwrap();
        // What cannot be written and was not planned stays as it was: an id is worth more than null.
        let before = Attr::Known(Ratio(0.5));
        assert_eq!(state.model, gauge(text, "id-updated", before));
        assert_eq!(state.private, private("updated"));
    }
}

#[tokio::test]
async fn what_a_half_done_change_made_is_kept_as_well() {
    let mut expected = Diagnostics::from(Diagnostic::error("Half", "Not all was done."));
    expected.push(describe_unwritable(NOT_A_NUMBER));
    let text = "half, not a number";

    let failure = created(text).await.unwrap_err();
    assert_eq!(failure.diagnostics, expected);
    let state = failure.state.unwrap();
    assert_eq!(state.model, gauge(text, "id-created", Attr::Null));
    assert_eq!(state.private, private("created"));

    let failure = updated(text).await.unwrap_err();
    assert_eq!(failure.diagnostics, expected);
    let state = failure.state.unwrap();
    let before = Attr::Known(Ratio(0.5));
    assert_eq!(state.model, gauge(text, "id-updated", before));
    assert_eq!(state.private, private("updated"));
}

#[tokio::test]
async fn an_id_that_an_update_leaves_unknown_is_still_the_one_before() {
    let ratio = || Attr::Known(Ratio(0.5));
    let failure = updated("unknown").await.unwrap_err();
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(
            Diagnostic::error(
                "Provider Bug",
                "`notebook_gauge`: it left a value unknown in its state. This is always a bug in the provider; please report it to its authors.",
            )
            .at(AttributePath::attribute("id"))
        )
    );
    let state = failure.state.unwrap();
    assert_eq!(state.model, gauge("unknown", "id-created", ratio()));

    let failure = updated("half, unknown").await.unwrap_err();
    assert_eq!(
        failure.diagnostics,
        Diagnostics::from(Diagnostic::error("Half", "Not all was done."))
    );
    let state = failure.state.unwrap();
    assert_eq!(state.model, gauge("half, unknown", "id-created", ratio()));

    let failure = created("unknown").await.unwrap_err();
    assert_eq!(failure.state.unwrap().model.id, Attr::Null);
}

#[tokio::test]
async fn a_sound_change_is_answered_whole() {
    let state = updated("also sound").await.unwrap();
    assert_eq!(
        state.value(),
        &Value::object([
            ("name", Value::from("a")),
            ("text", Value::from("also sound")),
            ("id", Value::from("id-updated")),
            (
                "ratio",
                Value::Number(crate::value::Number::parse("0.5").unwrap())
            ),
        ])
    );
}
