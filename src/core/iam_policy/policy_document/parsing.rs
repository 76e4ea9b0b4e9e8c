//! From JSON to a policy document by IAM's grammar. Keys of elements are case-sensitive; unknown ones are errors.

use super::condition::Operator;
use super::document::{
    Condition, Effect, Element, PolicyDocument, PolicyVersion, Principal, Statement,
};
use super::error::{PolicyError, place};
use crate::json::Json;

pub(super) fn document(json: &Json) -> Result<PolicyDocument, PolicyError> {
    let whole = || "the policy".to_owned();
    let members = json.as_object().ok_or_else(|| PolicyError::Type {
        place: whole(),
        wanted: "an object",
    })?;
    let (mut version, mut id, mut statements) = (PolicyVersion::V2008, None, None);
    for (key, value) in members {
        match key.as_str() {
            "Version" => version = read_version(value)?,
            "Id" => id = Some(text(value, || "`Id`".to_owned())?),
            "Statement" => statements = Some(read_statements(value)?),
            _ => {
                return Err(PolicyError::UnknownElement {
                    place: whole(),
                    key: key.clone(),
                });
            }
        }
    }
    let statements = statements.ok_or(PolicyError::MissingStatement)?;
    check_sids(&statements)?;
    Ok(PolicyDocument {
        version,
        id,
        statements,
    })
}

pub(super) fn check_trust_statement(statement: &Statement, place: &str) -> Result<(), PolicyError> {
    match &statement.principal {
        None => {
            return Err(PolicyError::MissingPrincipal {
                place: place.to_owned(),
            });
        }
        Some(Element::AllBut(_)) => {
            return Err(PolicyError::NotPrincipal {
                place: place.to_owned(),
            });
        }
        Some(Element::Only(_)) => {}
    }
    match &statement.resource {
        None => Ok(()),
        Some(Element::Only(_)) => Err(PolicyError::Resource {
            place: place.to_owned(),
            element: "Resource",
        }),
        Some(Element::AllBut(_)) => Err(PolicyError::Resource {
            place: place.to_owned(),
            element: "NotResource",
        }),
    }
}

fn read_version(value: &Json) -> Result<PolicyVersion, PolicyError> {
    match text(value, || "`Version`".to_owned())?.as_str() {
        "2012-10-17" => Ok(PolicyVersion::V2012),
        "2008-10-17" => Ok(PolicyVersion::V2008),
        other => Err(PolicyError::Version {
            version: other.to_owned(),
        }),
    }
}

fn read_statements(value: &Json) -> Result<Vec<Statement>, PolicyError> {
    match value {
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| statement(item, &place(index)))
            .collect(),
        single => Ok(vec![statement(single, &place(0))?]),
    }
}

fn check_sids(statements: &[Statement]) -> Result<(), PolicyError> {
    let mut sids: Vec<&String> = statements
        .iter()
        .filter_map(|statement| statement.sid.as_ref())
        .filter(|sid| !sid.is_empty())
        .collect();
    sids.sort_unstable();
    let twice = sids.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some((*first).clone()),
        _ => None,
    });
    twice.map_or(Ok(()), |sid| Err(PolicyError::DuplicateSid { sid }))
}

fn statement(json: &Json, place: &str) -> Result<Statement, PolicyError> {
    let members = json.as_object().ok_or_else(|| PolicyError::Type {
        place: place.to_owned(),
        wanted: "an object",
    })?;
    let mut reader = StatementReader::default();
    for (key, value) in members {
        reader.read(key, value, place)?;
    }
    reader.finish(place)
}

#[derive(Default)]
struct StatementReader {
    sid: Option<String>,
    effect: Option<Effect>,
    principal: Option<Element<Principal>>,
    action: Option<Element<String>>,
    resource: Option<Element<String>>,
    conditions: Vec<Condition>,
}

impl StatementReader {
    fn read(&mut self, key: &str, value: &Json, place: &str) -> Result<(), PolicyError> {
        let named = || format!("`{key}` of {place}");
        match key {
            "Sid" => self.sid = Some(text(value, named)?),
            "Effect" => self.effect = Some(effect(value, place)?),
            "Principal" => set(
                &mut self.principal,
                Element::Only(principals(value, place)?),
                "Principal",
                place,
            )?,
            "NotPrincipal" => set(
                &mut self.principal,
                Element::AllBut(principals(value, place)?),
                "Principal",
                place,
            )?,
            "Action" => set(
                &mut self.action,
                Element::Only(actions(value, place)?),
                "Action",
                place,
            )?,
            "NotAction" => set(
                &mut self.action,
                Element::AllBut(actions(value, place)?),
                "Action",
                place,
            )?,
            "Resource" => set(
                &mut self.resource,
                Element::Only(texts(value, named)?),
                "Resource",
                place,
            )?,
            "NotResource" => set(
                &mut self.resource,
                Element::AllBut(texts(value, named)?),
                "Resource",
                place,
            )?,
            "Condition" => self.conditions = conditions(value, place)?,
            _ => {
                return Err(PolicyError::UnknownElement {
                    place: place.to_owned(),
                    key: key.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn finish(self, place: &str) -> Result<Statement, PolicyError> {
        Ok(Statement {
            sid: self.sid,
            effect: self.effect.ok_or_else(|| PolicyError::Effect {
                place: place.to_owned(),
            })?,
            principal: self.principal,
            action: self.action.ok_or_else(|| PolicyError::MissingAction {
                place: place.to_owned(),
            })?,
            resource: self.resource,
            conditions: self.conditions,
        })
    }
}

fn set<T>(
    slot: &mut Option<Element<T>>,
    value: Element<T>,
    element: &'static str,
    place: &str,
) -> Result<(), PolicyError> {
    if slot.is_some() {
        return Err(PolicyError::Both {
            place: place.to_owned(),
            element,
        });
    }
    *slot = Some(value);
    Ok(())
}

fn effect(value: &Json, place: &str) -> Result<Effect, PolicyError> {
    match value.as_text() {
        Some("Allow") => Ok(Effect::Allow),
        Some("Deny") => Ok(Effect::Deny),
        _ => Err(PolicyError::Effect {
            place: place.to_owned(),
        }),
    }
}

fn principals(value: &Json, place: &str) -> Result<Vec<Principal>, PolicyError> {
    let named = || format!("the principal of {place}");
    let members = match value {
        Json::Text(everyone) if everyone == "*" => {
            return Ok(vec![Principal {
                kind: "AWS".to_owned(),
                value: "*".to_owned(),
            }]);
        }
        Json::Object(members) if !members.is_empty() => members,
        _ => {
            return Err(PolicyError::Type {
                place: named(),
                wanted: "an object such as `{\"Federated\": …}`, or `\"*\"`",
            });
        }
    };
    let mut principals = Vec::new();
    for (kind, values) in members {
        if !matches!(
            kind.as_str(),
            "AWS" | "Federated" | "Service" | "CanonicalUser"
        ) {
            return Err(PolicyError::PrincipalKind {
                place: place.to_owned(),
                kind: kind.clone(),
            });
        }
        principals.extend(texts(values, named)?.into_iter().map(|value| Principal {
            kind: kind.clone(),
            value,
        }));
    }
    Ok(principals)
}

fn actions(value: &Json, place: &str) -> Result<Vec<String>, PolicyError> {
    texts(value, || format!("the action of {place}"))
}

/// True for a service and a name, or for `*`.
pub(super) fn is_action(action: &str) -> bool {
    action == "*"
        || action
            .split_once(':')
            .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty())
}

/// Refuses the first text in `Action` or `NotAction` that is no action.
pub(super) fn check_actions(document: &PolicyDocument) -> Result<(), PolicyError> {
    for (index, statement) in document.statements.iter().enumerate() {
        let (Element::Only(actions) | Element::AllBut(actions)) = &statement.action;
        if let Some(action) = actions.iter().find(|action| !is_action(action)) {
            return Err(PolicyError::Action {
                place: place(index),
                action: action.clone(),
            });
        }
    }
    Ok(())
}

fn conditions(value: &Json, place: &str) -> Result<Vec<Condition>, PolicyError> {
    let block = || format!("the condition of {place}");
    let operators = value.as_object().ok_or_else(|| PolicyError::Type {
        place: block(),
        wanted: "an object of operators",
    })?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        if Operator::parse(operator).is_none() {
            return Err(PolicyError::Operator {
                place: place.to_owned(),
                operator: operator.clone(),
            });
        }
        let named = || format!("`{operator}` of {place}");
        let keys = keys.as_object().ok_or_else(|| PolicyError::Type {
            place: named(),
            wanted: "an object of condition keys",
        })?;
        for (key, values) in keys {
            let values = scalars(values, || format!("`{key}` of {place}"))?;
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values,
            });
        }
    }
    Ok(conditions)
}

fn text(value: &Json, place: impl Fn() -> String) -> Result<String, PolicyError> {
    value
        .as_text()
        .map(str::to_owned)
        .ok_or_else(|| PolicyError::Type {
            place: place(),
            wanted: "a text",
        })
}

/// One text or a list of texts.
fn texts(value: &Json, place: impl Fn() -> String) -> Result<Vec<String>, PolicyError> {
    let wanted = || PolicyError::Type {
        place: place(),
        wanted: "a text or a list of texts",
    };
    match value {
        Json::Text(text) => Ok(vec![text.clone()]),
        Json::Array(items) => items
            .iter()
            .map(|item| item.as_text().map(str::to_owned).ok_or_else(wanted))
            .collect(),
        _ => Err(wanted()),
    }
}

/// One scalar or a list of scalars; numbers and booleans become their text, as IAM reads them.
fn scalars(value: &Json, place: impl Fn() -> String) -> Result<Vec<String>, PolicyError> {
    let scalar = |value: &Json| match value {
        Json::Text(text) => Ok(text.clone()),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Number(number) => Ok(number.clone()),
        _ => Err(PolicyError::Type {
            place: place(),
            wanted: "a text, a number, a boolean or a list of these",
        }),
    };
    match value {
        Json::Array(items) => items.iter().map(scalar).collect(),
        single => Ok(vec![scalar(single)?]),
    }
}
