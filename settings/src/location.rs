//! Where in a file something stands, and a problem with its place. Must not know the file's format.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use gleaner_core::text::line_and_column;

/// The text of a file, for errors that show a part of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path as it was given.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A part of a file. The default is nowhere: what comes from an option or a variable stands in no file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    source: Option<Arc<Source>>,
    span: Range<usize>,
}

impl Location {
    /// Returns the location of the bytes `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Location {
        Location { source: Some(Arc::clone(source)), span }
    }

    /// Returns a problem that is found here.
    pub fn invalid<P>(&self, problem: P) -> Invalid<P> {
        Invalid { location: self.clone(), problem: Box::new(problem) }
    }

    /// Returns the whole text and the bytes of it that are meant, for a picture of an error; none where there
    /// is no file.
    pub fn excerpt(&self) -> Option<(&Source, Range<usize>)> {
        Some((self.source.as_deref()?, self.span.clone()))
    }
}

/// Prints `file:line:column: `, or nothing where there is no file.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(source) = &self.source else { return Ok(()) };
        let (line, column) = line_and_column(&source.text, self.span.start);
        write!(f, "{}:{line}:{column}: ", source.path)
    }
}

/// Something that is wrong in a file, and where. Prints both.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{location}{problem}")]
pub struct Invalid<P> {
    /// Where it stands.
    pub location: Location,
    /// What is wrong.
    pub problem: Box<P>,
}

impl<P> Invalid<P> {
    /// Says the same in the words of another reader.
    pub fn map<Q>(self, words: impl FnOnce(P) -> Q) -> Invalid<Q> {
        Invalid { location: self.location, problem: Box::new(words(*self.problem)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_counts_lines_and_columns_from_one() {
        let text = "title = 1\nétoile = 2\n".to_owned();
        let source = Arc::new(Source { path: "a.toml".to_owned(), text });
        let value = Location::new(&source, 20..21);
        assert_eq!(value.to_string(), "a.toml:2:10: ");
        assert_eq!(value.invalid("too small").to_string(), "a.toml:2:10: too small");
        assert_eq!(value.excerpt().map(|(source, span)| &source.text[span]), Some("2"));
        assert_eq!(Location::default().invalid("too small").to_string(), "too small");
        assert_eq!(Location::new(&source, 99..99).to_string(), "a.toml:3:1: ");
    }
}
