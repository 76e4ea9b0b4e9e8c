//! One statement of an add-on's policy: how it is written down here, and its text.
//!
//! The order of the fields is made here and not left to a map type, so the same statement has the same text whatever features `serde_json`
//! is built with.

use serde_json::Value;

use crate::iam_policy::policy_document::{Condition, Effect, Element, Statement};

/// An allowed list of actions on everything; [`Allow::on`] and [`Allow::when`] narrow it.
pub(super) fn allow(sid: &str, actions: &[&str]) -> Allow {
    Allow {
        sid: sid.to_owned(),
        actions: actions.iter().map(|&action| action.to_owned()).collect(),
        resources: vec!["*".to_owned()],
        conditions: Vec::new(),
    }
}

/// A statement in the making.
#[derive(Clone, Debug)]
pub(super) struct Allow {
    sid: String,
    actions: Vec<String>,
    resources: Vec<String>,
    conditions: Vec<Condition>,
}

impl Allow {
    /// Only on these resources.
    pub(super) fn on(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// Only if one of the values matches.
    pub(super) fn when(mut self, operator: &str, key: impl Into<String>, values: &[&str]) -> Self {
        self.conditions.push(Condition {
            operator: operator.to_owned(),
            key: key.into(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        });
        self
    }

    pub(super) fn done(self) -> Statement {
        Statement {
            sid: Some(self.sid),
            effect: Effect::Allow,
            principal: None,
            action: Element::Only(self.actions),
            resource: Some(Element::Only(self.resources)),
            conditions: self.conditions,
        }
    }
}

/// The compact JSON of statements that [`allow`] made.
pub(super) fn document(statements: &[Statement]) -> String {
    let statements: Vec<String> = statements.iter().map(text).collect();
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

fn text(statement: &Statement) -> String {
    let mut members = Vec::new();
    if let Some(sid) = &statement.sid {
        members.push(format!(r#""Sid":{}"#, quoted(sid)));
    }
    members.push(r#""Effect":"Allow""#.to_owned());
    members.push(format!(
        r#""Action":{}"#,
        one_or_many(values(&statement.action))
    ));
    if let Some(resource) = &statement.resource {
        members.push(format!(r#""Resource":{}"#, one_or_many(values(resource))));
    }
    if !statement.conditions.is_empty() {
        members.push(format!(
            r#""Condition":{}"#,
            conditions(&statement.conditions)
        ));
    }
    format!("{{{}}}", members.join(","))
}

/// One member for each operator, in the order of their first appearance.
fn conditions(conditions: &[Condition]) -> String {
    let mut operators: Vec<&str> = Vec::new();
    for condition in conditions {
        if !operators.contains(&condition.operator.as_str()) {
            operators.push(&condition.operator);
        }
    }
    let block = |operator: &str| {
        let keys: Vec<String> = conditions
            .iter()
            .filter(|condition| condition.operator == operator)
            .map(|condition| {
                format!(
                    "{}:{}",
                    quoted(&condition.key),
                    one_or_many(&condition.values)
                )
            })
            .collect();
        format!("{}:{{{}}}", quoted(operator), keys.join(","))
    };
    let blocks: Vec<String> = operators.into_iter().map(block).collect();
    format!("{{{}}}", blocks.join(","))
}

fn values(element: &Element<String>) -> &[String] {
    match element {
        Element::Only(values) | Element::AllBut(values) => values,
    }
}

fn one_or_many(values: &[String]) -> String {
    match values {
        [one] => quoted(one),
        many => {
            let many: Vec<String> = many.iter().map(|value| quoted(value)).collect();
            format!("[{}]", many.join(","))
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
