//! What is worth saying about aws-auth before anybody is refused: entries that match nobody, that admit more than they seem to, that the
//! server drops or changes in silence.
//!
//! Ids are stable: `lockout.*` keeps somebody out, `privilege.*` lets somebody in or up, the rest is about form. `system:masters` in the groups
//! of people and the exact entries of nodes and Fargate are ordinary and give none. Severity follows what happens. Sources: aws-iam-authenticator, EKS user guide.

mod arn;
mod bindings;
mod group;
mod last_applied;
mod mapping_finding;
mod role;
mod template;

use mapping_finding::at;

use crate::access::severity::Severity;
use crate::aws_auth::{EffectiveState, Problem, ProblemKind, ReadEntry, Reading, Section};
use crate::principal::arn::AccountId;

pub(crate) use arn::never_matches;
pub use bindings::{GroupFinding, are_the_same, group_findings, maps_own_groups};
pub use last_applied::{LAST_APPLIED, last_applied_findings};
pub use mapping_finding::MappingFinding;
pub use role::{Roles, role_findings};
pub use template::caller_of;

/// Everything worth saying about a document, in its order.
pub fn mapping_findings(reading: &Reading) -> Vec<MappingFinding> {
    let mut found: Vec<MappingFinding> = match maps_nobody(reading) {
        true => vec![empty_mapping()],
        false => reading.problems.iter().map(problem_finding).collect(),
    };
    found.extend(group::groupless_findings(reading));
    for section in [Section::MapRoles, Section::MapUsers] {
        for effective in reading.effective(section) {
            found.extend(entry_findings(effective.entry));
            found.extend(state_finding(reading, effective.entry, effective.state));
        }
    }
    found.extend(reading.accounts.iter().filter_map(account_finding));
    found.sort_by_key(|finding| (finding.section, finding.line, finding.column));
    found
}

/// True where no entry is left and nothing is wrong that says why.
fn maps_nobody(reading: &Reading) -> bool {
    let has_entries = Section::ALL
        .into_iter()
        .any(|section| !reading.section(section).is_empty());
    let is_empty = |problem: &Problem| problem.kind == ProblemKind::EmptySection;
    !has_entries && reading.problems.iter().all(is_empty)
}

fn empty_mapping() -> MappingFinding {
    MappingFinding {
        id: ProblemKind::EmptySection.id(),
        severity: Severity::Warning,
        section: Section::MapRoles,
        misspelt_key: None,
        index: None,
        line: 1,
        column: 1,
        text: "aws-auth maps nobody: neither people nor nodes get in by it".to_owned(),
    }
}

/// What is worth saying about one entry by itself.
pub fn entry_findings(entry: &ReadEntry) -> Vec<MappingFinding> {
    let mut found = Vec::new();
    if let Some(sso) = &entry.sso {
        found.push(at(entry, "sso.not_on_eks", Severity::Warning, "EKS documents no support for entries that name a permission set; write the ARN of its role".to_owned()));
        if !sso.partition.is_empty() {
            let text = format!(
                "a permission set with `partition: {}` never matches, because the authenticator loses the partition",
                sso.partition
            );
            found.push(at(
                entry,
                "sso.partition_set_never_matches",
                Severity::Error,
                text,
            ));
        }
        let name = &sso.permission_set_name;
        let text =
            format!("`{name}` also matches every permission set whose name begins with `{name}_`");
        found.push(at(entry, "sso.prefix_collision", Severity::Warning, text));
    } else {
        found.extend(arn::arn_findings(entry));
    }
    found.extend(group::nodes_in_masters(entry));
    found.extend(template::template_findings(entry));
    found
}

fn problem_finding(problem: &Problem) -> MappingFinding {
    let severity = match problem.kind {
        ProblemKind::GroupWithWhitespace
        | ProblemKind::RepeatedField
        | ProblemKind::CaseVariantField
        | ProblemKind::FoldedKey
        | ProblemKind::TextAfterDocument => Severity::Warning,
        ProblemKind::EmptySection => Severity::Note,
        _ => Severity::Error,
    };
    // A section that is no list is as empty as one that does not parse, and an id should not depend on why.
    let id = if problem.kind == ProblemKind::NotAList {
        ProblemKind::Unparsed.id()
    } else {
        problem.kind.id()
    };
    MappingFinding {
        id,
        severity,
        section: problem.section,
        misspelt_key: problem.misspelt_key.clone(),
        index: problem.index,
        line: problem.line,
        column: problem.column,
        text: problem.text.clone(),
    }
}

fn state_finding(
    reading: &Reading,
    entry: &ReadEntry,
    state: EffectiveState,
) -> Option<MappingFinding> {
    let written = &entry.arn;
    match state {
        EffectiveState::Wins => shadowed_by_role(reading, entry),
        EffectiveState::ShadowedBy { by } => {
            let text = format!(
                "`{written}` stands again in item {by}, which wins; the groups of this one are not added"
            );
            Some(at(entry, "mapping.duplicate_arn", Severity::Warning, text))
        }
        EffectiveState::Random => {
            let text = format!(
                "`{written}` stands in another case too, and the authenticator answers with one of them at random"
            );
            Some(at(
                entry,
                "mapping.case_variant_users",
                Severity::Error,
                text,
            ))
        }
    }
}

/// Roles are asked first, so a user entry for the ARN of a role entry never answers.
fn shadowed_by_role(reading: &Reading, entry: &ReadEntry) -> Option<MappingFinding> {
    if entry.section != Section::MapUsers {
        return None;
    }
    let role = *reading.find(Section::MapRoles, &entry.arn).first()?;
    let text = format!(
        "`{}` stands in mapRoles[{}] too, which is asked first",
        entry.arn, role.index
    );
    Some(at(
        entry,
        "mapping.shadowed_by_role",
        Severity::Warning,
        text,
    ))
}

/// What is no account id admits nobody, which the reader has said.
fn account_finding(entry: &ReadEntry) -> Option<MappingFinding> {
    AccountId::parse(&entry.arn).ok()?;
    let text = format!(
        "every role and user of account `{}` may enter, each under its own ARN and without groups",
        entry.arn
    );
    Some(at(
        entry,
        "privilege.account_admits_all",
        Severity::Warning,
        text,
    ))
}

#[cfg(test)]
mod tests;
