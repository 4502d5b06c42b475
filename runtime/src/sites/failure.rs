//! Why a question has no answer, and whether it may have had its effect all the same.

use gleaner_core::fact::ClusterFault;

/// What a site knows of a failure beyond these words.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It certainly did not reach the cluster.
    #[error("not sent: {0}")]
    NotSent(ClusterFault),
    /// It may have reached the cluster, and there is no whole answer.
    #[error("sent, without an answer: {0}")]
    Unanswered(ClusterFault),
    /// There is an answer, and it is none of those that make sense; what that means for the cluster. The question
    /// may have had its effect.
    #[error("answered otherwise than expected: {0}")]
    Odd(ClusterFault),
    /// The answer cannot be understood; it may have been cut on its way. The question may have had its effect.
    #[error(transparent)]
    Unreadable(Cause),
    /// The answer is longer than makes sense, or does not end. The question may have had its effect.
    #[error(transparent)]
    TooMuch(Cause),
    /// Its user has no login there; it was not sent.
    #[error("`{0}` has no login on the cluster")]
    NoLogin(Box<str>),
    /// Its user has handed in no token for it; it was not sent.
    #[error("`{0}` has no token for the cluster")]
    NoToken(Box<str>),
    /// It could have done harm there, or a setting keeps it from being sent; it was not sent.
    #[error(transparent)]
    Unsendable(Cause),
}

/// Why nobody can talk to a cluster by its settings.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct OpenError(pub Cause);
