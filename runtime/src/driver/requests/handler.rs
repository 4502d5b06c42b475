//! What it takes to decide about one request: the rows as they are, who may touch what, and the two ways in which
//! it can end. Commits nothing.

use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use rusqlite::Connection;

use crate::clock::Moment;
use crate::request::{Caller, Receipt, Refused, Subject};
use crate::store::error::StoreError;
use crate::store::rows::Rows;
use crate::store::rows::campaigns::{self, StoredCampaign};

/// A request that is granted.
pub(super) struct Grant {
    /// What the core is told; it may be nothing.
    pub(super) facts: Vec<Fact>,
    pub(super) receipt: Receipt,
}

/// A request that is not.
pub(super) enum Denied {
    /// It may not be done.
    Refused(Refused),
    /// The store fails.
    Store(StoreError),
}

impl Grant {
    /// Nothing but the rows has changed.
    pub(super) fn of_rows(receipt: Receipt) -> Grant {
        Grant { facts: Vec::new(), receipt }
    }

    /// The core is told one fact.
    pub(super) fn of(fact: Fact, receipt: Receipt) -> Grant {
        Grant { facts: vec![fact], receipt }
    }
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Denied {
        Denied::Store(error)
    }
}

impl From<Refused> for Denied {
    fn from(refused: Refused) -> Denied {
        Denied::Refused(refused)
    }
}

/// Decides about one request.
#[derive(Clone, Copy)]
pub(super) struct Handler<'a> {
    pub(super) connection: &'a Connection,
    pub(super) rows: &'a Rows,
    pub(super) now: Moment,
}

impl Handler<'_> {
    /// Returns a campaign that the caller may change.
    pub(super) fn own(
        &self,
        caller: &Caller,
        campaign: CampaignId,
    ) -> Result<StoredCampaign, Denied> {
        let name = || format!("campaign {campaign}");
        let kept = campaigns::find(self.connection, campaign)?;
        let kept = kept.ok_or_else(|| Refused::NotFound(name()))?;
        if !caller.may_change(Subject::Of(&kept.user)) {
            return Err(Refused::NotYours(name()).into());
        }
        Ok(kept)
    }
}

/// Refuses what concerns everybody to those who are no administrators.
pub(super) fn only_admins(caller: &Caller, what: &str) -> Result<(), Refused> {
    if caller.may_change(Subject::Grid) { Ok(()) } else { Err(Refused::NotYours(what.to_owned())) }
}
