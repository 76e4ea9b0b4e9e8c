//! A moment as messages show it.

/// Seconds since 1970 as `2025-01-01T00:00:00Z`, on the Gregorian calendar. Source of the day count: Howard Hinnant, "chrono-compatible low-level
/// date algorithms": years begin in March, so that the leap day is the last of them.
pub(crate) fn iso(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest % 3_600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn a_moment_is_printed_as_a_calendar_has_it() {
        for seconds in (-2_000_000_000..9_000_000_000).step_by(7_654_321).chain([
            0,
            951_782_399,
            951_782_400,
            951_868_800,
            4_107_542_399,
        ]) {
            let wanted = jiff::Timestamp::from_second(seconds).unwrap().to_string();
            assert_eq!(iso(seconds), wanted);
        }
    }
}
