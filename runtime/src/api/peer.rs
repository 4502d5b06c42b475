//! Who is at the other end of a connection, as the system tells: a user of this machine, or an address. Reads no request.

use std::net::IpAddr;
use std::sync::Arc;

use nix::unistd::{Uid, User};

/// The other end of a connection. Every request that comes over it carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A user of this machine, over the Unix socket: the kernel says so.
    User {
        /// The number.
        uid: u32,
        /// The login that it has in this machine's user database; none: there is none, or nobody could tell.
        login: Option<Arc<str>>,
    },
    /// Whoever holds an address.
    Address {
        /// The address.
        ip: IpAddr,
        /// Whether the connection is encrypted, so that nobody on the way can have changed it.
        tls: bool,
    },
}

/// Whose connections are counted together: those of one address, and those of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// Over TCP.
    Address(IpAddr),
    /// Over the Unix socket.
    User(u32),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Address(ip) => ip.fmt(f),
            Origin::User(uid) => write!(f, "uid {uid}"),
        }
    }
}

/// The number that the kernel tells where it cannot tell one, for a user of another container.
const OVERFLOW_UID: u32 = 65_534;

/// Looks a user's login up; may wait for a directory of the site, so it is asked off the asynchronous threads.
pub(super) fn login(uid: u32) -> Option<Arc<str>> {
    if uid == OVERFLOW_UID {
        return None;
    }
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(user) => Some(user?.name.into()),
        Err(error) => {
            tracing::error!(uid, %error, "the user database does not say who calls");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OVERFLOW_UID, login};

    #[test]
    fn a_number_without_a_name_is_nobody() {
        assert_eq!(login(0).as_deref(), Some("root"));
        assert_eq!(login(4_000_000_123), None);
        // Many users of other containers would share that name.
        assert_eq!(login(OVERFLOW_UID), None);
    }
}
