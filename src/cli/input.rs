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
    let no_text = |_| {
        let error = std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "stream did not contain valid UTF-8",
        );
        Failure::read(&path.display().to_string(), &error)
    };
    String::from_utf8(bytes(path)?).map_err(no_text)
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

/// The `data` of a ConfigMap in a file.
///
/// # Errors
/// A file that cannot be read or holds no ConfigMap.
pub fn config_map(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    data_of_manifest(&text(path)?)
        .map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))
}
