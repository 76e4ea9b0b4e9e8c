//! Findings about actions: too many, and those that do not serve the principal beside them.

use super::super::document::{Effect, Element, PolicyDocument, Statement};
use super::super::evaluation::{TAG_SESSION_ACTION, WEB_IDENTITY_ACTION, covers};
use super::super::parsing::is_action;
use super::statement_finding::{
    Judged, StatementFinding, finding, is_saml_provider, principals_of,
};

const POD_IDENTITY: &str = "pods.eks.amazonaws.com";
const CAPABILITIES: &str = crate::access::capability::SERVICE;

/// The actions that the trust of a role is about.
const ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    WEB_IDENTITY_ACTION,
    "sts:SetContext",
    "sts:SetSourceIdentity",
    TAG_SESSION_ACTION,
];

pub(super) fn findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    match &judged.statement.action {
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
    if judged.statement.effect == Effect::Allow {
        findings.extend(allow_findings(judged));
        findings.extend(pod_identity(judged));
    }
    findings
}

fn allow_findings(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    let does = |action: &str| covers(&judged.statement.action, action);
    let is_for_provider = !judged.issuers.is_empty();
    let is_named = matches!(judged.statement.action, Element::Only(_));
    if is_for_provider && is_named && !does(WEB_IDENTITY_ACTION) && !does(TAG_SESSION_ACTION) {
        let message = format!(
            "a service account's token is exchanged by `{WEB_IDENTITY_ACTION}`, which this statement does not allow"
        );
        findings.push(finding("lockout.wrong_action", message));
    }
    if let Element::Only(actions) = &judged.statement.action {
        findings.extend(
            actions
                .iter()
                .filter_map(|action| never_applies(action, judged))
                .map(|message| finding("lockout.action", message)),
        );
    }
    findings
}

/// Texts that stand for an action and name no service.
pub(super) fn without_service(statement: &Statement) -> Vec<StatementFinding> {
    let (Element::Only(actions) | Element::AllBut(actions)) = &statement.action;
    let describe = |action: &String| {
        let message = format!(
            "`{action}` is not an action, because it does not say of which service: write `{}`",
            nearest(action)
        );
        finding("lockout.action", message)
    };
    actions
        .iter()
        .filter(|action| !is_action(action))
        .map(describe)
        .collect()
}

/// Why an action never applies to the principals beside it.
fn never_applies(action: &str, judged: &Judged<'_>) -> Option<String> {
    let covered = Element::Only(vec![action.to_owned()]);
    let does = |wanted: &str| covers(&covered, wanted);
    if !ACTIONS.iter().any(|known| does(known)) {
        return Some(format!(
            "`{action}` is no action of a role's trust: is `{}` meant?",
            nearest(action)
        ));
    }
    let is_for_provider = !judged.issuers.is_empty();
    if is_for_provider && does(TAG_SESSION_ACTION) && !does(WEB_IDENTITY_ACTION) {
        let is_alone = !judged.is_allowed_beside(WEB_IDENTITY_ACTION);
        return is_alone.then(|| {
            format!("`{action}` only tags a session, and nothing allows `{WEB_IDENTITY_ACTION}`, which begins it")
        });
    }
    let is_only = |kinds: &[&str]| {
        !judged.principals.is_empty()
            && judged
                .principals
                .iter()
                .all(|of| of.value != "*" && kinds.contains(&of.kind.as_str()))
    };
    if is_only(&["AWS", "Service"]) && does(WEB_IDENTITY_ACTION) && !does("sts:AssumeRole") {
        return Some(format!(
            "`{action}` is for tokens, and the principals of this statement have none"
        ));
    }
    if is_only(&["Federated"]) && does("sts:AssumeRole") && !does(WEB_IDENTITY_ACTION) {
        return Some(format!(
            "`{action}` is for principals of AWS; a token is exchanged by `{WEB_IDENTITY_ACTION}`"
        ));
    }
    let is_oidc_only = is_for_provider && !judged.principals.iter().any(is_saml_provider);
    (is_oidc_only && does("sts:AssumeRoleWithSAML") && !does(WEB_IDENTITY_ACTION)).then(|| {
        format!(
            "`{action}` is for SAML; a service account's token is exchanged by `{WEB_IDENTITY_ACTION}`"
        )
    })
}

/// The action of a role's trust that is spelt most alike.
fn nearest(action: &str) -> &'static str {
    let name = action.rsplit(':').next().unwrap_or(action).to_lowercase();
    ACTIONS
        .into_iter()
        .min_by_key(|known| {
            let known = known.trim_start_matches("sts:").to_lowercase();
            strsim::osa_distance(&name, &known)
        })
        .unwrap_or(WEB_IDENTITY_ACTION)
}

fn pod_identity(judged: &Judged<'_>) -> Vec<StatementFinding> {
    let mut findings = Vec::new();
    let does = |action: &str| covers(&judged.statement.action, action);
    let is_named = matches!(judged.statement.action, Element::Only(_));
    if !judged.principals.iter().any(|of| of.value == POD_IDENTITY) {
        return findings;
    }
    if is_named && does(WEB_IDENTITY_ACTION) && !does("sts:AssumeRole") {
        let message = "EKS Pod Identity assumes roles by `sts:AssumeRole` and `sts:TagSession`, not with a web identity";
        findings.push(finding("lockout.pod_identity_action", message));
    }
    if does("sts:AssumeRole") && !does(TAG_SESSION_ACTION) {
        let message = "EKS Pod Identity tags its sessions: `sts:TagSession` is missing";
        findings.push(finding("lockout.pod_identity_tag_session", message));
    }
    findings
}

/// A role that a service of EKS alone may assume, which annotated service accounts cannot use.
pub(super) fn service_only(document: &PolicyDocument) -> Option<StatementFinding> {
    let principals = || {
        let statements = document.statements.iter();
        statements.flat_map(|statement: &Statement| principals_of(statement))
    };
    let has = |service: &str| principals().any(|principal| principal.value == service);
    let has_web_identity =
        principals().any(|principal| principal.kind == "Federated" || principal.value == "*");
    if has_web_identity {
        return None;
    }
    if has(POD_IDENTITY) {
        return Some(finding(
            "hygiene.pod_identity_only",
            "only EKS Pod Identity may assume this role: annotated service accounts (IRSA) may not",
        ));
    }
    has(CAPABILITIES).then(|| {
        finding(
            "hygiene.capability_only",
            "EKS runs a capability (Argo CD, ACK or kro) as this role: annotated service accounts (IRSA) may not assume it",
        )
    })
}
