//! Why no pages could be made.

use std::path::PathBuf;

/// A failure; the binary prints it and exits 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocgenError {
    /// A file could not be read.
    #[error("cannot read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written or removed.
    #[error("cannot write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An object has no example.
    #[error("`{object}` has no example: write `{path}`")]
    NoExample {
        /// The object's name.
        object: String,
        /// Where it belongs.
        path: PathBuf,
    },
    /// An attribute, block or object says nothing of itself.
    #[error("`{0}` has no description in its schema")]
    NoDescription(String),
    /// An object of the provider whose permissions are not listed.
    #[error("`{0}` has no list of permissions")]
    NoPermissions(String),
    /// A template names a section that does not exist.
    #[error("template `{path}` asks for the unknown section `{section}`")]
    UnknownSection {
        /// The template.
        path: PathBuf,
        /// The name in it.
        section: String,
    },
    /// A template of a page that nothing generates.
    #[error("template `docs/templates/{0}` has no page: no object of the provider has that name")]
    TemplateWithoutPage(String),
    /// JSON could not be written.
    #[error("cannot write json")]
    Json(#[source] serde_json::Error),
}
