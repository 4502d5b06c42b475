//! What can be wrong with a scenario, with the location in the file and a hint. Must not know how a
//! scenario is run.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

use gleaner_core::suggest::Suggestion;
use gleaner_settings::duration::EXAMPLES;
use gleaner_settings::location::{self, Location, Source};
use gleaner_settings::range::OutOfRange;
use gleaner_settings::syntax::SyntaxError;
use gleaner_settings::text::CONVERT_HINT;
use gleaner_traces::error::TraceError;

use crate::library;

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
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A trace that the scenario names cannot be used.
    #[error("{location}cannot use the trace of cluster `{cluster}`")]
    Trace {
        /// Where the scenario names it.
        location: Location,
        /// The cluster whose owners' jobs it holds.
        cluster: String,
        /// What is wrong with it.
        source: Box<TraceError>,
    },
}

/// Something that is wrong in a scenario, and where.
pub type Invalid = location::Invalid<Problem>;

/// What is wrong in a scenario.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, an unknown key, or a value of the wrong type: in the parser's words.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// Nothing to simulate.
    #[error("the scenario has no cluster")]
    NoCluster,
    /// More clusters than can be numbered.
    #[error("the scenario has more than {0} clusters")]
    TooManyClusters(u32),
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
    /// More nodes than the cluster may have.
    #[error("cluster `{cluster}` has at most {most} nodes, never {nodes}")]
    TooManyNodes {
        /// The cluster.
        cluster: String,
        /// Nodes asked for.
        nodes: u32,
        /// The most it may have.
        most: u32,
    },
    /// A change of size that does not come after the one before it.
    #[error("a change of size must come after the one before it")]
    ResizeOrder,
    /// A mean time of zero.
    #[error("`{key}` must be longer than zero")]
    ZeroTime {
        /// The key.
        key: &'static str,
    },
    /// A number outside its range.
    #[error("{0}")]
    Range(#[from] OutOfRange),
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
            Problem::Syntax(error) => return error.hint(),
            Problem::NoCluster => {
                "begin with `[[cluster]]` and a `name`; `gleaner init` writes an example"
            }
            Problem::TooManyClusters(_) => "give smaller numbers as `count` of `[[cluster]]`",
            Problem::TwiceNamed(_) => "give each cluster a name of its own",
            Problem::BadName(_) => {
                "use at most 64 letters, digits, `-`, `_` and `.`, beginning with a letter"
            }
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
            Problem::TooManyNodes { .. } => {
                "`nodes` of the cluster is the most it ever has: raise it"
            }
            Problem::ResizeOrder => "sort the `resize` tables by `at`, one for each time",
            Problem::ZeroTime { .. } => return Some(format!("durations are written {EXAMPLES}")),
            Problem::OtherModel { .. } => "remove the key, or choose the other `model`",
            Problem::MissingSetting { .. } => {
                "for example `mean_gap = \"5m\"`, `runtime = \"lognormal:6.5,1.4\"`, `sizes = \"1-16\"`"
            }
            Problem::NoSuchCluster { suggestion, .. } => return Some(suggestion.to_string()),
            Problem::CampaignSource(_) => {
                "give `tasks = 100`, or `jdl = \"file.json\"`, or the JDL itself as `[campaign.jdl]`"
            }
            Problem::BesideJdl(_) => "write it into the JDL",
            Problem::File { reason, .. } if reason.contains("UTF-8") => CONVERT_HINT,
            Problem::File { .. } => "paths are relative to the scenario's folder",
            Problem::Part { hint, .. } | Problem::Generator { hint, .. } => hint,
            Problem::Range(_) => return None,
        };
        Some(text.to_owned())
    }
}

impl ScenarioError {
    /// What the user can do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            ScenarioError::Read { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                Some(CONVERT_HINT.to_owned())
            }
            ScenarioError::Read { path, .. } => Some(match library::nearest(path).nearest() {
                Some(name) => {
                    format!(
                        "did you mean `{name}`? `gleaner scenarios` lists those that come with Gleaner"
                    )
                }
                None => {
                    "check the path; `gleaner scenarios` lists those that come with Gleaner, and \
                         `gleaner init` writes one to begin with"
                        .to_owned()
                }
            }),
            ScenarioError::Invalid(invalid) => invalid.problem.hint(),
            ScenarioError::Trace { source, .. } => source.hint().map(str::to_owned),
        }
    }

    /// The text of the scenario and the part of it that is meant, for a picture of the error.
    pub fn excerpt(&self) -> Option<(&Source, Range<usize>)> {
        match self {
            ScenarioError::Read { .. } => None,
            ScenarioError::Invalid(Invalid { location, .. })
            | ScenarioError::Trace { location, .. } => location.excerpt(),
        }
    }
}
