//! A moment as messages show it.

use jiff::Timestamp;

/// Seconds since 1970 as `2025-01-01T00:00:00Z`; a number that is on no calendar stays a number.
pub(crate) fn iso(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| format!("{seconds} seconds after 1970"),
        |moment| moment.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn a_moment_is_printed_as_a_calendar_has_it() {
        let moments = [0, 951_782_400, 951_868_799, 4_107_542_399, -1].map(iso);
        assert_eq!(
            moments,
            [
                "1970-01-01T00:00:00Z",
                "2000-02-29T00:00:00Z",
                "2000-02-29T23:59:59Z",
                "2100-02-28T23:59:59Z",
                "1969-12-31T23:59:59Z",
            ]
        );
        assert_eq!(iso(i64::MAX), "9223372036854775807 seconds after 1970");
    }
}
