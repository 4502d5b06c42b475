//! What can be wrong with gzip data. Must not know who reads them.

/// What is wrong with compressed data; carried inside the `io::Error` of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GzipProblem {
    /// The file ends before its last member does.
    #[error("the gzip data end too early")]
    Truncated,
    /// The data do not decompress, or their checksum is wrong.
    #[error("the gzip data are damaged")]
    Damaged,
    /// Other bytes follow the last member.
    #[error("something that is not gzip follows the gzip data")]
    TrailingGarbage,
}
