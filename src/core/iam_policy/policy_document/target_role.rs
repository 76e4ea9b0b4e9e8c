//! Would the role of an association get its target role? EKS Pod Identity asks with the session of the first role, with the external id of the
//! association, and with the session tags unless the association switches them off.
//!
//! The trust policy is judged alone: in another account, and where the trust names an account and not the role, the first role's own policies have to
//! allow it too. Sources: EKS user guide, "Access AWS resources using EKS Pod Identity target IAM roles"; IAM user guide, principals.

use super::assume_role::{self, AssumesRole};
use super::condition::{KeyValues, Outcome};
use super::document::Principal;
use super::evaluation::is_request_time_key;
use super::pod_identity::PodIdentityRequest;
use super::web_identity::Evaluation;
use crate::principal::arn::Arn;

/// An association with a target role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetRoleRequest {
    /// The service account and its cluster.
    pub pod: PodIdentityRequest,
    /// ARN of the role that asks, the association's first one.
    pub role_arn: String,
    /// The association's external id; `None` while it is not known.
    pub external_id: Option<String>,
}

/// Judges the trust policy of a target role, given as text. Reasons as those of `evaluate_pod_identity`.
pub fn evaluate_target_role(policy: &str, request: &TargetRoleRequest) -> Evaluation {
    assume_role::evaluate(policy, request)
}

impl AssumesRole for TargetRoleRequest {
    fn principal(&self, principals: &[Principal]) -> Outcome {
        let judged = principals.iter().map(|principal| self.is(principal));
        judged.fold(Outcome::False, |sum, one| match (&sum, &one) {
            (Outcome::True, _) | (Outcome::Unknown(_), Outcome::False) => sum,
            _ => one,
        })
    }

    fn key(&self, key: &str) -> KeyValues {
        let known = |value: &str| KeyValues::Known(vec![value.to_owned()]);
        let lower = key.to_ascii_lowercase();
        match lower.as_str() {
            "sts:externalid" => {
                let id = self.external_id.as_deref();
                return id.map_or(KeyValues::Unknown, known);
            }
            "aws:principalarn" => return known(&self.role_arn),
            "aws:principalaccount" => {
                let account = self.account();
                return account.as_deref().map_or(KeyValues::Unknown, known);
            }
            "aws:principaltype" => return known("AssumedRole"),
            "aws:principalisawsservice" => return known("false"),
            // Only a service that asks in its own name has a source.
            "aws:sourcearn" | "aws:sourceaccount" => return KeyValues::Missing,
            _ => {}
        }
        if let Some(values) = self.pod.session_tag(&lower) {
            return values;
        }
        match is_request_time_key(key) {
            true => KeyValues::Unknown,
            false => KeyValues::Missing,
        }
    }

    fn has_session_tags(&self) -> bool {
        self.pod.has_session_tags
    }
}

impl TargetRoleRequest {
    fn account(&self) -> Option<String> {
        let arn = Arn::parse(&self.role_arn).ok()?;
        Some(arn.account?.to_string())
    }

    /// The role by its ARN, its account by its number or its root, everyone, or a session of the role, whose name is EKS's choice.
    fn is(&self, principal: &Principal) -> Outcome {
        if principal.kind != "AWS" {
            return Outcome::False;
        }
        let value = principal.value.as_str();
        let account = self.account();
        let is_account = |text: &str| account.as_deref() == Some(text);
        let is_root = || {
            Arn::parse(value).is_ok_and(|arn| {
                arn.service == "iam"
                    && arn.resource == "root"
                    && arn
                        .account
                        .is_some_and(|account| is_account(&account.to_string()))
            })
        };
        if value == "*" || value == self.role_arn || is_account(value) || is_root() {
            Outcome::True
        } else if self.is_session(value) {
            Outcome::Unknown("principal_session")
        } else {
            Outcome::False
        }
    }

    fn is_session(&self, value: &str) -> bool {
        let (Ok(session), Ok(role)) = (Arn::parse(value), Arn::parse(&self.role_arn)) else {
            return false;
        };
        let mut parts = session.resource.split('/');
        session.service == "sts"
            && session.account == role.account
            && parts.next() == Some("assumed-role")
            && parts.next() == role.resource.rsplit('/').next()
    }
}

#[cfg(test)]
mod tests {
    use super::super::web_identity::Decision;
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/team/first";

    fn request() -> TargetRoleRequest {
        TargetRoleRequest {
            pod: PodIdentityRequest {
                cluster_arn: "arn:aws:eks:eu-central-1:111122223333:cluster/prod".to_owned(),
                cluster_name: "prod".to_owned(),
                namespace: "apps".to_owned(),
                service_account: "reader".to_owned(),
                has_session_tags: true,
            },
            role_arn: ROLE.to_owned(),
            external_id: Some("the-id".to_owned()),
        }
    }

    fn judge(principal: &str, actions: &str, condition: &str) -> (Decision, String) {
        judge_for(&request(), principal, actions, condition)
    }

    fn judge_for(
        request: &TargetRoleRequest,
        principal: &str,
        actions: &str,
        condition: &str,
    ) -> (Decision, String) {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":{actions}{condition}}}]}}"#
        );
        let answer = evaluate_target_role(&policy, request);
        (answer.decision, answer.reason)
    }

    const BOTH: &str = r#"["sts:AssumeRole","sts:TagSession"]"#;

    #[test]
    fn the_first_role_is_named_by_its_arn_or_by_its_account() {
        for (principal, expected) in [
            (ROLE, Decision::Allow),
            ("111122223333", Decision::Allow),
            ("arn:aws:iam::111122223333:root", Decision::Allow),
            ("*", Decision::Allow),
            ("arn:aws:iam::111122223333:role/first", Decision::Deny),
            ("arn:aws:iam::444455556666:root", Decision::Deny),
            (
                "arn:aws:sts::111122223333:assumed-role/first/eks-x",
                Decision::Indeterminate,
            ),
            (
                "arn:aws:sts::111122223333:assumed-role/other/eks-x",
                Decision::Deny,
            ),
        ] {
            assert_eq!(judge(principal, BOTH, "").0, expected, "{principal}");
        }
        let service = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:*"}]}"#;
        assert_eq!(
            evaluate_target_role(service, &request()).decision,
            Decision::Deny
        );
    }

    #[test]
    fn the_external_id_and_the_tags_are_judged() {
        let condition = |key: &str, value: &str| {
            format!(r#","Condition":{{"StringEquals":{{"{key}":"{value}"}}}}"#)
        };
        for (key, value, expected) in [
            ("sts:ExternalId", "the-id", Decision::Allow),
            ("sts:externalid", "another", Decision::Deny),
            (
                "aws:RequestTag/kubernetes-namespace",
                "apps",
                Decision::Allow,
            ),
            (
                "aws:RequestTag/kubernetes-namespace",
                "other",
                Decision::Deny,
            ),
            ("aws:PrincipalArn", ROLE, Decision::Allow),
            ("aws:PrincipalAccount", "444455556666", Decision::Deny),
            ("aws:SourceAccount", "111122223333", Decision::Deny),
            ("aws:PrincipalOrgID", "o-1", Decision::Indeterminate),
        ] {
            let answer = judge(ROLE, BOTH, &condition(key, value));
            assert_eq!(answer.0, expected, "{key} {value}");
        }
        let new = TargetRoleRequest {
            external_id: None,
            ..request()
        };
        let condition = condition("sts:ExternalId", "the-id");
        assert_eq!(
            judge_for(&new, ROLE, BOTH, &condition).0,
            Decision::Indeterminate
        );
    }

    #[test]
    fn tags_need_their_action_unless_they_are_off() {
        let alone = r#""sts:AssumeRole""#;
        assert_eq!(
            judge(ROLE, alone, ""),
            (Decision::Deny, "tag_session:action".to_owned())
        );
        let mut untagged = request();
        untagged.pod.has_session_tags = false;
        assert_eq!(judge_for(&untagged, ROLE, alone, "").0, Decision::Allow);
    }
}
