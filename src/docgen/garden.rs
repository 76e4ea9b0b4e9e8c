//! A provider that is no one's, with one of everything a page can show.

use serde::{Deserialize, Serialize};
use tf_provider::function::{FunctionError, Parameter, Signature};
use tf_provider::provider::{Configure, Objects};
use tf_provider::resource::{Apply, Failed, State};
use tf_provider::schema::Nesting;
use tf_provider::{
    Attr, Attribute, Block, Context, Diagnostics, Function, Identity, IdentitySchema, Provider,
    Resource, Schema, Type, Value,
};

/// The provider.
pub(crate) struct Garden;

/// The provider block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct GardenModel {
    place: Attr<String>,
}

impl Provider for Garden {
    type Client = ();
    type Model = GardenModel;

    const ADDRESS: &'static str = "green/garden";

    fn schema(&self) -> Schema {
        Schema::new("A garden.").attribute(
            "place",
            Attribute::string().optional().description("Where it is."),
        )
    }

    async fn configure(
        &self,
        _request: Configure<GardenModel>,
        _diagnostics: &mut Diagnostics,
    ) -> Result<(), Diagnostics> {
        Ok(())
    }

    fn objects(&self) -> Objects<()> {
        Objects::new().resource(Tree).function(Species)
    }
}

/// A resource with every kind of field.
pub(crate) struct Tree;

/// Its schema.
pub(crate) fn tree() -> Schema {
    Schema::new("A tree.\n\nIt grows where it was planted.")
        .attribute(
            "species",
            Attribute::string()
                .required()
                .replace()
                .description("What kind of tree."),
        )
        .attribute(
            "age",
            Attribute::number()
                .default(Value::from(3_i64))
                .description("In years."),
        )
        .attribute(
            "nicknames",
            Attribute::set(Type::String)
                .optional()
                .deprecated("Use `names`.")
                .description("What people call it."),
        )
        .attribute(
            "key",
            Attribute::string()
                .optional()
                .sensitive()
                .write_only()
                .description("Opens the gate."),
        )
        .attribute("nests", nests())
        .attribute(
            "id",
            Attribute::string()
                .computed()
                .description("The number on its label."),
        )
        .block("fence", fence())
}

fn nests() -> Attribute {
    let colour = Attribute::string().computed().description("As seen.");
    let eggs = Attribute::nested(Nesting::List, [("colour", colour)])
        .optional()
        .description("What is in it.");
    let bird = Attribute::string()
        .required()
        .description("Who lives there.");
    Attribute::nested(Nesting::Set, [("bird", bird), ("eggs", eggs)])
        .optional()
        .description("Nests in its branches.")
}

fn fence() -> Block {
    Block::new(Nesting::List)
        .items(1, 2)
        .attribute(
            "height",
            Attribute::number().optional().description("In metres."),
        )
        .description("What stands around it.")
}

/// Only the schema is ever asked for, so the state is of no interest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TreeModel {}

/// The identity of a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TreeIdentity {
    plot: Attr<String>,
    row: Attr<i64>,
}

impl Identity<TreeModel> for TreeIdentity {
    fn schema() -> Option<IdentitySchema> {
        let schema = IdentitySchema::new()
            .required("plot", Type::String, "Where it stands.")
            .optional("row", Type::Number, "Its row; the first unless set.");
        Some(schema)
    }

    fn from_model(_state: &TreeModel) -> Option<Self> {
        None
    }
}

impl Resource for Tree {
    type Client = ();
    type Model = TreeModel;
    type Identity = TreeIdentity;

    const NAME: &'static str = "garden_tree";

    fn schema(&self) -> Schema {
        tree()
    }

    async fn create(
        &self,
        _cx: &Context<()>,
        apply: Apply<TreeModel>,
    ) -> Result<State<TreeModel>, Failed<TreeModel>> {
        Ok(apply.planned.into())
    }

    async fn read(
        &self,
        _cx: &Context<()>,
        state: State<TreeModel>,
    ) -> Result<Option<State<TreeModel>>, Diagnostics> {
        Ok(Some(state))
    }

    async fn update(
        &self,
        _cx: &Context<()>,
        apply: Apply<TreeModel>,
    ) -> Result<State<TreeModel>, Failed<TreeModel>> {
        Ok(apply.planned.into())
    }

    async fn delete(&self, _cx: &Context<()>, _state: State<TreeModel>) -> Result<(), Diagnostics> {
        Ok(())
    }

    async fn import(&self, _cx: &Context<()>, _id: &str) -> Result<State<TreeModel>, Diagnostics> {
        Ok(TreeModel::default().into())
    }
}

/// A function with a parameter that may be null and any number of others.
struct Species;

impl Function for Species {
    type Arguments = (Option<String>, Vec<i64>);
    type Output = Vec<String>;

    const NAME: &'static str = "species";

    fn signature(&self) -> Signature {
        Signature {
            summary: "The species of a seed",
            description: "The species of the tree that grows from a seed.",
            parameters: vec![Parameter {
                name: "seed",
                r#type: Type::String,
                description: "What was planted.",
                allow_null: true,
            }],
            variadic: Some(Parameter {
                name: "years",
                r#type: Type::Number,
                description: "When.",
                allow_null: false,
            }),
            returns: Type::List(Box::new(Type::String)),
        }
    }

    fn call(&self, (seed, _): Self::Arguments) -> Result<Vec<String>, FunctionError> {
        Ok(seed.into_iter().collect())
    }
}
