//! `gleaner demo`: emulated clusters, the daemon and a campaign in one process, so that nothing of it outlives it.
//! Decides nothing.

mod begin;
mod shown;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_emulator::serve::{Ready, ServeOptions, Server, Stop};
use gleaner_runtime::config::Config;
use gleaner_runtime::config_file::read::read_config;
use gleaner_runtime::daemon::life::ControlSignal;
use gleaner_runtime::daemon::signals::control_signals;
use gleaner_runtime::daemon::start::{SetLevel, Start, serve};
use gleaner_runtime::daemon::workers;
use gleaner_scenarios::read::read_scenario;
use nix::unistd::{Uid, User};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::args::daemon::demo::DemoArgs;
use crate::daemon::demo::begin::Grid;
use crate::daemon::serve::{failed, log, runtime, system};
use crate::daemon::{demo, emulate};
use crate::failure::{FAILED, Failure, REFUSED};
use crate::output;

/// The scenario of the library that is shown.
const SCENARIO: &str = "demo";

/// Runs the demo until it is told to stop.
pub(crate) fn run(options: &DemoArgs, catalogue: Catalogue) -> Result<(), Failure> {
    let login = login()?;
    let folder = Folder::of(options.dir.as_deref())?;
    let scenario = read_scenario(Path::new(SCENARIO), None, &catalogue)?;
    let server = emulate::server(
        &scenario,
        ServeOptions {
            listen: ([127, 0, 0, 1], 0).into(),
            allow_remote: false,
            pace: options.speed,
            log: None,
            folder: folder.path.join("clusters"),
            users: emulate::users(&scenario, &[]),
            processes_max: 1,
        },
    )?;
    let clusters: Vec<Ready> = server.ready().to_vec();
    let grid = Grid::new(&folder.path, clusters, login);
    let config = folder.path.join("gleaner.toml");
    fs::write(&config, grid.config()).map_err(|error| Failure::file("write", &config, &error))?;
    let config = read_config(&config, &|_| None, &catalogue)?;
    let set_level = log_into(&folder.path.join("daemon.log"), &config)?;
    let (stop, stopped) = watch::channel(false);
    let emulator = thread::spawn(move || Server::run(server, Stop::Told(stopped)));
    let shown = demo::daemon(config, catalogue, set_level, &grid, options);
    // The emulator may have ended by itself, and says below why.
    let _ = stop.send(true);
    let emulated = emulator.join().map_err(|_| Failure::new(FAILED, "the emulator broke", None))?;
    shown?;
    emulated.map_err(emulate::failed)?;
    folder.end(options.json);
    Ok(())
}

/// Runs the daemon; as soon as it listens, the campaign is submitted and told of.
fn daemon(
    config: Config,
    catalogue: Catalogue,
    set_level: SetLevel,
    grid: &Grid,
    options: &DemoArgs,
) -> Result<(), Failure> {
    let (to_daemon, signals) = mpsc::channel(4);
    let trouble: Arc<Mutex<Option<Failure>>> = Arc::default();
    runtime()?.block_on(async {
        let mut outside = control_signals().map_err(system)?;
        let told = to_daemon.clone();
        tokio::spawn(async move {
            while let Some(signal) = outside.recv().await {
                if told.send(signal).await.is_err() {
                    return;
                }
            }
        });
        let start = Start {
            config,
            catalogue: Arc::new(catalogue),
            clock: Some(grid.clock()),
            make_worker: Arc::new(workers::start),
            set_level,
            signals,
        };
        let (json, speed) = (options.json, options.speed);
        let (grid, noted) = (grid.clone(), Arc::clone(&trouble));
        let ready = move |_| {
            // Its answers come from the very threads that wait here.
            thread::spawn(move || match grid.begin() {
                Ok(campaign) => shown::tell(&grid, campaign, speed, json),
                Err(failure) => {
                    *noted.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(failure);
                    let _ = to_daemon.blocking_send(ControlSignal::Stop);
                }
            });
        };
        serve(start, ready).await.map_err(failed)
    })?;
    let trouble = trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
    trouble.map_or(Ok(()), Err)
}

/// The login of whoever runs this: campaigns are sent under it.
fn login() -> Result<String, Failure> {
    let uid = Uid::current();
    match User::from_uid(uid) {
        Ok(Some(user)) => Ok(user.name),
        Ok(None) | Err(_) => Err(Failure::new(
            FAILED,
            format!("your user number {uid} has no login on this machine"),
            Some("run it as a user that `id` shows a name of".to_owned()),
        )),
    }
}

/// Begins to log into a file, so that the terminal shows what is to be tried.
fn log_into(path: &Path, config: &Config) -> Result<SetLevel, Failure> {
    let file = File::create(path).map_err(|error| Failure::file("write", path, &error))?;
    Ok(log(config.log.level, config.log.json, BoxMakeWriter::new(Mutex::new(file))))
}

/// Where all files are.
struct Folder {
    path: PathBuf,
    /// It goes with this, unless the user asked for it.
    temporary: Option<TempDir>,
}

impl Folder {
    fn of(asked: Option<&Path>) -> Result<Folder, Failure> {
        let Some(asked) = asked else {
            let made = tempfile::Builder::new().prefix("gleaner-demo-").tempdir();
            let temporary = made.map_err(system)?;
            return Ok(Folder { path: temporary.path().to_owned(), temporary: Some(temporary) });
        };
        fs::create_dir_all(asked).map_err(|error| Failure::file("make", asked, &error))?;
        let path = fs::canonicalize(asked).map_err(|error| Failure::file("find", asked, &error))?;
        // A store of an earlier demo knows jobs of clusters that are gone.
        if fs::read_dir(&path).is_ok_and(|mut files| files.next().is_some()) {
            let message = format!("the folder `{}` is not empty", asked.display());
            return Err(Failure::new(REFUSED, message, Some("name a new folder".to_owned())));
        }
        Ok(Folder { path, temporary: None })
    }

    /// Says what is left, which is nothing where it was temporary.
    fn end(self, json: bool) {
        if !json && self.temporary.is_none() {
            output::note(format!("stopped; its files are in {}", self.path.display()));
        }
    }
}
