//! How sending a message went, whatever the way.

/// How it went, where it did not go well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server cannot be reached, or is out of order: so it is for all messages.
    Server(String),
    /// The server took not this message now; it may later.
    Later(String),
    /// The server will never take this message.
    Never(String),
}
