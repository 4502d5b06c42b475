//! The letters of an answer: OAR 2.5 declares Latin-1, and writes it, bytes that are no UTF-8. Knows no JSON.

/// A body as UTF-8, from the encoding that its `Content-Type` declares. Bytes that do not belong to any letter are
/// replaced: they damage the text they stand in, and hide nothing else.
#[must_use]
pub fn to_utf8(content_type: Option<&str>, body: Vec<u8>) -> Vec<u8> {
    if body.is_ascii() {
        return body;
    }
    if content_type.is_some_and(is_latin1) {
        return body.into_iter().map(char::from).collect::<String>().into_bytes();
    }
    match String::from_utf8(body) {
        Ok(text) => text.into_bytes(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into_bytes(),
    }
}

/// Whether a media type declares Latin-1, by one of its names.
fn is_latin1(content_type: &str) -> bool {
    let mut parameters = content_type.split(';').skip(1).filter_map(|pair| pair.split_once('='));
    let charset = parameters.find(|(key, _)| key.trim().eq_ignore_ascii_case("charset"));
    charset.is_some_and(|(_, name)| {
        let name = name.trim().trim_matches('"').to_ascii_lowercase();
        matches!(&*name, "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "l1")
    })
}

#[cfg(test)]
mod tests {
    use super::to_utf8;

    #[test]
    fn bodies_are_read_by_the_charset_that_they_declare() {
        let latin = Some("application/json; charset=ISO-8859-1");
        let read = |kind, body: &[u8]| String::from_utf8(to_utf8(kind, body.to_vec())).unwrap();
        assert_eq!(read(latin, b"caf\xe9"), "caf\u{e9}");
        assert_eq!(read(latin, b"\xc3\xa9"), "\u{c3}\u{a9}");
        assert_eq!(read(Some("a/b; x=y; Charset=\"latin1\""), b"\xff"), "\u{ff}");
        for utf8 in [None, Some("application/json"), Some("application/json; charset=utf-8")] {
            assert_eq!(read(utf8, "caf\u{e9}".as_bytes()), "caf\u{e9}");
            assert_eq!(read(utf8, b"{\"a\": \"\xe9\"}"), "{\"a\": \"\u{fffd}\"}");
        }
    }
}
