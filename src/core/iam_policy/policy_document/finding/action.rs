//! Findings about actions: too many, and those that do not serve the principal beside them.

use super::super::document::{Effect, Element, PolicyDocument, Principal, Statement};
use super::super::evaluation::{WEB_IDENTITY_ACTION, covers};
use super::statement_finding::{StatementFinding, finding, principals_of};

const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

pub(super) fn findings(
    statement: &Statement,
    principals: &[Principal],
    issuers: &[String],
) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    match &statement.action {
        Element::AllBut(_) => {
            let message = "`NotAction` covers every action but the listed ones, future ones too";
            findings.push(finding("privilege.not_action", message));
        }
        Element::Only(actions) if actions.iter().any(|action| action.contains(['*', '?'])) => {
            let message = "an action with a wildcard covers more than a role's trust needs";
            findings.push(finding("hygiene.action_wildcard", message));
        }
        Element::Only(_) => {}
    }
    if statement.effect == Effect::Allow {
        findings.extend(allow_findings(statement, principals, issuers));
    }
    findings
}

fn allow_findings(
    statement: &Statement,
    principals: &[Principal],
    issuers: &[String],
) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    let does = |action: &str| covers(&statement.action, action);
    let is_named = matches!(statement.action, Element::Only(_));
    if !issuers.is_empty() && is_named && !does(WEB_IDENTITY_ACTION) && !does("sts:TagSession") {
        let message = format!(
            "a service account's token is exchanged by `{WEB_IDENTITY_ACTION}`, which this statement does not allow"
        );
        findings.push(finding("lockout.wrong_action", message));
    }
    if principals
        .iter()
        .any(|principal| principal.value == POD_IDENTITY)
    {
        if is_named && does(WEB_IDENTITY_ACTION) && !does("sts:AssumeRole") {
            let message = "EKS Pod Identity assumes roles by `sts:AssumeRole` and `sts:TagSession`, not with a web identity";
            findings.push(finding("lockout.pod_identity_action", message));
        }
        if does("sts:AssumeRole") && !does("sts:TagSession") {
            let message = "EKS Pod Identity tags its sessions: `sts:TagSession` is missing";
            findings.push(finding("lockout.pod_identity_tag_session", message));
        }
    }
    findings
}

/// A role that only Pod Identity may assume, which annotated service accounts cannot use.
pub(super) fn pod_identity_only(document: &PolicyDocument) -> Option<StatementFinding> {
    let has = |is_wanted: fn(&Principal) -> bool| {
        document
            .statements
            .iter()
            .flat_map(principals_of)
            .any(is_wanted)
    };
    let has_pod_identity = has(|principal| principal.value == POD_IDENTITY);
    let has_web_identity = has(|principal| principal.kind == "Federated" || principal.value == "*");
    (has_pod_identity && !has_web_identity).then(|| {
        finding(
            "hygiene.pod_identity_only",
            "only EKS Pod Identity may assume this role: annotated service accounts (IRSA) may not",
        )
    })
}
