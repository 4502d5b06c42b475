//! Why a daemon does not start, or does not live on. Knows no remedy beyond a hint.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::api::server::door::SocketError;
use crate::clock::{ClockError, ShiftError};
use crate::config_file::error::ConfigError;
use crate::daemon::life::LifeError;
use crate::driver::BeginError;
use crate::failpoint::FailpointError;
use crate::secrets::key::KeyError;
use crate::store::error::StoreError;

/// Why a daemon does not start, or ended otherwise than on request.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something that the configuration names cannot be used.
    #[error("{subject}: {part}: {message}")]
    Inspected {
        /// What it is about.
        subject: String,
        /// Which part.
        part: &'static str,
        /// What is wrong.
        message: String,
    },
    /// It is to die at a place that is none.
    #[error(transparent)]
    Failpoint(#[from] FailpointError),
    /// Its clock is to be wrong by what is no number.
    #[error(transparent)]
    Shift(#[from] ShiftError),
    /// The emulator's clock cannot be read.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The journal cannot be taken up.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The API's address cannot be had.
    #[error("cannot listen at `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The API's socket cannot be had.
    #[error("cannot listen at `{}`", path.display())]
    Socket {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: SocketError,
    },
    /// Something of the system cannot be had.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It was alive, and ended.
    #[error(transparent)]
    Life(#[from] LifeError),
}

impl DaemonError {
    /// Returns a hint: what the operator can do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            DaemonError::Config(error) => error.hint(),
            DaemonError::Inspected { .. } => Some("`gleaner check` tells all of them".to_owned()),
            DaemonError::Store(error) => Some(error.hint().to_owned()),
            DaemonError::Listen { .. } => {
                Some("does another daemon listen there? see `api.listen`".to_owned())
            }
            DaemonError::Socket { source, .. } => Some(source.hint().to_owned()),
            DaemonError::Clock(error) => Some(error.hint().to_owned()),
            DaemonError::Begin(BeginError::Store(error)) => Some(error.hint().to_owned()),
            DaemonError::Begin(BeginError::Entries(error)) => Some(error.hint()),
            DaemonError::Begin(BeginError::Settings(error)) => Some(error.hint()),
            DaemonError::Life(LifeError::Driver(failure)) => {
                failure.0.downcast_ref::<StoreError>().map(|error| error.hint().to_owned())
            }
            // Their texts bring hints of their own, where there is one.
            DaemonError::Failpoint(_)
            | DaemonError::Shift(_)
            | DaemonError::Key(_)
            | DaemonError::Begin(_)
            | DaemonError::System { .. }
            | DaemonError::Life(_) => None,
        }
    }

    /// Makes an error of the system.
    pub(super) fn system(doing: &'static str) -> impl Fn(std::io::Error) -> DaemonError {
        move |source| DaemonError::System { doing, source }
    }
}
