//! The search for the smallest repair: one step mends one place, and a step counts only if the text is read further by it.

use std::collections::BTreeSet;

use super::line;
use super::meaning::{Meaning, Progress, meaning, progress};
use super::outcome::{IrreparableReason, RepairRule};
use super::rules::{Candidate, candidates};
use crate::aws_auth::Section;

/// Bytes that may be read while searching: about a second.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Texts that are followed at once.
const MOST_STATES: usize = 64;

/// A line with its end, and what was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RepairedLine {
    pub(super) text: String,
    pub(super) rule: Option<RepairRule>,
}

/// A text on its way.
struct State {
    lines: Vec<RepairedLine>,
    progress: Progress,
}

impl State {
    fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect()
    }

    fn changed(&self) -> BTreeSet<usize> {
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(_, line)| line.rule.is_some())
            .map(|(number, _)| number)
            .collect()
    }

    /// The lines with a candidate's in their places.
    fn with(&self, candidate: Candidate) -> Option<Vec<RepairedLine>> {
        let mut lines = self.lines.clone();
        for (number, text) in candidate.lines {
            let line = lines.get_mut(number)?;
            let end = line
                .text
                .get(line::without_end(&line.text).len()..)
                .unwrap_or_default();
            *line = RepairedLine {
                text: format!("{text}{end}"),
                rule: line.rule.or(Some(candidate.rule)),
            };
        }
        Some(lines)
    }
}

/// The lines of the smallest repair.
pub(super) fn search(section: Section, text: &str) -> Result<Vec<RepairedLine>, IrreparableReason> {
    let lines = text.split_inclusive('\n').map(|line| RepairedLine {
        text: line.to_owned(),
        rule: None,
    });
    let mut states = vec![State {
        progress: progress(section, text),
        lines: lines.collect(),
    }];
    let mut read = text.len();
    while !states.is_empty() {
        let mut next: Vec<State> = Vec::new();
        for state in &states {
            for (rule, lines) in steps(state) {
                let reached = State {
                    progress: Progress::Syntax(0, 0),
                    lines,
                };
                let text = reached.text();
                read += text.len();
                if read > MOST_BYTES {
                    return Err(IrreparableReason::TooLarge);
                }
                let progress = progress(section, &text);
                if is_further(rule, progress, state.progress)
                    && !next.iter().any(|other| other.lines == reached.lines)
                {
                    next.push(State {
                        progress,
                        ..reached
                    });
                }
            }
        }
        if next.iter().any(|state| state.progress == Progress::List)
            && let Some(chosen) = choose(section, &next)
        {
            return chosen;
        }
        next.retain(|state| state.progress != Progress::List);
        // Stable, so that among equals the candidate that was named first goes on.
        next.sort_by_key(|state| std::cmp::Reverse(state.progress));
        next.truncate(MOST_STATES);
        states = next;
    }
    Err(IrreparableReason::NoRule)
}

/// Whether a text is read further. Within one line another indent moves the place without mending it.
fn is_further(rule: RepairRule, reached: Progress, before: Progress) -> bool {
    let is_indent = matches!(rule, RepairRule::Indent | RepairRule::SpacesIndent);
    reached > before && !(is_indent && reached.is_same_line(before))
}

/// What one step could make of a text.
fn steps(state: &State) -> Vec<(RepairRule, Vec<RepairedLine>)> {
    let Some(at) = state.progress.line() else {
        return Vec::new();
    };
    let texts: Vec<&str> = state.lines.iter().map(|line| line.text.as_str()).collect();
    // The end of the text may be where something is missed.
    let at = at.min(texts.len().saturating_sub(1));
    candidates(&texts, at)
        .into_iter()
        .filter_map(|candidate| Some((candidate.rule, state.with(candidate)?)))
        .collect()
}

/// The one that is meant; `None` where no text is sound.
fn choose(
    section: Section,
    states: &[State],
) -> Option<Result<Vec<RepairedLine>, IrreparableReason>> {
    let mut sound: Vec<(Meaning, &State)> = states
        .iter()
        .filter(|state| state.progress == Progress::List)
        .filter_map(|state| Some((meaning(section, &state.text(), &state.changed())?, state)))
        .collect();
    let fewest = sound.iter().map(|(meaning, _)| meaning.oddities).min()?;
    sound.retain(|(meaning, _)| meaning.oddities == fewest);
    let (first, chosen) = sound.first()?;
    if sound.iter().any(|(meaning, _)| meaning != first) {
        return Some(Err(IrreparableReason::Ambiguous));
    }
    Some(Ok(chosen.lines.clone()))
}
