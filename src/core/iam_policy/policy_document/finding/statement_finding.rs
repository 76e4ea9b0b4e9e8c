//! A finding of one statement, and what its rules look up.

use super::super::document::{Element, Principal, Statement};
use super::super::evaluation::OidcProvider;

/// What is known beside the document.
pub(super) struct Account<'a> {
    pub(super) role_arn: Option<&'a str>,
    pub(super) providers: Option<&'a [OidcProvider]>,
}

/// A finding whose statement is known from where it is made.
pub(super) struct StatementFinding {
    pub(super) id: &'static str,
    pub(super) message: String,
}

pub(super) fn finding(id: &'static str, message: impl Into<String>) -> StatementFinding {
    StatementFinding {
        id,
        message: message.into(),
    }
}

pub(super) fn principals_of(statement: &Statement) -> &[Principal] {
    match &statement.principal {
        Some(Element::Only(principals)) => principals,
        Some(Element::AllBut(_)) | None => &[],
    }
}

pub(super) fn issuer_of_key<'a>(key: &str, issuers: &'a [String]) -> Option<&'a String> {
    let (prefix, _) = key.rsplit_once(':')?;
    issuers
        .iter()
        .find(|issuer| issuer.eq_ignore_ascii_case(prefix))
}

/// The claim, in lower case, that a key of one of the issuers names.
pub(super) fn claim(key: &str, issuers: &[String]) -> Option<String> {
    issuer_of_key(key, issuers)?;
    key.rsplit_once(':')
        .map(|(_, claim)| claim.to_ascii_lowercase())
}
