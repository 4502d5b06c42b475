//! Parameters of campaigns: kept once, beside the facts that leave them out.

use std::error::Error;
use std::sync::Arc;

use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::params::Parameters;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::restore::ParameterSource;
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::error::StoreError;

/// Parts of a campaign's parameters: the index of the first task of each, and the texts.
pub type Parts = Vec<(u32, Arc<Parameters>)>;

/// Keeps one part.
pub(crate) fn put(
    connection: &Connection,
    campaign: CampaignId,
    first: u32,
    parameters: &Parameters,
) -> Result<(), StoreError> {
    let data = serde_json::to_vec(parameters).map_err(value(campaign))?;
    let sql = "INSERT INTO parameters (campaign, first, count, data) VALUES (?1, ?2, ?3, ?4)";
    let row = params![campaign.0, first, parameters.len(), data];
    connection.execute(sql, row).map_err(StoreError::doing("keep parameters"))?;
    Ok(())
}

/// Reads one part.
fn get(
    connection: &Connection,
    campaign: CampaignId,
    first: u32,
) -> Result<Arc<Parameters>, StoreError> {
    let sql = "SELECT data FROM parameters WHERE campaign = ?1 AND first = ?2";
    let data: Option<Vec<u8>> = connection
        .query_row(sql, params![campaign.0, first], |row| row.get(0))
        .optional()
        .map_err(StoreError::doing("read parameters"))?;
    let data = data.ok_or_else(|| StoreError::Gap {
        what: format!("there are no parameters of campaign {campaign} from task {first} on"),
    })?;
    let parameters = serde_json::from_slice(&data).map_err(value(campaign))?;
    Ok(Arc::new(parameters))
}

/// Reads all parts of a campaign, in order.
///
/// # Errors
/// [`StoreError`] when they cannot be read.
pub fn parts(connection: &Connection, campaign: CampaignId) -> Result<Parts, StoreError> {
    let failed = StoreError::doing("read parameters");
    let sql = "SELECT first, data FROM parameters WHERE campaign = ?1 ORDER BY first";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    let rows = statement.query_map([campaign.0], |row| Ok((row.get(0)?, row.get(1)?)));
    let mut parts = Parts::new();
    for row in rows.map_err(&failed)? {
        let (first, data): (u32, Vec<u8>) = row.map_err(&failed)?;
        let parameters = serde_json::from_slice(&data).map_err(value(campaign))?;
        parts.push((first, Arc::new(parameters)));
    }
    Ok(parts)
}

/// How many parts a campaign's parameters have.
pub(super) fn count(connection: &Connection, campaign: CampaignId) -> Result<usize, StoreError> {
    let failed = StoreError::doing("count parameters");
    let sql = "SELECT count(*) FROM parameters WHERE campaign = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(&failed)?;
    statement.query_row([campaign.0], |row| row.get(0)).map_err(&failed)
}

fn value(campaign: CampaignId) -> impl Fn(serde_json::Error) -> StoreError {
    move |source| StoreError::Value { what: "the parameters", of: u64::from(campaign.0), source }
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

/// The parameter of a task.
pub(crate) fn text(parts: &Parts, index: u32) -> Option<String> {
    let part = parts.partition_point(|(first, _)| *first <= index).checked_sub(1)?;
    let (first, parameters) = &parts[part];
    parameters.text(index - first).map(|text| text.into_owned())
}
