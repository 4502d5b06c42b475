//! JSON in columns, and what to say of one that cannot be understood. Knows no table.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::error::StoreError;

/// Writes a value; `what` of which row it is, for people.
pub(super) fn text<T: Serialize + ?Sized>(
    what: &'static str,
    of: u64,
    value: &T,
) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Value { what, of, source })
}

/// Writes a value as bytes.
pub(super) fn bytes<T: Serialize + ?Sized>(
    what: &'static str,
    of: u64,
    value: &T,
) -> Result<Vec<u8>, StoreError> {
    text(what, of, value).map(String::into_bytes)
}

/// Reads a value.
pub(super) fn read<T: DeserializeOwned>(
    what: &'static str,
    of: u64,
    text: &[u8],
) -> Result<T, StoreError> {
    serde_json::from_slice(text).map_err(|source| StoreError::Value { what, of, source })
}
