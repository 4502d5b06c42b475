//! What a server has said, in a form that can be kept and shown: bounded, in one line, without
//! characters that a terminal or a browser would obey.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most characters kept.
pub const CHARACTERS_MAX: usize = 600;

/// What a server said, for people: at most [`CHARACTERS_MAX`] characters, none of which controls anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ServerMessage(Box<str>);

impl ServerMessage {
    /// Keeps a text: control characters and those that turn the direction of text become blanks, blanks in
    /// a row become one, and what is too long is cut, which three dots show.
    pub fn new(text: &str) -> ServerMessage {
        let mut kept = String::new();
        let mut count = 0_usize;
        let shown = text.chars().map(|c| if is_harmless(c) { c } else { ' ' });
        for character in shown {
            if character == ' ' && (kept.is_empty() || kept.ends_with(' ')) {
                continue;
            }
            if count == CHARACTERS_MAX {
                let end =
                    kept.char_indices().nth(CHARACTERS_MAX - 3).map_or(kept.len(), |(at, _)| at);
                kept.truncate(end);
                kept.push_str("...");
                break;
            }
            kept.push(character);
            count += 1;
        }
        ServerMessage(kept.trim_end().into())
    }

    /// Returns whether nothing was said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns whether a character shows itself and does nothing else.
fn is_harmless(c: char) -> bool {
    let directs =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
    !(c.is_control() || c.is_whitespace() || directs || c == '\u{feff}')
}

impl From<String> for ServerMessage {
    fn from(text: String) -> ServerMessage {
        ServerMessage::new(&text)
    }
}

impl From<ServerMessage> for String {
    fn from(message: ServerMessage) -> String {
        message.0.into()
    }
}

impl fmt::Display for ServerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{CHARACTERS_MAX, ServerMessage};

    #[test]
    fn what_a_server_says_is_one_bounded_line_that_does_nothing() {
        let said = ServerMessage::new("\u{1b}[31mno\r\n\tresources\u{202e} \u{0} here  ");
        assert_eq!(said.as_str(), "[31mno resources here");
        let long = ServerMessage::new(&"é ".repeat(5000));
        assert_eq!(long.as_str().chars().count(), CHARACTERS_MAX);
        assert!(long.as_str().ends_with("..."), "{long}");
        assert_eq!(ServerMessage::new(long.as_str()), long, "keeping it again changes nothing");
        assert_eq!(ServerMessage::new(&"x".repeat(CHARACTERS_MAX)).as_str().len(), CHARACTERS_MAX);
        assert!(ServerMessage::new(" \n").is_empty());
    }
}
