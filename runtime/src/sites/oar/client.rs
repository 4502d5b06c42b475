//! A client of one cluster's REST API: sends a call, reads the answer, and says of each failure
//! whether the call may have had its effect. Decides nothing.

mod answered;
mod error;
mod fault;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::{Answer, Expect, decode};
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::charset::to_utf8;
use gleaner_oar::wire::check::{Harmful, check};
use gleaner_oar::wire::render::{Body, Method, render};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use crate::config::{Auth, ClusterConfig};
use crate::secrets::Secret;
use crate::secrets::token;
use crate::secrets::vault::Vault;
pub use crate::sites::oar::client::answered::Answered;
pub use crate::sites::oar::client::error::{ANSWER_MAX, CallError, LOOK_MAX};
use crate::sites::session::{As, Session, SessionError};

/// A token that ends so soon is renewed.
const RENEW_BEFORE: Duration = Duration::from_seconds(86_400);

/// A question is asked so often at most.
const TRIES_MAX: u32 = 3;

/// A client of one cluster.
#[derive(Debug)]
pub struct Client {
    session: Session,
    dialect: Dialect,
    config: ClusterConfig,
    vault: Arc<Vault>,
    /// Bytes that answers of the look under way may still have.
    left: AtomicUsize,
}

impl Client {
    /// Makes a client for a cluster.
    ///
    /// # Errors
    /// [`SessionError`] when a file of its settings cannot be used.
    pub fn new(
        dialect: Dialect,
        config: ClusterConfig,
        vault: Arc<Vault>,
    ) -> Result<Client, SessionError> {
        let left = AtomicUsize::new(LOOK_MAX);
        Ok(Client { session: Session::new(&config)?, dialect, config, vault, left })
    }

    /// Begins a look: what answers may have together counts anew.
    pub fn begin_look(&self) {
        self.left.store(LOOK_MAX, Ordering::Relaxed);
    }

    /// The API's language.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The cluster's settings.
    pub fn config(&self) -> &ClusterConfig {
        &self.config
    }

    /// Asks a question that is open to all; at most three times, where an answer was a page of the web
    /// server or was cut.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn open(&self, call: &Call) -> Result<Answered, CallError> {
        let who = match &self.config.auth {
            Auth::None | Auth::Jwt => As::Nobody,
            Auth::Header(_) | Auth::Basic { .. } | Auth::Certificate(_) => {
                As::Login(&self.config.service_login)
            }
        };
        self.ask(call, who).await
    }

    /// Asks who a grid user is there, in that user's name.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn who_is(&self, user: &str) -> Result<Answered, CallError> {
        let login = self.login(user)?;
        match self.token(user)? {
            Some(token) => self.ask(&Call::WhoAmI, As::Token(&token)).await,
            None => self.ask(&Call::WhoAmI, As::Login(login)).await,
        }
    }

    /// Asks whose a token is.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn whose(&self, token: &Secret) -> Result<Answered, CallError> {
        self.ask(&Call::WhoAmI, As::Token(token)).await
    }

    /// By what a user is known there: what would change if that user became somebody else. None without a
    /// token where one is needed.
    pub fn known_by(&self, user: &str) -> Option<String> {
        match self.token(user) {
            Ok(Some(token)) => Some(token::fingerprint(&token)),
            Ok(None) => self.config.login(user).map(str::to_owned),
            Err(_) => None,
        }
    }

    fn login<'a>(&'a self, user: &'a str) -> Result<&'a str, CallError> {
        self.config.login(user).ok_or_else(|| CallError::NoLogin(user.into()))
    }

    /// A user's token; none where no tokens are used.
    fn token(&self, user: &str) -> Result<Option<Secret>, CallError> {
        if self.config.auth != Auth::Jwt {
            return Ok(None);
        }
        let none = || CallError::NoToken(user.into());
        let token = self.vault.token(user, &self.config.name).map_err(|error| {
            let cluster = &self.config.name;
            tracing::error!(%error, user, cluster, "a token cannot be used");
            none()
        })?;
        token.ok_or_else(none).map(Some)
    }

    /// Asks a question, again where an answer was a page of the web server or was cut.
    async fn ask(&self, call: &Call, who: As<'_>) -> Result<Answered, CallError> {
        check(self.dialect, call, None).map_err(CallError::Harmful)?;
        let mut tries = 1;
        loop {
            match self.send(call, who).await {
                // OAR 2's processes end after some requests, and the web server says so with a page
                // of its own. A question is asked again at once.
                Ok(answered) if answered.is_page() && tries < TRIES_MAX => {}
                Err(CallError::Unreadable(_)) if tries < TRIES_MAX => {}
                answered => return answered,
            }
            tries += 1;
        }
    }

    /// Sends a call as a grid user, under that user's login or token there.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call(&self, call: &Call, user: &str) -> Result<Answered, CallError> {
        self.call_knowing(call, user, None).await
    }

    /// The same, where the columns of the cluster's resources are known, if they are: without them, nothing is
    /// submitted that names one.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call_knowing(
        &self,
        call: &Call,
        user: &str,
        columns: Option<&[String]>,
    ) -> Result<Answered, CallError> {
        check(self.dialect, call, columns).map_err(CallError::Harmful)?;
        let login = self.login(user)?;
        match self.token(user)? {
            Some(token) => self.send(call, As::Token(&token)).await,
            None => self.send(call, As::Login(login)).await,
        }
    }

    /// Renews the token of a user that ends soon.
    pub async fn renew(&self, user: &str, now: Timestamp) {
        let known = self.vault.token(user, &self.config.name).ok().flatten();
        let Some(old) = known.filter(|_| self.config.auth == Auth::Jwt) else { return };
        if token::expiry(&old).is_none_or(|end| end > now + RENEW_BEFORE) {
            return;
        }
        match self.send(&Call::NewToken, As::Token(&old)).await {
            Ok(Answered { answer: Answer::NewToken(new), .. }) => {
                let new = Secret::new(new.token.0.as_str());
                if let Err(error) = self.vault.put(user, &self.config.name, &new, now) {
                    let cluster = &self.config.name;
                    tracing::error!(%error, user, cluster, "a renewed token cannot be kept");
                }
            }
            Ok(_) | Err(_) => {
                tracing::warn!(
                    user,
                    cluster = self.config.name,
                    "a token ends soon and is not renewed"
                );
            }
        }
    }

    async fn send(&self, call: &Call, who: As<'_>) -> Result<Answered, CallError> {
        let rendered = render(self.dialect, call).ok_or(CallError::Harmful(Harmful::NoRoute))?;
        let method = match rendered.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        // The API's address ends with a slash, and a route begins with one.
        let target = rendered.target.trim_start_matches('/');
        let request = self.session.request(method, target, who)?;
        let request = match rendered.body {
            Body::Empty => request,
            Body::Json(value) => request.json(&value),
            Body::Bytes(bytes) => request.body(bytes),
        };
        let response = request.send().await.map_err(|error| fault::of(&error))?;
        let status = response.status().as_u16();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.map(str::to_owned);
        let body = whole(response, &self.left).await?;
        let body = match call.expects() {
            Expect::Content => body,
            _ => to_utf8(kind.as_deref(), body),
        };
        let answer = decode(self.dialect, call.expects(), status, &body);
        Ok(Answered { status, answer: answer.map_err(CallError::Unreadable)? })
    }
}

/// The body of an answer, read piece by piece: a server that is out of its mind must not fill our
/// memory.
async fn whole(mut response: Response, left: &AtomicUsize) -> Result<Vec<u8>, CallError> {
    let broken = |error: reqwest::Error| CallError::Unanswered(fault::cause(&error));
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if body.len() + piece.len() > ANSWER_MAX {
            return Err(CallError::TooLong);
        }
        let more = left.load(Ordering::Relaxed).checked_sub(piece.len());
        left.store(more.ok_or(CallError::TooMuch)?, Ordering::Relaxed);
        body.extend_from_slice(&piece);
    }
    Ok(body)
}
