//! Bytes to text: the encodings that editors and shells write, and the names of what is no text at all.
//!
//! PowerShell's `>` writes UTF-16 with a byte order mark. Source: the file formats' own magic numbers.

use super::Unreadable;

/// How to make JSON of a saved plan.
pub(super) const SHOW_PLAN: &str = "make JSON of it with `terraform show -json PLANFILE`";

/// What a file begins with, what it then is and what to do.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (
        b"PK\x03\x04",
        "a zip archive, as the plan file of `terraform plan -out` is one",
        SHOW_PLAN,
    ),
    (
        b"PK\x05\x06",
        "an empty zip archive",
        "give the file that was meant to be in it",
    ),
    (b"\x1f\x8b", "compressed with gzip", UNPACK),
    (b"BZh", "compressed with bzip2", UNPACK),
    (b"\xfd7zXZ\0", "compressed with xz", UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", UNPACK),
    (b"%PDF-", "a PDF", TEXT),
    (b"\x89PNG", "a picture", TEXT),
    (b"\xff\xd8\xff", "a picture", TEXT),
    (b"\x7fELF", "a program", TEXT),
    (b"SQLite format 3\0", "a database of SQLite", TEXT),
    (b"k8s\0", "an object as etcd stores it (protobuf)", KUBECTL),
];

const UNPACK: &str = "unpack it first";
const TEXT: &str = "give a text file: YAML or JSON";
const KUBECTL: &str = "read it with `kubectl get -o yaml`";

/// Where a tar archive has its name.
const TAR: (usize, &[u8]) = (257, b"ustar");

/// The text of a file in UTF-8 or UTF-16, with or without a byte order mark.
///
/// # Errors
/// What the bytes are instead of text.
pub fn text_of(bytes: Vec<u8>) -> Result<String, Unreadable> {
    if let Some(body) = bytes.strip_prefix(b"\xff\xfe") {
        return from_utf16(body, u16::from_le_bytes);
    }
    if let Some(body) = bytes.strip_prefix(b"\xfe\xff") {
        return from_utf16(body, u16::from_be_bytes);
    }
    if let Some((_, is, mend)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(Unreadable::new(is, mend));
    }
    if bytes
        .get(TAR.0..)
        .is_some_and(|rest| rest.starts_with(TAR.1))
    {
        return Err(Unreadable::new("a tar archive", UNPACK));
    }
    match bytes.as_slice() {
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => {
            return from_utf16(&bytes, u16::from_be_bytes);
        }
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => {
            return from_utf16(&bytes, u16::from_le_bytes);
        }
        _ => {}
    }
    if bytes.contains(&0) {
        return Err(Unreadable::new("no text: it has zero bytes in it", TEXT));
    }
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(body) => body.to_vec(),
        None => bytes,
    };
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let is = format!("neither UTF-8 nor UTF-16: line {line} has bytes that are no character");
        Unreadable::new(&is, "save it as UTF-8")
    })
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Unreadable> {
    let broken = || Unreadable::new("broken UTF-16", "save it as UTF-8");
    if !bytes.len().is_multiple_of(2) {
        return Err(broken());
    }
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        _ => 0,
    });
    let text: String = char::decode_utf16(units)
        .collect::<Result<_, _>>()
        .map_err(|_| broken())?;
    match text.contains('\0') {
        true => Err(Unreadable::new("no text: it has zero bytes in it", TEXT)),
        false => Ok(text),
    }
}
