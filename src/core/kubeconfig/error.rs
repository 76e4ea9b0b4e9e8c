//! Why a kubeconfig is left as it is.

use super::merge::Section;

/// An entry of the same name with other contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryConflict {
    /// Where it is.
    pub section: Section,
    /// Its name.
    pub name: String,
    /// The fields that differ, by their paths; never their values, which may be secret.
    pub fields: Vec<String>,
}

impl std::fmt::Display for EntryConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { section, name, .. } = self;
        let fields = self.fields.iter().map(|field| format!("`{field}`"));
        let fields = fields.collect::<Vec<_>>().join(", ");
        write!(
            f,
            "the {} `{name}` ({fields} differs)",
            section.entry_in_words()
        )
    }
}

/// Why a kubeconfig is left as it is. Lines and columns are from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeconfigError {
    /// No YAML, or YAML that kubectl cannot turn into values.
    #[error("line {line}: {what}")]
    Unreadable {
        /// The line.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// More than one document, of which kubectl reads the first.
    #[error(
        "line {line}: a second document begins or text follows the first one; kubectl reads the first document only"
    )]
    SeveralDocuments {
        /// The line.
        line: usize,
    },
    /// Something else than a kubeconfig.
    #[error("it is no kubeconfig: {what}")]
    NoKubeconfig {
        /// What shows it.
        what: String,
    },
    /// A key or a name that stands twice.
    #[error("line {line}: {what} stands there a second time, so what counts depends on the reader")]
    Twice {
        /// The line.
        line: usize,
        /// What.
        what: String,
    },
    /// What would change is used in another place too, through an anchor.
    #[error(
        "line {line}: what would change there has an anchor that is used in another place, which would change with it"
    )]
    Shared {
        /// The line.
        line: usize,
    },
    /// A form in which no entry can be put without changing what others wrote.
    #[error("line {line}: {what}")]
    Form {
        /// The line.
        line: usize,
        /// What is there.
        what: String,
    },
    /// Entries of the same names with other contents.
    #[error("{} {} there with other contents", list(.0), if .0.len() == 1 { "is" } else { "are" })]
    Conflict(Vec<EntryConflict>),
}

fn list(conflicts: &[EntryConflict]) -> String {
    let texts: Vec<String> = conflicts.iter().map(EntryConflict::to_string).collect();
    texts.join(" and ")
}
