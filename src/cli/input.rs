//! Files and standard input.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use eksauth_core::aws_auth::data_of_manifest;

use crate::failure::Failure;

/// More than any plan or ConfigMap has, and little enough for any machine.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// The text of a file, or of standard input for `-`.
///
/// # Errors
/// A file that cannot be read, is no UTF-8 or is larger than 256 MiB.
pub fn text(path: &Path) -> Result<String, Failure> {
    let name = path.display().to_string();
    let mut text = String::new();
    let read = match name.as_str() {
        "-" => std::io::stdin()
            .lock()
            .take(MOST_BYTES + 1)
            .read_to_string(&mut text),
        _ => std::fs::File::open(path)
            .and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text)),
    };
    let bytes = read.map_err(|error| Failure::read(&name, &error))?;
    if bytes as u64 > MOST_BYTES {
        return Err(Failure::new(format!("`{name}` is larger than 256 MiB")));
    }
    Ok(text)
}

/// The `data` of a ConfigMap in a file.
///
/// # Errors
/// A file that cannot be read or holds no ConfigMap.
pub fn config_map(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    data_of_manifest(&text(path)?)
        .map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))
}
