//! Which file is meant, and what the others of KUBECONFIG do to it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use eksauth_core::kubeconfig::{Connection, EntryNames, Merged, entry_names};

use crate::failure::Failure;

/// What of the environment counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    /// `KUBECONFIG`.
    pub(super) kubeconfig: Option<OsString>,
    /// `HOME`.
    pub(super) home: Option<OsString>,
}

impl Environment {
    pub(super) fn of_process() -> Self {
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::var_os("HOME"),
        }
    }
}

/// The file that is written, and the others that kubectl reads with it.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) path: PathBuf,
    others: Vec<Other>,
}

/// Another file of KUBECONFIG.
#[derive(Debug)]
struct Other {
    path: PathBuf,
    comes_first: bool,
    /// None where it cannot be read or understood.
    names: Option<EntryNames>,
}

impl Selection {
    /// The given file, else the first of KUBECONFIG that has the context, else the first that is there, else the first of them, else the usual one.
    ///
    /// # Errors
    /// Nothing says where the home is.
    pub(super) fn choose(
        given: Option<&Path>,
        environment: &Environment,
        context: &str,
    ) -> Result<Self, Failure> {
        if let Some(path) = given {
            return Ok(Self {
                path: path.to_owned(),
                others: Vec::new(),
            });
        }
        let variable = environment.kubeconfig.clone().unwrap_or_default();
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in std::env::split_paths(&variable) {
            if !path.as_os_str().is_empty() && !paths.contains(&path) {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            let home = environment.home.clone().filter(|home| !home.is_empty());
            let home = home.ok_or_else(|| {
                Failure::new(
                    "neither KUBECONFIG nor HOME says where the kubeconfig is; give --kubeconfig",
                )
            })?;
            paths.push(Path::new(&home).join(".kube").join("config"));
        }
        let files: Vec<(PathBuf, Option<EntryNames>)> = paths
            .into_iter()
            .map(|path| {
                let text = std::fs::read_to_string(&path).ok();
                let names = text.and_then(|text| entry_names(&text).ok());
                (path, names)
            })
            .collect();
        let has_it = |names: &Option<EntryNames>| {
            names
                .as_ref()
                .is_some_and(|names| names.contexts.contains(context))
        };
        let chosen = files
            .iter()
            .position(|(_, names)| has_it(names))
            .or_else(|| files.iter().position(|(path, _)| path.exists()))
            .unwrap_or_default();
        let mut selection = Self {
            path: PathBuf::new(),
            others: Vec::new(),
        };
        for (at, (path, names)) in files.into_iter().enumerate() {
            if at == chosen {
                selection.path = path;
                continue;
            }
            selection.others.push(Other {
                path,
                comes_first: at < chosen,
                names,
            });
        }
        Ok(selection)
    }

    /// What the other files make of it: of entries of the same name kubectl takes the first.
    pub(super) fn warnings(&self, connection: &Connection, merged: &Merged) -> Vec<String> {
        let first = self.others.iter().filter(|other| other.comes_first);
        let mut told = Vec::new();
        for other in first {
            let path = other.path.display();
            let Some(names) = &other.names else {
                if other.path.exists() {
                    told.push(format!(
                        "`{path}` comes before it in KUBECONFIG and cannot be read as a kubeconfig; kubectl may refuse all of them"
                    ));
                }
                continue;
            };
            let same = [
                ("cluster", &names.clusters, &connection.cluster),
                ("user", &names.users, &connection.user),
            ];
            for (kind, names, name) in same {
                if names.contains(name) {
                    told.push(format!(
                        "`{path}` comes before it in KUBECONFIG and has a {kind} `{name}` too, which is the one that kubectl uses"
                    ));
                }
            }
            let current = names.current_context.as_ref();
            let is_ours = merged.current_context.as_ref() == Some(&connection.context);
            if let Some(current) = current
                && is_ours
                && *current != connection.context
            {
                told.push(format!(
                    "`{path}` comes before it in KUBECONFIG and names the current context `{current}`, which is the one that kubectl uses"
                ));
            }
        }
        told
    }
}
