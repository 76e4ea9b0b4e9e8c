//! The dates and times that go-yaml 2.4 knows; they matter only behind an explicit `!!timestamp`.

use jiff::civil::Date;

/// `2006-1-2`, `2006-1-2 15:4:5.9`, or with `T` or `t` and a zone (`Z`, `+07:00`).
pub(super) fn is_timestamp(text: &str) -> bool {
    let Some((date, rest)) = split_date(text) else {
        return false;
    };
    if !date {
        return false;
    }
    match rest.as_bytes().first() {
        None => true,
        Some(b' ') => rest
            .get(1..)
            .and_then(split_time)
            .is_some_and(str::is_empty),
        Some(b'T' | b't') => rest.get(1..).and_then(split_time).is_some_and(is_zone),
        Some(_) => false,
    }
}

/// True with the rest behind a date that the calendar has.
fn split_date(text: &str) -> Option<(bool, &str)> {
    let (year, rest) = (text.get(..4)?, text.get(4..)?.strip_prefix('-')?);
    let year: i16 = year
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| year.parse().ok())??;
    let (month, rest) = split_number(rest)?;
    let (day, rest) = split_number(rest.strip_prefix('-')?)?;
    Some((Date::new(year, month, day).is_ok(), rest))
}

/// The rest behind `15:4:5`, with an optional fraction.
fn split_time(text: &str) -> Option<&str> {
    let (hour, rest) = split_number(text)?;
    let (minute, rest) = split_number(rest.strip_prefix(':')?)?;
    let (second, rest) = split_number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    match rest.strip_prefix(['.', ',']) {
        Some(fraction) => {
            let behind = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (behind.len() < fraction.len()).then_some(behind)
        }
        None => Some(rest),
    }
}

fn is_zone(text: &str) -> bool {
    if text == "Z" {
        return true;
    }
    let digits = |range| {
        text.get(range)
            .and_then(|part: &str| part.parse::<u32>().ok())
    };
    let signed = text.starts_with(['+', '-']) && text.len() == 6 && text.get(3..4) == Some(":");
    signed
        && digits(1..3).is_some_and(|hour| hour <= 24)
        && digits(4..6).is_some_and(|minute| minute <= 60)
}

/// One or two digits.
fn split_number(text: &str) -> Option<(i8, &str)> {
    let length = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text.get(..length)?.parse().ok()?, text.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    #[test]
    fn the_four_layouts_and_nothing_else() {
        for text in [
            "2001-12-14",
            "2001-1-2",
            "2001-1-2 3:4:5",
            "2001-1-2 03:04:05.123",
            "2001-12-14T21:59:43Z",
            "2001-12-14t21:59:43.10-05:00",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "2001-13-1",
            "2001-2-29",
            "01-1-1",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-14T21:59:43",
            "2001-1-2 24:0:0",
            "2001-1-2x",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
