//! What the TOML parser refuses, in words that a user knows. Must not know any table.

use gleaner_core::suggest::Suggestion;

/// Not TOML, an unknown key, a missing one, or a value of the wrong type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SyntaxError(String);

/// What the parser says of types of ours, and what a user is told.
const TYPES: [(&str, &str); 7] = [
    ("expected u8", "expected a whole number from 0 to 255"),
    ("expected u16", "expected a whole number from 0 to 65535"),
    ("expected u32", "expected a whole number from 0 to 4294967295"),
    ("expected u64", "expected a whole number, 0 or more"),
    ("expected f64", "expected a number"),
    ("expected a string", "expected a text in quotes"),
    ("expected a boolean", "expected `true` or `false`"),
];

impl SyntaxError {
    /// Takes the parser's message, without the names of our types.
    pub fn new(message: &str) -> SyntaxError {
        let known = TYPES.iter().find(|(ours, _)| message.ends_with(ours));
        SyntaxError(
            known.map_or_else(|| message.to_owned(), |(ours, plain)| message.replace(ours, plain)),
        )
    }

    /// Returns the word that was probably meant: of the words quoted in the message, the later one most like the
    /// first. "unknown field `nods`, expected one of `name`, `nodes`" gives "did you mean `nodes`?".
    pub fn hint(&self) -> Option<String> {
        let mut quoted = self.0.split('`').skip(1).step_by(2);
        let wrong = quoted.next()?;
        // The message itself lists the known words.
        let suggestion = Suggestion::new(wrong, quoted);
        suggestion.nearest().map(|nearest| format!("did you mean `{nearest}`?"))
    }
}

#[cfg(test)]
mod tests {
    use super::SyntaxError;

    #[test]
    fn a_misspelt_key_is_answered_with_the_one_meant() {
        let hint = |message| SyntaxError::new(message).hint();
        let message = "unknown field `nods`, expected one of `name`, `nodes`, `cores_per_node`";
        assert_eq!(hint(message).as_deref(), Some("did you mean `nodes`?"));
        assert_eq!(hint("unknown field `zzzzzz`, expected `name`"), None);
    }

    #[test]
    fn types_are_named_as_users_know_them() {
        let error = SyntaxError::new("invalid type: string \"x\", expected u64");
        assert_eq!(
            error.to_string(),
            "invalid type: string \"x\", expected a whole number, 0 or more"
        );
    }
}
