//! Resources of a slot that may be used twice: shared in time, or reserved by a placeholder, with
//! OAR's rules for who may join whom.

use crate::oar::model::bits::{self, Bits};

/// Who shares with whom: user and job name, `*` for all, literally compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sharing {
    /// User, or `*`.
    pub user: String,
    /// Job name, or `*`.
    pub name: String,
}

/// How a job shares or reserves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joins {
    /// Shares its resources in time, under this key.
    pub shares: Option<Sharing>,
    /// Reserves its resources under this name.
    pub reserves: Option<String>,
    /// May use the resources reserved under this name.
    pub enters: Option<String>,
}

impl Joins {
    /// Whether the free set of the job depends on others' sharing.
    #[must_use]
    pub fn may_join(&self) -> bool {
        self.shares.is_some() || self.enters.is_some()
    }

    /// Whether the job neither shares nor reserves nor enters.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.may_join() && self.reserves.is_none()
    }
}

/// Shared and reserved resources of one slot.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    times: Vec<(Sharing, Bits)>,
    holders: Vec<(String, Bits)>,
}

impl Shared {
    fn time(&self, user: &str, name: &str) -> Option<&Bits> {
        let found = self.times.iter().find(|(key, _)| key.user == user && key.name == name);
        found.map(|(_, set)| set)
    }

    /// What a job may use beyond the free resources. As in OAR, sharing with all users hides
    /// sharing with one's own user.
    pub(super) fn add_joinable(&self, joins: &Joins, user: &str, name: &str, free: &mut [u64]) {
        if joins.shares.is_some() {
            let all_users = self.times.iter().any(|(key, _)| key.user == "*");
            let user = if all_users { "*" } else { user };
            if let Some(set) = self.time(user, "*").or_else(|| self.time(user, name)) {
                bits::unite(free, set);
            }
        }
        if let Some(entered) = &joins.enters
            && let Some((_, set)) = self.holders.iter().find(|(holder, _)| holder == entered)
        {
            bits::unite(free, set);
        }
    }

    /// Notes a job that takes resources. OAR (`real`) keeps the resources of the first job that
    /// shares under a key, and of the last that reserves under a name.
    pub(super) fn note_taken(&mut self, joins: &Joins, set: &[u64], real: bool) {
        if let Some(key) = &joins.shares {
            match self.times.iter_mut().find(|(known, _)| known == key) {
                None => self.times.push((key.clone(), set.into())),
                Some((_, held)) if !real => bits::unite(held, set),
                Some(_) => {}
            }
        }
        if let Some(entered) = &joins.enters
            && let Some((_, held)) = self.holders.iter_mut().find(|(name, _)| name == entered)
        {
            bits::remove(held, set);
        }
        if let Some(reserved) = &joins.reserves {
            match self.holders.iter_mut().find(|(name, _)| name == reserved) {
                None => self.holders.push((reserved.clone(), set.into())),
                Some((_, held)) if real => held.copy_from_slice(set),
                Some((_, held)) => bits::unite(held, set),
            }
        }
    }
}
