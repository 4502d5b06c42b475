//! Takes what was read of CiGri into a store: campaigns, ranks of users, subscriptions, each by the way on which people's
//! requests come, so that the daemon finds them in its journal. Asks no cluster.

use std::path::PathBuf;
use std::sync::Arc;

use gleaner_api::notifications::{Channel, Severity};
use gleaner_core::ids::{CampaignId, ClusterId};
use gleaner_core::jdl;
use gleaner_core::jdl::spec::CampaignSpec;
use gleaner_core::policy::catalogue::Catalogue;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::settings::{api_settings, driver_settings, wanted};
use crate::driver::{BeginError, Begun, begin, inbox};
use crate::import::cigri::{Cigri, CigriCampaign};
use crate::request::{Caller, Quota, Receipt, Refused, Request, Rights};
use crate::store::error::StoreError;
use crate::store::notifications::subscriptions::{Subscribed, Subscriptions};
use crate::store::{Store, numbers};

/// Why nothing was taken into the store.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its journal cannot be taken up.
    #[error("the store cannot be taken up")]
    Begin(#[from] BeginError),
    /// It has campaigns: those of CiGri may be among them.
    #[error("the store `{}` has {campaigns} campaigns already", path.display())]
    Used {
        /// The store.
        path: PathBuf,
        /// How many.
        campaigns: u64,
    },
    /// The store took some of it not; nothing of what was asked before is lost.
    #[error("campaign {campaign} of CiGri was not taken")]
    Refused {
        /// Its number there.
        campaign: u32,
        /// Why.
        source: Refused,
    },
}

impl ApplyError {
    /// Returns what can be done about it.
    pub fn hint(&self) -> String {
        match self {
            ApplyError::Store(error) | ApplyError::Begin(BeginError::Store(error)) => {
                error.hint().to_owned()
            }
            ApplyError::Begin(_) => "see the reason".to_owned(),
            ApplyError::Used { .. } => {
                "campaigns are imported once, into a store that has had none: name another file as \
                                        `path` in `[store]`, or set GLEANER_STORE"
                    .to_owned()
            }
            ApplyError::Refused { .. } => {
                "remove the store that was begun, mend the reason, and import once more".to_owned()
            }
        }
    }
}

/// What becomes of something of CiGri's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// `cluster`, `login`, `token`, `priority`, `subscription`, `campaign` or `admission_rule`.
    pub kind: &'static str,
    /// Its name or number there.
    pub name: String,
    /// Whether it comes over.
    pub taken: bool,
    /// What it becomes, or why not.
    pub note: String,
}

/// What is ready to be taken over, and what is told of all of it.
#[derive(Debug, Default)]
pub struct Plan {
    /// A line for each thing.
    pub lines: Vec<Imported>,
    campaigns: Vec<(u32, String, bool, Arc<CampaignSpec>, String)>,
    priorities: Vec<Request>,
    subscriptions: Vec<(String, Channel, String, Severity)>,
    last_campaign: u32,
}

/// Looks what of CiGri comes over under a configuration; with the tasks whose jobs have failed, if asked. Writes nothing.
pub fn plan(cigri: &Cigri, config: &Config, with_failed: bool) -> Plan {
    let mut plan = Plan { last_campaign: cigri.last_campaign, ..Plan::default() };
    for cluster in &cigri.clusters {
        let there = config.clusters.iter().any(|known| known.name == cluster.name);
        let note = if there { "in the configuration" } else { "not in the configuration" };
        plan.line("cluster", &cluster.name, there, note);
    }
    for (user, login, cluster) in &cigri.logins {
        let name = cigri.cluster_name(*cluster).unwrap_or("?");
        let known = config.clusters.iter().find(|known| known.name == name);
        let same = known.is_some_and(|known| known.login(user) == Some(login));
        let note = if same { "in the configuration" } else { "not in the configuration" };
        plan.line("login", &format!("{user} on {name}"), same, note);
    }
    if cigri.tokens > 0 {
        let note = "left behind: users hand theirs in again, by `gridtoken`";
        plan.line("token", &cigri.tokens.to_string(), false, note);
    }
    if cigri.admission_rules > 0 {
        let note = "left behind: they are programs in Ruby";
        plan.line("admission_rule", &cigri.admission_rules.to_string(), false, note);
    }
    for (user, cluster, priority) in &cigri.priorities {
        let name = cigri.cluster_name(*cluster).unwrap_or("?");
        let what = format!("{user} on {name}");
        match config.clusters.iter().position(|known| known.name == name) {
            Some(index) => {
                let cluster = ClusterId(u16::try_from(index).unwrap_or(u16::MAX));
                let (user, priority) = (user.as_str().into(), *priority);
                plan.line("priority", &what, true, &format!("{priority}"));
                plan.priorities.push(Request::UserPriority { user, cluster, priority });
            }
            None => plan.line("priority", &what, false, "its cluster is not in the configuration"),
        }
    }
    subscriptions(&mut plan, cigri, config);
    for campaign in &cigri.campaigns {
        campaign_line(&mut plan, campaign, config, with_failed);
    }
    plan
}

fn subscriptions(plan: &mut Plan, cigri: &Cigri, config: &Config) {
    for subscription in &cigri.subscriptions {
        let identity = subscription.identity.clone().unwrap_or_default();
        let what = format!("{} by {}", subscription.user, subscription.channel);
        let severity = subscription.severity.as_deref().and_then(Severity::from_word);
        let allowed = config.notifications.allow(Channel::Mail, &identity);
        match (&*subscription.channel, severity, allowed) {
            ("mail", Some(severity), Ok(())) => {
                plan.line("subscription", &what, true, severity.word());
                let user = subscription.user.clone();
                plan.subscriptions.push((user, Channel::Mail, identity, severity));
            }
            ("mail", None, _) => plan.line("subscription", &what, false, "it has no severity"),
            ("mail", Some(_), Err(not)) => {
                plan.line("subscription", &what, false, &not.to_string());
            }
            _ => plan.line(
                "subscription",
                &what,
                false,
                "people are told by mail and webhooks alone",
            ),
        }
    }
}

fn campaign_line(plan: &mut Plan, campaign: &CigriCampaign, config: &Config, with_failed: bool) {
    let CigriCampaign { id, user, name, paused, pending, alive, failed, done, .. } = campaign;
    let what = format!("{id} of {user}: {name}");
    let mut parameters = pending.clone();
    if with_failed {
        parameters.extend(failed.iter().cloned());
    }
    let mut note = format!("{} tasks, {done} done before", parameters.len());
    if *alive > 0 {
        note.push_str(&format!(", {alive} have a job that CiGri has to see to its end"));
    }
    if !failed.is_empty() && !with_failed {
        note.push_str(&format!(", {} have failed and are left out", failed.len()));
    }
    if *paused {
        note.push_str(", paused");
    }
    if parameters.is_empty() {
        return plan.line("campaign", &what, false, &format!("nothing is left to be done: {note}"));
    }
    match understood(campaign, parameters, config) {
        Ok((spec, saved, warnings)) => {
            for warning in warnings {
                note.push_str(&format!("; {warning}"));
            }
            plan.line("campaign", &what, true, &note);
            plan.campaigns.push((*id, user.clone(), *paused, Arc::new(spec), saved));
        }
        Err(why) => plan.line("campaign", &what, false, &why),
    }
}

/// Reads CiGri's saved JDL with the parameters that are left.
fn understood(
    campaign: &CigriCampaign,
    parameters: Vec<String>,
    config: &Config,
) -> Result<(CampaignSpec, String, Vec<String>), String> {
    let mut value: Value = serde_json::from_str(&campaign.jdl)
        .map_err(|error| format!("its JDL cannot be read: {error}"))?;
    let jdl = value.as_object_mut().ok_or("its JDL is no object")?;
    jdl.remove("nb_jobs");
    jdl.remove("param_file");
    jdl.insert("params".to_owned(), json!(parameters));
    let known = wanted(config).config.clusters;
    let settings = api_settings(&known, config);
    let text = value.to_string();
    let told = |error: jdl::error::JdlError| match std::error::Error::source(&error) {
        Some(source) => format!("its JDL is refused: {error}: {source}"),
        None => format!("its JDL is refused: {error}"),
    };
    let jdl = jdl::parse(text.as_bytes(), &settings.jdl_context()).map_err(told)?;
    let warnings = jdl.warnings.iter().map(ToString::to_string).collect();
    let saved = jdl.saved.to_string();
    Ok((jdl.into_spec().map_err(told)?, saved, warnings))
}

/// Takes a plan into the configuration's store; returns the numbers of the campaigns, CiGri's and ours. Ours begin behind
/// CiGri's last, so that no number means two campaigns.
///
/// # Errors
/// [`ApplyError`].
pub fn apply(
    plan: Plan,
    config: &Config,
    catalogue: &Catalogue,
    clock: Arc<Clock>,
) -> Result<Vec<(u32, CampaignId)>, ApplyError> {
    let mut store = Store::open(&config.store.path)?;
    let count = "SELECT count(*) FROM campaigns";
    let campaigns: u64 = store
        .connection()
        .query_row(count, [], |row| row.get(0))
        .map_err(StoreError::doing("count campaigns"))?;
    if campaigns > 0 {
        return Err(ApplyError::Used { path: config.store.path.clone(), campaigns });
    }
    let subscriptions = Subscriptions::new(store.side_writer()?);
    for (user, channel, identity, severity) in &plan.subscriptions {
        match subscriptions.put(user, *channel, identity, *severity)? {
            Subscribed::New | Subscribed::Known => {}
            Subscribed::TooMany => {
                tracing::warn!(user, "a subscription is left out: the user has too many");
            }
        }
    }
    drop(subscriptions);
    let transaction = store.begin()?;
    numbers::given(&transaction, None, Some(CampaignId(plan.last_campaign)))?;
    transaction.commit().map_err(StoreError::doing("keep the last numbers"))?;
    let (settings, inbox) = (driver_settings(config), inbox());
    let Begun { mut backend, .. } =
        begin(store, wanted(config), catalogue, clock, settings, inbox)?;
    let (numbers, mut asked): (Vec<u32>, Vec<_>) = plan
        .campaigns
        .into_iter()
        .map(|(number, user, paused, spec, jdl)| {
            let request = Request::Submit { spec, jdl, quota: Quota::UNBOUNDED };
            (number, ((Caller::new(user, Rights::Own), request), paused))
        })
        .unzip();
    let paused: Vec<bool> = asked.iter().map(|(_, paused)| *paused).collect();
    let asked = asked.drain(..).map(|(asked, _)| asked).collect();
    let mut taken = Vec::new();
    for (number, answer) in numbers.into_iter().zip(backend.answer(asked)) {
        match answer {
            Ok(Receipt::Campaign(campaign)) => taken.push((number, campaign)),
            Ok(Receipt::More | Receipt::Done) => {}
            Err(source) => return Err(ApplyError::Refused { campaign: number, source }),
        }
    }
    let admin = || Caller::new("import-cigri", Rights::All);
    let held = taken.iter().zip(&paused).filter(|(_, paused)| **paused);
    let held = held.map(|((_, campaign), _)| (admin(), Request::Hold(*campaign)));
    let ranks = plan.priorities.into_iter().map(|request| (admin(), request));
    for answer in backend.answer(held.chain(ranks).collect()) {
        answer.map_err(|source| ApplyError::Refused { campaign: 0, source })?;
    }
    drop(backend.into_store());
    Ok(taken)
}

impl Plan {
    fn line(&mut self, kind: &'static str, name: &str, taken: bool, note: &str) {
        let (name, note) = (name.to_owned(), note.to_owned());
        self.lines.push(Imported { kind, name, taken, note });
    }
}
