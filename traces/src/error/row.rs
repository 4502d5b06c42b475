//! What errors say of a row, whatever the format. Must not know formats.

/// What is wrong with a row of a trace, in the words of its format.
pub trait RowError: std::error::Error + Send + Sync {
    /// Returns what the user can do about it.
    fn hint(&self) -> &'static str;
}
