//! The process' descriptors: as many as the system grants, some of them kept for the store, the clusters and the
//! tokens. Opens nothing.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More is of no use: connections are bounded by a setting.
const WANTED: u64 = 65_536;
/// For the store with its readers, the log, signals and the like, and for connections on their way out.
const KEPT: u64 = 96;
/// For the requests and names of one cluster.
const CLUSTER: u64 = 8;
/// So many connections are taken in any case.
const LEAST: u32 = 16;

/// Raises the bound as far as it may be; returns how many connections of the API there are descriptors for.
pub(super) fn room(clusters: usize) -> u32 {
    let soft = raised(getrlimit(Resource::Nofile));
    let kept = KEPT + CLUSTER * clusters as u64;
    u32::try_from(soft.saturating_sub(kept)).unwrap_or(u32::MAX).max(LEAST)
}

/// Returns the bound after it was raised.
fn raised(limit: Rlimit) -> u64 {
    let soft = limit.current.unwrap_or(u64::MAX);
    let wanted = limit.maximum.unwrap_or(u64::MAX).min(WANTED);
    if soft >= wanted {
        return soft;
    }
    let more = Rlimit { current: Some(wanted), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, more) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, soft, "the number of descriptors cannot be raised");
            soft
        }
    }
}

/// Says so where a setting asks for more connections than there is room for.
pub(super) fn tell(room: u32, wanted: u32) {
    if room < wanted {
        tracing::warn!(
            room,
            wanted,
            "there are not as many descriptors as connections are allowed: raise `LimitNOFILE` of the unit, or lower \
             `connections_max` in `[api]`"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{CLUSTER, KEPT, LEAST, room};

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        let none = room(0);
        assert!(none >= LEAST && u64::from(none) + KEPT <= u64::from(u32::MAX));
        assert_eq!(
            u64::from(room(2).max(LEAST)),
            (u64::from(none) - 2 * CLUSTER).max(LEAST.into())
        );
        assert_eq!(room(1 << 40), LEAST);
    }
}
