//! A provider that keeps notes as files of a directory: small, real, and with one of everything the protocol has.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tf_provider::provider::{Configure, Objects};
use tf_provider::{Attr, Attribute, Diagnostics, Provider, Schema};

use super::broken::Broken;
use super::note::Note;
use super::reading::{Join, NoteReader, Password};

/// The provider.
#[derive(Default)]
pub struct Notebook {
    /// Where the notes are, whatever the configuration says; for tests.
    pub folder: Option<PathBuf>,
}

/// The provider block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotebookModel {
    /// The folder of the notes.
    pub directory: Attr<String>,
}

/// The folder of the notes, where it is known.
#[derive(Debug)]
pub struct NotesClient {
    directory: Option<PathBuf>,
}

impl NotesClient {
    /// A shelf in a folder.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: Some(directory.into()),
        }
    }

    /// The file of a note.
    pub fn file(&self, name: &str) -> Result<PathBuf, Diagnostics> {
        let Some(directory) = &self.directory else {
            return Err(tf_provider::Diagnostic::error(
                "Unknown Directory",
                "The provider's `directory` is known only after apply.",
            )
            .into());
        };
        Ok(directory.join(format!("{name}.json")))
    }
}

impl Provider for Notebook {
    type Client = NotesClient;
    type Model = NotebookModel;

    const ADDRESS: &'static str = "example/notebook";

    fn schema(&self) -> Schema {
        Schema::new("Notes in a folder.").attribute(
            "directory",
            Attribute::string()
                .required()
                .description("The folder of the notes."),
        )
    }

    async fn configure(
        &self,
        request: Configure<NotebookModel>,
        diagnostics: &mut Diagnostics,
    ) -> Result<NotesClient, Diagnostics> {
        if request.config.directory.is_unknown() {
            diagnostics.warning(
                "Unknown Directory",
                "Notes cannot be read until the folder is known.",
            );
        }
        if let Some(folder) = &self.folder {
            return Ok(NotesClient::new(folder));
        }
        Ok(match request.config.directory {
            Attr::Known(directory) => NotesClient::new(directory),
            Attr::Null | Attr::Unknown => NotesClient { directory: None },
        })
    }

    fn objects(&self) -> Objects<NotesClient> {
        Objects::new()
            .resource(Note)
            .resource(Broken)
            .data_source(NoteReader)
            .ephemeral_resource(Password)
            .function(Join)
    }
}
