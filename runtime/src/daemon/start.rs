//! A daemon from its configuration to its end: store, key, journal, workers, driver, API, in this order, and back.
//! Contains no scheduling rule.

use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::scheduler::Scheduler;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use crate::api::server::door::{Door, Doors};
use crate::api::state::{Api, SendTokenMessage, TokenMessage};
use crate::clock::{self, Clock, Shift};
use crate::config::inspect::{Level, inspect};
use crate::config::{ApiConfig, Config};
use crate::daemon::descriptors;
use crate::daemon::error::DaemonError;
use crate::daemon::life::{ControlSignal, Driver, DriverFailure, Life, live};
pub use crate::daemon::reload::SetLevel;
use crate::daemon::reload::{SettingsPropagator, SettingsReader, rename_tokens};
use crate::daemon::settings::{api_settings, driver_settings, wanted};
use crate::daemon::workers::{Handles, MakeWorker, WorkerFactory, join};
use crate::driver::{Begun, GridBackend, ToDriver, begin, inbox, run};
use crate::failpoint;
use crate::known_resources::KnownResources;
use crate::notifications::figures::Figures;
use crate::notifications::task::{self, TaskSettings, TaskStart};
use crate::notify::{Notifier, watchdog};
use crate::request::Unavailable;
use crate::secrets::key::{Key, KeyError};
use crate::secrets::vault::Vault;
use crate::store::access_tokens::AccessTokens;
use crate::store::error::StoreError;
use crate::store::notifications::subscriptions::Subscriptions;
use crate::store::submissions::StoredSubmissions;
use crate::store::views::StoredViews;
use crate::store::{Store, integrity};

/// What a daemon is started with.
pub struct Start {
    /// Its settings.
    pub config: Config,
    /// The policies that they may ask for, now and when they are read again.
    pub catalogue: Arc<Catalogue>,
    /// The address of an emulator's clock, to go by instead of the machine's.
    pub clock: Option<String>,
    /// Makes the workers.
    pub make_worker: MakeWorker,
    /// Changes what is logged.
    pub set_level: SetLevel,
    /// What the outside wants; see [`crate::daemon::signals::control_signals`].
    pub signals: mpsc::Receiver<ControlSignal>,
}

/// Runs a daemon until it is told to stop. `ready` hears where the API listens.
///
/// # Errors
/// [`DaemonError`] when it cannot start, or ended otherwise than on request.
pub async fn serve(start: Start, ready: impl FnOnce(Doors)) -> Result<(), DaemonError> {
    let Start { config, catalogue, clock, make_worker, set_level, signals } = start;
    usable(&config)?;
    let environment = |name: &str| std::env::var(name).ok();
    failpoint::check(environment(failpoint::VARIABLE).as_deref())?;
    let notifier =
        Notifier::from_environment(&environment).map_err(DaemonError::system("reach systemd"))?;
    let clock = Arc::new(clock_of(clock, environment(clock::VARIABLE)).await?);
    let mut store = Store::open(&config.store.path)?;
    if let Some(folder) = &config.store.archive_folder {
        store.archive_in(folder);
    }
    let key = Key::load_or_create(&config.key_file)?;
    let signer = key.signer().map_err(|_| KeyError::NoChance)?;
    let access_tokens = AccessTokens::new(store.side_writer()?, store.epoch().clone());
    let vault = Vault::new(key, store.side_writer()?);
    let vault = Arc::new(vault);
    let subscriptions = Arc::new(Subscriptions::new(store.side_writer()?));
    let (change_telling, telling) = watch::channel(TaskSettings::of(&config));
    let figures = Arc::new(Figures::default());
    let teller = TaskStart {
        connection: store.side_writer()?,
        clock: Arc::clone(&clock),
        settings: telling,
        figures: Arc::clone(&figures),
        epoch: store.epoch().to_string(),
    };
    let doors = doors(&config.api).await?;
    let (to_driver, receiver) = inbox();
    let Begun { scheduler, mut backend, workers, replayed } = begin(
        store,
        wanted(&config),
        &catalogue,
        Arc::clone(&clock),
        driver_settings(&config),
        (to_driver.clone(), receiver),
    )?;
    rename_tokens(&vault, &backend);
    let known = scheduler.config().clusters.clone();
    let known_resources = Arc::new(KnownResources::default());
    let factory = WorkerFactory {
        make: make_worker,
        inbox: to_driver.clone(),
        clock: Arc::clone(&clock),
        vault: Arc::clone(&vault),
        known_resources: Arc::clone(&known_resources),
        submissions: Arc::new(StoredSubmissions::new(Store::reader(&config.store.path)?)),
        runtime: Handle::current(),
        handles: Handles::default(),
    };
    let room = descriptors::room(known.len());
    descriptors::tell(room, config.api.connections_max);
    let settings = api_settings(&known, &config);
    factory.start_all(&mut backend, &known, &settings.clusters, workers);
    let api = Api::new(
        Arc::new(StoredViews::open(&config.store.path)?),
        {
            let to_driver = to_driver.clone();
            Box::new(move |asked| {
                to_driver.send(ToDriver::Asked(asked)).map_err(|_| Unavailable::Stopping)
            })
        },
        vault,
        {
            let clock = Arc::clone(&clock);
            Box::new(move || clock.date())
        },
        settings,
    );
    let heartbeat = backend.heartbeat();
    let api = api.watching(Arc::clone(&heartbeat)).with_resources(known_resources);
    let api = api.with_own_tokens(signer, access_tokens);
    let api = api.with_notifications(subscriptions, figures);
    let api = Arc::new(api.with_token_messages(send_token_message(&to_driver)));
    tracing::info!(replayed, clusters = known.len(), "the journal is taken up");
    let next = Arc::new(Mutex::new(None));
    let handles = Arc::clone(&factory.handles);
    let propagator = SettingsPropagator {
        next: Arc::clone(&next),
        api: Arc::clone(&api),
        factory,
        change_telling,
    };
    let teller = task::start(teller);
    check_afterwards(&config.store.path, &to_driver)?;
    let again = Arc::clone(&catalogue);
    let mut reader = SettingsReader {
        running: config,
        catalogue: again,
        next,
        inbox: to_driver.clone(),
        set_level,
    };
    let (tell, ended) = oneshot::channel();
    let last: Last = Arc::default();
    let keep = Arc::clone(&last);
    let thread = std::thread::Builder::new()
        .name("driver".to_owned())
        .spawn(move || drive(scheduler, backend, &catalogue, propagator, &keep, tell))
        .map_err(DaemonError::system("start the driver"))?;
    let driver = Driver {
        stop: Box::new(move || drop(to_driver.send(ToDriver::Stop))),
        ended,
        alive: Box::new(move || {
            !thread.is_finished() && !heartbeat.check().is_err_and(|stalled| stalled.is_dead())
        }),
        reload: Box::new(move || reader.reload()),
    };
    let watchdog = watchdog(&environment);
    let lived = live(Life { doors, api, room, driver, signals, notifier, watchdog }, ready).await;
    let handles = std::mem::take(&mut *handles.lock().unwrap_or_else(PoisonError::into_inner));
    join(handles).await;
    // It ends with the driver's thread, which could change its settings.
    join(vec![teller]).await;
    // Whoever read or wrote it is gone: what is left is one file.
    drop(last.lock().unwrap_or_else(PoisonError::into_inner).take());
    Ok(lived?)
}

/// Opens the ways in.
async fn doors(config: &ApiConfig) -> Result<Vec<Door>, DaemonError> {
    let mut doors = Vec::new();
    if let Some(address) = config.listen {
        let listener = TcpListener::bind(address).await;
        doors.push(Door::Port(listener.map_err(|source| DaemonError::Listen { address, source })?));
    }
    if let Some(socket) = &config.socket {
        let path = || socket.path.clone();
        let door = Door::socket_at(socket);
        doors.push(door.map_err(|source| DaemonError::Socket { path: path(), source })?);
    }
    Ok(doors)
}

/// Returns the clock to go by: an emulator's if its address is given, set wrong by what is in a file if there is one.
async fn clock_of(emulator: Option<String>, shift: Option<String>) -> Result<Clock, DaemonError> {
    let clock = match emulator {
        None => Clock::machine(),
        Some(url) => Clock::of_emulator(&url).await?,
    };
    Ok(match shift {
        Some(path) => clock.shifted(Shift::by(path.into())?),
        None => clock,
    })
}

/// The store once the driver has ended: to be closed after all who have connections to it.
type Last = Arc<Mutex<Option<Store>>>;

/// Takes tokens to the workers, by way of the driver.
fn send_token_message(to_driver: &Sender<ToDriver>) -> SendTokenMessage {
    let to_driver = to_driver.clone();
    Box::new(move |message| {
        // A driver that has stopped asks nobody, and whoever waits hears so.
        let _ = to_driver.send(match message {
            TokenMessage::Whose(cluster, token, reply) => {
                ToDriver::WhoseToken { cluster, token, reply }
            }
            TokenMessage::New(cluster, user) => ToDriver::NewToken(cluster, user),
        });
    })
}

/// Looks for damage in a store that was too large for that before. The thread ends with the process.
fn check_afterwards(path: &Path, inbox: &Sender<ToDriver>) -> Result<(), DaemonError> {
    if !integrity::is_left(path) {
        return Ok(());
    }
    let (path, inbox) = (path.to_owned(), inbox.clone());
    let look = move || match integrity::afterwards(&path) {
        Ok(()) => tracing::info!("the store is checked, and sound"),
        Err(error @ (StoreError::Damaged { .. } | StoreError::Corrupt { .. })) => {
            // Nobody listens any more when the daemon stops at this moment.
            let _ = inbox.send(ToDriver::Damaged(error));
        }
        Err(error) => tracing::warn!(%error, "the store could not be checked"),
    };
    let thread = std::thread::Builder::new().name("integrity".to_owned()).spawn(look);
    thread.map(drop).map_err(DaemonError::system("check the store"))
}

/// The driver's thread, from begin to end.
fn drive(
    mut scheduler: Scheduler,
    mut backend: GridBackend,
    catalogue: &Catalogue,
    mut propagator: SettingsPropagator,
    last: &Last,
    tell: oneshot::Sender<Result<(), DriverFailure>>,
) {
    let mut follow = |scheduler: &_, backend: &mut _| propagator.propagate(scheduler, backend);
    let ended = run(&mut scheduler, &mut backend, catalogue, &mut follow);
    drop(propagator);
    *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(backend.into_store());
    let _ = tell.send(ended.map_err(DriverFailure));
}

/// Refuses what `gleaner check` marks as an error, and logs what it doubts.
fn usable(config: &Config) -> Result<(), DaemonError> {
    for finding in inspect(config) {
        let (subject, part, message) = (finding.subject, finding.part, finding.message);
        match finding.level {
            Level::Good => {}
            Level::Doubtful => tracing::warn!(subject, part, message, "configuration"),
            Level::Wrong => return Err(DaemonError::Inspected { subject, part, message }),
        }
    }
    Ok(())
}
