//! Reading suites and judging their cases. Shared by the `conformance` example and the ordinary tests.
//!
//! Tokens, ARNs, templates and webhook bodies are held against `hardened` where a case has it, everything else against `expected`.
//! `reason` ids advise and are not compared; `findings` and `plan_findings` are minimum sets.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

mod arn;
mod aws_auth_document;
mod legacy_pod_role;
mod mapping;
mod token;
mod trust;
mod username_template;
mod webhook;

/// A suite with its cases judged.
pub struct Suite {
    /// The name in the file, or the folder's name for documents.
    pub name: String,
    /// The cases in the file's order.
    pub cases: Vec<Case>,
}

/// One case, judged.
pub struct Case {
    /// Its name.
    pub name: String,
    /// What it wants.
    pub expected: Value,
    /// What came out.
    pub actual: Value,
}

impl Case {
    /// True if what came out is what it wants.
    pub fn passed(&self) -> bool {
        self.expected == self.actual
    }
}

impl Suite {
    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.passed()).count()
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}/{}", self.name, self.passed(), self.cases.len())?;
        for case in self.cases.iter().filter(|case| !case.passed()) {
            writeln!(
                f,
                "  {}\n    expected {}\n    actual   {}",
                case.name, case.expected, case.actual
            )?;
        }
        Ok(())
    }
}

/// Reads a suite file, a folder of suite files, or a folder of aws-auth documents; folders are descended into.
pub fn read(path: &Path) -> Result<Vec<Suite>, String> {
    if !path.is_dir() {
        let file = json_file(path)?;
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        return Ok(vec![match file.get("cases") {
            Some(_) => of_file(&file, &name),
            None => Suite {
                name,
                cases: vec![aws_auth_document::judge(&file)],
            },
        }]);
    }
    let mut suites = Vec::new();
    let mut documents = Vec::new();
    for entry in sorted_entries(path)? {
        if entry.is_dir() {
            suites.extend(read(&entry)?);
        } else if entry
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let file = json_file(&entry)?;
            let name = entry
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            match (file.get("cases"), file.get("data")) {
                (Some(_), _) => suites.push(of_file(&file, &name)),
                (None, Some(_)) => documents.push(aws_auth_document::judge(&file)),
                (None, None) => {
                    return Err(format!(
                        "{} is neither a suite nor an aws-auth document",
                        entry.display()
                    ));
                }
            }
        }
    }
    if !documents.is_empty() {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        suites.push(Suite {
            name,
            cases: documents,
        });
    }
    Ok(suites)
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("{} cannot be read: {error}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    Ok(entries)
}

fn json_file(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let invalid = |error| format!("{} is not valid JSON: {error}", path.display());
    let mut file: Value = serde_json::from_str(&text).map_err(invalid)?;
    keep_policy_texts(&mut file, &text);
    Ok(file)
}

/// Puts each policy's own text beside it as `policy_text`: a value has lost what the text may say twice.
fn keep_policy_texts(file: &mut Value, text: &str) {
    #[derive(serde::Deserialize)]
    struct RawSuite<'a> {
        #[serde(borrow)]
        cases: Vec<RawCase<'a>>,
    }
    #[derive(serde::Deserialize)]
    struct RawCase<'a> {
        #[serde(borrow)]
        input: RawInput<'a>,
    }
    #[derive(serde::Deserialize)]
    struct RawInput<'a> {
        #[serde(borrow, default)]
        policy: Option<&'a RawValue>,
    }
    // Suites without policies have another shape, and nothing to keep.
    let Ok(raw) = serde_json::from_str::<RawSuite<'_>>(text) else {
        return;
    };
    let cases = file
        .get_mut("cases")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for (case, raw) in cases.zip(raw.cases) {
        let input = case.get_mut("input").and_then(Value::as_object_mut);
        if let (Some(input), Some(policy)) = (input, raw.input.policy)
            && policy.get().starts_with('{')
        {
            input
                .entry("policy_text")
                .or_insert_with(|| json!(policy.get()));
        }
    }
}

fn of_file(file: &Value, file_name: &str) -> Suite {
    let name = file
        .get("suite")
        .and_then(Value::as_str)
        .unwrap_or(file_name)
        .to_owned();
    let cases = items(file.get("cases"))
        .iter()
        .map(|case| judge(&name, case))
        .collect();
    Suite { name, cases }
}

fn judge(suite: &str, case: &Value) -> Case {
    let judged = match suite {
        "arn" => arn::judge(case),
        "token" => token::judge(case),
        "trust" => trust::judge(case),
        "legacy_pod_role" => legacy_pod_role::judge(case),
        "webhook" => webhook::judge(case),
        "mapping" => mapping::judge(case),
        "username_template" => username_template::judge(case),
        other => Err(format!("no rules for suite `{other}`")),
    };
    let name = text(case, "name");
    match judged {
        Ok((expected, actual)) => Case {
            name,
            expected,
            actual,
        },
        Err(reason) => Case {
            name,
            expected: case.get("expected").cloned().unwrap_or_default(),
            actual: json!({"not_run": reason}),
        },
    }
}

/// What a case wants and what came out, made comparable.
pub type Judged = Result<(Value, Value), String>;

/// `hardened` where the case has it, else `expected`; without advice.
fn wanted(case: &Value) -> Value {
    let wanted = case
        .get("hardened")
        .or_else(|| case.get("expected"))
        .cloned()
        .unwrap_or_default();
    without(wanted, &["reason", "reason_any_of"])
}

fn without(mut value: Value, keys: &[&str]) -> Value {
    if let Some(members) = value.as_object_mut() {
        for key in keys {
            members.remove(*key);
        }
    }
    value
}

/// The members of `actual` that `expected` names too; a case that is silent about something asserts nothing about it.
fn as_far_as_named(expected: &Value, actual: &Value) -> Value {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            let named = |key: &String| {
                expected.contains_key(key) || matches!(key.as_str(), "result" | "class")
            };
            let members = actual
                .iter()
                .filter(|(key, _)| named(key))
                .map(|(key, value)| (key.clone(), value.clone()));
            Value::Object(members.collect::<Map<_, _>>())
        }
        (_, actual) => actual.clone(),
    }
}

/// The ids in a minimum set that were not found.
fn missing_ids(wanted: Option<&Value>, found: &[&str]) -> Vec<String> {
    items(wanted)
        .iter()
        .filter_map(Value::as_str)
        .filter(|id| !found.contains(id))
        .map(str::to_owned)
        .collect()
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    items(value)
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn text(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn is_true(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn input(case: &Value) -> &Value {
    const NULL: &Value = &Value::Null;
    case.get("input").unwrap_or(NULL)
}
