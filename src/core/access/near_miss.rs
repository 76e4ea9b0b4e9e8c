//! Why a principal that nobody admits is not admitted: the entries that were probably meant for it, nearest first.
//!
//! The server says only "Unauthorized"; every reason here is one of its silent rules. Sources: aws-iam-authenticator `pkg/mapper/configmap`,
//! EKS user guide (access entries, authentication modes).

use std::fmt;

mod malformed;

use crate::access::cluster_access::{ClusterView, Knowledge, Principal};
use crate::access::findings::MappingFinding;
use crate::aws_auth::{Problem, ProblemKind, ReadEntry, Section};
use crate::nearness::distance_ignoring_case;
use crate::principal::arn::{Arn, canonical_role_arn, iam_role_name};
use crate::principal::case_folding::equal_fold;
use crate::principal::permission_set::PermissionSetRole;

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryLocation {
    /// The section.
    pub section: Section,
    /// Position among its items, from 0.
    pub index: usize,
    /// Line in the section's text, from 1.
    pub line: usize,
}

/// One reason, with what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NearMiss {
    /// The mode ignores aws-auth, where an entry would match.
    ModeIgnoresAwsAuth(EntryLocation),
    /// A role's ARN with its path; the server compares without.
    RolePath {
        /// Where.
        place: EntryLocation,
        /// The ARN as written.
        written: String,
        /// What the server compares with.
        compared: String,
    },
    /// A session's ARN; the server compares with the role's.
    SessionArn {
        /// Where.
        place: EntryLocation,
        /// The ARN as written.
        written: String,
        /// What the server compares with.
        compared: String,
    },
    /// An ARN that nobody calls under, of the same name.
    NeverMatches {
        /// Where.
        place: EntryLocation,
        /// What is wrong with it, as the findings of the entry say it.
        finding: MappingFinding,
        /// The ARN that matches, where it is the principal's but for how it is written.
        compared: Option<String>,
    },
    /// A user's ARN without the path that the user has, or with another one.
    UserPath {
        /// Where.
        place: EntryLocation,
        /// The ARN as written.
        written: String,
    },
    /// The same name in another partition.
    OtherPartition {
        /// Where, in aws-auth; `None` for an access entry.
        place: Option<EntryLocation>,
        /// The ARN as written.
        written: String,
    },
    /// The same name in another account.
    OtherAccount {
        /// Where, in aws-auth; `None` for an access entry.
        place: Option<EntryLocation>,
        /// The ARN as written.
        written: String,
    },
    /// A key that the server ignores because of its case.
    MiscasedSection(Problem),
    /// A section that the server reads as empty.
    UnparsedSection(Problem),
    /// An entry that the server drops.
    DroppedEntry(Problem),
    /// The role of the same permission set, made at another time.
    OtherSuffix {
        /// Where, in aws-auth; `None` for an access entry.
        place: Option<EntryLocation>,
        /// The ARN as written.
        written: String,
    },
    /// A name that is almost the same.
    SimilarName {
        /// Where, in aws-auth; `None` for an access entry.
        place: Option<EntryLocation>,
        /// The ARN as written.
        written: String,
    },
}

impl NearMiss {
    /// The stable id that messages and documents use.
    pub fn id(&self) -> &'static str {
        match self {
            Self::ModeIgnoresAwsAuth(_) => "lockout.mode-ignores-aws-auth",
            Self::RolePath { .. } => "lockout.rolearn_has_path",
            Self::SessionArn { .. } => "lockout.rolearn_is_sts_arn",
            Self::NeverMatches { finding, .. } => finding.id,
            Self::UserPath { .. } => "lockout.user_path",
            Self::OtherPartition { .. } => "mapping.other_partition",
            Self::OtherAccount { .. } => "mapping.other_account",
            Self::MiscasedSection(_) => "section.miscased",
            Self::UnparsedSection(_) => "lockout.yaml_error",
            Self::DroppedEntry(_) => "mapping.dropped_entry",
            Self::OtherSuffix { .. } | Self::SimilarName { .. } => "mapping.similar_name",
        }
    }
}

impl fmt::Display for EntryLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "aws-auth {}[{}], line {}",
            self.section, self.index, self.line
        )
    }
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |place: &Option<EntryLocation>| {
            place
                .as_ref()
                .map_or_else(|| "an access entry".to_owned(), EntryLocation::to_string)
        };
        match self {
            Self::ModeIgnoresAwsAuth(place) => write!(
                f,
                "{place} would match, but the authentication mode API ignores aws-auth"
            ),
            Self::RolePath {
                place,
                written,
                compared,
            } => {
                write!(
                    f,
                    "{place} names `{written}`; the authenticator sees `{compared}`, without the path"
                )
            }
            Self::SessionArn {
                place,
                written,
                compared,
            } => {
                write!(
                    f,
                    "{place} names the session `{written}`; the authenticator compares with the role, `{compared}`"
                )
            }
            Self::NeverMatches {
                place,
                finding,
                compared,
            } => match compared {
                Some(compared) => write!(f, "{place}: {}; write `{compared}`", finding.text),
                None => write!(f, "{place}: {}", finding.text),
            },
            Self::UserPath { place, written } => write!(
                f,
                "{place} names `{written}`; a user matches only with its own path"
            ),
            Self::OtherPartition { place, written } => write!(
                f,
                "{} names `{written}`, which is in another partition",
                at(place)
            ),
            Self::OtherAccount { place, written } => write!(
                f,
                "{} names `{written}`, which is in another account",
                at(place)
            ),
            Self::MiscasedSection(problem)
            | Self::UnparsedSection(problem)
            | Self::DroppedEntry(problem) => write!(f, "aws-auth {problem}"),
            Self::OtherSuffix { place, written } => write!(
                f,
                "{} names `{written}`, a role of the same permission set with another suffix; IAM Identity Center makes a new one when the set is assigned anew",
                at(place)
            ),
            Self::SimilarName { place, written } => write!(
                f,
                "{} names `{written}`, which is almost the same",
                at(place)
            ),
        }
    }
}

/// The near misses of a principal (its canonical ARN), the surest first. Empty if nothing resembles it.
pub fn near_misses(view: &ClusterView, canonical_arn: &str) -> Vec<NearMiss> {
    let mut found = Vec::new();
    if let Knowledge::Known(reading) = &view.aws_auth {
        for entry in reading.roles.iter().chain(&reading.users) {
            found.extend(entry_near_miss(view, entry, canonical_arn));
        }
        let problems = reading.problems.iter();
        found.extend(problems.filter_map(|problem| problem_near_miss(problem, canonical_arn)));
    }
    if let (true, Knowledge::Known(entries)) =
        (view.mode.reads_access_entries(), &view.access_entries)
    {
        found.extend(
            entries
                .iter()
                .filter_map(|entry| resembling(None, &entry.principal_arn, canonical_arn)),
        );
    }
    found.sort_by_key(rank);
    found
}

fn rank(miss: &NearMiss) -> u8 {
    match miss {
        NearMiss::ModeIgnoresAwsAuth(_) => 0,
        NearMiss::RolePath { .. } | NearMiss::SessionArn { .. } | NearMiss::NeverMatches { .. } => {
            1
        }
        NearMiss::UnparsedSection(_) | NearMiss::MiscasedSection(_) => 2,
        NearMiss::UserPath { .. } | NearMiss::OtherSuffix { .. } => 3,
        NearMiss::OtherPartition { .. } => 4,
        NearMiss::OtherAccount { .. } => 5,
        NearMiss::SimilarName { .. } => 6,
        NearMiss::DroppedEntry(_) => 7,
    }
}

fn entry_near_miss(view: &ClusterView, entry: &ReadEntry, canonical_arn: &str) -> Option<NearMiss> {
    let place = EntryLocation {
        section: entry.section,
        index: entry.index,
        line: entry.line,
    };
    if let Some(miss) = malformed::never_matches(entry, &place, canonical_arn) {
        return Some(miss);
    }
    if equal_fold(&entry.arn, canonical_arn) {
        return (!view.mode.reads_config_map()).then_some(NearMiss::ModeIgnoresAwsAuth(place));
    }
    let written = entry.arn.clone();
    if let Ok(compared) = canonical_role_arn(&written)
        && equal_fold(&compared, canonical_arn)
    {
        return Some(match written.contains(":assumed-role/") {
            true => NearMiss::SessionArn {
                place,
                written,
                compared,
            },
            false => NearMiss::RolePath {
                place,
                written,
                compared,
            },
        });
    }
    resembling(Some(place), &written, canonical_arn)
}

/// Whether an entry for the principal could stand in the section: an account admits roles and users.
fn may_hold(section: Section, canonical_arn: &str) -> bool {
    match section {
        Section::MapAccounts => true,
        Section::MapRoles => iam_role_name(canonical_arn).is_ok(),
        Section::MapUsers => iam_role_name(canonical_arn).is_err(),
    }
}

fn problem_near_miss(problem: &Problem, canonical_arn: &str) -> Option<NearMiss> {
    let is_for_principal = may_hold(problem.section, canonical_arn);
    match problem.kind {
        ProblemKind::Unparsed | ProblemKind::NotAList => {
            Some(NearMiss::UnparsedSection(problem.clone()))
        }
        ProblemKind::MiscasedSection | ProblemKind::LookalikeKey
            if problem.index.is_none() && !is_for_principal =>
        {
            None
        }
        ProblemKind::MiscasedSection => Some(NearMiss::MiscasedSection(problem.clone())),
        ProblemKind::LookalikeKey if problem.index.is_none() => {
            Some(NearMiss::MiscasedSection(problem.clone()))
        }
        ProblemKind::WrongItem
        | ProblemKind::MissingArn
        | ProblemKind::FieldOfOtherSection
        | ProblemKind::InvalidSso => Some(NearMiss::DroppedEntry(problem.clone())),
        _ => None,
    }
}

/// The same name elsewhere, or almost the same name here.
fn resembling(
    place: Option<EntryLocation>,
    written: &str,
    canonical_arn: &str,
) -> Option<NearMiss> {
    let (theirs, ours) = (
        Arn::parse(&Principal::from_arn(written).arn).ok()?,
        Arn::parse(canonical_arn).ok()?,
    );
    let written = written.to_owned();
    if equal_fold(&theirs.resource, &ours.resource) {
        return match (
            theirs.partition == ours.partition,
            theirs.account == ours.account,
        ) {
            (false, _) => Some(NearMiss::OtherPartition { place, written }),
            (true, false) => Some(NearMiss::OtherAccount { place, written }),
            (true, true) => None,
        };
    }
    if theirs.partition != ours.partition || theirs.account != ours.account {
        return None;
    }
    let is_user = |arn: &Arn| arn.resource.starts_with("user/");
    if let (true, true, Some(place)) = (is_user(&theirs), is_user(&ours), &place)
        && last_segment(&theirs.resource) == last_segment(&ours.resource)
    {
        return Some(NearMiss::UserPath {
            place: place.clone(),
            written,
        });
    }
    let name = |text: &str| iam_role_name(text).unwrap_or_else(|_| last_segment(text).to_owned());
    let (theirs, ours) = (name(&written), name(canonical_arn));
    let is_of_same_set = match (
        PermissionSetRole::parse(&theirs),
        PermissionSetRole::parse(&ours),
    ) {
        (Some(theirs), Some(ours)) => theirs.permission_set == ours.permission_set,
        _ => false,
    };
    if is_of_same_set {
        return Some(NearMiss::OtherSuffix { place, written });
    }
    is_similar(&theirs, &ours).then_some(NearMiss::SimilarName { place, written })
}

fn last_segment(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

/// One begins or ends with the other beside a separator, or they are two edits apart at most, case apart (a third of the shorter name).
fn is_similar(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let touches = |rest: Option<&str>| {
        rest.is_some_and(|rest| {
            rest.starts_with(['-', '_', '.']) || rest.ends_with(['-', '_', '.'])
        })
    };
    touches(long.strip_prefix(short))
        || touches(long.strip_suffix(short))
        || distance_ignoring_case(short, long) <= 2.min(short.chars().count() / 3)
}

#[cfg(test)]
mod tests;
