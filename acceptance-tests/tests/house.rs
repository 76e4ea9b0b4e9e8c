//! The house's own rules: arrows between rooms, words that stay out, files that are read, paths that exist.
//!
//! Each rule is a function that names what breaks it, and is shown to find a breach.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first thing that is not as it should be"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Which rooms a room may name in its `[dependencies]`.
const ARROWS: [(&str, &[&str]); 8] = [
    (
        "terraform-provider-eksauth",
        &[
            "eksauth-cli",
            "eksauth-cloud",
            "eksauth-provider",
            "tf-provider",
        ],
    ),
    (
        "eksauth-cli",
        &[
            "eksauth-cloud",
            "eksauth-core",
            "eksauth-provider",
            "tf-provider",
        ],
    ),
    ("eksauth-cloud", &["eksauth-core", "eksauth-provider"]),
    ("eksauth-provider", &["eksauth-core", "tf-provider"]),
    ("eksauth-core", &[]),
    ("tf-provider", &[]),
    ("docgen", &["eksauth-provider", "tf-provider"]),
    ("acceptance-tests", &[]),
];

/// What a room never links, directly or through others; a name that ends in `-` stands for all that begin so.
const NEVER: [(&str, &[&str]); 5] = [
    ("eksauth-core", &["tokio", "tonic", "aws-", "kube", "hyper"]),
    (
        "eksauth-provider",
        &["aws-sdk-", "aws-config", "aws-smithy-", "aws-sigv4", "kube"],
    ),
    (
        "tf-provider",
        &[
            "aws-sdk-",
            "aws-config",
            "aws-smithy-",
            "kube",
            "k8s-openapi",
        ],
    ),
    ("docgen", &["aws-sdk-", "aws-config", "aws-smithy-", "kube"]),
    ("acceptance-tests", &["tokio", "aws-", "kube", "hyper"]),
];

#[test]
fn rooms_name_only_the_rooms_that_the_arrows_allow() {
    let house = House::read();
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    assert_eq!(
        rooms,
        house.rooms.keys().map(String::as_str).collect(),
        "the table of arrows has every room"
    );
    for (room, allowed) in ARROWS {
        assert_eq!(
            house.breaches_of_arrows(room, allowed),
            Vec::<String>::new(),
            "arrows out of {room}"
        );
    }
    assert_eq!(
        house.breaches_of_arrows("eksauth-cloud", &["eksauth-core"]),
        ["eksauth-provider"]
    );
}

#[test]
fn rooms_never_link_what_is_not_theirs() {
    let house = House::read();
    for (room, never) in NEVER {
        assert_eq!(
            house.linked(room, never),
            Vec::<String>::new(),
            "linked by {room}"
        );
    }
    assert!(
        !house.linked("eksauth-cloud", &["aws-sdk-"]).is_empty(),
        "cloud links the SDK, and this finds it"
    );
}

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

#[test]
fn every_rust_file_is_reached_from_a_target() {
    let house = House::read();
    let reached: BTreeSet<PathBuf> = house
        .targets
        .iter()
        .flat_map(|target| modules_from(target))
        .collect();
    for folder in ["src", "acceptance-tests"] {
        for file in rust_files(&root().join(folder)) {
            assert!(
                reached.contains(&file),
                "no `mod` leads to {}",
                file.display()
            );
        }
    }
}

#[test]
fn a_file_that_no_mod_names_is_not_reached() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    let library = write("lib.rs", "mod noun;\n// mod lost;\n");
    let noun = write("noun.rs", "pub(crate) mod part;\n");
    let part = write("noun/part.rs", "");
    write("lost.rs", "");
    assert_eq!(
        modules_from(&library),
        BTreeSet::from([library, noun, part])
    );
}

#[test]
fn every_path_in_a_readme_exists() {
    for readme in ["README.md", "acceptance-tests/README.md"] {
        let file = root().join(readme);
        let text = fs::read_to_string(&file).unwrap();
        let paths = named_paths(&text);
        assert!(!paths.is_empty(), "{readme} names no path");
        let missing: Vec<&String> = paths
            .iter()
            .filter(|path| {
                !root().join(path).exists() && !file.parent().unwrap().join(path).exists()
            })
            .collect();
        assert_eq!(missing, Vec::<&String>::new(), "in {readme}");
    }
}

#[test]
fn paths_are_found_in_links_and_in_code() {
    let text = "see [here](docs/a.md#b), [there](https://x.y/docs/z), `src/core/arn.rs`, `src/<noun>.rs` and `cargo demo`";
    assert_eq!(
        named_paths(text),
        BTreeSet::from(["docs/a.md".to_owned(), "src/core/arn.rs".to_owned()])
    );
}

/// The workspace as `cargo metadata` tells it.
struct House {
    /// Rooms, with the names of the packages in their `[dependencies]`.
    rooms: BTreeMap<String, BTreeSet<String>>,
    /// Package id → (name, ids it links); development and build dependencies left out.
    links: BTreeMap<String, (String, Vec<String>)>,
    targets: Vec<PathBuf>,
}

impl House {
    fn read() -> House {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let members: BTreeSet<&str> = list(&metadata["workspace_members"])
            .map(|id| id.as_str().unwrap())
            .collect();
        let mut house = House {
            rooms: BTreeMap::new(),
            links: BTreeMap::new(),
            targets: Vec::new(),
        };
        let mut names = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            let (id, name) = (text(&package["id"]), text(&package["name"]));
            if members.contains(id.as_str()) {
                let normal = list(&package["dependencies"]).filter(|one| one["kind"].is_null());
                house
                    .rooms
                    .insert(name.clone(), normal.map(|one| text(&one["name"])).collect());
                house.targets.extend(
                    list(&package["targets"])
                        .map(|target| PathBuf::from(text(&target["src_path"]))),
                );
            }
            names.insert(id, name);
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let normal = |one: &&Value| list(&one["dep_kinds"]).any(|kind| kind["kind"].is_null());
            let linked = list(&node["deps"])
                .filter(normal)
                .map(|one| text(&one["pkg"]))
                .collect();
            let id = text(&node["id"]);
            house.links.insert(id.clone(), (names[&id].clone(), linked));
        }
        house
    }

    /// The rooms that `room` names although it may not.
    fn breaches_of_arrows(&self, room: &str, allowed: &[&str]) -> Vec<String> {
        let named = self.rooms[room].iter();
        named
            .filter(|name| self.rooms.contains_key(*name) && !allowed.contains(&name.as_str()))
            .cloned()
            .collect()
    }

    /// The packages among `never` that `room` links.
    fn linked(&self, room: &str, never: &[&str]) -> Vec<String> {
        let start = self
            .links
            .iter()
            .find(|(_, (name, _))| name == room)
            .map(|(id, _)| id.clone())
            .unwrap();
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(id) = next.pop() {
            if seen.insert(id.clone()) {
                next.extend(self.links[&id].1.iter().cloned());
            }
        }
        let names = seen.iter().map(|id| self.links[id].0.clone());
        let is =
            |name: &String, one: &str| name == one || (one.ends_with('-') && name.starts_with(one));
        names
            .filter(|name| !name.starts_with("aws-lc-") && never.iter().any(|one| is(name, one)))
            .collect()
    }
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

/// The files that a target's `mod` lines lead to, itself included.
fn modules_from(target: &Path) -> BTreeSet<PathBuf> {
    let (mut reached, mut next) = (
        BTreeSet::new(),
        vec![(target.to_owned(), target.parent().unwrap().to_owned())],
    );
    while let Some((file, folder)) = next.pop() {
        let source = fs::read_to_string(&file).unwrap();
        reached.insert(file);
        for name in source.lines().filter_map(declared_module) {
            let flat = folder.join(format!("{name}.rs"));
            let nested = folder.join(&name).join("mod.rs");
            let file = if flat.exists() { flat } else { nested };
            if file.exists() {
                next.push((file, folder.join(&name)));
            }
        }
    }
    reached
}

fn declared_module(line: &str) -> Option<String> {
    let line = line.trim().strip_suffix(';')?;
    let (before, name) = line.rsplit_once(' ')?;
    let declares = before == "mod" || (before.starts_with("pub") && before.ends_with(" mod"));
    declares.then(|| name.to_owned())
}

/// The repository's paths that a page names in links and in code.
fn named_paths(page: &str) -> BTreeSet<String> {
    let rooms = [
        "src/",
        "docs/",
        "examples/",
        "acceptance-tests/",
        "proto/",
        ".ci/",
        ".cargo/",
    ];
    let links = page
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|link| !link.contains(':'));
    let code = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| rooms.iter().any(|room| code.starts_with(room)));
    let pattern = |path: &&str| path.contains(['<', '*', '…', '{', ' ', '\n']);
    links
        .chain(code)
        .filter(|path| !path.is_empty() && !pattern(path))
        .map(str::to_owned)
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
