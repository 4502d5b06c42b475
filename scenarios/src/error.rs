//! What can be wrong with a scenario, with the place in the file and a hint. Must not know how a
//! scenario is run.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use gleaner_core::suggest::Suggestion;
use gleaner_traces::error::TraceError;

/// Every failure of this crate. The text says what and where; [`ScenarioError::hint`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The scenario file cannot be read.
    #[error("cannot read scenario `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The scenario says something that cannot be.
    #[error("{place}{problem}")]
    Invalid {
        /// Where it says so.
        place: Place,
        /// What is wrong.
        problem: Box<Problem>,
    },
    /// A trace that the scenario names cannot be used.
    #[error("{place}cannot use the trace of cluster `{cluster}`")]
    Trace {
        /// Where the scenario names it.
        place: Place,
        /// The cluster whose owners' jobs it holds.
        cluster: String,
        /// What is wrong with it.
        source: Box<TraceError>,
    },
}

/// What is wrong in a scenario.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, an unknown key, or a value of the wrong type: in the parser's words.
    #[error("{0}")]
    Syntax(String),
    /// Nothing to simulate.
    #[error("the scenario has no cluster")]
    NoCluster,
    /// Two clusters of one name.
    #[error("two clusters are called `{0}`")]
    TwiceNamed(String),
    /// A name that cannot be used in outputs and paths.
    #[error("`{0}` cannot be the name of a cluster")]
    BadName(String),
    /// A size of zero, or more cores than can be numbered.
    #[error("a cluster of {nodes} nodes with {cores_per_node} cores each cannot be simulated")]
    BadSize {
        /// Nodes asked for.
        nodes: u64,
        /// Cores of each asked for.
        cores_per_node: u64,
    },
    /// The machine size is neither given nor in the trace.
    #[error("the size of cluster `{0}` is not known")]
    UnknownSize(String),
    /// Owners' jobs from a file and from a generator at once.
    #[error("cluster `{0}` takes its owners' jobs from a trace and from a generator")]
    TwoSources(String),
    /// An `owners` table with neither.
    #[error("cluster `{0}` names neither a trace nor a generator for its owners' jobs")]
    NoSource(String),
    /// A key that says how a trace is read where there is no trace.
    #[error("cluster `{cluster}` has no trace that `{key}` could speak of")]
    NoTrace {
        /// The cluster.
        cluster: String,
        /// The key.
        key: &'static str,
    },
    /// Node failures drawn from rates and listed at once.
    #[error("cluster `{0}` has both `node_failures` and listed outages")]
    TwoFaultPlans(String),
    /// A node number that the cluster does not have.
    #[error("cluster `{cluster}` has {nodes} nodes, there is no node {node}")]
    NoSuchNode {
        /// The cluster.
        cluster: String,
        /// Its number of nodes.
        nodes: u32,
        /// The node asked for.
        node: u32,
    },
    /// A node that comes back before it fails.
    #[error("node {node} would be up again before it goes down")]
    UpBeforeDown {
        /// The node.
        node: u32,
    },
    /// A mean time of zero.
    #[error("`{key}` must be longer than zero")]
    ZeroTime {
        /// The key.
        key: &'static str,
    },
    /// A number outside its range.
    #[error("`{key}` is {value}, expected {range}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it says.
        value: f64,
        /// What it may say.
        range: &'static str,
    },
    /// A cluster that the scenario does not have.
    #[error("there is no cluster `{name}`")]
    NoSuchCluster {
        /// The name given.
        name: String,
        /// Names that exist.
        suggestion: Suggestion,
    },
    /// A campaign that says what to do in two ways, or in none.
    #[error("a campaign is given by `jdl` or by `tasks`, not {0}")]
    CampaignSource(&'static str),
    /// A key that has no meaning beside a `jdl`.
    #[error("`{0}` is the business of the JDL")]
    BesideJdl(&'static str),
    /// A file of the scenario that cannot be read.
    #[error("cannot read `{file}`: {reason}")]
    File {
        /// The file.
        file: String,
        /// The system's reason.
        reason: String,
    },
    /// A part in a language of its own (a policy, a JDL, a law, a list), in the words of its
    /// reader.
    #[error("{message}")]
    Part {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A setting that another workload model has.
    #[error("`{key}` is not a setting of the workload model `{model}`")]
    OtherModel {
        /// The key.
        key: &'static str,
        /// The model chosen.
        model: &'static str,
    },
    /// A setting that the workload model needs.
    #[error("the workload model `{model}` needs `{key}`")]
    MissingSetting {
        /// The key.
        key: &'static str,
        /// The model chosen.
        model: &'static str,
    },
    /// A generator's setting that cannot be used, in the generator's words.
    #[error("{message}")]
    Generator {
        /// What it says.
        message: String,
        /// What it advises.
        hint: String,
    },
}

impl Problem {
    /// What the user can do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Problem::Syntax(message) => return nearest_in_message(message),
            Problem::NoCluster => {
                "begin with `[[cluster]]` and a `name`; `gleaner init` writes an example"
            }
            Problem::TwiceNamed(_) => "give each cluster a name of its own",
            Problem::BadName(_) => "use letters, digits, `-`, `_` and `.`, beginning with a letter",
            Problem::BadSize { .. } => {
                "give at least one node and one core, at most 16,777,216 cores in all"
            }
            Problem::UnknownSize(_) => {
                "add `nodes` and `cores_per_node` (on the command line: --processors N)"
            }
            Problem::TwoSources(_) => "keep either `trace` or `generate`",
            Problem::NoSource(_) => {
                "add `trace = \"file.swf\"`, or a table `[cluster.owners.generate]`"
            }
            Problem::NoTrace { .. } => "remove the key: generated jobs need no reading rules",
            Problem::TwoFaultPlans(_) => "keep either `node_failures` or the `outage` tables",
            Problem::NoSuchNode { .. } => "nodes are numbered from 0",
            Problem::UpBeforeDown { .. } => "`up` must come after `down`",
            Problem::ZeroTime { .. } => "durations are written `90`, `1.5s`, `2h30m` or `7d`",
            Problem::OtherModel { .. } => "remove the key, or choose the other `model`",
            Problem::MissingSetting { .. } => {
                "for example `mean_gap = \"5m\"`, `runtime = \"lognormal:6.5,1.4\"`, `sizes = \"1-16\"`"
            }
            Problem::NoSuchCluster { suggestion, .. } => return Some(suggestion.to_string()),
            Problem::CampaignSource(_) => {
                "give `tasks = 100`, or `jdl = \"file.json\"`, or the JDL itself as `[campaign.jdl]`"
            }
            Problem::BesideJdl(_) => "write it into the JDL",
            Problem::File { reason, .. } if reason.contains("UTF-8") => {
                "convert it, for example by `iconv -f latin1 -t utf-8 FILE`"
            }
            Problem::File { .. } => "paths are relative to the scenario's folder",
            Problem::Part { hint, .. } | Problem::Generator { hint, .. } => hint,
            Problem::Range { .. } => return None,
        };
        Some(text.to_owned())
    }
}

impl ScenarioError {
    /// What the user can do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            ScenarioError::Read { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                Some("convert it, for example by `iconv -f latin1 -t utf-8 FILE`".to_owned())
            }
            ScenarioError::Read { .. } => {
                Some("check the path; `gleaner init` writes a scenario to begin with".to_owned())
            }
            ScenarioError::Invalid { problem, .. } => problem.hint(),
            ScenarioError::Trace { source, .. } => source.hint().map(str::to_owned),
        }
    }

    /// The text of the scenario and the part of it that is meant, for a picture of the error.
    pub fn excerpt(&self) -> Option<(&Source, Range<usize>)> {
        match self {
            ScenarioError::Read { .. } => None,
            ScenarioError::Invalid { place, .. } | ScenarioError::Trace { place, .. } => {
                Some((place.source.as_deref()?, place.span.clone()))
            }
        }
    }
}

/// The text of a scenario file.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path as it was given.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A part of a scenario file, or nowhere for a scenario made from options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    source: Option<Arc<Source>>,
    span: Range<usize>,
}

impl Place {
    /// The bytes `span` of `source`.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Place {
        Place { source: Some(Arc::clone(source)), span }
    }

    /// An error here.
    pub fn invalid(&self, problem: Problem) -> ScenarioError {
        ScenarioError::Invalid { place: self.clone(), problem: Box::new(problem) }
    }
}

/// `file:line:column: `, or nothing for a scenario made from options.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(source) = &self.source else { return Ok(()) };
        let before = source.text.get(..self.span.start).unwrap_or(&source.text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        write!(f, "{}:{line}:{column}: ", source.path)
    }
}

/// Of the words quoted in a parser's message, the later one most like the first: "unknown field
/// `nods`, expected one of `name`, `nodes`" gives "did you mean `nodes`".
fn nearest_in_message(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    let suggestion = Suggestion::new(wrong, quoted);
    // The message itself lists the known words.
    suggestion.nearest().map(|nearest| format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_answered_with_the_one_meant() {
        let message = "unknown field `nods`, expected one of `name`, `nodes`, `cores_per_node`";
        assert_eq!(nearest_in_message(message).as_deref(), Some("did you mean `nodes`?"));
        assert_eq!(nearest_in_message("unknown field `zzzzzz`, expected `name`"), None);
    }

    #[test]
    fn a_place_counts_lines_and_columns_from_one() {
        let text = "title = 1\nseed = 2\n".to_owned();
        let source = Arc::new(Source { path: "a.toml".to_owned(), text });
        assert_eq!(Place::new(&source, 17..18).to_string(), "a.toml:2:8: ");
        assert_eq!(Place::default().to_string(), "");
    }
}
