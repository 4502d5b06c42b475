//! The driver: the core's port to real clusters, twin of the simulator's. It makes durable what the
//! core is told and wants (`driver/keep.rs`), then hands the commands to the workers. Must not contain
//! any scheduling rule.

mod backend;
mod begin;
mod entries;
mod keep;
mod manual_clock;
mod orders;
mod reconfigure;
mod requests;
mod settings;
mod steps;
mod to_driver;
mod wait;
mod worker_start;

use gleaner_core::backend::memory::Memory;
use gleaner_core::backend::{Backend, CycleBuffers, Stop, cycle};
use gleaner_core::decision::{Decision, Wake};
use gleaner_core::observation::Observation;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::scheduler::Scheduler;

use crate::clock::Moment;
pub use crate::driver::backend::GridBackend;
use crate::driver::backend::{Pending, failed};
pub(crate) use crate::driver::begin::taken_up;
pub use crate::driver::begin::{BeginError, Begun, begin};
pub use crate::driver::entries::{EntriesError, GridSettings};
pub use crate::driver::settings::DriverSettings;
pub use crate::driver::to_driver::{Reconfigure, ToDriver, inbox};
use crate::order::ToWorker;

impl Backend for GridBackend {
    fn observe(&mut self, wake: Wake, into: &mut Observation) -> Result<(), Stop> {
        into.now = self.wait(wake)?;
        let at = Moment { now: into.now, date: self.clock.date() };
        self.told.at = at;
        self.told.step_s = self.step_of(at);
        let Pending { asked, facts, snapshots, notes, urgent } = &mut self.pending;
        *urgent = false;
        self.told.asked = asked.len();
        self.told.facts.clear();
        self.told.facts.append(asked);
        self.told.facts.append(facts);
        self.told.notes = std::mem::take(notes);
        self.told.snapshots.clear();
        self.told.snapshots.extend(std::mem::take(snapshots).into_values());
        for snapshot in &mut self.told.snapshots {
            let there = self.open.values().filter(|cluster| **cluster == snapshot.cluster);
            snapshot.commands_in_flight = there.count() as u32;
        }
        into.facts.extend_from_slice(&self.told.facts);
        into.clusters.extend_from_slice(&self.told.snapshots);
        Ok(())
    }

    fn keep(&mut self, decision: &Decision, memory: Memory<'_>) -> Result<(), Stop> {
        self.intents = self.keep_cycle(decision, memory).map_err(failed)?;
        Ok(())
    }

    fn dispatch(&mut self, decision: &Decision) -> Result<(), Stop> {
        for command in &decision.commands {
            // Without an intent, there is nobody who could carry it out.
            if let Some(intent) = self.intents.remove(&command.id) {
                self.send(command.cluster, orders::orders(command, &intent));
            }
        }
        self.heartbeat.beat();
        self.settle_under_manual_clock()
    }
}

/// Runs cycles until asked to stop, then writes the core's memory.
///
/// # Errors
/// What kept the driver from going on; everything that was answered is durable.
pub fn run(
    scheduler: &mut Scheduler,
    backend: &mut GridBackend,
    catalogue: &Catalogue,
    reconfigured: &mut dyn FnMut(&Scheduler, &mut GridBackend),
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut buffers = CycleBuffers::default();
    loop {
        match cycle(scheduler, backend, &mut buffers) {
            Ok(()) => {}
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Finished) => {
                let Some(config) = backend.reconfigure.take() else { break };
                let taken = backend.take_settings(scheduler, &config, catalogue)?;
                match &taken {
                    Ok(renamed) => {
                        renamed.iter().for_each(|text| tracing::info!("{text}"));
                        reconfigured(scheduler, backend);
                    }
                    Err(error) => tracing::error!(error, "the settings stay as they are"),
                }
                // Whoever asked may have lost patience.
                let _ = config.reply.send(taken);
            }
        }
    }
    backend.workers.values().for_each(|worker| drop(worker.send(ToWorker::Stop)));
    Ok(backend.checkpoint(scheduler, None)?)
}
