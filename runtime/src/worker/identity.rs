//! Who a cluster takes a user for. It is asked before the user's first submission there: jobs that came to belong
//! to somebody else could not be found again, and would run in that person's name. Where no route tells, the
//! owner of the first jobs is looked at. Knows no order.

use std::sync::Arc;

use gleaner_core::fact::Refusal;
use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;

use crate::config::Auth;
use crate::order::TokenOwner;
use crate::secrets::Secret;
use crate::sites::answer::Answer;
use crate::sites::failure::Failure;
use crate::sites::port::Question;
use crate::worker::{Worker, unsent};

/// Why a user gets nothing on a cluster, with words for people.
pub(super) type NotTaken = (Refusal, String);

impl Worker {
    /// Makes sure that what is sent for a user will belong to that user. Returns whether that is certain; if not,
    /// [`Worker::watch_owner`] has to hear of the jobs.
    pub(super) async fn identify(&mut self, user: &Arc<str>) -> Result<bool, NotTaken> {
        let known = self.known_by(user, Some(self.cluster_now())).await;
        let config = &self.config;
        let cluster = config.name.clone();
        let Some(login) = config.login(user).map(str::to_owned) else {
            let words = format!("`{user}` has no login on cluster `{cluster}`");
            return Err((Refusal::NoLogin, words));
        };
        let Some(by) = known else {
            let words = format!("`{user}` has no token for cluster `{cluster}`");
            return Err((Refusal::NoToken, words));
        };
        if self.identities.right.get(user) == Some(&by) {
            return Ok(true);
        }
        if let Some((_, owner)) = self.identities.wrong.get(user).filter(|(then, _)| *then == by) {
            let words = format!(
                "jobs for `{user}` belong to `{owner}` on cluster `{cluster}`, and not to `{login}`"
            );
            return Err((Refusal::NotAllowed, words));
        }
        if config.auth == Auth::None {
            return Ok(false);
        }
        if self.identities.unproven.contains_key(user) {
            let words = "whose the first jobs are is still to be seen".to_owned();
            return Err((Refusal::Busy, words));
        }
        let question = Question::WhoIs { user: Arc::clone(user) };
        let told = match self.ask(question).await.and_then(Answer::who) {
            Ok(told) => told,
            Err(Failure::Odd(fault)) => {
                self.note_fault(fault);
                return Err((Refusal::Unreachable, "it does not say who is who".to_owned()));
            }
            Err(error) => return Err(self.unasked(&error)),
        };
        match told {
            TokenOwner::Login(found) if found == login => {
                self.identities.right.insert(Arc::clone(user), by);
                Ok(true)
            }
            TokenOwner::Login(found) => {
                let words = self.mistaken(user, &login, &format!("for `{found}`"));
                Err((Refusal::NotAllowed, words))
            }
            TokenOwner::Nobody => {
                let words = self.mistaken(user, &login, "for nobody it knows");
                Err((Refusal::NotAllowed, words))
            }
            TokenOwner::Unknown => Ok(false),
        }
    }

    fn mistaken(&self, user: &str, login: &str, taken: &str) -> String {
        let config = &self.config;
        let cluster = &config.name;
        let remedy = match &config.auth {
            Auth::Jwt => "hand in a new token of your own",
            Auth::Basic { .. } => {
                "with `auth = \"basic\"` the web server may take all for the name that the password is of: \
                 administrators see to `logins`, or to its configuration"
            }
            Auth::None | Auth::Header(_) | Auth::Certificate(_) => {
                "administrators see to `auth` and `identity_header`, and to how the server takes them"
            }
        };
        format!("cluster `{cluster}` takes `{user}` {taken}, and not for `{login}`: {remedy}")
    }

    fn unasked(&mut self, error: &Failure) -> NotTaken {
        self.note_failure(error);
        (unsent(error).unwrap_or(Refusal::Unreachable), error.to_string())
    }

    /// By what a user is known there; `renew`: see [`Question::KnownBy`].
    async fn known_by(&mut self, user: &Arc<str>, renew: Option<Timestamp>) -> Option<String> {
        let question = Question::KnownBy { user: Arc::clone(user), renew };
        self.ask(question).await.and_then(Answer::known).ok().flatten()
    }

    /// Asks whose a token is that somebody wants to hand in.
    pub(super) async fn whose(&mut self, token: &Secret) -> TokenOwner {
        let question = Question::Whose { token: token.clone() };
        self.ask(question).await.and_then(Answer::who).unwrap_or(TokenOwner::Unknown)
    }

    /// Jobs of a user of whom nothing has told yet who that is there.
    pub(super) fn watch_owner(&mut self, user: &Arc<str>, jobs: &[RemoteJobId]) {
        let jobs = jobs.iter().copied().filter(|job| *job != RemoteJobId::NONE);
        self.identities.unproven.entry(Arc::clone(user)).or_default().extend(jobs);
    }

    /// A job of ours was seen, and whose it is.
    pub(super) async fn see_owner(&mut self, job: RemoteJobId, owner: &str) {
        let unproven = &self.identities.unproven;
        let Some((user, _)) = unproven.iter().find(|(_, jobs)| jobs.contains(&job)) else { return };
        let user = Arc::clone(user);
        self.identities.unproven.remove(&user);
        let Some(by) = self.known_by(&user, None).await else { return };
        let config = &self.config;
        if config.login(&user) == Some(owner) {
            self.identities.right.insert(user, by);
            return;
        }
        let login = config.login(&user).unwrap_or_default();
        tracing::error!(
            cluster = config.name,
            user = &*user,
            owner,
            login,
            %job,
            "a job came to belong to another login than its user's: that user gets nothing there any more"
        );
        self.identities.wrong.insert(user, (by, owner.to_owned()));
    }

    /// Whether whose some jobs are is still to be seen.
    pub(super) fn watches_owners(&self) -> bool {
        !self.identities.unproven.is_empty()
    }

    /// Jobs that are not tracked any more will not be seen.
    pub(super) fn watch_no_longer(&mut self) {
        let tracked = &self.jobs;
        self.identities.unproven.retain(|_, jobs| {
            jobs.retain(|job| tracked.contains_key(job));
            !jobs.is_empty()
        });
    }
}
