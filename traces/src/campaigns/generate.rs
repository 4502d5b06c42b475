//! A list of campaigns from its parameters: same parameters and seed, same list.
//! Must not know files.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::campaigns::Campaign;
use crate::campaigns::laws::CampaignLaws;
use crate::campaigns::problem::CampaignProblem;
use crate::generate::sampler::{Weighted, exponential};

/// Most campaigns of a list.
pub const CAMPAIGNS_MAX: u32 = 10_000_000;

/// All parameters of a generated list of campaigns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CampaignSpec {
    /// Number of campaigns, from 1 to [`CAMPAIGNS_MAX`].
    pub campaigns: u32,
    /// Mean gap between two submissions (Poisson), seconds; above 0.
    pub mean_gap_s: f64,
    /// Number of users, at least 1, of unequal activity (Zipf).
    pub users: u32,
    /// Most tasks of a campaign; larger ones are cut, to keep small simulations small.
    pub tasks_max: u64,
    /// Laws of sizes.
    pub laws: CampaignLaws,
    /// Seed of all random numbers.
    pub seed: u64,
}

impl CampaignSpec {
    /// Makes the campaigns with a generator (PCG-64-MCG) started from the seed.
    pub fn generate(&self) -> Result<Vec<Campaign>, CampaignProblem> {
        self.generate_with(&mut Pcg64Mcg::seed_from_u64(self.seed))
    }

    /// Makes the campaigns with `rng`; the seed is not looked at. Submissions are in
    /// whole seconds, mean run times in milliseconds.
    pub fn generate_with<R: Rng + ?Sized>(
        &self,
        rng: &mut R,
    ) -> Result<Vec<Campaign>, CampaignProblem> {
        self.validate()?;
        let activity = Weighted::zipf(self.users);
        let mut now_s = 0.0;
        let mut campaigns = Vec::new();
        for number in 1..=self.campaigns {
            now_s += self.mean_gap_s * exponential(rng);
            let user = activity.draw(rng);
            let (tasks, mean_s) = self.laws.draw(rng);
            campaigns.push(Campaign {
                name: format!("c{number}"),
                user: format!("user{user}"),
                submission_s: libm::floor(now_s),
                tasks: tasks.min(self.tasks_max),
                mean_runtime_s: libm::round(mean_s * 1000.0) / 1000.0,
            });
        }
        Ok(campaigns)
    }

    fn validate(&self) -> Result<(), CampaignProblem> {
        let CampaignLaws { work_scale_s, work_shape, correlation, independent, .. } = self.laws;
        let within = |value: f64, low: f64, high: f64| (low..=high).contains(&value);
        let count = f64::from(self.campaigns);
        let users = f64::from(self.users);
        let positive = f64::MIN_POSITIVE;
        for (key, value, expected, ok) in [
            ("campaigns", count, "1 to 10000000", (1..=CAMPAIGNS_MAX).contains(&self.campaigns)),
            ("users", users, "1 to 10000000", within(users, 1.0, 1e7)),
            ("tasks_max", self.tasks_max as f64, "1 or more", self.tasks_max > 0),
            ("mean_gap_s", self.mean_gap_s, "above 0", within(self.mean_gap_s, positive, 1e9)),
            ("work_scale_s", work_scale_s, "above 0", within(work_scale_s, positive, 1e15)),
            ("work_shape", work_shape, "0.1 to 10", within(work_shape, 0.1, 10.0)),
            ("correlation", correlation, "-1 to 1", within(correlation, -1.0, 1.0)),
            ("independent", independent, "0 to 1", within(independent, 0.0, 1.0)),
        ] {
            if !ok {
                return Err(CampaignProblem::Range { key, value, expected });
            }
        }
        if self.laws.jobs.is_valid() {
            Ok(())
        } else {
            Err(CampaignProblem::JobsLaw(self.laws.jobs))
        }
    }
}
