//! Comparing policies by meaning, so that how IAM or a person formats one is never drift.
//!
//! Lists are sets, one element equals a list of one, the order of keys and statements has no meaning, actions and condition keys ignore
//! case, an account id equals the ARN of its root, a bare `"*"` equals `{"AWS":"*"}`, and no version equals `2008-10-17`.

use serde::Serialize;

use super::document::{
    Condition, Effect, Element, PolicyDocument, PolicyVersion, Principal, Statement,
};

/// True if both texts are policies that mean the same. Texts that are no policies are equal only byte for byte.
pub fn equivalent(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (PolicyDocument::parse(a), PolicyDocument::parse(b)) {
        (Ok(a), Ok(b)) => a.is_equivalent_to(&b),
        _ => false,
    }
}

/// A text that is the same for all policies that mean the same, to be kept or hashed. A text that is no policy is its own.
pub fn normal_form(text: &str) -> String {
    let document = PolicyDocument::parse(text).ok();
    let form = document.and_then(|document| serde_json::to_string(&canonical(&document)).ok());
    form.unwrap_or_else(|| text.to_owned())
}

/// True if both texts are policies that let in the same: as [`equivalent`], without regard to `Id`, which grants nothing, and to the version
/// where neither has a `${…}`, which is all that the versions read differently.
pub fn grants_the_same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (Ok(one), Ok(other)) = (PolicyDocument::parse(a), PolicyDocument::parse(b)) else {
        return false;
    };
    let has_variables = a.contains("${") || b.contains("${");
    let comparable = |document: &PolicyDocument| {
        let canonical = canonical(document);
        CanonicalDocument {
            is_2012: canonical.is_2012 && has_variables,
            id: String::new(),
            ..canonical
        }
    };
    comparable(&one) == comparable(&other)
}

/// A policy in a form in which equal meaning is equality.
#[derive(PartialEq, Serialize)]
pub(super) struct CanonicalDocument {
    is_2012: bool,
    id: String,
    statements: Vec<CanonicalStatement>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct CanonicalStatement {
    sid: String,
    allows: bool,
    principal: Option<(bool, Vec<Principal>)>,
    action: (bool, Vec<String>),
    resource: Option<(bool, Vec<String>)>,
    conditions: Vec<(String, String, Vec<String>)>,
}

pub(super) fn canonical(document: &PolicyDocument) -> CanonicalDocument {
    let mut statements: Vec<CanonicalStatement> =
        document.statements.iter().map(statement).collect();
    statements.sort();
    statements.dedup();
    CanonicalDocument {
        is_2012: document.version == PolicyVersion::V2012,
        id: document.id.clone().unwrap_or_default(),
        statements,
    }
}

fn statement(statement: &Statement) -> CanonicalStatement {
    CanonicalStatement {
        sid: statement.sid.clone().unwrap_or_default(),
        allows: statement.effect == Effect::Allow,
        principal: statement
            .principal
            .as_ref()
            .map(|element| set(element, principal)),
        action: set(&statement.action, |action| action.to_ascii_lowercase()),
        resource: statement
            .resource
            .as_ref()
            .map(|element| set(element, String::clone)),
        conditions: sorted(statement.conditions.iter().map(condition).collect()),
    }
}

fn condition(condition: &Condition) -> (String, String, Vec<String>) {
    (
        condition.operator.clone(),
        condition.key.to_ascii_lowercase(),
        sorted(condition.values.clone()),
    )
}

/// An account's id stands for its root, whose ARN IAM writes back.
fn principal(principal: &Principal) -> Principal {
    let account = match principal.value.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "iam", "", account, "root"] if principal.kind == "AWS" => (*account).to_owned(),
        _ => principal.value.clone(),
    };
    Principal {
        kind: principal.kind.clone(),
        value: account,
    }
}

fn set<T, U: Ord>(element: &Element<T>, map: impl Fn(&T) -> U) -> (bool, Vec<U>) {
    match element {
        Element::Only(values) => (false, sorted(values.iter().map(map).collect())),
        Element::AllBut(values) => (true, sorted(values.iter().map(map).collect())),
    }
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values.dedup();
    values
}
