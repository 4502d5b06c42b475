//! What has happened that nobody was told yet, and what was told of each campaign. Decides nothing about who is told what.

use std::collections::BTreeSet;

use gleaner_api::states::{CampaignState, EventClass};
use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use gleaner_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::store::codes::{BLACKLIST, LATER};
use crate::store::error::StoreError;
use crate::store::sql::{self, run};
use crate::store::words::{time, word};

/// A campaign, as a message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldCampaign {
    pub(crate) id: CampaignId,
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) total: u32,
    pub(crate) finished: u32,
    pub(crate) submitted_at: Timestamp,
    pub(crate) completed_at: Option<Timestamp>,
}

/// An event that nobody was told yet, as it is by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UntoldEvent {
    pub(crate) id: EventId,
    pub(crate) class: EventClass,
    pub(crate) code: String,
    pub(crate) open: bool,
    pub(crate) cluster: Option<ClusterId>,
    /// Number of the job that it is about.
    pub(crate) job: Option<u64>,
    pub(crate) opened_at: Timestamp,
    pub(crate) message: String,
    pub(crate) campaign: Option<ToldCampaign>,
    /// Whether another event keeps a campaign, or all, from the cluster as long as it is open.
    pub(crate) blocks: bool,
}

/// Returns the events that nobody was told yet, in the order in which they happened, `most` at most.
pub(crate) fn untold(connection: &Connection, most: u32) -> Result<Vec<UntoldEvent>, StoreError> {
    let sql = "SELECT e.id, e.class, e.code, e.open, e.cluster, e.job, e.opened_at, e.message, \
               c.id, c.user, c.name, c.total, c.finished, c.submitted_at, c.completed_at, \
               e.event IS NOT NULL AND EXISTS (SELECT 1 FROM events b WHERE b.id = e.id + 1 AND b.parent = e.event) \
               FROM events e LEFT JOIN campaigns c ON c.id = e.campaign \
               WHERE e.id > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'told_event') \
               ORDER BY e.id LIMIT ?1";
    sql::all(connection, "read events that nobody was told", sql, [most], |row| {
        let campaign = match row.get::<_, Option<u32>>(8)? {
            None => None,
            Some(id) => Some(ToldCampaign {
                id: CampaignId(id),
                user: row.get(9)?,
                name: row.get(10)?,
                total: row.get(11)?,
                finished: row.get(12)?,
                submitted_at: Timestamp::from_seconds(row.get(13)?),
                completed_at: time(row.get(14)?),
            }),
        };
        Ok(UntoldEvent {
            id: EventId(row.get(0)?),
            class: word(row, 1, EventClass::from_word)?,
            code: row.get(2)?,
            open: row.get(3)?,
            cluster: row.get::<_, Option<u16>>(4)?.map(ClusterId),
            job: row.get(5)?,
            opened_at: Timestamp::from_seconds(row.get(6)?),
            message: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
            campaign,
            blocks: row.get(15)?,
        })
    })
}

/// Notes that all events up to this one were told to whom they concern.
pub(crate) fn told_up_to(connection: &Connection, event: EventId) -> Result<(), StoreError> {
    let sql = "UPDATE meta SET value = ?1 WHERE key = 'told_event'";
    run(connection, "keep which events were told", sql, [event.0.to_string()])
}

/// Returns whether something was told of a campaign, and nobody has dealt with it since: an event like it is still open,
/// or there was never one to deal with.
pub(crate) fn is_told(
    connection: &Connection,
    campaign: CampaignId,
    code: &str,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM events e WHERE e.campaign = ?1 AND e.code = ?2 AND e.id <= told.event \
               AND e.open = 1) OR NOT EXISTS (SELECT 1 FROM events e WHERE e.campaign = ?1 AND e.code = ?2 \
               AND e.id <= told.event AND e.event IS NOT NULL) FROM told WHERE campaign = ?1 AND code = ?2";
    let told =
        sql::first(connection, "read what was told", sql, params![campaign.0, code], |row| {
            row.get(0)
        })?;
    Ok(told.unwrap_or(false))
}

/// Notes that something was told of a campaign, up to an event.
pub(crate) fn tell(
    connection: &Connection,
    campaign: CampaignId,
    code: &str,
    event: EventId,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO told (campaign, code, event) VALUES (?1, ?2, ?3)";
    run(connection, "keep what was told", sql, params![campaign.0, code, event.0])
}

/// Notes that something told of campaigns holds no more, but for these.
pub(crate) fn untell(
    connection: &Connection,
    code: &str,
    but: &BTreeSet<CampaignId>,
) -> Result<(), StoreError> {
    let sql = "SELECT campaign FROM told WHERE code = ?1";
    let told: Vec<CampaignId> =
        sql::all(connection, "read what was told", sql, [code], |row| row.get(0).map(CampaignId))?;
    for campaign in told.into_iter().filter(|campaign| !but.contains(campaign)) {
        let sql = "DELETE FROM told WHERE campaign = ?1 AND code = ?2";
        run(connection, "keep what was told", sql, params![campaign.0, code])?;
    }
    Ok(())
}

/// A campaign in treatment that has tasks left and no job, or has never had one that started.
#[derive(Clone, Debug)]
pub(crate) struct IdleCampaign {
    pub(crate) campaign: ToldCampaign,
    /// Its clusters, and since when each can do nothing for it; none: it could.
    pub(crate) clusters: Vec<(ClusterId, Option<Blocked>)>,
    /// Whether no job of it has ever started.
    pub(crate) never_started: bool,
}

/// Why nothing of a campaign goes to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// Since when.
    pub(crate) since: Timestamp,
    /// Whether an event of the campaign itself is the reason, and not one of the whole cluster.
    pub(crate) own: bool,
}

/// Returns the campaigns of which nothing lives, and those of which nothing has started that were taken before `before`.
pub(crate) fn idle(
    connection: &Connection,
    before: Timestamp,
) -> Result<Vec<IdleCampaign>, StoreError> {
    let doing = "read campaigns that wait";
    let sql = "SELECT c.id, c.user, c.name, c.total, c.finished, c.submitted_at, \
               NOT EXISTS (SELECT 1 FROM couples p WHERE p.campaign = c.id AND p.active > 0), \
               c.finished = 0 AND c.submitted_at <= ?2 AND NOT EXISTS (SELECT 1 FROM jobs j WHERE \
               j.campaign = c.id AND j.started_at IS NOT NULL) \
               FROM campaigns c WHERE c.state = ?1 AND c.finished < c.total ORDER BY c.id";
    let asked = params![CampaignState::InTreatment.word(), before.seconds()];
    let campaigns: Vec<(ToldCampaign, bool, bool)> =
        sql::all(connection, doing, sql, asked, |row| {
            let campaign = ToldCampaign {
                id: CampaignId(row.get(0)?),
                user: row.get(1)?,
                name: row.get(2)?,
                total: row.get(3)?,
                finished: row.get(4)?,
                submitted_at: Timestamp::from_seconds(row.get(5)?),
                completed_at: None,
            };
            Ok((campaign, row.get(6)?, row.get(7)?))
        })?;
    let sql = "SELECT cluster, campaign, min(opened_at) FROM events WHERE open = 1 AND cluster IS NOT NULL \
               AND code IN (?1, ?2) GROUP BY cluster, campaign";
    let blocks: Vec<(ClusterId, Option<CampaignId>, Timestamp)> =
        sql::all(connection, doing, sql, [BLACKLIST, LATER], |row| {
            let campaign = row.get::<_, Option<u32>>(1)?.map(CampaignId);
            Ok((ClusterId(row.get(0)?), campaign, Timestamp::from_seconds(row.get(2)?)))
        })?;
    let blocked = |campaign: CampaignId, cluster: ClusterId| {
        let of = |whose: Option<CampaignId>| {
            let it = blocks.iter().find(|(on, of, _)| *on == cluster && *of == whose);
            it.map(|(_, of, since)| Blocked { since: *since, own: of.is_some() })
        };
        of(Some(campaign)).or_else(|| of(None))
    };
    let mut idle = Vec::new();
    for (campaign, lifeless, never_started) in campaigns {
        if !lifeless && !never_started {
            continue;
        }
        let sql = "SELECT cluster FROM couples WHERE campaign = ?1 ORDER BY cluster";
        let clusters: Vec<ClusterId> =
            sql::all(connection, doing, sql, [campaign.id.0], |row| row.get(0).map(ClusterId))?;
        let on = |cluster| (cluster, if lifeless { blocked(campaign.id, cluster) } else { None });
        let clusters = clusters.into_iter().map(on).collect();
        idle.push(IdleCampaign { campaign, clusters, never_started });
    }
    Ok(idle)
}

/// Returns how many jobs of a campaign failed, by code, most first.
pub(crate) fn failures(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = "SELECT code, count(*) FROM events WHERE campaign = ?1 AND class = ?2 \
               AND code NOT IN ('RESUBMIT', 'RESUBMIT_END', 'USER_FRAG', 'OAR_AUTO_RESUBMIT') \
               GROUP BY code ORDER BY 2 DESC, 1";
    let asked = params![campaign.0, EventClass::Job.word()];
    sql::all(connection, "count failures", sql, asked, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Returns the names of the clusters, by number.
pub(crate) fn cluster_names(
    connection: &Connection,
) -> Result<Vec<(ClusterId, String)>, StoreError> {
    let sql = "SELECT id, name FROM cluster_entries ORDER BY id";
    sql::all(connection, "read the clusters' names", sql, [], |row| {
        Ok((ClusterId(row.get(0)?), row.get(1)?))
    })
}
