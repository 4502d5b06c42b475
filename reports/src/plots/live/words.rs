//! Words that come again and again, by number. Must not know what they mean.

use std::collections::BTreeMap;

use crate::record::UserRef;

/// Words in the order of their first use; number 0 is none, 1 the first.
#[derive(Debug, Default)]
pub(super) struct Words {
    numbers: BTreeMap<String, usize>,
    all: Vec<String>,
    /// Number of the last one asked for, as jobs of one kind come in a row.
    last: usize,
}

impl Words {
    /// Returns the number of a word; 0 for an empty one.
    pub(super) fn number(&mut self, word: &str) -> u64 {
        if word.is_empty() {
            return 0;
        }
        let last = self.last.checked_sub(1).map(|index| self.all[index].as_str());
        if last != Some(word) {
            self.last = match self.numbers.get(word) {
                Some(number) => *number,
                None => {
                    self.all.push(word.to_owned());
                    self.numbers.insert(word.to_owned(), self.all.len());
                    self.all.len()
                }
            };
        }
        self.last as u64
    }

    /// Returns all words, the first one having number 1.
    pub(super) fn all(&self) -> &[String] {
        &self.all
    }
}

/// Users, whether they have names or numbers.
#[derive(Debug, Default)]
pub(super) struct Users {
    words: Words,
    /// Numbers of users whose name is a number, so that no text is made for each job.
    counted: BTreeMap<i64, u64>,
}

impl Users {
    /// Returns the number of a user; 0 if it is not known.
    pub(super) fn number(&mut self, user: UserRef<'_>) -> u64 {
        match user {
            UserRef::Unknown => 0,
            UserRef::Name(name) => self.words.number(name),
            UserRef::Number(user) => {
                let words = &mut self.words;
                *self.counted.entry(user).or_insert_with(|| words.number(&user.to_string()))
            }
        }
    }

    /// Returns all users, the first one having number 1.
    pub(super) fn all(&self) -> &[String] {
        self.words.all()
    }
}
