//! A page: front matter and title, then sections in the order of its template.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eksauth_provider::ObjectKind;
use eksauth_provider::permissions::Permissions;
use tf_provider::IdentitySchema;

use crate::error::DocgenError;
use crate::examples::{Examples, read_if_there};
use crate::field::Field;
use crate::permissions::permissions_section;
use crate::schema_section::schema_section;
use crate::template;
use crate::tree::{Pages, generated_pages};

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// An ephemeral resource.
    EphemeralResource,
}

impl Kind {
    /// The folder of its pages and of its examples.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Resource => "resources",
            Self::DataSource => "data-sources",
            Self::EphemeralResource => "ephemeral-resources",
        }
    }

    /// The kind as the provider's registry has it.
    pub(crate) fn of_object(self) -> ObjectKind {
        match self {
            Self::Resource => ObjectKind::Resource,
            Self::DataSource => ObjectKind::DataSource,
            Self::EphemeralResource => ObjectKind::EphemeralResource,
        }
    }

    /// What begins the names of its manifests.
    fn manifest_prefix(self) -> &'static str {
        match self {
            Self::Resource => "eksauth-resource",
            Self::DataSource => "eksauth-data-source",
            Self::EphemeralResource => "eksauth-ephemeral-resource",
        }
    }

    fn example_file(self) -> &'static str {
        match self {
            Self::Resource => "resource.tf",
            Self::DataSource => "data-source.tf",
            Self::EphemeralResource => "ephemeral-resource.tf",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Resource => "Resource",
            Self::DataSource => "Data Source",
            Self::EphemeralResource => "Ephemeral Resource",
        }
    }
}

/// One object of the provider.
pub(crate) struct Object<'a> {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its type name, `eksauth_irsa_role`.
    pub(crate) name: &'a str,
    /// Markdown that opens the page.
    pub(crate) description: &'a str,
    /// What to use instead.
    pub(crate) deprecated: Option<&'a str>,
    /// Its attributes and blocks.
    pub(crate) fields: &'a [Field],
    /// What names it for good, where anything does.
    pub(crate) identity: Option<&'a IdentitySchema>,
    /// What it needs in AWS and in the cluster.
    pub(crate) permissions: Permissions,
}

/// Where the words around generated sections come from.
pub(crate) struct Sources {
    /// The examples.
    pub(crate) examples: Examples,
    templates: PathBuf,
}

impl Sources {
    /// Below the repository's root.
    pub(crate) fn below(repository: &Path) -> Self {
        Self {
            examples: Examples::below(repository),
            templates: repository.join("docs").join("templates"),
        }
    }

    /// Fills the template of a page, or the built-in one.
    pub(crate) fn fill(
        &self,
        page: &str,
        sections: &BTreeMap<&'static str, Option<String>>,
    ) -> Result<String, DocgenError> {
        let path = self.templates.join(page);
        let own = read_if_there(&path)?;
        let text = own.as_deref().unwrap_or(template::DEFAULT);
        template::fill(text, &Path::new("docs/templates").join(page), sections)
    }

    /// Holds that every template has a page.
    ///
    /// # Errors
    /// One has none, or the folder cannot be read.
    pub(crate) fn check_templates(&self, pages: &Pages) -> Result<(), DocgenError> {
        let templates = generated_pages(&self.templates)?;
        match templates.into_iter().find(|name| !pages.contains_key(name)) {
            Some(name) => Err(DocgenError::TemplateWithoutPage(name)),
            None => Ok(()),
        }
    }
}

/// The path below `docs/` and the text of an object's page.
///
/// # Errors
/// No example, an action or template that cannot be used, a file that cannot be read.
pub(crate) fn object_page(
    object: &Object<'_>,
    sources: &Sources,
) -> Result<(String, String), DocgenError> {
    let kind = object.kind;
    let short = object
        .name
        .split_once('_')
        .map_or(object.name, |(_, short)| short);
    let page = format!("{}/{short}.md", kind.folder());
    let manifest = format!("{}-{}", kind.manifest_prefix(), short.replace('_', "-"));
    let examples = format!("{}/{}", kind.folder(), object.name);
    let sections = BTreeMap::from([
        ("title", Some(title_section(object))),
        (
            "example",
            Some(
                sources
                    .examples
                    .example_section(object.name, &examples, kind.example_file())?,
            ),
        ),
        ("schema", Some(schema_section(object.fields))),
        (
            "import",
            sources
                .examples
                .import_section(&examples, object.identity)?,
        ),
        (
            "permissions",
            Some(permissions_section(&manifest, &object.permissions)?),
        ),
    ]);
    let text = sources.fill(&page, &sections)?;
    Ok((page, text))
}

fn title_section(object: &Object<'_>) -> String {
    let title = format!("{} ({})", object.name, object.kind.title());
    let mut text = front_matter(
        &format!("{} {} - eksauth", object.name, object.kind.title()),
        object.description,
    );
    text.push_str(&format!("\n# {title}\n\n"));
    if let Some(message) = object.deprecated {
        text.push_str(&format!("~> **Deprecated:** {message}\n\n"));
    }
    text.push_str(object.description.trim());
    text
}

/// What the registry reads: the title of the page and the first paragraph of its description.
pub(crate) fn front_matter(page_title: &str, description: &str) -> String {
    let paragraph = description
        .trim()
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', "\n  ");
    format!(
        "---\npage_title: \"{page_title}\"\nsubcategory: \"\"\ndescription: |-\n  {paragraph}\n---\n"
    )
}
