//! The progress bar, and Ctrl-C. Must not print beside the bar.

use std::time::{Duration, Instant};

use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::observer::RunObserver;
use gleaner_sim::job::{Job, JobKind, JobSlot};
use gleaner_sim::observer::Observer;
use gleaner_sim::time::SimTime;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Between two drawings.
const REDRAW: Duration = Duration::from_millis(100);

/// Makes the first Ctrl-C a wish to stop; the second ends the program as usual.
pub(crate) fn catch_interrupt() -> Cancel {
    let cancel = Cancel::default();
    let seen = cancel.clone();
    let caught = ctrlc::set_handler(move || {
        if seen.cancel() {
            std::process::exit(i32::from(crate::failure::FAILED));
        }
    });
    if let Err(error) = caught {
        output::note(format!("note: Ctrl-C will not finish the files: {error}"));
    }
    cancel
}

/// Simulated date, jobs done and their rate, on standard error.
pub(crate) struct Progress {
    bar: ProgressBar,
    drawn: Instant,
    done: u64,
    unix_start_s: Option<i64>,
    cancel: Cancel,
}

impl Progress {
    /// A bar for all jobs of the owners and all tasks of the grid; invisible where standard error
    /// is no terminal.
    pub(crate) fn new(built: &Built, cancel: Cancel) -> Progress {
        let owners = built.clusters().iter().map(|built| built.setup.arrivals.facts().count);
        let campaigns = built.campaigns().iter();
        let jobs =
            owners.sum::<u64>() + campaigns.map(|campaign| u64::from(campaign.tasks)).sum::<u64>();
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
            unix_start_s: built.info().unix_start_s,
            cancel,
        }
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

impl Observer for Progress {
    /// A task that has to be tried again is not done.
    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        self.done += u64::from(job.spec.kind == JobKind::Local || job.succeeded());
    }

    /// Redraws if it is time.
    fn go_on(&mut self, now: SimTime) -> bool {
        if self.drawn.elapsed() >= REDRAW {
            self.drawn = Instant::now();
            self.bar.set_message(self.date(now));
            self.bar.set_position(self.done);
        }
        !self.cancel.is_cancelled()
    }
}

impl RunObserver for Progress {}
