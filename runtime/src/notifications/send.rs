//! Sends what is due: each server in a line of its own, so that one that is slow or dead delays no other. Decides when what
//! failed is tried again. Reads and writes no row.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration as Span, Instant};

use gleaner_api::notifications::Channel;
use gleaner_core::time::{Duration, Timestamp};
use tokio::task::JoinSet;

use crate::config::notifications::NotificationConfig;
use crate::notifications::figures::{Delivery, Figures};
use crate::notifications::mail::Mailer;
use crate::notifications::outcome::Failure;
use crate::notifications::webhook::{self, WebClient};
use crate::store::notifications::outbox::Message;

/// How long one round may go on with one server.
const ROUND: Span = Span::from_secs(30);
/// After the first failure; each further one doubles it.
const FIRST_WAIT_S: u64 = 30;
/// A server is tried again at least so often.
const SERVER_WAIT_MAX_S: u64 = 900;
/// A message is tried again at least so often.
const MESSAGE_WAIT_MAX_S: u64 = 3600;
/// After so long, a message is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_seconds(3 * 86_400);

/// What is to be written down about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// It was sent, or is given up.
    Over(u64),
    /// It is due again then; so often it was tried.
    Later(u64, u32, Timestamp),
}

/// Who sends, by the settings of one moment.
pub(super) struct Sender {
    config: Arc<NotificationConfig>,
    /// None: there is none, or it cannot be made, which was logged.
    mailer: Option<Mailer>,
    web: Option<WebClient>,
    figures: Arc<Figures>,
    /// Begins the numbers of messages: another store has another.
    epoch: String,
    /// Servers that failed last time: how often in a row, and when they are tried again.
    failed: BTreeMap<String, (u32, Timestamp)>,
}

impl Sender {
    pub(super) fn new(figures: Arc<Figures>, epoch: String, config: NotificationConfig) -> Sender {
        let config = Arc::new(config);
        let failed = BTreeMap::new();
        let mut sender = Sender { config, mailer: None, web: None, figures, epoch, failed };
        sender.make();
        sender
    }

    /// Takes other settings, if they are other ones.
    pub(super) fn reconfigure(&mut self, config: NotificationConfig) {
        if *self.config != config {
            self.config = Arc::new(config);
            self.failed.clear();
            self.make();
        }
    }

    fn make(&mut self) {
        self.mailer = self.config.smtp.as_ref().and_then(|smtp| match Mailer::new(smtp) {
            Ok(mailer) => Some(mailer),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "no mail is sent: mend this, then reload the settings");
                None
            }
        });
        self.web = match WebClient::new(&self.config) {
            _ if self.config.webhooks.is_empty() => None,
            Ok(web) => Some(web),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "no webhook is called: mend this, then reload the settings");
                None
            }
        };
    }

    /// Sends messages; returns what is to be written down about each.
    pub(super) async fn send(&mut self, due: Vec<Message>, now: Timestamp) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut lines: BTreeMap<(String, Channel), Vec<Message>> = BTreeMap::new();
        for message in due {
            if let Err(not) = self.config.allow(message.channel, &message.identity)
                && !self.config.admins.contains(&(message.channel, message.identity.clone()))
            {
                self.give_up(&message, &not.to_string());
                notes.push(Note::Over(message.id));
                continue;
            }
            let server = self.server(&message);
            match self.failed.get(&server) {
                Some((_, until)) if *until > now => {
                    notes.push(self.later(&message, message.attempts, *until, now));
                }
                _ => lines.entry((server, message.channel)).or_default().push(message),
            }
        }
        let mut tasks = JoinSet::new();
        for ((server, channel), messages) in lines {
            let (mailer, web, epoch) = (self.mailer.clone(), self.web.clone(), self.epoch.clone());
            tasks.spawn(async move {
                let sent = one_after_another(messages, channel, mailer, web, &epoch).await;
                (server, sent)
            });
        }
        while let Some(done) = tasks.join_next().await {
            let Ok((server, sent)) = done else {
                tracing::error!("messages could not be sent: a mistake of ours");
                continue;
            };
            notes.extend(self.judge(&server, sent, now));
        }
        notes
    }

    fn server(&self, message: &Message) -> String {
        match message.channel {
            Channel::Mail => {
                self.mailer.as_ref().map_or_else(|| "mail".to_owned(), |it| it.server.clone())
            }
            Channel::Webhook => webhook::server(&message.identity),
        }
    }

    /// Judges how it went with one server.
    fn judge(&mut self, server: &str, sent: Sent, now: Timestamp) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut until = None;
        for (message, result) in sent.tried {
            match result {
                Ok(()) => {
                    self.reached(server);
                    self.figures.count(message.channel, Delivery::Sent);
                    tracing::debug!(message = message.id, server, "a message is sent");
                    notes.push(Note::Over(message.id));
                }
                Err(Failure::Server(why)) => {
                    let at = self.lost(server, &why, now);
                    until = Some(at);
                    notes.push(self.later(&message, message.attempts + 1, at, now));
                }
                Err(Failure::Later(why)) => {
                    self.reached(server);
                    tracing::debug!(message = message.id, server, why, "a message is sent later");
                    let at = now + wait(message.attempts, MESSAGE_WAIT_MAX_S);
                    notes.push(self.later(&message, message.attempts + 1, at, now));
                }
                Err(Failure::Never(why)) => {
                    self.reached(server);
                    self.give_up(&message, &why);
                    notes.push(Note::Over(message.id));
                }
            }
        }
        // Those that had no turn are due at once, or with their server.
        if let Some(until) = until {
            notes.extend(sent.left.iter().map(|it| self.later(it, it.attempts, until, now)));
        }
        notes
    }

    fn later(&self, message: &Message, attempts: u32, at: Timestamp, now: Timestamp) -> Note {
        if message.written_at + GIVEN_UP_AFTER <= now {
            self.give_up(message, "it could not be sent for days");
            return Note::Over(message.id);
        }
        if attempts > message.attempts {
            self.figures.count(message.channel, Delivery::Retried);
        }
        Note::Later(message.id, attempts, at)
    }

    fn give_up(&self, message: &Message, why: &str) {
        self.figures.count(message.channel, Delivery::GivenUp);
        let server = self.server(message);
        let campaign = message.content.campaign.map(|campaign| campaign.0);
        tracing::warn!(message = message.id, server, campaign, why, "a message is given up");
    }

    /// Notes a server that answers; it is told once.
    fn reached(&mut self, server: &str) {
        self.failed.remove(server);
        if self.figures.reached(server, true) {
            tracing::info!(server, "messages go to the server again");
        }
    }

    /// Notes a server that cannot be used, which is told once; returns when it is tried again.
    fn lost(&mut self, server: &str, why: &str, now: Timestamp) -> Timestamp {
        let (failures, until) = self.failed.entry(server.to_owned()).or_insert((0, now));
        *until = now + wait(*failures, SERVER_WAIT_MAX_S);
        *failures += 1;
        let until = *until;
        if self.figures.reached(server, false) {
            tracing::warn!(server, why, "messages cannot be sent: they are kept, and tried again");
        }
        until
    }
}

fn wait(failures: u32, max_s: u64) -> Duration {
    Duration::from_seconds((FIRST_WAIT_S << failures.min(16)).min(max_s))
}

/// Messages to one server: those that were tried, and those that had no turn.
struct Sent {
    tried: Vec<(Message, Result<(), Failure>)>,
    left: Vec<Message>,
}

async fn one_after_another(
    messages: Vec<Message>,
    channel: Channel,
    mailer: Option<Mailer>,
    web: Option<WebClient>,
    epoch: &str,
) -> Sent {
    let begun = Instant::now();
    let mut messages = messages.into_iter();
    let mut tried = Vec::new();
    for message in messages.by_ref() {
        let number = format!("gleaner-{epoch}-{}", message.id);
        let missing = || Err(Failure::Server("it is not set up, see the log".to_owned()));
        let result = match (channel, &mailer, &web) {
            (Channel::Mail, Some(mailer), _) => mailer.send(&message, &number).await,
            (Channel::Webhook, _, Some(web)) => web.send(&message, &number).await,
            (Channel::Mail, None, _) | (Channel::Webhook, _, None) => missing(),
        };
        let lost = matches!(result, Err(Failure::Server(_)));
        tried.push((message, result));
        if lost || begun.elapsed() > ROUND {
            break;
        }
    }
    Sent { tried, left: messages.collect() }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_WAIT_S, SERVER_WAIT_MAX_S, wait};

    #[test]
    fn waits_double_up_to_their_bound() {
        let waits: Vec<i64> = (0..7).map(|n| wait(n, SERVER_WAIT_MAX_S).seconds()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(wait(u32::MAX, SERVER_WAIT_MAX_S).seconds() as u64, SERVER_WAIT_MAX_S);
        assert_eq!(FIRST_WAIT_S, 30);
    }
}
