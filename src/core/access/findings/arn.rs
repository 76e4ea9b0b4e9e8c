//! What the ARN of an entry lets in: nobody, or somebody of another section than it stands in.
//!
//! The server compares the text with the caller's canonical ARN without regard to case, and never asks which section it stands in.

use super::mapping_finding::{MappingFinding, at};
use crate::access::severity::Severity;
use crate::aws_auth::{ReadEntry, Section};
use crate::principal::arn::{
    AccountId, EntryArnError, canonical_role_arn, canonical_user_arn, is_canonical,
};
use crate::principal::case_folding::fold_key;

/// Findings about the ARN of an entry.
pub(super) fn arn_findings(entry: &ReadEntry) -> Vec<MappingFinding> {
    let account = account_among_entries(entry);
    arn_finding(entry).into_iter().chain(account).collect()
}

/// A bare account id where an ARN is wanted.
fn account_among_entries(entry: &ReadEntry) -> Option<MappingFinding> {
    let account = AccountId::parse(&entry.arn).ok()?;
    let text = format!(
        "`{account}` is an account; to let in everybody of it, write it into `{}`",
        Section::MapAccounts
    );
    Some(at(entry, "entry.wrong_section", Severity::Error, text))
}

fn arn_finding(entry: &ReadEntry) -> Option<MappingFinding> {
    let written = &entry.arn;
    if !written.is_ascii() {
        return Some(non_ascii(entry));
    }
    if is_canonical(written) {
        return section_finding(entry);
    }
    let (id, text) = never_matches(written, entry.section);
    Some(at(entry, id, Severity::Error, text))
}

/// Letters beyond ASCII match only where the server folds them to ASCII.
fn non_ascii(entry: &ReadEntry) -> MappingFinding {
    let written = &entry.arn;
    let (severity, what) = match is_canonical(written) {
        true => (
            Severity::Warning,
            "which some spellings of a name match by accident",
        ),
        false => (
            Severity::Error,
            "which no name in IAM has, so it matches nobody",
        ),
    };
    let text = format!("`{written}` has characters outside ASCII, {what}");
    at(entry, "arn.non_ascii", severity, text)
}

/// A role among the users, or another principal among the roles: the server finds it all the same.
fn section_finding(entry: &ReadEntry) -> Option<MappingFinding> {
    let is_role = canonical_role_arn(&fold_key(&entry.arn)).is_ok();
    let (what, right) = match (entry.section, is_role) {
        (Section::MapUsers, true) => ("a role", Section::MapRoles),
        (Section::MapRoles, false) => ("no role", Section::MapUsers),
        _ => return None,
    };
    let text = format!(
        "`{}` is {what}; the authenticator finds it in `{}` all the same, but it belongs into `{right}`",
        entry.arn, entry.section
    );
    Some(at(entry, "entry.wrong_section", Severity::Warning, text))
}

/// Why an ARN that nobody calls under matches nobody: the finding's id, and what to write.
pub(crate) fn never_matches(written: &str, section: Section) -> (&'static str, String) {
    if written.trim() != written {
        let text = format!("`{written}` has white space around it, so it matches nobody");
        return ("lockout.arn_whitespace", text);
    }
    if written.contains('*') {
        let text = format!(
            "`{written}` has a wildcard; the authenticator knows none, so it matches nobody"
        );
        return ("lockout.arn_wildcard", text);
    }
    match canonical_role_arn(written) {
        Ok(compared) if written.contains(":assumed-role/") => (
            "lockout.rolearn_is_sts_arn",
            format!(
                "`{written}` is a session, and the authenticator compares with the role's own ARN; write `{compared}`"
            ),
        ),
        Ok(compared) => (
            "lockout.rolearn_has_path",
            format!(
                "`{written}` has a path, and the authenticator sees no path; write `{compared}`"
            ),
        ),
        Err(as_role) => (
            "lockout.arn_never_matches",
            why(written, section, as_role).to_string(),
        ),
    }
}

/// Why it is nobody's, in the words of the section it stands in; what is wrong with a principal of the other kind is said of that kind.
fn why(written: &str, section: Section, as_role: EntryArnError) -> EntryArnError {
    let as_user = match canonical_user_arn(written) {
        Ok(_) => return as_role,
        Err(as_user) => as_user,
    };
    let is_of_other_kind = |error: &EntryArnError, kind| matches!(error, EntryArnError::Kind { found, .. } if found == kind);
    match section {
        Section::MapRoles if is_of_other_kind(&as_role, "a user") => as_user,
        Section::MapRoles => as_role,
        Section::MapUsers | Section::MapAccounts if is_of_other_kind(&as_user, "a role") => as_role,
        Section::MapUsers | Section::MapAccounts => as_user,
    }
}
