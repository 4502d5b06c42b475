//! The alphabet and the length of each text that a job brings to a server of OAR. What is outside could do
//! harm there: a quote or a backslash in a directory ends a command line early, so that launches fail and
//! nodes are suspected; a name that is too long, or a filter that SQL cannot read, wedges OAR 3's API.
//! Nothing is quoted or repaired: it is refused.

use std::fmt;

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

/// The texts that a user gives for jobs on one cluster.
#[derive(Clone, Copy, Debug)]
pub struct JobTexts<'a> {
    /// The command.
    pub command: &'a str,
    /// Where it runs.
    pub directory: &'a str,
    /// What it asks for, without its walltime.
    pub resources: &'a str,
    /// On which resources.
    pub properties: &'a str,
    /// For which project.
    pub project: &'a str,
    /// Further types, separated by commas.
    pub types: &'a str,
    /// Scripts before the first and after the last job.
    pub scripts: [&'a str; 2],
}

/// One of the texts, by the key that users give it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the key itself")]
pub enum JobText {
    ExecFile,
    ExecDirectory,
    Resources,
    Properties,
    Project,
    ClusterJobType,
    Prologue,
    Epilogue,
}

impl fmt::Display for JobText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JobText::ExecFile => "exec_file",
            JobText::ExecDirectory => "exec_directory",
            JobText::Resources => "resources",
            JobText::Properties => "properties",
            JobText::Project => "project",
            JobText::ClusterJobType => "cluster_job_type",
            JobText::Prologue => "prologue",
            JobText::Epilogue => "epilogue",
        })
    }
}

/// Request and filter of jobs whose texts are all good.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// What each job asks for.
    pub request: Request,
    /// On which resources; none: on any.
    pub filter: Option<Filter>,
}

impl JobTexts<'_> {
    /// Checks all of them.
    ///
    /// # Errors
    /// The first that is wrong, and why.
    pub fn check(&self) -> Result<Wanted, (JobText, TextError)> {
        let at = |text: JobText| move |error: TextError| (text, error);
        command(self.command).map_err(at(JobText::ExecFile))?;
        directory(self.directory).map_err(at(JobText::ExecDirectory))?;
        let request = request(self.resources).map_err(at(JobText::Resources))?;
        if request.walltime_s.is_some() {
            return Err((JobText::Resources, TextError::Walltime));
        }
        let filter = filter(self.properties).map_err(at(JobText::Properties))?;
        project(self.project).map_err(at(JobText::Project))?;
        job_types(self.types).map_err(at(JobText::ClusterJobType))?;
        let [prologue, epilogue] = self.scripts;
        command(prologue).map_err(at(JobText::Prologue))?;
        command(epilogue).map_err(at(JobText::Epilogue))?;
        Ok(Wanted { request, filter })
    }
}

#[cfg(test)]
mod tests {
    use super::{JobTexts, command, directory, filter, job_types, project, request};

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
        let good = JobTexts {
            command: "run",
            directory: "$HOME",
            resources: "/core=1",
            properties: "",
            project: "",
            types: "",
            scripts: ["", ""],
        };
        let said = |texts: JobTexts<'_>| match texts.check() {
            Ok(_) => "good".to_owned(),
            Err((key, error)) => format!("{key}: {error}; {}", error.hint()),
        };
        assert_eq!(said(good), "good");
        let hint = "texts are quoted with `'`, a quote inside is doubled";
        assert_eq!(
            said(JobTexts { properties: "host != 'luke20' AND (", ..good }),
            format!("properties: column 23: expected a property or a value, found the end; {hint}")
        );
        assert_eq!(
            said(JobTexts { resources: "/core=1+nodes=0", ..good }),
            "resources: column 15: number `0` is out of range; see the manual of `oarsub`"
        );
        assert_eq!(
            said(JobTexts { resources: "/core=1,walltime=1", ..good }),
            "resources: a walltime cannot be given here; give it by the key `walltime`"
        );
        assert!(said(JobTexts { scripts: ["", "a\0"], ..good }).starts_with("epilogue: column 2"));
    }
}
