//! Settings that change while the daemon runs: read by whoever gets the signal, taken by the core between two
//! cycles, and only then by the API and the workers. Decides nothing about scheduling.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gleaner_core::ids::ClusterId;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::scheduler::Scheduler;
use tokio::sync::{oneshot, watch};

use crate::api::state::Api;
use crate::config::inspect::{Finding, Level, inspect};
use crate::config::{ClusterConfig, Config, LogLevel};
use crate::config_file::read::read_config;
use crate::daemon::life::Reloading;
use crate::daemon::settings::{api_settings, driver_settings, wanted};
use crate::daemon::workers::WorkerFactory;
use crate::driver::{GridBackend, Reconfigure, ToDriver};
use crate::notifications::task::TaskSettings;
use crate::order::WorkerStart;
use crate::secrets::vault::Vault;

/// Changes what is worth a line in the log.
pub type SetLevel = Box<dyn FnMut(LogLevel) + Send>;

/// How long the driver may take to take settings before that is told.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);

/// The driver's word: what changed, or why the settings stay as they are.
type Taken = oneshot::Receiver<Result<Vec<String>, String>>;

/// Reads the settings again when asked.
pub(super) struct SettingsReader {
    /// Those that the daemon was started with.
    pub(super) running: Config,
    /// The policies that they may ask for.
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) next: Arc<Mutex<Option<Config>>>,
    pub(super) inbox: Sender<ToDriver>,
    pub(super) set_level: SetLevel,
}

impl SettingsReader {
    /// Asks the core to take what the file says now; returns how it went.
    pub(super) fn reload(&mut self) -> Reloading {
        match self.ask() {
            Ok((taken, needs)) => Box::pin(outcome(taken, needs)),
            Err(told) => {
                tracing::error!("{told}");
                Box::pin(std::future::ready(told))
            }
        }
    }

    /// Returns where the driver's word comes, and what needs a restart.
    fn ask(&mut self) -> Result<(Taken, Vec<&'static str>), String> {
        let path = &self.running.path;
        let stay = |why: String| format!("the settings stay as they are: {why}");
        let environment = |name: &str| std::env::var(name).ok();
        let config = read_config(path, &environment, &self.catalogue).map_err(|error| {
            let hint = error.hint().map(|hint| format!("; hint: {hint}")).unwrap_or_default();
            stay(format!("{error}{hint}"))
        })?;
        if let Some(wrong) = inspect(&config).into_iter().find(|found| found.level == Level::Wrong)
        {
            let Finding { subject, part, message, .. } = wrong;
            return Err(stay(format!("{subject}: {part}: {message}")));
        }
        (self.set_level)(config.log.level);
        tracing::info!(file = %path.display(), "the settings are read again");
        let needs = needs_restart(&self.running, &config);
        let (reply, taken) = oneshot::channel();
        let (wanted, settings) = (wanted(&config), driver_settings(&config));
        *self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(config);
        // A driver that has stopped takes no settings, and tells so itself.
        let _ = self.inbox.send(ToDriver::Reconfigure(Box::new(Reconfigure {
            wanted,
            settings,
            reply,
        })));
        Ok((taken, needs))
    }
}

/// Returns what is told of settings, once the driver has taken them or not.
async fn outcome(taken: Taken, needs: Vec<&'static str>) -> String {
    let mut told = match tokio::time::timeout(TAKEN_WITHIN, taken).await {
        Ok(Ok(Ok(mut renamed))) => {
            renamed.insert(0, "the settings are taken".to_owned());
            renamed.join("; ")
        }
        Ok(Ok(Err(why))) => return format!("the settings stay as they are: {why}"),
        Ok(Err(_)) => {
            "the settings are not taken: the daemon stops, or reads them once more".to_owned()
        }
        Err(_) => "the settings are read, and taken after the cycle under way".to_owned(),
    };
    if !needs.is_empty() {
        let keys = needs.join(", ");
        tracing::warn!(
            keys,
            "changed settings that need a restart: until then they stay as they were"
        );
        told.push_str(&format!("; {keys}: a restart is needed"));
    }
    told
}

/// Returns the settings that are other ones now, and that a daemon takes only when it starts.
fn needs_restart(running: &Config, now: &Config) -> Vec<&'static str> {
    let changed = [
        ("`api.listen`", running.api.listen != now.api.listen),
        ("`api.socket`", running.api.socket != now.api.socket),
        ("`store.path`", running.store.path != now.store.path),
        ("`store.archive_folder`", running.store.archive_folder != now.store.archive_folder),
        ("`key_file`", running.key_file != now.key_file),
        ("`log.json`", running.log.json != now.log.json),
    ];
    changed.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect()
}

/// Keeps the tokens of renamed clusters under their names of now. Done again at each start: a daemon may have
/// died after it was renamed.
pub(super) fn rename_tokens(vault: &Vault, backend: &GridBackend) {
    let former = match backend.former_names() {
        Ok(former) => former,
        Err(error) => {
            return tracing::error!(%error, "tokens of renamed clusters are not looked for");
        }
    };
    for (old, new) in former {
        if let Err(error) = vault.rename(&old, &new) {
            tracing::error!(%error, old, new, "tokens of a renamed cluster must be handed in again");
        }
    }
}

/// Passes settings on to the API and the workers when the core has taken them.
pub(super) struct SettingsPropagator {
    pub(super) next: Arc<Mutex<Option<Config>>>,
    pub(super) api: Arc<Api>,
    pub(super) factory: WorkerFactory,
    pub(super) change_telling: watch::Sender<TaskSettings>,
}

impl SettingsPropagator {
    /// Passes on the settings that the core has just taken.
    pub(super) fn propagate(&mut self, scheduler: &Scheduler, backend: &mut GridBackend) {
        let next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        let Some(config) = next else { return };
        let known = &scheduler.config().clusters;
        rename_tokens(&self.factory.vault, backend);
        let (running, next) = (self.api.settings(), api_settings(known, &config));
        for (id, new) in ClusterId::with_each(&next.clusters) {
            let old = running.cluster(id);
            let used = |cluster: Option<&ClusterConfig>| cluster.is_some_and(|it| it.enabled);
            match (used(old), used(new.as_ref())) {
                (false, true) => {
                    tracing::info!(cluster = %known[id.index()].name, "a cluster comes into use")
                }
                (true, false) if new.is_some() => tracing::info!(
                    cluster = %known[id.index()].name,
                    "a cluster goes out of use; its jobs are followed to their ends"
                ),
                (true, false) => tracing::warn!(
                    cluster = %known[id.index()].name,
                    "a cluster is gone from the configuration; its jobs are followed until this daemon ends, for the \
                     next would not know where they are: put it back, with `enabled = false`, until they are over"
                ),
                (true, true) | (false, false) => {}
            }
            match new {
                Some(new) if old != Some(new) => {
                    if !backend.send_settings(id, new) && new.enabled {
                        let epoch = backend.epoch();
                        let start = WorkerStart { epoch, ..WorkerStart::default() };
                        self.factory.start(backend, id, new, start);
                    }
                }
                // A worker whose cluster was taken out goes on by the settings that it has.
                Some(_) | None => {}
            }
        }
        self.api.reconfigure(next);
        self.change_telling.send_replace(TaskSettings::of(&config));
    }
}
