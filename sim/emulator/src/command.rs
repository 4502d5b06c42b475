//! Understands the commands of submitted jobs as far as their effect can be told without running
//! them: the lease check and the campaign of grid jobs, and a handful of shell words. Must not run
//! anything.

pub mod line;
pub mod script;
pub mod submission;

use std::borrow::Cow;

/// What opens the command of a job that must not start too late.
const LEASE_OPENS: &str = "[ $(date +%s) -lt ";
/// What closes the check.
const LEASE_CLOSES: &str = " ] || exit 68; ";
/// The exit code of a job that started too late.
pub const LEASE_OVER: u8 = 68;
/// What tells a job its campaign.
const CAMPAIGN_OPENS: &str = "export CIGRI_CAMPAIGN_ID=";

/// A command in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The date from which the job does nothing but end with [`LEASE_OVER`].
    pub lease_s: Option<i64>,
    /// Number of the campaign that the command exports.
    pub campaign: Option<u32>,
    /// The command proper, without the number of its task.
    pub rest: Cow<'a, str>,
}

/// Takes a command apart.
pub fn parts(command: &str) -> Parts<'_> {
    let (lease_s, rest) = lease(command);
    let (campaign, rest) = exported(rest);
    Parts { lease_s, campaign, rest: line::work(rest) }
}

fn lease(command: &str) -> (Option<i64>, &str) {
    let checked = || {
        let (date, rest) = command.strip_prefix(LEASE_OPENS)?.split_once(LEASE_CLOSES)?;
        Some((date.parse().ok()?, rest))
    };
    checked().map_or((None, command), |(date, rest)| (Some(date), rest))
}

fn exported(command: &str) -> (Option<u32>, &str) {
    let campaign = || {
        let (number, rest) = command.strip_prefix(CAMPAIGN_OPENS)?.split_once(';')?;
        Some((number.parse().ok()?, rest.trim_start()))
    };
    campaign().map_or((None, command), |(number, rest)| (Some(number), rest))
}

/// A command without the check of its lease.
pub fn without_lease(command: &str) -> &str {
    lease(command).1
}

/// The campaign in the name of a job: `gleaner.<campaign>.…` or `cigri.<campaign>`.
pub fn campaign_of_name(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("gleaner.").or_else(|| name.strip_prefix("cigri."))?;
    rest.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_job_tells_its_lease_and_its_campaign() {
        let command =
            "[ $(date +%s) -lt 1000000090 ] || exit 68; export CIGRI_CAMPAIGN_ID=7;$HOME/sim p1 3";
        let want = Parts {
            lease_s: Some(1_000_000_090),
            campaign: Some(7),
            rest: "$HOME/sim p1 3".into(),
        };
        assert_eq!(parts(command), want);
        let numbered = command.replace("=7;", "=7; : task 4; ");
        assert_eq!(parts(&numbered), want);
        let rest = "[ $(date +%s) -lt x ] || true".into();
        let plain = Parts { lease_s: None, campaign: None, rest };
        assert_eq!(parts("[ $(date +%s) -lt x ] || true"), plain);
    }

    #[test]
    fn a_name_tells_the_campaign() {
        assert_eq!(campaign_of_name("gleaner.12.ab3-7"), Some(12));
        assert_eq!(campaign_of_name("cigri.43"), Some(43));
        assert_eq!(campaign_of_name("gleaner"), None);
        assert_eq!(campaign_of_name("mine.43"), None);
    }
}
