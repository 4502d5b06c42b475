//! What can go wrong while a report is made. Must not know how the text is shown to people.

use std::path::PathBuf;

/// Everything that can stop a report from being written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// A folder of the report cannot be made.
    #[error("cannot create the output folder `{}`", path.display())]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A file of the report cannot be opened for writing.
    #[error("cannot create `{}`", path.display())]
    CreateFile {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// Writing a file of the report failed half way: most often the disk is full.
    #[error("cannot write `{}`", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A file that an earlier run left in the folder cannot be removed.
    #[error("cannot remove `{}`, left by an earlier run", path.display())]
    RemoveFile {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// A value cannot be written as JSON.
    #[error("cannot write `{file}` as json")]
    Json {
        /// The file it was meant for, by its name in the folder.
        file: &'static str,
        /// The writer's reason.
        #[source]
        source: serde_json::Error,
    },
    /// Two clusters have one name, so that their figures could not be told apart.
    #[error("two clusters are named `{name}`")]
    DuplicateCluster {
        /// The name.
        name: String,
    },
    /// A record speaks of a cluster that `RunInfo` does not list.
    #[error("a record names cluster number {index}, but the run has {known} clusters")]
    UnknownCluster {
        /// The index found in the record.
        index: u16,
        /// How many clusters `RunInfo` lists.
        known: usize,
    },
    /// A record speaks of a campaign that `RunInfo` does not list.
    #[error("a record names campaign number {index}, but the run has {known} campaigns")]
    UnknownCampaign {
        /// The index found in the record.
        index: u32,
        /// How many campaigns `RunInfo` lists.
        known: usize,
    },
    /// A job's times contradict each other.
    #[error(
        "job {job_id} has impossible times: submitted {submit_ms} ms, started {start_ms:?} ms, \
         ended {end_ms:?} ms"
    )]
    JobTimes {
        /// The job.
        job_id: u64,
        /// Its submission.
        submit_ms: i64,
        /// Its start, if it started.
        start_ms: Option<i64>,
        /// Its end, if it ended.
        end_ms: Option<i64>,
    },
    /// Points of one cluster came out of order.
    #[error("cluster `{cluster}`: a point at {time_ms} ms after one at {last_ms} ms")]
    PointOrder {
        /// The cluster.
        cluster: String,
        /// Time of the late point.
        time_ms: i64,
        /// Time of the point before it.
        last_ms: i64,
    },
    /// The cores of a point do not add up: one was counted twice, or not at all.
    #[error(
        "cluster `{cluster}` at {time_ms} ms: {local_used} cores of owners ({cleaning} being cleaned \
         up), {besteffort_used} of campaigns, {free} free and {unavailable} unavailable are not its \
         {cores}"
    )]
    PointCores {
        /// The cluster.
        cluster: String,
        /// Time of the point.
        time_ms: i64,
        /// Cores that local jobs hold.
        local_used: u32,
        /// Of these, cores being cleaned up.
        cleaning: u32,
        /// Cores that campaigns' jobs hold.
        besteffort_used: u32,
        /// Cores that nobody holds.
        free: u32,
        /// Cores that cannot be used.
        unavailable: u32,
        /// Of these, cores of nodes that are not there.
        absent: u32,
        /// Cores of the cluster.
        cores: u32,
    },
    /// The run is said to have stopped before something that was already recorded.
    #[error("the run stops at {until_ms} ms, but a job that ended at {end_ms} ms was recorded")]
    StopBeforeEnd {
        /// The stop.
        until_ms: i64,
        /// The latest end recorded.
        end_ms: i64,
    },
    /// A plot could not be drawn.
    #[error("cannot draw the plot `{plot}`: {reason}")]
    Plot {
        /// The plot's name.
        plot: &'static str,
        /// The drawing library's reason, which is not `Send` as a value.
        reason: String,
    },
    /// The page could not be filled in.
    #[error("cannot fill in `report.html`")]
    Page(#[source] askama::Error),
}

impl ReportError {
    /// Returns a hint: what the reader may do about it, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::CreateFolder { .. } | Self::CreateFile { .. } => {
                Some("choose another folder with `--out`, or make this one writable")
            }
            Self::WriteFile { .. } => {
                Some("is the disk full? free some space, or choose another folder with `--out`")
            }
            Self::RemoveFile { .. } => Some("choose an empty folder with `--out`"),
            Self::DuplicateCluster { .. } => Some("give each cluster a name of its own"),
            Self::Plot { .. } => Some("`--no-plots` writes all other files"),
            Self::StopBeforeEnd { .. } => {
                Some("give the stop in `RecorderOptions::until_ms` before the first record")
            }
            Self::Json { .. }
            | Self::UnknownCluster { .. }
            | Self::UnknownCampaign { .. }
            | Self::JobTimes { .. }
            | Self::PointOrder { .. }
            | Self::PointCores { .. }
            | Self::Page(_) => None,
        }
    }
}
