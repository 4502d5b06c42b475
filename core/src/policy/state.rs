//! How a policy's memory becomes a value and comes back. Knows no policy.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::policy::error::PolicyStateError;

/// Writes a policy's memory.
pub fn write<T: Serialize>(state: &T) -> serde_json::Value {
    serde_json::to_value(state).expect("numbers, lists and names can be written")
}

/// Reads a policy's memory.
pub fn read<T: DeserializeOwned>(
    policy: &str,
    state: serde_json::Value,
) -> Result<T, PolicyStateError> {
    serde_json::from_value(state)
        .map_err(|source| PolicyStateError::Form { policy: policy.into(), source })
}

/// Checks that a list has an entry for each index of a pair.
pub fn check_entries(policy: &str, found: usize, expected: usize) -> Result<(), PolicyStateError> {
    if found >= expected {
        Ok(())
    } else {
        Err(PolicyStateError::Entries { policy: policy.into(), found, expected })
    }
}
