//! What a change does to everyone, in the rows and words that the lockout guard, `check-plan` and `restore` share.

use std::collections::BTreeMap;

use crate::access::cluster_access::{Access, describe};
use crate::access::lockout::{AccessChange, Comparison};
use crate::principal::case_folding::fold_key;
use crate::text_table::columns;

/// Who applies a change, to be marked in a table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Appliers<'a> {
    /// By canonical ARN.
    pub arns: &'a [String],
    /// Who runs this step; one of `arns`, where it is known.
    pub you: Option<&'a str>,
    /// How that one enters where no entry lets it in and the API server does.
    pub enters_by: Option<&'a str>,
}

/// What somebody has to do with the one who applies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Other,
    Applies,
    You,
}

impl Appliers<'_> {
    fn include(&self, comparison: &Comparison) -> bool {
        self.arns.contains(&comparison.principal.arn)
    }

    /// What somebody has before the change.
    fn before(&self, comparison: &Comparison) -> String {
        let is_you = self.you == Some(comparison.principal.arn.as_str());
        match (self.enters_by.filter(|_| is_you), &comparison.before) {
            (Some(way), Access::None) if comparison.change == AccessChange::Same => way.to_owned(),
            (_, before) => describe(before),
        }
    }

    fn mark(&self, comparison: &Comparison) -> &'static str {
        match self.rank(comparison) {
            Rank::You => " (you)",
            Rank::Applies => " (applies this plan)",
            Rank::Other => "",
        }
    }

    fn rank(&self, comparison: &Comparison) -> Rank {
        match self.include(comparison) {
            true if self.you == Some(comparison.principal.arn.as_str()) => Rank::You,
            true => Rank::Applies,
            false => Rank::Other,
        }
    }

    fn marked(&self, comparison: &Comparison) -> String {
        format!("{}{}", comparison.principal.arn, self.mark(comparison))
    }
}

/// One comparison for everyone: to the authenticator, spellings of one ARN that differ by case are one principal. Where they come to the same they are
/// told once, by the spelling of who applies or by the first.
fn told_once<'c>(
    comparisons: impl IntoIterator<Item = &'c Comparison>,
    appliers: Appliers<'_>,
) -> Vec<&'c Comparison> {
    let mut told: Vec<&Comparison> = Vec::new();
    let mut places: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for comparison in comparisons {
        let (before, after) = (describe(&comparison.before), describe(&comparison.after));
        let place = *places
            .entry((fold_key(&comparison.principal.arn), before, after))
            .or_insert(told.len());
        match told.get_mut(place) {
            None => told.push(comparison),
            Some(first) if appliers.rank(comparison) > appliers.rank(first) => *first = comparison,
            Some(_) => {}
        }
    }
    told
}

/// Who, before, after and what the change does, one row for everyone whom it concerns.
pub fn changed_rows(comparisons: &[Comparison], appliers: Appliers<'_>) -> Vec<[String; 4]> {
    let changed = comparisons
        .iter()
        .filter(|comparison| comparison.change != AccessChange::Same);
    let row = |comparison: &Comparison| {
        [
            appliers.marked(comparison),
            cell(&comparison.before),
            cell(&comparison.after),
            words(comparison.change).to_owned(),
        ]
    };
    told_once(changed, appliers).into_iter().map(row).collect()
}

/// The table of a refusal: everyone whom the change concerns, and who applies it in any case.
pub fn refusal_table(comparisons: &[Comparison], appliers: Appliers<'_>) -> String {
    let shown = comparisons.iter().filter(|comparison| {
        comparison.change != AccessChange::Same || appliers.include(comparison)
    });
    let row = |comparison: &Comparison| {
        let after = match comparison.change {
            AccessChange::Same => "unchanged".to_owned(),
            _ => describe(&comparison.after),
        };
        [
            appliers.marked(comparison),
            appliers.before(comparison),
            after,
        ]
    };
    let rows: Vec<[String; 3]> = told_once(shown, appliers).into_iter().map(row).collect();
    columns(["who", "before", "after"], &rows, "  ")
}

/// Whether a refusal or a warning shows its own [`refusal_table`], row by row or in columns.
pub fn has_refusal_table(text: &str) -> bool {
    let is_heading = |line: &str| line.split_whitespace().eq(["who", "before", "after"]);
    let is_row = |line: &str| line.starts_with("    before  ");
    text.lines().any(|line| is_heading(line) || is_row(line))
}

/// `2 gain, 1 lose`; empty if nobody gains or loses anything.
pub fn counts(comparisons: &[Comparison]) -> String {
    let told = told_once(comparisons, Appliers::default());
    let count = |change: AccessChange| {
        let of_change = told.iter().filter(|comparison| comparison.change == change);
        of_change.count()
    };
    let parts: Vec<String> = [
        (AccessChange::Gains, "gain"),
        (AccessChange::Loses, "lose"),
        (AccessChange::Changes, "change"),
    ]
    .into_iter()
    .map(|(change, word)| (count(change), word))
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    parts.join(", ")
}

/// An access in a cell of a table; a dash for none.
pub fn cell(access: &Access) -> String {
    match access {
        Access::None => "–".to_owned(),
        other => describe(other),
    }
}

fn words(change: AccessChange) -> &'static str {
    match change {
        AccessChange::Loses => "loses everything",
        AccessChange::Changes => "changes",
        AccessChange::Gains => "gains",
        AccessChange::Unknown => "unknown",
        AccessChange::Same => "keeps",
    }
}

#[cfg(test)]
mod tests;
