//! An HTTP client for one cluster: timeouts, certificates, and how the daemon and its users are known there.
//! Knows no route of any API.

use std::path::{Path, PathBuf};

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Identity, Method, RequestBuilder};

use crate::config::{Auth, ClientCertificate, ClusterConfig};
use crate::secrets::Secret;

/// Why no client can be made.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file holds no certificate or key.
    #[error("`{}` holds no usable certificate or key\n  hint: PEM is expected", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// The library's reason.
        source: reqwest::Error,
    },
    /// A password or login cannot stand in a header.
    #[error("`{0}` cannot stand in a header")]
    Header(&'static str),
    /// The client cannot be made.
    #[error("no HTTP client can be made")]
    Client(#[source] reqwest::Error),
}

/// A client for one cluster.
#[derive(Clone, Debug)]
pub struct Session {
    client: Client,
    base: String,
    identity: Option<HeaderName>,
}

/// As whom a request is sent.
#[derive(Clone, Copy, Debug)]
pub enum As<'a> {
    /// As nobody: what is open to all.
    Nobody,
    /// As a login of the cluster, believed for the way we are known there.
    Login(&'a str),
    /// As the owner of a token.
    Token(&'a Secret),
}

impl Session {
    /// Makes a client, reading the files that its settings name.
    ///
    /// # Errors
    /// [`SessionError`] with the file or setting that is wrong.
    pub fn new(config: &ClusterConfig) -> Result<Session, SessionError> {
        let mut headers = HeaderMap::new();
        // OAR 2 refuses `*/*`.
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let mut builder = Client::builder()
            .timeout(config.request_timeout.to_std())
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(path) = &config.ca_file {
            let pem = |source| SessionError::Pem { path: path.clone(), source };
            let trusted = Certificate::from_pem_bundle(&read(path)?).map_err(pem)?;
            builder = builder.tls_certs_merge(trusted);
        }
        if let Some(ClientCertificate { certificate_file, private_key_file }) =
            &config.client_certificate
        {
            let mut both = read(certificate_file)?;
            both.push(b'\n');
            both.extend(read(private_key_file)?);
            let pem = |source| SessionError::Pem { path: private_key_file.clone(), source };
            builder = builder.identity(Identity::from_pem(&both).map_err(pem)?);
        }
        let identity = match &config.auth {
            Auth::None | Auth::Jwt => None,
            Auth::Header(header) | Auth::Certificate(header) => Some(header),
            Auth::Basic { username, password_file, header } => {
                headers.insert(AUTHORIZATION, basic(username, &read(password_file)?)?);
                Some(header)
            }
        };
        let name = |name: &String| {
            let header = HeaderName::from_bytes(name.as_bytes());
            header.map_err(|_| SessionError::Header("identity_header"))
        };
        Ok(Session {
            identity: identity.map(name).transpose()?,
            client: builder.default_headers(headers).build().map_err(SessionError::Client)?,
            base: config.api_url.clone(),
        })
    }

    /// Begins a GET of what stands at `path` below the API's address.
    ///
    /// # Errors
    /// [`SessionError::Header`] when a login or token cannot stand in a header.
    pub fn get(&self, path: &str, who: As<'_>) -> Result<RequestBuilder, SessionError> {
        self.request(Method::GET, path, who)
    }

    /// Begins a request for what stands at `path` below the API's address.
    ///
    /// # Errors
    /// [`SessionError::Header`] when a login or token cannot stand in a header.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        who: As<'_>,
    ) -> Result<RequestBuilder, SessionError> {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let value = |text: &str, what| {
            let mut value = HeaderValue::from_str(text).map_err(|_| SessionError::Header(what))?;
            value.set_sensitive(true);
            Ok::<_, SessionError>(value)
        };
        Ok(match (who, &self.identity) {
            (As::Nobody, _) | (As::Login(_), None) => request,
            (As::Login(login), Some(header)) => request.header(header, value(login, "login")?),
            (As::Token(token), _) => request
                .header(AUTHORIZATION, value(&format!("Bearer {}", token.reveal()), "token")?),
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SessionError> {
    std::fs::read(path).map_err(|source| SessionError::File { path: path.to_owned(), source })
}

/// The header of a name and the first line of a password's file.
fn basic(username: &str, file: &[u8]) -> Result<HeaderValue, SessionError> {
    use base64::Engine;
    let password = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let password = password.strip_suffix(b"\r").unwrap_or(password);
    let mut both = format!("{username}:").into_bytes();
    both.extend_from_slice(password);
    let text = base64::engine::general_purpose::STANDARD.encode(both);
    let mut value = HeaderValue::from_str(&format!("Basic {text}"))
        .map_err(|_| SessionError::Header("password"))?;
    value.set_sensitive(true);
    Ok(value)
}
