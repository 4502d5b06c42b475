//! Settings that change while the driver runs, and the checkpoints that such a change and the end of a run leave
//! behind.

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::scheduler::Scheduler;
use gleaner_core::scheduler::reconfigure::Rename;

use crate::driver::backend::GridBackend;
use crate::driver::entries::{alive, renames};
use crate::driver::to_driver::Reconfigure;
use crate::store::entries::{self, Servers};
use crate::store::error::StoreError;
use crate::store::journal::{self, FactSeq};

impl GridBackend {
    /// Writes the core's memory, so that the next start has nothing to do again. After a change of the settings,
    /// with where the clusters are now.
    pub(super) fn checkpoint(
        &mut self,
        scheduler: &Scheduler,
        reconfigured: Option<&Servers>,
    ) -> Result<(), StoreError> {
        let transaction = self.store.begin()?;
        let saved = scheduler.checkpoint();
        // What people asked for since the last cycle is in the journal, but the core has not heard it.
        let known = FactSeq(self.last_fact.0 - self.pending.asked.len() as u64);
        let changed = reconfigured.is_some();
        journal::put_checkpoint(&transaction, self.cycle, known, changed, &saved)?;
        if let Some(servers) = reconfigured {
            entries::put(&transaction, &scheduler.config().clusters, servers)?;
        }
        transaction.commit().map_err(StoreError::doing("keep a checkpoint"))?;
        self.since_checkpoint = 0;
        Ok(())
    }

    /// Returns the names that clusters had before, each with its cluster's name of now.
    pub(crate) fn former_names(&self) -> Result<Vec<(String, String)>, StoreError> {
        entries::former(self.store.connection())
    }

    /// Lets the core take other settings; returns what became of renamed clusters, or why all stays as it is.
    pub(super) fn take_settings(
        &mut self,
        scheduler: &mut Scheduler,
        reconfigure: &Reconfigure,
        catalogue: &Catalogue,
    ) -> Result<Result<Vec<String>, String>, StoreError> {
        let Reconfigure { wanted, settings, .. } = reconfigure;
        let servers = entries::servers(self.store.connection())?;
        let known = &scheduler.config().clusters;
        let renames = match renames(known, &servers, wanted, |cluster| alive(scheduler, cluster)) {
            Ok(renames) => renames,
            Err(error) => return Ok(Err(format!("{error}; hint: {}", error.hint()))),
        };
        let name = |rename: &Rename| known[rename.cluster.index()].name.clone();
        let told = renames.iter().map(|rename| {
            format!("cluster `{}` is called `{}` from now on", name(rename), rename.name)
        });
        let told: Vec<String> = told.collect();
        let config = wanted.config.clone();
        if let Err(error) = scheduler.reconfigure_renamed(config, &renames, catalogue) {
            return Ok(Err(format!("{error}; hint: {}", error.hint())));
        }
        self.settings = *settings;
        self.checkpoint(scheduler, Some(&wanted.servers))?;
        Ok(Ok(told))
    }
}
