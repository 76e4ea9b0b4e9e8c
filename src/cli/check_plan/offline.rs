//! The judgement of a cluster in files: nobody is asked, so what files do not have is not known.

use std::collections::BTreeSet;

use eksauth_core::access::access_policy::AccessPolicy;
use eksauth_core::access::change::{ClusterChange, ClusterState};
use eksauth_core::access::cluster_access::{ClusterView, Knowledge};
use eksauth_core::access::findings::are_the_same;
use eksauth_core::access::lockout::{
    Assessment, Circumstances, Finding, IamPrincipals, Unread, assess,
};
use eksauth_core::kubernetes::rbac::{AUTHENTICATED, Subject};
use eksauth_provider::access::lockout_guard::JudgedBetween;

use super::guard_settings::Treatment;
use super::judgement::Judge;

/// What stands for a policy that is not known: it may allow everything.
const ALLOWS_EVERYTHING: &str =
    "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

impl Judge<'_> {
    /// With policies that are not known it is judged twice, without them and with one that allows everything: what holds only once is not known.
    pub(super) fn by_files(
        &self,
        changes: &[ClusterChange],
        without_policies: &BTreeSet<String>,
    ) -> JudgedBetween {
        let circumstances = self.offline();
        let judge = |before: &ClusterState| {
            assess(&before.view, &before.after(changes).view, &circumstances)
        };
        let mut judged = JudgedBetween {
            assessment: judge(self.before),
            running: circumstances.running.clone(),
            ..JudgedBetween::default()
        };
        if without_policies.is_empty() {
            return judged;
        }
        let other = judge(&with_every_policy(self.before, without_policies));
        let is_in = |finding: &Finding, findings: &[Finding]| {
            findings.iter().any(|there| {
                there.id == finding.id
                    && there.arn == finding.arn
                    && there.severity == finding.severity
            })
        };
        let of_one = |findings: &[Finding], others: &[Finding]| {
            findings
                .iter()
                .filter(|finding| !is_in(finding, others))
                .map(|finding| {
                    format!(
                        "`{}` of `{}`: it turns on policies that the file of access entries does not have (`aws eks list-associated-access-policies`)",
                        finding.id, finding.arn
                    )
                })
                .collect::<Vec<_>>()
        };
        let Assessment { findings, .. } = &mut judged.assessment;
        judged.unread.extend(of_one(findings, &other.findings));
        judged.unread.extend(of_one(&other.findings, findings));
        judged.unread.sort();
        judged.unread.dedup();
        findings.retain(|finding| is_in(finding, &other.findings));
        judged
    }

    fn offline(&self) -> Circumstances {
        let mut protected = self.question.protected.clone();
        protected.extend(self.settings.protected.iter().cloned());
        Circumstances {
            cluster: self.question.cluster.name.clone(),
            running: self.applying.principals.clone(),
            unread_caller: self.applying.unknown.clone(),
            protected,
            iam: IamPrincipals {
                gone: self.deleted.clone(),
                ..IamPrincipals::default()
            },
            unread: match self.settings.treatment {
                Treatment::Strict => Unread::Against,
                Treatment::Refuses | Treatment::Lenient => Unread::Later,
            },
            ..Circumstances::default()
        }
    }
}

/// Whether somebody enters as a subject of RBAC, or may: a name with placeholders may turn out to be whatever fits it, and whoever comes by an account has an ARN
/// for its name.
pub(super) fn may_be_named(view: &ClusterView, subject: &Subject) -> bool {
    let is_named = |username: &str, groups: &[String]| match subject {
        Subject::Group(name) => {
            name == AUTHENTICATED || groups.iter().any(|group| are_the_same(group, name))
        }
        Subject::User(name) => are_the_same(username, name),
    };
    let by_aws_auth = match &view.aws_auth {
        Knowledge::Known(reading) => {
            let mut entries = reading.roles.iter().chain(&reading.users);
            entries.any(|entry| is_named(&entry.username, &entry.groups))
                || !reading.accounts.is_empty() && is_of_an_account(subject)
        }
        Knowledge::Unreadable(_) => true,
    };
    by_aws_auth
        || match &view.access_entries {
            Knowledge::Known(entries) => entries
                .iter()
                .any(|entry| is_named(&entry.username, &entry.groups)),
            Knowledge::Unreadable(_) => true,
        }
}

fn is_of_an_account(subject: &Subject) -> bool {
    match subject {
        Subject::Group(name) => name == AUTHENTICATED,
        Subject::User(name) => name.starts_with("arn:"),
    }
}

/// The same state in which whoever has policies that are not known may do everything.
fn with_every_policy(state: &ClusterState, without_policies: &BTreeSet<String>) -> ClusterState {
    let mut state = state.clone();
    if let Knowledge::Known(entries) = &mut state.view.access_entries {
        for entry in entries
            .iter_mut()
            .filter(|entry| without_policies.contains(&entry.canonical_arn()))
        {
            let has_it = |policy: &AccessPolicy| policy.policy_arn == ALLOWS_EVERYTHING;
            if !entry.policies.iter().any(has_it) {
                entry.policies.push(AccessPolicy {
                    policy_arn: ALLOWS_EVERYTHING.to_owned(),
                    namespaces: Vec::new(),
                });
            }
        }
    }
    state
}
