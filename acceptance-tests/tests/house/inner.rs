//! The real crates, held against the rules for what is within a crate.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use crate::{
    circles,
    files::{modules_from, root},
    layers::LAYERS,
    rooms::House,
    tree::Tree,
};

/// Every target's root file, and the modules that it leads to.
static CRATES: LazyLock<Vec<(PathBuf, Tree)>> = LazyLock::new(|| {
    let targets = House::read().targets.into_iter();
    targets
        .map(|target| {
            let tree = crate_of(&target);
            (target, tree)
        })
        .collect()
});

#[test]
fn modules_name_only_their_own_layer_and_those_below() {
    for layers in &LAYERS {
        let target = root().join(layers.folder).join("lib.rs");
        let breaches = layers.breaches(&crate_of(&target));
        assert!(
            breaches.is_empty(),
            "{}:\n{}",
            layers.folder,
            breaches.join("\n")
        );
    }
}

#[test]
fn no_circle_of_files_reaches_over_more_than_one_folder() {
    expect_none_in_any_crate(circles::of_files);
}

#[test]
fn no_folders_name_each_other_in_a_circle() {
    expect_none_in_any_crate(circles::of_folders);
}

fn expect_none_in_any_crate(breaches: impl Fn(&Tree) -> Vec<String>) {
    let mut found = Vec::new();
    for (target, tree) in CRATES.iter() {
        for breach in breaches(tree) {
            found.push(format!("{}:\n{breach}", target.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

/// The files that a target's root file leads to.
fn crate_of(target: &Path) -> Tree {
    let folder = target.parent().unwrap();
    let mut files = vec![target.to_owned()];
    files.extend(
        modules_from(target)
            .into_iter()
            .filter(|file| file != target),
    );
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(folder).unwrap();
        (
            path.to_str().unwrap().to_owned(),
            fs::read_to_string(file).unwrap(),
        )
    };
    Tree::new(&files.iter().map(read).collect::<Vec<(String, String)>>())
}
