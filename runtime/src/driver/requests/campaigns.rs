//! Requests about whole campaigns. Knows no job and no event.

use std::sync::Arc;

use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::ledger::campaign::CampaignState;

use crate::driver::requests::handler::{Denied, Grant, Handler};
use crate::driver::requests::quota::{self, Growth};
use crate::request::{Caller, Quota, Receipt, Refused};
use crate::store::rows::campaigns;
use crate::store::{numbers, parameters, retention};

/// Rows that are purged in one request: a campaign of a million must not hold the others up.
const PURGED_MAX: usize = 5000;

impl Handler<'_> {
    /// Takes a campaign.
    pub(super) fn submit(
        self,
        caller: &Caller,
        spec: Arc<CampaignSpec>,
        jdl: &str,
        quota: &Quota,
    ) -> Result<Grant, Denied> {
        let (connection, user) = (self.connection, caller.user());
        quota::check(connection, user, quota, Growth::Campaign(&spec.parameters))?;
        let campaign = numbers::next_campaign(connection)?;
        parameters::put(connection, campaign, 0, &spec.parameters)?;
        campaigns::add(connection, campaign, user, &spec, jdl, self.now.date)?;
        let fact = Fact::CampaignSubmitted { campaign, user: Arc::clone(user), spec };
        Ok(Grant::of(fact, Receipt::Campaign(campaign)))
    }

    /// Adds tasks to a campaign that has `behind` of them.
    pub(super) fn add(
        self,
        caller: &Caller,
        campaign: CampaignId,
        parameters: Arc<Parameters>,
        behind: u32,
        quota: &Quota,
    ) -> Result<Grant, Denied> {
        let kept = self.own(caller, campaign)?;
        if kept.state == CampaignState::Cancelled {
            let text = format!("campaign {campaign} was cancelled and takes no more jobs");
            return Err(Refused::WrongState(text).into());
        }
        let first = kept.total;
        if first != behind {
            let text = format!("campaign {campaign} has got other parameters meanwhile");
            return Err(Refused::Changed(text).into());
        }
        if first == 0 {
            let text = format!("campaign {campaign} has no parameters, and gets none");
            return Err(
                Refused::WrongState(format!("{text}\n  hint: submit a new campaign")).into()
            );
        }
        let growth = Growth::Tasks { known: first, parameters: &parameters };
        quota::check(self.connection, &kept.user, quota, growth)?;
        parameters::put(self.connection, campaign, first, &parameters)?;
        campaigns::grow(self.connection, campaign, parameters.len())?;
        let fact = Fact::JobsAdded { campaign, first, parameters };
        Ok(Grant::of(fact, Receipt::Campaign(campaign)))
    }

    /// Brings a campaign from one state to another, which is a fact to the core.
    pub(super) fn turn(
        self,
        caller: &Caller,
        campaign: CampaignId,
        from: &[CampaignState],
        to: CampaignState,
        fact: Fact,
    ) -> Result<Grant, Denied> {
        let state = self.own(caller, campaign)?.state;
        if !from.contains(&state) {
            let (state, to) = (state.word(), to.word());
            let text = format!("campaign {campaign} is {state}: it cannot become {to}");
            return Err(Refused::WrongState(text).into());
        }
        campaigns::state_of(self.connection, campaign, to, self.now)?;
        Ok(Grant::of(fact, Receipt::Campaign(campaign)))
    }

    /// Gives a campaign another name.
    pub(super) fn rename(
        self,
        caller: &Caller,
        campaign: CampaignId,
        name: &str,
    ) -> Result<Grant, Denied> {
        self.own(caller, campaign)?;
        campaigns::rename(self.connection, campaign, name)?;
        Ok(Grant::of_rows(Receipt::Campaign(campaign)))
    }

    /// Forgets jobs and events of a campaign that is over. Its parameters stay until the whole campaign is
    /// forgotten: the journal may need them.
    pub(super) fn purge(self, caller: &Caller, campaign: CampaignId) -> Result<Grant, Denied> {
        let state = self.own(caller, campaign)?.state;
        if !state.is_over() {
            let state = state.word();
            let text = format!("campaign {campaign} is {state}: only what is over can be purged");
            return Err(Refused::WrongState(text).into());
        }
        let purged = retention::purge(self.connection, campaign, PURGED_MAX)?;
        let done = purged < PURGED_MAX;
        Ok(Grant::of_rows(if done { Receipt::Campaign(campaign) } else { Receipt::More }))
    }
}
