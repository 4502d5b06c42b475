//! What a failure of the connection is called, and whether anything was sent. Knows no route.

use std::error::Error;
use std::io::ErrorKind;

use gleaner_core::fact::ClusterFault;

use crate::sites::oar::client::error::CallError;

/// What a failed request means.
pub(super) fn of(error: &reqwest::Error) -> CallError {
    let fault = cause(error);
    if error.is_connect() || error.is_builder() {
        CallError::NotSent(fault)
    } else {
        CallError::Unanswered(fault)
    }
}

/// What went wrong, by the system's reason where there is one.
pub(super) fn cause(error: &reqwest::Error) -> ClusterFault {
    if error.is_timeout() {
        return ClusterFault::Timeout;
    }
    let mut source: Option<&dyn Error> = Some(error);
    let mut text = String::new();
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            match io.kind() {
                ErrorKind::ConnectionRefused => return ClusterFault::ConnectionRefused,
                ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::UnexpectedEof => return ClusterFault::ConnectionReset,
                ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                    return ClusterFault::HostUnreachable;
                }
                ErrorKind::TimedOut => return ClusterFault::Timeout,
                _ => {}
            }
        }
        text.push_str(&error.to_string());
        source = error.source();
    }
    // A server that wants a certificate of ours says so in an alert: `CertificateRequired`.
    let text = text.to_ascii_lowercase();
    if ["certificate", "tls", "handshake"].iter().any(|word| text.contains(word)) {
        return ClusterFault::Tls;
    }
    if text.contains("connection closed") || text.contains("incomplete") {
        return ClusterFault::ConnectionReset;
    }
    ClusterFault::Socket
}
