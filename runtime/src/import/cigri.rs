//! What CiGri's database knows that is worth keeping: clusters, logins, ranks of users, subscriptions, and campaigns that are
//! not over, with the tasks that nobody works on. Knows nothing of what becomes of it here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::import::dump::{self, DumpError};

/// A cluster, as CiGri's table has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CigriCluster {
    /// Its number there.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Where its API is.
    pub api_url: String,
    /// `none`, `password`, `cert` or `jwt`.
    pub auth: String,
    /// The header with the user's login.
    pub auth_header: String,
    /// `oar2_5`, `oar3` or `g5k`.
    pub batch: String,
    /// Jobs asked for at once.
    pub chunk: u32,
    /// Entries of a page.
    pub page: u32,
    /// Its front end.
    pub ssh_host: String,
    /// The property that tells resources apart.
    pub resource_unit: String,
    /// Which resources count.
    pub properties: String,
    /// How strong it is.
    pub power: u32,
    /// Whether it is used.
    pub enabled: bool,
}

/// A campaign that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CigriCampaign {
    /// Its number there.
    pub id: u32,
    /// Whose it is.
    pub user: String,
    /// Its name.
    pub name: String,
    /// Whether its user has paused it.
    pub paused: bool,
    /// Its expanded JDL.
    pub jdl: String,
    /// Parameters that nobody works on, in the order in which CiGri would have sent them.
    pub pending: Vec<String>,
    /// Parameters with a job that lives.
    pub alive: u64,
    /// Parameters whose last job failed, with an event that waits for the user.
    pub failed: Vec<String>,
    /// Parameters that are done.
    pub done: u64,
}

/// A subscription to messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CigriSubscription {
    /// Whose it is; `%%admin%%` for the administrators.
    pub user: String,
    /// `mail`, `xmpp`, `log` or `irc`.
    pub channel: String,
    /// Where to.
    pub identity: Option<String>,
    /// `low`, `medium` or `high`, or whatever was asked for.
    pub severity: Option<String>,
}

/// What is kept of a database of CiGri 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cigri {
    /// The clusters, by number.
    pub clusters: Vec<CigriCluster>,
    /// Grid login, login there, and the cluster's number.
    pub logins: Vec<(String, String, u32)>,
    /// How many tokens there are, which are left behind.
    pub tokens: u64,
    /// Grid login, cluster's number, and rank.
    pub priorities: Vec<(String, u32, i32)>,
    /// Subscriptions to messages.
    pub subscriptions: Vec<CigriSubscription>,
    /// Campaigns that are not over, by number.
    pub campaigns: Vec<CigriCampaign>,
    /// How many are over.
    pub over: u64,
    /// The highest number of a campaign.
    pub last_campaign: u32,
    /// Admission rules, which are programs.
    pub admission_rules: u64,
}

impl Cigri {
    /// Returns the name of a cluster.
    pub fn cluster_name(&self, id: u32) -> Option<&str> {
        let cluster = self.clusters.iter().find(|cluster| cluster.id == id);
        cluster.map(|cluster| &*cluster.name)
    }
}

/// The tables of which the first reading keeps something.
const SMALL: [&str; 6] = [
    "clusters",
    "users_mapping",
    "users_priority",
    "user_notifications",
    "campaigns",
    "admission_rules",
];
/// Those of the second, which may have millions of rows.
const LARGE: [&str; 4] = ["parameters", "bag_of_tasks", "jobs", "events"];

/// States of a job that lives on a cluster, or may.
const ALIVE: [&str; 6] =
    ["to_launch", "launching", "submitted", "remote_waiting", "running", "batch_waiting"];

/// Reads a dump, twice: what is large is kept only of campaigns that are not over.
///
/// # Errors
/// [`DumpError`] with the line.
pub fn read(path: &Path) -> Result<Cigri, DumpError> {
    let mut cigri = Cigri::default();
    let tables = dump::read(path, &SMALL, |table, row| {
        match table {
            "clusters" => cigri.clusters.push(cluster(row)?),
            "users_mapping" => {
                let login = row.given("cluster_login")?;
                if login.starts_with("Bearer ") {
                    cigri.tokens += 1;
                } else {
                    let user = row.given("grid_login")?.to_owned();
                    cigri.logins.push((user, login.to_owned(), row.id("cluster_id")?));
                }
            }
            "users_priority" => {
                let user = row.given("grid_user")?.to_owned();
                let rank = (user, row.id("cluster_id")?, row.id("priority")?);
                cigri.priorities.push(rank);
            }
            "user_notifications" => cigri.subscriptions.push(CigriSubscription {
                user: row.given("grid_user")?.to_owned(),
                channel: row.given("type")?.to_owned(),
                identity: row.text("identity")?.map(str::to_owned),
                severity: row.text("severity")?.map(str::to_owned),
            }),
            "admission_rules" => cigri.admission_rules += 1,
            "campaigns" => {
                let id: u32 = row.id("id")?;
                cigri.last_campaign = cigri.last_campaign.max(id);
                let state = row.given("state")?;
                match state {
                    "in_treatment" | "paused" => cigri.campaigns.push(CigriCampaign {
                        id,
                        user: row.given("grid_user")?.to_owned(),
                        name: row.text("name")?.unwrap_or_default().to_owned(),
                        paused: state == "paused",
                        jdl: row.given("jdl")?.to_owned(),
                        pending: Vec::new(),
                        alive: 0,
                        failed: Vec::new(),
                        done: 0,
                    }),
                    "terminated" | "cancelled" => cigri.over += 1,
                    other => {
                        let expected = "`in_treatment`, `paused`, `terminated` or `cancelled`";
                        return Err(row.value("state", other, expected));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    for needed in ["clusters", "campaigns"] {
        if !tables.iter().any(|table| table == needed) {
            return Err(dump::no_table(path, needed));
        }
    }
    cigri.clusters.sort_by_key(|cluster| cluster.id);
    cigri.campaigns.sort_by_key(|campaign| campaign.id);
    if !cigri.campaigns.is_empty() {
        tasks(path, &mut cigri.campaigns)?;
    }
    Ok(cigri)
}

fn cluster(row: &dump::Row<'_>) -> Result<CigriCluster, DumpError> {
    let text = |column| Ok::<_, DumpError>(row.text(column)?.unwrap_or_default().to_owned());
    Ok(CigriCluster {
        id: row.id("id")?,
        name: row.given("name")?.to_owned(),
        api_url: row.given("api_url")?.to_owned(),
        auth: text("api_auth_type")?,
        auth_header: text("api_auth_header")?,
        batch: text("batch")?,
        chunk: row.number("api_chunk_size")?.unwrap_or(100),
        page: row.number("api_limit")?.unwrap_or(100),
        ssh_host: text("ssh_host")?,
        resource_unit: text("resource_unit")?,
        properties: text("properties")?,
        power: row.number("power")?.unwrap_or(0),
        enabled: row.text("enabled")? != Some("f"),
    })
}

/// What is known of one campaign's tasks.
#[derive(Default)]
struct Tasks {
    texts: BTreeMap<u64, String>,
    /// Priority and number of the tasks that are in the bag, and their parameters.
    bag: Vec<(i32, u64, u64)>,
    alive: BTreeSet<u64>,
    done: BTreeSet<u64>,
    /// Jobs that failed, and their parameters.
    failed: Vec<(u64, u64)>,
    /// Jobs with an event that is open.
    open: BTreeSet<u64>,
}

fn tasks(path: &Path, campaigns: &mut [CigriCampaign]) -> Result<(), DumpError> {
    let mut all: BTreeMap<u32, Tasks> =
        campaigns.iter().map(|campaign| (campaign.id, Tasks::default())).collect();
    dump::read(path, &LARGE, |table, row| {
        let Some(campaign) = row.number::<u32>("campaign_id")? else { return Ok(()) };
        let Some(tasks) = all.get_mut(&campaign) else { return Ok(()) };
        match table {
            "parameters" => {
                let text = row.text("param")?.unwrap_or_default().to_owned();
                tasks.texts.insert(row.id("id")?, text);
            }
            "bag_of_tasks" => {
                let priority = row.number("priority")?.unwrap_or(10);
                tasks.bag.push((priority, row.id("id")?, row.id("param_id")?));
            }
            "jobs" => {
                let (id, parameter) = (row.id("id")?, row.id("param_id")?);
                match row.given("state")? {
                    state if ALIVE.contains(&state) => drop(tasks.alive.insert(parameter)),
                    "terminated" => drop(tasks.done.insert(parameter)),
                    _ => tasks.failed.push((id, parameter)),
                }
            }
            _ => {
                if let (Some("open"), Some(job)) = (row.text("state")?, row.number("job_id")?) {
                    tasks.open.insert(job);
                }
            }
        }
        Ok(())
    })?;
    for campaign in campaigns {
        let Some(mut tasks) = all.remove(&campaign.id) else { continue };
        // The first of the bag are those of the highest priority, then the oldest.
        tasks.bag.sort_by_key(|(priority, id, _)| (std::cmp::Reverse(*priority), *id));
        let mut seen = BTreeSet::new();
        for (_, _, parameter) in &tasks.bag {
            let busy = tasks.alive.contains(parameter) || tasks.done.contains(parameter);
            if let (false, Some(text)) = (busy, tasks.texts.get(parameter))
                && seen.insert(*parameter)
            {
                campaign.pending.push(text.clone());
            }
        }
        for (job, parameter) in &tasks.failed {
            let busy = tasks.alive.contains(parameter) || tasks.done.contains(parameter);
            if let (false, true, Some(text)) =
                (busy, tasks.open.contains(job), tasks.texts.get(parameter))
                && seen.insert(*parameter)
            {
                campaign.failed.push(text.clone());
            }
        }
        // Row 0 is that of prologues and epilogues.
        campaign.alive = tasks.alive.len() as u64;
        campaign.done = tasks.done.iter().filter(|parameter| **parameter > 0).count() as u64;
    }
    Ok(())
}
