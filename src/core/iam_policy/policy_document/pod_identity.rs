//! Would EKS Pod Identity get this role for a service account? `pods.eks.amazonaws.com` asks with `sts:AssumeRole`, and with `sts:TagSession` unless
//! the association switches session tags off.
//!
//! The tags of a pod's name and uid are known only when a pod asks, and other global keys only when the request is made: what depends on them is
//! [`Decision::Indeterminate`]. Source: EKS user guide, "Grant Pods access to AWS resources based on tags" and the trust policy in "Create IAM role with trust policy
//! required by EKS Pod Identity".

use super::condition::{self, KeyValues, Outcome};
use super::document::{Condition, Effect, Element, PolicyDocument, Principal, Statement};
use super::evaluation::{TAG_SESSION_ACTION, covers, is_request_time_key};
use super::parsing;
use super::web_identity::{Decision, Evaluation};

/// Who asks.
const SERVICE: &str = "pods.eks.amazonaws.com";
const ASSUME_ROLE_ACTION: &str = "sts:AssumeRole";
const REQUEST_TAG: &str = "aws:requesttag/";

/// The tags that are a matter of the pod.
const TAGS_OF_PODS: [&str; 2] = ["kubernetes-pod-name", "kubernetes-pod-uid"];

/// A service account with an association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodIdentityRequest {
    /// ARN of the cluster.
    pub cluster_arn: String,
    /// Its name.
    pub cluster_name: String,
    /// Namespace of the service account.
    pub namespace: String,
    /// Its name.
    pub service_account: String,
    /// False where the association switches session tags off.
    pub has_session_tags: bool,
}

/// Judges a trust policy, given as text, for the pods of an association.
///
/// Reasons: `allow`, `explicit_deny`, `principal`, `action`, `condition`, `implicit_deny`, and what is not known; those about the tags begin with `tag_session:`.
pub fn evaluate_pod_identity(policy: &str, request: &PodIdentityRequest) -> Evaluation {
    let parsed = PolicyDocument::parse_trust(policy)
        .and_then(|document| parsing::check_actions(&document).map(|()| document));
    let document = match parsed {
        Ok(document) => document,
        Err(error) => {
            return Evaluation {
                error: Some(error.clone()),
                ..decided(Decision::Invalid, error.reason())
            };
        }
    };
    let answer = judge_action(&document, request, ASSUME_ROLE_ACTION);
    if answer.decision == Decision::Deny || !request.has_session_tags {
        return answer;
    }
    let tagging = judge_action(&document, request, TAG_SESSION_ACTION);
    match (answer.decision, tagging.decision) {
        (_, Decision::Allow) | (Decision::Indeterminate, Decision::Indeterminate) => answer,
        _ => Evaluation {
            reason: format!("tag_session:{}", tagging.reason),
            ..tagging
        },
    }
}

fn decided(decision: Decision, reason: &str) -> Evaluation {
    Evaluation {
        decision,
        reason: reason.to_owned(),
        statement_index: None,
        condition: None,
        named_providers: Vec::new(),
        error: None,
    }
}

/// How far a statement got.
struct Judged {
    index: usize,
    effect: Effect,
    outcome: Outcome,
    /// What decided, `principal` before `action` before `condition`.
    reason: &'static str,
    condition: Option<Condition>,
}

impl Judged {
    fn evaluation(&self, decision: Decision, reason: &str) -> Evaluation {
        Evaluation {
            statement_index: Some(self.index),
            condition: self.condition.clone(),
            ..decided(decision, reason)
        }
    }

    fn distance(&self) -> u8 {
        match self.reason {
            "principal" => 0,
            "action" => 1,
            _ => 2,
        }
    }
}

fn judge_action(
    document: &PolicyDocument,
    request: &PodIdentityRequest,
    action: &str,
) -> Evaluation {
    let judged: Vec<Judged> = (document.statements.iter().enumerate())
        .map(|(index, statement)| Judged {
            index,
            ..judge_statement(document, statement, request, action)
        })
        .collect();
    let first = |effect: Effect, wanted: fn(Outcome) -> bool| {
        let mut of_effect = judged.iter().filter(|one| one.effect == effect);
        of_effect.find(|one| wanted(one.outcome))
    };
    let applies = |outcome: Outcome| outcome == Outcome::True;
    let is_unknown = |outcome: Outcome| matches!(outcome, Outcome::Unknown(_));
    if let Some(denying) = first(Effect::Deny, applies) {
        return denying.evaluation(Decision::Deny, "explicit_deny");
    }
    let allowing = first(Effect::Allow, applies);
    let may_deny = first(Effect::Deny, is_unknown);
    let may_allow = allowing.or_else(|| first(Effect::Allow, is_unknown));
    match (may_deny, allowing, may_allow) {
        (Some(unknown), _, Some(_)) | (None, None, Some(unknown)) => {
            unknown.evaluation(Decision::Indeterminate, unknown.reason)
        }
        (None, Some(allowing), _) => allowing.evaluation(Decision::Allow, "allow"),
        (_, _, None) => nothing_allows(&judged),
    }
}

/// The allowing statement that got furthest says why nothing allows.
fn nothing_allows(judged: &[Judged]) -> Evaluation {
    let mut furthest: Option<&Judged> = None;
    for candidate in judged.iter().filter(|one| one.effect == Effect::Allow) {
        if furthest.is_none_or(|known| candidate.distance() > known.distance()) {
            furthest = Some(candidate);
        }
    }
    match furthest {
        Some(statement) => statement.evaluation(Decision::Deny, statement.reason),
        None => decided(Decision::Deny, "implicit_deny"),
    }
}

fn judge_statement(
    document: &PolicyDocument,
    statement: &Statement,
    request: &PodIdentityRequest,
    action: &str,
) -> Judged {
    let judged = |outcome, reason, condition| Judged {
        index: 0,
        effect: statement.effect,
        outcome,
        reason,
        condition,
    };
    let principal = match &statement.principal {
        Some(Element::Only(principals)) => judge_principal(principals),
        _ => Outcome::False,
    };
    if principal == Outcome::False {
        return judged(Outcome::False, "principal", None);
    }
    if !covers(&statement.action, action) {
        return judged(Outcome::False, "action", None);
    }
    let lookup = |key: &str| key_values(key, request);
    let mut unknown = match principal {
        Outcome::Unknown(reason) => Some((reason, None)),
        Outcome::True | Outcome::False => None,
    };
    for condition in &statement.conditions {
        match condition::judge(condition, document.version, &lookup) {
            Outcome::True => {}
            Outcome::False => return judged(Outcome::False, "condition", Some(condition.clone())),
            Outcome::Unknown(reason) => {
                unknown = unknown.or(Some((reason, Some(condition.clone()))))
            }
        }
    }
    match unknown {
        None => judged(Outcome::True, "allow", None),
        Some((reason, condition)) => judged(Outcome::Unknown(reason), reason, condition),
    }
}

/// Pod Identity is a service. Whether `*` means services too is documented nowhere.
fn judge_principal(principals: &[Principal]) -> Outcome {
    let is_service =
        |principal: &Principal| principal.kind == "Service" && principal.value == SERVICE;
    let is_everyone = |principal: &Principal| {
        principal.value == "*" && matches!(principal.kind.as_str(), "AWS" | "Service")
    };
    if principals.iter().any(is_service) {
        Outcome::True
    } else if principals.iter().any(is_everyone) {
        Outcome::Unknown("principal_wildcard")
    } else {
        Outcome::False
    }
}

fn key_values(key: &str, request: &PodIdentityRequest) -> KeyValues {
    let lower = key.to_ascii_lowercase();
    let Some(tag) = lower.strip_prefix(REQUEST_TAG) else {
        let is_known_to_be_absent = lower == "aws:tagkeys" && !request.has_session_tags;
        return match is_request_time_key(key) && !is_known_to_be_absent {
            true => KeyValues::Unknown,
            false => KeyValues::Missing,
        };
    };
    let known = |value: &str| KeyValues::Known(vec![value.to_owned()]);
    match tag {
        _ if !request.has_session_tags => KeyValues::Missing,
        "eks-cluster-arn" => known(&request.cluster_arn),
        "eks-cluster-name" => known(&request.cluster_name),
        "kubernetes-namespace" => known(&request.namespace),
        "kubernetes-service-account" => known(&request.service_account),
        tag if TAGS_OF_PODS.contains(&tag) => KeyValues::Unknown,
        _ => KeyValues::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> PodIdentityRequest {
        PodIdentityRequest {
            cluster_arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
            cluster_name: "prod".to_owned(),
            namespace: "apps".to_owned(),
            service_account: "reader".to_owned(),
            has_session_tags: true,
        }
    }

    fn statement(actions: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"Service":"pods.eks.amazonaws.com"}},"Action":{actions}{condition}}}"#
        )
    }

    fn judge(statements: &[String], request: &PodIdentityRequest) -> (Decision, String) {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        );
        let answer = evaluate_pod_identity(&policy, request);
        (answer.decision, answer.reason)
    }

    const BOTH: &str = r#"["sts:AssumeRole","sts:TagSession"]"#;

    #[test]
    fn both_actions_are_needed_unless_there_are_no_tags() {
        let both = [statement(BOTH, "")];
        assert_eq!(
            judge(&both, &request()),
            (Decision::Allow, "allow".to_owned())
        );
        let alone = [statement(r#""sts:AssumeRole""#, "")];
        assert_eq!(
            judge(&alone, &request()),
            (Decision::Deny, "tag_session:action".to_owned())
        );
        let untagged = PodIdentityRequest {
            has_session_tags: false,
            ..request()
        };
        assert_eq!(judge(&alone, &untagged).0, Decision::Allow);
    }

    #[test]
    fn conditions_on_tags_are_judged_and_those_on_pods_are_not_known() {
        for (key, value, expected) in [
            ("kubernetes-namespace", "apps", Decision::Allow),
            ("kubernetes-namespace", "other", Decision::Deny),
            ("kubernetes-service-account", "reader", Decision::Allow),
            ("eks-cluster-name", "prob", Decision::Deny),
            (
                "eks-cluster-arn",
                "arn:aws:eks:eu-central-1:111122223333:cluster/prod",
                Decision::Allow,
            ),
            ("kubernetes-pod-name", "x", Decision::Indeterminate),
            ("team", "x", Decision::Deny),
        ] {
            let condition =
                format!(r#","Condition":{{"StringEquals":{{"aws:RequestTag/{key}":"{value}"}}}}"#);
            let policy = [statement(BOTH, &condition)];
            assert_eq!(judge(&policy, &request()).0, expected, "{key}");
        }
        let global = r#","Condition":{"StringEquals":{"aws:SourceOrgID":"o-1"}}"#;
        let policy = [statement(BOTH, global)];
        assert_eq!(judge(&policy, &request()).0, Decision::Indeterminate);
        let foreign = r#","Condition":{"StringEquals":{"oidc.eks.example:sub":"a"}}"#;
        let policy = [statement(BOTH, foreign)];
        assert_eq!(judge(&policy, &request()).0, Decision::Deny);
    }

    #[test]
    fn others_and_a_denial_let_nobody_in() {
        let other = r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
        assert_eq!(
            judge(&[other.to_owned()], &request()),
            (Decision::Deny, "principal".to_owned())
        );
        let denial = r#"{"Effect":"Deny","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:TagSession"}"#;
        assert_eq!(
            judge(&[statement(BOTH, ""), denial.to_owned()], &request()),
            (Decision::Deny, "tag_session:explicit_deny".to_owned())
        );
        let everyone = r#"{"Effect":"Allow","Principal":"*","Action":"sts:*"}"#;
        assert_eq!(
            judge(&[everyone.to_owned()], &request()).0,
            Decision::Indeterminate
        );
        assert_eq!(
            evaluate_pod_identity("{", &request()).decision,
            Decision::Invalid
        );
    }
}
