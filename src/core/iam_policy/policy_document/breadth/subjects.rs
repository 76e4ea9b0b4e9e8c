//! Subjects that stand for all others: for every way in which a token's subject can match a policy's patterns, one subject that does.
//!
//! The patterns and the grammar of a subject run side by side, one character at a time, so that patterns that must hold together
//! (`*:app` and `…:prod:*`) meet as well. The walk is bounded; where it ends early, the list is not complete.

use std::collections::{HashMap, VecDeque};

use super::super::wildcard::Token;
use crate::kubernetes::service_account::{SUBJECT_PREFIX, ServiceAccount};

/// What subjects the tokens of an issuer have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum SubjectKind {
    /// `system:serviceaccount:<namespace>:<name>` and nothing else.
    ServiceAccount,
    /// Any text: whose tokens these are is not known.
    Any,
}

/// Subjects, and whether every way to match is among them.
pub(super) struct Subjects {
    pub(super) subjects: Vec<String>,
    pub(super) is_complete: bool,
}

/// Steps of the walk, and subjects it gives.
const MOST_STEPS: usize = 20_000;
const MOST_SUBJECTS: usize = 400;

/// How often one state is entered at most.
const MOST_VISITS: usize = 4;

/// True if a token of this kind can have the subject.
pub(in super::super) fn is_possible(subject: &str, kind: SubjectKind) -> bool {
    match kind {
        SubjectKind::Any => !subject.is_empty(),
        SubjectKind::ServiceAccount => subject
            .strip_prefix(SUBJECT_PREFIX)
            .is_some_and(|account| ServiceAccount::parse(account).is_ok()),
    }
}

/// Where in a subject the walk is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// A label begins: what follows must be a letter or a digit.
    Namespace {
        begins: bool,
        ends_well: bool,
    },
    Name {
        begins: bool,
        ends_well: bool,
    },
    Free,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    place: Place,
    /// For each pattern, the tokens that may come next, sorted.
    positions: Vec<Vec<usize>>,
}

/// The patterns of a policy and what belongs to them.
pub(super) struct Patterns<'a> {
    pub(super) patterns: &'a [Vec<Token>],
    /// How many subjects are written out: so many may be excluded by name.
    pub(super) exact: usize,
    /// A character that no pattern names, where there is one.
    pub(super) fresh: char,
}

/// Subjects for patterns.
pub(super) fn subjects(policy: &Patterns<'_>, kind: SubjectKind) -> Subjects {
    let Patterns {
        patterns,
        exact,
        fresh,
    } = *policy;
    let most_visits = (2 + exact).min(MOST_VISITS);
    let walk = Walk {
        patterns,
        alphabet: alphabet(patterns, kind, fresh),
    };
    let start = walk.start(kind);
    let mut visits: HashMap<State, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    let mut found = Subjects {
        subjects: Vec::new(),
        is_complete: true,
    };
    let mut steps = 0;
    while let Some((state, text)) = queue.pop_front() {
        steps += 1;
        if steps > MOST_STEPS || found.subjects.len() >= MOST_SUBJECTS {
            found.is_complete = false;
            break;
        }
        if state.place.is_end() && is_possible(&text, kind) {
            found.subjects.push(text.clone());
        }
        for character in &walk.alphabet {
            let Some(next) = walk.step(&state, *character) else {
                continue;
            };
            let seen = visits.entry(next.clone()).or_default();
            if *seen < most_visits {
                *seen += 1;
                queue.push_back((next, format!("{text}{character}")));
            }
        }
    }
    found
}

/// The characters that make a difference, the fresh one first.
fn alphabet(patterns: &[Vec<Token>], kind: SubjectKind, fresh: char) -> Vec<char> {
    let is_usable = |character: &char| match kind {
        SubjectKind::Any => true,
        SubjectKind::ServiceAccount => {
            character.is_ascii_lowercase()
                || character.is_ascii_digit()
                || matches!(character, '-' | '.')
        }
    };
    let mut named: Vec<char> = patterns
        .iter()
        .flatten()
        .filter_map(|token| match token {
            Token::Character(character) => Some(*character),
            Token::AnyRun | Token::AnyOne => None,
        })
        .filter(is_usable)
        .collect();
    named.push(':');
    named.sort_unstable();
    named.dedup();
    let mut alphabet = vec![fresh];
    alphabet.extend(named.into_iter().filter(|character| *character != fresh));
    alphabet
}

struct Walk<'a> {
    patterns: &'a [Vec<Token>],
    alphabet: Vec<char>,
}

impl Walk<'_> {
    fn start(&self, kind: SubjectKind) -> (State, String) {
        let at_start = |pattern: &Vec<Token>| closed(pattern, vec![0]);
        let mut positions: Vec<Vec<usize>> = self.patterns.iter().map(at_start).collect();
        let place = match kind {
            SubjectKind::Any => Place::Free,
            SubjectKind::ServiceAccount => Place::NAMESPACE,
        };
        if kind == SubjectKind::Any {
            return (State { place, positions }, String::new());
        }
        for character in SUBJECT_PREFIX.chars() {
            positions = self.advance(&positions, character);
        }
        (State { place, positions }, SUBJECT_PREFIX.to_owned())
    }

    fn step(&self, state: &State, character: char) -> Option<State> {
        Some(State {
            place: state.place.next(character)?,
            positions: self.advance(&state.positions, character),
        })
    }

    fn advance(&self, positions: &[Vec<usize>], character: char) -> Vec<Vec<usize>> {
        let of_pattern = |(pattern, at): (&Vec<Token>, &Vec<usize>)| {
            let next = |position: &usize| match pattern.get(*position)? {
                Token::AnyRun => Some(*position),
                Token::AnyOne => Some(position + 1),
                Token::Character(expected) => (*expected == character).then_some(position + 1),
            };
            closed(pattern, at.iter().filter_map(next).collect())
        };
        self.patterns
            .iter()
            .zip(positions)
            .map(of_pattern)
            .collect()
    }
}

/// A run may be empty, so whoever stands before it stands behind it too.
fn closed(pattern: &[Token], mut positions: Vec<usize>) -> Vec<usize> {
    let mut index = 0;
    while let Some(position) = positions.get(index).copied() {
        if pattern.get(position) == Some(&Token::AnyRun) {
            positions.push(position + 1);
        }
        index += 1;
    }
    positions.sort_unstable();
    positions.dedup();
    positions
}

impl Place {
    const NAMESPACE: Place = Place::Namespace {
        begins: true,
        ends_well: false,
    };
    const NAME: Place = Place::Name {
        begins: true,
        ends_well: false,
    };

    fn is_end(self) -> bool {
        matches!(
            self,
            Place::Free
                | Place::Name {
                    ends_well: true,
                    ..
                }
        )
    }

    fn next(self, character: char) -> Option<Place> {
        let is_plain = character.is_ascii_lowercase() || character.is_ascii_digit();
        match (self, character) {
            (Place::Free, _) => Some(Place::Free),
            (Place::Namespace { .. }, _) if is_plain => Some(Place::Namespace {
                begins: false,
                ends_well: true,
            }),
            (Place::Namespace { begins: false, .. }, '-') => Some(Place::Namespace {
                begins: false,
                ends_well: false,
            }),
            (
                Place::Namespace {
                    ends_well: true, ..
                },
                ':',
            ) => Some(Place::NAME),
            (Place::Name { .. }, _) if is_plain => Some(Place::Name {
                begins: false,
                ends_well: true,
            }),
            (Place::Name { begins: false, .. }, '-') => Some(Place::Name {
                begins: false,
                ends_well: false,
            }),
            (
                Place::Name {
                    ends_well: true, ..
                },
                '.',
            ) => Some(Place::NAME),
            _ => None,
        }
    }
}
