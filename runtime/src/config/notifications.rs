//! Settings of what people are told by mail and webhooks, and to which addresses anything may go at all. Sends
//! nothing.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use gleaner_api::notifications::{Channel, Severity};
use gleaner_core::time::Duration;
use ipnet::IpNet;
use reqwest::Url;

/// The longest address, in bytes.
pub const ADDRESS_MAX: usize = 1000;

/// Settings of notifications.
#[derive(Clone, Debug, PartialEq)]
pub struct NotificationConfig {
    /// The mail server; none: no mail.
    pub smtp: Option<SmtpConfig>,
    /// Where administrators are told, beside what they subscribe to themselves.
    pub admins: Vec<(Channel, String)>,
    /// The least grave that those are told: medium.
    pub admin_severity: Severity,
    /// The domains that mail may go to: that of the sender where nothing is said; `*` stands for all.
    pub mail_domains: Vec<String>,
    /// What addresses of webhooks begin with; none: no webhooks.
    pub webhooks: Vec<Url>,
    /// Networks that are not public, and that names of webhooks may lead to all the same.
    pub webhook_networks: Vec<IpNet>,
    /// Certificates (PEM) to trust beside the system's, for webhooks.
    pub webhook_ca_file: Option<PathBuf>,
    /// What subjects begin with: `[Gleaner]`.
    pub subject_tag: String,
    /// How long an event is kept back, so that what follows at once is told with it, and what passes at once is not: a
    /// minute.
    pub gather: Duration,
    /// How long a campaign may wait for everything before its user is told: an hour.
    pub waiting_told_after: Duration,
}

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpConfig {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How it is talked to.
    pub encryption: SmtpEncryption,
    /// Our name there, and a file with our password in its first line.
    pub login: Option<(String, PathBuf)>,
    /// Certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Who messages come from: a mail address.
    pub from: String,
}

/// How a mail server is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// Encrypted from the first byte: `smtps://`, port 465.
    Tls,
    /// Encrypted after a word in the clear, or not at all talked to: `smtp://`, port 587.
    StartTls,
    /// In the clear: a server on this machine, or one for which that is said on purpose; port 25.
    Plain,
}

/// Why nothing may go to an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// There is no mail here.
    #[error("no mail is sent from here")]
    NoMail,
    /// There are no webhooks here.
    #[error("no webhooks are called from here")]
    NoWebhooks,
    /// Not the address of anybody.
    #[error("`{0}` is not a mail address")]
    BadMail(String),
    /// A domain that mail does not go to.
    #[error("mail does not go to `{0}` from here")]
    Domain(String),
    /// Not an address of the web.
    #[error("that is not the address of a webhook")]
    BadUrl,
    /// An address that no administrator has allowed. It is not repeated: it may hold a secret.
    #[error("webhooks of `{0}` are not called from here, or not with this path")]
    Webhook(String),
}

impl NotAllowed {
    /// Returns what can be done about it.
    pub fn hint(&self) -> &'static str {
        match self {
            NotAllowed::NoMail => "an administrator sets `smtp` and `from` in `[notifications]`",
            NotAllowed::NoWebhooks => "an administrator names them in `allow_webhooks`",
            NotAllowed::BadMail(_) => "write `somebody@example.org`",
            NotAllowed::Domain(_) => "an administrator adds the domain to `allow_mail_domains`",
            NotAllowed::BadUrl => {
                "write `https://host/path`, without a name, a password, a fragment or escapes in the path"
            }
            NotAllowed::Webhook(_) => {
                "an administrator adds what the address begins with to `allow_webhooks`"
            }
        }
    }
}

impl NotificationConfig {
    /// Returns whether a message may go to an address, by the settings of now: asked when somebody subscribes, and again
    /// before each message.
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn allow(&self, channel: Channel, identity: &str) -> Result<(), NotAllowed> {
        match channel {
            Channel::Mail => self.allow_mail(identity),
            Channel::Webhook => self.allow_webhook(identity).map(drop),
        }
    }

    fn allow_mail(&self, identity: &str) -> Result<(), NotAllowed> {
        if self.smtp.is_none() {
            return Err(NotAllowed::NoMail);
        }
        let domain = mail_domain(identity);
        let domain = domain.ok_or_else(|| NotAllowed::BadMail(shortened(identity)))?;
        let allowed = |it: &String| it == "*" || it.eq_ignore_ascii_case(&domain);
        if self.mail_domains.iter().any(allowed) { Ok(()) } else { Err(NotAllowed::Domain(domain)) }
    }

    /// Returns the address as it is to be called.
    ///
    /// # Errors
    /// [`NotAllowed`].
    pub fn allow_webhook(&self, identity: &str) -> Result<Url, NotAllowed> {
        if self.webhooks.is_empty() {
            return Err(NotAllowed::NoWebhooks);
        }
        let url = webhook(identity).ok_or(NotAllowed::BadUrl)?;
        if self.webhooks.iter().any(|allowed| begins_with(&url, allowed)) {
            Ok(url)
        } else {
            Err(NotAllowed::Webhook(url.host_str().unwrap_or_default().to_owned()))
        }
    }

    /// Returns whether a name of a webhook may lead to an address: to any public one, and to those of
    /// [`NotificationConfig::webhook_networks`]. Whoever rules the name must not make the daemon speak with what only it
    /// can reach.
    pub fn may_lead_to(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.webhook_networks.iter().any(|network| network.contains(&address))
    }
}

/// Returns the domain of a mail address, in small letters; none if it is no address.
pub fn mail_domain(identity: &str) -> Option<String> {
    let address: lettre::Address =
        (identity.len() <= ADDRESS_MAX).then(|| identity.parse().ok()).flatten()?;
    Some(address.domain().to_ascii_lowercase())
}

/// Reads the address of a webhook: encrypted, or on this machine; without anything that different readers take
/// differently.
pub fn webhook(text: &str) -> Option<Url> {
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.len() > ADDRESS_MAX || !printable || text.contains('\\') {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let loopback = url.host_str().is_some_and(|host| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
    });
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (scheme && url.has_host() && bare && !url.path().contains('%')).then_some(url)
}

/// Returns whether an address is on an allowed server, and at or below its path.
fn begins_with(url: &Url, allowed: &Url) -> bool {
    let same = url.scheme() == allowed.scheme()
        && url.host_str() == allowed.host_str()
        && url.port_or_known_default() == allowed.port_or_known_default();
    let rest = url.path().strip_prefix(allowed.path());
    let below = rest.is_some_and(|rest| {
        rest.is_empty() || allowed.path().ends_with('/') || rest.starts_with('/')
    });
    same && below
}

/// Returns whether everybody means the same machine by an address. By the registries of special addresses of IANA (RFC
/// 6890), as far as the standard library does not tell.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special =
                a == 0 || a >= 240 || (a, b, c) == (192, 0, 0) || (a == 198 && b & !1 == 18);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_documentation()
                || shared
                || special)
        }
        IpAddr::V6(v6) => {
            let head = v6.segments();
            // Unicast addresses of the world, but for those that hold one of version 4, and those of books.
            head[0] & 0xe000 == 0x2000
                && head[0] != 0x2002
                && (head[0], head[1]) != (0x2001, 0)
                && (head[0], head[1]) != (0x2001, 0x0db8)
        }
    }
}

/// The beginning of what somebody wrote, for an answer to them.
fn shortened(text: &str) -> String {
    text.chars().take(60).filter(|c| !c.is_control()).collect()
}

/// As it stands in an answer of `gleaner check`.
impl fmt::Display for SmtpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SmtpConfig { host, port, encryption, from, .. } = self;
        let how = match encryption {
            SmtpEncryption::Tls => "TLS",
            SmtpEncryption::StartTls => "STARTTLS",
            SmtpEncryption::Plain => "in the clear",
        };
        write!(f, "{host}:{port} ({how}), from {from}")
    }
}

#[cfg(test)]
mod tests {
    use gleaner_api::notifications::{Channel, Severity};
    use gleaner_core::time::Duration;

    use super::{NotAllowed, NotificationConfig, SmtpConfig, SmtpEncryption, webhook};

    fn config() -> NotificationConfig {
        NotificationConfig {
            smtp: Some(SmtpConfig {
                host: "mail".to_owned(),
                port: 465,
                encryption: SmtpEncryption::Tls,
                login: None,
                ca_file: None,
                from: "g@grid.example".to_owned(),
            }),
            admins: Vec::new(),
            admin_severity: Severity::Medium,
            mail_domains: vec!["grid.example".to_owned()],
            webhooks: ["https://chat.example/hooks/", "http://127.0.0.1:9/in"]
                .map(|text| text.parse().unwrap())
                .to_vec(),
            webhook_networks: vec!["10.1.0.0/16".parse().unwrap()],
            webhook_ca_file: None,
            subject_tag: String::new(),
            gather: Duration::ZERO,
            waiting_told_after: Duration::ZERO,
        }
    }

    #[test]
    fn mail_goes_to_the_domains_that_are_named() {
        let config = config();
        let allow = |identity| config.allow(Channel::Mail, identity);
        assert_eq!(allow("Alice@Grid.Example"), Ok(()));
        assert_eq!(allow("a@other.example"), Err(NotAllowed::Domain("other.example".into())));
        for wrong in ["a", "@grid.example", "a@grid.example\r\nBcc: b@c.d", "a b@grid.example", ""]
        {
            assert!(matches!(allow(wrong), Err(NotAllowed::BadMail(_))), "{wrong:?}");
        }
        let open = NotificationConfig { mail_domains: vec!["*".to_owned()], ..config.clone() };
        assert_eq!(open.allow(Channel::Mail, "a@anywhere.example"), Ok(()));
        let none = NotificationConfig { smtp: None, ..config.clone() };
        assert_eq!(none.allow(Channel::Mail, "a@grid.example"), Err(NotAllowed::NoMail));
    }

    #[test]
    fn webhooks_are_those_below_an_allowed_address() {
        let config = config();
        let allow = |identity| config.allow(Channel::Webhook, identity);
        for good in [
            "https://chat.example/hooks/abc?x=1",
            "https://CHAT.example:443/hooks/abc",
            "http://127.0.0.1:9/in",
            "http://127.0.0.1:9/in/a",
        ] {
            assert_eq!(allow(good), Ok(()), "{good}");
        }
        for other in [
            "https://chat.example/hooksx",
            "https://chat.example/hooks/../admin",
            "https://chat.example/hooks/%2e%2e/admin",
            "https://chat.example:444/hooks/a",
            "https://chat.example.evil.example/hooks/a",
            "http://127.0.0.1:10/in",
            "http://127.0.0.1:9/inner",
        ] {
            assert!(matches!(allow(other), Err(NotAllowed::Webhook(_))), "{other}");
        }
        for bad in [
            "http://chat.example/hooks/a",
            "https://chat.example@evil.example/hooks/a",
            "https://user:pw@chat.example/hooks/a",
            "https://chat.example\\hooks\\a",
            "https://chat.example/hooks/..%2fadmin",
            "https://chat.example/hooks/a#b",
            "https://chat.example/hooks/a\r\nX: y",
            "file:///etc/passwd",
            "gopher://chat.example/hooks/",
            "",
        ] {
            assert_eq!(allow(bad), Err(NotAllowed::BadUrl), "{bad}");
            assert!(webhook(bad).is_none());
        }
    }

    #[test]
    fn names_may_lead_to_public_addresses_and_to_networks_that_are_named() {
        let config = config();
        let may = |text: &str| config.may_lead_to(text.parse().unwrap());
        for good in ["8.8.8.8", "10.1.2.3", "::ffff:10.1.2.3", "2a01::1", "100.128.0.1"] {
            assert!(may(good), "{good}");
        }
        for bad in [
            "127.0.0.1",
            "10.2.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.19.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
        ] {
            assert!(!may(bad), "{bad}");
        }
    }
}
