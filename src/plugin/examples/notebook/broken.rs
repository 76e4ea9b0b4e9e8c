//! `notebook_broken`: a resource that breaks one promise on demand, to see what the layer makes of it.

use serde::{Deserialize, Serialize};
use tf_provider::resource::{Apply, Failed, Plan, Resource, State};
use tf_provider::{
    Attr, Attribute, Context, Diagnostics, Identity, IdentitySchema, Schema, Type, Validator,
};

use super::provider::NotesClient;

/// The resource.
pub struct Broken;

/// Its attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrokenModel {
    /// Which promise it breaks.
    pub promise: Attr<String>,
    /// Plain text.
    pub text: Attr<String>,
    /// Filled by apply.
    pub id: Attr<String>,
}

/// Which object it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BrokenIdentity {
    /// The id, and the text too where the promise is to keep it.
    pub id: Attr<String>,
}

impl Identity<BrokenModel> for BrokenIdentity {
    fn schema() -> Option<IdentitySchema> {
        Some(IdentitySchema::new().required("id", Type::String, "Its id."))
    }

    fn from_model(model: &BrokenModel) -> Option<Self> {
        let id = model.id.known()?;
        if Broken::breaks(model, "has half an identity") {
            return Some(Self { id: Attr::Null });
        }
        let text = match Broken::breaks(model, "changes its identity") {
            true => model.text.known().cloned().unwrap_or_default(),
            false => String::new(),
        };
        Some(Self {
            id: Attr::Known(format!("{id}{text}")),
        })
    }
}

const PROMISES: &[&str] = &[
    "none",
    "changes its identity",
    "has half an identity",
    "panics in plan",
    "panics in create",
    "panics in delete",
    "plans another value",
    "applies another value",
    "leaves unknown",
    "fails without a reason",
];

impl Broken {
    fn breaks(model: &BrokenModel, promise: &str) -> bool {
        model.promise.known().is_some_and(|known| known == promise)
    }
}

impl Resource for Broken {
    type Client = NotesClient;
    type Model = BrokenModel;
    type Identity = BrokenIdentity;

    const NAME: &'static str = "notebook_broken";

    fn schema(&self) -> Schema {
        Schema::new("Breaks a promise.")
            .attribute(
                "promise",
                Attribute::string()
                    .required()
                    .validate(Validator::one_of(PROMISES)),
            )
            .attribute("text", Attribute::string().optional())
            .attribute("id", Attribute::string().computed().keep())
    }

    #[allow(clippy::panic)]
    async fn plan(
        &self,
        _cx: &Context<NotesClient>,
        plan: &mut Plan<BrokenModel>,
    ) -> Result<(), Diagnostics> {
        let Some(planned) = &mut plan.planned else {
            return Ok(());
        };
        if Self::breaks(planned, "panics in plan") {
            panic!("the plan fell over");
        }
        if Self::breaks(planned, "plans another value") {
            planned.text = Attr::Known("something else".to_owned());
        }
        Ok(())
    }

    #[allow(clippy::panic)]
    async fn create(
        &self,
        _cx: &Context<NotesClient>,
        apply: Apply<BrokenModel>,
    ) -> Result<State<BrokenModel>, Failed<BrokenModel>> {
        let mut model = apply.planned;
        if Self::breaks(&model, "panics in create") {
            panic!("the create fell over");
        }
        if Self::breaks(&model, "fails without a reason") {
            return Err(Diagnostics::new().into());
        }
        if !Self::breaks(&model, "leaves unknown") {
            model.id = Attr::Known("broken".to_owned());
        }
        if Self::breaks(&model, "applies another value") {
            model.text = Attr::Known("something else".to_owned());
        }
        Ok(State::from(model))
    }

    async fn read(
        &self,
        _cx: &Context<NotesClient>,
        state: State<BrokenModel>,
    ) -> Result<Option<State<BrokenModel>>, Diagnostics> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        cx: &Context<NotesClient>,
        apply: Apply<BrokenModel>,
    ) -> Result<State<BrokenModel>, Failed<BrokenModel>> {
        self.create(cx, apply).await
    }

    #[allow(clippy::panic)]
    async fn delete(
        &self,
        _cx: &Context<NotesClient>,
        state: State<BrokenModel>,
    ) -> Result<(), Diagnostics> {
        if Self::breaks(&state.model, "panics in delete") {
            panic!("the delete fell over");
        }
        Ok(())
    }

    async fn import(
        &self,
        _cx: &Context<NotesClient>,
        id: &str,
    ) -> Result<State<BrokenModel>, Diagnostics> {
        Ok(State::from(BrokenModel {
            promise: Attr::Known(id.to_owned()),
            text: Attr::Null,
            id: Attr::Known("broken".to_owned()),
        }))
    }
}
