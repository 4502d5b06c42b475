//! `gleaner serve`: the daemon, from its configuration to its end. Decides nothing.

use std::sync::Arc;

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_runtime::api::server::door::Doors;
use gleaner_runtime::config::LogLevel;
use gleaner_runtime::daemon::error::DaemonError;
use gleaner_runtime::daemon::signals::control_signals;
use gleaner_runtime::daemon::start::{SetLevel, Start, serve};
use gleaner_runtime::daemon::workers;
use gleaner_runtime::store::error::StoreError;
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, reload};

use crate::args::daemon::config::ServeArgs;
use crate::daemon::check::read;
use crate::failure::{AWAY, BAD_INPUT, FAILED, Failure, REFUSED};
use crate::output;

/// Threads of the asynchronous runtime: they wait for clusters and people most of the time.
const THREADS: usize = 2;

/// Runs the daemon until it is told to stop.
pub(crate) fn run(options: &ServeArgs, catalogue: Catalogue) -> Result<(), Failure> {
    let config = read(&options.config, &catalogue)?;
    let stderr = BoxMakeWriter::new(std::io::stderr);
    let set_level = log(config.log.level, config.log.json, stderr);
    runtime()?.block_on(async {
        let start = Start {
            config,
            catalogue: Arc::new(catalogue),
            clock: options.clock.clone(),
            make_worker: Arc::new(workers::start),
            set_level,
            signals: control_signals().map_err(system)?,
        };
        let ready = |doors: Doors| {
            let port = doors.port.map(|address| format!("http://{address}"));
            let socket = doors.socket.map(|path| format!("unix:{}", path.display()));
            let mut line =
                json!({ "url": port.as_ref().or(socket.as_ref()), "pid": std::process::id() });
            if let (Some(_), Some(socket)) = (&port, &socket) {
                line["socket"] = json!(socket);
            }
            output::json_line(&line);
        };
        serve(start, ready).await.map_err(failed)
    })
}

/// The asynchronous runtime of a daemon.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(system)
}

pub(super) fn system(error: std::io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot start: {error}"), None)
}

pub(super) fn failed(error: DaemonError) -> Failure {
    let code = match &error {
        DaemonError::Config(_)
        | DaemonError::Inspected { .. }
        | DaemonError::Failpoint(_)
        | DaemonError::Shift(_) => BAD_INPUT,
        DaemonError::Clock(error) if error.is_unreachable() => AWAY,
        // Two daemons on one store would send everything twice.
        DaemonError::Store(StoreError::Locked { .. }) => REFUSED,
        DaemonError::Clock(_)
        | DaemonError::Store(_)
        | DaemonError::Key(_)
        | DaemonError::Begin(_)
        | DaemonError::Listen { .. }
        | DaemonError::Socket { .. }
        | DaemonError::System { .. }
        | DaemonError::Life(_) => FAILED,
    };
    Failure::caused(code, &error, error.hint())
}

/// Only what we say ourselves is logged: a library might log a header with a token in it.
fn filter(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    // Also all crates whose names begin so, and nothing else.
    Targets::new().with_target("gleaner", level)
}

/// Begins to log. Returns what changes the level.
pub(super) fn log(level: LogLevel, in_json: bool, to: BoxMakeWriter) -> SetLevel {
    let (filter_layer, handle) = reload::Layer::new(filter(level));
    // Where a line comes from is for programs that sort lines, not for people.
    let lines = fmt::layer().with_writer(to).with_ansi(false).with_target(in_json);
    let lines = if in_json { lines.json().boxed() } else { lines.boxed() };
    tracing_subscriber::registry().with(filter_layer).with(lines).init();
    Box::new(move |level| {
        // The subscriber lives as long as the process.
        let _ = handle.reload(filter(level));
    })
}
