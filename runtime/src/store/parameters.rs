//! Parameters of campaigns: kept once, beside the facts that leave them out, in blocks that can be read one by one.

use std::error::Error;
use std::sync::Arc;

use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::restore::ParameterSource;
use rusqlite::{Connection, params};

use crate::store::error::StoreError;
use crate::store::{json, sql};

/// The most tasks of a block, and the most text: whoever reads a page, or a whole campaign block by block, holds so
/// much of it. A number of parameters is one block.
const BLOCK_TASKS: u32 = 4096;
const BLOCK_BYTES: usize = 128 * 1024;

/// What a value that cannot be understood is called.
const WHAT: &str = "the parameters";

/// Says of a block to which part it belongs, by the index of the first task of that; a block without it is a part of
/// its own, as all were in the format before.
pub(super) const MIGRATION: &str = "ALTER TABLE parameters ADD COLUMN part INTEGER";

/// Some of a campaign's parameters: the index of the first of their tasks, and the texts.
pub type Block = (u32, Arc<Parameters>);

/// Keeps what came with a submission or an addition.
pub(crate) fn put(
    connection: &Connection,
    campaign: CampaignId,
    first: u32,
    parameters: &Parameters,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO parameters (campaign, first, count, data, part) \
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut next = first;
    for block in parameters.parts(BLOCK_TASKS, BLOCK_BYTES) {
        let data = json::bytes(WHAT, u64::from(campaign.0), &*block)?;
        let row = params![campaign.0, next, block.len(), data, first];
        sql::run(connection, "keep parameters", sql, row)?;
        next += block.len();
    }
    Ok(())
}

/// Cuts parts into blocks that were kept whole by the format before.
pub(super) fn cut(connection: &mut Connection) -> Result<(), StoreError> {
    let doing = "cut parameters into blocks";
    let transaction = connection.transaction().map_err(StoreError::doing(doing))?;
    let sql = "SELECT campaign, first FROM parameters WHERE part IS NULL AND count > ?1";
    let whole: Vec<(CampaignId, u32)> = sql::all(&transaction, doing, sql, [BLOCK_TASKS], |row| {
        Ok((CampaignId(row.get(0)?), row.get(1)?))
    })?;
    for (campaign, first) in whole {
        let parameters = get(&transaction, campaign, first)?;
        let sql = "DELETE FROM parameters WHERE campaign = ?1 AND first = ?2";
        sql::run(&transaction, doing, sql, params![campaign.0, first])?;
        put(&transaction, campaign, first, &parameters)?;
    }
    transaction.commit().map_err(StoreError::doing(doing))
}

/// Reads what came with a submission or an addition.
fn get(
    connection: &Connection,
    campaign: CampaignId,
    first: u32,
) -> Result<Arc<Parameters>, StoreError> {
    let failed = StoreError::doing("read parameters");
    // An archived journal of the format before has no column `part`.
    let sql = "SELECT * FROM parameters WHERE campaign = ?1 AND first >= ?2 ORDER BY first";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let mut rows = statement.query(params![campaign.0, first]).map_err(&failed)?;
    let mut blocks: Vec<Parameters> = Vec::new();
    while let Some(row) = rows.next().map_err(&failed)? {
        let part = row.get::<_, Option<u32>>("part").unwrap_or(None);
        let begins: u32 = row.get("first").map_err(&failed)?;
        if begins != first && (blocks.is_empty() || part != Some(first)) {
            break;
        }
        let data = row.get_ref("data").map_err(&failed)?;
        let data = data.as_blob().map_err(|error| failed(error.into()))?;
        blocks.push(json::read(WHAT, u64::from(campaign.0), data)?);
    }
    match blocks.len() {
        0 => Err(StoreError::Gap {
            what: format!("there are no parameters of campaign {campaign} from task {first} on"),
        }),
        1 => Ok(Arc::new(blocks.swap_remove(0))),
        _ => {
            let texts = blocks.iter().flat_map(Parameters::iter);
            let whole = Parameters::from_lines(texts);
            // Each of them was counted before.
            whole.map(Arc::new).map_err(|error| StoreError::Gap { what: error.to_string() })
        }
    }
}

/// Reads the block with the parameter of a task; none beyond the last.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn block(
    connection: &Connection,
    campaign: CampaignId,
    index: u32,
) -> Result<Option<Block>, StoreError> {
    let sql = "SELECT first, count, data FROM parameters WHERE campaign = ?1 AND first <= ?2 \
               ORDER BY first DESC LIMIT 1";
    let asked = params![campaign.0, index];
    let found = sql::first(connection, "read parameters", sql, asked, |row| {
        let (first, count): (u32, u32) = (row.get(0)?, row.get(1)?);
        let holds = index - first < count;
        let data: Option<Vec<u8>> = if holds { Some(row.get(2)?) } else { None };
        Ok((first, data))
    })?;
    let Some((first, Some(data))) = found else { return Ok(None) };
    Ok(Some((first, Arc::new(json::read(WHAT, u64::from(campaign.0), &data)?))))
}

/// Takes the parameters out of a fact that is going to be written; none if it has none.
pub(crate) fn without(fact: &Fact) -> Option<Fact> {
    let none = || Arc::new(Parameters::count(0).expect("no parameters are few enough"));
    match fact {
        Fact::CampaignSubmitted { campaign, user, spec } => Some(Fact::CampaignSubmitted {
            campaign: *campaign,
            user: Arc::clone(user),
            spec: Arc::new(CampaignSpec { parameters: none(), ..(**spec).clone() }),
        }),
        Fact::JobsAdded { campaign, first, .. } => {
            Some(Fact::JobsAdded { campaign: *campaign, first: *first, parameters: none() })
        }
        _ => None,
    }
}

/// Gives a fact that was read its parameters back.
pub(crate) fn with(connection: &Connection, fact: &mut Fact) -> Result<(), StoreError> {
    match fact {
        Fact::CampaignSubmitted { campaign, spec, .. } => {
            let parameters = get(connection, *campaign, 0)?;
            *spec = Arc::new(CampaignSpec { parameters, ..(**spec).clone() });
        }
        Fact::JobsAdded { campaign, first, parameters } => {
            *parameters = get(connection, *campaign, *first)?;
        }
        _ => {}
    }
    Ok(())
}

/// Parameters out of a store, for a scheduler that is restored.
pub struct StoredParameters<'a>(pub &'a Connection);

impl ParameterSource for StoredParameters<'_> {
    fn parameters(
        &mut self,
        campaign: CampaignId,
        first: u32,
    ) -> Result<Arc<Parameters>, Box<dyn Error + Send + Sync>> {
        Ok(get(self.0, campaign, first)?)
    }
}
