//! The JSON text of a trust policy: compact, with fields in the order people write them.
//!
//! The order is made here and not left to a map type, so the same policy has the same text whatever features `serde_json` is built with.

use serde_json::Value;

use super::error::TrustPolicyError;
use crate::iam_policy::policy_document::{PolicyError, check_statement};

/// What one statement for an issuer says.
pub(super) struct WebIdentityStatement<'a> {
    pub(super) provider_arn: &'a str,
    pub(super) audience_key: &'a str,
    pub(super) audiences: &'a [String],
    pub(super) subject_operator: &'static str,
    pub(super) subject_key: &'a str,
    pub(super) subjects: &'a [String],
}

/// A statement for service accounts.
pub(super) fn web_identity(statement: &WebIdentityStatement<'_>) -> String {
    let audience = format!(
        "{}:{}",
        quoted(statement.audience_key),
        one_or_many(statement.audiences)
    );
    let subject = format!(
        "{}:{}",
        quoted(statement.subject_key),
        one_or_many(statement.subjects)
    );
    let condition = match statement.subject_operator {
        "StringEquals" => format!(r#"{{"StringEquals":{{{audience},{subject}}}}}"#),
        operator => format!(
            r#"{{"StringEquals":{{{audience}}},{}:{{{subject}}}}}"#,
            quoted(operator)
        ),
    };
    format!(
        r#"{{"Effect":"Allow","Principal":{{"Federated":{}}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{condition}}}"#,
        quoted(statement.provider_arn)
    )
}

/// The statement for EKS Pod Identity, which also tags its sessions.
pub(super) fn pod_identity(condition: Option<&Value>) -> Result<String, TrustPolicyError> {
    let condition = match condition {
        None => String::new(),
        Some(condition @ Value::Object(_)) => format!(r#","Condition":{}"#, sorted_json(condition)),
        Some(_) => return Err(TrustPolicyError::PodIdentityCondition),
    };
    Ok(format!(
        r#"{{"Effect":"Allow","Principal":{{"Service":"pods.eks.amazonaws.com"}},"Action":["sts:AssumeRole","sts:TagSession"]{condition}}}"#
    ))
}

/// `sts:AssumeRole` for roles, which may have to give an external id.
pub(super) fn node_roles(arns: &[String], external_id: Option<&str>) -> String {
    let condition = external_id.map_or_else(String::new, |id| {
        format!(
            r#","Condition":{{"StringEquals":{{"sts:ExternalId":{}}}}}"#,
            quoted(id)
        )
    });
    format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":{}}},"Action":"sts:AssumeRole"{condition}}}"#,
        one_or_many(arns)
    )
}

/// `sts:AssumeRole` for a service of AWS.
pub(super) fn service(name: &str) -> String {
    format!(
        r#"{{"Effect":"Allow","Principal":{{"Service":{}}},"Action":"sts:AssumeRole"}}"#,
        quoted(name)
    )
}

/// A statement as written, checked and with its fields in the usual order.
pub(crate) fn raw_statement(statement: &Value) -> Result<String, PolicyError> {
    let text = sorted_json(statement);
    check_statement(&text)?;
    let Value::Object(members) = statement else {
        return Ok(text);
    };
    let rank = |key: &str| {
        STATEMENT_FIELDS
            .iter()
            .position(|field| *field == key)
            .unwrap_or(STATEMENT_FIELDS.len())
    };
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_by_key(|(key, _)| (rank(key), (*key).clone()));
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{}:{}", quoted(key), sorted_json(value)))
        .collect();
    Ok(format!("{{{}}}", members.join(",")))
}

/// The whole document.
pub(super) fn document(statements: &[String]) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

const STATEMENT_FIELDS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

fn one_or_many(values: &[String]) -> String {
    match values {
        [one] => quoted(one),
        many => format!(
            "[{}]",
            many.iter()
                .map(|value| quoted(value))
                .collect::<Vec<_>>()
                .join(",")
        ),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// JSON with the members of every object sorted; arrays keep their order.
pub(crate) fn sorted_json(value: &Value) -> String {
    match value {
        Value::Array(items) => format!(
            "[{}]",
            items.iter().map(sorted_json).collect::<Vec<_>>().join(",")
        ),
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(key, _)| key.as_str());
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", quoted(key), sorted_json(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        scalar => scalar.to_string(),
    }
}
