//! From events to messages: what nobody was told yet is read, put together, and left in the store for who is to hear of it,
//! all in one short step. Sends nothing, and never holds the store while it thinks.

use std::collections::{BTreeMap, BTreeSet};

use gleaner_api::notifications::{ADMINISTRATORS, Channel, Severity};
use gleaner_core::ids::{CampaignId, ClusterId, EventId};
use rusqlite::{Connection, TransactionBehavior};

use crate::clock::Moment;
use crate::config::notifications::NotificationConfig;
use crate::notifications::grade::{Telling, telling};
use crate::notifications::text;
use crate::store::error::StoreError;
use crate::store::notifications::outbox::{self, Content};
use crate::store::notifications::subscriptions;
use crate::store::notifications::told::{self, IdleCampaign, ToldCampaign, UntoldEvent};

/// The most events of one step: the driver waits at most while so many are written down.
const EVENTS_MAX: u32 = 500;
/// The code under which it is told that a campaign waits on all its clusters.
const WAITS: &str = "WAITS_ON_ALL_CLUSTERS";
/// The code under which it is told that nothing of a campaign has started.
const NEVER_STARTED: &str = "NOTHING_STARTED";
/// The code under which administrators are told of a campaign on a cluster, with the cluster's number.
const KEPT: &str = "KEPT_FROM";

/// Who decides what is told to whom.
pub(super) struct Gatherer<'a> {
    pub(super) config: &'a NotificationConfig,
    /// Users who hear what administrators subscribe to.
    pub(super) admins: &'a [String],
}

/// For whom a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Audience {
    User(String),
    Admins,
}

/// What is to be written in one step.
#[derive(Debug, Default)]
struct Step {
    messages: Vec<(Audience, Content)>,
    told: Vec<(CampaignId, String, EventId)>,
    /// Campaigns that wait on all their clusters now.
    waiting: BTreeSet<CampaignId>,
    /// The last event that is told by it.
    last: Option<EventId>,
}

impl Gatherer<'_> {
    /// Takes one step; returns whether there may be more to do at once, and how many messages are lost since too many wait.
    pub(super) fn step(
        &self,
        connection: &mut Connection,
        at: Moment,
    ) -> Result<(bool, u64), StoreError> {
        let events = told::untold(connection, EVENTS_MAX)?;
        let full = events.len() as u64 == u64::from(EVENTS_MAX);
        let ripe = events.iter().take_while(|event| self.is_ripe(event, at)).count();
        let idle = told::idle(connection, at.date - self.config.waiting_told_after)?;
        let step = self.decide(connection, &events[..ripe], &idle, at)?;
        let lost = self.write(connection, &step, at)?;
        Ok((full && ripe == events.len(), lost))
    }

    /// Whether an event was kept back for long enough; what was written before the clock was set back is.
    fn is_ripe(&self, event: &UntoldEvent, at: Moment) -> bool {
        event.opened_at + self.config.gather <= at.date || event.opened_at > at.date
    }

    fn decide(
        &self,
        connection: &Connection,
        events: &[UntoldEvent],
        idle: &[IdleCampaign],
        at: Moment,
    ) -> Result<Step, StoreError> {
        let names: BTreeMap<ClusterId, String> =
            told::cluster_names(connection)?.into_iter().collect();
        let mut step = Step { last: events.last().map(|event| event.id), ..Step::default() };
        let everywhere: BTreeMap<CampaignId, &IdleCampaign> = idle
            .iter()
            .filter(|it| {
                !it.clusters.is_empty() && it.clusters.iter().all(|(_, why)| why.is_some())
            })
            .map(|it| (it.campaign.id, it))
            .collect();
        step.waiting = everywhere.keys().copied().collect();
        let mut told_now = BTreeSet::new();
        let mut groups: BTreeMap<(CampaignId, &str, bool), Vec<&UntoldEvent>> = BTreeMap::new();
        let mut list = Vec::new();
        for event in events {
            match (telling(event), &event.campaign) {
                (Telling::Not, _) => {}
                (Telling::Listed, _) => list.push(event),
                (Telling::ToUser(_), Some(campaign)) => {
                    groups.entry((campaign.id, &event.code, true)).or_default().push(event);
                }
                (Telling::Kept, Some(campaign)) => {
                    groups.entry((campaign.id, &event.code, false)).or_default().push(event);
                }
                (Telling::Finished, Some(campaign)) => {
                    let failures = told::failures(connection, campaign.id)?;
                    step.tell_user(text::finished(self.tag(), event, &failures));
                }
                (Telling::ToAdmins(severity), _) => {
                    let cluster = named(&names, event.cluster);
                    let content = text::of_grid(self.tag(), severity, event, &cluster);
                    step.messages.push((Audience::Admins, content));
                }
                // Events of campaigns that are gone.
                (Telling::ToUser(_) | Telling::Kept | Telling::Finished, None) => {}
            }
        }
        for ((campaign, code, to_user), events) in groups {
            let Some(last) = events.last().map(|event| event.id) else { continue };
            if !to_user {
                self.kept(connection, &mut step, &names, &events)?;
                continue;
            }
            if !told::is_told(connection, campaign, code)? {
                let Telling::ToUser(severity) = telling(events[0]) else { continue };
                let clusters = listed(&names, events.iter().filter_map(|event| event.cluster));
                let waits = everywhere.contains_key(&campaign);
                step.tell_user(text::failure(self.tag(), severity, &events, &clusters, waits));
                if waits {
                    told_now.insert(campaign);
                }
            }
            step.told.push((campaign, code.to_owned(), last));
        }
        if !list.is_empty() {
            let name = |event: &UntoldEvent| named(&names, event.cluster);
            step.messages.push((Audience::Admins, text::listed(self.tag(), &list, name)));
        }
        for (campaign, it) in everywhere {
            let told = told::is_told(connection, campaign, WAITS)?;
            let settled = told_now.contains(&campaign) || self.is_settled(it, at);
            if !told && settled {
                if !told_now.contains(&campaign) {
                    let why = why(it, &names, at);
                    let content = text::waits(self.tag(), WAITS, &it.campaign, &why);
                    step.tell_user(Some(content));
                }
                step.told.push((campaign, WAITS.to_owned(), EventId(0)));
            }
        }
        for it in idle.iter().filter(|it| it.never_started) {
            let ToldCampaign { id, submitted_at, .. } = it.campaign;
            if step.waiting.contains(&id) || told::is_told(connection, id, NEVER_STARTED)? {
                continue;
            }
            let mut why = why(it, &names, at);
            why.push(format!(
                "since {} no job of it has started",
                text::since(submitted_at, at.date)
            ));
            step.tell_user(Some(text::waits(self.tag(), NEVER_STARTED, &it.campaign, &why)));
            step.told.push((id, NEVER_STARTED.to_owned(), EventId(0)));
        }
        Ok(step)
    }

    /// Tells administrators which campaigns get nothing new where, once for each cluster.
    fn kept(
        &self,
        connection: &Connection,
        step: &mut Step,
        names: &BTreeMap<ClusterId, String>,
        events: &[&UntoldEvent],
    ) -> Result<(), StoreError> {
        let Some(campaign) = events.first().and_then(|event| event.campaign.as_ref()) else {
            return Ok(());
        };
        let mut clusters: BTreeSet<ClusterId> = BTreeSet::new();
        for cluster in events.iter().filter_map(|event| event.cluster) {
            let code = format!("{KEPT}_{}", cluster.0);
            if !told::is_told(connection, campaign.id, &code)? && clusters.insert(cluster) {
                step.told.push((campaign.id, code, EventId(0)));
            }
        }
        if !clusters.is_empty() {
            let clusters = listed(names, clusters.into_iter());
            let content = text::kept(self.tag(), KEPT, campaign, &clusters);
            step.messages.push((Audience::Admins, content));
        }
        Ok(())
    }

    /// Whether a campaign waits because of itself, or has waited for so long that it does not pass.
    fn is_settled(&self, it: &IdleCampaign, at: Moment) -> bool {
        it.clusters.iter().all(|(_, why)| {
            why.is_some_and(|why| why.own || why.since + self.config.waiting_told_after <= at.date)
        })
    }

    /// Writes down what was decided; the driver may wait for this, and for nothing else of what is here.
    fn write(
        &self,
        connection: &mut Connection,
        step: &Step,
        at: Moment,
    ) -> Result<u64, StoreError> {
        let held = outbox::held(connection, at.now, text::LINES_MAX)?;
        if step.last.is_none() && step.told.is_empty() && held.is_empty() {
            told::untell(connection, WAITS, &step.waiting)?;
            return Ok(0);
        }
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::doing("begin to write messages"))?;
        let mut room = outbox::WAITING_MAX.saturating_sub(outbox::waiting(&transaction)?);
        let mut lost = 0;
        for it in &held {
            outbox::let_go(&transaction, it)?;
            let content = text::held(self.tag(), it);
            outbox::put(&transaction, it.channel, &it.identity, &content, at.now)?;
        }
        for (audience, content) in &step.messages {
            for (channel, identity) in self.addresses(&transaction, audience, content.severity)? {
                if room == 0 {
                    lost += 1;
                    continue;
                }
                room -= 1;
                outbox::put(&transaction, channel, &identity, content, at.now)?;
            }
        }
        told::untell(&transaction, WAITS, &step.waiting)?;
        for (campaign, code, event) in &step.told {
            told::tell(&transaction, *campaign, code, *event)?;
        }
        if let Some(last) = step.last {
            told::told_up_to(&transaction, last)?;
        }
        outbox::forget(&transaction, at.now)?;
        transaction.commit().map_err(StoreError::doing("commit messages"))?;
        Ok(lost)
    }

    /// Where a message goes: to each address once, and only where anything may go.
    fn addresses(
        &self,
        connection: &Connection,
        audience: &Audience,
        severity: Severity,
    ) -> Result<BTreeSet<(Channel, String)>, StoreError> {
        let mut users = vec![];
        let mut addresses = BTreeSet::new();
        match audience {
            // What an administrator subscribes to is that of the administrators.
            Audience::User(user) if self.admins.contains(user) => {
                users.extend([&**user, ADMINISTRATORS])
            }
            Audience::User(user) => users.push(&**user),
            Audience::Admins => {
                users.push(ADMINISTRATORS);
                if severity >= self.config.admin_severity {
                    addresses.extend(self.config.admins.iter().cloned());
                }
            }
        }
        for user in users {
            for row in subscriptions::of(connection, user)? {
                if row.severity <= severity && self.config.allow(row.channel, &row.identity).is_ok()
                {
                    addresses.insert((row.channel, row.identity));
                }
            }
        }
        Ok(addresses)
    }

    fn tag(&self) -> &str {
        &self.config.subject_tag
    }
}

impl Step {
    fn tell_user(&mut self, content: Option<Content>) {
        if let Some(content) = content
            && let Some(user) = content.user.clone()
        {
            self.messages.push((Audience::User(user), content));
        }
    }
}

fn named(names: &BTreeMap<ClusterId, String>, cluster: Option<ClusterId>) -> String {
    match cluster.and_then(|cluster| names.get(&cluster)) {
        Some(name) => format!("cluster {name}"),
        None => "the grid".to_owned(),
    }
}

/// Names clusters, each once.
fn listed(
    names: &BTreeMap<ClusterId, String>,
    clusters: impl Iterator<Item = ClusterId>,
) -> String {
    let all: BTreeSet<ClusterId> = clusters.collect();
    let all: Vec<String> = all.into_iter().map(|cluster| named(names, Some(cluster))).collect();
    all.join(", ")
}

/// Why nothing of a campaign runs, a line for each cluster.
fn why(it: &IdleCampaign, names: &BTreeMap<ClusterId, String>, at: Moment) -> Vec<String> {
    let line = |(cluster, why): &(ClusterId, Option<told::Blocked>)| {
        let name = named(names, Some(*cluster));
        match why {
            Some(why) => {
                let what =
                    if why.own { "an event of the campaign" } else { "an event of the cluster" };
                format!("{name}: blocked by {what} for {}", text::since(why.since, at.date))
            }
            None => format!("{name}: full, or not used for the moment"),
        }
    };
    it.clusters.iter().map(line).collect()
}
