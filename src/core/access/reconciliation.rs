//! What the rules say of a principal, what the API server itself says of it, and why the two differ.
//!
//! The rules predict from aws-auth and access entries; the API server knows. Its yes and its no count, whatever the rules say. Where it was not asked or
//! did not answer, the rules' answer stands. Sources: Kubernetes documentation, "Authenticating" (SelfSubjectReview); EKS User Guide, "Grant IAM users
//! and roles access to Kubernetes APIs"; k8s.io/apiserver, the caches of token authentication.

mod difference;
mod rights;

#[cfg(test)]
mod tests;

pub use difference::Difference;
pub use rights::Rights;

use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::describe;
use crate::access::explanation::AccessExplanation;
use crate::access::lockout::CallerSession;

/// A user as the API server names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmittedUser {
    /// The user name; empty where the mapping has none.
    pub username: String,
    /// The groups, `system:authenticated` among them.
    pub groups: Vec<String>,
    /// The canonical ARN that the authenticator names; `None` for whoever is none of AWS: a certificate, a service account, OIDC.
    pub arn: Option<String>,
    /// The session of that ARN, which fills templates; `None` where it is not known.
    pub session: Option<CallerSession>,
}

/// What the API server itself says of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClusterAnswer {
    /// It was not asked: it can be asked only by the principal itself.
    NotAsked,
    /// It was asked and gave no answer; why.
    Unanswered(String),
    /// It admits the principal as this.
    Admitted(AdmittedUser),
    /// It admits the principal, who may not ask as whom (403).
    AdmittedUnnamed,
    /// It admits a token that it was shown before, as this, and refuses a new one.
    Remembered(AdmittedUser),
    /// It refuses the principal (401).
    Refused,
}

impl ClusterAnswer {
    /// The stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Unanswered(_) => "not_answered",
            Self::Admitted(_) | Self::AdmittedUnnamed => "admitted",
            Self::Remembered(_) => "remembered",
            Self::Refused => "refused",
        }
    }

    /// As whom, where it says so.
    pub fn user(&self) -> Option<&AdmittedUser> {
        match self {
            Self::Admitted(user) | Self::Remembered(user) => Some(user),
            _ => None,
        }
    }

    /// Whether the principal enters; `None` where there is no answer.
    pub fn enters(&self) -> Option<bool> {
        match self {
            Self::NotAsked | Self::Unanswered(_) => None,
            Self::Admitted(_) | Self::AdmittedUnnamed => Some(true),
            Self::Remembered(_) | Self::Refused => Some(false),
        }
    }
}

/// Both answers about one principal.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// What the rules say, and why.
    pub explanation: AccessExplanation,
    /// How the cluster finds its mappings.
    pub mode: AuthenticationMode,
    /// What the API server says.
    pub answer: ClusterAnswer,
    /// Why they differ; `None` where they do not.
    pub difference: Option<Difference>,
    /// What the principal may do.
    pub rights: Rights,
}

impl Reconciliation {
    /// Compares the two. The rights are those that the rules give; [`with_rights`](Self::with_rights) adds what the API server says of them.
    pub fn new(
        explanation: AccessExplanation,
        mode: AuthenticationMode,
        answer: ClusterAnswer,
    ) -> Self {
        let difference = Difference::between(&explanation, mode, &answer);
        let access = &explanation.principal_access.access;
        let as_shown = answer
            .user()
            .map(|user| Rights::of_groups(&user.groups))
            .unwrap_or_default();
        let rights = match (answer.enters(), &difference) {
            (None, _) => Rights::by_rules(access),
            (Some(false), _) => Rights::NOTHING,
            (Some(true), None) => as_shown.or(Rights::by_rules(access)),
            // A rule that is not in force gives nothing.
            (Some(true), Some(_)) => as_shown,
        };
        Self {
            explanation,
            mode,
            answer,
            difference,
            rights,
        }
    }

    /// The rules' answer alone.
    pub fn by_rules(explanation: AccessExplanation, mode: AuthenticationMode) -> Self {
        Self::new(explanation, mode, ClusterAnswer::NotAsked)
    }

    /// The same with what the API server says of rights, which counts where it says anything.
    pub fn with_rights(self, told: Rights) -> Self {
        let rights = match self.enters() {
            Some(true) => told.or(self.rights),
            _ => self.rights,
        };
        Self { rights, ..self }
    }

    /// `Some(true)`: it enters; `Some(false)`: it does not; `None`: it could not be found out.
    pub fn enters(&self) -> Option<bool> {
        self.answer.enters().or_else(|| self.explanation.enters())
    }

    /// What it gets, in a few words.
    pub fn describe(&self) -> String {
        let by_rules = describe(&self.explanation.principal_access.access);
        let Some(difference) = &self.difference else {
            return match self.answer.enters() {
                Some(false) => "no access".to_owned(),
                _ => by_rules,
            };
        };
        let seen = match (&self.answer, self.enters()) {
            (ClusterAnswer::Admitted(user), _) => user.describe(),
            (_, Some(true)) => "admitted".to_owned(),
            _ => "no access".to_owned(),
        };
        format!("{seen}, as the API server says; by the rules: {by_rules}. Why: {difference}")
    }
}

impl AdmittedUser {
    /// `admin · system:masters`
    pub fn describe(&self) -> String {
        let name = match self.username.as_str() {
            "" => "an empty user name",
            name => name,
        };
        match self.own_groups().as_slice() {
            [] => name.to_owned(),
            groups => format!("{name} · {}", groups.join(", ")),
        }
    }

    /// The groups without the one that everybody is in.
    pub fn own_groups(&self) -> Vec<&str> {
        let groups = self.groups.iter().map(String::as_str);
        groups
            .filter(|group| *group != "system:authenticated")
            .collect()
    }
}
