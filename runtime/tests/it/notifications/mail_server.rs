//! A mail server that takes everything and keeps it for the test: so much of SMTP (RFC 5321) as that needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// How long a mail is waited for that must come.
const WITHIN: Duration = Duration::from_secs(60);

/// A mail that was taken.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) to: String,
    /// What stood behind `AUTH PLAIN`.
    pub(super) login: Option<String>,
    headers: Vec<String>,
    pub(super) body: String,
}

impl Mail {
    /// A header's text, decoded; empty if it is not there.
    pub(super) fn header(&self, name: &str) -> String {
        let begin = format!("{}:", name.to_lowercase());
        let found = self.headers.iter().find(|line| line.to_lowercase().starts_with(&begin));
        found.map(|line| decoded(line[begin.len()..].trim())).unwrap_or_default()
    }
}

pub(super) struct MailServer {
    pub(super) address: SocketAddr,
    mails: mpsc::UnboundedReceiver<Mail>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    pub(super) async fn plain() -> MailServer {
        MailServer::started(None).await
    }

    /// One that speaks TLS from the first byte, with this certificate.
    pub(super) async fn encrypted(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> MailServer {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.into())
            .expect("a certificate and its key");
        MailServer::started(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn started(tls: Option<TlsAcceptor>) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (tell, mails) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tell, tls) = (tell.clone(), tls.clone());
                tokio::spawn(async move {
                    // A client that breaks off is none of ours.
                    let _ = match tls {
                        None => spoken_with(stream, tell).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => spoken_with(stream, tell).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        MailServer { address, mails, task }
    }

    /// The next mail, which must come.
    pub(super) async fn next(&mut self) -> Mail {
        let next = tokio::time::timeout(WITHIN, self.mails.recv()).await;
        next.expect("a mail in time").expect("the server lives")
    }

    /// Mails that nobody has asked for.
    pub(super) fn rest(&mut self) -> Vec<Mail> {
        std::iter::from_fn(|| self.mails.try_recv().ok()).collect()
    }
}

async fn spoken_with(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    tell: mpsc::UnboundedSender<Mail>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut to, mut login) = (String::new(), None);
    stream.write_all(b"220 mail.example\r\n").await?;
    loop {
        let mut line = String::new();
        stream.flush().await?;
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                login = line.strip_prefix("AUTH PLAIN ").map(str::to_owned);
                "235 ok\r\n"
            }
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                "250 ok\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                stream.flush().await?;
                let (headers, body) = data(&mut stream).await?;
                let mail = Mail { to: to.clone(), login: login.clone(), headers, body };
                let _ = tell.send(mail);
                "250 taken\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return stream.flush().await;
            }
            _ => "250 ok\r\n",
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Headers, unfolded, and the body, decoded, up to a dot alone.
async fn data(
    stream: &mut (impl AsyncBufReadExt + Unpin),
) -> std::io::Result<(Vec<String>, String)> {
    let mut lines: Vec<String> = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            break;
        }
        let line = line.trim_end_matches("\r\n");
        lines.push(line.strip_prefix('.').unwrap_or(line).to_owned());
    }
    let end = lines.iter().position(String::is_empty).expect("an end of the headers");
    let mut headers: Vec<String> = Vec::new();
    for line in &lines[..end] {
        match headers.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => headers.push(line.clone()),
        }
    }
    let body = lines[end + 1..].join("\n");
    let encoding = |word| headers.iter().any(|line| line.to_lowercase().ends_with(word));
    let body = if encoding("quoted-printable") {
        let body = body.replace("=\n", "");
        String::from_utf8(octets(&body)).expect("UTF-8")
    } else if encoding("base64") {
        use base64::Engine;
        let body = base64::engine::general_purpose::STANDARD.decode(body.replace('\n', ""));
        String::from_utf8(body.expect("base64")).expect("UTF-8")
    } else {
        body
    };
    Ok((headers, body))
}

/// `=20` as it is meant.
fn octets(text: &str) -> Vec<u8> {
    let mut parts = text.split('=');
    let mut octets = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        octets.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        octets.extend_from_slice(&part.as_bytes()[2..]);
    }
    octets
}

/// A header's words in base64 (RFC 2047) as they are meant.
fn decoded(text: &str) -> String {
    use base64::Engine;
    let mut plain = String::new();
    for word in text.split_inclusive(' ') {
        match word.trim().strip_prefix("=?utf-8?b?").and_then(|it| it.strip_suffix("?=")) {
            Some(coded) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(coded);
                plain.push_str(&String::from_utf8_lossy(&bytes.expect("base64")));
            }
            None => plain.push_str(word),
        }
    }
    plain
}
