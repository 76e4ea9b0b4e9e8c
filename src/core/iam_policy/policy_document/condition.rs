//! Condition operators: what a key's absence, several values, set prefixes and `IfExists` mean.
//!
//! What surprises: on a missing key a negated operator, `…IfExists` and `ForAllValues` are true, so a misspelt key opens the statement;
//! `StringEquals` never expands wildcards. Source: the IAM user guide (condition operators, multi-valued context keys).

use super::document::{Condition, PolicyVersion};
use super::wildcard::{self, Token};

/// A condition operator, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) set: Option<SetPrefix>,
    pub(super) comparison: Comparison,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
}

/// How several values of a request are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetPrefix {
    ForAllValues,
    ForAnyValue,
}

/// What is compared, without negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    EqualIgnoringCase,
    Like,
    Number(Order),
    Bool,
    IpAddress,
    Arn,
    /// Dates and binary values, which this module does not judge.
    Unjudged,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a request says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyValues {
    /// The key is not in the request.
    Missing,
    /// Only the request itself will tell.
    Unknown,
    /// Its values.
    Known(Vec<String>),
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    True,
    False,
    /// The documentation or the input does not decide; with a stable id.
    Unknown(&'static str),
}

impl Operator {
    /// Reads an operator; names are case-sensitive.
    pub(super) fn parse(name: &str) -> Option<Operator> {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(SetPrefix::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(SetPrefix::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (base, if_exists) = rest
            .strip_suffix("IfExists")
            .map_or((rest, false), |base| (base, true));
        let (comparison, negated) = comparison(base)?;
        if comparison == Comparison::Null && (if_exists || set.is_some()) {
            return None;
        }
        Some(Operator {
            set,
            comparison,
            negated,
            if_exists,
        })
    }

    /// True if the operator holds where its key is missing.
    pub(super) fn holds_without_key(self) -> bool {
        match self.set {
            Some(SetPrefix::ForAllValues) => true,
            Some(SetPrefix::ForAnyValue) => self.if_exists,
            None => self.negated || self.if_exists,
        }
    }
}

fn comparison(base: &str) -> Option<(Comparison, bool)> {
    Some(match base {
        "StringEquals" => (Comparison::Equal, false),
        "StringNotEquals" => (Comparison::Equal, true),
        "StringEqualsIgnoreCase" => (Comparison::EqualIgnoringCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::EqualIgnoringCase, true),
        "StringLike" => (Comparison::Like, false),
        "StringNotLike" => (Comparison::Like, true),
        "NumericEquals" => (Comparison::Number(Order::Equal), false),
        "NumericNotEquals" => (Comparison::Number(Order::Equal), true),
        "NumericLessThan" => (Comparison::Number(Order::Less), false),
        "NumericLessThanEquals" => (Comparison::Number(Order::LessOrEqual), false),
        "NumericGreaterThan" => (Comparison::Number(Order::Greater), false),
        "NumericGreaterThanEquals" => (Comparison::Number(Order::GreaterOrEqual), false),
        "DateNotEquals" => (Comparison::Unjudged, true),
        "DateEquals"
        | "DateLessThan"
        | "DateLessThanEquals"
        | "DateGreaterThan"
        | "DateGreaterThanEquals"
        | "BinaryEquals" => (Comparison::Unjudged, false),
        "Bool" => (Comparison::Bool, false),
        "IpAddress" => (Comparison::IpAddress, false),
        "NotIpAddress" => (Comparison::IpAddress, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Null" => (Comparison::Null, false),
        _ => return None,
    })
}

/// Judges one condition. `lookup` answers what the request says about a key.
pub(super) fn judge(
    condition: &Condition,
    version: PolicyVersion,
    lookup: &dyn Fn(&str) -> KeyValues,
) -> Outcome {
    let Some(operator) = Operator::parse(&condition.operator) else {
        return Outcome::Unknown("operator_not_judged");
    };
    let found = lookup(&condition.key);
    if operator.comparison == Comparison::Null {
        return judge_null(condition, &found);
    }
    let values = match found {
        KeyValues::Unknown => return Outcome::Unknown("unknown_context_key"),
        KeyValues::Missing => return holds(operator.holds_without_key()),
        KeyValues::Known(values) => values,
    };
    if operator.set.is_none() && values.len() > 1 {
        return Outcome::Unknown("multivalued_key");
    }
    if operator.comparison == Comparison::Unjudged {
        return Outcome::Unknown("operator_not_judged");
    }
    let wanted: Vec<Wanted> = condition
        .values
        .iter()
        .map(|value| Wanted::from_value(value, version, lookup))
        .collect();
    let outcomes = values
        .iter()
        .map(|value| judge_value(operator, value, &wanted));
    match operator.set {
        Some(SetPrefix::ForAnyValue) => any(outcomes),
        // Without a set prefix there is exactly one value.
        Some(SetPrefix::ForAllValues) | None => all(outcomes),
    }
}

fn judge_null(condition: &Condition, found: &KeyValues) -> Outcome {
    let is_missing = match found {
        KeyValues::Unknown => return Outcome::Unknown("unknown_context_key"),
        KeyValues::Missing => "true",
        KeyValues::Known(values) if values.is_empty() => "true",
        KeyValues::Known(_) => "false",
    };
    holds(
        condition
            .values
            .iter()
            .any(|value| value.eq_ignore_ascii_case(is_missing)),
    )
}

/// One value of the request against all values of the policy: one must match, or none where the operator is negated.
fn judge_value(operator: Operator, value: &str, wanted: &[Wanted]) -> Outcome {
    let matched = any(wanted
        .iter()
        .map(|wanted| wanted.matches(operator.comparison, value)));
    match matched {
        Outcome::Unknown(reason) => Outcome::Unknown(reason),
        decided => holds((decided == Outcome::True) != operator.negated),
    }
}

/// A value in a policy with its variables filled in.
enum Wanted {
    Text {
        text: String,
        tokens: Vec<Token>,
    },
    /// It names a variable that the request does not have.
    Nothing,
    /// It names a variable that only the request will tell.
    Unknown,
}

impl Wanted {
    fn from_value(
        value: &str,
        version: PolicyVersion,
        lookup: &dyn Fn(&str) -> KeyValues,
    ) -> Wanted {
        let (mut text, mut tokens) = (String::new(), Vec::new());
        let mut rest = value;
        let has_variables = version == PolicyVersion::V2012;
        while let Some((before, variable, after)) = next_variable(rest).filter(|_| has_variables) {
            text.push_str(before);
            tokens.extend(wildcard::tokens(before));
            let filled = match fill(variable, lookup) {
                Filled::Text(filled) => filled,
                Filled::Nothing => return Wanted::Nothing,
                Filled::Unknown => return Wanted::Unknown,
            };
            tokens.extend(wildcard::literal(&filled));
            text.push_str(&filled);
            rest = after;
        }
        text.push_str(rest);
        tokens.extend(wildcard::tokens(rest));
        Wanted::Text { text, tokens }
    }

    fn matches(&self, comparison: Comparison, value: &str) -> Outcome {
        let (text, tokens) = match self {
            Wanted::Nothing => return Outcome::False,
            Wanted::Unknown => return Outcome::Unknown("unknown_policy_variable"),
            Wanted::Text { text, tokens } => (text, tokens),
        };
        holds(match comparison {
            Comparison::Equal => text == value,
            Comparison::EqualIgnoringCase => text.to_lowercase() == value.to_lowercase(),
            Comparison::Like => wildcard::matches(tokens, value),
            Comparison::Number(order) => compare_numbers(value, order, text),
            Comparison::Bool => text.eq_ignore_ascii_case(value),
            Comparison::IpAddress => is_in_network(value, text),
            Comparison::Arn => is_arn_like(value, text),
            Comparison::Unjudged | Comparison::Null => {
                return Outcome::Unknown("operator_not_judged");
            }
        })
    }
}

/// The pattern of a value in which every variable may be any text.
pub(super) fn widest(value: &str, version: PolicyVersion) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = value;
    let has_variables = version == PolicyVersion::V2012;
    while let Some((before, variable, after)) = next_variable(rest).filter(|_| has_variables) {
        tokens.extend(wildcard::tokens(before));
        match variable {
            "*" | "?" | "$" => tokens.extend(wildcard::literal(variable)),
            _ => tokens.push(Token::AnyRun),
        }
        rest = after;
    }
    tokens.extend(wildcard::tokens(rest));
    tokens
}

/// Splits at the first `${…}`: text before, inside, after.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (variable, after) = rest.split_once('}')?;
    Some((before, variable, after))
}

enum Filled {
    Text(String),
    Nothing,
    Unknown,
}

/// `${key}`, `${key, 'default'}`, or one of the escapes `${*}`, `${?}` and `${$}`.
fn fill(variable: &str, lookup: &dyn Fn(&str) -> KeyValues) -> Filled {
    if matches!(variable, "*" | "?" | "$") {
        return Filled::Text(variable.to_owned());
    }
    let (key, default) = match variable.split_once(',') {
        Some((key, default)) => (
            key.trim(),
            default
                .trim()
                .strip_prefix('\'')
                .and_then(|default| default.strip_suffix('\'')),
        ),
        None => (variable.trim(), None),
    };
    match (lookup(key), default) {
        (KeyValues::Unknown, _) => Filled::Unknown,
        (KeyValues::Known(values), default) => match (values.as_slice(), default) {
            ([value], _) => Filled::Text(value.clone()),
            (_, Some(default)) => Filled::Text(default.to_owned()),
            (_, None) => Filled::Nothing,
        },
        (KeyValues::Missing, Some(default)) => Filled::Text(default.to_owned()),
        (KeyValues::Missing, None) => Filled::Nothing,
    }
}

fn compare_numbers(value: &str, order: Order, wanted: &str) -> bool {
    let (Ok(value), Ok(wanted)) = (value.parse::<f64>(), wanted.parse::<f64>()) else {
        return false;
    };
    match order {
        Order::Equal => value == wanted,
        Order::Less => value < wanted,
        Order::LessOrEqual => value <= wanted,
        Order::Greater => value > wanted,
        Order::GreaterOrEqual => value >= wanted,
    }
}

fn is_in_network(value: &str, network: &str) -> bool {
    let (address, length) = network
        .split_once('/')
        .map_or((network, None), |(address, length)| (address, Some(length)));
    let length = length.map(str::parse::<u32>);
    match (value.parse(), address.parse()) {
        (Ok(std::net::IpAddr::V4(value)), Ok(std::net::IpAddr::V4(address))) => {
            let Ok(length) = length.unwrap_or(Ok(32)) else {
                return false;
            };
            let mask = u32::MAX
                .checked_shl(32_u32.saturating_sub(length))
                .unwrap_or(0);
            length <= 32 && value.to_bits() & mask == address.to_bits() & mask
        }
        (Ok(std::net::IpAddr::V6(value)), Ok(std::net::IpAddr::V6(address))) => {
            let Ok(length) = length.unwrap_or(Ok(128)) else {
                return false;
            };
            let mask = u128::MAX
                .checked_shl(128_u32.saturating_sub(length))
                .unwrap_or(0);
            length <= 128 && value.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

/// Each of the six parts matches for itself.
fn is_arn_like(value: &str, pattern: &str) -> bool {
    let value: Vec<&str> = value.splitn(6, ':').collect();
    let pattern: Vec<&str> = pattern.splitn(6, ':').collect();
    value.len() == 6
        && pattern.len() == 6
        && value
            .iter()
            .zip(&pattern)
            .all(|(value, pattern)| wildcard::matches(&wildcard::tokens(pattern), value))
}

fn holds(holds: bool) -> Outcome {
    if holds { Outcome::True } else { Outcome::False }
}

/// True if one is true; else unknown if one is unknown.
fn any(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::False, |whole, outcome| match (whole, outcome) {
        (Outcome::True, _) | (_, Outcome::True) => Outcome::True,
        (Outcome::Unknown(reason), _) | (_, Outcome::Unknown(reason)) => Outcome::Unknown(reason),
        (Outcome::False, Outcome::False) => Outcome::False,
    })
}

/// False if one is false; else unknown if one is unknown.
pub(super) fn all(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    outcomes.fold(Outcome::True, |whole, outcome| match (whole, outcome) {
        (Outcome::False, _) | (_, Outcome::False) => Outcome::False,
        (Outcome::Unknown(reason), _) | (_, Outcome::Unknown(reason)) => Outcome::Unknown(reason),
        (Outcome::True, Outcome::True) => Outcome::True,
    })
}
