//! The progress bar, and Ctrl-C. Must not print beside the bar.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gleaner_scenarios::build::WorkloadFacts;
use gleaner_sim::time::SimTime;
use gleaner_sim::world::ClusterSetup;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Between two drawings.
const REDRAW: Duration = Duration::from_millis(100);

/// Makes the first Ctrl-C set the flag; the second ends the program as usual.
pub(crate) fn catch_interrupt() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flag);
    let caught = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(crate::failure::FAILED));
        }
    });
    if let Err(error) = caught {
        output::note(format!("note: Ctrl-C will not finish the files: {error}"));
    }
    flag
}

/// Simulated date, jobs done and their rate, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    drawn: Instant,
    done: u64,
    unix_start_s: Option<i64>,
    interrupted: Arc<AtomicBool>,
}

impl Progress {
    /// A bar for all jobs of the given clusters; invisible where standard error is no terminal.
    pub(crate) fn new(
        setups: &[ClusterSetup],
        facts: &[WorkloadFacts],
        interrupted: Arc<AtomicBool>,
    ) -> Progress {
        let jobs: usize = setups.iter().map(|setup| setup.arrivals.len()).sum();
        let target = match output::can_draw() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(jobs as u64), target);
        let style = ProgressStyle::with_template(
            "{msg:22} {wide_bar} {human_pos}/{human_len} jobs, {per_sec}, {eta} left",
        );
        bar.set_style(style.expect("the template is well-formed"));
        Progress {
            bar,
            drawn: Instant::now(),
            done: 0,
            unix_start_s: facts.iter().find_map(|facts| facts.unix_start_s),
            interrupted,
        }
    }

    /// One more job is over.
    pub(crate) fn job_done(&mut self) {
        self.done += 1;
    }

    /// Redraws if it is time; answers whether to go on.
    pub(crate) fn look(&mut self, now: SimTime) -> bool {
        if self.drawn.elapsed() >= REDRAW {
            self.drawn = Instant::now();
            self.bar.set_message(self.date(now));
            self.bar.set_position(self.done);
        }
        !self.interrupted.load(Ordering::Relaxed)
    }

    /// Takes the bar away.
    pub(crate) fn close(&self) {
        self.bar.finish_and_clear();
    }

    fn date(&self, now: SimTime) -> String {
        let calendar = self
            .unix_start_s
            .and_then(|start_s| jiff::Timestamp::from_second(start_s.checked_add(now.whole_s())?).ok());
        match calendar {
            Some(date) => date.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            None => format!("day {}", now.whole_s().div_euclid(86_400) + 1),
        }
    }
}
