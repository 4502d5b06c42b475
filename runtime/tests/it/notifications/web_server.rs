//! A server of webhooks that answers all alike, and keeps what it was sent.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long a call is waited for that must come.
const WITHIN: Duration = Duration::from_secs(60);

pub(super) struct WebServer {
    pub(super) address: SocketAddr,
    /// Heads and bodies; none for a connection that said nothing of the kind.
    calls: mpsc::UnboundedReceiver<Option<(String, String)>>,
    task: JoinHandle<()>,
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl WebServer {
    pub(super) async fn new(status: u16, header: &str) -> WebServer {
        WebServer::at("127.0.0.1:0".parse().expect("an address"), status, header).await
    }

    pub(super) async fn at(address: SocketAddr, status: u16, header: &str) -> WebServer {
        let listener = TcpListener::bind(address).await.expect("the port is free");
        let address = listener.local_addr().expect("an address");
        let (tell, calls) = mpsc::unbounded_channel();
        let answer = format!(
            "HTTP/1.1 {status} X\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tell, answer) = (tell.clone(), answer.clone());
                tokio::spawn(async move {
                    let call = called(stream, &answer).await.ok();
                    let _ = tell.send(call);
                });
            }
        });
        WebServer { address, calls, task }
    }

    /// The next call, which must come.
    pub(super) async fn next(&mut self) -> (String, String) {
        let next = tokio::time::timeout(WITHIN, self.calls.recv()).await;
        next.expect("a call in time").expect("the server lives").expect("a call by HTTP")
    }

    /// Whether nobody has connected.
    pub(super) fn is_untouched(&mut self) -> bool {
        self.calls.try_recv().is_err()
    }
}

async fn called(stream: TcpStream, answer: &str) -> std::io::Result<(String, String)> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).await? == 0 {
            return Err(std::io::Error::other("an end within the head"));
        }
    }
    let length = head.to_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.and_then(|text| text.trim().parse().ok()).expect("a length");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await?;
    Ok((head, String::from_utf8_lossy(&body).into_owned()))
}
