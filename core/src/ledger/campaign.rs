//! A campaign in the ledger: what was asked for, how far it is, and where it sits.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{CampaignId, ClusterId, PairIndex, UserIndex};
use crate::jdl::params::Parameters;
use crate::jdl::params::tasks::TaskParameters;
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

impl CampaignState {
    /// All states.
    pub const ALL: [CampaignState; 4] = [
        CampaignState::InTreatment,
        CampaignState::Paused,
        CampaignState::Terminated,
        CampaignState::Cancelled,
    ];

    /// Returns its word: CiGri's, which journals and people know it by.
    pub const fn word(self) -> &'static str {
        match self {
            CampaignState::InTreatment => "in_treatment",
            CampaignState::Paused => "paused",
            CampaignState::Terminated => "terminated",
            CampaignState::Cancelled => "cancelled",
        }
    }

    /// Returns whether nothing of it will be done any more.
    pub const fn is_over(self) -> bool {
        matches!(self, CampaignState::Terminated | CampaignState::Cancelled)
    }

    /// Returns the state that a word means; none if it means none.
    pub fn from_word(word: &str) -> Option<CampaignState> {
        CampaignState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One campaign.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    pub(crate) user: Arc<str>,
    pub(crate) user_index: UserIndex,
    pub(crate) spec: Arc<CampaignSpec>,
    pub(crate) parameters: TaskParameters,
    pub(crate) state: CampaignState,
    pub(crate) bag: Bag,
    /// Where it sits; empty when it is over and all its jobs are gone.
    pub(crate) pairs: Vec<(ClusterId, PairIndex)>,
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
    pub(crate) fn new(
        id: CampaignId,
        (user, user_index): (Arc<str>, UserIndex),
        spec: Arc<CampaignSpec>,
    ) -> Campaign {
        Campaign {
            id,
            user,
            user_index,
            parameters: TaskParameters::new(Arc::clone(&spec.parameters)),
            state: CampaignState::InTreatment,
            bag: Bag::new(spec.parameters.len(), spec.clusters.len()),
            spec,
            pairs: Vec::new(),
            live: 0,
            events: 0,
            attempts: 0,
            killed: 0,
        }
    }

    pub(crate) fn add(&mut self, parameters: Arc<Parameters>) {
        let first = self.bag.total();
        self.bag.grow(parameters.len());
        self.parameters.add(first, parameters);
    }

    /// Returns the parameter of a task.
    pub(crate) fn parameter(&self, index: u32) -> Option<Cow<'_, str>> {
        self.parameters.text(index)
    }

    /// Drops the parameters; returns whether there were any.
    pub(crate) fn forget_parameters(&mut self) -> bool {
        let nothing = Arc::new(Parameters::none());
        self.spec = Arc::new(CampaignSpec { parameters: nothing, ..(*self.spec).clone() });
        self.parameters.forget()
    }

    /// Returns whether anything can still happen to it.
    pub(crate) fn is_open(&self) -> bool {
        match self.state {
            CampaignState::InTreatment | CampaignState::Paused => true,
            CampaignState::Terminated | CampaignState::Cancelled => self.live > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CampaignState;

    #[test]
    fn a_state_is_written_as_its_word() {
        for state in CampaignState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.word());
            assert_eq!(CampaignState::from_word(state.word()), Some(state));
        }
        assert_eq!(CampaignState::from_word("open"), None);
    }
}
