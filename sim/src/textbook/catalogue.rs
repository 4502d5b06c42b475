//! The textbook schedulers that can be asked for, each by its name and with how it is made. Whoever adds one
//! adds it here: scenarios, options, help and the properties of `sim/tests` go through this list.
//!
//! Must not know how a name came here.

use std::fmt;

use crate::scheduler::ClusterScheduler;
use crate::textbook::allocations::Allocations;
use crate::textbook::conservative::Conservative;
use crate::textbook::easy::{BackfillOrder, Easy};
use crate::textbook::fcfs::Fcfs;
use crate::textbook::harvest::HarvestConfig;
use crate::textbook::policy::Policy;
use crate::textbook::{Rhythm, Textbook};

/// A flat cluster that is to be given a scheduler.
#[derive(Clone, Copy, Debug)]
pub struct FlatCluster {
    /// Its cores.
    pub cores: u32,
    /// How often its scheduler looks.
    pub rhythm: Rhythm,
    /// How it treats best-effort jobs.
    pub harvest: HarvestConfig,
}

impl FlatCluster {
    /// Returns the scheduler that goes by `policy`.
    pub fn under(self, policy: impl Policy) -> Box<dyn ClusterScheduler> {
        Box::new(Textbook::new(policy, self.rhythm, Allocations::new(self.cores, self.harvest)))
    }
}

/// A textbook scheduler that can be asked for.
pub struct TextbookEntry {
    /// The name to ask for.
    pub name: &'static str,
    make: fn(FlatCluster) -> Box<dyn ClusterScheduler>,
}

/// All of them, in the order in which people should read them.
pub static TEXTBOOK: &[TextbookEntry] = &[
    TextbookEntry::new("fcfs", |cluster| cluster.under(Fcfs::default())),
    TextbookEntry::new("easy", |cluster| cluster.under(Easy::new(BackfillOrder::Arrival))),
    TextbookEntry::new("easy-sjbf", |cluster| {
        cluster.under(Easy::new(BackfillOrder::ShortestFirst))
    }),
    TextbookEntry::new("conservative", |cluster| cluster.under(Conservative::new(cluster.cores))),
];

impl TextbookEntry {
    /// Describes a scheduler to a catalogue.
    pub const fn new(
        name: &'static str,
        make: fn(FlatCluster) -> Box<dyn ClusterScheduler>,
    ) -> TextbookEntry {
        TextbookEntry { name, make }
    }

    /// Makes it for a cluster.
    pub fn scheduler(&self, cluster: FlatCluster) -> Box<dyn ClusterScheduler> {
        (self.make)(cluster)
    }
}

/// Two of one name are one.
impl PartialEq for TextbookEntry {
    fn eq(&self, other: &TextbookEntry) -> bool {
        self.name == other.name
    }
}

impl Eq for TextbookEntry {}

impl fmt::Debug for TextbookEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
