//! Which of the known things a value is, and what a text is that is none of them.

use super::config_map::ConfigMap;
use super::encoding::SHOW_PLAN;
use super::tree::{Tree, Value};
use super::{Content, Document, Place, TextLines, aws_answer, kubernetes, policy, terraform};
use crate::json::Json;

/// Takes a value for what it is.
pub(super) fn classify(tree: &Tree<'_>, place: Place, documents: &mut Vec<Document>) {
    let content = match &tree.value {
        Value::List(items) => {
            if let Some(section) = kubernetes::section_of(tree) {
                Content::ConfigMap(ConfigMap::from_section(
                    section,
                    tree.json(),
                    TextLines::At(tree.line),
                ))
            } else if aws_answer::is_entry_list(tree) {
                Content::AccessEntries(tree.json())
            } else if items.iter().any(Tree::is_map) {
                of_list(items, &place, documents);
                return;
            } else {
                Content::Other(match items.is_empty() {
                    true => "an empty list".to_owned(),
                    false => "a list of single values".to_owned(),
                })
            }
        }
        Value::Map(_) => match policy::classify(tree) {
            Some(content) => content,
            None => {
                let has_kind = tree.text_of("kind").is_some();
                if (has_kind && kubernetes::classify(tree, &place, documents))
                    || terraform::classify(tree, &place, documents)
                    || aws_answer::classify(tree, &place, documents)
                    || kubernetes::classify(tree, &place, documents)
                {
                    return;
                }
                Content::Unknown(tree.json())
            }
        },
        Value::Text(text, _) => Content::Other(of_words(text)),
        Value::Null => Content::Other("nothing but `null`".to_owned()),
        Value::Bool(_) | Value::Number(_) => Content::Other("a single value".to_owned()),
    };
    documents.push(Document { place, content });
}

fn of_list(items: &[Tree<'_>], place: &Place, documents: &mut Vec<Document>) {
    for (index, item) in items.iter().enumerate() {
        let place = Place {
            item: Some(match &place.item {
                Some(outer) => format!("{outer}[{index}]"),
                None => format!("[{index}]"),
            }),
            line: item.line,
            ..place.clone()
        };
        // A list in a list holds nothing that is known.
        match item.value {
            Value::List(_) => documents.push(Document {
                place,
                content: Content::Other("a list in a list".to_owned()),
            }),
            _ => classify(item, place, documents),
        }
    }
}

/// The names of an object's first members, so that it is recognised.
pub(super) fn of_members(json: &str) -> String {
    let Ok(Json::Object(members)) = Json::parse(json) else {
        return "an object".to_owned();
    };
    if members.iter().any(|(name, _)| name == "@level") {
        return format!(
            "the log of `terraform plan -json`, which has no values of the objects; {SHOW_PLAN}"
        );
    }
    let names: Vec<String> = members
        .iter()
        .take(3)
        .map(|(name, _)| format!("`{}`", name.chars().take(40).collect::<String>()))
        .collect();
    match (names.as_slice(), members.len()) {
        ([], _) => "an empty object".to_owned(),
        (names, 4..) => format!("an object with {}, …", names.join(", ")),
        (names, _) => format!("an object with {}", names.join(", ")),
    }
}

fn of_words(text: &str) -> String {
    if text.starts_with("arn:") {
        return "an ARN alone".to_owned();
    }
    "plain text".to_owned()
}

/// Text that is neither YAML nor JSON by its first words.
pub(super) fn of_text(text: &str) -> Option<String> {
    let lower: String = text
        .chars()
        .take(512)
        .flat_map(char::to_lowercase)
        .collect();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let what = if begins(&["<!doctype html", "<html"]) {
        "an HTML page: whoever was asked answered with a page, such as one of a proxy or a sign-in"
    } else if begins(&["<"]) {
        "XML"
    } else if begins(&["-----begin"]) {
        "a certificate or key in PEM"
    } else if begins(&["k8s-aws-v1."]) {
        "a token; `verify` judges tokens"
    } else if begins(&["map["]) {
        "a map as Go prints it, which does not say where its texts end; print it with `kubectl get configmap aws-auth -n kube-system -o yaml`"
    } else if begins(&["error from server", "an error occurred ("]) {
        "the error message of another command, and not its answer"
    } else if begins(&["version https://git-lfs"]) {
        "a pointer of Git LFS; fetch the file with `git lfs pull`"
    } else if text.starts_with("$ANSIBLE_VAULT;") {
        "encrypted with Ansible Vault; decrypt it first"
    } else if is_for_people(text) {
        return Some(format!(
            "a plan as Terraform prints it for people; {SHOW_PLAN}"
        ));
    } else if text.contains("\nData\n====") || begins(&["name:         "]) {
        "the output of `kubectl describe`, which is for people; print it with `kubectl get configmap aws-auth -n kube-system -o yaml`"
    } else if lower.starts_with("name ") && lower.contains(" data ") && lower.contains("age") {
        "the table of `kubectl get`; print the object with `-o yaml`"
    } else {
        return None;
    };
    Some(what.to_owned())
}

fn is_for_people(text: &str) -> bool {
    let words = [
        "Terraform will perform the following actions",
        "Terraform used the selected providers",
        "OpenTofu will perform the following actions",
        "OpenTofu used the selected providers",
    ];
    let head: String = text.chars().take(64 * 1024).collect();
    words.iter().any(|words| head.contains(words))
}

/// What a text is that was taken for YAML and is none.
pub(super) fn of_broken_yaml(text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim_start);
    let begins =
        |words: &[&str]| lines().any(|line| words.iter().any(|word| line.starts_with(word)));
    let is_template = lines().any(|line| {
        let inner = line
            .split("{{")
            .nth(1)
            .map(|rest| rest.trim_start_matches('-').trim_start());
        inner.is_some_and(|inner| {
            let words = [
                ".Values", ".Release", ".Chart", "include ", "if ", "range ", "end ", "end}",
                "with ", "toYaml", "$",
            ];
            words.iter().any(|word| inner.starts_with(word))
        })
    });
    let is_terraform = begins(&[
        "resource \"",
        "data \"",
        "module \"",
        "provider \"",
        "terraform {",
        "locals {",
        "variable \"",
    ]);
    let is_policy_of_hcl = begins(&["<<EOF", "<<-EOT", "<<EOT", "<<~EOT"]);
    let is_diff = begins(&["@@ -"]) && begins(&["+++ "]);
    let what = if is_template {
        "a template of Helm; render it first (`helm template`)"
    } else if is_terraform {
        "a configuration of Terraform; what it makes is in a plan: `terraform plan -out tfplan` and `terraform show -json tfplan`"
    } else if is_policy_of_hcl {
        "a text as `terraform output` prints it for people; print it with `terraform output -raw NAME`"
    } else if is_diff {
        "a difference between files"
    } else {
        return None;
    };
    Some(what.to_owned())
}
