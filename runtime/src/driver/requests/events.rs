//! Requests to close events.

use gleaner_core::fact::Fact;
use gleaner_core::ids::{CampaignId, EventId};

use crate::driver::requests::handler::{Denied, Grant, Handler, only_admins};
use crate::request::{Caller, Receipt, Refused};
use crate::store::rows::events;

impl Handler<'_> {
    /// Events go by their rows for people; a blacklist is lifted with what caused it.
    pub(super) fn fix(self, caller: &Caller, row: EventId, retry: bool) -> Result<Grant, Denied> {
        let kept = events::find(self.connection, row)?;
        let kept = kept.ok_or_else(|| Refused::NotFound(format!("event {row}")))?;
        match kept.campaign {
            Some(campaign) => drop(self.own(caller, campaign)?),
            None => only_admins(caller, "an event that concerns everybody")?,
        }
        Ok(match kept.event {
            Some(event) if kept.open => Grant::of(Fact::EventFixed { event, retry }, Receipt::Done),
            // The core does not know of it.
            None if kept.open => {
                events::close(self.connection, row, self.now.date)?;
                Grant::of_rows(Receipt::Done)
            }
            Some(_) | None => Grant::of_rows(Receipt::Done),
        })
    }

    /// Closes all events of a campaign.
    pub(super) fn fix_campaign(
        self,
        caller: &Caller,
        campaign: CampaignId,
        retry: bool,
    ) -> Result<Grant, Denied> {
        self.own(caller, campaign)?;
        let open = events::open_of(self.connection, campaign)?.into_iter();
        let facts = open.map(|event| Fact::EventFixed { event, retry }).collect();
        Ok(Grant { facts, receipt: Receipt::Campaign(campaign) })
    }
}
