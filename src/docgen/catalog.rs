//! From the provider's table of contents to pages: one a resource, data source, ephemeral resource and function, and the index.

use std::collections::BTreeMap;
use std::path::Path;

use eksauth_provider::ObjectKind;
use eksauth_provider::permissions::Permissions;
use tf_provider::{Provider, Schema};

use crate::error::DocgenError;
use crate::from_schema::fields;
use crate::function_page::function_page;
use crate::page::{Kind, Object, Sources, front_matter, object_page};
use crate::schema_section::schema_section;
use crate::tree::Pages;

/// Every page of a provider. `permissions` has what each object says that it has to be granted, by its kind and type name.
///
/// # Errors
/// Something a page needs is missing (a description, an example, a list of permissions), or a template has no page.
pub(crate) fn pages<P: Provider>(
    provider: &P,
    permissions: &BTreeMap<(ObjectKind, &'static str), Permissions>,
    repository: &Path,
) -> Result<Pages, DocgenError> {
    let sources = Sources::below(repository);
    let objects = provider.objects();
    let kinds = [
        (Kind::Resource, objects.resource_schemas()),
        (Kind::DataSource, objects.data_source_schemas()),
        (Kind::EphemeralResource, objects.ephemeral_schemas()),
    ];
    let identities = objects.identity_schemas();
    let mut pages = Pages::from([index_page(&provider.schema(), &sources)?]);
    for (kind, schemas) in kinds {
        for (name, schema) in schemas {
            let needed = permissions
                .get(&(kind.of_object(), name.as_str()))
                .ok_or_else(|| DocgenError::NoPermissions(name.clone()))?;
            let fields = fields(&name, &schema)?;
            let object = Object {
                kind,
                name: &name,
                description: schema.description_text(),
                deprecated: schema.deprecation(),
                fields: &fields,
                identity: identities.get(&name).filter(|_| kind == Kind::Resource),
                permissions: *needed,
            };
            let (page, text) = object_page(&object, &sources)?;
            pages.insert(page, text);
        }
    }
    for (name, signature) in objects.function_signatures() {
        let (page, text) = function_page(&name, &signature, &sources)?;
        pages.insert(page, text);
    }
    sources.check_templates(&pages)?;
    Ok(pages)
}

/// The page of the provider block.
fn index_page(schema: &Schema, sources: &Sources) -> Result<(String, String), DocgenError> {
    let description = schema.description_text();
    let title = format!(
        "{}\n# eksauth Provider\n\n{description}",
        front_matter("Provider: eksauth", description)
    );
    let example = sources
        .examples
        .example_section("provider", "provider", "provider.tf")?;
    let sections = BTreeMap::from([
        ("title", Some(title)),
        ("example", Some(example)),
        ("schema", Some(schema_section(&fields("provider", schema)?))),
        ("import", None),
        ("permissions", None),
    ]);
    let page = String::from("index.md");
    let text = sources.fill(&page, &sections)?;
    Ok((page, text))
}
