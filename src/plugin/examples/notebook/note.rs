//! `notebook_note`: a note as a file. Import id: the note's name; identity: name and id.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tf_provider::resource::{Apply, Failed, MoveSource, Plan, Resource, State, Upgrade};
use tf_provider::schema::{Invalid, Nesting};
use tf_provider::{
    Attr, Attribute, AttributePath, Block, Context, Diagnostic, Diagnostics, Identity,
    IdentitySchema, Schema, Type, Validator, Value,
};

use super::provider::NotesClient;

/// The resource.
pub struct Note;

/// Its attributes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteModel {
    /// The file's name.
    pub name: Attr<String>,
    /// The note itself.
    pub text: Attr<String>,
    /// What it is about.
    pub tags: Attr<BTreeSet<String>>,
    /// A number of any size.
    pub weight: Attr<Value>,
    /// Anything.
    pub extra: Attr<Value>,
    /// Its parts.
    pub sections: Attr<Vec<Section>>,
    /// Never stored.
    pub passphrase: Attr<String>,
    /// Seconds a create takes after the file is written.
    pub pause: Attr<u32>,
    /// Made at create.
    pub id: Attr<String>,
    /// Letters in the text.
    pub size: Attr<u64>,
    /// Where it points.
    pub link: Vec<Link>,
}

/// A part of a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    /// Its title.
    pub heading: Attr<String>,
    /// How deep it stands.
    pub level: Attr<i64>,
    /// Made from the heading.
    pub anchor: Attr<String>,
}

/// A pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Where to.
    pub url: Attr<String>,
}

/// Which note it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteIdentity {
    /// The file's name.
    pub name: Attr<String>,
    /// The id, which follows from the name.
    pub id: Attr<String>,
}

impl Identity<NoteModel> for NoteIdentity {
    fn schema() -> Option<IdentitySchema> {
        let schema = IdentitySchema::new()
            .version(1)
            .required("name", Type::String, "Name of the note.")
            .optional("id", Type::String, "Id of the note.");
        Some(schema)
    }

    fn upgrades() -> Vec<Upgrade> {
        vec![Upgrade {
            from_version: 0,
            upgrade: |mut identity| {
                if let Some(fields) = identity.as_object_mut()
                    && let Some(title) = fields.remove("title")
                {
                    fields.insert("name".to_owned(), title);
                }
                Ok(identity)
            },
        }]
    }

    fn from_model(model: &NoteModel) -> Option<Self> {
        Some(Self {
            name: Attr::Known(model.name.known()?.clone()),
            id: Attr::Known(model.id.known()?.clone()),
        })
    }
}

impl Resource for Note {
    type Client = NotesClient;
    type Model = NoteModel;
    type Identity = NoteIdentity;

    const NAME: &'static str = "notebook_note";

    fn schema(&self) -> Schema {
        Schema::new("A note.")
            .version(1)
            .attribute(
                "name",
                Attribute::string()
                    .required()
                    .replace()
                    .validate(file_name()),
            )
            .attribute("text", Attribute::string().default(Value::from("")))
            .attribute("tags", Attribute::set(Type::String).optional())
            .attribute("weight", Attribute::number().optional())
            .attribute("extra", Attribute::of_type(Type::Dynamic).optional())
            .attribute(
                "sections",
                Attribute::nested(
                    Nesting::List,
                    [
                        ("heading", Attribute::string().required()),
                        ("level", Attribute::number().default(Value::from(1))),
                        ("anchor", Attribute::string().computed()),
                    ],
                )
                .optional(),
            )
            .attribute(
                "passphrase",
                Attribute::string().optional().sensitive().write_only(),
            )
            .attribute("pause", Attribute::number().optional())
            .attribute("id", Attribute::string().computed().keep())
            .attribute("size", Attribute::number().computed())
            .block(
                "link",
                Block::new(Nesting::List)
                    .attribute("url", Attribute::string().required())
                    .items(0, 3),
            )
    }

    fn upgrades(&self) -> Vec<Upgrade> {
        vec![Upgrade {
            from_version: 0,
            upgrade: |mut state| {
                if let Some(fields) = state.as_object_mut()
                    && let Some(body) = fields.remove("body")
                {
                    fields.insert("text".to_owned(), body);
                }
                Ok(state)
            },
        }]
    }

    fn validate(&self, config: &NoteModel, diagnostics: &mut Diagnostics) {
        if config.text.known().is_some_and(|text| text.contains('\0')) {
            diagnostics.error_at(
                AttributePath::attribute("text"),
                "Invalid Text",
                "A text has no NUL in it.",
            );
        }
    }

    async fn plan(
        &self,
        _cx: &Context<NotesClient>,
        plan: &mut Plan<NoteModel>,
    ) -> Result<(), Diagnostics> {
        let Some(planned) = &mut plan.planned else {
            return Ok(());
        };
        if let Some(text) = planned.text.known() {
            planned.size = Attr::Known(letters(text));
        }
        plan.private
            .entries
            .insert("planned".to_owned(), serde_json::json!(true));
        Ok(())
    }

    async fn create(
        &self,
        cx: &Context<NotesClient>,
        apply: Apply<NoteModel>,
    ) -> Result<State<NoteModel>, Failed<NoteModel>> {
        let mut model = filled(apply.planned);
        model.id = Attr::Known(format!("note-{}", text_of(&model.name)));
        let file = cx.client.file(&text_of(&model.name))?;
        write(&file, &model).await?;
        let state = State {
            model,
            private: apply.private,
        };
        let pause = Duration::from_secs(state.model.pause.known().copied().unwrap_or(0).into());
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(state),
            () = cx.cancel.cancelled() => Err(Failed {
                diagnostics: Diagnostic::error(
                    "Cancelled",
                    format!("The note `{}` was written; the pause after it was cut short.", text_of(&state.model.name)),
                )
                .into(),
                state: Some(state),
            }),
        }
    }

    async fn read(
        &self,
        cx: &Context<NotesClient>,
        state: State<NoteModel>,
    ) -> Result<Option<State<NoteModel>>, Diagnostics> {
        let file = cx.client.file(&text_of(&state.model.name))?;
        Ok(find(&file).await?.map(|found| State {
            model: NoteModel {
                text: found.text,
                size: found.size,
                ..state.model
            },
            private: state.private,
        }))
    }

    async fn update(
        &self,
        cx: &Context<NotesClient>,
        apply: Apply<NoteModel>,
    ) -> Result<State<NoteModel>, Failed<NoteModel>> {
        let model = filled(apply.planned);
        write(&cx.client.file(&text_of(&model.name))?, &model).await?;
        Ok(State {
            model,
            private: apply.private,
        })
    }

    async fn delete(
        &self,
        cx: &Context<NotesClient>,
        state: State<NoteModel>,
    ) -> Result<(), Diagnostics> {
        let file = cx.client.file(&text_of(&state.model.name))?;
        match tokio::fs::remove_file(&file).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(refused(&file, &error))
            }
            _ => Ok(()),
        }
    }

    async fn import(
        &self,
        cx: &Context<NotesClient>,
        id: &str,
    ) -> Result<State<NoteModel>, Diagnostics> {
        let file = cx.client.file(id)?;
        let found = find(&file).await?.ok_or_else(|| {
            Diagnostics::from(Diagnostic::error(
                "Note Not Found",
                format!("There is no note `{id}`. Write the name of an existing one."),
            ))
        })?;
        Ok(State::from(found))
    }

    async fn import_identity(
        &self,
        cx: &Context<NotesClient>,
        identity: NoteIdentity,
    ) -> Result<State<NoteModel>, Diagnostics> {
        let state = self.import(cx, &text_of(&identity.name)).await?;
        if identity.id.is_known() && identity.id != state.model.id {
            return Err(Diagnostic::error(
                "Another Note",
                format!(
                    "The note `{}` has the id `{}`.",
                    text_of(&identity.name),
                    text_of(&state.model.id)
                ),
            )
            .into());
        }
        Ok(state)
    }

    fn moves(&self) -> bool {
        true
    }

    fn move_from(&self, source: MoveSource) -> Option<Result<State<NoteModel>, Diagnostics>> {
        if source.type_name != "terraform_data" {
            return None;
        }
        let input = source
            .state
            .get("input")
            .and_then(|input| input.get("value"));
        let name = input.and_then(|name| name.as_str()).unwrap_or_default();
        let mut model = blank(name);
        model.id = Attr::Known(format!("note-{name}"));
        Some(Ok(State::from(model)))
    }
}

/// A note of which only the name is known.
pub fn blank(name: &str) -> NoteModel {
    NoteModel {
        name: Attr::Known(name.to_owned()),
        text: Attr::Known(String::new()),
        tags: Attr::Null,
        weight: Attr::Null,
        extra: Attr::Null,
        sections: Attr::Null,
        passphrase: Attr::Null,
        pause: Attr::Null,
        id: Attr::Null,
        size: Attr::Known(0),
        link: Vec::new(),
    }
}

fn file_name() -> Validator {
    Validator::string(|text| {
        if text.is_empty() || text.contains(['/', '\\', '.']) {
            return Err(Invalid::new(
                "Invalid Name",
                format!(
                    "`{text}` is not a name for a note: use letters without `/`, `\\` and `.`."
                ),
            ));
        }
        Ok(())
    })
}

fn filled(mut planned: NoteModel) -> NoteModel {
    planned.size = Attr::Known(letters(&text_of(&planned.text)));
    if let Attr::Known(sections) = &mut planned.sections {
        for section in sections {
            section.anchor =
                Attr::Known(text_of(&section.heading).to_lowercase().replace(' ', "-"));
        }
    }
    planned
}

fn text_of(attr: &Attr<String>) -> String {
    attr.known().cloned().unwrap_or_default()
}

fn letters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

async fn write(file: &Path, model: &NoteModel) -> Result<(), Diagnostics> {
    let text = serde_json::json!({ "name": model.name, "text": model.text, "id": model.id });
    tokio::fs::write(file, text.to_string())
        .await
        .map_err(|error| refused(file, &error))
}

/// The note of a file; `None` if there is no file.
pub async fn find(file: &Path) -> Result<Option<NoteModel>, Diagnostics> {
    let bytes = match tokio::fs::read(file).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(file, &error)),
    };
    let stored: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        Diagnostics::from(Diagnostic::error(
            "Unreadable Note",
            format!("`{}` is not a note: {error}.", file.display()),
        ))
    })?;
    let field = |name: &str| {
        stored
            .get(name)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
    };
    let mut model = blank(field("name"));
    model.text = Attr::Known(field("text").to_owned());
    model.size = Attr::Known(letters(field("text")));
    model.id = Attr::Known(field("id").to_owned());
    Ok(Some(model))
}

fn refused(file: &Path, error: &std::io::Error) -> Diagnostics {
    Diagnostic::error(
        "File Refused",
        format!("`{}` cannot be used: {error}.", file.display()),
    )
    .into()
}
