//! A file of blocks that follows an earlier one: what is printed anew, and what stands as it stood, because Terraform destroys what a file no longer holds.

use std::collections::BTreeSet;

use super::held::Held;
use super::{Block, comment, import};

/// Blocks that are printed anew.
pub(crate) struct File<'a> {
    held: &'a Held,
    text: String,
    addresses: BTreeSet<String>,
}

/// A file, whole.
pub(crate) struct Printed {
    /// HCL, the same each time for the same state of things.
    pub(crate) text: String,
    /// The addresses of the blocks that stand as they stood in the file before.
    pub(crate) carried: Vec<String>,
}

impl<'a> File<'a> {
    /// What the file before holds is held by this one.
    pub(crate) fn after(held: &'a Held) -> Self {
        Self {
            held,
            text: String::new(),
            addresses: BTreeSet::new(),
        }
    }

    /// Adds a block behind an empty line, with the id of the object that it is for. Nothing is added that the file before lets go.
    pub(crate) fn add(&mut self, block: &Block, id: Option<&str>) {
        let address = block.address();
        if self.held.removed.contains(&address) {
            return;
        }
        self.text.push('\n');
        if let Some(id) = id {
            self.text.push_str(&import(&address, id));
        }
        self.text
            .push_str(&block.text(self.held.additions(&address)));
        self.addresses.insert(address);
    }

    /// The file: a head, the blocks, and what the file before holds beside them. What stays without a remark is `usual`.
    pub(crate) fn finish(self, head: String, usual: &[&str]) -> Printed {
        let mut text = head + &self.text;
        let mut carried = Vec::new();
        for block in &self.held.blocks {
            if self.addresses.contains(&block.address) {
                continue;
            }
            text.push('\n');
            if !usual.contains(&block.address.as_str()) {
                comment(
                    &mut text,
                    "As it stood in the file before: this phase does not print it anew. Without it here Terraform would destroy it.",
                );
                carried.push(block.address.clone());
            }
            text.push_str(&block.text);
        }
        text.push_str(&self.held.removals);
        Printed { text, carried }
    }
}
