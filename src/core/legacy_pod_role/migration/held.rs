//! What an earlier file holds, so that no later one drops it.

use std::collections::BTreeSet;

/// The resources that a file of a migration has.
const KINDS: [&str; 3] = [
    "eksauth_oidc_provider",
    "eksauth_irsa_role",
    "eksauth_service_account",
];

/// A block of an earlier file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBlock {
    /// `eksauth_irsa_role.reader`.
    pub address: String,
    /// As it stands there.
    pub text: String,
}

/// The blocks of an earlier file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// In their order.
    pub blocks: Vec<HeldBlock>,
}

/// A file that no phase has printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeldError {
    /// Nothing in it, as a shell leaves a file that it is about to write.
    #[error(
        "it holds no resource; a shell empties a file before it is read, so print to another one"
    )]
    Empty,
    /// A line of something else.
    #[error("line {line} is not what a phase prints: keep what is yours in another file")]
    Line {
        /// From 1.
        line: usize,
    },
    /// A block without an end.
    #[error("`{address}` has no end")]
    NoEnd {
        /// Of the block.
        address: String,
    },
    /// Two of one address.
    #[error("`{address}` is there twice")]
    Twice {
        /// Of the block.
        address: String,
    },
}

impl Held {
    /// Reads a file that a phase printed: comments, `import` blocks and resources that begin and end at the margin.
    ///
    /// # Errors
    /// Anything else in it, or nothing.
    pub fn parse(text: &str) -> Result<Held, HeldError> {
        let mut held = Held::default();
        let mut seen = BTreeSet::new();
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let address = match line {
                "import {" => "import".to_owned(),
                line => address(line).ok_or(HeldError::Line { line: index + 1 })?,
            };
            let mut text = format!("{line}\n");
            let is_end = lines.by_ref().any(|(_, line)| {
                text.push_str(line.trim_end());
                text.push('\n');
                line.trim_end() == "}"
            });
            match is_end {
                false => return Err(HeldError::NoEnd { address }),
                true if address == "import" => {}
                true if !seen.insert(address.clone()) => return Err(HeldError::Twice { address }),
                true => held.blocks.push(HeldBlock { address, text }),
            }
        }
        match held.blocks.is_empty() {
            true => Err(HeldError::Empty),
            false => Ok(held),
        }
    }

    /// Whether an address is among them.
    pub fn has(&self, address: &str) -> bool {
        self.blocks.iter().any(|block| block.address == address)
    }
}

/// The address of `resource "kind" "label" {`.
fn address(line: &str) -> Option<String> {
    let words = line.strip_prefix("resource \"")?.strip_suffix("\" {")?;
    let (kind, label) = words.split_once("\" \"")?;
    let is_label = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    (KINDS.contains(&kind) && label.chars().all(is_label)).then(|| format!("{kind}.{label}"))
}
