//! A ConfigMap as `kubectl get configmap aws-auth -o yaml` (or `-o json`) prints it: the way from a file to `data`.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::yaml::{self, Decoder, Key, Value};

/// Why a text is no ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// It is no YAML or JSON.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// Line from 1.
        line: usize,
        /// Column from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// It is YAML of something else.
    #[error("the text is no ConfigMap: it has no `data` with texts by key")]
    NoData,
    /// A key's value is no text.
    #[error("`data.{key}` is no text; the authenticator reads YAML inside a text (`{key}: |`)")]
    NotText {
        /// The key.
        key: String,
    },
}

/// The `data` of a ConfigMap's manifest; an object without `data` has none.
///
/// # Errors
/// A text that is no ConfigMap.
pub fn data_of_manifest(manifest: &str) -> Result<BTreeMap<String, String>, ManifestError> {
    let document = yaml::parse(manifest).map_err(|error| ManifestError::Syntax {
        line: error.line + 1,
        column: error.column + 1,
        what: error.what,
    })?;
    let root = document.root.ok_or(ManifestError::NoData)?;
    let Ok(Value::Map(fields)) = Decoder::new(&document).decode(root) else {
        return Err(ManifestError::NoData);
    };
    let find = |name: &str| {
        let is_named =
            |field: &&yaml::Field<'_>| matches!(&field.key, Key::Text(key) if key == name);
        fields.iter().rfind(is_named).map(|field| &field.value)
    };
    match find("data") {
        Some(Value::Map(sections)) => sections
            .iter()
            .filter_map(|field| match &field.key {
                Key::Text(key) => Some((key.to_string(), &field.value)),
                Key::Other => None,
            })
            .map(|(key, value)| match value {
                Value::Text(text) => Ok((key, text.to_string())),
                _ => Err(ManifestError::NotText { key }),
            })
            .collect(),
        None | Some(Value::Null) if find("kind") == Some(&Value::Text("ConfigMap".into())) => {
            Ok(BTreeMap::new())
        }
        _ => Err(ManifestError::NoData),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_json_of_one_object_give_the_same_data() {
        let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\ndata:\n  mapRoles: |\n    - rolearn: a\n      username: b\n  other: x\n";
        let json = r#"{"kind":"ConfigMap","data":{"mapRoles":"- rolearn: a\n  username: b\n","other":"x"}}"#;
        let wanted = BTreeMap::from([
            (
                "mapRoles".to_owned(),
                "- rolearn: a\n  username: b\n".to_owned(),
            ),
            ("other".to_owned(), "x".to_owned()),
        ]);
        assert_eq!(data_of_manifest(yaml), Ok(wanted.clone()));
        assert_eq!(data_of_manifest(json), Ok(wanted));
    }

    #[test]
    fn what_is_no_config_map_is_said_with_its_place() {
        assert_eq!(data_of_manifest("kind: ConfigMap\n"), Ok(BTreeMap::new()));
        assert_eq!(data_of_manifest("- a\n"), Err(ManifestError::NoData));
        assert_eq!(data_of_manifest(""), Err(ManifestError::NoData));
        assert_eq!(
            data_of_manifest("data:\n  mapRoles:\n    - rolearn: a\n"),
            Err(ManifestError::NotText {
                key: "mapRoles".to_owned()
            })
        );
        assert!(matches!(
            data_of_manifest("a: b: c\n"),
            Err(ManifestError::Syntax { line: 1, .. })
        ));
    }
}
