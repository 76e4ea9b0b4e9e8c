//! The one form of date a presigned request has: `YYYYMMDDThhmmssZ`, on the real calendar, without fractions or leap seconds.

use std::time::{Duration, SystemTime};

use jiff::civil::DateTime;
use jiff::tz::Offset;

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
    let moment = DateTime::new(
        i16::from(number(*y1, *y2)?) * 100 + i16::from(number(*y3, *y4)?),
        number(*m1, *m2)?,
        number(*d1, *d2)?,
        number(*h1, *h2)?,
        number(*n1, *n2)?,
        number(*s1, *s2)?,
        0,
    )
    .ok()?;
    let seconds = Offset::UTC.to_timestamp(moment).ok()?.as_second();
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// Two decimal digits, nothing else.
fn number(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| {
        byte.is_ascii_digit()
            .then(|| i8::try_from(byte - b'0').ok())
            .flatten()
    };
    Some(digit(tens)? * 10 + digit(ones)?)
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
