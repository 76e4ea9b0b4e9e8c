//! Texts that several objects share: failures of AWS or a cluster, and counts in words.

pub mod api_failure;
pub(crate) mod kept_state;
pub(crate) mod shared_cause;

/// `1 role`, `2 roles`: a count with its noun, which takes an `s`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
