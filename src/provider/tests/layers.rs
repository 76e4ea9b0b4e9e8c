//! Inside the provider, `use` goes downwards only: see docs/decisions/0014.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The layers, the lowest first. Objects of one layer that do not know each other share a line.
const LAYERS: [&[&str]; 11] = [
    &["ports"],
    &["attributes"],
    &["config"],
    &["diagnostics"],
    &["session"],
    &["clusters"],
    &["aws_auth"],
    &["access"],
    &["client"],
    &["resources", "data_sources", "ephemeral"],
    &["provider"],
];

#[test]
fn a_file_names_only_what_lies_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut upwards = Vec::new();
    for file in rust_files(root) {
        let inside = file.strip_prefix(root).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let breaches = names_from_above(&layer_name(inside), &text);
        upwards.extend(
            breaches
                .into_iter()
                .map(|name| format!("{} names {name}", inside.display())),
        );
    }
    assert_eq!(upwards, Vec::<String>::new());
}

#[test]
fn a_name_from_above_is_found_and_tests_may_name_anything() {
    let text = "use crate::clusters::Clusters;\nuse crate::{client::Client, ports::Clock};\nfn f(x: &crate::access::X) {}\n\
                #[cfg(test)]\nmod tests {\n    use crate::provider::EksAuth;\n}\n";
    assert_eq!(names_from_above("aws_auth", text), ["client", "access"]);
    assert_eq!(names_from_above("client", text), Vec::<String>::new());
}

/// The layers above `layer` that a text names, tests left out.
fn names_from_above(layer: &str, text: &str) -> Vec<String> {
    let Some(own) = height(layer) else {
        return Vec::new();
    };
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = text.lines().map(|line| line.split("//").next().unwrap());
    let code: Vec<&str> = code.collect();
    let code = code.join("\n");
    let words = code.split("crate::").skip(1).flat_map(first_names);
    words
        .filter(|name| height(name).is_some_and(|other| other > own))
        .collect()
}

/// `a` of `a::b`, and both of `{a::b, c}`.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let text = text.trim_start();
        text.chars()
            .take_while(|letter| letter.is_ascii_lowercase() || *letter == '_')
            .collect()
    };
    match path.strip_prefix('{') {
        None => vec![name(path)],
        Some(group) => {
            let group = group.split(';').next().unwrap();
            group.split(',').map(name).collect()
        }
    }
}

fn height(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|names| names.contains(&layer))
}

/// The top folder, or the top file without its ending.
fn layer_name(inside: &Path) -> String {
    let first = inside.components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap();
    name.trim_end_matches(".rs").to_owned()
}

/// The files of the crate but for those of tests.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !["tests", "fakes", "target"].contains(&name) {
            files.extend(rust_files(&path));
        } else if name.ends_with(".rs") && !["tests.rs", "fixture.rs"].contains(&name) {
            files.push(path);
        }
    }
    files.sort();
    files
}
