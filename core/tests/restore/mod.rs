//! A second scheduler, restored from a checkpoint of the first in the middle of its life, that has to
//! decide alike for ever after.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use gleaner_core::checkpoint::Checkpoint;
use gleaner_core::decision::Decision;
use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::params::Parameters;
use gleaner_core::observation::Observation;
use gleaner_core::policy::injection;
use gleaner_core::restore::ParameterSource;
use gleaner_core::scheduler::Scheduler;

/// The parameters that facts have brought, as a store would keep them.
#[derive(Default)]
pub(crate) struct Kept(BTreeMap<(CampaignId, u32), Arc<Parameters>>);

impl ParameterSource for Kept {
    fn parameters(
        &mut self,
        campaign: CampaignId,
        first: u32,
    ) -> Result<Arc<Parameters>, Box<dyn Error + Send + Sync>> {
        let found = self.0.get(&(campaign, first)).map(Arc::clone);
        found.ok_or_else(|| format!("nothing kept of {campaign} from {first} on").into())
    }
}

impl Kept {
    pub(crate) fn keep(&mut self, fact: &Fact) {
        match fact {
            Fact::CampaignSubmitted { campaign, spec, .. } => {
                self.0.entry((*campaign, 0)).or_insert_with(|| Arc::clone(&spec.parameters));
            }
            Fact::JobsAdded { campaign, first, parameters } => {
                let parameters = Arc::clone(parameters);
                self.0.entry((*campaign, *first)).or_insert(parameters);
            }
            _ => {}
        }
    }
}

/// Writes a checkpoint and reads it back.
pub(crate) fn through_text(checkpoint: &Checkpoint) -> Checkpoint {
    let text = serde_json::to_vec(checkpoint).unwrap();
    let read: Checkpoint = serde_json::from_slice(&text).unwrap();
    assert_eq!(read, *checkpoint, "the text of a checkpoint is not exact");
    read
}

/// Makes a scheduler from a checkpoint of another, through its text.
pub(crate) fn restored(scheduler: &Scheduler, kept: &mut Kept) -> Scheduler {
    let checkpoint = through_text(&scheduler.checkpoint());
    let config = checkpoint.config().clone();
    Scheduler::restore(config, &injection::standard(), checkpoint, kept).unwrap()
}

/// The second scheduler, as soon as it is due.
#[derive(Default)]
pub(crate) struct Twin {
    kept: Kept,
    cycles: u32,
    due: Option<u32>,
    scheduler: Option<Scheduler>,
    decision: Decision,
}

impl Twin {
    pub(crate) fn remember(&mut self, fact: &Fact) {
        self.kept.keep(fact);
    }

    pub(crate) fn due(&mut self, cycle: u32) {
        self.due = Some(cycle);
    }

    /// Does what the first scheduler did, and compares; or comes into being after that.
    pub(crate) fn follow(
        &mut self,
        first: &Scheduler,
        observation: &Observation,
        decision: &Decision,
    ) {
        let observation: &Observation =
            &Observation { facts: through_text_each(&observation.facts), ..observation.clone() };
        if let Some(scheduler) = &mut self.scheduler {
            scheduler.step(observation, &mut self.decision);
            assert_eq!(self.decision.commands, decision.commands);
            assert_eq!(self.decision.report, decision.report);
            assert_eq!(self.decision.wake, decision.wake);
            scheduler.check_invariants_fully().unwrap();
        }
        if self.due == Some(self.cycles) {
            self.scheduler = Some(restored(first, &mut self.kept));
        }
        self.cycles += 1;
        if let Some(scheduler) = &self.scheduler {
            assert_eq!(scheduler.checkpoint(), first.checkpoint(), "they remember other things");
        }
    }
}

/// Facts as a journal gives them back.
fn through_text_each(facts: &[Fact]) -> Vec<Fact> {
    let text = serde_json::to_vec(facts).unwrap();
    serde_json::from_slice(&text).unwrap()
}
