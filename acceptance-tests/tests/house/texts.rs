//! What practitioners read stands in one file beside its noun.

use std::{
    fs,
    path::{Component, Path},
};

use crate::files::{root, rust_files};

#[test]
fn the_texts_of_a_noun_stand_in_its_diagnostics() {
    let provider = root().join("src/provider");
    for file in rust_files(&provider) {
        let path = file.strip_prefix(&provider).unwrap();
        if may_hold_texts(path) {
            continue;
        }
        let found = texts(&fs::read_to_string(&file).unwrap());
        assert_eq!(found, Vec::<usize>::new(), "{}", file.display());
    }
}

#[test]
fn a_text_beside_the_rule_is_found() {
    assert_eq!(
        texts("fn a() {\n    Diagnostic::error(\"T\", \"D\");\n    cx.warning(\n"),
        [2, 3]
    );
    assert_eq!(
        texts("tracing::warn!(\"it\");\nfailed(\"T\", &error)"),
        [0usize; 0]
    );
    let judged = |path: &str| may_hold_texts(Path::new(path));
    assert!(judged("resources/irsa_role/diagnostics.rs"));
    assert!(judged("diagnostics/api_failure.rs"));
    assert!(judged("resources/irsa_role/tests/failures.rs"));
    assert!(!judged("resources/irsa_role/trust.rs"));
}

/// A file of texts, or one of tests.
fn may_hold_texts(path: &Path) -> bool {
    let folders = ["diagnostics", "tests", "fakes"];
    let is_in_such_a_folder = path.components().any(|part| {
        folders
            .iter()
            .any(|folder| part == Component::Normal(folder.as_ref()))
    });
    is_in_such_a_folder || path.ends_with("diagnostics.rs") || path.ends_with("tests.rs")
}

/// The lines, from 1, that make a message.
fn texts(source: &str) -> Vec<usize> {
    let makes = [
        "Diagnostic::error(",
        "Diagnostic::warning(",
        ".error_at(",
        ".warning(",
    ];
    let numbered = source.lines().enumerate();
    numbered
        .filter(|(_, line)| makes.iter().any(|call| line.contains(call)))
        .map(|(number, _)| number + 1)
        .collect()
}
