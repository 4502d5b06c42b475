//! How the tasks of a scenario's campaigns behave, drawn task by task: the same task runs for
//! the same time in every attempt, whenever it is tried. Must not know clusters.

use gleaner_core::ids::CampaignId;
use gleaner_sim::backend::{Behaviour, TaskBehaviour, TaskWork};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::failures::JobFailures;
use crate::grid::runtime::RuntimeLaw;
use crate::grid::{CampaignPlan, ScriptBehaviour};
use crate::streams::Seed;

/// Apart from the index of every task: the stream of attempts.
const ATTEMPTS: u64 = 1 << 32;

/// The behaviour of all tasks.
pub(crate) struct Behaviours {
    /// In the order of the campaigns' ids, which begin at 1.
    campaigns: Vec<CampaignBehaviour>,
}

struct CampaignBehaviour {
    seed: u64,
    runtime: RuntimeLaw,
    failures: Option<JobFailures>,
    prologue: ScriptBehaviour,
    epilogue: ScriptBehaviour,
}

impl Behaviours {
    /// Collects the behaviour of campaigns numbered from 1 in this order.
    pub(crate) fn new<'a>(
        campaigns: impl Iterator<Item = &'a CampaignPlan>,
        seed: Seed,
    ) -> Behaviours {
        let behaviour = |(number, plan): (usize, &CampaignPlan)| CampaignBehaviour {
            seed: seed.number("tasks", &number.to_string()),
            runtime: plan.runtime.clone(),
            failures: plan.failures,
            prologue: plan.prologue,
            epilogue: plan.epilogue,
        };
        Behaviours { campaigns: campaigns.enumerate().map(behaviour).collect() }
    }
}

impl TaskBehaviour for Behaviours {
    fn attempt(&self, campaign: CampaignId, work: TaskWork, attempt: u32) -> Behaviour {
        let behaviour = &self.campaigns[campaign.0 as usize - 1];
        let task = match work {
            TaskWork::Task(task) => task,
            TaskWork::Prologue => return script(behaviour.prologue),
            TaskWork::Epilogue => return script(behaviour.epilogue),
        };
        let stream = |purpose: u64| Pcg64Mcg::seed_from_u64(mix(behaviour.seed, purpose));
        let run = behaviour.runtime.draw(task, &mut stream(u64::from(task)));
        let exit_code = match behaviour.failures {
            None => 0,
            Some(JobFailures { probability, exit_code }) => {
                let purpose = ATTEMPTS.wrapping_mul(u64::from(attempt)) + u64::from(task);
                let drawn: f64 = stream(purpose).random();
                if drawn < probability { exit_code } else { 0 }
            }
        };
        Behaviour { run, exit_code }
    }
}

fn script(script: ScriptBehaviour) -> Behaviour {
    Behaviour { run: script.run, exit_code: script.exit_code }
}

/// Makes a seed of a campaign's seed and a number, each of which may be small and regular:
/// the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
fn mix(seed: u64, number: u64) -> u64 {
    let mut x = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
