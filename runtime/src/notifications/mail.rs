//! Messages by mail. Addresses and subjects go through a library that writes headers so that nothing breaks out of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Mail};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::config::inspect::mode_problem;
use crate::config::notifications::{SmtpConfig, SmtpEncryption};
use crate::notifications::outcome::Failure;
use crate::notifications::text::one_line;
use crate::store::notifications::outbox::Message;

/// How long the server may take for each answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);
/// How long one message may take, from the connection to the last answer.
const MESSAGE_WITHIN: Duration = Duration::from_secs(60);

/// Codes of a server that takes nothing from us: it closes, or wants another password or encryption.
const NOT_US: [&str; 5] = ["421", "530", "534", "535", "538"];

/// A mail server as we speak with it.
#[derive(Clone, Debug)]
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The server, as figures and the log name it.
    pub(super) server: String,
}

/// Why there is no way to send mail.
#[derive(Debug, thiserror::Error)]
pub(super) enum MailerError {
    #[error("cannot read `{}`", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{}` {problem}", path.display())]
    Mode { path: PathBuf, problem: String },
    #[error("`{}` holds no password in its first line", .0.display())]
    Password(PathBuf),
    #[error("no encrypted connection can be made")]
    Tls(#[from] lettre::transport::smtp::Error),
    #[error("`{0}` is not a mail address")]
    From(String),
}

impl Mailer {
    /// Makes one, reading the files that its settings name.
    pub(super) fn new(config: &SmtpConfig) -> Result<Mailer, MailerError> {
        let SmtpConfig { host, port, encryption, login, ca_file, from } = config;
        let parameters = || {
            let mut parameters = TlsParameters::builder(host.clone());
            if let Some(path) = ca_file {
                parameters = parameters.add_root_certificate(Certificate::from_pem(&read(path)?)?);
            }
            Ok::<_, MailerError>(parameters.build()?)
        };
        let tls = match encryption {
            SmtpEncryption::Tls => Tls::Wrapper(parameters()?),
            SmtpEncryption::StartTls => Tls::Required(parameters()?),
            SmtpEncryption::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(*port)
            .tls(tls)
            .timeout(Some(ANSWERS_WITHIN));
        if let Some((user, file)) = login {
            builder = builder.credentials(Credentials::new(user.clone(), password(file)?));
        }
        let address: Address = from.parse().map_err(|_| MailerError::From(from.clone()))?;
        Ok(Mailer {
            transport: builder.build(),
            from: Mailbox::new(Some("Gleaner".to_owned()), address),
            server: format!("{host}:{port}"),
        })
    }

    /// Sends a message under a number that no other has.
    pub(super) async fn send(&self, message: &Message, number: &str) -> Result<(), Failure> {
        let mail = self.mail(message, number).map_err(|why| Failure::Never(why.to_string()))?;
        match tokio::time::timeout(MESSAGE_WITHIN, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure(&error)),
            Err(_) => Err(Failure::Server("it takes too long".to_owned())),
        }
    }

    fn mail(&self, message: &Message, number: &str) -> Result<Mail, lettre::error::Error> {
        let to: Address = message.identity.parse().map_err(|_| lettre::error::Error::MissingTo)?;
        let number = format!("<{number}@{}>", self.from.email.domain());
        let mut mail = Mail::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(&message.content.subject, usize::MAX))
            .message_id(Some(number))
            .header(ContentType::TEXT_PLAIN)
            .body(message.content.body.clone())?;
        // By this, automatic answers are not sent (RFC 3834).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        mail.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
        Ok(mail)
    }
}

fn failure(error: &lettre::transport::smtp::Error) -> Failure {
    let mut why = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        why.push_str(&format!(": {source}"));
    }
    let why = one_line(&why, 300);
    match error.status().map(|code| code.to_string()) {
        Some(code) if NOT_US.contains(&&*code) => Failure::Server(why),
        Some(_) if error.is_permanent() => Failure::Never(why),
        Some(_) => Failure::Later(why),
        None => Failure::Server(why),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, MailerError> {
    std::fs::read(path).map_err(|source| MailerError::File { path: path.to_owned(), source })
}

fn password(path: &Path) -> Result<String, MailerError> {
    let failed = |source| MailerError::File { path: path.to_owned(), source };
    let found = std::fs::metadata(path).map_err(failed)?;
    if let Some(problem) = mode_problem(&found) {
        return Err(MailerError::Mode { path: path.to_owned(), problem });
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let password = text.lines().next().unwrap_or_default();
    let some = (!password.is_empty()).then(|| password.to_owned());
    some.ok_or_else(|| MailerError::Password(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use gleaner_api::notifications::{Channel, Severity};
    use gleaner_core::time::Timestamp;

    use super::Mailer;
    use crate::config::notifications::{SmtpConfig, SmtpEncryption};
    use crate::store::notifications::outbox::{Content, Message};

    fn mailer() -> Mailer {
        let config = SmtpConfig {
            host: "127.0.0.1".to_owned(),
            port: 1,
            encryption: SmtpEncryption::Plain,
            login: None,
            ca_file: None,
            from: "g@grid.example".to_owned(),
        };
        Mailer::new(&config).unwrap()
    }

    fn message(identity: &str, text: &str) -> Message {
        Message {
            id: 1,
            channel: Channel::Mail,
            identity: identity.to_owned(),
            attempts: 0,
            written_at: Timestamp::ZERO,
            content: Content {
                severity: Severity::High,
                code: "C".to_owned(),
                campaign: None,
                user: None,
                subject: text.to_owned(),
                body: text.to_owned(),
            },
        }
    }

    #[test]
    fn no_text_breaks_out_of_its_header() {
        for end in ["\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\r\n\r\n"] {
            let evil = format!("a{end}Bcc: everybody@grid.example{end}.{end}MAIL FROM:<x@y>");
            let mail = mailer().mail(&message("a@grid.example", &evil), "gleaner-1").unwrap();
            let text = String::from_utf8(mail.formatted()).unwrap();
            let (headers, _) = text.split_once("\r\n\r\n").unwrap();
            let names = headers.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
            let names: Vec<&str> = names.filter_map(|line| line.split(':').next()).collect();
            let expected = [
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Content-Type",
                "Date",
                "Content-Transfer-Encoding",
                "Auto-Submitted",
            ];
            assert!(names.iter().all(|name| expected.contains(name)), "{end:?}: {names:?}");
            assert_eq!(names.len(), expected.len(), "{end:?}: {names:?}");
            let to = format!("a@grid.example{end}Bcc: b@grid.example");
            assert!(mailer().mail(&message(&to, "a"), "gleaner-1").is_err(), "{end:?}");
        }
    }
}
