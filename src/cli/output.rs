//! How answers are printed: aligned columns on a terminal, JSON and SARIF for programs.

pub use eksauth_core::text_table::{aligned, columns, folded};
use serde_json::{Value, json};

/// Results in the envelope of SARIF 2.1.0.
pub fn sarif(results: Vec<Value>) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "terraform-provider-eksauth", "version": env!("CARGO_PKG_VERSION")}},
            "results": results,
        }],
    })
}

/// A location in a file as it was given, by line from 1.
pub fn in_file(file: &str, line: usize) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": {"startLine": line}}})
}

/// A location that is in no file.
pub fn named(name: &str) -> Value {
    json!({"logicalLocations": [{"fullyQualifiedName": name}]})
}

/// A path as a URI reference: what has a meaning there is encoded.
fn uri(path: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
    path.replace('\\', "/")
        .bytes()
        .map(|byte| match is_kept(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri_of_the_same_file() {
        assert_eq!(uri("deploy/aws-auth.yaml"), "deploy/aws-auth.yaml");
        assert_eq!(uri(r"deploy\a b#1.yaml"), "deploy/a%20b%231.yaml");
        assert_eq!(uri("/tmp/\u{e4}.yaml"), "/tmp/%C3%A4.yaml");
    }
}
