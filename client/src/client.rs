//! A client: sends requests to the routes, one after the other, and reads the answers in their shapes.

use std::time::Duration;

use gleaner_api::address::Address;
use gleaner_api::routes::Method;
use gleaner_api::shapes::answer::Problem;
use reqwest::blocking::Response;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Asked, ClientError};
use crate::place::Place;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// How long an answer may take: a million parameters are read in a few seconds, and a long poll lasts a minute.
const ANSWER_WITHIN: Duration = Duration::from_secs(150);

/// Talks with one daemon.
#[derive(Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    place: Place,
}

/// An answer as it came, of a request that was done.
#[derive(Debug)]
pub struct Answer {
    /// Its body.
    pub text: String,
    /// What tells this state of the thing from others, for [`Client::changed`].
    pub tag: Option<String>,
}

impl Client {
    /// Makes a client of the daemon at `place`. `token` says who calls, where the socket does not; further headers are for
    /// whoever calls in a proxy's place.
    ///
    /// # Errors
    /// [`ClientError::Unusable`] when the token cannot be a header, or the machine has no means for TLS.
    pub fn new(place: Place, token: Option<&str>) -> Result<Client, ClientError> {
        let unusable = |why: String| ClientError::Unusable { place: place.clone(), why };
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            // The error must not show the token.
            let mut value =
                value.map_err(|_| unusable("the token has characters of no token".into()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut builder = reqwest::blocking::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // A redirection would take the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("gleaner/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers);
        if let Place::Unix(path) = &place {
            builder = builder.unix_socket(path.clone());
        }
        let http = builder.build().map_err(|error| unusable(error.to_string()))?;
        Ok(Client { http, place })
    }

    /// Returns where its daemon is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Asks for an address and returns the answer as it came.
    ///
    /// # Errors
    /// [`ClientError`] when there is no answer, or it says no.
    pub fn text(&self, address: impl Into<Address>) -> Result<Answer, ClientError> {
        self.sent(&address.into(), None)
    }

    /// Asks for an address and reads the answer.
    ///
    /// # Errors
    /// As [`Client::text`], and [`ClientError::Unreadable`] when the answer has another shape.
    pub fn read<T: DeserializeOwned>(&self, address: impl Into<Address>) -> Result<T, ClientError> {
        let address = address.into();
        let answer = self.sent(&address, None)?;
        self.parsed(&address, &answer.text)
    }

    /// Asks for an address unless the thing is as `tag` says. Returns nothing when it is: a daemon that is told to wait
    /// answers once something has changed, or the time is over.
    ///
    /// # Errors
    /// As [`Client::text`].
    pub fn changed(
        &self,
        address: impl Into<Address>,
        tag: Option<&str>,
    ) -> Result<Option<Answer>, ClientError> {
        let address = address.into();
        let mut headers = HeaderMap::new();
        if let Some(value) = tag.and_then(|tag| HeaderValue::from_str(tag).ok()) {
            headers.insert(IF_NONE_MATCH, value);
        }
        let response = self.response(&address, None, headers)?;
        if response.status().as_u16() == 304 {
            return Ok(None);
        }
        self.answer(&address, response).map(Some)
    }

    /// Sends a JSON value and reads the answer.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub fn post<T: DeserializeOwned>(
        &self,
        address: impl Into<Address>,
        value: &impl Serialize,
    ) -> Result<T, ClientError> {
        let address = address.into();
        let body = serde_json::to_vec(value).map_err(|error| self.unreadable(&address, &error))?;
        let answer = self.sent(&address, Some(&body))?;
        self.parsed(&address, &answer.text)
    }

    /// Sends a text that changes nothing, and reads the answer.
    ///
    /// # Errors
    /// As [`Client::read`].
    pub fn ask<T: DeserializeOwned>(
        &self,
        address: impl Into<Address>,
        body: &[u8],
    ) -> Result<T, ClientError> {
        let address = address.into();
        let answer = self.sent(&address, Some(body))?;
        self.parsed(&address, &answer.text)
    }

    /// Sends a text and returns the answer as it came. It is sent once: should the answer be lost, nobody but the daemon's
    /// lists tell whether it was done.
    ///
    /// # Errors
    /// As [`Client::text`].
    pub fn submit(&self, address: impl Into<Address>, body: &[u8]) -> Result<Answer, ClientError> {
        self.sent(&address.into(), Some(body))
    }

    /// Reads a text that answered a request.
    ///
    /// # Errors
    /// [`ClientError::Unreadable`].
    pub fn parsed<T: DeserializeOwned>(
        &self,
        address: &Address,
        text: &str,
    ) -> Result<T, ClientError> {
        serde_json::from_str(text).map_err(|error| self.unreadable(address, &error))
    }

    fn sent(&self, address: &Address, body: Option<&[u8]>) -> Result<Answer, ClientError> {
        let response = self.response(address, body, HeaderMap::new())?;
        self.answer(address, response)
    }

    fn response(
        &self,
        address: &Address,
        body: Option<&[u8]>,
        headers: HeaderMap,
    ) -> Result<Response, ClientError> {
        let method = match address.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let url = format!("{}{address}", self.place.base());
        let mut request = self.http.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        request.send().map_err(|error| ClientError::unanswered(self.asked(address), &error))
    }

    fn answer(&self, address: &Address, response: Response) -> Result<Answer, ClientError> {
        let status = response.status();
        let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
        let text = response.text();
        let text = text.map_err(|error| ClientError::unanswered(self.asked(address), &error))?;
        if status.is_success() {
            return Ok(Answer { text, tag });
        }
        let problem = serde_json::from_str::<Problem>(&text).unwrap_or_else(|_| Problem {
            status: status.as_u16(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            message: format!("{} answers {status} to {}", self.place, self.asked(address).line),
            hint: None,
        });
        // What counts is how it was answered, not what the body says of it.
        let problem = Box::new(Problem { status: status.as_u16(), ..problem });
        Err(ClientError::Refused { asked: self.asked(address), problem })
    }

    fn unreadable(&self, address: &Address, error: &serde_json::Error) -> ClientError {
        ClientError::Unreadable { asked: self.asked(address), why: error.to_string() }
    }

    fn asked(&self, address: &Address) -> Box<Asked> {
        let line = format!("{} {address}", address.method().word());
        Box::new(Asked { place: self.place.clone(), line })
    }
}
