//! The block `timeouts`: how long an operation may wait, as Go writes durations (`30m`, `1h30m`, `90s`).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tf_provider::schema::{Block, Invalid, Nesting};
use tf_provider::{Attr, Attribute, Validator};

/// What `create` and `update` wait where nothing is configured: as long as EKS may need for a cluster.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The block's model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeouts {
    /// For making the object.
    pub create: Attr<String>,
    /// For changing it.
    pub update: Attr<String>,
    /// For removing it, which waits for no cluster: kept so that blocks of other providers fit.
    pub delete: Attr<String>,
}

/// The operation that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Making.
    Create,
    /// Changing.
    Update,
    /// Removing.
    Delete,
}

impl Timeouts {
    /// The schema of the block.
    pub fn block() -> Block {
        let attribute = |description: &str| {
            Attribute::string()
                .optional()
                .validate(Validator::string(|text| {
                    parse_duration(text).map(drop).ok_or_else(|| invalid(text))
                }))
                .description(description)
        };
        Block::new(Nesting::Single)
            .attribute("create", attribute("How long creation may wait, `30m` unless set."))
            .attribute("update", attribute("How long an update may wait, `30m` unless set."))
            .attribute("delete", attribute("Without effect: a removal waits for no cluster."))
            .description("How long to wait for a cluster that is being created. A name that EKS does not know is waited for two minutes at most.")
    }

    /// The timeout of an operation, or the default.
    pub fn or_default(timeouts: Option<&Timeouts>, operation: Operation) -> Duration {
        let text = timeouts.and_then(|timeouts| match operation {
            Operation::Create => timeouts.create.known(),
            Operation::Update => timeouts.update.known(),
            Operation::Delete => timeouts.delete.known(),
        });
        text.and_then(|text| parse_duration(text))
            .unwrap_or(DEFAULT_TIMEOUT)
    }
}

fn invalid(text: &str) -> Invalid {
    Invalid::new(
        "Invalid Timeout",
        format!(
            "`{text}` is not a duration: write numbers with units, such as `30m`, `1h30m` or `90s`."
        ),
    )
}

/// Numbers with units, one after another: `h`, `m`, `s`, `ms`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|letter: char| !letter.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = tail;
    }
    if text.is_empty() {
        return None;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let seconds = |text| parse_duration(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("30m"), Some(1800.0));
        assert_eq!(seconds("1h30m"), Some(5400.0));
        assert_eq!(seconds("1.5h"), Some(5400.0));
        assert_eq!(seconds("90s250ms"), Some(90.25));
        for wrong in ["", "30", "m", "-5m", "5 m", "5d", "1..5h"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_operation_without_its_own_timeout_has_the_default() {
        let timeouts = Timeouts {
            create: Attr::Known("5m".to_owned()),
            ..Timeouts::default()
        };
        assert_eq!(
            Timeouts::or_default(Some(&timeouts), Operation::Create),
            Duration::from_secs(300)
        );
        assert_eq!(
            Timeouts::or_default(Some(&timeouts), Operation::Delete),
            DEFAULT_TIMEOUT
        );
        assert_eq!(
            Timeouts::or_default(None, Operation::Update),
            DEFAULT_TIMEOUT
        );
    }
}
