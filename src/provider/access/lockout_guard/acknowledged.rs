//! What was acknowledged: it passes, and the write says so.

use eksauth_core::access::lockout::{Finding, Severity};
use tf_provider::Diagnostics;

use super::ClusterGuard;
use super::diagnostics::Judgement;
use crate::config::Recovery;

/// The way back from a change of roles and bindings.
const OF_RBAC: &str = "No copy of roles and bindings is kept. Whoever is in and may write them can make them again, by this configuration or by `kubectl`.";

/// What is left after a step of the mode.
const OF_MODE: &str = "The mode cannot go back. Whoever may ask EKS can let somebody in by an access entry: `aws eks create-access-entry`, then `aws eks associate-access-policy`.";

impl ClusterGuard {
    /// Whether a finding is meant, by itself or with all else of the cluster.
    pub(super) fn is_meant(&self, finding: &Finding, is_teardown: bool) -> bool {
        let meant = &self.settings().acknowledgements;
        meant.cover(finding) || is_teardown && meant.cover_teardown(&finding.cluster)
    }

    /// One warning of a write about every grave finding that was acknowledged, with the way back.
    pub(super) fn acknowledged(&self, judgement: &Judgement<'_>) -> Diagnostics {
        let grave = judgement.assessment.of_severity(Severity::Error);
        let meant: Vec<&Finding> = grave
            .into_iter()
            .filter(|finding| self.is_meant(finding, judgement.is_teardown))
            .collect();
        if meant.is_empty() {
            return Diagnostics::new();
        }
        let way_back = match (judgement.is_of_mode(), judgement.is_of_rbac) {
            (true, _) => OF_MODE.to_owned(),
            (false, true) => OF_RBAC.to_owned(),
            (false, false) => self.way_back(),
        };
        judgement.acknowledged(&meant, &way_back).into()
    }

    fn way_back(&self) -> String {
        let (cluster, region) = (&self.cluster, &self.region);
        let restore =
            format!("terraform-provider-eksauth restore --cluster {cluster} --region {region}");
        match self.settings().recovery {
            Recovery::ConfigMap => format!(
                "aws-auth as it was before is kept as a ConfigMap `aws-auth-recovery-…` of kube-system, unless another warning says that it could not be. \
                 Whoever is in can list the copies and put one back:\n  {restore}"
            ),
            Recovery::File => format!(
                "aws-auth as it was before is kept as a file of the recovery folder, unless another warning says that it could not be. Whoever is in can put \
                 it back:\n  {restore} --file FILE"
            ),
            Recovery::Off => format!(
                "No copy of aws-auth as it was before is kept (`recovery = \"off\"`). Copies of earlier writes, if there are any:\n  {restore}"
            ),
        }
    }
}
