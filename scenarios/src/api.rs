//! What a scenario says about a cluster's REST API, for the emulator: its dialect, how commands
//! run, and which faults its API has. Must not know servers, nor how the keys were written.

use gleaner_sim::api_faults::ApiFaults;
use gleaner_traces::generate::laws::TimeLaw;

use crate::grid::runtime::RuntimeLaw;

/// The API of a cluster.
#[derive(Clone, Debug)]
pub struct ApiPlan {
    /// Which OAR it speaks like.
    pub dialect: ApiDialect,
    /// How commands of submitted jobs run.
    pub execute: Execute,
    /// How long a submitted job runs where neither a campaign nor its command tells.
    pub task_runtime: RuntimeLaw,
    /// What goes wrong.
    pub faults: ApiFaults,
}

/// Run time of a job of which nothing is known, seconds.
const TASK_RUNTIME_S: f64 = 60.0;

impl Default for ApiPlan {
    /// OAR 3, simulated commands, a minute each, nothing goes wrong.
    fn default() -> ApiPlan {
        ApiPlan {
            dialect: ApiDialect::Oar3,
            execute: Execute::Simulated,
            task_runtime: RuntimeLaw::Law(TimeLaw::Fixed { value_s: TASK_RUNTIME_S }),
            faults: ApiFaults::default(),
        }
    }
}

/// A dialect of OAR's REST API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiDialect {
    /// OAR 3, tokens.
    #[default]
    Oar3,
    /// OAR 2.5, a trusted header.
    Oar2,
}

/// How the commands of submitted jobs run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Execute {
    /// Not at all: only their run time passes.
    #[default]
    Simulated,
    /// As processes of the emulator's machine.
    Local,
}
