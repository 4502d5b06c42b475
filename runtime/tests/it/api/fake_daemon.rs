//! Rows and a driver in memory, small enough to be read: what the API is tried against where the store is
//! not the subject.

use std::path::Path;
use std::sync::{Arc, Mutex};

use gleaner_api::numbers::JobId;
use gleaner_api::states::{CampaignState, EventClass, JobState, JobTag, ShownTaskState};
use gleaner_core::config::ClusterSpec;
use gleaner_core::ids::{CampaignId, ClusterId, EventId, RemoteJobId};
use gleaner_core::jdl::params::Parameters;
use gleaner_core::policy::injection;
use gleaner_core::time::Timestamp;
use gleaner_runtime::api::settings::ApiSettings;
use gleaner_runtime::api::state::Api;
use gleaner_runtime::config_file::read::parse_config;
use gleaner_runtime::request::{
    Caller, Envelope, Quota, Receipt, Refused, Request, Subject, Unavailable,
};
use gleaner_runtime::secrets::key::Key;
use gleaner_runtime::secrets::vault::{MIGRATION, Vault};
use gleaner_runtime::store::notifications;
use gleaner_runtime::store::notifications::subscriptions::Subscriptions;
use gleaner_runtime::views::rows::{
    CampaignRow, ClusterStatus, EventRow, JobRow, PairRow, StatsRow, TaskRow,
};
use gleaner_runtime::views::{Block, Meant, Page, Part, ReadError, Views};

/// The number of the user that the proxy runs as.
pub(crate) const PROXY: u32 = 4021;

const CONFIG: &str = "
[api]
proxy.users = [4021]
open_reads = true
body_max_mb = 1
admins = ['root', 'carol']
[notifications]
smtp = 'smtp://127.0.0.1:1'
from = 'gleaner@grid.example'
allow_webhooks = ['https://chat.example/hooks/']
[[cluster]]
name = 'lune'
api_url = 'http://127.0.0.1:6668/oarapi/'
dialect = 'oar2'
resource_unit = 'core'
power = 100
[[cluster]]
name = 'terre'
api_url = 'http://127.0.0.1:7668/'
dialect = 'oar3'
[[cluster]]
name = 'mars'
api_url = 'http://127.0.0.1:6799/oarapi/'
dialect = 'oar2'
enabled = false
";

struct Campaign {
    row: CampaignRow,
    jdl: String,
    parameters: Vec<String>,
}

/// All campaigns, from number 1 on.
#[derive(Clone, Default)]
struct FakeDaemon(Arc<Mutex<Vec<Campaign>>>);

/// The API over an empty fake_daemon; `folder` keeps its tokens.
pub(crate) fn fake_daemon(folder: &Path) -> Api {
    let config = parse_config(Path::new("gleaner.toml"), CONFIG, &|_| None, &injection::standard())
        .expect("a configuration");
    let specs = config.clusters.iter().map(|cluster| {
        ClusterSpec::new(cluster.name.as_str(), cluster.units, cluster.policy.clone())
    });
    let settings = ApiSettings {
        specs: specs.collect(),
        api: config.api,
        proxy_secret: None,
        default_resources: config.grid.default_resources,
        default_walltime: config.grid.default_walltime,
        notifications: config.notifications,
        quota: Quota::UNBOUNDED,
        clusters: config.clusters.into_iter().map(Some).collect(),
    };
    let store = rusqlite::Connection::open_in_memory().expect("a database");
    store.execute_batch(MIGRATION).expect("a table");
    let vault = Vault::new(Key::load_or_create(&folder.join("key")).expect("a key"), store);
    let fake_daemon = FakeDaemon::default();
    let driver = fake_daemon.clone();
    let to_driver = move |envelope: Envelope| {
        let Envelope { caller, request, reply } = envelope;
        reply.send(driver.answer(&caller, request)).map_err(|_| Unavailable::Stopping)
    };
    let now = Timestamp::from_seconds(1_795_179_806);
    let subscriptions = rusqlite::Connection::open_in_memory().expect("a database");
    // Of the tables around it, its own migration needs these.
    let around = "CREATE TABLE meta (key TEXT, value TEXT); CREATE TABLE events (id INTEGER)";
    subscriptions.execute_batch(around).expect("tables");
    subscriptions.execute_batch(notifications::MIGRATION).expect("tables");
    let subscriptions = Subscriptions::new(subscriptions);
    Api::new(
        Arc::new(fake_daemon),
        Box::new(to_driver),
        Arc::new(vault),
        Box::new(move || now),
        settings,
    )
    .with_notifications(Arc::new(subscriptions), Arc::default())
}

impl FakeDaemon {
    fn answer(&self, caller: &Caller, request: Request) -> Result<Receipt, Refused> {
        let (id, state) = match request {
            Request::Submit { spec, jdl, .. } => {
                let mut campaigns = self.0.lock().expect("no panic before");
                let id = CampaignId(campaigns.len() as u32 + 1);
                let row = CampaignRow {
                    id,
                    name: spec.name.to_string(),
                    user: caller.user().to_string(),
                    state: CampaignState::InTreatment,
                    has_events: false,
                    submitted_at: Timestamp::from_seconds(1_795_179_782),
                    total: spec.parameters.len(),
                    finished: 0,
                };
                let parameters = spec.parameters.iter().map(|text| text.into_owned()).collect();
                campaigns.push(Campaign { row, jdl, parameters });
                return Ok(Receipt::Campaign(id));
            }
            Request::Hold(id) => (id, Some(CampaignState::Paused)),
            Request::Resume(id) => (id, Some(CampaignState::InTreatment)),
            Request::Cancel(id) => (id, Some(CampaignState::Cancelled)),
            Request::Rename(id, ref name) => {
                self.change(caller, id, |campaign| campaign.row.name = name.to_string())?;
                (id, None)
            }
            Request::AddJobs { campaign, ref parameters, .. } => {
                self.change(caller, campaign, |campaign| {
                    campaign.parameters.extend(parameters.iter().map(|text| text.into_owned()));
                    campaign.row.total = campaign.parameters.len() as u32;
                })?;
                (campaign, None)
            }
            Request::FixCampaign { campaign, .. } => (campaign, None),
            Request::Purge(id) => {
                let hint = "cancel it first, or wait until it is over";
                return Err(Refused::WrongState(format!(
                    "campaign {id} is not over\n  hint: {hint}"
                )));
            }
            Request::KillJob(..)
            | Request::DropJob(..)
            | Request::DisableCluster(_)
            | Request::UserPriority { .. } => {
                return Ok(Receipt::Done);
            }
            Request::FixEvent { event, .. } => {
                return if event.0 == 23 {
                    Ok(Receipt::Done)
                } else {
                    Err(Refused::NotFound(format!("event {event}")))
                };
            }
        };
        self.change(caller, id, |campaign| {
            if let Some(state) = state {
                campaign.row.state = state;
            }
        })
    }

    fn change(
        &self,
        caller: &Caller,
        id: CampaignId,
        change: impl FnOnce(&mut Campaign),
    ) -> Result<Receipt, Refused> {
        let mut campaigns = self.0.lock().expect("no panic before");
        let index = (id.0 as usize).wrapping_sub(1);
        let campaign = campaigns.get_mut(index);
        let campaign = campaign.ok_or_else(|| Refused::NotFound(format!("campaign {id}")))?;
        if !caller.may_change(Subject::Of(&campaign.row.user)) {
            return Err(Refused::NotYours(format!("campaign {id}")));
        }
        change(campaign);
        Ok(Receipt::Campaign(id))
    }

    fn see<T>(&self, id: CampaignId, see: impl FnOnce(&Campaign) -> T) -> Option<T> {
        self.0.lock().expect("no panic before").get((id.0 as usize).wrapping_sub(1)).map(see)
    }
}

fn event(id: u64) -> EventRow {
    EventRow {
        id: EventId(id),
        class: EventClass::Job,
        code: "EXIT_ERROR".to_owned(),
        open: true,
        job: Some(JobId(28)),
        cluster: Some(ClusterId(0)),
        campaign: Some(CampaignId(1)),
        parent: None,
        opened_at: Timestamp::from_seconds(1_795_179_806),
        closed_at: None,
        message: Some("exit code 3".to_owned()),
    }
}

fn job() -> JobRow {
    JobRow {
        id: JobId(28),
        user: "alice".to_owned(),
        campaign: CampaignId(1),
        index: Some(0),
        parameter: Some("item1 5".to_owned()),
        tag: None,
        cluster: ClusterId(0),
        remote: Some(RemoteJobId(33)),
        state: JobState::Running,
        return_code: None,
        submitted_at: Some(Timestamp::from_seconds(1_795_179_806)),
        started_at: Some(Timestamp::from_seconds(1_795_179_808)),
        stopped_at: None,
        node: None,
        besteffort: true,
    }
}

fn cut<T>(rows: Vec<T>, page: Page) -> Part<T> {
    let total = rows.len() as u64;
    let (offset, limit) = (page.offset as usize, page.limit as usize);
    (rows.into_iter().skip(offset).take(limit).collect(), total)
}

impl Views for FakeDaemon {
    fn campaigns(
        &self,
        meant: &Meant,
        before: Option<CampaignId>,
        limit: u64,
    ) -> Result<Part<CampaignRow>, ReadError> {
        let campaigns = self.0.lock().expect("no panic before");
        let whose = |row: &CampaignRow| meant.user.as_ref().is_none_or(|user| row.user == *user);
        let rows = campaigns.iter().map(|campaign| campaign.row.clone());
        let rows = rows.filter(|row| meant.states.contains(&row.state) && whose(row));
        let rows: Vec<CampaignRow> = rows.rev().collect();
        let total = rows.len() as u64;
        let rows = rows.into_iter().filter(|row| before.is_none_or(|before| row.id < before));
        Ok((rows.take(limit as usize).collect(), total))
    }

    fn campaign_counts(&self) -> Result<[u64; 4], ReadError> {
        Ok([self.0.lock().expect("no panic before").len() as u64, 0, 0, 0])
    }

    fn campaign(&self, id: CampaignId) -> Result<Option<CampaignRow>, ReadError> {
        Ok(self.see(id, |campaign| campaign.row.clone()))
    }

    fn pairs(&self, _: CampaignId) -> Result<Vec<PairRow>, ReadError> {
        let cluster = ClusterId(0);
        Ok(vec![PairRow { cluster, active: 0, queued: 2, prologue_ok: true, epilogue_ok: true }])
    }

    fn jdl(&self, id: CampaignId) -> Result<Option<String>, ReadError> {
        Ok(self.see(id, |campaign| campaign.jdl.clone()))
    }

    fn block(&self, id: CampaignId, index: u32) -> Result<Option<Block>, ReadError> {
        let texts = self.see(id, |campaign| campaign.parameters.clone()).unwrap_or_default();
        let within = (index as usize) < texts.len();
        let all = || Arc::new(Parameters::from_lines(texts).expect("so many were taken"));
        Ok(within.then(|| (0, all())))
    }

    fn tasks(&self, id: CampaignId, page: Page) -> Result<Part<TaskRow>, ReadError> {
        let rows = self.see(id, |campaign| {
            let numbered = (0..).zip(&campaign.parameters);
            let row = |(index, parameter): (u32, &String)| TaskRow {
                index,
                parameter: parameter.clone(),
                cluster: (index == 0).then_some(ClusterId(0)),
                job: (index == 0).then_some(JobId(28)),
                remote: (index == 0).then_some(RemoteJobId(33)),
                state: if index == 0 {
                    ShownTaskState::Job(JobState::Running)
                } else {
                    ShownTaskState::Pending
                },
            };
            numbered.map(row).collect()
        });
        Ok(cut(rows.unwrap_or_default(), page))
    }

    fn finished_jobs(&self, id: CampaignId, page: Page) -> Result<Part<JobRow>, ReadError> {
        let prologue = JobRow {
            index: None,
            parameter: None,
            tag: Some(JobTag::Prologue),
            state: JobState::Terminated,
            return_code: Some(0),
            stopped_at: Some(Timestamp::from_seconds(1_795_179_809)),
            ..job()
        };
        Ok(cut(if id == CampaignId(1) { vec![prologue] } else { Vec::new() }, page))
    }

    fn job(&self, id: JobId) -> Result<Option<JobRow>, ReadError> {
        Ok((id == JobId(28)).then(job))
    }

    fn campaign_events(
        &self,
        id: CampaignId,
        _all: bool,
        page: Page,
    ) -> Result<Part<EventRow>, ReadError> {
        let rows = if id == CampaignId(2) { vec![event(23)] } else { Vec::new() };
        Ok(cut(rows, page))
    }

    fn global_events(&self, page: Page) -> Result<Part<EventRow>, ReadError> {
        Ok(cut(Vec::new(), page))
    }

    fn finished_jobs_behind(
        &self,
        _: CampaignId,
        _: JobId,
        _: u64,
    ) -> Result<Vec<JobRow>, ReadError> {
        Ok(Vec::new())
    }

    fn campaign_events_behind(
        &self,
        _: CampaignId,
        _: bool,
        _: EventId,
        _: u64,
    ) -> Result<Vec<EventRow>, ReadError> {
        Ok(Vec::new())
    }

    fn global_events_behind(&self, _: EventId, _: u64) -> Result<Vec<EventRow>, ReadError> {
        Ok(Vec::new())
    }

    fn event(&self, id: EventId) -> Result<Option<EventRow>, ReadError> {
        Ok((id == EventId(23)).then(|| event(23)))
    }

    fn stats(&self, _: CampaignId) -> Result<StatsRow, ReadError> {
        Ok(StatsRow::default())
    }

    fn cluster(&self, _: ClusterId) -> Result<ClusterStatus, ReadError> {
        Ok(ClusterStatus {
            capacity_cores: 16,
            used_cores: 12,
            our_cores: 4,
            ..ClusterStatus::default()
        })
    }
}
