//! What is worth saying about a trust policy before it is used, ranked by what it costs: access for too many, for no one, or bad form.
//!
//! Each finding has a stable id. `privilege.*`: more may assume the role than the text suggests. `lockout.*`: fewer, or no one.
//! `hygiene.*`: it works, but not for the reason one reads. Source: the rules of the evaluation, applied to the document alone.

use super::breadth::{Account, Breadth};
use super::document::{Effect, PolicyDocument, PolicyVersion, Statement};
use super::error::PolicyError;
use super::web_identity::OidcProvider;
use crate::access::severity::Severity;

mod action;
mod audience;
mod condition_key;
mod denial;
mod principal;
mod public_issuer;
mod request_key;
mod statement_finding;
mod subject;
mod subject_form;

use statement_finding::{Judged, StatementFinding, finding};

/// One thing worth saying.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The stable id, such as `privilege.no_sub_condition`.
    pub id: &'static str,
    /// The statement, from 0; none for the document.
    pub statement_index: Option<usize>,
    /// How grave it is, after what really follows: access for too many is no error where nobody can assume the role.
    pub level: Severity,
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
        Err(error) => return invalid_policy(policy, &error),
    };
    let account = Account {
        role_arn,
        providers,
    };
    let mut findings: Vec<Finding> = Vec::new();
    for (index, statement) in document.statements.iter().enumerate() {
        let found = statement_findings(&document, statement, &account);
        findings.extend(found.into_iter().map(|found| shown(found, Some(index))));
    }
    findings.extend(older_version(&document).map(|found| shown(found, None)));
    findings.sort();
    findings.dedup();
    findings
}

/// As [`findings`], for a role that a pod is to get with its service account's token.
///
/// A role for EKS Pod Identity or for a capability of EKS alone is as good as any other, but not for such a pod.
pub fn findings_for_token(
    policy: &str,
    role_arn: Option<&str>,
    providers: Option<&[OidcProvider]>,
) -> Vec<Finding> {
    let mut findings = findings(policy, role_arn, providers);
    let document = PolicyDocument::parse_trust(policy).ok();
    let of_document = document.and_then(|document| action::service_only(&document));
    findings.extend(of_document.map(|found| shown(found, None)));
    findings.sort();
    findings
}

fn shown(found: StatementFinding, statement_index: Option<usize>) -> Finding {
    let StatementFinding { id, level, message } = found;
    let finding = Finding {
        id,
        statement_index,
        level: Severity::Error,
        message,
    };
    let usual = match finding.severity() {
        FindingSeverity::Privilege | FindingSeverity::Lockout => Severity::Error,
        FindingSeverity::Hygiene => Severity::Warning,
    };
    Finding {
        level: level.unwrap_or(usual),
        ..finding
    }
}

/// Why IAM refuses the document; and each text in it that stands for an action and is none.
fn invalid_policy(policy: &str, error: &PolicyError) -> Vec<Finding> {
    let id = match error {
        PolicyError::DuplicateKey { .. } => "privilege.duplicate_json_key",
        _ => "lockout.invalid_policy",
    };
    let mut findings = vec![shown(finding(id, error.to_string()), None)];
    let document = PolicyDocument::parse_trust_with_any_action(policy);
    let statements = document.map_or(Vec::new(), |document| document.statements);
    for (index, statement) in statements.iter().enumerate() {
        let found = action::without_service(statement);
        findings.extend(found.into_iter().map(|found| shown(found, Some(index))));
    }
    findings.sort();
    findings
}

/// In the older version, which IAM assumes without one, variables are plain text.
fn older_version(document: &PolicyDocument) -> Option<StatementFinding> {
    if document.version == PolicyVersion::V2012 {
        return None;
    }
    let has_variable = document
        .statements
        .iter()
        .flat_map(|statement| &statement.conditions)
        .flat_map(|condition| &condition.values)
        .any(|value| value.contains("${"));
    let text = "the version is `2008-10-17`, which IAM also assumes where there is none";
    let effect = match has_variable {
        true => "`${…}` in it is compared as plain text",
        false => "policy variables would be plain text in it",
    };
    Some(finding(
        "hygiene.policy_version",
        format!("{text}: {effect}; write `2012-10-17`"),
    ))
}

fn statement_findings(
    document: &PolicyDocument,
    statement: &Statement,
    account: &Account<'_>,
) -> Vec<StatementFinding> {
    let judged = Judged::new(document, statement, account);
    let mut findings = principal::findings(&judged);
    findings.extend(action::findings(&judged));
    findings.extend(condition_key::wildcards_under_equals(
        document.version,
        statement,
    ));
    findings.extend(request_key::set_operators(&judged));
    match statement.effect {
        Effect::Allow if judged.is_for_tokens() => {
            findings.extend(condition_key::allow_findings(&judged));
            findings.extend(audience::findings(&judged));
            findings.extend(subject::findings(&judged));
            findings.extend(request_key::session_name(&judged));
        }
        Effect::Allow => {}
        Effect::Deny => findings.extend(denial::findings(&judged)),
    }
    with_consequences(findings, &judged)
}

/// Says what follows for the whole statement, and why nobody can assume the role where no other finding says it.
fn with_consequences(
    mut findings: Vec<StatementFinding>,
    judged: &Judged<'_>,
) -> Vec<StatementFinding> {
    let Some(breadth) = &judged.breadth else {
        return findings;
    };
    let is_lockout = |finding: &StatementFinding| finding.id.starts_with("lockout.");
    let is_nobody = *breadth == Breadth::Nobody;
    if is_nobody && !findings.iter().any(is_lockout) {
        let message = "no token meets this statement and passes those that deny";
        findings.push(finding("lockout.admits_nobody", message));
    }
    let who = match judged.has_others_than_tokens() {
        true => "nobody with a token",
        false => "nobody",
    };
    for finding in &mut findings {
        let text = match (is_lockout(finding), is_nobody) {
            (true, true) => format!(", so {who} can assume the role by this statement"),
            (true, false) => format!("; {breadth} may assume the role by this statement"),
            (false, true) if finding.id.starts_with("privilege.") => {
                finding.level = Some(Severity::Warning);
                format!("; as it stands {who} can assume the role by this statement")
            }
            (false, _) => continue,
        };
        finding.message.push_str(&text);
    }
    findings
}

#[cfg(test)]
mod tests;
