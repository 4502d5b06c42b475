//! Keys of submissions: a daemon that sees one again answers as the first time, and submits nothing.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// What makes a request one and the same, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// Makes one that nobody has used: of the time, this process, and a random number of the system's.
    pub fn fresh() -> Key {
        use std::hash::{BuildHasher, Hasher};
        // Each new state is keyed by the system's chance.
        let chance = std::collections::hash_map::RandomState::new().build_hasher().finish();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Key(format!("{:x}-{:x}-{chance:016x}", now.as_nanos(), std::process::id()))
    }

    /// Takes one that the user has chosen; none unless it is 1 to 200 visible characters of ASCII.
    pub fn chosen(text: &str) -> Option<Key> {
        let good = (1..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        good.then(|| Key(text.to_owned()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn fresh_keys_differ_and_chosen_ones_fit_into_a_header() {
        assert_ne!(Key::fresh(), Key::fresh());
        assert!(Key::chosen(Key::fresh().text()).is_some());
        assert!(Key::chosen("run-7").is_some());
        assert!(["", "a b", "é", "x\r\ny"].iter().all(|text| Key::chosen(text).is_none()));
        assert!(Key::chosen(&"x".repeat(201)).is_none());
    }
}
