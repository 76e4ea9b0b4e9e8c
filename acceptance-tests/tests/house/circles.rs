//! No circle of files reaches over more than one folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::{tree::Tree, uses::Path};

/// Which node names which.
type Arrows = BTreeMap<Path, BTreeSet<Path>>;

/// The circles of files that reach over more than one folder, each with the arrows that make it.
///
/// A file belongs to the folder it stands in; one that has files below it (`a.rs` beside `a/`, or `a/mod.rs`) belongs to
/// the folder below as well.
pub fn of_files(tree: &Tree) -> Vec<String> {
    let mut arrows = Arrows::new();
    for edge in tree.edges() {
        arrows.entry(edge.from).or_default().insert(edge.to);
    }
    let over_folders = circles(&arrows)
        .into_iter()
        .filter(|circle| common_folders(tree, circle).is_empty());
    over_folders
        .map(|circle| describe(&arrows, &circle))
        .collect()
}

/// The circles of folders: what stands in one folder, each folder there with all that is in it, names each other in one direction.
///
/// A circle that files make which stand in the folder itself is none of them.
pub fn of_folders(tree: &Tree) -> Vec<String> {
    let mut by_folder: BTreeMap<Path, [Arrows; 2]> = BTreeMap::new();
    for edge in tree.edges() {
        let common = edge
            .from
            .iter()
            .zip(&edge.to)
            .take_while(|(from, to)| from == to)
            .count();
        let part = |module: &Path| module.get(..=common).map(<[String]>::to_vec);
        if let (Some(from), Some(to)) = (part(&edge.from), part(&edge.to)) {
            let folder = edge.from[..common].to_vec();
            let [all, of_files] = by_folder.entry(folder).or_default();
            if edge.from == from && edge.to == to {
                of_files.entry(from.clone()).or_default().insert(to.clone());
            }
            all.entry(from).or_default().insert(to);
        }
    }
    let mut described = Vec::new();
    for [all, of_files] in by_folder.values() {
        let of_files = circles(of_files);
        for circle in circles(all) {
            let has_a_folder = circle.iter().any(|part| tree.has_children(part));
            if has_a_folder && !of_files.contains(&circle) {
                described.push(describe(all, &circle));
            }
        }
    }
    described
}

/// The nodes that reach each other, in parts: circles that have no more than one node in common are told apart.
fn circles(arrows: &Arrows) -> Vec<Vec<&Path>> {
    let reached: BTreeMap<&Path, BTreeSet<&Path>> = arrows
        .keys()
        .map(|from| (from, reachable(arrows, from)))
        .collect();
    let reaches = |from: &Path, to: &Path| reached.get(from).is_some_and(|all| all.contains(to));
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for one in arrows.keys() {
        let circle: Vec<&Path> = arrows
            .keys()
            .filter(|other| reaches(one, other) && reaches(other, one))
            .collect();
        if !circle.is_empty() && circle.iter().all(|node| seen.insert(*node)) {
            found.extend(parts(arrows, circle));
        }
    }
    found
}

/// The nodes divided at each one without which they hang together no more. A circle never reaches from part to part.
fn parts<'a>(arrows: &Arrows, nodes: Vec<&'a Path>) -> Vec<Vec<&'a Path>> {
    for divide in &nodes {
        let others: BTreeSet<&Path> = nodes
            .iter()
            .copied()
            .filter(|node| node != divide)
            .collect();
        let pieces = pieces(arrows, others);
        if pieces.len() > 1 {
            let with_divide = pieces.into_iter().map(|mut piece| {
                piece.insert(divide);
                piece.into_iter().collect()
            });
            return with_divide.flat_map(|piece| parts(arrows, piece)).collect();
        }
    }
    vec![nodes]
}

/// The nodes in pieces that hang together, whichever way the arrows go.
fn pieces<'a>(arrows: &Arrows, mut left: BTreeSet<&'a Path>) -> Vec<BTreeSet<&'a Path>> {
    let names = |from: &Path, to: &Path| arrows.get(from).is_some_and(|all| all.contains(to));
    let mut pieces = Vec::new();
    while let Some(first) = left.pop_first() {
        let (mut piece, mut next) = (BTreeSet::from([first]), vec![first]);
        while let Some(one) = next.pop() {
            let near: Vec<&Path> = left
                .iter()
                .copied()
                .filter(|other| names(one, other) || names(other, one))
                .collect();
            for other in near {
                left.remove(other);
                piece.insert(other);
                next.push(other);
            }
        }
        pieces.push(piece);
    }
    pieces
}

fn reachable<'a>(arrows: &'a Arrows, from: &'a Path) -> BTreeSet<&'a Path> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(one) = next.pop() {
        next.extend(
            arrows
                .get(one)
                .into_iter()
                .flatten()
                .filter(|to| seen.insert(*to)),
        );
    }
    seen
}

/// The folders that every file of a circle belongs to.
fn common_folders(tree: &Tree, circle: &[&Path]) -> BTreeSet<Path> {
    let folders = |module: &&Path| -> BTreeSet<Path> {
        let above = module.split_last().map(|(_, above)| above.to_vec());
        let below = tree.has_children(module).then(|| module.to_vec());
        above.into_iter().chain(below).collect()
    };
    let mut each = circle.iter().map(folders);
    let first = each.next().unwrap_or_default();
    each.fold(first, |common, folders| &common & &folders)
}

fn describe(arrows: &Arrows, circle: &[&Path]) -> String {
    let name = |module: &Path| match module.is_empty() {
        true => "crate".to_owned(),
        false => module.join("::"),
    };
    let lines = circle.iter().flat_map(|from| {
        let within = arrows[*from].iter().filter(|to| circle.contains(to));
        within.map(|to| format!("{} -> {}", name(from), name(to)))
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let files: Vec<(String, String)> = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect();
        Tree::new(&files)
    }

    #[test]
    fn a_circle_over_two_folders_is_found_with_its_arrows() {
        let found = of_files(&tree(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub mod x;"),
            ("a/x.rs", "use crate::b::y::Y;"),
            ("b.rs", "pub mod y;"),
            ("b/y.rs", "fn f() { crate::a::x::g() }"),
        ]));
        assert_eq!(found, ["a::x -> b::y\nb::y -> a::x"]);
    }

    #[test]
    fn a_long_circle_is_found_that_leaves_a_folder_and_comes_back() {
        let found = of_files(&tree(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod x; use x::X;"),
            ("a/x.rs", "use crate::b::B;"),
            ("b.rs", "use crate::a::A;"),
        ]));
        assert_eq!(found, ["a -> a::x\na::x -> b\nb -> a"]);
    }

    #[test]
    fn two_circles_that_have_one_file_in_common_are_two() {
        let within = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod x; use x::X; use crate::b::B;"),
            ("a/x.rs", "use super::A;"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(of_files(&tree(&within)), Vec::<String>::new());
    }

    #[test]
    fn a_circle_within_a_folder_is_none_of_this_rules() {
        let within = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "mod x; use x::X;"),
            ("a/x.rs", "use super::A;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::b::B;"),
        ];
        assert_eq!(of_files(&tree(&within)), Vec::<String>::new());
        assert_eq!(
            of_folders(&tree(&[within[0], within[3], within[4]])),
            Vec::<String>::new()
        );
    }

    #[test]
    fn tests_may_look_wherever_they_like() {
        let found = of_files(&tree(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub mod x;"),
            ("a/x.rs", "use crate::b::y::Y;"),
            ("b/mod.rs", "pub mod y;"),
            ("b/y.rs", "#[cfg(test)] mod tests { use crate::a::x::X; }"),
        ]));
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn folders_that_name_each_other_are_found_also_where_no_files_do() {
        let found = of_folders(&tree(&[
            ("lib.rs", "mod a; mod b; pub use a::x::X;"),
            ("a/mod.rs", "pub mod x; pub mod z;"),
            ("a/x.rs", "use crate::b::B;"),
            ("a/z.rs", ""),
            ("b.rs", "fn f() { crate::a::z::g() }"),
        ]));
        assert_eq!(found, ["a -> b\nb -> a"]);
    }

    #[test]
    fn files_of_one_folder_may_name_each_other_also_where_one_has_a_folder_of_its_own() {
        let mut files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod x; use crate::b::B;"),
            ("a/x.rs", ""),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(of_folders(&tree(&files)), Vec::<String>::new());
        files[1].1 = "mod x;";
        files[2].1 = "use crate::b::B;";
        assert_eq!(of_folders(&tree(&files)), ["a -> b\nb -> a"]);
    }

    #[test]
    fn a_folder_and_the_files_in_it_are_one() {
        let found = of_folders(&tree(&[
            ("lib.rs", "mod a;"),
            ("a.rs", "mod x; use x::X;"),
            ("a/x.rs", "use super::A;"),
        ]));
        assert_eq!(found, Vec::<String>::new());
    }
}
