//! The states and kinds of things, in CiGri's words. The store keeps the same words. That of a campaign is the core's,
//! which knows it by the same words: [`CampaignState`]. Says nothing of what leads from one state to another.

pub use gleaner_core::ledger::campaign::CampaignState;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::words::words;

words! {
    /// The state of a job.
    pub enum JobState {
        /// It is asked for, and has no id on its cluster yet.
        Launching = "launching",
        /// Its cluster has taken it.
        Submitted = "submitted",
        /// It waits in its cluster's queue.
        RemoteWaiting = "remote_waiting",
        /// It runs.
        Running = "running",
        /// It is over, with success.
        Terminated = "terminated",
        /// It is over, without success: an event says why.
        Event = "event",
    }
}

words! {
    /// What a job that does no task is for.
    pub enum JobTag {
        /// It prepares a cluster for the tasks of a campaign.
        Prologue = "prologue",
        /// It cleans up after them.
        Epilogue = "epilogue",
    }
}

words! {
    /// What an event is about.
    pub enum EventClass {
        /// A whole cluster.
        Cluster = "cluster",
        /// A job.
        Job = "job",
        /// A campaign.
        Campaign = "campaign",
        /// Something that people are only told.
        Notify = "notify",
        /// Something that is only written down.
        Log = "log",
    }
}

words! {
    /// Whether an event waits for somebody.
    pub enum EventState {
        /// It does.
        Open = "open",
        /// It is dealt with, or has never waited.
        Closed = "closed",
    }
}

/// The state of a task as people see it: that of its last job, or where it waits for one. One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownTaskState {
    /// It is in no queue: `pending`.
    Pending,
    /// It is in the queue for a cluster: `queued`.
    Queued,
    /// It has had a job, whose state this is.
    Job(JobState),
}

impl ShownTaskState {
    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            ShownTaskState::Pending => "pending",
            ShownTaskState::Queued => "queued",
            ShownTaskState::Job(state) => state.word(),
        }
    }

    /// Returns what a word means; none if it is no word of these.
    pub fn from_word(word: &str) -> Option<ShownTaskState> {
        match word {
            "pending" => Some(ShownTaskState::Pending),
            "queued" => Some(ShownTaskState::Queued),
            _ => JobState::from_word(word).map(ShownTaskState::Job),
        }
    }
}

impl Serialize for ShownTaskState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl<'de> Deserialize<'de> for ShownTaskState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ShownTaskState, D::Error> {
        let word = String::deserialize(deserializer)?;
        ShownTaskState::from_word(&word)
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&word), &"the state of a task"))
    }
}

#[cfg(test)]
mod tests {
    use super::{EventClass, EventState, JobState, JobTag, ShownTaskState};

    #[test]
    fn each_word_means_one_state_of_a_task() {
        let of_jobs = JobState::ALL.iter().map(|state| ShownTaskState::Job(*state));
        for state in of_jobs.chain([ShownTaskState::Pending, ShownTaskState::Queued]) {
            assert_eq!(ShownTaskState::from_word(state.word()), Some(state));
            let json = serde_json::to_value(state).unwrap();
            assert_eq!(json, state.word());
            assert_eq!(serde_json::from_value::<ShownTaskState>(json).unwrap(), state);
        }
        let error = serde_json::from_str::<ShownTaskState>("\"odd\"").unwrap_err().to_string();
        assert!(
            error.contains("invalid value: string \"odd\", expected the state of a task"),
            "{error}"
        );
    }

    #[test]
    fn words_of_states_are_read_back() {
        assert!(JobState::ALL.iter().all(|it| JobState::from_word(it.word()) == Some(*it)));
        assert!(JobTag::ALL.iter().all(|it| JobTag::from_word(it.word()) == Some(*it)));
        assert!(EventClass::ALL.iter().all(|it| EventClass::from_word(it.word()) == Some(*it)));
        assert!(EventState::ALL.iter().all(|it| EventState::from_word(it.word()) == Some(*it)));
        assert_eq!(JobState::from_word("pending"), None);
    }
}
