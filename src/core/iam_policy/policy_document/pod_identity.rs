//! Would EKS Pod Identity get this role for a service account? `pods.eks.amazonaws.com` asks with `sts:AssumeRole`, and with `sts:TagSession` unless
//! the association switches session tags off.
//!
//! The tags of a pod's name and uid are known only when a pod asks, and other global keys only when the request is made: what depends on them is
//! [`Decision::Indeterminate`]. Source: EKS user guide, "Grant Pods access to AWS resources based on tags" and the trust policy in "Create IAM role with trust policy
//! required by EKS Pod Identity".

use super::assume_role::{self, AssumesRole};
use super::condition::{KeyValues, Outcome};
use super::document::Principal;
use super::evaluation::is_request_time_key;
use super::web_identity::Evaluation;

/// Who asks.
const SERVICE: &str = "pods.eks.amazonaws.com";
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
    assume_role::evaluate(policy, request)
}

impl AssumesRole for PodIdentityRequest {
    fn principal(&self, principals: &[Principal]) -> Outcome {
        judge_principal(principals)
    }

    fn key(&self, key: &str) -> KeyValues {
        key_values(key, self)
    }

    fn has_session_tags(&self) -> bool {
        self.has_session_tags
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

/// EKS asks in the name of the cluster, which is the source of the request.
fn key_values(key: &str, request: &PodIdentityRequest) -> KeyValues {
    let lower = key.to_ascii_lowercase();
    match lower.as_str() {
        "aws:sourcearn" => return known(&request.cluster_arn),
        "aws:sourceaccount" => {
            let account = request.cluster_arn.split(':').nth(4);
            return account.map_or(KeyValues::Unknown, known);
        }
        _ => {}
    }
    if let Some(values) = request.session_tag(&lower) {
        return values;
    }
    match is_request_time_key(key) {
        true => KeyValues::Unknown,
        false => KeyValues::Missing,
    }
}

fn known(value: &str) -> KeyValues {
    KeyValues::Known(vec![value.to_owned()])
}

impl PodIdentityRequest {
    /// What the session tags make of a condition key in lower case; `None` for a key that is not of tags, or where that is not known.
    pub(super) fn session_tag(&self, lower: &str) -> Option<KeyValues> {
        if lower == "aws:tagkeys" && !self.has_session_tags {
            return Some(KeyValues::Missing);
        }
        let tag = lower.strip_prefix(REQUEST_TAG)?;
        Some(match tag {
            _ if !self.has_session_tags => KeyValues::Missing,
            "eks-cluster-arn" => known(&self.cluster_arn),
            "eks-cluster-name" => known(&self.cluster_name),
            "kubernetes-namespace" => known(&self.namespace),
            "kubernetes-service-account" => known(&self.service_account),
            tag if TAGS_OF_PODS.contains(&tag) => KeyValues::Unknown,
            _ => KeyValues::Missing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::web_identity::Decision;
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
        for (operator, key, value, expected) in [
            (
                "ArnLike",
                "aws:SourceArn",
                "arn:aws:eks:*:111122223333:cluster/prod",
                Decision::Allow,
            ),
            (
                "ArnEquals",
                "AWS:sourcearn",
                "arn:aws:eks:eu-central-1:111122223333:cluster/other",
                Decision::Deny,
            ),
            (
                "StringEquals",
                "aws:SourceAccount",
                "111122223333",
                Decision::Allow,
            ),
            (
                "StringEquals",
                "aws:SourceAccount",
                "444455556666",
                Decision::Deny,
            ),
        ] {
            let condition = format!(r#","Condition":{{"{operator}":{{"{key}":"{value}"}}}}"#);
            let policy = [statement(BOTH, &condition)];
            assert_eq!(judge(&policy, &request()).0, expected, "{key} {value}");
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
