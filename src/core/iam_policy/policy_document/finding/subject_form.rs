//! Why no token has a text as its subject.

use crate::kubernetes::service_account::{SUBJECT_PREFIX, ServiceAccount};

/// What is wrong with a subject that no service account has, as the end of a sentence.
pub(super) fn fault(subject: &str) -> String {
    let right = format!("`{SUBJECT_PREFIX}<namespace>:<name>`");
    if subject.trim().is_empty() {
        return format!("it is empty, and a subject is {right}");
    }
    if subject.chars().any(char::is_whitespace) {
        return "there is white space in it, which is compared too".to_owned();
    }
    if is_expression(subject) {
        return "it is a regular expression, and IAM knows only `*` and `?` under `StringLike`"
            .to_owned();
    }
    if subject.contains("${") {
        return "its variable is plain text in a policy of version `2008-10-17`".to_owned();
    }
    let lower = subject.to_lowercase();
    if lower.starts_with("system:serviceaccounts") {
        return format!("it is a group of Kubernetes, and a subject is {right}");
    }
    if lower.ends_with("amazonaws.com") || lower.ends_with("amazonaws.com.cn") {
        return "it is an audience: compare it with the key that ends in `:aud`".to_owned();
    }
    if lower != subject && is_subject(&lower) {
        return "the names of Kubernetes are in small letters, and IAM compares case".to_owned();
    }
    match subject.strip_prefix(SUBJECT_PREFIX) {
        Some(account) => of_account(account),
        None if ServiceAccount::parse(subject).is_ok() => {
            format!("`{SUBJECT_PREFIX}` is missing before it")
        }
        None => format!("a subject is {right}"),
    }
}

/// What is wrong behind the prefix.
fn of_account(account: &str) -> String {
    let parts: Vec<&str> = account.split([':', '/']).collect();
    match parts.as_slice() {
        [_] => "the namespace is missing before the name".to_owned(),
        ["", _] => "the namespace is empty".to_owned(),
        [_, ""] => "the name is empty".to_owned(),
        [_, _] if account.contains('/') => {
            "namespace and name are separated by a colon, not by a slash".to_owned()
        }
        [_, _] => "Kubernetes allows no such name: small letters, digits and inner hyphens, in names dots too".to_owned(),
        _ => "it has more parts than a namespace and a name".to_owned(),
    }
}

fn is_subject(text: &str) -> bool {
    text.strip_prefix(SUBJECT_PREFIX)
        .is_some_and(|account| ServiceAccount::parse(account).is_ok())
}

/// True for what only a regular expression has.
pub(super) fn is_expression(text: &str) -> bool {
    let without_variables = text.replace("${", "");
    without_variables.contains(['^', '$', '|', '(', ')', '[', ']', '\\', '+'])
        || text.contains(".*")
        || text.contains(".?")
}
