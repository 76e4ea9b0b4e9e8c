//! The modules of one crate and which names which, from the texts of its files.

use std::collections::{BTreeMap, BTreeSet};

use crate::uses::{self, Names, Path};

/// Paths that lead through a `use` line are followed this often at most.
const DEPTH: usize = 8;

/// The files of a crate, without those that are for tests only.
pub struct Tree {
    modules: BTreeMap<Path, Names>,
}

/// One module names another of its crate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who names.
    pub from: Path,
    /// What is named, as it is written.
    pub named: Path,
    /// The module whose file has what is named.
    pub to: Path,
}

impl Tree {
    /// The crate of these files: (path below the folder of the crate's root file, text). The root file comes first.
    pub fn new(files: &[(String, String)]) -> Tree {
        let root = files.first().map(|(path, _)| path.clone());
        let modules = files.iter().map(|(path, text)| {
            let module = if Some(path) == root.as_ref() {
                Path::new()
            } else {
                module(path)
            };
            let names = uses::names(&module, text);
            (module, names)
        });
        let mut modules: BTreeMap<Path, Names> = modules.collect();
        let tests: BTreeSet<Path> = modules
            .iter()
            .flat_map(|(module, names)| {
                let child =
                    |name: &String| [module.as_slice(), std::slice::from_ref(name)].concat();
                names.tests.iter().map(child).collect::<Vec<Path>>()
            })
            .collect();
        let is_for_tests = |module: &Path| tests.iter().any(|test| module.starts_with(test));
        modules.retain(|module, _| !is_for_tests(module));
        Tree { modules }
    }

    /// The names of the modules right below one.
    pub fn below(&self, above: &[&str]) -> BTreeSet<&str> {
        let is_below = |module: &&Path| {
            module.len() > above.len() && module.iter().zip(above).all(|(one, above)| one == above)
        };
        let modules = self.modules.keys().filter(is_below);
        modules.map(|module| module[above.len()].as_str()).collect()
    }

    /// Whether a module has modules below it.
    pub fn has_children(&self, module: &[String]) -> bool {
        let is_below = |one: &Path| one.len() > module.len() && one.starts_with(module);
        self.modules.keys().any(is_below)
    }

    /// Who names whom, without what a module names of itself and without what it only passes on.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let mut edges = BTreeSet::new();
        for (from, names) in &self.modules {
            for named in &names.paths {
                let to = self.home_of(named, DEPTH);
                if to != *from {
                    edges.insert(Edge {
                        from: from.clone(),
                        named: named.clone(),
                        to,
                    });
                }
            }
        }
        edges
    }

    /// The module whose file has what `path` names, through `use` lines on the way.
    fn home_of(&self, path: &[String], depth: usize) -> Path {
        let mut home = Path::new();
        for (at, part) in path.iter().enumerate() {
            let below = [home.as_slice(), std::slice::from_ref(part)].concat();
            if self.modules.contains_key(&below) {
                home = below;
                continue;
            }
            let Some(names) = self.modules.get(&home).filter(|_| depth > 0) else {
                return home;
            };
            if let Some(imported) = names.imported.get(part) {
                let rest = path.get(at + 1..).unwrap_or_default();
                return self.home_of(&[imported.as_slice(), rest].concat(), depth - 1);
            }
            let through_glob = names.globs.iter().filter(|_| !names.defined.contains(part));
            let mut homes = through_glob.map(|glob| {
                self.home_of(
                    &[glob.as_slice(), std::slice::from_ref(part)].concat(),
                    depth - 1,
                )
            });
            let defines = |home: &Path| self.modules[home].defined.contains(part);
            return homes.find(defines).unwrap_or(home);
        }
        home
    }
}

/// `a/b.rs` and `a/b/mod.rs` are the module `a::b`.
fn module(path: &str) -> Path {
    let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
    path.split('/').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_found_through_use_lines() {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let tree = Tree::new(&[
            file(
                "lib.rs",
                "mod a; mod b; #[cfg(test)] mod fakes; pub use a::inner::Deep;",
            ),
            file(
                "a/mod.rs",
                "mod inner; mod wide; pub use inner::Deep as Renamed; pub use wide::*;",
            ),
            file("a/inner.rs", "pub struct Deep;"),
            file("a/wide.rs", "pub fn spread() {}"),
            file(
                "b.rs",
                "use crate::{Deep, a::{Renamed, spread, unknown}, fakes};",
            ),
            file("fakes/mod.rs", "use crate::b;"),
        ]);
        let edges = tree.edges();
        let of_b = edges.iter().filter(|edge| edge.from == ["b"]);
        let described: Vec<String> = of_b
            .map(|edge| format!("{} in {}", edge.named.join("::"), edge.to.join("::")))
            .collect();
        assert_eq!(
            described,
            [
                "Deep in a::inner",
                "a::Renamed in a::inner",
                "a::spread in a::wide",
                "a::unknown in a",
                "fakes in ",
            ]
        );
        assert!(edges.iter().all(|edge| edge.from != ["fakes"]));
        assert_eq!(tree.below(&[]), BTreeSet::from(["a", "b"]));
    }
}
