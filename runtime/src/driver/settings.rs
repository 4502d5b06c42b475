//! What the driver goes by: spans, and how long things are kept. Reads no file.

use gleaner_core::time::Duration;

/// Settings of the driver.
#[derive(Clone, Copy, Debug)]
pub struct DriverSettings {
    /// A submission that could not be sent for so long expires: 120 s.
    pub send_within: Duration,
    /// A job that starts so long after its submission was decided does nothing: the waiting limit,
    /// and some more.
    pub lease: Duration,
    /// Before a cycle, the clusters are looked at; whoever takes longer is not waited for. Zero: no such look,
    /// and a cycle sees what was told last. In the clock's time.
    pub look_within: std::time::Duration,
    /// How old what people see of the clusters may be while no cycle runs: by the machine's time.
    pub show_within: std::time::Duration,
    /// The core's memory is written every so many cycles.
    pub checkpoint_cycles: u32,
    /// The journal is kept for so long.
    pub keep_journal: Duration,
    /// Campaigns can be read for so long after they were over, and never shorter than the journal.
    pub keep_campaigns: Duration,
}
