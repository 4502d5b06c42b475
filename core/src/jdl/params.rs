//! The parameters of a campaign: a number (implicit), or lines in one arena. Knows no file.

pub(in crate::jdl) mod made;
mod names;
pub mod tasks;

use std::borrow::Cow;
use std::fmt;

pub use names::{Names, check_names};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// The most tasks that a campaign can be counted with. How many it may have is a setting: see
/// [`crate::jdl::JdlContext::tasks_max`].
pub const TASKS_MAX: u32 = 1_000_000_000;

/// The longest parameter, in bytes: a job's whole command must fit into 128 KiB, which is what Linux passes to
/// a program as one argument.
pub const PARAMETER_MAX: usize = 100_000;

/// The parameters of a campaign, or of an addition to one, from index 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// The texts "0", "1", ... of so many tasks.
    Count(u32),
    /// All texts behind one another, and where each ends.
    Lines { text: Box<str>, ends: Box<[u32]> },
}

/// Why parameters cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// Two parameters have the same first word, which is the task's name.
    #[error("parameters {first} and {second} have the same first word `{name}` (counted from 1)")]
    SameName {
        /// The first word of both.
        name: Box<str>,
        /// Position of the earlier one, from 1.
        first: u64,
        /// Position of the later one, from 1.
        second: u64,
    },
    /// More text than offsets of 32 bits can address.
    #[error("the parameters hold more than {max} bytes of text")]
    TooMuchText {
        /// The largest size, in bytes.
        max: u32,
    },
    /// A control character, which no cluster's file of parameters carries unharmed: a line feed there ends a
    /// parameter and begins another job.
    #[error("parameter {position} (counted from 1) holds the control character `{character}`")]
    Control {
        /// Position of the parameter, from 1.
        position: u64,
        /// The character, escaped.
        character: Box<str>,
    },
    /// A parameter that no cluster could hand to a program.
    #[error(
        "parameter {position} (counted from 1) has {bytes} bytes, at most {PARAMETER_MAX} can be passed on"
    )]
    TooLong {
        /// Position of the parameter, from 1.
        position: u64,
        /// Its length.
        bytes: usize,
    },
    /// More tasks than a campaign may have.
    #[error("{count} tasks are more than the {max} that a campaign may have")]
    TooMany {
        /// How many were asked for.
        count: u64,
        /// How many it may have.
        max: u32,
    },
}

impl ParametersError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ParametersError::SameName { .. } => {
                "the first word names the task and must be unique in a campaign: put a number first"
            }
            ParametersError::Control { .. } => {
                "a parameter is one line of text, in which tabs alone are allowed: write the rest to a file, and \
                 pass its name"
            }
            ParametersError::TooLong { .. } => "write it to a file, and pass its name",
            ParametersError::TooMuchText { .. } => {
                "split it into several campaigns, or pass file names instead of contents"
            }
            ParametersError::TooMany { .. } => {
                "split it into several campaigns; `tasks_max` in `[grid]` sets the bound"
            }
        }
    }
}

impl Parameters {
    /// Makes the parameters "0" to `count - 1`; they take no memory.
    ///
    /// # Errors
    /// [`ParametersError::TooMany`] above [`TASKS_MAX`].
    pub fn count(count: u64) -> Result<Parameters, ParametersError> {
        match u32::try_from(count) {
            Ok(count) if count <= TASKS_MAX => Ok(Parameters(Kind::Count(count))),
            _ => Err(ParametersError::TooMany { count, max: TASKS_MAX }),
        }
    }

    /// Makes the parameters of no task.
    pub const fn none() -> Parameters {
        Parameters(Kind::Count(0))
    }

    /// Takes parameters one by one. Blank ones are kept; names are not compared here
    /// (see [`check_names`]).
    ///
    /// # Errors
    /// [`ParametersError`] when there are too many of them, or too much text.
    pub fn from_lines<S: AsRef<str>>(
        lines: impl IntoIterator<Item = S>,
    ) -> Result<Parameters, ParametersError> {
        Parameters::from_at_most(TASKS_MAX, lines)
    }

    /// Does the same with a bound on how many there may be.
    ///
    /// # Errors
    /// [`ParametersError`] when there are more than `max` of them, or too much text.
    pub fn from_at_most<S: AsRef<str>>(
        max: u32,
        lines: impl IntoIterator<Item = S>,
    ) -> Result<Parameters, ParametersError> {
        let mut builder = ParametersBuilder::new(max);
        for line in lines {
            builder.push(line.as_ref())?;
        }
        builder.finish()
    }

    /// Returns how many there are.
    pub fn len(&self) -> u32 {
        match &self.0 {
            Kind::Count(count) => *count,
            // `from_lines` took at most `TASKS_MAX` lines.
            Kind::Lines { ends, .. } => ends.len() as u32,
        }
    }

    /// Returns the parameters in parts of at most `tasks` of them and some `bytes` of text, in order: at least one
    /// part. A number is one part, however large.
    pub fn parts(&self, tasks: u32, bytes: usize) -> Vec<Cow<'_, Parameters>> {
        if matches!(self.0, Kind::Count(_)) || self.len() <= 1 {
            return vec![Cow::Borrowed(self)];
        }
        let mut parts = Vec::new();
        let mut part = ParametersBuilder::new(TASKS_MAX);
        for text in self.iter() {
            if part.count >= u64::from(tasks)
                || (part.count > 0 && part.text.len() + text.len() > bytes)
            {
                let full = std::mem::replace(&mut part, ParametersBuilder::new(TASKS_MAX));
                parts.push(Cow::Owned(full.kept()));
            }
            // What this one holds is not more than the whole.
            let _ = part.push(&text);
        }
        parts.push(Cow::Owned(part.kept()));
        parts
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the whole text of one parameter.
    pub fn text(&self, index: u32) -> Option<Cow<'_, str>> {
        match &self.0 {
            Kind::Count(count) => (index < *count).then(|| Cow::Owned(index.to_string())),
            Kind::Lines { text, ends } => {
                let end = *ends.get(index as usize)? as usize;
                let start = index.checked_sub(1).map_or(0, |before| ends[before as usize]) as usize;
                Some(Cow::Borrowed(&text[start..end]))
            }
        }
    }

    /// Returns the name of one task: the first blank-separated word of its parameter.
    pub fn name(&self, index: u32) -> Option<Cow<'_, str>> {
        Some(match self.text(index)? {
            Cow::Borrowed(text) => Cow::Borrowed(first_word(text)),
            Cow::Owned(text) => Cow::Owned(first_word(&text).to_owned()),
        })
    }

    /// Returns all texts in order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        (0..self.len()).filter_map(|index| self.text(index))
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

/// Checks that every parameter can be carried to a cluster: one line of text, not too long. Parameters that
/// were taken before this was asked stay readable, and are seen to when they are sent.
///
/// # Errors
/// [`ParametersError::Control`] or [`ParametersError::TooLong`] with the first that cannot.
pub fn check_texts(parameters: &Parameters) -> Result<(), ParametersError> {
    let Kind::Lines { text, ends } = &parameters.0 else { return Ok(()) };
    if let Some((at, bad)) = text.char_indices().find(|(_, c)| is_control(*c)) {
        let position = ends.partition_point(|end| *end as usize <= at) as u64 + 1;
        let character = bad.escape_default().to_string().into();
        return Err(ParametersError::Control { position, character });
    }
    let mut start = 0;
    for (end, position) in ends.iter().zip(1..) {
        let bytes = (end - start) as usize;
        if bytes > PARAMETER_MAX {
            return Err(ParametersError::TooLong { position, bytes });
        }
        start = *end;
    }
    Ok(())
}

/// Returns whether a character may not be in a line of text: controls, but for the tab.
pub fn is_control(character: char) -> bool {
    character.is_control() && character != '\t'
}

/// Collects parameters one by one; those above its bound are counted, but not kept.
#[derive(Debug)]
pub(crate) struct ParametersBuilder {
    text: String,
    ends: Vec<u32>,
    max: u32,
    count: u64,
}

impl ParametersBuilder {
    /// Begins with none; `max` of them are taken at most.
    pub(crate) fn new(max: u32) -> ParametersBuilder {
        ParametersBuilder {
            text: String::new(),
            ends: Vec::new(),
            max: max.min(TASKS_MAX),
            count: 0,
        }
    }

    pub(crate) fn push(&mut self, line: &str) -> Result<(), ParametersError> {
        self.count += 1;
        if self.count > u64::from(self.max) {
            return Ok(());
        }
        let end = u32::try_from(self.text.len() + line.len())
            .map_err(|_| ParametersError::TooMuchText { max: u32::MAX })?;
        self.text.push_str(line);
        self.ends.push(end);
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Parameters, ParametersError> {
        let (count, max) = (self.count, self.max);
        if count > u64::from(max) {
            return Err(ParametersError::TooMany { count, max });
        }
        Ok(self.kept())
    }

    fn kept(self) -> Parameters {
        Parameters(Kind::Lines { text: self.text.into(), ends: self.ends.into() })
    }
}

/// Written as a number, or as a list of texts.
impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kind::Count(count) => serializer.serialize_u32(*count),
            Kind::Lines { .. } => serializer.collect_seq(self.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Parameters, D::Error> {
        deserializer.deserialize_any(ParametersVisitor)
    }
}

/// Reads texts straight into the arena.
struct ParametersVisitor;

impl<'de> Visitor<'de> for ParametersVisitor {
    type Value = Parameters;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of tasks, or a list of texts")
    }

    fn visit_u64<E: de::Error>(self, count: u64) -> Result<Parameters, E> {
        Parameters::count(count).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<Parameters, A::Error> {
        let mut builder = ParametersBuilder::new(TASKS_MAX);
        while let Some(text) = texts.next_element::<Cow<'_, str>>()? {
            builder.push(&text).map_err(de::Error::custom)?;
        }
        builder.finish().map_err(de::Error::custom)
    }
}
