//! What only reads: the data source `notebook_note`, the ephemeral `notebook_password`, the function `join`.

use serde::{Deserialize, Serialize};
use tf_provider::ephemeral::Opened;
use tf_provider::function::{FunctionError, Parameter, Signature};
use tf_provider::resource::Private;
use tf_provider::{
    Attr, Attribute, Context, DataSource, Diagnostic, Diagnostics, EphemeralResource, Function,
    Schema, Type,
};

use super::note::find;
use super::provider::NotesClient;

/// A note that is there.
pub struct NoteReader;

/// Its attributes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteReaderModel {
    /// The note's name.
    pub name: Attr<String>,
    /// Its text.
    pub text: Attr<String>,
}

impl DataSource for NoteReader {
    type Client = NotesClient;
    type Model = NoteReaderModel;

    const NAME: &'static str = "notebook_note";

    fn schema(&self) -> Schema {
        Schema::new("A note that is there.")
            .attribute("name", Attribute::string().required())
            .attribute("text", Attribute::string().computed())
    }

    async fn read(
        &self,
        cx: &Context<NotesClient>,
        config: NoteReaderModel,
    ) -> Result<NoteReaderModel, Diagnostics> {
        let name = config.name.known().cloned().unwrap_or_default();
        match find(&cx.client.file(&name)?).await? {
            Some(note) => Ok(NoteReaderModel {
                text: note.text,
                ..config
            }),
            None => Err(
                Diagnostic::error("Note Not Found", format!("There is no note `{name}`.")).into(),
            ),
        }
    }
}

/// A password that is never stored.
pub struct Password;

/// Its attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PasswordModel {
    /// How many letters.
    pub length: Attr<u8>,
    /// The password.
    pub result: Attr<String>,
}

impl EphemeralResource for Password {
    type Client = NotesClient;
    type Model = PasswordModel;

    const NAME: &'static str = "notebook_password";

    fn schema(&self) -> Schema {
        Schema::new("A password of one letter many times.")
            .attribute("length", Attribute::number().required())
            .attribute("result", Attribute::string().computed().sensitive())
    }

    async fn open(
        &self,
        _cx: &Context<NotesClient>,
        config: PasswordModel,
    ) -> Result<Opened<PasswordModel>, Diagnostics> {
        let length = config.length.known().copied().unwrap_or(0);
        Ok(Opened {
            model: PasswordModel {
                result: Attr::Known("x".repeat(length.into())),
                ..config
            },
            private: Private::default(),
            renew_at: None,
        })
    }
}

/// Joins words.
pub struct Join;

impl Function for Join {
    type Arguments = (String, Vec<String>);
    type Output = String;

    const NAME: &'static str = "join";

    fn signature(&self) -> Signature {
        Signature {
            summary: "Joins words",
            description: "Puts a separator between words.",
            parameters: vec![Parameter {
                name: "separator",
                r#type: Type::String,
                description: "What comes between.",
                allow_null: false,
            }],
            variadic: Some(Parameter {
                name: "words",
                r#type: Type::String,
                description: "The words.",
                allow_null: false,
            }),
            returns: Type::String,
        }
    }

    fn call(&self, (separator, words): (String, Vec<String>)) -> Result<String, FunctionError> {
        match words.iter().position(String::is_empty) {
            Some(index) => Err(FunctionError::argument(
                i64::try_from(index).unwrap_or(0).saturating_add(1),
                "a word has at least one letter",
            )),
            None => Ok(words.join(&separator)),
        }
    }
}
