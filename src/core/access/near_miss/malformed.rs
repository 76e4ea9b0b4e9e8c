//! ARNs that match nobody because of how they are written, and whose they would be: a region where IAM has none, a colon too few or too
//! many, `sts` with a role, a session without its name, white space, a pattern.

use super::{EntryLocation, NearMiss};
use crate::access::findings::entry_findings;
use crate::aws_auth::ReadEntry;
use crate::principal::arn::is_canonical;
use crate::principal::case_folding::equal_fold;
use crate::principal::partition::Partition;

/// The findings of ARNs that nobody calls under. Paths and sessions have near misses of their own, which say more.
const NEVER_MATCHES: [&str; 4] = [
    "arn.non_ascii",
    "lockout.arn_never_matches",
    "lockout.arn_whitespace",
    "lockout.arn_wildcard",
];

/// The near miss of an entry whose ARN nobody calls under: it would be the principal's if it were written well, or has its name.
pub(super) fn never_matches(
    entry: &ReadEntry,
    place: &EntryLocation,
    canonical_arn: &str,
) -> Option<NearMiss> {
    if entry.sso.is_some() || is_canonical(&entry.arn) {
        return None;
    }
    let finding = entry_findings(entry)
        .into_iter()
        .find(|finding| NEVER_MATCHES.contains(&finding.id))?;
    let is_same = is_canonical(canonical_arn) && would_be(&entry.arn, canonical_arn);
    let has_same_name = equal_fold(name_in(&entry.arn), name_in(canonical_arn));
    (is_same || has_same_name).then(|| NearMiss::NeverMatches {
        place: place.clone(),
        finding,
        compared: is_same.then(|| canonical_arn.to_owned()),
    })
}

/// What stands behind the last slash, or behind the last colon where there is none.
fn name_in(arn: &str) -> &str {
    arn.trim()
        .trim_end_matches('/')
        .rsplit(['/', ':'])
        .next()
        .unwrap_or(arn)
}

/// Whether an ARN would be the principal's if it were written well.
fn would_be(written: &str, canonical_arn: &str) -> bool {
    let cleaned: String = written.chars().filter(char::is_ascii_graphic).collect();
    if cleaned.contains(['*', '?']) {
        return is_matched(
            &cleaned.to_ascii_lowercase(),
            &canonical_arn.to_ascii_lowercase(),
        );
    }
    match (Squeezed::parse(&cleaned), Squeezed::parse(canonical_arn)) {
        (Some(theirs), Some(ours)) => {
            equal_fold(&theirs.resource, &ours.resource)
                && theirs.partition == ours.partition
                && theirs.account == ours.account
        }
        _ => false,
    }
}

/// What an ARN of IAM names, whatever its colons, region and service.
struct Squeezed {
    partition: String,
    account: String,
    resource: String,
}

impl Squeezed {
    fn parse(arn: &str) -> Option<Self> {
        let parts = arn.split(':').filter(|part| !part.is_empty());
        let squeezed: String = parts
            .filter(|part| Partition::of_region(part).is_none())
            .map(|part| match is_account(part) {
                true => part.replace('-', ""),
                false => part.to_owned(),
            })
            .collect();
        let at = (0..squeezed.len()).find(|at| {
            let digits = squeezed.get(*at..at + 12);
            digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        })?;
        let (head, rest) = squeezed.split_at_checked(at)?;
        let (account, tail) = rest.split_at_checked(12)?;
        let head = head.to_ascii_lowercase();
        let head = head.strip_prefix("arn").unwrap_or(&head);
        let partition = head.strip_suffix("iam").or(head.strip_suffix("sts"))?;
        Some(Self {
            partition: partition.to_owned(),
            account: account.to_owned(),
            resource: resource(tail.trim_start_matches('/'))?,
        })
    }
}

/// Twelve digits, perhaps in groups.
fn is_account(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    digits == 12
        && part
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// `role/name` of a role or a session, whatever its path; a user with its path.
fn resource(tail: &str) -> Option<String> {
    let lower = tail.to_ascii_lowercase();
    let after = |kind: &str| {
        let rest = lower.strip_prefix(kind).map(|rest| rest.len())?;
        let rest = tail.get(tail.len() - rest..)?;
        Some(rest.trim_matches('/')).filter(|rest| !rest.is_empty())
    };
    if let Some(session) = after("assumed-role") {
        return Some(format!("role/{}", session.split('/').next()?));
    }
    if let Some(role) = after("role") {
        return Some(format!("role/{}", role.rsplit('/').next()?));
    }
    after("user").map(|user| format!("user/{user}"))
}

/// Whether a pattern with `*` and `?` has the text.
fn is_matched(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut of_text) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(of_text) {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, of_text));
                at += 1;
            }
            (Some(one), _) if *one == b'?' || one == byte => {
                at += 1;
                of_text += 1;
            }
            (_, Some((place, from))) => {
                star = Some((place, from + 1));
                at = place + 1;
                of_text = from + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}
