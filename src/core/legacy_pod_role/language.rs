//! What an expression can match at all: whether some text of a second expression is among what it finds.
//!
//! Both are turned into automata that run side by side until a text is found or none is left. Time and memory are bounded; where a bound
//! is met, nothing is said.

use std::collections::{HashSet, VecDeque};

use regex_automata::dfa::{Automaton, StartError, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

/// Bytes that one automaton may take, and pairs of states that are looked at.
const LARGEST_AUTOMATON: usize = 4 << 20;
const MOST_PAIRS: usize = 200_000;

/// ARNs of roles with an account, the beginning and the end included.
pub(super) fn role_arns(account: &str) -> String {
    format!("^arn:aws[a-z0-9-]*:iam::{account}:role/[A-Za-z0-9_+=,.@/-]+$")
}

/// Two accounts that no expression names but by accident.
pub(super) const OTHER_ACCOUNTS: &str = "(?:730918264537|284615093718)";

/// True if an expression is found in one of the texts that `among` matches as a whole; `None` where that is too much to say.
pub(super) fn can_match(expression: &str, among: &str) -> Option<bool> {
    let searched = automaton(expression)?;
    let texts = automaton(among)?;
    walk(&searched, &texts)
}

fn automaton(expression: &str) -> Option<dense::DFA<Vec<u32>>> {
    // What Go and the other engine call a class is ASCII here too; ARNs have no other characters.
    dense::Builder::new()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(
            thompson::Config::new()
                .utf8(false)
                .nfa_size_limit(Some(LARGEST_AUTOMATON)),
        )
        .configure(
            dense::Config::new()
                .match_kind(MatchKind::All)
                .start_kind(regex_automata::dfa::StartKind::Unanchored)
                .dfa_size_limit(Some(LARGEST_AUTOMATON))
                .determinize_size_limit(Some(LARGEST_AUTOMATON)),
        )
        .build(expression)
        .ok()
}

/// Two states, and whether the first expression is found already.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    searched: StateID,
    text: StateID,
    is_found: bool,
}

fn walk(searched: &dense::DFA<Vec<u32>>, texts: &dense::DFA<Vec<u32>>) -> Option<bool> {
    let first = Pair {
        searched: start_of(searched).ok()?,
        text: start_of(texts).ok()?,
        is_found: false,
    };
    let mut seen = HashSet::from([first]);
    let mut queue = VecDeque::from([first]);
    while let Some(pair) = queue.pop_front() {
        let ends =
            |dfa: &dense::DFA<Vec<u32>>, state| dfa.is_match_state(dfa.next_eoi_state(state));
        if ends(texts, pair.text) && (pair.is_found || ends(searched, pair.searched)) {
            return Some(true);
        }
        for byte in b' '..=b'~' {
            let text = texts.next_state(pair.text, byte);
            let next = searched.next_state(pair.searched, byte);
            if texts.is_dead_state(text) {
                continue;
            }
            let is_found = pair.is_found || searched.is_match_state(next);
            let pair = Pair {
                // Once it is found, how is of no interest.
                searched: if is_found { first.searched } else { next },
                text,
                is_found,
            };
            if seen.insert(pair) {
                queue.push_back(pair);
            }
        }
        if seen.len() > MOST_PAIRS {
            return None;
        }
    }
    Some(false)
}

fn start_of(dfa: &dense::DFA<Vec<u32>>) -> Result<StateID, StartError> {
    dfa.start_state(&start::Config::new().anchored(Anchored::No))
}
