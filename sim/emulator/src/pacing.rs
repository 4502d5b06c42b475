//! How emulated time follows wall time: scaled, or by hand. Plain arithmetic on spans that callers
//! measure; must not know clocks.

use std::time::Duration;

use gleaner_sim::time::{SimSpan, SimTime};

/// The fastest pace: a year in half a minute. Beyond it, a whole second of the emulation is less
/// than a microsecond of ours.
pub const SPEED_MAX: f64 = 1_000_000.0;

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// It stands still until it is told.
    Hand,
    /// So many emulated seconds a second, more than zero, at most [`SPEED_MAX`].
    Speed(f64),
}

/// A text that is no pace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a speed, expected a number above 0, at most 1000000, or `hand`")]
pub struct PaceError(String);

impl std::str::FromStr for Pace {
    type Err = PaceError;

    fn from_str(text: &str) -> Result<Pace, PaceError> {
        if text == "hand" {
            return Ok(Pace::Hand);
        }
        match text.parse::<f64>() {
            Ok(speed) if speed > 0.0 && speed <= SPEED_MAX => Ok(Pace::Speed(speed)),
            Ok(_) | Err(_) => Err(PaceError(text.to_owned())),
        }
    }
}

/// Emulated time against wall time.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    pace: Pace,
    /// The emulated instant at which the emulation began.
    start: SimTime,
}

impl Pacing {
    /// A pacing that begins at `start`.
    pub fn new(pace: Pace, start: SimTime) -> Pacing {
        Pacing { pace, start }
    }

    /// How time passes.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Where emulated time should be after so much wall time; nowhere by hand.
    pub fn due(&self, elapsed: Duration) -> Option<SimTime> {
        match self.pace {
            Pace::Hand => None,
            Pace::Speed(speed) => {
                let ms = elapsed.as_secs_f64() * 1000.0 * speed;
                Some(self.start + SimSpan::from_ms((ms as i64).min(SimSpan::FOREVER.ms())))
            }
        }
    }

    /// After how much wall time the emulated instant `time` comes; never by hand.
    pub fn wall(&self, time: SimTime) -> Option<Duration> {
        match self.pace {
            Pace::Hand => None,
            Pace::Speed(_) if time <= self.start => Some(Duration::ZERO),
            Pace::Speed(speed) => {
                Duration::try_from_secs_f64((time - self.start).ms() as f64 / 1000.0 / speed).ok()
            }
        }
    }

    /// By how much wall time an instant is late that is done only after `elapsed`.
    pub fn lag(&self, time: SimTime, elapsed: Duration) -> Duration {
        self.wall(time).map_or(Duration::ZERO, |wall| elapsed.saturating_sub(wall))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_passes_in_a_second_at_speed_sixty() {
        let pacing = Pacing::new(Pace::Speed(60.0), SimTime::from_s(100));
        assert_eq!(pacing.due(Duration::from_secs(1)), Some(SimTime::from_s(160)));
        assert_eq!(pacing.wall(SimTime::from_s(160)), Some(Duration::from_secs(1)));
        let late = pacing.lag(SimTime::from_s(160), Duration::from_millis(1_040));
        assert_eq!(late, Duration::from_millis(40));
        assert_eq!(Pacing::new(Pace::Hand, SimTime::ZERO).due(Duration::from_secs(9)), None);
    }

    #[test]
    fn a_speed_is_positive_and_bounded() {
        assert_eq!("hand".parse(), Ok(Pace::Hand));
        assert_eq!("0.5".parse(), Ok(Pace::Speed(0.5)));
        for wrong in ["0", "-1", "NaN", "inf", "2e6", "fast", ""] {
            assert!(wrong.parse::<Pace>().is_err(), "{wrong}");
        }
    }
}
