//! The page of a provider function: its signature as it would be called, its arguments, what comes back.

use std::collections::BTreeMap;

use tf_provider::Type;
use tf_provider::function::{Parameter, Signature};

use crate::error::DocgenError;
use crate::from_schema::notation;
use crate::page::{Sources, front_matter};

/// The path below `docs/` and the text of a function's page.
///
/// # Errors
/// No example, or a file or template that cannot be used.
pub(crate) fn function_page(
    name: &str,
    signature: &Signature,
    sources: &Sources,
) -> Result<(String, String), DocgenError> {
    let page = format!("functions/{name}.md");
    let example =
        sources
            .examples
            .example_section(name, &format!("functions/{name}"), "function.tf")?;
    let sections = BTreeMap::from([
        ("title", Some(title_section(name, signature))),
        ("example", Some(example)),
        ("schema", Some(signature_section(name, signature))),
        ("import", None),
        ("permissions", None),
    ]);
    let text = sources.fill(&page, &sections)?;
    Ok((page, text))
}

fn title_section(name: &str, signature: &Signature) -> String {
    format!(
        "{}\n# function: {name}\n\n{}",
        front_matter(&format!("{name} function - eksauth"), signature.summary),
        signature.description.trim()
    )
}

fn signature_section(name: &str, signature: &Signature) -> String {
    let mut parameters: Vec<String> = signature.parameters.iter().map(declaration).collect();
    parameters.extend(
        signature
            .variadic
            .as_ref()
            .map(|parameter| format!("{}...", declaration(parameter))),
    );
    let mut text = format!(
        "## Signature\n\n```text\n{name}({}) {}\n```\n",
        parameters.join(", "),
        written(&signature.returns)
    );
    let arguments: Vec<&Parameter> = signature
        .parameters
        .iter()
        .chain(signature.variadic.as_ref())
        .collect();
    if !arguments.is_empty() {
        text.push_str("\n## Arguments\n\n");
    }
    for (position, parameter) in arguments.iter().enumerate() {
        text.push_str(&argument(position + 1, parameter));
    }
    text
}

fn declaration(parameter: &Parameter) -> String {
    format!("{} {}", parameter.name, written(&parameter.r#type))
}

fn argument(position: usize, parameter: &Parameter) -> String {
    let nullable = if parameter.allow_null {
        ", Nullable"
    } else {
        ""
    };
    format!(
        "{position}. `{}` ({}{nullable}) {}\n",
        parameter.name,
        notation(&parameter.r#type),
        parameter.description.trim()
    )
}

/// A type as it is written in a configuration.
fn written(r#type: &Type) -> String {
    r#type.to_string()
}
