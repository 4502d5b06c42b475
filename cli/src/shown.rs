//! What a text from anybody looks like on a terminal: nothing in it is obeyed. Must not print.

use std::borrow::Cow;

/// Whether a terminal would obey a character, or lines and letters would change their order.
fn obeyed(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => true,
        other => other.is_control(),
    }
}

/// Text without characters that a terminal would obey, or that turn the order of others around: names come
/// from files, and files from anybody.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| if obeyed(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// JSON in which such characters are escaped as JSON escapes them: they stand only within its texts.
pub(crate) fn shown_in_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if obeyed(c) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_a_terminal_would_obey_is_shown_by_its_number() {
        assert_eq!(shown("plain é\n\tx"), "plain é\n\tx");
        assert_eq!(shown("a\u{1b}[31mb\u{7}"), "a\\u{1b}[31mb\\u{7}");
        assert_eq!(shown("\u{9b}2J \u{202e}x\r"), "\\u{9b}2J \\u{202e}x\\u{d}");
    }
}
