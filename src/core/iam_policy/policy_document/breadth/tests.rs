//! Who may assume a role by single conditions, by conditions together, and by what is known of the account.

use serde_json::json;

use super::super::tests::{allow, request, trust};
use super::*;

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A1";

fn of(statements: &[String]) -> Breadth {
    breadth(&trust(&statements.join(",")), None, None).unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn on_subject(operator: &str, value: &str) -> String {
    allow(&format!(
        r#"{{"{operator}":{{"KEY:sub":{}}},"StringEqualsIfExists":{{"KEY:aud":"sts.amazonaws.com"}}}}"#,
        json!(value)
    ))
}

fn deny(condition: &str) -> String {
    allow(condition).replace(r#""Effect":"Allow""#, r#""Effect":"Deny""#)
}

#[test]
fn the_breadth_of_one_condition_is_what_its_operator_admits() {
    for (operator, value, expected) in [
        (
            "StringEquals",
            "system:serviceaccount:apps:reader",
            Breadth::Subjects(names(&["system:serviceaccount:apps:reader"])),
        ),
        (
            "StringEquals",
            "system:serviceaccount:apps:*",
            Breadth::Nobody,
        ),
        (
            "StringEqualsIgnoreCase",
            "System:ServiceAccount:APPS:reader",
            Breadth::Subjects(names(&["system:serviceaccount:apps:reader"])),
        ),
        (
            "StringLike",
            "system:serviceaccount:apps:run-*",
            Breadth::SomeOfNamespaces(names(&["apps"])),
        ),
        (
            "StringLike",
            "system:serviceaccount:apps:*",
            Breadth::Namespaces(names(&["apps"])),
        ),
        (
            "StringLike",
            "*:apps:*",
            Breadth::Namespaces(names(&["apps"])),
        ),
        (
            "StringLike",
            "system:serviceaccount:apps*",
            Breadth::AnyNamespace,
        ),
        ("StringLike", "*:reader", Breadth::AnyNamespace),
        (
            "StringLike",
            "system:serviceaccount:?:app",
            Breadth::AnyNamespace,
        ),
        ("StringLike", "system:serviceaccount:*:*", Breadth::Cluster),
        ("StringLike", "*", Breadth::Cluster),
        ("StringLike", "*:a:b:c:*", Breadth::Nobody),
        ("StringLike", "apps:*", Breadth::Nobody),
        (
            "StringNotEquals",
            "system:serviceaccount:apps:reader",
            Breadth::Cluster,
        ),
        ("StringNotLike", "*", Breadth::Nobody),
        ("StringNotLike", "system:serviceaccount:*", Breadth::Nobody),
        (
            "ForAnyValue:StringLike",
            "system:serviceaccount:apps:*",
            Breadth::Namespaces(names(&["apps"])),
        ),
        ("NumericEquals", "1", Breadth::Nobody),
    ] {
        assert_eq!(
            of(&[on_subject(operator, value)]),
            expected,
            "{operator} {value}"
        );
    }
}

#[test]
fn conditions_and_statements_are_judged_together() {
    let both = allow(
        r#"{"StringLike":{"KEY:sub":"*:reader"},"ForAnyValue:StringLike":{"KEY:sub":"system:serviceaccount:apps:*"}}"#,
    );
    assert_eq!(
        of(&[both]),
        Breadth::Subjects(names(&["system:serviceaccount:apps:reader"]))
            .max(Breadth::SomeOfNamespaces(names(&["apps"])))
    );
    let everyone = allow(r#"{"StringEquals":{"KEY:aud":"sts.amazonaws.com"}}"#);
    let unless = deny(r#"{"StringNotLike":{"KEY:sub":"system:serviceaccount:apps:*"}}"#);
    assert_eq!(
        of(&[everyone.clone(), unless]),
        Breadth::Namespaces(names(&["apps"]))
    );
    let one = deny(r#"{"StringEquals":{"KEY:sub":"system:serviceaccount:apps:reader"}}"#);
    assert_eq!(of(&[everyone.clone(), one]), Breadth::Cluster);
    let all = deny(r#"{"StringNotEquals":{"KEY:azp":"x"}}"#);
    assert_eq!(of(&[everyone.clone(), all]), Breadth::Nobody);
    let of_other = deny(r#"{"StringNotEquals":{"KEY:azp":"x"}}"#).replace("A1\"}", "B2\"}");
    assert_eq!(of(&[everyone, of_other]), Breadth::Cluster);
    let excluded_first = allow(
        r#"{"StringLike":{"KEY:sub":"system:serviceaccount:apps:app*"},"StringNotEquals":{"KEY:sub":["system:serviceaccount:apps:app","system:serviceaccount:apps:appz"]}}"#,
    );
    assert_eq!(
        of(&[excluded_first]),
        Breadth::SomeOfNamespaces(names(&["apps"]))
    );
}

#[test]
fn everybody_is_who_can_assume_the_role_as_itself() {
    let open = |action: &str, condition: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"{action}","Condition":{condition}}}"#
        )
    };
    assert_eq!(of(&[open("sts:AssumeRole", "{}")]), Breadth::Everybody);
    assert_eq!(
        of(&[open(
            "sts:*",
            r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#
        )]),
        Breadth::Everybody
    );
    assert_eq!(
        of(&[open(
            "sts:AssumeRole",
            r#"{"StringEquals":{"x.example:sub":"a"}}"#
        )]),
        Breadth::Nobody
    );
    let by_subject =
        format!(r#"{{"StringEquals":{{"{ISSUER}:sub":"system:serviceaccount:a:b"}}}}"#);
    assert_eq!(
        of(&[open("sts:AssumeRoleWithWebIdentity", &by_subject)]),
        Breadth::Subjects(names(&["system:serviceaccount:a:b"]))
    );
}

#[test]
fn what_is_known_of_the_account_counts() {
    let policy = trust(&on_subject("StringLike", "*"));
    let role = request().role_arn;
    let known = request().providers;
    assert_eq!(
        breadth(&policy, Some(&role), Some(&known)),
        Some(Breadth::Cluster)
    );
    assert_eq!(
        breadth(&policy, Some(&role), Some(&[])),
        Some(Breadth::Nobody)
    );
    let elsewhere = "arn:aws:iam::444455556666:role/app";
    assert_eq!(
        breadth(&policy, Some(elsewhere), None),
        Some(Breadth::Nobody)
    );
    assert_eq!(breadth("{}", None, None), None);
}
