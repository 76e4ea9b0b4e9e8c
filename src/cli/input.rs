//! Files and standard input, in the shapes in which people have them.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use eksauth_core::document::{
    Content, Document, aws_auth, documents_of_text, passed_over, read_documents, text_of,
};

use crate::failure::Failure;

/// More than any plan or ConfigMap has, and little enough for any machine.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The text of a file, or of standard input for `-`, in UTF-8 or UTF-16.
///
/// # Errors
/// A file that cannot be read, is no text or is larger than 256 MiB.
pub fn text(path: &Path) -> Result<String, Failure> {
    text_of(bytes(path)?).map_err(|error| about(path, &error))
}

/// The bytes of a file, or of standard input for `-`.
///
/// # Errors
/// A file that cannot be read or is larger than 256 MiB.
pub fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = match name.as_str() {
        "-" => std::io::stdin()
            .lock()
            .take(MOST_BYTES + 1)
            .read_to_end(&mut bytes),
        _ => std::fs::File::open(path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)),
    };
    let count = read.map_err(|error| Failure::read(&name, &error))?;
    if count as u64 > MOST_BYTES {
        return Err(Failure::new(format!("`{name}` is larger than 256 MiB")));
    }
    Ok(bytes)
}

/// The bytes of a plan, in UTF-8 where they are text; what they are is the plan's to say.
///
/// # Errors
/// A file that cannot be read or is larger than 256 MiB.
pub fn plan(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = bytes(path)?;
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if !is_utf16 {
        return Ok(bytes);
    }
    Ok(match text_of(bytes.clone()) {
        Ok(text) => text.into_bytes(),
        Err(_) => bytes,
    })
}

/// Access entries of a file in JSON, as the AWS command line prints them in JSON or in YAML.
///
/// # Errors
/// A file that cannot be read or holds no access entries.
pub fn access_entries(path: &Path) -> Result<String, Failure> {
    let text = text(path)?;
    if text.trim_start().starts_with(['{', '[']) {
        return Ok(text);
    }
    let documents = documents_of_text(&text).map_err(|error| about(path, &error))?;
    let entries: Vec<&str> = documents
        .iter()
        .filter_map(|document| match &document.content {
            Content::AccessEntries(json) => Some(json.as_str()),
            _ => None,
        })
        .collect();
    if entries.is_empty() {
        let found = passed_over(&documents, |_| false).join("; ");
        return Err(Failure::new(format!(
            "`{}` holds no access entries: {found}",
            path.display()
        )));
    }
    Ok(entries.join("\n"))
}

/// Everything that a file holds.
///
/// # Errors
/// A file that cannot be read, is no text or is empty.
pub fn documents(path: &Path) -> Result<Vec<Document>, Failure> {
    read_documents(bytes(path)?).map_err(|error| about(path, &error))
}

/// The `data` of the aws-auth in a file.
///
/// # Errors
/// A file that cannot be read or does not hold one aws-auth.
pub fn config_map(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let documents = documents(path)?;
    let map = aws_auth(&documents).map_err(|error| about(path, &error))?;
    Ok(map.data.clone())
}

fn about(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_powershell_wrote_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let units = "{\"resource_changes\":[]}".encode_utf16();
        let bytes: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
        std::fs::write(file.path(), [b"\xff\xfe".as_slice(), &bytes].concat()).unwrap();
        assert_eq!(plan(file.path()).unwrap(), b"{\"resource_changes\":[]}");
    }

    #[test]
    fn access_entries_in_yaml_are_read_as_json() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "accessEntry:\n  principalArn: a\n  type: STANDARD\n",
        )
        .unwrap();
        assert_eq!(
            access_entries(file.path()).unwrap(),
            r#"{"accessEntry":{"principalArn":"a","type":"STANDARD"}}"#
        );
        std::fs::write(file.path(), "kind: Pod\n").unwrap();
        assert!(access_entries(file.path()).is_err());
    }
}
