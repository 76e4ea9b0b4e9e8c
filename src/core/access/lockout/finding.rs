//! What a comparison finds grave, each with an id that stays and the words that acknowledge it.

use std::fmt;

use super::comparison::Comparison;
use super::existence::is_account;
use crate::access::access_entry::AuthenticationMode;
use crate::access::cluster_access::{Principal, describe};
use crate::access::severity::Severity;

/// What was found; the text form stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingId {
    /// Who makes the change loses its own access, or the means to mend aws-auth.
    RunningIdentity,
    /// A protected principal loses access or power.
    ProtectedPrincipal,
    /// Nobody is left with cluster-admin power.
    LastAdmin,
    /// Nodes lose their entry.
    Nodes,
    /// Something needed for the judgement could not be read.
    Unreadable,
    /// The mode ignores aws-auth from now on.
    ModeIgnoresAwsAuth,
    /// Somebody has less than before.
    ReducedAccess,
    /// A protected principal has no access that could be kept.
    ProtectedHasNone,
}

impl FindingId {
    /// The id in messages, acknowledgements and `suppress_findings`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunningIdentity => "lockout.running-identity",
            Self::ProtectedPrincipal => "lockout.protected-principal",
            Self::LastAdmin => "lockout.last-admin",
            Self::Nodes => "lockout.nodes",
            Self::Unreadable => "lockout.unreadable",
            Self::ModeIgnoresAwsAuth => "lockout.mode-ignores-aws-auth",
            Self::ReducedAccess => "lockout.reduced-access",
            Self::ProtectedHasNone => "lockout.protected-without-access",
        }
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding about one principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub id: FindingId,
    /// How grave.
    pub severity: Severity,
    /// The cluster.
    pub cluster: String,
    /// Whom it concerns, by canonical ARN; empty for the cluster as a whole.
    pub arn: String,
    /// Why, in one sentence, with the notes.
    pub reason: String,
    /// What is to be known beside who loses what: of those that are left, and what could not be read.
    pub notes: Vec<String>,
}

impl Finding {
    pub(super) fn new(
        id: FindingId,
        severity: Severity,
        cluster: &str,
        comparison: &Comparison,
    ) -> Self {
        let arn = comparison.principal.arn.clone();
        let (before, after) = (describe(&comparison.before), describe(&comparison.after));
        let reason = match id {
            FindingId::RunningIdentity => format!(
                "`{arn}`, which makes this change, has {before} before it and {after} after it"
            ),
            FindingId::ProtectedPrincipal => {
                format!("`{arn}` is protected and goes from {before} to {after}")
            }
            FindingId::LastAdmin => format!(
                "`{arn}` is the last known principal with cluster-admin power and goes from {before} to {after}"
            ),
            FindingId::Nodes => format!(
                "nodes with the role `{arn}` can no longer join or report: they go from {before} to {after}"
            ),
            FindingId::Unreadable => format!(
                "it cannot be said whether `{arn}` keeps its access: {before} before, {after} after"
            ),
            FindingId::ReducedAccess if is_account(&arn) => format!(
                "everybody in account `{arn}` whom no entry names enters by `mapAccounts` before this change and not after it"
            ),
            FindingId::ProtectedHasNone
            | FindingId::ModeIgnoresAwsAuth
            | FindingId::ReducedAccess => {
                format!("`{arn}` goes from {before} to {after}")
            }
        };
        Self {
            id,
            severity,
            cluster: cluster.to_owned(),
            arn,
            reason,
            notes: Vec::new(),
        }
    }

    /// The same with something more to know.
    pub(super) fn with_note(mut self, note: &str) -> Self {
        self.add_note(note);
        self
    }

    pub(super) fn add_note(&mut self, note: &str) {
        self.reason.push_str("; ");
        self.reason.push_str(note);
        self.notes.push(note.to_owned());
    }

    /// A protected principal that nothing lets in.
    pub(super) fn protected_has_none(cluster: &str, principal: &Principal) -> Self {
        let arn = principal.arn.clone();
        Self {
            id: FindingId::ProtectedHasNone,
            severity: Severity::Warning,
            cluster: cluster.to_owned(),
            reason: format!("`{arn}` is protected, and nothing lets it in that could be kept"),
            arn,
            notes: Vec::new(),
        }
    }

    /// Who makes the change is not known.
    pub(super) fn caller_unread(severity: Severity, cluster: &str, reason: &str) -> Self {
        Self {
            id: FindingId::Unreadable,
            severity,
            cluster: cluster.to_owned(),
            arn: String::new(),
            reason: format!(
                "it is not known who makes this change, so it cannot be said whether it keeps its access: {reason}"
            ),
            notes: Vec::new(),
        }
    }

    /// Names are bound to less, and who comes under them is not known.
    pub(super) fn names_unread(
        severity: Severity,
        cluster: &str,
        names: &str,
        reason: &str,
    ) -> Self {
        Self {
            id: FindingId::Unreadable,
            severity,
            cluster: cluster.to_owned(),
            arn: String::new(),
            reason: format!(
                "{names} may do less after this change, and who comes under that name could not be read, so it cannot be said who loses access: {reason}"
            ),
            notes: Vec::new(),
        }
    }

    /// Whoever makes the change is admitted under names that are bound to less, and what lets it in was not read.
    /// Whoever acts loses what it is admitted under, and nothing else is known to let it mend.
    pub fn running_by_names(
        cluster: &str,
        principal: &Principal,
        names: &str,
        reason: &str,
    ) -> Self {
        let arn = principal.arn.clone();
        Self {
            id: FindingId::RunningIdentity,
            severity: Severity::Error,
            cluster: cluster.to_owned(),
            reason: format!(
                "the API server admits `{arn}`, which makes this change, under {names}, which may not do after it what is needed to mend aws-auth or RBAC"
            ),
            arn,
            notes: Vec::new(),
        }
        .with_note(&format!("whether anything else lets it do that is not known: {reason}"))
    }

    /// Whoever makes the change has these rights before it and not after it, and apply asks for them: what it had is put back.
    pub fn running_rights(cluster: &str, principal: &Principal, rights: &[String]) -> Self {
        let arn = principal.arn.clone();
        Self {
            id: FindingId::RunningIdentity,
            severity: Severity::Error,
            cluster: cluster.to_owned(),
            reason: format!(
                "`{arn}`, which makes this change, may do this before it and not after it: {}",
                rights.join(", ")
            ),
            arn,
            notes: Vec::new(),
        }
        .with_note("apply asks the API server about it before a change of bindings and after it, and puts back what was taken, unless the provider block has `confirm_access = false`")
    }

    /// The mode takes away what only aws-auth gives, and what decides who that is could not be read.
    pub(super) fn mode_unread(severity: Severity, cluster: &str, reasons: &[String]) -> Self {
        Self {
            id: FindingId::Unreadable,
            severity,
            cluster: cluster.to_owned(),
            arn: String::new(),
            reason: format!(
                "whom only aws-auth lets in loses access with this change of the mode, which cannot go back, and who that is could not be read: {}",
                reasons.join("; ")
            ),
            notes: Vec::new(),
        }
    }

    pub(super) fn mode_ignores_aws_auth(
        cluster: &str,
        before: AuthenticationMode,
        after: AuthenticationMode,
    ) -> Self {
        Self {
            id: FindingId::ModeIgnoresAwsAuth,
            severity: Severity::Warning,
            cluster: cluster.to_owned(),
            arn: String::new(),
            reason: format!(
                "mode {} ignores aws-auth, and there is no way back to {}",
                after.id(),
                before.id()
            ),
            notes: Vec::new(),
        }
    }

    /// What to put into `EKSAUTH_LOCKOUT_ACK` to mean it: this finding of this cluster and principal, no other.
    pub fn acknowledgement(&self) -> String {
        format!("{}:{}:{}", self.cluster, self.id, self.arn)
    }
}
