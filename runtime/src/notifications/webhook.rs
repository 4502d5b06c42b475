//! Messages by webhooks: JSON by POST, to addresses that administrators have allowed and to no others. No redirect is
//! followed, and a name that leads into a network that is not public leads nowhere, unless that network is allowed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gleaner_core::ids::CampaignId;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Certificate, Client, StatusCode, Url};
use serde::Serialize;

use crate::config::notifications::NotificationConfig;
use crate::notifications::outcome::Failure;
use crate::notifications::text::one_line;
use crate::store::notifications::outbox::Message;

/// How long a server may take, from the connection to the head of its answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// What a webhook is sent. `text` alone is what chat servers show.
#[derive(Serialize)]
struct Body<'a> {
    /// A number that no other message has: one that comes twice is one.
    id: &'a str,
    text: String,
    severity: &'static str,
    subject: &'a str,
    code: &'a str,
    campaign: Option<u32>,
    user: Option<&'a str>,
}

/// A client of webhooks, by the settings of one moment.
#[derive(Clone, Debug)]
pub(super) struct WebClient {
    client: Client,
    config: Arc<NotificationConfig>,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebError {
    #[error("cannot read `{}`", path.display())]
    File { path: std::path::PathBuf, source: std::io::Error },
    #[error("no HTTP client can be made")]
    Client(#[from] reqwest::Error),
}

impl WebClient {
    pub(super) fn new(config: &Arc<NotificationConfig>) -> Result<WebClient, WebError> {
        let mut builder = Client::builder()
            .timeout(ANSWERS_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .user_agent("gleaner")
            .dns_resolver(Arc::new(AllowedAddresses(Arc::clone(config))));
        if let Some(path) = &config.webhook_ca_file {
            let pem = std::fs::read(path)
                .map_err(|source| WebError::File { path: path.clone(), source })?;
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(&pem)?);
        }
        Ok(WebClient { client: builder.build()?, config: Arc::clone(config) })
    }

    /// Sends a message under a number that no other has.
    pub(super) async fn send(&self, message: &Message, number: &str) -> Result<(), Failure> {
        let url = self.config.allow_webhook(&message.identity);
        let url = url.map_err(|not| Failure::Never(not.to_string()))?;
        let content = &message.content;
        let body = Body {
            id: number,
            text: format!("{}\n\n{}", content.subject, content.body),
            severity: content.severity.word(),
            subject: &content.subject,
            code: &content.code,
            campaign: content.campaign.map(|CampaignId(id)| id),
            user: content.user.as_deref(),
        };
        let sent = self.client.post(url).header("Idempotency-Key", number).json(&body).send().await;
        match sent {
            Ok(answer) => judged(answer.status()),
            // Without the address: it may hold a secret.
            Err(error) => Err(Failure::Server(chain(&error.without_url()))),
        }
    }
}

/// The server of an address, as figures and the log name it.
pub(super) fn server(identity: &str) -> String {
    let url = Url::parse(identity).ok();
    let named = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    named.map_or_else(|| "nowhere".to_owned(), |(host, port)| format!("{host}:{port}"))
}

fn judged(status: StatusCode) -> Result<(), Failure> {
    let later = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    match status {
        _ if status.is_success() => Ok(()),
        _ if status.is_redirection() => {
            Err(Failure::Never(format!("it answers {status}, and nobody is followed elsewhere")))
        }
        _ if status.is_server_error() || later.contains(&status) => {
            Err(Failure::Later(format!("it answers {status}")))
        }
        _ => Err(Failure::Never(format!("it answers {status}"))),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    one_line(&text, 300)
}

/// Looks names up, and keeps the addresses that webhooks may lead to. The connection goes to what was kept, so that a name
/// that changes in between gains nothing.
struct AllowedAddresses(Arc<NotificationConfig>);

impl Resolve for AllowedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let config = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let all = found.len();
            let kept: Vec<SocketAddr> =
                found.into_iter().filter(|address| config.may_lead_to(address.ip())).collect();
            if kept.is_empty() {
                let why = format!(
                    "`{}` leads to {all} addresses, none of them public or in `webhook_networks`",
                    name.as_str()
                );
                return Err(why.into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::{judged, server};
    use crate::notifications::outcome::Failure;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let of = |status| judged(StatusCode::from_u16(status).unwrap());
        assert_eq!(of(204), Ok(()));
        for later in [408, 429, 500, 503] {
            assert!(matches!(of(later), Err(Failure::Later(_))), "{later}");
        }
        for never in [301, 307, 400, 404, 410] {
            assert!(matches!(of(never), Err(Failure::Never(_))), "{never}");
        }
    }

    #[test]
    fn a_server_is_named_without_the_rest_of_the_address() {
        assert_eq!(server("https://chat.example/hooks/secret?x"), "chat.example:443");
        assert_eq!(server("http://[::1]:80/a"), "[::1]:80");
        assert_eq!(server("x"), "nowhere");
    }
}
