//! Percent-encoding of paths and queries, both ways. Knows no route.

use std::fmt::Write;

/// Encodes all but letters, digits, `-._~` and what `keep` holds.
pub(super) fn encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || keep.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Decodes; nothing if an escape is broken or the bytes are no UTF-8. A plus sign is a blank in a
/// query, not in a path.
pub(super) fn decode(text: &str, in_query: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let (high, low) = (bytes.next()?, bytes.next()?);
                let digit = |byte: u8| char::from(byte).to_digit(16);
                u8::try_from(digit(high)? * 16 + digit(low)?).ok()?
            }
            b'+' if in_query => b' ',
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

/// The pairs of a query, decoded, in order; a key without `=` has an empty value.
pub(super) fn pairs(query: &str) -> Option<Vec<(String, String)>> {
    let one = |part: &str| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decode(key, true)?, decode(value, true)?))
    };
    query.split('&').filter(|part| !part.is_empty()).map(one).collect()
}
