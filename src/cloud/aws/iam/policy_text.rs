//! Policy documents as IAM returns them: JSON, percent-encoded (RFC 3986, so `+` is a plus).

/// The JSON text. A text that is JSON already is left alone.
pub(super) fn decode(document: &str) -> String {
    if document.trim_start().starts_with('{') {
        return document.to_owned();
    }
    let bytes = document.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| *first == b'%').and_then(hex_byte);
        match escape {
            Some(byte) => {
                decoded.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| document.to_owned())
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_document_is_decoded_and_a_plus_stays() {
        assert_eq!(
            decode("%7B%22a%22%3A%22b%20%2B+%C3%A4%22%7D"),
            r#"{"a":"b ++ä"}"#
        );
    }

    #[test]
    fn a_document_that_is_json_is_left_alone() {
        assert_eq!(decode(r#"{"a":"%20"}"#), r#"{"a":"%20"}"#);
    }

    #[test]
    fn a_broken_escape_stays_as_it_is() {
        assert_eq!(decode("%7B%zz%2"), "{%zz%2");
    }
}
