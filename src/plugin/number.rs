//! Numbers without loss.
//!
//! Terraform's numbers are 512-bit floats that travel as integer, float or decimal text; two of them are equal if their values are, however
//! they travelled. So comparison goes through one exact decimal form. Source: Terraform's object wire format.

use std::cmp::Ordering;
use std::fmt;

/// A number without loss: Terraform's numbers have no fixed size.
#[derive(Clone, Debug)]
pub enum Number {
    /// A whole number that fits.
    Int(i64),
    /// A whole number above `i64`.
    Uint(u64),
    /// A finite or infinite float.
    Float(f64),
    /// Any other number as its decimal text.
    Decimal(String),
}

/// Digits with their exponent: the value is `±0.DIGITS × 10^exponent`, without zeros at either end of the digits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exact {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Number {
    /// Reads a decimal text such as `-12.5` or `1e400`; the narrowest form that holds it without loss.
    ///
    /// `None` if the text is no number.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "inf" | "Inf" | "+Inf" => return Some(Self::Float(f64::INFINITY)),
            "-inf" | "-Inf" => return Some(Self::Float(f64::NEG_INFINITY)),
            _ => {}
        }
        let exact = Exact::parse(text)?;
        Some(
            exact
                .to_integer()
                .unwrap_or_else(|| Self::Decimal(text.to_owned())),
        )
    }

    /// The value a binary float holds, exactly; whole numbers become integers. `None` for NaN.
    pub fn from_binary(float: f64) -> Option<Self> {
        if float.is_nan() {
            return None;
        }
        if float.is_infinite() {
            return Some(Self::Float(float));
        }
        Some(
            Exact::from_float(float)
                .to_integer()
                .unwrap_or(Self::Float(float)),
        )
    }

    /// The value a person means who writes this float in decimal (0.1 is a tenth). `None` for NaN.
    pub fn from_decimal(float: f64) -> Option<Self> {
        let binary = Self::from_binary(float)?;
        match Self::parse(&format!("{float}")) {
            Some(decimal) if decimal != binary => Some(decimal),
            _ => Some(binary),
        }
    }

    /// The number as `i64`, if it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.narrow() {
            Self::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The number as `u64`, if it is whole, not negative and fits.
    pub fn as_u64(&self) -> Option<u64> {
        match self.narrow() {
            Self::Int(int) => u64::try_from(int).ok(),
            Self::Uint(uint) => Some(uint),
            _ => None,
        }
    }

    /// The nearest float.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Int(int) => *int as f64,
            Self::Uint(uint) => *uint as f64,
            Self::Float(float) => *float,
            Self::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    fn narrow(&self) -> Self {
        match self {
            Self::Int(_) | Self::Uint(_) => self.clone(),
            Self::Float(float) => Self::from_binary(*float).unwrap_or(Self::Float(*float)),
            Self::Decimal(text) => Self::parse(text).unwrap_or_else(|| self.clone()),
        }
    }

    /// Infinite numbers have no digits; a decimal text that is no number (unreachable by `parse`) counts as zero.
    fn exact(&self) -> Result<Exact, Ordering> {
        Ok(match self {
            Self::Int(int) => Exact::new(*int < 0, int.unsigned_abs().to_string().as_bytes(), None),
            Self::Uint(uint) => Exact::new(false, uint.to_string().as_bytes(), None),
            Self::Float(float) if float.is_infinite() => {
                return Err(if *float > 0.0 {
                    Ordering::Greater
                } else {
                    Ordering::Less
                });
            }
            Self::Float(float) => Exact::from_float(*float),
            Self::Decimal(text) => {
                Exact::parse(text).unwrap_or_else(|| Exact::new(false, b"", None))
            }
        })
    }
}

impl Exact {
    /// `digits` may have zeros at both ends; `point` is where the decimal point stands in them (none: at their end).
    fn new(negative: bool, digits: &[u8], point: Option<i64>) -> Self {
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        let trimmed: &[u8] = digits.get(leading..).unwrap_or_default();
        let trailing = trimmed
            .iter()
            .rev()
            .take_while(|digit| **digit == b'0')
            .count();
        let trimmed = trimmed
            .get(..trimmed.len().saturating_sub(trailing))
            .unwrap_or_default();
        if trimmed.is_empty() {
            return Self {
                negative: false,
                digits: Vec::new(),
                exponent: 0,
            };
        }
        Self {
            negative,
            digits: trimmed.to_vec(),
            exponent: point
                .unwrap_or(length)
                .saturating_sub(i64::try_from(leading).unwrap_or(i64::MAX)),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
            Some(at) => (
                unsigned.get(..at)?,
                unsigned.get(at.checked_add(1)?..)?.parse::<i64>().ok()?,
            ),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
        Some(Self::new(negative, digits.as_bytes(), Some(point)))
    }

    /// The exact value of a finite float: at most 1074 binary digits follow the point, and as many decimal ones.
    fn from_float(float: f64) -> Self {
        let text = if float.fract() == 0.0 {
            format!("{float:.0}")
        } else {
            format!("{float:.1074}")
        };
        Self::parse(&text).unwrap_or_else(|| Self::new(false, b"", None))
    }

    /// As an integer, if it is one that fits 64 bits.
    fn to_integer(&self) -> Option<Number> {
        let count = i64::try_from(self.digits.len()).ok()?;
        if self.exponent < count || self.exponent > 20 {
            return (count == 0).then_some(Number::Int(0));
        }
        let mut magnitude: u128 = 0;
        for position in 0..self.exponent {
            let digit = usize::try_from(position)
                .ok()
                .and_then(|position| self.digits.get(position))
                .map_or(0, |byte| u128::from(byte.wrapping_sub(b'0')));
            magnitude = magnitude.checked_mul(10)?.checked_add(digit)?;
        }
        let signed = i128::try_from(magnitude).ok()?;
        let signed = if self.negative { -signed } else { signed };
        i64::try_from(signed)
            .map(Number::Int)
            .or_else(|_| u64::try_from(signed).map(Number::Uint))
            .ok()
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |exact: &Self| match (exact.digits.is_empty(), exact.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = || {
            self.exponent
                .cmp(&other.exponent)
                .then_with(|| self.digits.cmp(&other.digits))
        };
        sign(self).cmp(&sign(other)).then_with(|| match sign(self) {
            1 => magnitude(),
            -1 => magnitude().reverse(),
            _ => Ordering::Equal,
        })
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => left.cmp(right),
            (Self::Uint(left), Self::Uint(right)) => left.cmp(right),
            _ => match (self.exact(), other.exact()) {
                (Ok(left), Ok(right)) => left.cmp(&right),
                (Err(left), Err(right)) => left.cmp(&right),
                (Err(left), Ok(_)) => left,
                (Ok(_), Err(right)) => right.reverse(),
            },
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Uint(uint) => write!(f, "{uint}"),
            Self::Float(float) => write!(f, "{float}"),
            Self::Decimal(text) => f.write_str(text),
        }
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<u64> for Number {
    fn from(uint: u64) -> Self {
        i64::try_from(uint).map_or(Self::Uint(uint), Self::Int)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_equal_by_value_however_they_are_written() {
        assert_eq!(number("1e2"), Number::Int(100));
        assert_eq!(number("0.50"), Number::Float(0.5));
        assert_eq!(number("18446744073709551615"), Number::Uint(u64::MAX));
        assert_eq!(number("-0"), Number::Int(0));
        assert_ne!(
            number("0.1"),
            Number::Float(0.1),
            "a float is not an exact tenth"
        );
        assert_ne!(
            number("9007199254740993"),
            Number::Float(9_007_199_254_740_992.0)
        );
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let mut numbers = [
            number("1e400"),
            Number::Float(f64::INFINITY),
            number("-3.5"),
            number("-1e400"),
            Number::Float(f64::NEG_INFINITY),
            Number::Int(0),
            number("0.001"),
        ];
        numbers.sort();
        let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["-inf", "-1e400", "-3.5", "0", "0.001", "1e400", "inf"]
        );
    }

    #[test]
    fn a_text_that_is_no_number_is_refused() {
        for text in ["", "-", ".", "1.2.3", "0x10", "one", "1e", "e5", "1 "] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_float_a_person_wrote_is_its_decimal_and_not_its_binary_value() {
        assert_eq!(Number::from_decimal(0.1).unwrap(), number("0.1"));
        assert_eq!(Number::from_decimal(0.5).unwrap(), Number::Float(0.5));
        assert!(matches!(Number::from_decimal(3.0), Some(Number::Int(3))));
        assert!(Number::from_decimal(f64::NAN).is_none());
    }

    #[test]
    fn whole_numbers_are_exact_or_refused() {
        assert_eq!(number("12").as_i64(), Some(12));
        assert_eq!(number("12.5").as_i64(), None);
        assert_eq!(number("9223372036854775808").as_i64(), None);
        assert_eq!(number("9223372036854775808").as_u64(), Some(1 << 63));
        assert_eq!(number("-1").as_u64(), None);
        assert_eq!(Number::Float(2.0).as_i64(), Some(2));
    }
}
