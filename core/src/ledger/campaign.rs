//! A campaign in the ledger: what was asked for, how far it is, and where it sits.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::Seat;
use crate::ids::{CampaignId, ClusterId};
use crate::jdl::params::Parameters;
use crate::jdl::spec::CampaignSpec;
use crate::ledger::bag::Bag;

/// The state of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// It gets what it can.
    InTreatment,
    /// Its user has paused it.
    Paused,
    /// All its tasks are settled.
    Terminated,
    /// Its user has given it up.
    Cancelled,
}

/// One campaign.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    pub(crate) user: Arc<str>,
    pub(crate) spec: Arc<CampaignSpec>,
    /// Its parameters in parts, each with the index of its first task.
    pub(crate) parts: Vec<(u32, Arc<Parameters>)>,
    pub(crate) state: CampaignState,
    pub(crate) bag: Bag,
    /// Where it sits; empty when it is over and all its jobs are gone.
    pub(crate) seats: Vec<(ClusterId, Seat)>,
    /// Jobs that are or may be alive, prologues and epilogues included.
    pub(crate) live: u32,
    /// Open events of this campaign.
    pub(crate) events: u32,
    /// Jobs it has had, as asked for.
    pub(crate) attempts: u64,
    /// Jobs killed for an owner's job.
    pub(crate) killed: u64,
}

impl Campaign {
    pub(crate) fn new(id: CampaignId, user: Arc<str>, spec: Arc<CampaignSpec>) -> Campaign {
        Campaign {
            id,
            user,
            parts: vec![(0, Arc::clone(&spec.parameters))],
            state: CampaignState::InTreatment,
            bag: Bag::new(spec.parameters.len(), spec.clusters.len()),
            spec,
            seats: Vec::new(),
            live: 0,
            events: 0,
            attempts: 0,
            killed: 0,
        }
    }

    pub(crate) fn add(&mut self, parameters: Arc<Parameters>) {
        self.bag.grow(parameters.len());
        self.parts.push((self.bag.total() - parameters.len(), parameters));
    }

    /// Returns the parameter of a task.
    pub(crate) fn parameter(&self, index: u32) -> Option<Cow<'_, str>> {
        let part = self.parts.partition_point(|(first, _)| *first <= index).checked_sub(1)?;
        let (first, parameters) = &self.parts[part];
        parameters.text(index - first)
    }

    /// Drops the parameters; tells whether there were any.
    pub(crate) fn forget_parameters(&mut self) -> bool {
        let had = self.parts.iter().any(|(_, parameters)| !parameters.is_empty());
        let nothing = Arc::new(Parameters::none());
        for (_, parameters) in &mut self.parts {
            *parameters = Arc::clone(&nothing);
        }
        self.spec = Arc::new(CampaignSpec { parameters: nothing, ..(*self.spec).clone() });
        had
    }

    /// Tells whether anything can still happen to it.
    pub(crate) fn is_open(&self) -> bool {
        match self.state {
            CampaignState::InTreatment | CampaignState::Paused => true,
            CampaignState::Terminated | CampaignState::Cancelled => self.live > 0,
        }
    }
}
