//! The reading rules: which rows of a trace become jobs, and with which figures.
//! Must not know files or formats. The rules are those of `archive` (users of the Parallel
//! Workloads Archive), `sc15` (Gaussier et al., SC'15, "strong filter") and `none`.

use crate::workload::{Clean, Dropped};

/// What the rules look at, as it stands in a row. Times are in any one unit; zero and less is
/// unknown for requested time and for processors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) submit: i64,
    pub(crate) run: i64,
    pub(crate) requested: i64,
    /// Whether more was requested than anybody may; `requested` has been cut.
    pub(crate) unlimited: bool,
    pub(crate) requested_procs: i64,
    pub(crate) allocated_procs: i64,
}

/// What the job is simulated with; the submission stays as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// Positive under every rule.
    pub(crate) procs: i64,
    pub(crate) run: i64,
    /// Requested time, if the row has one.
    pub(crate) requested: Option<i64>,
}

/// The first rule that refuses a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Submit,
    Runtime,
    Processors,
    TooLarge,
    RequestedTime,
}

/// Applies the rules to one row. `machine` is the machine's size, if known. Under `none` a
/// refusal is an error for the caller to raise; under the others the row is to be dropped.
#[inline]
pub(crate) fn judge(clean: Clean, machine: Option<u32>, row: &Figures) -> Result<Kept, Refusal> {
    let procs = if row.requested_procs > 0 { row.requested_procs } else { row.allocated_procs };
    let kept =
        Kept { procs, run: row.run, requested: (row.requested > 0).then_some(row.requested) };
    let first = match clean {
        Clean::Archive => [
            (row.submit < 0, Refusal::Submit),
            (row.run <= 0, Refusal::Runtime),
            (procs <= 0, Refusal::Processors),
            (larger(procs, machine), Refusal::TooLarge),
        ],
        Clean::None => [
            (row.submit < 0, Refusal::Submit),
            (row.run < 0, Refusal::Runtime),
            (procs <= 0, Refusal::Processors),
            (larger(procs, machine), Refusal::TooLarge),
        ],
        Clean::Sc15 => return sc15(machine, row, kept),
    };
    match first.into_iter().find(|(refused, _)| *refused) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(kept),
    }
}

fn sc15(machine: Option<u32>, row: &Figures, kept: Kept) -> Result<Kept, Refusal> {
    let too_large = larger(row.allocated_procs, machine) || larger(row.requested_procs, machine);
    let rules = [
        (too_large, Refusal::TooLarge),
        (kept.procs <= 0, Refusal::Processors),
        (row.run <= 0, Refusal::Runtime),
        (row.requested <= 0, Refusal::RequestedTime),
        (row.submit < 0, Refusal::Submit),
    ];
    match rules.into_iter().find(|(refused, _)| *refused) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(Kept { run: row.run.min(row.requested), ..kept }),
    }
}

/// Counts a kept row.
#[inline]
pub(crate) fn count_kept(dropped: &mut Dropped, row: &Figures) {
    dropped.unlimited += u64::from(row.unlimited);
    dropped.cut += u64::from(row.requested > 0 && row.run > row.requested);
    dropped.without_estimate += u64::from(row.requested <= 0);
}

/// Counts a dropped row.
pub(crate) fn count_dropped(dropped: &mut Dropped, refusal: Refusal) {
    let counter = match refusal {
        Refusal::Submit => &mut dropped.submit,
        Refusal::Runtime => &mut dropped.runtime,
        Refusal::Processors => &mut dropped.processors,
        Refusal::TooLarge => &mut dropped.too_large,
        Refusal::RequestedTime => &mut dropped.requested_time,
    };
    *counter += 1;
}

#[inline]
fn larger(procs: i64, machine: Option<u32>) -> bool {
    machine.is_some_and(|machine| procs > i64::from(machine))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(clean: Clean, row: [i64; 5]) -> String {
        let [submit, run, requested, requested_procs, allocated_procs] = row;
        let unlimited = false;
        let row = Figures { submit, run, requested, unlimited, requested_procs, allocated_procs };
        match judge(clean, Some(10), &row) {
            Ok(kept) => format!("{} procs {} of {:?}", kept.procs, kept.run, kept.requested),
            Err(refusal) => format!("{refusal:?}"),
        }
    }

    #[test]
    fn each_rule_refuses_in_its_order() {
        use Clean::{Archive, None, Sc15};
        for (clean, row, expected) in [
            (Archive, [0, 5, 3, 2, 4], "2 procs 5 of Some(3)"),
            (Archive, [0, 5, -1, -1, 4], "4 procs 5 of None"),
            (Archive, [-1, -1, -1, -1, -1], "Submit"),
            (Archive, [0, 0, -1, -1, -1], "Runtime"),
            (Archive, [0, 1, -1, 0, -1], "Processors"),
            (Archive, [0, 1, -1, 11, 1], "TooLarge"),
            (Archive, [0, 1, -1, 1, 11], "1 procs 1 of None"),
            (None, [0, 0, 0, 1, -1], "1 procs 0 of None"),
            (None, [-1, 0, 0, 1, -1], "Submit"),
            (None, [0, -1, 0, 1, -1], "Runtime"),
            (Sc15, [0, 5, 3, -1, 4], "4 procs 3 of Some(3)"),
            (Sc15, [0, 5, 9, 2, -1], "2 procs 5 of Some(9)"),
            (Sc15, [0, 5, 9, 2, 11], "TooLarge"),
            (Sc15, [-1, 5, 0, 2, 2], "RequestedTime"),
            (Sc15, [-1, 5, 1, 2, 2], "Submit"),
            (Sc15, [-1, 0, 0, 0, 0], "Processors"),
        ] {
            assert_eq!(check(clean, row), expected, "{clean:?} {row:?}");
        }
    }
}
