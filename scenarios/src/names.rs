//! The words that scenarios and options use for schedulers, rhythms, estimates and victims. Must
//! not know where the words stand.

use std::fmt;

use gleaner_sim::oar::model::config::OarCompat;
use gleaner_sim::sizes::Leave;
use gleaner_sim::textbook::Rhythm;
use gleaner_sim::textbook::harvest::Victims;
use gleaner_sim::world::Estimates;
use gleaner_traces::generate::lublin::LublinClass;
use gleaner_traces::workload::Clean;
use serde::de::{self, Deserialize, Deserializer};

use crate::scenario::SchedulerKind;

/// Something that is chosen by a word.
pub trait Word: Sized + Clone + PartialEq + 'static {
    /// What is chosen, for errors.
    const WHAT: &'static str;
    /// Each word and what it stands for, in the order in which people should read them; empty where a value's
    /// words are not a plain list.
    const TABLE: &'static [(&'static str, Self)] = &[];

    /// Returns the words there are, in the order in which people should read them.
    fn words() -> Vec<&'static str> {
        Self::TABLE.iter().map(|(word, _)| *word).collect()
    }

    /// What `word` stands for.
    fn from_word(word: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(known, _)| *known == word).map(|(_, value)| value.clone())
    }
}

/// A word that stands for nothing here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}`, expected {}", List(expected))]
pub struct UnknownWord {
    what: &'static str,
    word: String,
    expected: Vec<&'static str>,
}

struct List<'a>(&'a [&'a str]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, word) in self.0.iter().enumerate() {
            let gap = match number {
                0 => "",
                _ if number + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(f, "{gap}`{word}`")?;
        }
        Ok(())
    }
}

/// What `word` stands for.
pub fn parse<T: Word>(word: &str) -> Result<T, UnknownWord> {
    let unknown = || UnknownWord { what: T::WHAT, word: word.to_owned(), expected: T::words() };
    T::from_word(word).ok_or_else(unknown)
}

/// A value that a file gives by its word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<T>(pub(crate) T);

impl<'de, T: Word> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Named<T>, D::Error> {
        let word = String::deserialize(from)?;
        parse(&word).map(Named).map_err(de::Error::custom)
    }
}

impl Word for SchedulerKind {
    const WHAT: &'static str = "scheduler";

    fn words() -> Vec<&'static str> {
        SchedulerKind::all().map(SchedulerKind::name).collect()
    }

    fn from_word(word: &str) -> Option<SchedulerKind> {
        SchedulerKind::all().find(|kind| kind.name() == word)
    }
}

impl Word for LublinClass {
    const WHAT: &'static str = "class of jobs";
    const TABLE: &'static [(&'static str, LublinClass)] = &[
        ("batch", LublinClass::Batch),
        ("interactive", LublinClass::Interactive),
        ("combined", LublinClass::Combined),
    ];
}

impl Word for Rhythm {
    const WHAT: &'static str = "rhythm of events";
    const TABLE: &'static [(&'static str, Rhythm)] =
        &[("event", Rhythm::Event), ("instant", Rhythm::Instant)];
}

impl Word for Leave {
    const WHAT: &'static str = "way for nodes to leave";
    const TABLE: &'static [(&'static str, Leave)] =
        &[("drain", Leave::Drain), ("kill", Leave::Kill)];
}

impl Word for OarCompat {
    const WHAT: &'static str = "kind of compatibility";
    const TABLE: &'static [(&'static str, OarCompat)] =
        &[("real", OarCompat::Real), ("intended", OarCompat::Intended)];
}

/// How OAR's passes come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassRhythm {
    /// In OAR's own rhythm.
    Real,
    /// At every event, in no time.
    Ideal,
}

impl Word for PassRhythm {
    const WHAT: &'static str = "rhythm of passes";
    const TABLE: &'static [(&'static str, PassRhythm)] =
        &[("real", PassRhythm::Real), ("ideal", PassRhythm::Ideal)];
}

/// In which order OAR tries the waiting jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobOrder {
    /// In order of submission.
    Fifo,
    /// Who used least comes first.
    Fairshare,
    /// By a weighted sum.
    Multifactor,
}

impl Word for JobOrder {
    const WHAT: &'static str = "order of jobs";
    const TABLE: &'static [(&'static str, JobOrder)] = &[
        ("fifo", JobOrder::Fifo),
        ("fairshare", JobOrder::Fairshare),
        ("multifactor", JobOrder::Multifactor),
    ];
}

/// Whether a queue's jobs are scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueState {
    /// They are.
    Active,
    /// They wait.
    Inactive,
}

impl Word for QueueState {
    const WHAT: &'static str = "state of a queue";
    const TABLE: &'static [(&'static str, QueueState)] =
        &[("active", QueueState::Active), ("inactive", QueueState::Inactive)];
}

impl Word for Clean {
    const WHAT: &'static str = "reading rules";
    const TABLE: &'static [(&'static str, Clean)] =
        &[("archive", Clean::Archive), ("sc15", Clean::Sc15), ("none", Clean::None)];
}

impl Word for Victims {
    const WHAT: &'static str = "order of victims";
    const TABLE: &'static [(&'static str, Victims)] = &[
        ("resource-order", Victims::ResourceOrder),
        ("youngest", Victims::Youngest),
        ("least-waste", Victims::LeastWaste),
    ];
}

impl Word for Estimates {
    const WHAT: &'static str = "kind of estimates";

    fn words() -> Vec<&'static str> {
        vec!["requested", "exact", "xF (F times the requested time, from 1 to 1000)"]
    }

    fn from_word(word: &str) -> Option<Estimates> {
        match word {
            "requested" => Some(Estimates::Requested),
            "exact" => Some(Estimates::Exact),
            _ => {
                let digits = word.strip_prefix('x')?;
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let factor: f64 = digits.parse().ok().filter(|_| plain)?;
                // A factor below 1 would plan the end of jobs before they may end.
                let in_range = (1.0..=1000.0).contains(&factor);
                in_range.then(|| Estimates::Factor(libm::round(factor * 1000.0) as u32))
            }
        }
    }
}

/// The word for a value of a plain list, as [`Word::from_word`] takes it.
pub fn word_of<T: Word>(value: &T) -> &'static str {
    let known = T::TABLE.iter().find(|(_, known)| known == value);
    known.expect("every value of a plain list has its word").0
}

/// The word for estimates, as [`Word::from_word`] takes it.
pub fn estimates_word(estimates: Estimates) -> String {
    match estimates {
        Estimates::Requested => "requested".to_owned(),
        Estimates::Exact => "exact".to_owned(),
        Estimates::Factor(thousandths) => format!("x{}", f64::from(thousandths) / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_read_as_they_are_written() {
        for word in ["requested", "exact", "x1", "x2", "x1.5"] {
            assert_eq!(estimates_word(parse(word).unwrap()), word);
        }
        for word in ["x0.5", "x", "xnan", "x-2", "x1e2", "x2000", "twice"] {
            assert!(parse::<Estimates>(word).is_err(), "{word}");
        }
    }

    #[test]
    fn words_stand_for_what_they_are_made_from() {
        for word in SchedulerKind::words() {
            assert_eq!(parse::<SchedulerKind>(word).unwrap().name(), word);
        }
        for word in Rhythm::words() {
            assert_eq!(word_of(&parse::<Rhythm>(word).unwrap()), word);
        }
    }

    #[test]
    fn an_unknown_word_lists_the_known_ones() {
        let error = parse::<SchedulerKind>("esay").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown scheduler `esay`, expected `fcfs`, `easy`, `easy-sjbf`, `conservative` or `oar`"
        );
    }
}
