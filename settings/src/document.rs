//! A TOML file that has been parsed: its values know where they stand. Must not know any table.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;

use crate::location::{Invalid, Location, Source};
use crate::range::{OutOfRange, within};
use crate::syntax::SyntaxError;

/// A TOML file, for the locations of its values.
#[derive(Debug)]
pub struct Document {
    source: Arc<Source>,
}

impl Document {
    /// Parses the `text` of the file at `path` into tables of the caller's. `path` is only named in errors.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is not TOML or does not fit the tables.
    pub fn parse<T: DeserializeOwned>(
        path: String,
        text: &str,
    ) -> Result<(Document, T), Invalid<SyntaxError>> {
        let document = Document { source: Arc::new(Source { path, text: text.to_owned() }) };
        match toml::from_str(text) {
            Ok(tables) => Ok((document, tables)),
            Err(error) => {
                let location = document.location(error.span().unwrap_or(0..0));
                Err(location.invalid(SyntaxError::new(error.message())))
            }
        }
    }

    /// Returns where `value` stands.
    pub fn at<T>(&self, value: &Spanned<T>) -> Location {
        self.location(value.span())
    }

    /// Returns the location of these bytes of the file.
    pub fn location(&self, span: Range<usize>) -> Location {
        Location::new(&self.source, span)
    }

    /// Returns the begin of the file, for what is nowhere in it.
    pub fn start(&self) -> Location {
        self.location(0..0)
    }

    /// Returns a number if it is within `bounds`; `default` where the file does not give it.
    ///
    /// # Errors
    /// [`OutOfRange`] where it stands.
    pub fn within<T: PartialOrd + Display + Copy>(
        &self,
        key: &'static str,
        value: Option<&Spanned<T>>,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> Result<T, Invalid<OutOfRange>> {
        let Some(value) = value else { return Ok(default) };
        within(key, *value.get_ref(), bounds).map_err(|problem| self.at(value).invalid(problem))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use toml::Spanned;

    use super::Document;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Tables {
        jobs: Option<Spanned<u32>>,
    }

    fn parse(text: &str) -> Result<(Document, Tables), String> {
        Document::parse("a.toml".to_owned(), text).map_err(|error| error.to_string())
    }

    #[test]
    fn values_that_are_wrong_are_told_with_their_place() {
        let told = parse("# none\njbos = 2").unwrap_err();
        assert_eq!(told, "a.toml:2:1: unknown field `jbos`, expected `jobs`");
        let (document, tables) = parse("jobs = 0").unwrap();
        let jobs = document.within("jobs", tables.jobs.as_ref(), 5, 1..=9);
        assert_eq!(jobs.unwrap_err().to_string(), "a.toml:1:8: `jobs` is 0, expected 1 to 9");
        assert_eq!(document.within("jobs", None, 5, 1..=9), Ok(5));
    }
}
