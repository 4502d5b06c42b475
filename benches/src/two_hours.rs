//! The smallest run that is still a grid: two hours of one cluster, its owners drawn, and a campaign in its
//! holes. Reads no file.

use std::path::Path;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_scenarios::error::ScenarioError;
use gleaner_scenarios::read::parse_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_scenarios::streams::Seed;

const TEXT: &str = include_str!("../scenarios/two-hours.toml");

/// Returns the scenario with a seed.
///
/// # Errors
/// When it is not understood.
pub fn scenario(seed: u64, catalogue: &Catalogue) -> Result<Scenario, ScenarioError> {
    let folder = Path::new("");
    parse_scenario("two-hours", "two-hours.toml", TEXT, folder, Some(Seed(seed)), catalogue)
}
