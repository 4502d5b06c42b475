//! One emulated cluster beside its World: its name and dialect, its resources, its keys and files,
//! and the faults of its answers. Must not know requests.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::time::{SimSpan, SimTime};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

use crate::behaviour::UsualRuntime;
use crate::faults::FaultInjector;
use crate::identity::TokenKey;
use crate::platform::Platform;

/// A dialect of OAR's REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OAR 3: tokens.
    Oar3,
    /// OAR 2.5: a trusted header.
    Oar2,
}

impl Dialect {
    /// Its word in scenarios and outputs.
    pub fn word(self) -> &'static str {
        match self {
            Dialect::Oar3 => "oar3",
            Dialect::Oar2 => "oar2",
        }
    }
}

/// How the commands of submitted jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Execute {
    /// Only their run time passes.
    Simulated,
    /// As processes of this machine.
    Local,
}

/// A file that was put there through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// Whose it is.
    pub owner: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// Most bytes of all files put onto one cluster.
pub const FILES_MAX: usize = 64 << 20;

/// An emulated cluster.
pub struct Cluster {
    /// Its name: the first part of its paths.
    pub name: String,
    /// Its dialect.
    pub dialect: Dialect,
    /// Its resources.
    pub platform: Platform,
    /// How commands run.
    pub execute: Execute,
    /// Run times of jobs of which nothing is known.
    pub usual: UsualRuntime,
    /// What signs its tokens.
    pub tokens: TokenKey,
    /// From the deletion of a running job until it is dead, where no OAR server decides.
    pub kill: SimSpan,
    /// Injects faults into its API.
    pub injector: FaultInjector,
    /// The random stream of faults in what it does and answers, whatever becomes of a request.
    pub rng: Pcg64Mcg,
    /// Files put there through the API, by absolute path.
    pub files: BTreeMap<String, StoredFile>,
    /// Directories from which the last file was removed.
    pub emptied: BTreeSet<String>,
    /// The stress it reports: from 1 on, a grid should send nothing.
    pub stress: f64,
    /// Since when every request is answered 500.
    pub wedged: Option<SimTime>,
}

impl Cluster {
    /// Returns what goes wrong, and how often.
    pub fn faults(&self) -> &ApiFaults {
        self.injector.faults()
    }

    /// Whether something of that probability happens now. Random numbers are drawn only where it may.
    pub fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.rng.random::<f64>() < probability
    }

    /// Whether so many bytes more may be put onto the cluster.
    pub fn has_room(&self, bytes: usize) -> bool {
        let used: usize = self.files.values().map(|file| file.content.len()).sum();
        used.saturating_add(bytes) <= FILES_MAX
    }

    /// Home directory of a user.
    pub fn home(user: &str) -> String {
        format!("/home/{user}")
    }
}
