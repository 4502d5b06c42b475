//! The alphabet and the length of each text that a job brings to a server of OAR. What is outside could do
//! harm there: a quote or a backslash in a directory ends a command line early, so that launches fail and
//! nodes are suspected; a name that is too long, or a filter that SQL cannot read, wedges OAR 3's API.
//! Nothing is quoted or repaired: it is refused.

use crate::error::ParseError;
use crate::filter::Filter;
use crate::request::Request;

/// The longest project that OAR's database holds, in characters.
pub const PROJECT_MAX: usize = 255;
/// The longest directory that OAR's database holds, in characters.
pub const DIRECTORY_MAX: usize = 255;
/// The longest type that OAR's database holds, in characters.
pub const TYPE_MAX: usize = 255;
/// The longest filter, in characters: with what admission rules add, it stays below what OAR 3 holds.
pub const FILTER_MAX: usize = 1000;
/// The longest request, in characters.
pub const REQUEST_MAX: usize = 1000;
/// The longest command or script, in bytes. OAR 2 hands it on as one argument of a command, of which the
/// system takes 128 KiB, and escapes can make it four times as long.
pub const COMMAND_MAX: usize = 30_000;

/// Types that no job of ours may have, each with the reason.
const BAD_TYPES: [(&str, &str); 1] =
    [("idempotent", "OAR would copy the job by itself when it is killed")];

/// A text that OAR is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// It is too long.
    #[error("{length} characters are given, and OAR holds {limit}")]
    TooLong {
        /// Characters, or bytes of a command.
        length: usize,
        /// As many are accepted.
        limit: usize,
    },
    /// It holds a character that does harm.
    #[error("column {column}: the character `{character}` cannot be used here")]
    Character {
        /// Where, from 1.
        column: usize,
        /// The character, escaped.
        character: String,
        /// Those that can be used.
        allowed: &'static str,
    },
    /// It is not of the grammar.
    #[error(transparent)]
    Grammar(#[from] ParseError),
    /// A walltime stands where none belongs.
    #[error("a walltime cannot be given here")]
    Walltime,
    /// Nothing is known of a text of this key.
    #[error("OAR has no use for such a text")]
    Key,
    /// A type that does harm.
    #[error("type `{name}` cannot be used here: {why}")]
    Type {
        /// The type.
        name: &'static str,
        /// Why not.
        why: &'static str,
    },
}

impl TextError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            TextError::TooLong { .. } => "shorten it".to_owned(),
            TextError::Character { allowed, .. } => format!("use only {allowed}"),
            TextError::Grammar(error) => match error.hint() {
                Some(hint) => hint.to_owned(),
                None => "see the manual of `oarsub`".to_owned(),
            },
            TextError::Walltime => "give it by the key `walltime`".to_owned(),
            TextError::Key => "leave it out".to_owned(),
            TextError::Type { name, .. } => format!("leave out `{name}`"),
        }
    }
}

/// Checks a text against an alphabet and a length.
fn within(
    text: &str,
    limit: usize,
    allowed: &'static str,
    good: impl Fn(char) -> bool,
) -> Result<(), TextError> {
    let length = text.chars().count();
    if length > limit {
        return Err(TextError::TooLong { length, limit });
    }
    match (1..).zip(text.chars()).find(|(_, c)| !good(*c)) {
        Some((column, bad)) => {
            let character = match bad {
                '\'' | '"' | '\\' => bad.to_string(),
                other => other.escape_default().to_string(),
            };
            Err(TextError::Character { column, character, allowed })
        }
        None => Ok(()),
    }
}

/// Checks a project.
///
/// # Errors
/// [`TextError`] for more than [`PROJECT_MAX`] characters, or others than letters and digits of ASCII, blanks
/// and `_.:/@+-`.
pub fn project(text: &str) -> Result<(), TextError> {
    let good = |c: char| c.is_ascii_alphanumeric() || " _.:/@+-".contains(c);
    within(text, PROJECT_MAX, "letters and digits of ASCII, blanks and `_.:/@+-`", good)
}

/// Checks a directory: variables such as `$HOME` may stand in it.
///
/// # Errors
/// [`TextError`] for more than [`DIRECTORY_MAX`] characters, or others than letters and digits of ASCII, blanks
/// and `_./:@+,=~%#${}-`.
pub fn directory(text: &str) -> Result<(), TextError> {
    let good = |c: char| c.is_ascii_alphanumeric() || " _./:@+,=~%#${}-".contains(c);
    within(text, DIRECTORY_MAX, "letters and digits of ASCII, blanks and `_./:@+,=~%#${}-`", good)
}

/// Checks one type of a job.
///
/// # Errors
/// [`TextError`] for more than [`TYPE_MAX`] characters, others than letters and digits of ASCII and `_.:/@=*+,-`,
/// or a type that does harm.
pub fn job_type(text: &str) -> Result<(), TextError> {
    let good = |c: char| c.is_ascii_alphanumeric() || "_.:/@=*+,-".contains(c);
    within(text, TYPE_MAX, "letters and digits of ASCII, and `_.:/@=*+,-`", good)?;
    let word = text.split('=').next().unwrap_or(text);
    match BAD_TYPES.into_iter().find(|(name, _)| *name == word) {
        Some((name, why)) => Err(TextError::Type { name, why }),
        None => Ok(()),
    }
}

/// Checks types separated by commas.
///
/// # Errors
/// As [`job_type`].
pub fn job_types(text: &str) -> Result<(), TextError> {
    text.split(',').map(str::trim).filter(|kind| !kind.is_empty()).try_for_each(job_type)
}

/// Reads a filter; none where there is nothing but blanks.
///
/// # Errors
/// [`TextError`] for more than [`FILTER_MAX`] characters, what the grammar does not know, control characters, all
/// that is not ASCII, and backslashes, backquotes and `$`.
pub fn filter(text: &str) -> Result<Option<Filter>, TextError> {
    within(text, FILTER_MAX, SQL, is_sql)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(Filter::parse(text)?))
}

/// Reads a request.
///
/// # Errors
/// [`TextError`] for more than [`REQUEST_MAX`] characters, and as [`filter`].
pub fn request(text: &str) -> Result<Request, TextError> {
    within(text, REQUEST_MAX, SQL, is_sql)?;
    Ok(Request::parse(text)?)
}

const SQL: &str = "characters of ASCII, without backslashes, backquotes and `$`";

fn is_sql(c: char) -> bool {
    (c == ' ' || c.is_ascii_graphic()) && !"\\`$".contains(c)
}

/// Checks a command or a script: any text that a shell can read, of several lines if need be.
///
/// # Errors
/// [`TextError`] for more than [`COMMAND_MAX`] bytes, and control characters but line feeds and tabs.
pub fn command(text: &str) -> Result<(), TextError> {
    if text.len() > COMMAND_MAX {
        return Err(TextError::TooLong { length: text.len(), limit: COMMAND_MAX });
    }
    let good = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    within(text, COMMAND_MAX, "characters that can be seen, line feeds and tabs", good)
}

/// Checks the texts that a user gives for jobs on one cluster, each with the key that it is given by: `exec_file`,
/// `exec_directory`, `resources` without a walltime, `properties`, `project`, `cluster_job_type` (types, separated
/// by commas), `prologue` and `epilogue`.
///
/// # Errors
/// The first that is wrong, by its key, and why. A key that is none of these is wrong, whatever its text is.
pub fn check<'t>(
    texts: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> Result<(), (&'t str, TextError)> {
    texts.into_iter().try_for_each(|(key, text)| of_key(key, text).map_err(|error| (key, error)))
}

fn of_key(key: &str, text: &str) -> Result<(), TextError> {
    match key {
        "exec_file" | "prologue" | "epilogue" => command(text),
        "exec_directory" => directory(text),
        "resources" => match request(text)?.walltime_s {
            None => Ok(()),
            Some(_) => Err(TextError::Walltime),
        },
        "properties" => filter(text).map(drop),
        "project" => project(text),
        "cluster_job_type" => job_types(text),
        _ => Err(TextError::Key),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, command, directory, filter, job_types, project, request};

    #[test]
    fn each_text_that_reaches_a_cluster_is_held_to_its_alphabet() {
        let said = |error: Result<(), super::TextError>| error.map_err(|error| error.to_string());
        assert_eq!(said(project("lig/cigri-2.0 @team")), Ok(()));
        assert_eq!(said(directory("$HOME/out/${RUN}/a b,c=1%j")), Ok(()));
        assert_eq!(said(job_types("container=a, timesharing=*")), Ok(()));
        assert_eq!(said(command("a 'b' \\ \"é\" $X `d`\n\tnext")), Ok(()));
        for bad in ["it's", "a\\b", "a\"b", "a$b", "a`b", "a\nb", "é", "a;b", "a\u{7f}", "a*"] {
            let said = said(project(bad)).expect_err(bad);
            assert!(said.starts_with("column ") && said.contains("cannot be used"), "{said}");
        }
        for bad in
            ["it's", "/a\\b", "a\"b", "$(id)", "`id`", "a\nb", "é", "a;b", "a&b", "a|b", "a>b"]
        {
            assert!(directory(bad).is_err(), "{bad}");
        }
        for bad in ["a b", "it's", "a\\", "$x", "a;b", "é", "idempotent", "x, idempotent=1"] {
            assert!(job_types(bad).is_err(), "{bad}");
        }
        for bad in ["host = 'a\\b'", "host = '$x'", "host = '`id`'", "host = 'é'", "host\n= 'a'"] {
            assert!(filter(bad).is_err(), "{bad}");
            assert!(request(&format!("{{{bad}}}/core=1")).is_err(), "{bad}");
        }
        for bad in ["a\0", "a\u{1b}[31m", "a\rb", "a\u{85}b"] {
            assert!(command(bad).is_err(), "{bad}");
        }
        let long = "a".repeat(1001);
        assert!(project(&long).is_err() && directory(&long).is_err() && job_types(&long).is_err());
        assert!(filter(&format!("host = '{long}'")).is_err() && command(&long.repeat(30)).is_err());
        assert_eq!(
            project("a\u{1b}b").expect_err("an escape").to_string(),
            "column 2: the character `\\u{1b}` cannot be used here"
        );
    }

    #[test]
    fn the_first_text_that_is_wrong_is_named_by_its_key() {
        let good = [
            ("exec_file", "run"),
            ("exec_directory", "$HOME"),
            ("resources", "/core=1"),
            ("properties", ""),
            ("project", ""),
            ("cluster_job_type", ""),
            ("prologue", ""),
            ("epilogue", ""),
        ];
        let said = |wrong: &'static str, text: &'static str| {
            let texts = good.map(|(key, good)| (key, if key == wrong { text } else { good }));
            match check(texts) {
                Ok(()) => "good".to_owned(),
                Err((key, error)) => format!("{key}: {error}; {}", error.hint()),
            }
        };
        assert_eq!(said("", ""), "good");
        let hint = "texts are quoted with `'`, a quote inside is doubled";
        assert_eq!(
            said("properties", "host != 'luke20' AND ("),
            format!("properties: column 23: expected a property or a value, found the end; {hint}")
        );
        assert_eq!(
            said("resources", "/core=1+nodes=0"),
            "resources: column 15: number `0` is out of range; see the manual of `oarsub`"
        );
        assert_eq!(
            said("resources", "/core=1,walltime=1"),
            "resources: a walltime cannot be given here; give it by the key `walltime`"
        );
        assert!(said("epilogue", "a\0").starts_with("epilogue: column 2"));
        let key = check([("queue", "default")]).expect_err("no rule is known for it");
        assert_eq!(key, ("queue", super::TextError::Key));
    }
}
