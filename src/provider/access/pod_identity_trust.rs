//! Whether the roles of a Pod Identity association let its service account in: the first one EKS Pod Identity, the target role the first one.
//!
//! As everywhere, a role that this plan makes or changes is judged by what is planned. API action: `iam:GetRole`.

use eksauth_core::iam_policy::policy_document::{
    Decision, Evaluation, PodIdentityRequest, TargetRoleRequest, evaluate_pod_identity,
    evaluate_target_role,
};
use eksauth_core::principal::arn::Arn;

use crate::access::pod_identity::AccountName;
use crate::access::role_trust::{LONGEST, RoleTrust, TrustReader};
use crate::access::web_identity::{pod_identity_explanation, target_role_explanation};

/// Who would get which role.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodIdentityQuestion<'a> {
    /// The role of the association.
    pub(crate) role_arn: &'a str,
    /// Its service account.
    pub(crate) account: &'a AccountName,
    /// Whether sessions have tags.
    pub(crate) has_session_tags: bool,
}

/// Whether the role of an association gets its target role.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TargetRoleQuestion<'a> {
    /// The first role, and for whom.
    pub(crate) first: PodIdentityQuestion<'a>,
    /// The target role.
    pub(crate) target_role_arn: &'a str,
    /// The association's external id; `None` while it is not known.
    pub(crate) external_id: Option<&'a str>,
}

/// Why one is not let in, as a sentence.
pub(crate) type PodIdentityTrust = RoleTrust<String>;

impl TrustReader<'_> {
    /// Whether the role of an association lets EKS Pod Identity in.
    pub(crate) async fn ask_pod_identity(
        &self,
        question: &PodIdentityQuestion<'_>,
    ) -> PodIdentityTrust {
        let request = self.request(question);
        let judge = |policy: &str| {
            let evaluation = evaluate_pod_identity(policy, &request);
            let explanation = pod_identity_explanation(&evaluation);
            answer(&evaluation, explanation)
        };
        self.in_time(question.role_arn, judge).await
    }

    /// Whether the target role lets the role of an association in.
    pub(crate) async fn ask_target_role(
        &self,
        question: &TargetRoleQuestion<'_>,
    ) -> PodIdentityTrust {
        let request = TargetRoleRequest {
            pod: self.request(&question.first),
            role_arn: question.first.role_arn.to_owned(),
            external_id: question.external_id.map(str::to_owned),
        };
        let judge = |policy: &str| {
            let evaluation = evaluate_target_role(policy, &request);
            let explanation = target_role_explanation(&evaluation, &request.role_arn);
            answer(&evaluation, explanation)
        };
        self.in_time(question.target_role_arn, judge).await
    }

    fn request(&self, question: &PodIdentityQuestion<'_>) -> PodIdentityRequest {
        PodIdentityRequest {
            cluster_arn: self.cluster.cluster.arn.clone(),
            cluster_name: self.cluster.cluster.name.clone(),
            namespace: question.account.namespace.clone(),
            service_account: question.account.name.clone(),
            has_session_tags: question.has_session_tags,
        }
    }

    async fn in_time(
        &self,
        role_arn: &str,
        judge: impl Fn(&str) -> PodIdentityTrust,
    ) -> PodIdentityTrust {
        tokio::select! {
            biased;
            answer = self.judged(role_arn, judge) => answer,
            () = self.session.clock().sleep(LONGEST) => {
                RoleTrust::Unread(format!("IAM did not answer within {} seconds", LONGEST.as_secs()))
            }
        }
    }

    async fn judged(
        &self,
        role_arn: &str,
        judge: impl Fn(&str) -> PodIdentityTrust,
    ) -> PodIdentityTrust {
        let Ok(arn) = Arn::parse(role_arn) else {
            return RoleTrust::Unknown;
        };
        let Some(account) = arn.account else {
            return RoleTrust::Unknown;
        };
        if arn.partition.to_string() != self.cluster.partition {
            return RoleTrust::OtherPartition {
                role: arn.partition.to_string(),
                cluster: self.cluster.partition.clone(),
            };
        }
        match self.policy(role_arn, &account.to_string()).await {
            Ok(policy) => judge(&policy),
            Err(answer) => answer,
        }
    }
}

fn answer(evaluation: &Evaluation, explanation: String) -> PodIdentityTrust {
    match evaluation.decision {
        Decision::Allow => RoleTrust::Admits,
        Decision::Indeterminate => RoleTrust::Undecided(explanation),
        Decision::Deny | Decision::Invalid => RoleTrust::Refuses(explanation),
    }
}
