//! One context with its cluster and user into a kubeconfig, all of it or nothing.

use super::compare::{differing, with_kept_fields};
use super::connection::Connection;
use super::edit::Editor;
use super::error::{EntryConflict, KubeconfigError};
use super::read::{Kubeconfig, parse};
use super::verify;

/// A list of a kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `clusters`.
    Clusters,
    /// `contexts`.
    Contexts,
    /// `users`.
    Users,
}

impl Section {
    /// In the order in which kubectl writes them.
    pub const ALL: [Section; 3] = [Section::Clusters, Section::Contexts, Section::Users];

    /// The key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Section::Clusters => "clusters",
            Section::Contexts => "contexts",
            Section::Users => "users",
        }
    }

    /// One of its entries, in words.
    #[must_use]
    pub fn entry_in_words(self) -> &'static str {
        match self {
            Section::Clusters => "cluster",
            Section::Contexts => "context",
            Section::Users => "user",
        }
    }
}

/// When the context becomes the one that kubectl uses without `--context`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CurrentContext {
    /// Where there is none.
    #[default]
    IfNone,
    /// In any case.
    Set,
}

/// How a context is put into a kubeconfig.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// Entries of the same names with other contents give way.
    pub overwrite: bool,
    /// When the context becomes the current one.
    pub current_context: CurrentContext,
}

/// A kubeconfig with the context in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The whole text, that of before where nothing had to change.
    pub text: String,
    /// The sections in which an entry was added.
    pub added: Vec<Section>,
    /// The sections in which an entry was overwritten.
    pub overwritten: Vec<Section>,
    /// The current context afterwards.
    pub current_context: Option<String>,
}

/// Puts a context with its cluster and user into a text. A text that has them already is returned as it is.
///
/// # Errors
/// See [`KubeconfigError`]; nothing is changed in part.
pub fn merge(text: &str, connection: &Connection, how: Merge) -> Result<Merged, KubeconfigError> {
    let document = parse(text)?;
    let kubeconfig = Kubeconfig::open(&document)?;
    let before = kubeconfig.current_context()?;
    let sets_current = match how.current_context {
        CurrentContext::IfNone => before.is_none(),
        CurrentContext::Set => before.as_ref() != Some(&connection.context),
    };
    let mut merged = Merged {
        text: text.to_owned(),
        added: Vec::new(),
        overwritten: Vec::new(),
        current_context: match sets_current {
            true => Some(connection.context.clone()),
            false => before,
        },
    };
    let mut editor = Editor::new(&kubeconfig, text);
    let mut conflicts = Vec::new();
    for section in Section::ALL {
        let wanted = connection.entry(section);
        let name = connection.name(section);
        let entries = kubeconfig.entries(section)?;
        let Some(found) = entries.into_iter().find(|entry| entry.name == name) else {
            merged.added.push(section);
            editor.add_entry(section, &wanted)?;
            continue;
        };
        let fields = differing(&found.value, &wanted);
        if fields.is_empty() {
            continue;
        }
        if !how.overwrite {
            conflicts.push(EntryConflict {
                section,
                name: found.name,
                fields,
            });
            continue;
        }
        merged.overwritten.push(section);
        editor.overwrite_entry(section, found.node, &with_kept_fields(&found.value, wanted))?;
    }
    if !conflicts.is_empty() {
        return Err(KubeconfigError::Conflict(conflicts));
    }
    if kubeconfig.root.is_none() {
        merged.text = appended(text, connection);
    } else {
        if sets_current {
            editor.set_current_context(&connection.context)?;
        }
        merged.text = editor.finish();
    }
    verify::check(&kubeconfig, &merged, connection)?;
    Ok(merged)
}

/// A text of comments and white space stays in front of the new one.
fn appended(text: &str, connection: &Connection) -> String {
    let fresh = connection.fresh();
    let has_crlf = text.contains("\r\n");
    let fresh = match has_crlf {
        true => fresh.replace('\n', "\r\n"),
        false => fresh,
    };
    let line_break = match (text.is_empty() || text.ends_with('\n'), has_crlf) {
        (true, _) => "",
        (false, true) => "\r\n",
        (false, false) => "\n",
    };
    format!("{text}{line_break}{fresh}")
}
