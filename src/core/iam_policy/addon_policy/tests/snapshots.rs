//! A version that was released never changes, to the byte: a changed text is a changed plan for everyone who uses it.
//!
//! A new case is a folder with `arguments.json`; `EKSAUTH_WRITE_ADDON_POLICIES=1` writes what is missing beside it, and never over what is there.

use std::fs;

use serde_json::json;

use super::*;

/// One statement a line, so that a difference shows what it is about.
fn lines(document: &str) -> String {
    document
        .replace("\"Statement\":[", "\"Statement\":[\n")
        .replace("},{\"Sid\"", "},\n{\"Sid\"")
        + "\n"
}

fn answer(policy: &AddonPolicy) -> String {
    let answer = json!({
        "documents": policy.documents.len(),
        "managed_policy_arns": policy.managed_policy_arns,
        "notes": policy.notes,
    });
    serde_json::to_string_pretty(&answer).unwrap() + "\n"
}

fn files(policy: &AddonPolicy) -> Vec<(String, String)> {
    let documents = policy.documents.iter().enumerate();
    let mut files: Vec<(String, String)> = documents
        .map(|(index, document)| (format!("document-{}.json", index + 1), lines(document)))
        .collect();
    files.push(("answer.json".to_owned(), answer(policy)));
    files
}

#[test]
fn every_released_policy_is_as_it_was() {
    let is_writing = std::env::var_os("EKSAUTH_WRITE_ADDON_POLICIES").is_some();
    let mut differences = Vec::new();
    for case in cases() {
        for (name, expected) in files(&case.build()) {
            let path = case.folder.join(&name);
            match fs::read_to_string(&path) {
                Ok(found) if found == expected => {}
                Ok(_) => differences.push(format!("{}/{name} differs", case.label())),
                Err(_) if is_writing => fs::write(&path, expected).unwrap(),
                Err(_) => differences.push(format!("{}/{name} is missing", case.label())),
            }
        }
        let documents = fs::read_dir(&case.folder).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("document-")
        });
        assert_eq!(
            documents.count(),
            case.build().documents.len(),
            "{}",
            case.label()
        );
    }
    assert_eq!(differences, Vec::<String>::new());
}

#[test]
fn every_version_of_every_addon_has_a_case_and_so_has_every_argument() {
    let cases = cases();
    for addon in Addon::all() {
        for version in addon.versions {
            let of_version: Vec<&Case> = cases
                .iter()
                .filter(|case| case.version == version.version)
                .filter(|case| case.name == addon.name)
                .collect();
            assert!(!of_version.is_empty(), "{} {}", addon.name, version.version);
            for taken in version.arguments {
                let is_given = |case: &&Case| case.arguments.has(taken.argument);
                assert!(
                    of_version.iter().any(is_given),
                    "no case for {} of {}",
                    taken.argument,
                    addon.name
                );
            }
        }
    }
}

#[test]
fn every_document_is_a_policy_by_iams_grammar_and_says_what_was_meant() {
    for case in cases() {
        let policy = case.build();
        let parsed = policy.parsed().unwrap();
        assert!(
            !parsed.is_empty() || !policy.managed_policy_arns.is_empty(),
            "{}",
            case.label()
        );
        for (document, text) in parsed.iter().zip(&policy.documents) {
            assert!(size(text) <= MANAGED_POLICY_SIZE, "{}", case.label());
            let written = statement::document(&document.statements);
            assert_eq!(&written, text, "{}", case.label());
            let mut sids: Vec<_> = document.statements.iter().map(|one| &one.sid).collect();
            sids.sort();
            sids.dedup();
            assert_eq!(sids.len(), document.statements.len(), "{}", case.label());
        }
    }
}

#[test]
fn every_policy_but_the_longest_fits_into_the_inline_policies_of_a_role() {
    for case in cases() {
        assert!(
            case.build().size() <= INLINE_POLICIES_SIZE,
            "{}",
            case.label()
        );
    }
}
