//! What an earlier file holds, so that no later one drops it.

use std::collections::BTreeSet;

use super::Addition;

/// The resources that a file of a migration has.
const KINDS: [&str; 4] = [
    "eksauth_oidc_provider",
    "eksauth_irsa_role",
    "eksauth_pod_identity_association",
    "eksauth_service_account",
];

/// A block of an earlier file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBlock {
    /// `eksauth_irsa_role.reader`.
    pub address: String,
    /// As it stands there.
    pub text: String,
    /// What no phase prints in such a block: what its owner has added.
    pub(crate) additions: Vec<Addition>,
}

/// The blocks of an earlier file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// In their order.
    pub blocks: Vec<HeldBlock>,
    /// The addresses that `removed` blocks let go.
    pub removed: BTreeSet<String>,
    /// Those blocks, as they stand.
    pub(crate) removals: String,
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
    /// A block whose lines are not understood, such as one with a heredoc.
    #[error(
        "`{address}` holds something that is no plain attribute or block, and the next file would lose it: keep it in another file"
    )]
    NotUnderstood {
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
                "removed {" => "removed".to_owned(),
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
                true if address == "removed" => {
                    held.removed.extend(text.lines().find_map(removed));
                    held.removals.push('\n');
                    held.removals.push_str(&text);
                }
                true if !seen.insert(address.clone()) => return Err(HeldError::Twice { address }),
                true => {
                    let additions = additions(&address, &text);
                    let additions = additions.ok_or_else(|| HeldError::NotUnderstood {
                        address: address.clone(),
                    })?;
                    held.blocks.push(HeldBlock {
                        address,
                        text,
                        additions,
                    });
                }
            }
        }
        match held.blocks.is_empty() {
            true => Err(HeldError::Empty),
            false => Ok(held),
        }
    }

    /// What its owner has added to a block.
    pub(crate) fn additions(&self, address: &str) -> &[Addition] {
        let block = self.blocks.iter().find(|block| block.address == address);
        block.map_or(&[], |block| &block.additions)
    }

    /// Whether an address is among them.
    pub fn has(&self, address: &str) -> bool {
        self.blocks.iter().any(|block| block.address == address)
    }
}

/// The address in `from = …` of a `removed` block.
fn removed(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("from")?.trim_start();
    Some(rest.strip_prefix('=')?.trim().to_owned())
}

/// What no phase prints in a block, in its order; `None` where its lines are not understood.
fn additions(address: &str, text: &str) -> Option<Vec<Addition>> {
    let mut items: Vec<Addition> = Vec::new();
    let mut depth = 0_i32;
    let inside = text.lines().skip(1);
    for line in inside.take(text.lines().count().saturating_sub(2)) {
        if depth == 0 && !line.trim().is_empty() {
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let name = line.trim_start();
            let name = name.split(|letter| !is_name(letter)).next()?;
            items.push(Addition {
                name: name.to_owned(),
                text: String::new(),
            });
        }
        depth += opened(line)?;
        if let Some(item) = items.last_mut() {
            item.text.push_str(line);
            item.text.push('\n');
        }
    }
    let kind = address.split('.').next()?;
    items.retain(|item| !is_printed(kind, &item.name));
    (depth == 0).then_some(items)
}

/// How many more brackets a line opens than it closes; `None` for a heredoc, and for a line on which a string does not end.
fn opened(line: &str) -> Option<i32> {
    let (mut depth, mut is_text, mut is_escaped) = (0, false, false);
    let mut before = ' ';
    for letter in line.chars() {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ if is_text => {}
            '#' => break,
            '/' if before == '/' => break,
            '<' if before == '<' => return None,
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            _ => {}
        }
        before = letter;
    }
    (!is_text).then_some(depth)
}

/// Whether phases print an attribute, so that it is printed anew as IAM and the cluster have it.
fn is_printed(kind: &str, name: &str) -> bool {
    match kind {
        "eksauth_irsa_role" => [
            "name",
            "path",
            "description",
            "max_session_duration",
            "permissions_boundary",
            "policy_arns",
            "inline_policies",
            "tags",
            "oidc_provider_arn",
            "service_accounts",
            "service_account_patterns",
            "audience",
            "trust",
            "pod_identity",
            "pod_identity_condition",
            "node_role_arns",
            "ec2",
            "extra_statements",
        ]
        .contains(&name),
        "eksauth_service_account" => {
            ["cluster_name", "namespace", "name", "role_arn"].contains(&name)
        }
        "eksauth_pod_identity_association" => [
            "cluster_name",
            "namespace",
            "service_account",
            "role_arn",
            "disable_session_tags",
            "policy",
            "tags",
        ]
        .contains(&name),
        _ => name == "cluster_name",
    }
}

/// The address of `resource "kind" "label" {`.
fn address(line: &str) -> Option<String> {
    let words = line.strip_prefix("resource \"")?.strip_suffix("\" {")?;
    let (kind, label) = words.split_once("\" \"")?;
    let is_label = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    (KINDS.contains(&kind) && label.chars().all(is_label)).then(|| format!("{kind}.{label}"))
}
