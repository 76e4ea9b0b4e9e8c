//! What a look-up in one backend gives: the entries that match a caller, not yet rendered.

use crate::principal::caller::Caller;

/// Whether entries that name a permission set are looked at; the reference's gate, off by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SsoRoleMatch {
    /// They match.
    On,
    /// They are ignored.
    Off,
}

/// Where mappings are found.
pub(crate) trait Directory {
    /// Prefixes that rendered user names must not have.
    fn reserved_prefixes(&self) -> &[String];

    /// Whether the account is listed.
    fn allows_account(&self, account: &str) -> bool;

    /// The entries that match.
    fn find(&self, caller: &Caller, lower_arn: &str, sso: SsoRoleMatch) -> Found<'_>;
}

/// An entry that matches, not yet rendered.
pub(crate) struct Candidate<'a> {
    pub(crate) kind: CandidateKind,
    pub(crate) index: usize,
    pub(crate) username: &'a str,
    pub(crate) groups: &'a [String],
}

/// Which list a candidate stands in.
#[derive(Clone, Copy)]
pub(crate) enum CandidateKind {
    Role,
    User,
}

/// What one backend finds.
pub(crate) enum Found<'a> {
    None,
    Mismatch,
    Candidates(Vec<Candidate<'a>>),
}

/// What an entry is compared with a caller by.
pub(super) enum Subject {
    /// An ARN, in whatever case.
    Arn(String),
    /// A pattern, in lower case.
    Pattern(String),
}
