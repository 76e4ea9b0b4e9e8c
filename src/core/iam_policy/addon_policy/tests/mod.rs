use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

mod actions;
mod names;
mod partitions;
mod refusals;
mod snapshots;
mod splitting;

/// What one folder of `testdata/addon_policy` asks for.
struct Case {
    folder: PathBuf,
    version: String,
    name: String,
    narrow: bool,
    arguments: AddonArguments,
}

impl Case {
    fn build(&self) -> AddonPolicy {
        self.build_in(None, &self.arguments)
    }

    fn build_in(&self, partition: Option<Partition>, arguments: &AddonArguments) -> AddonPolicy {
        let request = AddonPolicyRequest {
            name: &self.name,
            version: Some(&self.version),
            narrow: self.narrow,
            partition,
            arguments,
        };
        AddonPolicy::build(&request)
            .unwrap_or_else(|errors| panic!("{}: {errors:?}", self.folder.display()))
    }

    fn label(&self) -> String {
        let name = self.folder.file_name().unwrap().to_string_lossy();
        format!("{}/{name}", self.version)
    }
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/addon_policy")
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = folders(&testdata())
        .iter()
        .flat_map(|version| folders(version))
        .map(|folder| read_case(&folder))
        .collect();
    cases.sort_by_key(Case::label);
    cases
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

fn read_case(folder: &Path) -> Case {
    let text = std::fs::read_to_string(folder.join("arguments.json")).unwrap();
    let Value::Object(mut members) = serde_json::from_str(&text).unwrap() else {
        panic!("{}: no object", folder.display());
    };
    let version = folder.parent().and_then(Path::file_name).unwrap();
    let name = members.remove("name").unwrap();
    let narrow = members
        .remove("narrow")
        .is_some_and(|narrow| narrow == true);
    Case {
        folder: folder.to_owned(),
        version: version.to_string_lossy().into_owned(),
        name: name.as_str().unwrap().to_owned(),
        narrow,
        arguments: arguments(&Value::Object(members)),
    }
}

/// Arguments by name.
fn arguments(members: &Value) -> AddonArguments {
    let mut arguments = AddonArguments::default();
    for (name, value) in members.as_object().unwrap() {
        let argument = AddonArgument::named(name).unwrap_or_else(|| panic!("{name}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let value = match value {
            Value::Bool(flag) => ArgumentValue::Flag(*flag),
            Value::Array(values) => ArgumentValue::Texts(values.iter().map(text).collect()),
            Value::Null => ArgumentValue::Undecided,
            value => ArgumentValue::Text(text(value)),
        };
        arguments.set(argument, value);
    }
    arguments
}

/// The request for an add-on in its first version, in the partition of its arguments.
fn request<'a>(name: &'a str, arguments: &'a AddonArguments) -> AddonPolicyRequest<'a> {
    AddonPolicyRequest {
        name,
        version: None,
        narrow: false,
        partition: None,
        arguments,
    }
}
