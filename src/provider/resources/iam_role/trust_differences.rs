//! In what two trust policies differ, as a practitioner reads it: statement by statement, folded to the width of a screen.

use eksauth_core::iam_policy::policy_document::equivalent;
use eksauth_core::iam_policy::trust_policy::typed::raw_statements;
use serde_json::{Value as Json, json};

/// The columns that a line takes before it is folded.
const WIDTH: usize = 100;
/// The columns before a statement.
const INDENT: usize = 4;

/// The statements that one of the two has and the other has not; both documents where it is something else that differs.
pub(super) fn lines(existing: &str, configured: &str) -> String {
    let (there, ours) = (raw_statements(existing), raw_statements(configured));
    let sides = [
        ("only the role has", only(&there, &ours)),
        ("only the configuration has", only(&ours, &there)),
    ];
    let told: Vec<String> = sides
        .iter()
        .flat_map(|(who, statements)| {
            statements
                .iter()
                .map(move |one| labelled(&format!("trust policy, a statement that {who}"), one))
        })
        .collect();
    if !told.is_empty() {
        return told.join("\n");
    }
    let whole = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    [
        labelled("trust policy that exists", &whole(existing)),
        labelled("trust policy that is configured", &whole(configured)),
    ]
    .join("\n")
}

fn labelled(label: &str, value: &Json) -> String {
    let indent = " ".repeat(INDENT);
    format!("  {label}\n{indent}{}", folded(value, INDENT, INDENT))
}

/// The statements of `one` that mean the same as none of `other`.
fn only<'a>(one: &'a [Json], other: &[Json]) -> Vec<&'a Json> {
    let is_in_other = |statement: &Json| other.iter().any(|theirs| is_same(statement, theirs));
    let mut only: Vec<&Json> = one.iter().collect();
    only.retain(|statement| !is_in_other(statement));
    only
}

fn is_same(one: &Json, other: &Json) -> bool {
    let document =
        |statement: &Json| json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    equivalent(&document(one), &document(other))
}

/// JSON on the line that has `used` columns already where it fits, else with a member a line.
fn folded(value: &Json, indent: usize, used: usize) -> String {
    let line = on_one_line(value);
    if used + line.chars().count() <= WIDTH {
        return line;
    }
    let deeper = indent + 2;
    let ([open, close], members): (_, Vec<String>) = match value {
        Json::Object(members) => {
            let member = |(name, value): (&String, &Json)| {
                let name = json!(name).to_string();
                let used = deeper + name.chars().count() + 2;
                format!("{name}: {}", folded(value, deeper, used))
            };
            (["{", "}"], members.iter().map(member).collect())
        }
        Json::Array(items) => {
            let item = |item: &Json| folded(item, deeper, deeper);
            (["[", "]"], items.iter().map(item).collect())
        }
        _ => return line,
    };
    let (outside, inside) = (" ".repeat(indent), " ".repeat(deeper));
    let members = members.join(&format!(",\n{inside}"));
    format!("{open}\n{inside}{members}\n{outside}{close}")
}

fn on_one_line(value: &Json) -> String {
    match value {
        Json::Object(members) if !members.is_empty() => {
            let member = |(name, value): (&String, &Json)| {
                format!("{}: {}", json!(name), on_one_line(value))
            };
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(on_one_line).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}
