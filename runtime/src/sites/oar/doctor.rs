//! Asks a server of OAR how it is: reachable, the version that the configuration says, clock, resources, stress,
//! tokens. Changes nothing there.

mod ask;
mod resources;

use std::time::Instant;

use gleaner_core::text::with_causes;
use gleaner_core::time::Timestamp;
use gleaner_oar::wire::Dialect;
use serde_json::Value;

use crate::config::Auth;
use crate::config::inspect::Level;
use crate::secrets::token;
use crate::sites::cluster_check::{ClusterCheck, StoredToken};
use crate::sites::oar::doctor::ask::{Answer, AskError, ask};
use crate::sites::session::{As, Session};

/// Clocks that differ by more are worth a look, in seconds.
const CLOCK_S: i64 = 5;
/// A token that ends sooner is worth a look, in days.
const EXPIRY_DAYS: i64 = 14;

const DAY_S: i64 = 86_400;
/// Both are of OAR's, on a front end.
const NEW_TOKEN: &str = "the user gets a new one with `oarsub --api-token` on the cluster, and hands it in with POST /tokens";

/// A span of time for people, in the largest unit of which it has two.
fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        172_800.. => (seconds / DAY_S, "days"),
        7200.. => (seconds / 3600, "hours"),
        120.. => (seconds / 60, "minutes"),
        _ => (seconds, "seconds"),
    };
    format!("{count} {unit}")
}

fn ago(seconds: i64) -> String {
    format!("{} ago", span(seconds))
}

/// The questions of a check, one after the other.
pub(super) struct Questions<'v> {
    pub(super) check: &'v mut ClusterCheck,
    pub(super) dialect: Dialect,
}

impl Questions<'_> {
    pub(super) async fn all(&mut self) {
        let session = match Session::new(&self.check.cluster) {
            Ok(session) => session,
            Err(error) => {
                let message = with_causes(&error);
                let hint = Some("`gleaner check` looks at the files");
                return self.check.add("session", Level::Wrong, message, hint);
            }
        };
        let begun = Instant::now();
        let before = self.check.now();
        let version = match ask(&session, "version", As::Nobody).await {
            Ok(version) => version,
            Err(error) => return self.unreachable(&error),
        };
        let ms = begun.elapsed().as_millis();
        self.check.add("reach", Level::Good, format!("answers in {ms} ms"), None);
        self.dialect(&version);
        self.clock(&version, before, self.check.now());
        self.resources(&session).await;
        self.stress(&session).await;
        match self.check.cluster.auth {
            Auth::Jwt => self.tokens(&session).await,
            Auth::Header(_) | Auth::Basic { .. } | Auth::Certificate(_) => {
                self.identity(&session).await;
            }
            Auth::None => {}
        }
    }

    fn unreachable(&mut self, error: &AskError) {
        self.check.away = error.away();
        let hint = match error {
            AskError::Failed(_) => "is the server up, and the address right?",
            AskError::Status(401 | 403, _) => "does the server want another `auth`?",
            AskError::Status(..) | AskError::NotJson => "is `api_url` the address of OAR's API?",
        };
        self.check.add("reach", Level::Wrong, error.told(), Some(hint));
    }

    fn dialect(&mut self, version: &Answer) {
        let text = version.json.get("oar_version").and_then(Value::as_str).unwrap_or_default();
        let expected = match self.dialect {
            Dialect::Oar2 => "2.",
            Dialect::Oar3 => "3.",
        };
        let word = self.check.cluster.dialect.word();
        if text.starts_with(expected) {
            self.check.add("dialect", Level::Good, format!("OAR {text} ({word})"), None);
        } else if text.is_empty() {
            let hint = Some("is `api_url` the address of OAR's API?");
            self.check.add("dialect", Level::Wrong, "does not tell its version".to_owned(), hint);
        } else {
            let message = format!("OAR {text}, but the configuration says `{word}`");
            self.check.add("dialect", Level::Wrong, message, Some("change `dialect`"));
        }
    }

    /// The server's time lies between our sending and our hearing, if the clocks agree.
    fn clock(&mut self, version: &Answer, before: Timestamp, after: Timestamp) {
        let Some(theirs) = version.json.get("api_timestamp").and_then(Value::as_f64) else {
            return self.check.add(
                "clock",
                Level::Doubtful,
                "does not tell its time".to_owned(),
                None,
            );
        };
        let theirs = theirs as i64;
        let late = before.seconds() - theirs;
        let early = theirs - after.seconds();
        let off = late.max(early).max(0);
        if off <= CLOCK_S {
            return self.check.add(
                "clock",
                Level::Good,
                format!("within {} s of ours", off.max(1)),
                None,
            );
        }
        let way = if late > early { "behind" } else { "ahead of" };
        let hint =
            Some("synchronise both clocks (NTP): leases and delays reckon with the difference");
        self.check.add("clock", Level::Doubtful, format!("{off} s {way} ours"), hint);
    }

    async fn stress(&mut self, session: &Session) {
        let limit = self.check.cluster.stress_limit;
        let answer = match ask(session, "stress_factor", As::Nobody).await {
            Ok(answer) => answer,
            Err(error) => {
                let hint = Some("it is taken for 0; OAR's administrators configure its script");
                return self.check.add("stress", Level::Doubtful, error.told(), hint);
            }
        };
        let value = answer.json.get("GLOBAL_STRESS");
        let stress =
            value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()));
        match stress {
            Some(stress) if stress < limit => {
                self.check.add("stress", Level::Good, format!("{stress} of {limit}"), None);
            }
            Some(stress) => {
                let hint = Some("it gets nothing new for now; see `stress_limit`");
                self.check.add("stress", Level::Doubtful, format!("{stress} of {limit}"), hint);
            }
            None => {
                self.check.add("stress", Level::Doubtful, "does not tell a number".to_owned(), None)
            }
        }
    }

    /// Whether the server believes who we say we are.
    async fn identity(&mut self, session: &Session) {
        let login = self.check.cluster.service_login.clone();
        let answer = ask(session, "whoami", As::Login(&login)).await;
        let hint = Some("see `auth` and `identity_header`, and how the server takes them");
        match answer {
            Ok(answer) => {
                let name = answer.json.get("authenticated_user").and_then(Value::as_str);
                let name = name.unwrap_or_default();
                if name == login {
                    self.check.add("identity", Level::Good, format!("known as `{login}`"), None);
                } else {
                    let message = format!("`{login}` is taken for `{name}`");
                    self.check.add("identity", Level::Wrong, message, hint);
                }
            }
            Err(error) => self.check.add("identity", Level::Wrong, error.told(), hint),
        }
    }

    async fn tokens(&mut self, session: &Session) {
        let (held, now) = (std::mem::take(&mut self.check.tokens), self.check.now());
        if held.is_empty() {
            let hint = Some("users hand theirs in with POST /tokens, as the README shows");
            return self.check.add(
                "token",
                Level::Doubtful,
                "nobody has handed one in".to_owned(),
                hint,
            );
        }
        for StoredToken { user, token, .. } in held {
            let token = match token {
                Ok(token) => token,
                Err(why) => {
                    self.check.add("token", Level::Wrong, format!("of `{user}`: {why}"), None);
                    continue;
                }
            };
            let hint = Some(NEW_TOKEN);
            let end = token::expiry(&token);
            if let Some(end) = end.filter(|end| *end <= now) {
                let message = format!("of `{user}` has expired, {}", ago(now.since(end).seconds()));
                self.check.add("token", Level::Wrong, message, hint);
                continue;
            }
            match ask(session, "check_token", As::Token(&token)).await {
                Ok(answer) => {
                    let login = answer.json.get("user").and_then(Value::as_str).unwrap_or("?");
                    let mut message = format!("of `{user}` is valid, as `{login}`");
                    let mut level = Level::Good;
                    if let Some(end) = end {
                        let left_s = end.since(now).seconds();
                        message.push_str(&format!(", for {} more", span(left_s)));
                        if left_s < EXPIRY_DAYS * DAY_S {
                            level = Level::Doubtful;
                        }
                    }
                    let expected = self.check.cluster.login(&user).unwrap_or(&user);
                    if login != expected && user != self.check.cluster.service_login {
                        message.push_str(&format!(", but `{expected}` was expected"));
                        level = Level::Wrong;
                    }
                    self.check.add("token", level, message, hint.filter(|_| level != Level::Good));
                }
                Err(error) => {
                    let message = format!("of `{user}`: {}", error.told());
                    self.check.add("token", Level::Wrong, message, hint);
                }
            }
        }
    }
}
