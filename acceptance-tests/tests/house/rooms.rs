//! The arrows between rooms: what a room names in its `[dependencies]`, and what it never links.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
};

use serde_json::Value;

use crate::files::root;

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

/// The workspace as `cargo metadata` tells it.
pub struct House {
    /// Rooms, with the names of the packages in their `[dependencies]`.
    rooms: BTreeMap<String, BTreeSet<String>>,
    /// Package id → (name, ids it links); development and build dependencies left out.
    links: BTreeMap<String, (String, Vec<String>)>,
    /// The root files of all targets.
    pub targets: Vec<PathBuf>,
}

impl House {
    /// Asks cargo.
    pub fn read() -> House {
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

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
