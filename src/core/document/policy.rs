//! IAM policies as they are handed about: as JSON, as a JSON text inside a string, percent-encoded as IAM's API answers them.

use super::tree::{Tree, Value};
use super::{Content, TrustPolicy};

/// A trust policy, or another policy by its name; `None` where it is no policy.
pub(super) fn classify(tree: &Tree<'_>) -> Option<Content> {
    let statement = tree.get("Statement")?;
    let statements: Vec<&Tree<'_>> = match &statement.value {
        Value::List(items) => items.iter().collect(),
        Value::Map(_) => vec![statement],
        _ => Vec::new(),
    };
    let names = |name: &str| {
        statements
            .iter()
            .any(|statement| statement.get(name).is_some())
    };
    let has_principal = names("Principal") || names("NotPrincipal");
    if names("Resource") || names("NotResource") {
        if !has_principal {
            return Some(Content::Other(
                "a policy of permissions: it names no principal, so it is no trust policy"
                    .to_owned(),
            ));
        }
        return Some(Content::Other(
            "a policy of a resource: a trust policy names no resource".to_owned(),
        ));
    }
    Some(Content::TrustPolicy(TrustPolicy {
        policy: tree.json(),
        role_arn: None,
        role_name: None,
        statement_lines: statements.iter().map(|statement| statement.line).collect(),
    }))
}

/// A trust policy that is a member of something else: an object, or a text of JSON, percent-encoded or not.
pub(super) fn embedded(tree: &Tree<'_>) -> TrustPolicy {
    let role = |policy: String, statement_lines: Vec<usize>| TrustPolicy {
        policy,
        role_arn: None,
        role_name: None,
        statement_lines,
    };
    match tree.text() {
        Some(text) => {
            let policy = percent_decoded(text.trim()).unwrap_or_else(|| text.to_owned());
            let statements = serde_json::from_str::<serde_json::Value>(&policy)
                .ok()
                .and_then(|policy| Some(policy.get("Statement")?.as_array()?.len()))
                .unwrap_or(1);
            role(policy, vec![tree.line; statements.min(1000)])
        }
        None => match classify(tree) {
            Some(Content::TrustPolicy(policy)) => policy,
            _ => role(tree.json(), Vec::new()),
        },
    }
}

/// The text behind percent-encoding, where it is JSON.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let begins = ["%7B", "%7b", "%22", "%5B", "%5b"];
    let is_spaced = |text: &str| {
        let rest = text.trim_start_matches(['+']);
        begins.iter().any(|begin| rest.starts_with(begin))
    };
    if !is_spaced(text) || text.contains(char::is_whitespace) {
        return None;
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' => b' ',
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}
