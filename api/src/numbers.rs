//! The numbers by which people know things, and how they stand in addresses. Knows no route.

use gleaner_core::ids::{CampaignId, ClusterId, EventId};

/// A job in our own numbering, over all clusters, as people type it (`gridstat -j`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// By which one of the daemon's own tokens is listed and revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessTokenId(pub u64);

/// The number of a task in its campaign, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskNumber(pub u64);

impl TaskNumber {
    /// Returns the number of the task at a position, counted from 0.
    pub fn at(index: u32) -> TaskNumber {
        TaskNumber(u64::from(index) + 1)
    }

    /// Returns the position of the task, counted from 0; none for the number 0, which no task has.
    pub fn position(self) -> Option<u64> {
        self.0.checked_sub(1)
    }
}

/// The number of a cluster: CiGri's begin with 1, the core's with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterNumber(pub u32);

impl ClusterNumber {
    /// Returns the id that the core knows the cluster by; none where no cluster can have this number.
    pub fn id(self) -> Option<ClusterId> {
        self.0.checked_sub(1).and_then(|id| u16::try_from(id).ok()).map(ClusterId)
    }
}

impl From<ClusterId> for ClusterNumber {
    fn from(id: ClusterId) -> ClusterNumber {
        ClusterNumber(u32::from(id.0) + 1)
    }
}

/// A number that stands in an address.
pub trait PathNumber: Sized + Copy {
    /// Returns it as a number.
    fn number(self) -> u64;

    /// Makes one; none where it is too large.
    fn from_number(number: u64) -> Option<Self>;

    /// Reads one: digits alone, of a number that a row of the store can have. CiGri, too, finds nothing at others.
    fn read(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse::<u64>().ok()).flatten();
        number.filter(|number| i64::try_from(*number).is_ok()).and_then(Self::from_number)
    }
}

macro_rules! path_numbers {
    ($($name:ident),+) => {$(
        impl PathNumber for $name {
            fn number(self) -> u64 {
                self.0.into()
            }

            fn from_number(number: u64) -> Option<$name> {
                number.try_into().ok().map($name)
            }
        }
    )+};
}

path_numbers!(AccessTokenId, CampaignId, EventId, JobId, TaskNumber, ClusterNumber);

#[cfg(test)]
mod tests {
    use gleaner_core::ids::{CampaignId, ClusterId};

    use super::{ClusterNumber, JobId, PathNumber};

    #[test]
    fn only_numbers_that_a_row_can_have_are_looked_for() {
        assert_eq!(JobId::read("9223372036854775807"), Some(JobId(u64::MAX / 2)));
        assert_eq!(CampaignId::read("4294967295"), Some(CampaignId(u32::MAX)));
        for wrong in
            ["9223372036854775808", "18446744073709551616", "-1", "+1", "1.0", "", " 1", "1e3"]
        {
            assert!(JobId::read(wrong).is_none() && CampaignId::read(wrong).is_none(), "{wrong}");
        }
        assert!(CampaignId::read("4294967296").is_none());
    }

    #[test]
    fn clusters_are_counted_from_one() {
        assert_eq!(ClusterNumber::from(ClusterId(u16::MAX)).id(), Some(ClusterId(u16::MAX)));
        assert_eq!(ClusterNumber(1).id(), Some(ClusterId(0)));
        assert_eq!(ClusterNumber(0).id(), None);
        assert_eq!(ClusterNumber(65_537).id(), None);
    }
}
