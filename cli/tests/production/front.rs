//! A proxy before the daemon that says who calls, as a site's own does: whatever callers say of themselves is left out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::daemon::{SECRET, SECRET_HEADER};

/// A proxy for one user. It lives as long as the test.
pub(crate) struct Front {
    pub(crate) url: String,
}

impl Front {
    /// Puts one before the daemon at `daemon`, for `user`.
    pub(crate) fn start(daemon: &str, user: &'static str) -> Front {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let daemon = daemon.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for caller in listener.incoming().map_while(Result::ok) {
                let daemon = daemon.clone();
                // How a connection ends is its caller's affair.
                std::thread::spawn(move || {
                    let _ = carry(caller, &daemon, user);
                });
            }
        });
        Front { url }
    }
}

/// Carries one request there and its answer back.
fn carry(caller: TcpStream, daemon: &str, user: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(caller.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let lower = line.to_lowercase();
        if let Some(bytes) = lower.strip_prefix("content-length: ") {
            length = bytes.trim().parse().expect("a length");
        }
        match line.trim_end() {
            "" => break,
            _ if lower.starts_with("connection:") || lower.starts_with("x-cigri-user:") => {}
            _ => head += &line,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut server = TcpStream::connect(daemon)?;
    write!(
        server,
        "{head}{SECRET_HEADER}: {SECRET}\r\nX-CIGRI-USER: {user}\r\nConnection: close\r\n\r\n"
    )?;
    server.write_all(&body)?;
    let mut caller = caller;
    std::io::copy(&mut server, &mut caller)?;
    Ok(())
}
