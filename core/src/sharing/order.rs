//! In which order campaigns are looked at on a cluster. Who of them is served is another step's affair.

use std::cmp::Reverse;
use std::fmt;

use crate::sharing::Candidate;

/// Ranks the campaigns of a cluster.
pub trait Order: fmt::Debug + Send {
    /// Sorts them, the first to be served in front. The same campaigns come out in the same order, however
    /// they came in.
    fn sort(&self, campaigns: &mut [Candidate]);

    /// Returns whether the order depends on more than who is there and on users' ranks: then the campaigns are
    /// sorted in each cycle.
    fn varies(&self) -> bool {
        false
    }
}

/// Test mode first, then the user's rank, then first come, first served.
#[derive(Clone, Copy, Debug)]
pub struct FirstCome;

impl Order for FirstCome {
    fn sort(&self, campaigns: &mut [Candidate]) {
        campaigns.sort_unstable_by_key(|it| (!it.test_mode, Reverse(it.priority), it.campaign));
    }
}
