//! Snapshots of clusters as files: JSON that a run writes, that people can read and write, and that a
//! cluster of a scenario begins with. Must not know how a run goes on from them.

mod format;
mod read;
mod write;

pub use read::{ReadSnapshot, SnapshotError, read_snapshot};
pub use write::write_snapshot;
