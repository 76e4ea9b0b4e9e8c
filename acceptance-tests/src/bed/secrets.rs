//! Looks for secrets in everything that a run wrote.
//!
//! Known ones, the keys and tokens that were really used, are looked for as they are and as a URL has them. Unknown ones, such as the tokens
//! that a program made for itself, are known by their shape. What was blacked out has another shape.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::identity::Identity;
use crate::failure::{Failure, Outcome};

/// Shorter texts are no secrets: they would be found everywhere.
const SHORTEST: usize = 8;

/// What stands before a secret, and how many letters of one make it certain.
const SHAPES: [(&str, &str, usize); 8] = [
    ("a token", "k8s-aws-v1.", 16),
    ("a token without its prefix", "aHR0cHM6Ly9zdHMu", 16),
    ("a presigned URL", "X-Amz-Signature=", 16),
    ("a presigned URL", "X-Amz-Signature%3D", 16),
    ("a session token in a URL", "X-Amz-Security-Token=", 16),
    ("a session token in a URL", "X-Amz-Security-Token%3D", 16),
    ("a signature", "Signature=", 32),
    ("a private key", "PRIVATE KEY-----", 1),
];

/// Secrets to look for.
pub struct Secrets {
    known: Vec<(String, Vec<u8>)>,
}

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSecret {
    /// The file.
    pub file: PathBuf,
    /// What kind of secret; never the secret.
    pub what: String,
}

impl Secrets {
    /// The keys of `people` and these tokens.
    #[must_use]
    pub fn from_keys_and_tokens(people: &[&Identity], tokens: &[&str]) -> Secrets {
        let keys = people.iter().flat_map(|who| who.environment());
        let keys = keys.filter(|(name, _)| *name != "AWS_ACCESS_KEY_ID");
        let keys = keys.map(|(name, value)| (name.to_owned(), value));
        let tokens = tokens
            .iter()
            .map(|token| ("a token that was used".to_owned(), (*token).to_owned()));
        let known = keys
            .chain(tokens)
            .filter(|(_, text)| text.len() >= SHORTEST);
        let known = known.flat_map(|(what, text)| {
            let escaped = escaped(&text);
            [
                (what.clone(), text.into_bytes()),
                (what, escaped.into_bytes()),
            ]
        });
        Secrets {
            known: known.collect(),
        }
    }

    /// Every file below `folder` with a secret in it, but for those that `is_meant` to have one.
    ///
    /// # Errors
    /// A folder or file that cannot be read.
    pub fn below(
        &self,
        folder: &Path,
        is_meant: &dyn Fn(&Path) -> bool,
    ) -> Outcome<Vec<FoundSecret>> {
        let mut found = Vec::new();
        self.search(folder, is_meant, &mut found)?;
        found.sort_by(|left, right| left.file.cmp(&right.file));
        Ok(found)
    }

    fn search(
        &self,
        folder: &Path,
        is_meant: &dyn Fn(&Path) -> bool,
        found: &mut Vec<FoundSecret>,
    ) -> Outcome {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if is_meant(&path) {
                continue;
            }
            let kind = fs::symlink_metadata(&path)?.file_type();
            if kind.is_dir() {
                self.search(&path, is_meant, found)?;
            } else if kind.is_file() {
                let bytes = fs::read(&path)
                    .map_err(|error| Failure::from(error).during(&path.display().to_string()))?;
                found.extend(self.within(&bytes).into_iter().map(|what| FoundSecret {
                    file: path.clone(),
                    what,
                }));
            }
        }
        Ok(())
    }

    /// The kinds of secrets in a text.
    #[must_use]
    pub fn within(&self, text: &[u8]) -> Vec<String> {
        let known = self.known.iter();
        let known = known.filter(|(_, secret)| places(text, secret).next().is_some());
        let mut found: Vec<String> = known.map(|(what, _)| what.clone()).collect();
        for (what, before, letters) in SHAPES {
            let mut places = places(text, before.as_bytes());
            let is_followed = |at: usize| {
                let rest = text.get(at + before.len()..).unwrap_or_default();
                rest.iter().take_while(|byte| is_letter(**byte)).count() >= letters
                    || before.ends_with("-----")
            };
            if places.any(is_followed) {
                found.push(what.to_owned());
            }
        }
        found.dedup();
        found
    }
}

/// Letters of base64, of hexadecimal digits and of escapes.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-+/=%".contains(&byte)
}

/// As a URL has it.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn places<'t>(text: &'t [u8], part: &'t [u8]) -> impl Iterator<Item = usize> + 't {
    let first = part.first().copied().unwrap_or_default();
    text.iter()
        .enumerate()
        .filter(move |(_, byte)| **byte == first)
        .map(|(at, _)| at)
        .filter(move |at| text.get(*at..).is_some_and(|rest| rest.starts_with(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> Secrets {
        let who = Identity::new(
            "arn".into(),
            "AKIAEXAMPLE".into(),
            "key/with+signs".into(),
            Some("session==token".into()),
        );
        Secrets::from_keys_and_tokens(&[&who], &["k8s-aws-v1.abc"])
    }

    #[test]
    fn each_kind_of_secret_is_found_in_a_text() {
        let long = "aB3_-".repeat(10);
        for (text, what) in [
            ("x key/with+signs y".to_owned(), "AWS_SECRET_ACCESS_KEY"),
            ("key%2Fwith%2Bsigns".to_owned(), "AWS_SECRET_ACCESS_KEY"),
            ("a=session%3D%3Dtoken&".to_owned(), "AWS_SESSION_TOKEN"),
            ("\"k8s-aws-v1.abc\"".to_owned(), "a token that was used"),
            (format!("Bearer k8s-aws-v1.{long}"), "a token"),
            (
                format!("aHR0cHM6Ly9zdHMu{long}"),
                "a token without its prefix",
            ),
            (format!("&X-Amz-Signature={long}"), "a presigned URL"),
            (
                format!("&X-Amz-Security-Token%3D{long}"),
                "a session token in a URL",
            ),
            (
                format!("Credential=AKIA, Signature={}", "0f".repeat(32)),
                "a signature",
            ),
            ("-----BEGIN PRIVATE KEY-----\n".to_owned(), "a private key"),
        ] {
            let found = secrets().within(text.as_bytes());
            assert!(found.iter().any(|one| one == what), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_blacked_out_or_only_named_is_no_secret() {
        for text in [
            "Bearer k8s-aws-v1.(redacted)",
            "X-Amz-Signature=(redacted)&X-Amz-Security-Token=(redacted)",
            "the token does not start with `k8s-aws-v1.`",
            "AKIAEXAMPLE",
            "Signature=(redacted)",
        ] {
            assert_eq!(
                secrets().within(text.as_bytes()),
                Vec::<String>::new(),
                "{text}"
            );
        }
    }

    #[test]
    fn files_are_searched_at_every_depth_but_for_those_that_are_meant() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("log"), "\u{0}k8s-aws-v1.abc").unwrap();
        fs::write(deep.join("own.key"), "-----BEGIN PRIVATE KEY-----").unwrap();
        fs::write(folder.path().join("clean"), "nothing").unwrap();
        let is_meant = |path: &Path| path.extension().is_some_and(|end| end == "key");
        let found = secrets().below(folder.path(), &is_meant).unwrap();
        let expected = FoundSecret {
            file: deep.join("log"),
            what: "a token that was used".to_owned(),
        };
        assert_eq!(found, [expected]);
    }
}
