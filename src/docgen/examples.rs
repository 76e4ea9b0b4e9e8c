//! The examples of a page, read from `examples/`: what is shown is what the acceptance tests apply.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tf_provider::IdentitySchema;

use crate::error::DocgenError;
use crate::from_schema::notation;

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
    pub(crate) fn import_section(
        &self,
        folder: &str,
        identity: Option<&IdentitySchema>,
    ) -> Result<Option<String>, DocgenError> {
        let ways = [
            (
                "import-by-string-id.tf",
                "With a block in the configuration:",
                "terraform",
            ),
            ("import.sh", "On the command line:", "shell"),
            (
                "import-by-identity.tf",
                "By identity, with Terraform 1.12, OpenTofu 1.12 or a newer one:",
                "terraform",
            ),
        ];
        let mut text = String::from("## Import\n");
        let heading = text.len();
        for (file, words, language) in ways {
            if let Some(example) = read_if_there(&self.root.join(folder).join(file))? {
                text.push_str(&format!("\n{words}\n\n{}", fence(language, &example)));
            }
        }
        if text.len() == heading {
            return Ok(None);
        }
        if let Some(schema) = identity {
            text.push_str(&identity_section(schema));
        }
        Ok(Some(text))
    }
}

/// What the identity has, under the import that takes it.
fn identity_section(schema: &IdentitySchema) -> String {
    let attributes: String = schema
        .attributes()
        .map(|(name, attribute)| {
            let demand = match attribute.is_required_for_import() {
                true => "required in an import",
                false => "optional in an import",
            };
            format!(
                "- `{name}` ({}, {demand}) {}\n",
                notation(attribute.value_type()),
                attribute.description_text()
            )
        })
        .collect();
    format!("\n### Identity\n\n{attributes}")
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
