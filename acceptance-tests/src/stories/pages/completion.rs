//! What a block leaves to its page: the objects that it names and another block of the page declares.

use std::collections::BTreeSet;

use crate::page::{Block, Page};

/// The block's text, then that of the page's blocks that declare what it names, and what these name in turn.
///
/// What no block of the page declares is left out; Terraform says what it misses.
pub(super) fn completed(page: &Page, block: &Block) -> Vec<String> {
    let mut texts = vec![block.text.clone()];
    loop {
        let has: BTreeSet<String> = texts.iter().flat_map(|text| declared(text)).collect();
        let mut named = texts.iter().flat_map(|text| used(text));
        let next = named.find_map(|name| match has.contains(&name) {
            true => None,
            false => declaring(page, &name),
        });
        match next {
            Some(text) => texts.push(text),
            None => return texts,
        }
    }
}

/// The first block of the page that declares an object.
fn declaring(page: &Page, name: &str) -> Option<String> {
    let mut blocks = page.blocks.iter().filter(|block| is_configuration(block));
    blocks
        .find(|block| declared(&block.text).contains(name))
        .map(|block| block.text.clone())
}

/// Whether a block is of Terraform's language, also the one of its CLI configuration.
pub(super) fn is_configuration(block: &Block) -> bool {
    ["terraform", "hcl", "tf"].contains(&block.language.as_str())
}

/// The addresses of what a text declares at its left edge.
fn declared(text: &str) -> BTreeSet<String> {
    text.lines().filter_map(address_of_header).collect()
}

fn address_of_header(line: &str) -> Option<String> {
    let mut words = line.split('"');
    let kind = words.next()?.trim_end();
    let first = words.next()?;
    match kind {
        "resource" => Some(format!("{first}.{}", words.nth(1)?)),
        "data" | "ephemeral" => Some(format!("{kind}.{first}.{}", words.nth(1)?)),
        "module" => Some(format!("module.{first}")),
        _ => None,
    }
}

/// The addresses of the provider's objects that a text names.
fn used(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    // Outside of quotes, and before a comment.
    let lines = text
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default());
    let lines = lines.filter(|line| !line.starts_with('#'));
    let code = lines.flat_map(|line| line.split('"').step_by(2));
    code.flat_map(|part| part.split(|c| !is_part(c)))
        .filter_map(address_of_use)
        .collect()
}

fn address_of_use(word: &str) -> Option<String> {
    let parts: Vec<&str> = word.split('.').collect();
    match parts.as_slice() {
        [kind @ ("data" | "ephemeral"), of, name, ..] => Some(format!("{kind}.{of}.{name}")),
        [of, name, ..] if of.starts_with("eksauth_") => Some(format!("{of}.{name}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(texts: &[&str]) -> Page {
        let block = |text: &&str| Block {
            language: "terraform".to_owned(),
            heading: String::new(),
            line: 1,
            mark: None,
            text: (*text).to_owned(),
        };
        Page {
            name: "page".to_owned(),
            blocks: texts.iter().map(block).collect(),
        }
    }

    #[test]
    fn a_block_is_completed_by_what_the_page_declares() {
        let import = "import {\n  to = eksauth_irsa_role.reader\n}\n";
        let role = "resource \"eksauth_irsa_role\" \"reader\" {\n  trust = data.eksauth_cluster.this.issuer\n}\n";
        let cluster = "data \"eksauth_cluster\" \"this\" {\n}\n";
        let other = "resource \"eksauth_irsa_role\" \"other\" {\n}\n";
        let page = page(&[role, other, import, cluster]);
        let of = |number: usize| completed(&page, page.blocks.get(number).unwrap());
        assert_eq!(of(2), [import, role, cluster]);
        assert_eq!(of(1), [other]);
    }

    #[test]
    fn what_a_comment_or_a_text_says_is_not_named() {
        let text = "a = 1 # eksauth_irsa_role.reader\nb = \"eksauth_irsa_role.reader\"\n# eksauth_irsa_role.reader\nc = \"x\" == eksauth_irsa_role.other[0].arn\n";
        assert_eq!(
            used(text),
            BTreeSet::from(["eksauth_irsa_role.other".to_owned()])
        );
    }
}
