//! What a command ends with when the daemon says no, or says nothing. Asks nobody.

use gleaner_client::error::ClientError;

use crate::failure::{AWAY, BAD_INPUT, FAILED, Failure, NOT_MET, REFUSED};

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        let code = match &error {
            ClientError::Unreachable { .. } | ClientError::Lost { .. } => AWAY,
            ClientError::Unreadable { .. } => FAILED,
            ClientError::Unusable { .. } => BAD_INPUT,
            ClientError::Refused { problem, .. } => match problem.status {
                400 | 413 | 422 => BAD_INPUT,
                401 | 403 | 409 => REFUSED,
                404 => NOT_MET,
                502 | 504 => AWAY,
                _ => FAILED,
            },
        };
        let hint = error.hint();
        Failure::new(code, error.to_string(), Some(hint))
    }
}

/// Does one thing after the other, whatever becomes of each. Ends with the first failure, after all others have been
/// told.
pub(crate) fn each<T>(
    things: impl IntoIterator<Item = T>,
    mut each: impl FnMut(T) -> Result<(), Failure>,
    tell: impl Fn(&Failure),
) -> Result<(), Failure> {
    let mut first = None;
    for thing in things {
        match each(thing) {
            Ok(()) => {}
            Err(failure) if first.is_none() => first = Some(failure),
            Err(failure) => tell(&failure),
        }
    }
    first.map_or(Ok(()), Err)
}
