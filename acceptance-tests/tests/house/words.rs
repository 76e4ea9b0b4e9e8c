//! Words that stay out of a room.

use std::fs;

use crate::files::{root, rust_files};

#[test]
fn the_protocol_room_has_no_word_of_aws() {
    for file in rust_files(&root().join("src/plugin")) {
        let found = foreign_words(&fs::read_to_string(&file).unwrap());
        assert_eq!(found, Vec::<String>::new(), "{}", file.display());
    }
    assert_eq!(
        foreign_words("seeks aws_lc_rs\nan IAM role"),
        ["line 2: iam"]
    );
}

/// The words of AWS in a text, with their lines; the name of the cryptography library is not one.
fn foreign_words(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let line = line
            .to_lowercase()
            .replace("aws_lc", "")
            .replace("aws-lc", "");
        let words = line.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| matches!(*word, "aws" | "eks" | "iam" | "sts")) {
            found.push(format!("line {}: {word}", number + 1));
        }
    }
    found
}
