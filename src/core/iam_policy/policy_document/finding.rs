//! What is worth saying about a trust policy before it is used, ranked by what it costs: access for too many, for no one, or bad form.
//!
//! Each finding has a stable id. `privilege.*`: more may assume the role than the text suggests. `lockout.*`: fewer, or no one.
//! `hygiene.*`: it works, but not for the reason one reads. Source: the rules of the evaluation, applied to the document alone.

use super::document::{Effect, PolicyDocument, Principal, Statement};
use super::error::PolicyError;
use super::evaluation::{OidcProvider, WEB_IDENTITY_ACTION, covers};
use crate::principal::oidc_issuer::Issuer;

mod action;
mod audience;
mod condition_key;
mod principal;
mod statement_finding;
mod subject;

use statement_finding::{Account, StatementFinding, principals_of};

/// One thing worth saying.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The stable id, such as `privilege.no_sub_condition`.
    pub id: &'static str,
    /// The statement, from 0; none for the document.
    pub statement_index: Option<usize>,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// What a finding costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingSeverity {
    /// Too many may assume the role.
    Privilege,
    /// Fewer than meant, or no one.
    Lockout,
    /// Bad form.
    Hygiene,
}

impl Finding {
    /// The severity, as the id says it.
    pub fn severity(&self) -> FindingSeverity {
        match self.id.split('.').next() {
            Some("privilege") => FindingSeverity::Privilege,
            Some("lockout") => FindingSeverity::Lockout,
            _ => FindingSeverity::Hygiene,
        }
    }
}

/// Everything worth saying about a trust policy, sorted by id.
///
/// `role_arn` and `providers` are what is known of the account: `None` where it is not known, and then nothing is said that needs it.
pub fn findings(
    policy: &str,
    role_arn: Option<&str>,
    providers: Option<&[OidcProvider]>,
) -> Vec<Finding> {
    let document = match PolicyDocument::parse_trust(policy) {
        Ok(document) => document,
        Err(error) => return vec![invalid_policy(&error)],
    };
    let account = Account {
        role_arn,
        providers,
    };
    let mut findings: Vec<Finding> = Vec::new();
    for (index, statement) in document.statements.iter().enumerate() {
        let finding = |StatementFinding { id, message }| Finding {
            id,
            statement_index: Some(index),
            message,
        };
        findings.extend(
            statement_findings(&document, statement, &account)
                .into_iter()
                .map(finding),
        );
    }
    findings.extend(action::pod_identity_only(&document).map(
        |StatementFinding { id, message }| Finding {
            id,
            statement_index: None,
            message,
        },
    ));
    findings.sort();
    findings.dedup();
    findings
}

fn invalid_policy(error: &PolicyError) -> Finding {
    let id = match error {
        PolicyError::DuplicateKey { .. } => "privilege.duplicate_json_key",
        _ => "lockout.invalid_policy",
    };
    Finding {
        id,
        statement_index: None,
        message: error.to_string(),
    }
}

fn statement_findings(
    document: &PolicyDocument,
    statement: &Statement,
    account: &Account<'_>,
) -> Vec<StatementFinding> {
    let principals = principals_of(statement);
    let issuers = issuers_of(principals);
    let mut findings = principal::findings(principals, account);
    findings.extend(action::findings(statement, principals, &issuers));
    findings.extend(condition_key::wildcards_under_equals(
        document.version,
        statement,
    ));
    match statement.effect {
        Effect::Allow if !issuers.is_empty() && covers(&statement.action, WEB_IDENTITY_ACTION) => {
            findings.extend(condition_key::allow_findings(statement, &issuers));
            findings.extend(audience::findings(statement, &issuers, account));
            findings.extend(subject::findings(document, statement, &issuers));
        }
        Effect::Allow => {}
        Effect::Deny => findings.extend(condition_key::deny_findings(statement, &issuers)),
    }
    findings
}

/// Host and path of each OIDC provider among the principals, those that IAM would never match included.
fn issuers_of(principals: &[Principal]) -> Vec<String> {
    let is_federated = |principal: &&Principal| principal.kind == "Federated";
    let issuer = |principal: &Principal| match Issuer::from_provider_arn(&principal.value) {
        Ok((_, _, issuer)) => Some(issuer.host_path().to_owned()),
        Err(_) => principal
            .value
            .split_once(":oidc-provider/")
            .map(|(_, host_path)| host_path.to_owned()),
    };
    principals
        .iter()
        .filter(is_federated)
        .filter_map(issuer)
        .collect()
}
