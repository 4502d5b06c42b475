//! Facts, once and in order, several in a row of the table; their parameters are kept beside them.

use gleaner_core::fact::Fact;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::json;
use crate::store::parameters;
use crate::store::sql::{self, run};

/// A fact's place in the journal, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactSeq(pub u64);

/// Writes facts behind those that are there; returns the number of the last.
pub(crate) fn put_facts(
    connection: &Connection,
    last: FactSeq,
    facts: &[Fact],
) -> Result<FactSeq, StoreError> {
    if facts.is_empty() {
        return Ok(last);
    }
    let seq = last.0 + 1;
    let mut data = String::from("[");
    for (index, fact) in facts.iter().enumerate() {
        if index > 0 {
            data.push(',');
        }
        let kept = parameters::without(fact);
        data.push_str(&json::text("the facts", seq, kept.as_ref().unwrap_or(fact))?);
    }
    data.push(']');
    let sql = "INSERT INTO facts (seq, count, data) VALUES (?1, ?2, ?3)";
    run(connection, "keep facts", sql, params![seq, facts.len() as u64, data])?;
    Ok(FactSeq(last.0 + facts.len() as u64))
}

/// Reads the facts from after `after` up to `upto`, both by number.
///
/// # Errors
/// [`StoreError::Gap`] when one is missing.
pub fn facts(
    connection: &Connection,
    after: FactSeq,
    upto: FactSeq,
) -> Result<Vec<Fact>, StoreError> {
    let failed = StoreError::doing("read facts");
    let sql = "SELECT seq, count, data FROM facts WHERE seq > ?1 AND seq <= ?2 ORDER BY seq";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query(params![after.0, upto.0]).map_err(&failed)?;
    let mut facts: Vec<Fact> = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let seq: u64 = row.get(0).map_err(&failed)?;
        let count: u64 = row.get(1).map_err(&failed)?;
        let data = row.get_ref(2).map_err(&failed)?.as_str().unwrap_or_default();
        let expected = after.0 + facts.len() as u64 + 1;
        let mut part: Vec<Fact> = json::read("the facts", seq, data.as_bytes())?;
        if seq != expected || part.len() as u64 != count {
            return Err(gap(expected));
        }
        for fact in &mut part {
            parameters::with(connection, fact)?;
        }
        facts.append(&mut part);
    }
    let last = after.0 + facts.len() as u64;
    if last < upto.0 {
        return Err(gap(last + 1));
    }
    Ok(facts)
}

fn gap(seq: u64) -> StoreError {
    StoreError::Gap { what: format!("fact {seq} is missing") }
}

/// Returns the number of the last fact that is left; 0 where all are forgotten.
pub(crate) fn last_fact(connection: &Connection) -> Result<FactSeq, StoreError> {
    let sql = "SELECT seq + count - 1 FROM facts ORDER BY seq DESC LIMIT 1";
    let last = sql::first(connection, "read facts", sql, [], |row| row.get(0).map(FactSeq))?;
    Ok(last.unwrap_or_default())
}
