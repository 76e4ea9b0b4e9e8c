//! The server's pattern match on ARNs, used for the mappings of single sign-on roles.
//!
//! `*` stands for any characters and `?` for exactly one, as everywhere else in AWS; to the reference `?` is no or one character. Neither wildcard
//! matches a line feed. Source: `pkg/arn/arnlike.go` of aws-iam-authenticator v0.7.18.

use super::{ArnError, Sections};

/// True if each of the five parts after `arn:` matches the pattern's part, case-sensitively and as a whole.
pub fn arn_matches(arn: &str, pattern: &str) -> Result<bool, ArnError> {
    let arn = Sections::parse(arn)?;
    let pattern = Sections::parse(pattern)?;
    Ok(part_matches(arn.partition, pattern.partition)
        && part_matches(arn.service, pattern.service)
        && part_matches(arn.region, pattern.region)
        && part_matches(arn.account, pattern.account)
        && part_matches(arn.resource, pattern.resource))
}

/// Runs all readings of the pattern side by side, so that the time is bounded by the product of both lengths.
fn part_matches(text: &str, pattern: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reachable = vec![false; pattern.len() + 1];
    mark(&mut reachable, &pattern, 0);
    for character in text.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, expected) in pattern.iter().enumerate() {
            if reachable.get(at) != Some(&true) {
                continue;
            }
            match expected {
                '*' if character != '\n' => mark(&mut next, &pattern, at),
                '?' if character != '\n' => mark(&mut next, &pattern, at + 1),
                '*' | '?' => {}
                literal if *literal == character => mark(&mut next, &pattern, at + 1),
                _ => {}
            }
        }
        reachable = next;
    }
    reachable.last() == Some(&true)
}

/// Marks a position and those that can be reached from it without reading a character.
fn mark(reachable: &mut [bool], pattern: &[char], mut at: usize) {
    while let Some(slot) = reachable.get_mut(at) {
        *slot = true;
        match pattern.get(at) {
            Some('*') => at += 1,
            _ => return,
        }
    }
}
