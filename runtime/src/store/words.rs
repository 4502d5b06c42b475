//! The words of the API and times as columns hold them: read, and words listed for a statement. Knows no table.

use gleaner_api::states::{CampaignState, JobState};
use gleaner_core::time::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;

/// Returns the states of a job that is over, as a list of SQL, in the order in which the indices
/// have them.
pub(super) fn over() -> String {
    listed(&[JobState::Terminated.word(), JobState::Event.word()])
}

/// Returns the states of a campaign that is not over, as a list of SQL, in the order in which the index of them
/// has them.
pub(super) fn not_over() -> String {
    listed(&[CampaignState::InTreatment.word(), CampaignState::Paused.word()])
}

/// Returns words as a list of SQL: `'a', 'b'`.
pub(super) fn listed(words: &[&str]) -> String {
    format!("'{}'", words.join("', '"))
}

/// Returns the time that a column holds in seconds.
pub(super) fn time(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.map(Timestamp::from_seconds)
}

/// Reads a word from a column.
///
/// # Errors
/// When it is no text, or no word that there is.
pub(super) fn word<T>(
    row: &Row<'_>,
    column: usize,
    from_word: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    maybe(row, column, from_word)?.ok_or_else(|| unknown(column, "nothing"))
}

/// Reads a word from a column that may be empty.
///
/// # Errors
/// When it is no text, or no word that there is.
pub(super) fn maybe<T>(
    row: &Row<'_>,
    column: usize,
    from_word: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    from_word(text).map(Some).ok_or_else(|| unknown(column, text))
}

fn unknown(column: usize, text: &str) -> rusqlite::Error {
    let problem = format!("`{text}` is no word that can stand there");
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, problem.into())
}
