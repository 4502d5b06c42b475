//! The progress bar, and Ctrl-C. Must not print beside the bar.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gleaner_scenarios::build::BuiltCluster;
use gleaner_scenarios::build::grid::BuiltGrid;
use gleaner_sim::job::{Job, JobKind};
use gleaner_sim::time::SimTime;
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
    /// A bar for all jobs of the owners and all tasks of the grid; invisible where standard error
    /// is no terminal.
    pub(crate) fn new(
        clusters: &[BuiltCluster],
        grid: Option<&BuiltGrid>,
        interrupted: Arc<AtomicBool>,
    ) -> Progress {
        let owners: u64 = clusters.iter().map(|built| built.setup.arrivals.len() as u64).sum();
        let campaigns = grid.iter().flat_map(|grid| &grid.campaigns);
        let jobs = owners + campaigns.map(|campaign| u64::from(campaign.tasks)).sum::<u64>();
        let target = match output::can_draw() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(jobs), target);
        let style = ProgressStyle::with_template(
            "{msg:22} {wide_bar} {human_pos}/{human_len} jobs, {per_sec}, {eta} left",
        );
        bar.set_style(style.expect("the template is well-formed"));
        Progress {
            bar,
            drawn: Instant::now(),
            done: 0,
            unix_start_s: clusters.iter().find_map(|built| built.workload.unix_start_s),
            interrupted,
        }
    }

    /// A job is over; a task that has to be tried again is not done.
    pub(crate) fn job_done(&mut self, job: &Job) {
        self.done += u64::from(job.spec.kind == JobKind::Local || job.succeeded());
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
        let calendar = self.unix_start_s.and_then(|start_s| {
            jiff::Timestamp::from_second(start_s.checked_add(now.whole_s())?).ok()
        });
        match calendar {
            Some(date) => date.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            None => format!("day {}", now.whole_s().div_euclid(86_400) + 1),
        }
    }
}
