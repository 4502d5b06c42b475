//! States of jobs, reservations and resources, spelled as in OAR's database. Knows no transitions.

use crate::error::ParseError;
use std::fmt;
use std::str::FromStr;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All values, in the order of OAR's database type.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// OAR's spelling.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(word: &str) -> Result<Self, ParseError> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word).ok_or_else(|| {
                    ParseError::UnknownWord { what: $what, word: word.to_owned() }
                })
            }
        }
    };
}

words! {
    /// State of a job.
    JobState, "job state", {
        /// In a queue.
        Waiting = "Waiting",
        /// In a queue, but held back by its owner or an administrator.
        Hold = "Hold",
        /// Chosen by a pass; the launcher has not reached the nodes yet.
        ToLaunch = "toLaunch",
        /// Refused reservation, on its way to `Error`.
        ToError = "toError",
        /// Accepted reservation whose owner is still to be told.
        ToAckReservation = "toAckReservation",
        /// The launcher is at work on the nodes.
        Launching = "Launching",
        /// Runs.
        Running = "Running",
        /// Stopped by a signal, keeps its place.
        Suspended = "Suspended",
        /// Asked to run again.
        Resuming = "Resuming",
        /// Ended; nodes are being cleaned.
        Finishing = "Finishing",
        /// Ended by itself.
        Terminated = "Terminated",
        /// Killed, or could not run.
        Error = "Error",
    }
}

impl JobState {
    /// Whether the job holds resources.
    #[must_use]
    pub fn is_current(self) -> bool {
        matches!(
            self,
            Self::ToLaunch
                | Self::Launching
                | Self::Running
                | Self::Suspended
                | Self::Resuming
                | Self::Finishing
        )
    }

    /// Whether the state is never left again.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Terminated | Self::Error)
    }
}

words! {
    /// Where an advance reservation stands.
    ReservationState, "reservation state", {
        /// Not a reservation.
        None = "None",
        /// Not examined yet.
        ToSchedule = "toSchedule",
        /// Examined: accepted, or refused if the job is in error.
        Scheduled = "Scheduled",
    }
}

words! {
    /// State of a resource.
    ResourceState, "resource state", {
        /// Usable.
        Alive = "Alive",
        /// Powered off or away for a while; may be planned on.
        Absent = "Absent",
        /// OAR doubts that it works.
        Suspected = "Suspected",
        /// Gone.
        Dead = "Dead",
    }
}

impl ResourceState {
    /// The number that stands in the column `state_num` and sorts resources: 1 to 4.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::Alive => 1,
            Self::Absent => 2,
            Self::Suspected => 3,
            Self::Dead => 4,
        }
    }

    /// Whether the scheduler may plan on it.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Alive | Self::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_round_trip() {
        for state in JobState::ALL {
            assert_eq!(state.as_str().parse::<JobState>().as_ref(), Ok(state));
        }
        assert_eq!("toLaunch".parse(), Ok(JobState::ToLaunch));
        let error = "tolaunch".parse::<JobState>().unwrap_err();
        assert_eq!(error.to_string(), "unknown job state `tolaunch`");
    }

    #[test]
    fn six_states_hold_resources() {
        let current: Vec<_> =
            JobState::ALL.iter().filter(|s| s.is_current()).map(|s| s.as_str()).collect();
        let want = ["toLaunch", "Launching", "Running", "Suspended", "Resuming", "Finishing"];
        assert_eq!(current, want);
    }
}
