//! The beginning of a pass on the slots of the last one: what owners' jobs under way hold is kept, where
//! they are all that was taken out before anybody is placed (a property test holds it to taking them out
//! anew). Their rows of the gantt are left out: nobody asks for them where only needed predictions are made.

use super::Run;
use crate::oar::model::config::Config;
use crate::oar::model::ids::Date;
use crate::oar::model::platform::Platform;
use crate::oar::model::slots::kept::{Holder, KeptSlots, Move};
use crate::oar::model::state::State;

/// Whether owners' jobs that hold their resources from the past to the end of their walltimes are all that is
/// taken out first.
fn only_owners_hold(state: &mut State, now: Date, config: &Config) -> bool {
    config.only_launches_count()
        && config.quotas.is_none()
        && state.table.is_plain()
        && state.table.holdings(now, config.job_security_time_s).is_some()
}

/// Takes the slots of the last pass out of the memory, brought up to date, and tells who moved since; nothing
/// if they could not be kept.
pub(in crate::oar::pass) fn kept_slots(
    state: &mut State,
    now: Date,
    config: &Config,
    platform: &Platform,
) -> Option<(KeptSlots, Vec<Move>)> {
    let simple = only_owners_hold(state, now, config);
    let changed = state.table.follow_owners();
    let known = state.memory.kept.take().filter(|_| simple);
    let (mut kept, changed) = (known?, changed?);
    let security_s = config.job_security_time_s;
    let (table, real) = (&state.table, config.is_real());
    let holder = |id| {
        let job = &table.entry(*table.current_bucket().get(&id)?).job;
        let end = job.start.0 + job.assigned_walltime_s() + security_s;
        Some(Holder { start: job.start, end, set: platform.ranks_of(&job.assigned, real) })
    };
    let moves = kept.follow(now, platform, security_s, changed, holder)?;
    Some((kept, moves))
}

impl Run<'_> {
    /// Begins with the slots of the last pass, if they could be kept; only best-effort jobs are listed then.
    pub(in crate::oar::pass) fn begin_with_kept_slots(&mut self) -> bool {
        let kept = kept_slots(self.state, self.now, self.config, &self.platform);
        let Some((kept, _)) = kept else { return false };
        self.main = kept.slots(self.state.memory.spare.take());
        self.state.memory.kept = Some(kept);
        self.load_besteffort();
        true
    }

    /// Keeps the slots for the next pass, if they can be kept.
    pub(in crate::oar::pass) fn keep_slots(&mut self) {
        if !only_owners_hold(self.state, self.now, self.config) {
            return;
        }
        let owners = self.occupants.iter().filter(|occupant| !occupant.besteffort);
        let holders = owners.map(|occupant| {
            let (start, end) = (occupant.sorted_by, occupant.span.end());
            (occupant.job, Holder { start, end, set: occupant.set.clone() })
        });
        let security_s = self.config.job_security_time_s;
        self.state.memory.kept = KeptSlots::keep(&self.main, &self.platform, security_s, holders);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oar::life::lifecycle::ENDED;
    use crate::oar::model::config::{Config, OarCompat, Predictions};
    use crate::oar::model::ids::{Date, ResourceId};
    use crate::oar::model::job::Job;
    use crate::oar::model::resource::Resource;
    use crate::oar::model::state::{Queue, State};
    use crate::oar::pass::pass;
    use gleaner_oar::states::JobState;
    use proptest::prelude::*;

    /// The slots of a pass that begins with nothing.
    fn anew(state: &State, now: Date, config: &Config) -> KeptSlots {
        let mut state = state.clone();
        state.forget_plan();
        let mut run = Run::new(&mut state, now, config);
        run.load_occupants();
        run.subtract_absences();
        run.subtract_occupants(false);
        run.keep_slots();
        run.state.memory.kept.take().expect("there are only plain jobs")
    }

    /// What happens between two passes: jobs come, a running one ends.
    fn happen(
        state: &mut State,
        now: Date,
        config: &Config,
        (what, cores, minutes): (u8, u32, i64),
    ) {
        let running = state.current_jobs().filter(|job| job.state == JobState::Running);
        let ending = running.map(|job| job.id).nth(cores as usize - 1);
        if what < 3 {
            let job = Job::new(state.next_job_id(), now);
            let seconds = 60 * (minutes % 20) + i64::from(minutes > 20) + 60;
            state.submit(job.asking(&[("resource_id", cores)], seconds), config).unwrap();
        } else if let Some(id) = ending {
            state.job_end(id, ENDED, Some(0), now, config).unwrap();
            state.check_node_states(now, config);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn kept_slots_are_those_of_taking_all_out_anew(
            real in any::<bool>(),
            leaves in 0..4u8,
            steps in prop::collection::vec(
                (prop::collection::vec((0..6u8, 1..40u32, 0..40i64), 0..6), 1..9i64), 1..40),
        ) {
            let compat = if real { OarCompat::Real } else { OarCompat::Intended };
            let predictions = Predictions::Needed;
            let config = Config { compat, predictions, ..Config::default() };
            let resource = |id| {
                let mut resource = Resource::new(ResourceId(id), format!("n{}", id / 8));
                if leaves == 0 && id == 5 {
                    resource.available_upto = 1_700_000_020;
                }
                resource
            };
            let resources = (1..=100).map(resource).collect();
            let mut state = State::new(resources, Queue::packaged(), &config).unwrap();
            let (mut now, mut reused) = (Date(1_700_000_000), 0);
            let many = steps.len();
            for (events, seconds) in steps {
                now.0 += seconds;
                for event in events {
                    happen(&mut state, now, &config, event);
                }
                let known = state.memory.kept.is_some();
                let mut run = Run::new(&mut state, now, &config);
                if run.begin_with_kept_slots() {
                    reused += 1;
                    let kept = run.state.memory.kept.clone().expect("slots were kept");
                    let main = std::mem::replace(&mut run.main, kept.slots(None));
                    prop_assert!(known && main == kept.slots(None));
                    prop_assert!(main == anew(&state, now, &config).slots(None));
                }
                for id in pass(&mut state, now, &config).launched {
                    state.launched(id, now, &config).unwrap();
                }
            }
            prop_assert!(leaves == 0 || many < 20 || reused > 0, "the slots of {many} passes were never kept");
        }
    }
}
