//! What can be wrong with a JDL, and what is only worth a warning.

use std::fmt;

use crate::jdl::params::ParametersError;
use crate::suggest::Suggestion;
use crate::text::NotUtf8;

/// Why a JDL cannot be taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JdlError {
    /// The bytes are not text.
    #[error("JDL {0}")]
    NotUtf8(NotUtf8),
    /// The text is not JSON, or not what a JDL holds.
    #[error("JDL badly defined at line {line}, column {column}: {message}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was expected there.
        message: Box<str>,
    },
    /// A mandatory key is not there.
    #[error("`{key}` is missing")]
    Missing {
        /// Path of the key.
        key: Box<str>,
    },
    /// No cluster is named.
    #[error("`clusters` names no cluster")]
    NoClusters,
    /// More clusters are named than a grid has.
    #[error("`clusters` names {count} clusters, and may name {max}")]
    TooManyClusters {
        /// How many are named.
        count: usize,
        /// How many may be.
        max: usize,
    },
    /// No cluster named is known.
    #[error("no usable cluster: `{first}` and all others in `clusters` are unknown")]
    NoClusterKnown {
        /// The first name.
        first: Box<str>,
        /// Names that exist.
        suggestion: Suggestion,
    },
    /// None of the three ways to give parameters is used.
    #[error("no parameters: none of `params`, `nb_jobs`, `param_file` is there")]
    NoParameters,
    /// The parameters are not acceptable.
    #[error("`{key}` cannot be used")]
    Parameters {
        /// The key they came by.
        key: &'static str,
        /// Why.
        source: ParametersError,
    },
    /// The parameters are in a file that the caller has not read.
    #[error("`param_file` names `{path}`, a file of yours: who submits a JDL reads it")]
    FileNotRead {
        /// The file.
        path: Box<str>,
    },
    /// A value has the wrong JSON type.
    #[error("`{key}` is {found}, expected {expected}")]
    Kind {
        /// Path of the key.
        key: Box<str>,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A value is not one that its key can have.
    #[error("`{key}` is `{found}`, expected {expected}")]
    Value {
        /// Path of the key.
        key: Box<str>,
        /// The value.
        found: Box<str>,
        /// What it should be.
        expected: &'static str,
    },
    /// The name is empty or too long.
    #[error("`name` has {bytes} bytes, expected 1 to {max}")]
    NameLength {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A control character in the name would reach terminals, tables and pictures.
    #[error("`name` holds the control character {character:?} as character {position}")]
    NameControl {
        /// The character.
        character: char,
        /// Which one of the name it is, from 1.
        position: usize,
    },
    /// The kind of campaign is not run.
    #[error("`jobs_type` `desktop_computing` is not supported")]
    DesktopComputing,
}

impl JdlError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> String {
        let hint = match self {
            JdlError::NotUtf8(_) => {
                "convert it to UTF-8, for example by `iconv -f latin1 -t utf-8 FILE`"
            }
            JdlError::Syntax { .. } => {
                "a JDL is one JSON object: keys and texts in double quotes, no comma after the last \
                 element"
            }
            JdlError::Missing { key } if key.ends_with("exec_file") => {
                "give `exec_file` in the cluster, or once for all beside `clusters`"
            }
            JdlError::Missing { .. } | JdlError::NoClusters => {
                "the smallest JDL: {\"name\": \"n\", \"nb_jobs\": 10, \"clusters\": {\"CLUSTER\": \
                 {\"exec_file\": \"sleep 60; echo\"}}}"
            }
            JdlError::NoClusterKnown { suggestion, .. } => return suggestion.to_string(),
            JdlError::NoParameters => {
                "add `\"nb_jobs\": 10`, or `\"params\": [\"0 first\", \"1 second\"]`, or a `param_file`"
            }
            JdlError::Parameters { source, .. } => source.hint(),
            JdlError::FileNotRead { .. } => {
                "`gridsub` reads it and sends its lines; by the API, send them in `params`"
            }
            JdlError::Kind { expected: "an object", .. } => {
                "each cluster has its settings in braces, if need be empty: `\"CLUSTER\": {}`"
            }
            JdlError::Kind { .. } | JdlError::Value { .. } => {
                "remove the key to use its default, or see the list of JDL keys"
            }
            JdlError::TooManyClusters { .. } => "name those on which the campaign shall run",
            JdlError::NameLength { .. } | JdlError::NameControl { .. } => {
                "choose a name of a few words"
            }
            JdlError::DesktopComputing => "remove `jobs_type` and give the parameters in advance",
        };
        hint.into()
    }
}

/// Something that the user should know, but that does not stop the campaign.
#[derive(Clone, Debug, PartialEq)]
pub enum JdlWarning {
    /// A cluster is not known and therefore not used.
    UnknownCluster {
        /// Its name in the JDL.
        name: Box<str>,
        /// Names that exist.
        suggestion: Suggestion,
    },
    /// A job type that does not exist: the jobs are best-effort.
    UnknownType {
        /// Path of the key.
        key: Box<str>,
        /// The type asked for.
        found: Box<str>,
    },
    /// The text begins with a byte order mark.
    ByteOrderMark,
    /// The text has comments.
    Comment {
        /// Line of the first, from 1.
        line: usize,
    },
    /// A backslash stands before a character that JSON does not escape.
    Escape {
        /// Line of the first, from 1.
        line: usize,
        /// Its column, from 1, counted in bytes.
        column: usize,
        /// The character.
        character: char,
    },
    /// A key that means nothing.
    UnknownKey {
        /// Path of the key.
        key: Box<str>,
        /// The key that was probably meant.
        nearest: Option<Box<str>>,
    },
    /// More keys that mean nothing, which are not named.
    MoreUnknownKeys {
        /// How many.
        count: usize,
    },
    /// A key of the whole campaign stands in a cluster.
    CampaignKey {
        /// Path of the key.
        key: Box<str>,
    },
    /// A key of CiGri that has no effect.
    NoEffect {
        /// Path of the key.
        key: Box<str>,
    },
    /// The resource text does not tell how many cores a job takes: counted as one.
    CoresUnknown {
        /// Path of the key.
        key: Box<str>,
        /// The text.
        resources: Box<str>,
    },
}

impl fmt::Display for JdlWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JdlWarning::UnknownCluster { name, suggestion } => {
                write!(f, "cluster `{name}` is unknown and not used; {suggestion}")
            }
            JdlWarning::UnknownType { key, found } => {
                write!(f, "`{key}` is `{found}`, taken as `best-effort`")
            }
            JdlWarning::ByteOrderMark => {
                f.write_str("a byte order mark before the JDL is left out")
            }
            JdlWarning::Comment { line } => {
                write!(f, "comments, as in line {line}, are no JSON: passed over, as CiGri does")
            }
            JdlWarning::Escape { line, column, character } => write!(
                f,
                "`\\{character}`, as at line {line}, column {column}, is no escape of JSON: taken as \
                 `{character}`, as CiGri does (for a backslash, write two)"
            ),
            JdlWarning::UnknownKey { key, nearest } => {
                write!(f, "`{key}` is not a key of a JDL and has no effect")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => Ok(()),
                }
            }
            JdlWarning::MoreUnknownKeys { count } => {
                write!(f, "{count} more keys are not keys of a JDL and have no effect")
            }
            JdlWarning::CampaignKey { key } => {
                write!(f, "`{key}` has no effect in a cluster: it belongs beside `clusters`")
            }
            JdlWarning::NoEffect { key } => write!(f, "`{key}` has no effect"),
            JdlWarning::CoresUnknown { key, resources } => write!(
                f,
                "`{key}` is `{resources}`, which does not tell its cores: policies count one a job"
            ),
        }
    }
}
