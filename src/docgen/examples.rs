//! The examples of a page, read from `examples/`: what is shown is what the acceptance tests apply.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::DocgenError;

/// The folder `examples/`.
pub(crate) struct Examples {
    root: PathBuf,
}

impl Examples {
    /// The examples below the repository's root.
    pub(crate) fn below(repository: &Path) -> Self {
        Self {
            root: repository.join("examples"),
        }
    }

    /// The example of an object, with its heading. `folder` is `resources/eksauth_irsa_role`, `file` is `resource.tf`.
    ///
    /// # Errors
    /// The file is missing: a page without an example is a fault.
    pub(crate) fn example_section(
        &self,
        object: &str,
        folder: &str,
        file: &str,
    ) -> Result<String, DocgenError> {
        let path = self.root.join(folder).join(file);
        let text = read_if_there(&path)?.ok_or_else(|| DocgenError::NoExample {
            object: object.to_owned(),
            path: Path::new("examples").join(folder).join(file),
        })?;
        Ok(format!("## Example Usage\n\n{}", fence("terraform", &text)))
    }

    /// How an object is imported, with its heading; `None` where it is not.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub(crate) fn import_section(&self, folder: &str) -> Result<Option<String>, DocgenError> {
        let folder = self.root.join(folder);
        let block = read_if_there(&folder.join("import-by-string-id.tf"))?;
        let command = read_if_there(&folder.join("import.sh"))?;
        if block.is_none() && command.is_none() {
            return Ok(None);
        }
        let mut text = String::from("## Import\n");
        if let Some(block) = block {
            text.push_str(&format!(
                "\nWith a block in the configuration:\n\n{}",
                fence("terraform", &block)
            ));
        }
        if let Some(command) = command {
            text.push_str(&format!(
                "\nOn the command line:\n\n{}",
                fence("shell", &command)
            ));
        }
        Ok(Some(text))
    }
}

fn fence(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim())
}

/// The text of a file, `None` where there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<String>, DocgenError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DocgenError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
