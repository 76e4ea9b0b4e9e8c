//! The schema section of a page: Required, Optional, Read-Only, and a section with an anchor for each nested schema.
//!
//! Names, grouping and anchors are those readers know from every other provider's pages, so links into them keep working.

use crate::field::{Field, Group};

/// The section, with its heading.
pub(crate) fn schema_section(fields: &[Field]) -> String {
    let mut text = String::from("## Schema\n");
    for group in Group::ALL {
        push_group(
            &mut text,
            fields,
            group,
            &format!("### {}", group.title()),
            &[],
        );
    }
    push_nested(&mut text, fields, &[]);
    text
}

fn push_group(text: &mut String, fields: &[Field], group: Group, heading: &str, path: &[&str]) {
    let mut members: Vec<&Field> = fields.iter().filter(|field| field.group == group).collect();
    if members.is_empty() {
        return;
    }
    members.sort_by(|left, right| left.name.cmp(&right.name));
    text.push_str(&format!("\n{heading}\n\n"));
    for field in members {
        text.push_str(&line(field, path));
    }
}

fn push_nested(text: &mut String, fields: &[Field], path: &[&str]) {
    let mut members: Vec<&Field> = fields.iter().collect();
    members.sort_by(|left, right| left.name.cmp(&right.name));
    for field in members {
        let Some(nested) = &field.nested else {
            continue;
        };
        let here: Vec<&str> = path.iter().copied().chain([field.name.as_str()]).collect();
        text.push_str(&format!(
            "\n<a id=\"{}\"></a>\n### Nested Schema for `{}`\n",
            anchor(field, path),
            here.join(".")
        ));
        for group in Group::ALL {
            push_group(
                text,
                &nested.fields,
                group,
                &format!("{}:", group.title()),
                &here,
            );
        }
        push_nested(text, &nested.fields, &here);
    }
}

/// One list item.
fn line(field: &Field, path: &[&str]) -> String {
    let mut parts = vec![format!("- `{}` ({})", field.name, traits(field))];
    if !field.description.is_empty() {
        parts.push(field.description.trim().replace('\n', "\n  "));
    }
    if let Some(default) = &field.default {
        parts.push(format!("Default: `{default}`."));
    }
    if field.replaces {
        parts.push(String::from("A change makes a new object."));
    }
    if let Some(message) = &field.deprecated {
        parts.push(format!("**Deprecated:** {message}"));
    }
    if field.nested.is_some() {
        parts.push(format!(
            "(see [below for nested schema](#{}))",
            anchor(field, path)
        ));
    }
    format!("{}\n", parts.join(" "))
}

fn traits(field: &Field) -> String {
    let mut parts = vec![field.notation.as_str()];
    if field.sensitive {
        parts.push("Sensitive");
    }
    if field.write_only {
        parts.push("Write-only");
    }
    if field.deprecated.is_some() {
        parts.push("Deprecated");
    }
    parts.join(", ")
}

fn anchor(field: &Field, path: &[&str]) -> String {
    let prefix = field
        .nested
        .as_ref()
        .map_or("nestedatt", |nested| nested.kind.anchor_prefix());
    let mut parts = vec![prefix];
    parts.extend(path);
    parts.push(&field.name);
    parts.join("--")
}
