//! How a practitioner says that a finding is meant: `EKSAUTH_LOCKOUT_ACK=<cluster>:<finding-id>:<arn>`, several apart by commas or white space.
//!
//! One acknowledges one finding of one cluster and silences no other. `<cluster>:destroy` is for a whole configuration that goes: it is heard for changes
//! that take access away and do nothing else.

use eksauth_core::access::lockout::Finding;

/// What the environment variable is called.
pub const VARIABLE: &str = "EKSAUTH_LOCKOUT_ACK";

/// Everything that was acknowledged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acknowledgements(Vec<String>);

impl Acknowledgements {
    /// Reads the variable's text.
    pub fn parse(text: &str) -> Self {
        let words = text.split(|character: char| character == ',' || character.is_whitespace());
        Self(
            words
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }

    /// Whether a finding is meant.
    pub fn cover(&self, finding: &Finding) -> bool {
        let exact = finding.acknowledgement();
        self.0.contains(&exact)
    }

    /// Words that acknowledge none of these findings, nor `teardown`, the cluster that goes as a whole.
    pub fn beside(&self, findings: &[Finding], teardown: Option<&str>) -> Vec<&str> {
        let mut known: Vec<String> = findings.iter().map(Finding::acknowledgement).collect();
        known.extend(teardown.map(|cluster| format!("{cluster}:destroy")));
        let words = self.0.iter().filter(|word| !known.contains(word));
        words.map(String::as_str).collect()
    }

    /// Whether a word has the form of an acknowledgement, so that it can be shown: anything else may be a secret that came here by mistake.
    pub fn has_form(word: &str) -> bool {
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || ":/_+=,.@-".contains(character);
        let finding = word.split_once(':').map_or("", |(_, finding)| finding);
        (finding == "destroy" || finding.starts_with("lockout.")) && word.chars().all(is_plain)
    }

    /// Whether it is meant that everything of a cluster goes.
    pub fn cover_teardown(&self, cluster: &str) -> bool {
        let whole = format!("{cluster}:destroy");
        self.0.contains(&whole)
    }
}

#[cfg(test)]
mod tests {
    use eksauth_core::access::lockout::{FindingId, Severity};

    use super::*;

    fn finding(cluster: &str, arn: &str) -> Finding {
        Finding {
            id: FindingId::RunningIdentity,
            severity: Severity::Error,
            cluster: cluster.to_owned(),
            arn: arn.to_owned(),
            reason: String::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn one_acknowledgement_covers_one_finding_of_one_cluster() {
        let meant = Acknowledgements::parse("prod:lockout.running-identity:arn:a, stage:destroy");
        assert!(meant.cover(&finding("prod", "arn:a")));
        assert!(!meant.cover(&finding("prod", "arn:b")));
        assert!(!meant.cover(&finding("dev", "arn:a")));
        assert!(!meant.cover(&finding("stage", "arn:b")));
        assert!(meant.cover_teardown("stage"));
        assert!(!meant.cover_teardown("prod"));
        assert!(!Acknowledgements::parse("").cover(&finding("prod", "arn:a")));
    }
}
