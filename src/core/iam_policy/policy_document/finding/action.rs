//! Findings about actions: too many, and those that do not serve the principal beside them.

use super::super::evaluation::{WEB_IDENTITY_ACTION, covers};
use super::super::{Effect, Element, PolicyDocument, Principal, Statement};
use super::{Remark, principals_of, remark};

const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

pub(super) fn remarks(
    statement: &Statement,
    principals: &[Principal],
    issuers: &[String],
) -> Vec<Remark> {
    let mut remarks = Vec::new();
    match &statement.action {
        Element::AllBut(_) => {
            let message = "`NotAction` covers every action but the listed ones, future ones too";
            remarks.push(remark("privilege.not_action", message));
        }
        Element::Only(actions) if actions.iter().any(|action| action.contains(['*', '?'])) => {
            let message = "an action with a wildcard covers more than a role's trust needs";
            remarks.push(remark("hygiene.action_wildcard", message));
        }
        Element::Only(_) => {}
    }
    if statement.effect == Effect::Allow {
        remarks.extend(of_allow(statement, principals, issuers));
    }
    remarks
}

fn of_allow(statement: &Statement, principals: &[Principal], issuers: &[String]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let does = |action: &str| covers(&statement.action, action);
    let is_named = matches!(statement.action, Element::Only(_));
    if !issuers.is_empty() && is_named && !does(WEB_IDENTITY_ACTION) && !does("sts:TagSession") {
        let message = format!(
            "a service account's token is exchanged by `{WEB_IDENTITY_ACTION}`, which this statement does not allow"
        );
        remarks.push(remark("lockout.wrong_action", message));
    }
    if principals
        .iter()
        .any(|principal| principal.value == POD_IDENTITY)
    {
        if is_named && does(WEB_IDENTITY_ACTION) && !does("sts:AssumeRole") {
            let message = "EKS Pod Identity assumes roles by `sts:AssumeRole` and `sts:TagSession`, not with a web identity";
            remarks.push(remark("lockout.pod_identity_action", message));
        }
        if does("sts:AssumeRole") && !does("sts:TagSession") {
            let message = "EKS Pod Identity tags its sessions: `sts:TagSession` is missing";
            remarks.push(remark("lockout.pod_identity_tag_session", message));
        }
    }
    remarks
}

/// A role that only Pod Identity may assume, which annotated service accounts cannot use.
pub(super) fn pod_identity_only(document: &PolicyDocument) -> Option<Remark> {
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
        remark(
            "hygiene.pod_identity_only",
            "only EKS Pod Identity may assume this role: annotated service accounts (IRSA) may not",
        )
    })
}
