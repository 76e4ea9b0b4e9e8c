//! `id` of every resource: what an import would name the object by, so that plans and progress lines name it.

use tf_provider::Attribute;

/// The attribute `id`, which follows from the others.
pub(crate) fn id_attribute(what: &str) -> Attribute {
    Attribute::string().computed().keep().description(what)
}
