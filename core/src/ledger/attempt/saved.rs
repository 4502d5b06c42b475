//! Attempts in a checkpoint: each in its slot, and the free slots in the order of their next use.

use serde::{Deserialize, Serialize};

use crate::ids::{ClusterId, PairIndex, RemoteJobId};
use crate::job::JobState;
use crate::ledger::attempt::{Attempt, AttemptWork, Attempts};
use crate::time::Timestamp;

/// All attempts, as they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedAttempts {
    slots: u32,
    serial: u64,
    /// Free slots as runs: the first, and how many, fewer than none for a descending run.
    free: Vec<(u32, i64)>,
    attempts: Vec<SavedAttempt>,
}

/// Slot, serial, campaign, cluster, pair index, work, state, remote, submitted, started, deadline,
/// gave up, unwanted, copies, deletions, recalled for.
/// A list, since names would be most of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedAttempt(
    u32,
    u64,
    u32,
    ClusterId,
    PairIndex,
    AttemptWork,
    JobState,
    Option<RemoteJobId>,
    Timestamp,
    Timestamp,
    Timestamp,
    bool,
    bool,
    #[serde(default)] u8,
    #[serde(default)] u8,
    #[serde(default)] Option<ClusterId>,
);

impl Attempts {
    pub(crate) fn save(&self) -> SavedAttempts {
        let Attempts { slots, free, serial } = self;
        let attempts = (0..).zip(slots).filter_map(|(slot, attempt)| {
            let Attempt {
                serial,
                campaign,
                cluster,
                pair_index,
                work,
                state,
                remote,
                submitted_at,
                started_at,
                deadline,
                gave_up_waiting,
                unwanted,
                copies,
                deletions,
                recalled_for,
            } = *attempt.as_ref()?;
            Some(SavedAttempt(
                slot,
                serial,
                campaign,
                cluster,
                pair_index,
                work,
                state,
                remote,
                submitted_at,
                started_at,
                deadline,
                gave_up_waiting,
                unwanted,
                copies,
                deletions,
                recalled_for,
            ))
        });
        SavedAttempts {
            // Slots are named in `u32`.
            slots: slots.len() as u32,
            serial: *serial,
            free: runs(free),
            attempts: attempts.collect(),
        }
    }

    /// Takes up saved attempts; none when a slot is used twice, or not at all.
    pub(crate) fn load(saved: SavedAttempts) -> Option<Attempts> {
        let SavedAttempts { slots: count, serial: last, free, attempts } = saved;
        // Before anything is allocated: every slot is either free or used.
        let free_count: u64 = free.iter().map(|(_, length)| length.unsigned_abs()).sum();
        if u64::from(count) != free_count + attempts.len() as u64 {
            return None;
        }
        let free = slots_of(&free)?;
        let mut slots: Vec<Option<Attempt>> = Vec::new();
        slots.resize_with(count as usize, || None);
        for attempt in attempts {
            let SavedAttempt(
                slot,
                serial,
                campaign,
                cluster,
                pair_index,
                work,
                state,
                remote,
                submitted_at,
                started_at,
                deadline,
                gave_up_waiting,
                unwanted,
                copies,
                deletions,
                recalled_for,
            ) = attempt;
            let place = slots.get_mut(slot as usize).filter(|place| place.is_none())?;
            if serial > last {
                return None;
            }
            *place = Some(Attempt {
                serial,
                campaign,
                cluster,
                pair_index,
                work,
                state,
                remote,
                submitted_at,
                started_at,
                deadline,
                gave_up_waiting,
                unwanted,
                copies,
                deletions,
                recalled_for,
            });
        }
        let mut unused = vec![true; slots.len()];
        for &slot in &free {
            let unused = unused.get_mut(slot as usize)?;
            if !std::mem::replace(unused, false) || slots[slot as usize].is_some() {
                return None;
            }
        }
        Some(Attempts { slots, free, serial: last })
    }
}

/// Writes slots that go up or down by one as one run.
fn runs(slots: &[u32]) -> Vec<(u32, i64)> {
    let mut runs: Vec<(u32, i64)> = Vec::new();
    for &slot in slots {
        let next = i64::from(slot);
        match runs.last_mut() {
            Some((first, length)) if *length > 0 && i64::from(*first) + *length == next => {
                *length += 1;
            }
            Some((first, length)) if *length < 0 && i64::from(*first) + *length == next => {
                *length -= 1;
            }
            Some((first, length)) if *length == 1 && i64::from(*first) - 1 == next => *length = -2,
            _ => runs.push((slot, 1)),
        }
    }
    runs
}

/// Returns the slots of runs; none when one is no slot.
fn slots_of(runs: &[(u32, i64)]) -> Option<Vec<u32>> {
    let mut slots = Vec::new();
    for &(first, length) in runs {
        let step = length.signum();
        for offset in 0..length.abs() {
            slots.push(u32::try_from(i64::from(first) + step * offset).ok()?);
        }
    }
    Some(slots)
}
