//! A daemon that gives the answers it was told, to see what a command makes of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// An answer to a request line such as `GET /campaigns/3`.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(crate) line: String,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// What was asked: the method and the path, what stood behind the question mark, headers in lower case, and the body.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// Where it listens, and what it was asked so far. It lives as long as the test.
pub(crate) struct ScriptedDaemon {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ScriptedDaemon {
    /// Starts one. What it has no answer for, it does not find. Of several answers to one line each is given once, the last
    /// for good; a status of 0 hangs up instead.
    pub(crate) fn start(answers: Vec<Scripted>) -> ScriptedDaemon {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut left = answers;
            for stream in listener.incoming().map_while(Result::ok) {
                // How a connection ends is its caller's affair.
                let _ = answer(stream, &mut left, &heard);
            }
        });
        ScriptedDaemon { url, asked }
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("nobody has panicked").clone()
    }
}

/// Answers one request, and closes the connection: the next comes by another.
fn answer(
    stream: TcpStream,
    left: &mut Vec<Scripted>,
    heard: &Mutex<Vec<Asked>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            header => headers.push(header.to_lowercase()),
        }
    }
    let length = headers.iter().find_map(|header| header.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a length"))];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).expect("commands send text");
    let line = format!("{method} {path}");
    let asked = Asked { line: line.clone(), query: query.to_owned(), headers, body };
    heard.lock().expect("nobody has panicked").push(asked);
    let fitting: Vec<usize> =
        left.iter().enumerate().filter(|(_, one)| one.line == line).map(|(at, _)| at).collect();
    let given = match fitting[..] {
        [] => Scripted {
            status: 404,
            body: format!("{{\"status\":404,\"title\":\"Not found\",\"message\":\"no {line}\"}}"),
            line,
        },
        [last] => left[last].clone(),
        [first, ..] => left.remove(first),
    };
    if given.status == 0 {
        return Ok(());
    }
    let Scripted { status, body, .. } = given;
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
