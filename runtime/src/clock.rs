//! What time it is for the daemon: the machine's clock, or that of an emulator. The one place of the
//! runtime that asks.
//!
//! There are two times. **Grid time** is what everything waits, decides and is journalled by: it begins
//! at the date, goes at the rate of a clock that nobody can set, and never goes back, not over a restart
//! either. The **date** is what the clock on the wall shows; people may set it, so it is only shown.

mod emulator;
mod manual;
mod record;
mod shift;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use gleaner_core::time::Timestamp;

pub use crate::clock::emulator::ClockError;
use crate::clock::emulator::{EmulatorTime, timestamp};
pub use crate::clock::manual::ManualClock;
pub use crate::clock::record::{ClockRecord, Uptime};
pub use crate::clock::shift::{Shift, ShiftError, VARIABLE};

/// The longest wait at once.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// A clock.
#[derive(Debug)]
pub struct Clock {
    source: Source,
    /// What the source showed at `at`, in seconds.
    shown_s: f64,
    /// When that was, by a clock that cannot be set.
    at: Instant,
    /// The source's seconds in one of ours.
    speed: f64,
    /// Grid time less the source's time had it never been set, in seconds.
    lead_s: AtomicI64,
    /// How long the machine, or the emulator, had been running at `at`.
    uptime: Option<Uptime>,
    /// By how much the date is wrong, for tests.
    shift: Option<Shift>,
}

/// Whose clock it is.
#[derive(Debug)]
enum Source {
    /// The machine's.
    Machine,
    /// An emulator's that goes by itself.
    Paced,
    /// An emulator's that stands still until it is turned.
    Manual(ManualClock),
}

/// A point in both times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Grid time.
    pub now: Timestamp,
    /// The date, for people.
    pub date: Timestamp,
}

impl Moment {
    /// Grid time less the date, in seconds.
    pub fn lead_s(self) -> i64 {
        self.now.seconds().saturating_sub(self.date.seconds())
    }

    /// Returns the date of another grid time, as the clock is set at this moment.
    pub fn date_of(self, time: Timestamp) -> Timestamp {
        if time.is_never() {
            return time;
        }
        Timestamp::from_seconds(time.seconds().saturating_sub(self.lead_s()))
    }
}

impl Clock {
    fn new(source: Source, shown_s: f64, at: Instant, speed: f64) -> Clock {
        let lead_s = AtomicI64::new(0);
        Clock { source, shown_s, at, speed, lead_s, uptime: None, shift: None }
    }

    /// Makes the clock of the machine.
    pub fn machine() -> Clock {
        let at = Instant::now();
        let clock = Clock::new(Source::Machine, since_1970_s(), at, 1.0);
        Clock { uptime: Uptime::of_machine(), ..clock }
    }

    /// Makes a clock that shows `shown_s` seconds now and counts `speed` seconds in one of ours; with 0 it
    /// stands still.
    pub fn paced(shown_s: f64, speed: f64) -> Clock {
        Clock::new(Source::Paced, shown_s, Instant::now(), speed)
    }

    /// Reads an emulator's clock at `url`, and goes with it from then on.
    ///
    /// # Errors
    /// [`ClockError`] when there is no such clock.
    pub async fn of_emulator(url: &str) -> Result<Clock, ClockError> {
        let client = reqwest::Client::new();
        let failed = |source| ClockError { url: url.to_owned(), source };
        let asked = Instant::now();
        let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        let shown: EmulatorTime = answer.map_err(failed)?.json().await.map_err(failed)?;
        // It showed that somewhere between question and answer.
        let at = asked + asked.elapsed() / 2;
        let (source, speed) = match shown.mode.as_str() {
            "hand" => (Source::Manual(ManualClock::new(client, url, timestamp(shown.now))), 1.0),
            _ => (Source::Paced, shown.speed),
        };
        let uptime = Some(Uptime::of_emulator(url, shown.now));
        Ok(Clock { uptime, ..Clock::new(source, shown.now, at, speed) })
    }

    /// Returns the same clock, but set wrong, so that steps of it can be tried.
    #[must_use]
    pub fn shifted(mut self, shift: Shift) -> Clock {
        self.lead_s = AtomicI64::new(shift.seconds());
        self.shift = Some(shift);
        self
    }

    /// Returns what the clocks show, to be recorded: [`Clock::take_up`] goes on from there.
    pub fn record(&self, at: Moment) -> ClockRecord {
        let Moment { now, date } = at;
        let ran_s = self.steady_s() - self.shown_s;
        ClockRecord { now, date, uptime: self.uptime.as_ref().map(|uptime| uptime.later(ran_s)) }
    }

    /// Goes on from where the clocks stood last. Grid time has grown by how much longer the machine has been
    /// running; if it was started anew since, by what the date has grown, and not at all if the date is
    /// earlier now.
    pub fn take_up(&self, last: &ClockRecord) {
        let ran = self.uptime.as_ref().zip(last.uptime.as_ref());
        let ran =
            ran.and_then(|(here, there)| here.later(self.steady_s() - self.shown_s).since(there));
        let now = last.now + ran.unwrap_or_else(|| self.date().since(last.date));
        let steady_s = self.steady_s().floor() as i64;
        self.lead_s.store(now.seconds().saturating_sub(steady_s), Ordering::Relaxed);
    }

    /// Returns the source's time as if it had never been set since this daemon began.
    fn steady_s(&self) -> f64 {
        match &self.source {
            Source::Machine | Source::Paced => {
                self.shown_s + self.at.elapsed().as_secs_f64() * self.speed
            }
            Source::Manual(clock) => clock.now().seconds() as f64,
        }
    }

    fn now_s(&self) -> f64 {
        self.steady_s() + self.lead_s.load(Ordering::Relaxed) as f64
    }

    /// Grid time.
    pub fn now(&self) -> Timestamp {
        timestamp(self.now_s())
    }

    /// Returns what the clock on the wall shows.
    pub fn date(&self) -> Timestamp {
        let shown_s = match &self.source {
            Source::Machine => since_1970_s(),
            Source::Paced | Source::Manual(_) => self.steady_s(),
        };
        let shift_s = self.shift.as_ref().map_or(0, Shift::seconds);
        Timestamp::from_seconds(timestamp(shown_s).seconds().saturating_add(shift_s))
    }

    /// Both times.
    pub fn moment(&self) -> Moment {
        Moment { now: self.now(), date: self.date() }
    }

    /// Returns whether it stands still until it is turned.
    pub fn is_manual(&self) -> bool {
        matches!(self.source, Source::Manual(_))
    }

    /// Returns how long a span of this clock's time takes by our own.
    pub fn real(&self, span: Duration) -> Duration {
        match self.source {
            Source::Machine | Source::Manual(_) => span,
            // A clock that hardly moves, as in tests: no span is endless.
            Source::Paced => span.div_f64(self.speed.max(0.001)),
        }
    }

    /// Returns how long it has been since, in this clock's time: the other way round as
    /// [`Clock::real`].
    pub fn since(&self, since: Instant) -> Duration {
        let real = since.elapsed();
        match self.source {
            Source::Machine | Source::Manual(_) => real,
            Source::Paced => real.mul_f64(self.speed.max(0.001)),
        }
    }

    /// Returns how long to wait until a grid time, by our own clock; an hour at most.
    pub fn wait(&self, time: Timestamp) -> Duration {
        if self.is_manual() {
            return Duration::ZERO;
        }
        if time.is_never() {
            return WAIT_MAX;
        }
        let seconds = ((time.seconds() as f64 - self.now_s()) / self.speed).max(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(WAIT_MAX).min(WAIT_MAX)
    }

    /// Turns a manual clock to the grid time `until`, or to the first whole second at
    /// which something of ours changes; any other shows what it shows. Waits for the answer: to be called
    /// outside of asynchronous code.
    ///
    /// # Errors
    /// [`ClockError`] when it cannot be turned.
    pub fn turn(&self, until: Timestamp, on_change: bool) -> Result<Timestamp, ClockError> {
        if let Source::Manual(clock) = &self.source {
            let lead_s = self.lead_s.load(Ordering::Relaxed);
            let until = Timestamp::from_seconds(until.seconds().saturating_sub(lead_s));
            clock.turn(until, on_change)?;
        }
        Ok(self.now())
    }
}

/// Before 1970: a clock that was never set.
fn since_1970_s() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Clock, ClockRecord, Moment, Shift, Uptime};
    use gleaner_core::time::Timestamp;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// Returns a clock at 1000 that stands still but for what the file says.
    fn set_by(folder: &std::path::Path, seconds: i64) -> (Clock, impl Fn(i64)) {
        let path = folder.join("shift");
        fs::write(&path, seconds.to_string()).unwrap();
        let clock = Clock::paced(1000.0, 0.0).shifted(Shift::by(path.clone()).unwrap());
        (clock, move |seconds: i64| fs::write(&path, seconds.to_string()).unwrap())
    }

    #[test]
    fn a_clock_that_is_set_changes_the_date_and_not_the_grids_time() {
        let folder = tempfile::tempdir().unwrap();
        let (clock, set) = set_by(folder.path(), 0);
        assert_eq!(clock.moment(), Moment { now: at(1000), date: at(1000) });
        set(-300);
        assert_eq!(clock.moment(), Moment { now: at(1000), date: at(700) });
        assert_eq!(clock.wait(at(1000)), std::time::Duration::ZERO, "what is due stays due");
        set(86_400);
        assert_eq!(clock.moment(), Moment { now: at(1000), date: at(87_400) });
        set(0);
        assert_eq!(clock.moment().lead_s(), 0, "no date is off for ever");
    }

    #[test]
    fn spans_are_told_in_the_clocks_time_and_taken_in_ours() {
        let second = std::time::Duration::from_secs(1);
        let fast = Clock::paced(1000.0, 100.0);
        assert_eq!(fast.real(100 * second), second);
        let began = std::time::Instant::now().checked_sub(second).unwrap();
        let since = fast.since(began);
        assert!(100 * second <= since && since < 3000 * second, "{since:?}");
        assert!(Clock::machine().since(began) < 30 * second);
    }

    #[test]
    fn grid_time_goes_on_over_a_restart_whatever_the_clock_shows() {
        let folder = tempfile::tempdir().unwrap();
        let taken_up = |shift_s, now, date| {
            let (clock, _) = set_by(folder.path(), shift_s);
            clock.take_up(&ClockRecord { now: at(now), date: at(date), uptime: None });
            clock.now().seconds()
        };
        assert_eq!(taken_up(0, 900, 900), 1000, "100 s later");
        assert_eq!(taken_up(-600, 900, 900), 900, "set back meanwhile: it goes on from there");
        assert_eq!(taken_up(0, 5000, 900), 5100, "it was ahead of the date, and stays so");
        assert_eq!(taken_up(0, 1 << 40, 1 << 40), 1 << 40, "a time in a far future goes on");
        assert_eq!(taken_up(0, 500, 900), 600, "it was behind the date, and stays so");
    }

    #[test]
    fn a_clock_that_is_set_while_no_daemon_runs_does_not_age_the_grid() {
        let folder = tempfile::tempdir().unwrap();
        let taken_up = |shift_s, uptime: Uptime| {
            let (mut clock, _) = set_by(folder.path(), shift_s);
            clock.uptime = Some(Uptime::of_emulator("boot 1", 70.0));
            clock.take_up(&ClockRecord { now: at(900), date: at(900), uptime: Some(uptime) });
            clock.moment()
        };
        let before = || Uptime::of_emulator("boot 1", 50.0);
        assert_eq!(taken_up(86_400, before()), Moment { now: at(920), date: at(87_400) });
        assert_eq!(taken_up(-600, before()), Moment { now: at(920), date: at(400) });
        let other = [Uptime::of_emulator("boot 0", 50.0), Uptime::of_emulator("boot 1", 90.0)];
        for started_anew in other {
            assert_eq!(taken_up(0, started_anew).now, at(1000), "the date is all there is");
        }
    }
}
