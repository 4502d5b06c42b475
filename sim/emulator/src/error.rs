//! Why an emulator cannot be started, or stops. Texts say what and where; the hint what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Every failure of this crate that is not an answer to a request.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// Listening where strangers can reach it.
    #[error("refusing to listen on `{0}`: an emulator trusts its callers")]
    NotLoopback(SocketAddr),
    /// Local commands for strangers.
    #[error(
        "refusing to execute commands of cluster `{cluster}` locally for callers on `{address}`"
    )]
    LocalForStrangers {
        /// The cluster.
        cluster: String,
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be had.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The system has no random bytes, threads or signals for us.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A token could not be signed.
    #[error("cannot sign a token")]
    Token(#[source] jsonwebtoken::errors::Error),
}

impl EmulatorError {
    /// What the user can do about it, if anything is known.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            EmulatorError::NotLoopback(_) => Some(
                "listen on 127.0.0.1, or add --allow-remote on a network where everybody is trusted",
            ),
            EmulatorError::LocalForStrangers { .. } => {
                Some("listen on 127.0.0.1, or remove `execute = \"local\"` from the scenario")
            }
            EmulatorError::Listen { .. } => {
                Some("choose another port, or port 0 for one that is free")
            }
            EmulatorError::Write { .. }
            | EmulatorError::System { .. }
            | EmulatorError::Token(_) => None,
        }
    }
}
