//! The one form of date a presigned request has: `YYYYMMDDThhmmssZ`, on the real calendar, without fractions or leap seconds.

use std::time::{Duration, SystemTime};

/// Reads it; none for anything else, and for moments before 1970.
pub(super) fn parse(text: &[u8]) -> Option<SystemTime> {
    let [
        y1,
        y2,
        y3,
        y4,
        m1,
        m2,
        d1,
        d2,
        b'T',
        h1,
        h2,
        n1,
        n2,
        s1,
        s2,
        b'Z',
    ] = text
    else {
        return None;
    };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let month = number(&[*m1, *m2])?;
    let day = number(&[*d1, *d2])?;
    let (hour, minute, second) = (
        number(&[*h1, *h2])?,
        number(&[*n1, *n2])?,
        number(&[*s1, *s2])?,
    );
    if hour > 23 || minute > 59 || second > 59 || day == 0 || day > days_in_month(year, month)? {
        return None;
    }
    let days = days_before_year(year).checked_sub(days_before_year(1970))?
        + days_before_month(year, month)?
        + day
        - 1;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(
        days * 86_400 + hour * 3_600 + minute * 60 + second,
    ))
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + u64::from(digit - b'0'))
    })
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_month(year: u64, month: u64) -> Option<u64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        _ => None,
    }
}

fn days_before_month(year: u64, month: u64) -> Option<u64> {
    (1..month).map(|month| days_in_month(year, month)).sum()
}

fn days_before_year(year: u64) -> u64 {
    let before = year.saturating_sub(1);
    year * 365 + before / 4 - before / 100 + before / 400
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        parse(text.as_bytes()).map(|moment| {
            moment
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs()
        })
    }

    #[test]
    fn a_date_counts_the_seconds_since_1970() {
        assert_eq!(
            [
                "19700101T000000Z",
                "19700101T000001Z",
                "20000229T235959Z",
                "20240229T000000Z",
                "20260601T115500Z"
            ]
            .map(seconds),
            [
                Some(0),
                Some(1),
                Some(951_868_799),
                Some(1_709_164_800),
                Some(1_780_314_900)
            ]
        );
    }

    #[test]
    fn a_date_that_is_on_no_calendar_or_in_another_form_is_none() {
        for text in [
            "20260230T115500Z",
            "20250229T000000Z",
            "19000229T000000Z",
            "20261301T000000Z",
            "20260001T000000Z",
            "20260100T000000Z",
            "20260601T240000Z",
            "20260601T235960Z",
            "20260601T115500.5Z",
            "20260601T115500z",
            "2026-06-01T11:55:00Z",
            "",
            "19691231T235959Z",
            "2026060\u{661}T115500Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
