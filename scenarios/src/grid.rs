//! The grid of a scenario: its scheduler's settings and the campaigns it is given. Must not know
//! how they were written, nor how they are run.

pub mod behaviour;
pub mod runtime;

use std::path::PathBuf;

use gleaner_core::config::OnFailure;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_settings::location::Location;
use gleaner_sim::time::SimSpan;

use crate::failures::JobFailures;
use crate::grid::runtime::RuntimeLaw;
use crate::source::SourceFile;

/// What a scenario says about the grid.
#[derive(Clone, Debug)]
pub struct GridPlan {
    /// The policy of clusters that name none.
    pub policy: PolicySpec,
    /// Least time between two cycles of the scheduler; `None`: its default.
    pub cycle: Option<SimSpan>,
    /// Longest time that a job may wait on a cluster; `None`: the scheduler's default.
    pub waiting_limit: Option<SimSpan>,
    /// What a failed task leads to.
    pub on_failure: OnFailure,
    /// After so many kills at its walltime a task counts as failed; `None`: the default.
    pub walltime_kills_max: Option<u8>,
    /// The most tasks of a campaign; ten million if not given.
    pub tasks_max: Option<u32>,
    /// The campaigns, in the order of the file.
    pub campaigns: Vec<CampaignPlan>,
}

impl Default for GridPlan {
    /// CiGri's tap; a failed task counts as failed, since nobody is there to fix an event.
    fn default() -> GridPlan {
        GridPlan {
            policy: PolicySpec::named("tap"),
            cycle: None,
            waiting_limit: None,
            on_failure: OnFailure::Ignore,
            walltime_kills_max: None,
            tasks_max: None,
            campaigns: Vec::new(),
        }
    }
}

/// A campaign of a scenario.
#[derive(Clone, Debug)]
pub struct CampaignPlan {
    /// Who submits it.
    pub user: String,
    /// When, counted from the first submission of any owner.
    pub at: SimSpan,
    /// What it asks for.
    pub jdl: JdlText,
    /// How long its tasks run.
    pub runtime: RuntimeLaw,
    /// How often its tasks fail.
    pub failures: Option<JobFailures>,
    /// How its prologue behaves.
    pub prologue: ScriptBehaviour,
    /// How its epilogue behaves.
    pub epilogue: ScriptBehaviour,
    /// Where the scenario describes it.
    pub location: Location,
}

/// A job description in CiGri's language, still to be read against the clusters.
#[derive(Clone, Debug)]
pub struct JdlText {
    /// Its JSON.
    pub text: String,
    /// The file it came from, for messages.
    pub file: Option<SourceFile>,
    /// Where a relative `param_file` is looked for.
    pub folder: PathBuf,
}

/// How a prologue or an epilogue behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptBehaviour {
    /// How long it runs.
    pub run: SimSpan,
    /// The exit code it ends with.
    pub exit_code: u8,
}

impl Default for ScriptBehaviour {
    /// Ten seconds, and all is well.
    fn default() -> ScriptBehaviour {
        ScriptBehaviour { run: SimSpan::from_s(10), exit_code: 0 }
    }
}
