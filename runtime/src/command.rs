//! What a job runs before its task's own words, and how that is read back: the lease, so that a job that starts too
//! late does nothing, and the campaign. Knows no resource manager; how one's shells want it spelled is its site's
//! affair.

pub mod line;

use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::macros::CAMPAIGN_VARIABLE;
use gleaner_core::time::Timestamp;

/// The exit code of a job that started after its lease.
pub const LEASE_EXIT: u8 = 68;

/// What opens the check of a lease, at the very beginning of a job's command.
const LEASE_OPENS: &str = "[ $(date +%s) -lt ";

/// Returns what closes it.
fn lease_closes() -> String {
    format!(" ] || exit {LEASE_EXIT}")
}

/// Returns what each command begins with: the check of the lease, by the cluster's clock, and the campaign for
/// its user.
pub fn opening(campaign: CampaignId, lease: Timestamp) -> String {
    let (seconds, closes) = (lease.seconds(), lease_closes());
    format!("{LEASE_OPENS}{seconds}{closes}; export {CAMPAIGN_VARIABLE}={campaign};")
}

/// Returns the lease in a job's command, by the cluster's clock; none in a command that is not one
/// of ours.
pub fn lease_of(command: &str) -> Option<Timestamp> {
    let (date, _) = command.strip_prefix(LEASE_OPENS)?.split_once(&lease_closes())?;
    date.parse().ok().map(Timestamp::from_seconds)
}

#[cfg(test)]
mod tests {
    use gleaner_core::ids::CampaignId;
    use gleaner_core::time::Timestamp;

    use super::{lease_of, opening};

    #[test]
    fn a_command_tells_its_lease() {
        let command =
            "[ $(date +%s) -lt 1795176267 ] || exit 68; export CIGRI_CAMPAIGN_ID=7; run a 1";
        let lease = Timestamp::from_seconds(1_795_176_267);
        assert_eq!(lease_of(command), Some(lease));
        assert_eq!(format!("{} run a 1", opening(CampaignId(7), lease)), command);
        for other in
            ["run [ $(date +%s) -lt 5 ] || exit 68", "[ $(date +%s) -lt x ] || exit 68", ""]
        {
            assert_eq!(lease_of(other), None, "{other}");
        }
    }
}
