//! Random policies and tokens against a small model of IAM's operators that is written from their documentation and shares no code with the
//! evaluation.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::finding::findings;
use super::super::tests::{PROVIDER, request};
use super::super::{Decision, OidcProvider, WebIdentityRequest, evaluate};
use super::*;

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A1";

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A condition on one claim, written by the test.
#[derive(Clone, Debug)]
struct Test {
    set: &'static str,
    base: &'static str,
    if_exists: bool,
    claim: &'static str,
    values: Vec<String>,
}

#[derive(Clone, Debug)]
struct TestStatement {
    allows: bool,
    tests: Vec<Test>,
}

impl Test {
    fn operator(&self) -> String {
        let suffix = if self.if_exists { "IfExists" } else { "" };
        format!("{}{}{suffix}", self.set, self.base)
    }

    /// The user guide's table, for a key with one value or none.
    fn holds(&self, value: Option<&str>) -> bool {
        let is_negated = self.base.contains("Not");
        if self.base == "Null" {
            return self
                .values
                .iter()
                .any(|wanted| *wanted == value.is_none().to_string());
        }
        let Some(value) = value else {
            let is_open = self.set == "ForAllValues:" || self.if_exists;
            return is_open || (is_negated && self.set.is_empty());
        };
        let is_one_of = self.values.iter().any(|wanted| match self.base {
            "StringLike" | "StringNotLike" => like(wanted.as_bytes(), value.as_bytes()),
            "StringEqualsIgnoreCase" | "StringNotEqualsIgnoreCase" => {
                wanted.eq_ignore_ascii_case(value)
            }
            _ => wanted == value,
        });
        is_one_of != is_negated
    }
}

/// Wildcards by definition: slow, and nothing to get wrong.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|taken| like(rest, &text[taken..])),
        Some((b'?', rest)) => !text.is_empty() && like(rest, &text[1..]),
        Some((first, rest)) => text.first() == Some(first) && like(rest, &text[1..]),
    }
}

fn model(statements: &[TestStatement], subject: &str, audience: &str) -> bool {
    let meets = |statement: &&TestStatement| {
        statement.tests.iter().all(|test| {
            test.holds(match test.claim {
                "sub" => Some(subject),
                "aud" => Some(audience),
                _ => None,
            })
        })
    };
    let any = |allows: bool| {
        statements
            .iter()
            .filter(|of| of.allows == allows)
            .any(|of| meets(&of))
    };
    any(true) && !any(false)
}

fn document(statements: &[TestStatement]) -> String {
    let statement = |statement: &TestStatement| {
        let mut condition = serde_json::Map::new();
        for test in &statement.tests {
            let keys = condition
                .entry(test.operator())
                .or_insert_with(|| json!({}));
            keys[format!("{ISSUER}:{}", test.claim)] = json!(test.values);
        }
        json!({
            "Effect": if statement.allows { "Allow" } else { "Deny" },
            "Principal": {"Federated": PROVIDER},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": Value::Object(condition),
        })
    };
    let statements: Vec<Value> = statements.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn values(claim: &'static str) -> BoxedStrategy<String> {
    match claim {
        "sub" => prop_oneof![
            4 => "system:serviceaccount:[ab*?]{1,2}:[ab*?-]{1,2}",
            1 => "[ab:*?]{0,4}",
            1 => "system:serviceaccount:[ab*]{1,2}",
            1 => "system:serviceaccount:[Aa]:[bB.]{1,2}",
        ]
        .boxed(),
        "aud" => proptest::sample::select(vec![
            "sts.amazonaws.com",
            "other",
            "*",
            "sts.*",
            "oth?r",
            "sts.amazon.com",
        ])
        .prop_map(str::to_owned)
        .boxed(),
        "null" => proptest::sample::select(vec!["true", "false"])
            .prop_map(str::to_owned)
            .boxed(),
        _ => "[ab]".boxed(),
    }
}

fn test() -> impl Strategy<Value = Test> {
    let base = prop_oneof![
        3 => Just("StringEquals"),
        3 => Just("StringLike"),
        1 => Just("StringNotEquals"),
        2 => Just("StringNotLike"),
        1 => Just("StringEqualsIgnoreCase"),
        1 => Just("StringNotEqualsIgnoreCase"),
        1 => Just("Null"),
    ];
    let set = prop_oneof![6 => Just(""), 1 => Just("ForAnyValue:"), 1 => Just("ForAllValues:")];
    let claim = prop_oneof![6 => Just("sub"), 3 => Just("aud"), 1 => Just("azp")];
    (base, set, claim, any::<bool>(), any::<bool>()).prop_flat_map(|(base, set, claim, a, b)| {
        let is_null = base == "Null";
        proptest::collection::vec(values(if is_null { "null" } else { claim }), 1..3).prop_map(
            move |values| Test {
                set: if is_null { "" } else { set },
                base,
                if_exists: a && b && !is_null,
                claim,
                values,
            },
        )
    })
}

/// Statements in which no key stands twice under one operator.
fn statements() -> impl Strategy<Value = Vec<TestStatement>> {
    let statement = (
        any::<bool>(),
        any::<bool>(),
        proptest::collection::vec(test(), 0..4),
    );
    let statement = statement.prop_map(|(a, b, tests)| {
        let mut kept: Vec<Test> = Vec::new();
        for test in tests {
            let is_same =
                |other: &Test| other.operator() == test.operator() && other.claim == test.claim;
            if !kept.iter().any(is_same) {
                kept.push(test);
            }
        }
        TestStatement {
            allows: a || b,
            tests: kept,
        }
    });
    proptest::collection::vec(statement, 1..4)
}

/// Every short subject of two namespaces' letters, and some that no pattern is written for.
fn all_subjects() -> Vec<String> {
    let mut parts = vec![
        "zz".to_owned(),
        "a-b".to_owned(),
        "abab".to_owned(),
        "z".to_owned(),
    ];
    for first in ["a", "b", "z"] {
        parts.extend(["", "a", "b"].map(|second| format!("{first}{second}")));
    }
    let mut subjects = Vec::new();
    for namespace in &parts {
        for name in parts.iter().map(String::as_str).chain(["a.b", "b.b"]) {
            subjects.push(format!("{SUBJECT_PREFIX}{namespace}:{name}"));
        }
    }
    subjects
}

fn ask(audience: &str, subject: &str) -> WebIdentityRequest {
    let mut request = request();
    request.providers = providers();
    request.token.subject = Some(subject.to_owned());
    request.token.audiences = vec![audience.to_owned()];
    request
}

fn providers() -> Vec<OidcProvider> {
    vec![OidcProvider {
        client_ids: names(&["sts.amazonaws.com", "other"]),
        ..request().providers.remove(0)
    }]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_evaluation_decides_as_the_model_does(
        statements in statements(),
        namespace in "[abz]{1,2}",
        name in "[abz]{1,2}(\\.b)?",
        audience in prop_oneof![Just("sts.amazonaws.com"), Just("other")],
    ) {
        let policy = document(&statements);
        let subject = format!("{SUBJECT_PREFIX}{namespace}:{name}");
        let expected = model(&statements, &subject, audience);
        let answer = evaluate(&policy, &ask(audience, &subject));
        prop_assert_eq!(answer.decision == Decision::Allow, expected, "{:?} {}", answer, policy);
        prop_assert_ne!(answer.decision, Decision::Indeterminate);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nobody_is_said_exactly_where_no_token_is_admitted(statements in statements()) {
        let policy = document(&statements);
        let role = request().role_arn;
        let is_admitted = all_subjects().iter().any(|subject| {
            ["sts.amazonaws.com", "other"].iter().any(|audience| model(&statements, subject, audience))
        });
        let breadth = breadth(&policy, Some(&role), Some(&providers())).unwrap();
        prop_assert_eq!(breadth == Breadth::Nobody, !is_admitted, "{:?} {}", breadth, policy);
        let found = findings(&policy, Some(&role), Some(&providers()));
        let shut = |index: usize| {
            found.iter().any(|finding| {
                finding.statement_index == Some(index) && finding.message.contains("so nobody can assume the role")
            })
        };
        let mut allowing = statements.iter().enumerate().filter(|(_, of)| of.allows);
        let says_nobody = allowing.all(|(index, _)| shut(index));
        prop_assert_eq!(says_nobody, !is_admitted, "{:?} {}", found, policy);
    }
}
