//! Where callers come in: a Unix socket in the file system, or a TCP port. Makes the socket's file, takes the place of one
//! that a dead daemon has left, and removes it at the end. Knows no request.

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use nix::unistd::Group;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::api::peer::Origin;
use crate::config::SocketConfig;

/// The most bytes of a socket's path, by the system.
const PATH_MAX: usize = 107;

/// An open door.
#[derive(Debug)]
pub enum Door {
    /// A TCP port.
    Port(TcpListener),
    /// A socket in the file system, removed when it is dropped.
    Socket(UnixListener, SocketFile),
}

/// Where a daemon can be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doors {
    /// At this address.
    pub port: Option<SocketAddr>,
    /// At this socket.
    pub socket: Option<PathBuf>,
}

impl std::fmt::Display for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(port) = self.port {
            write!(f, "{port}")?;
        }
        if let Some(socket) = &self.socket {
            let and = if self.port.is_some() { " and " } else { "" };
            write!(f, "{and}unix:{}", socket.display())?;
        }
        Ok(())
    }
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Somebody answers there.
    #[error("another daemon listens there")]
    Lives,
    /// Something else is there.
    #[error("there is a file that is no socket")]
    NoSocket,
    /// The system cannot hold such a path.
    #[error("the path has more than {PATH_MAX} bytes")]
    TooLong,
    /// There is no such group.
    #[error("there is no group `{0}`")]
    NoGroup(String),
    /// The system refuses.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl SocketError {
    /// Returns a hint: what the operator can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            SocketError::Lives => "give each daemon a `socket` of its own in `[api]`",
            SocketError::NoSocket => {
                "move that file away, or give another path as `socket` in `[api]`"
            }
            SocketError::TooLong => "give a shorter path as `socket` in `[api]`",
            SocketError::NoGroup(_) => "`socket_group` in `[api]` names a group of this machine",
            SocketError::System { .. } => {
                "the daemon's user must be able to write the folder, and belong to the group that `socket_group` names"
            }
        }
    }
}

fn system(doing: &'static str) -> impl Fn(io::Error) -> SocketError {
    move |source| SocketError::System { doing, source }
}

impl Door {
    /// Opens a socket in the file system.
    ///
    /// # Errors
    /// [`SocketError`] when something else lives there, or the system refuses.
    pub fn socket_at(config: &SocketConfig) -> Result<Door, SocketError> {
        // Clients may be anywhere.
        let path = &std::path::absolute(&config.path).map_err(system("tell the socket's place"))?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        if config.make_folder {
            // Only for the user's own.
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(system("make the folder"))?;
        }
        vacant(path)?;
        let gid = match &config.group {
            None => None,
            Some(name) => {
                let group = Group::from_name(name)
                    .map_err(|error| system("ask for the group")(error.into()));
                let group = group?.ok_or_else(|| SocketError::NoGroup(name.clone()))?;
                Some(group.gid.as_raw())
            }
        };
        // Nobody can connect before it belongs to whom it shall: until then it stands where only we can go.
        let hidden = folder.join(format!(".g{}", std::process::id()));
        let standby = hidden.join("s");
        if path.as_os_str().len().max(standby.as_os_str().len()) > PATH_MAX {
            return Err(SocketError::TooLong);
        }
        // Left by a daemon of our number that was killed at this very place.
        let _ = std::fs::remove_file(&standby).and_then(|()| std::fs::remove_dir(&hidden));
        let made = DirBuilder::new().mode(0o700).create(&hidden);
        made.map_err(system("write the folder"))?;
        let open = || {
            let listener = UnixListener::bind(&standby).map_err(system("make the socket"))?;
            chown(&standby, None, gid).map_err(system("give the socket to its group"))?;
            let mode = Permissions::from_mode(config.mode);
            std::fs::set_permissions(&standby, mode).map_err(system("set the socket's mode"))?;
            let made = std::fs::symlink_metadata(&standby).map_err(system("see the socket"))?;
            std::fs::rename(&standby, path).map_err(system("put the socket in its place"))?;
            Ok((listener, made))
        };
        let opened = open();
        let _ = std::fs::remove_file(&standby);
        let _ = std::fs::remove_dir(&hidden);
        let (listener, made) = opened?;
        Ok(Door::Socket(listener, SocketFile { path: path.clone(), number: number(&made) }))
    }

    /// Where it is.
    pub(crate) fn is_at(&self, doors: &mut Doors) -> io::Result<()> {
        match self {
            Door::Port(listener) => doors.port = Some(listener.local_addr()?),
            Door::Socket(_, file) => doors.socket = Some(file.path.clone()),
        }
        Ok(())
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        match self {
            Door::Port(listener) => listener.as_fd(),
            Door::Socket(listener, _) => listener.as_fd(),
        }
    }

    /// Waits for the next caller.
    pub(super) async fn accept(&self) -> io::Result<(Stream, Origin)> {
        match self {
            Door::Port(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are short or come in large pieces.
                let _ = stream.set_nodelay(true);
                Ok((Stream::Port(stream), Origin::Address(peer.ip())))
            }
            Door::Socket(listener, _) => {
                let (stream, _) = listener.accept().await?;
                // As it was when the caller connected: by the kernel's word, whatever the caller says.
                let uid = stream.peer_cred()?.uid();
                Ok((Stream::Socket(stream), Origin::User(uid)))
            }
        }
    }
}

/// Refuses a place where somebody lives, or where something else is.
fn vacant(path: &Path) -> Result<(), SocketError> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(system("see the socket's place")(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(SocketError::NoSocket),
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        // What a dead daemon has left, or one that ends at this moment.
        Err(error)
            if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) =>
        {
            Ok(())
        }
        // Also one that takes nobody at the moment.
        Ok(_) | Err(_) => Err(SocketError::Lives),
    }
}

/// What tells a file from another of its path.
fn number(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// A socket's file. Removed at the end, unless another has taken its place.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    number: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = |found: Metadata| number(&found) == self.number;
        if std::fs::symlink_metadata(&self.path).is_ok_and(ours) {
            // What stays is taken for what it is at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A caller's connection.
#[derive(Debug)]
pub(super) enum Stream {
    Port(TcpStream),
    Socket(UnixStream),
}

/// Does the same with either.
macro_rules! either {
    ($stream:expr, $inner:ident => $does:expr) => {
        match $stream.get_mut() {
            Stream::Port(inner) => {
                let $inner = Pin::new(inner);
                $does
            }
            Stream::Socket(inner) => {
                let $inner = Pin::new(inner);
                $does
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, inner => inner.poll_read(context, into))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => inner.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => inner.poll_write_vectored(context, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => inner.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => inner.poll_shutdown(context))
    }
}
