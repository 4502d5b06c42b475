//! Spans of time and what lies within them, exactly, though the horizon is known only at the end.
//! Must not know kinds of jobs.

/// A closed stretch of time on the run's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

impl Span {
    /// The smallest span over both.
    pub(crate) fn hull(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        let (Some(x), Some(y)) = (a, b) else {
            return a.or(b);
        };
        Some(Self { start_ms: x.start_ms.min(y.start_ms), end_ms: x.end_ms.max(y.end_ms) })
    }

    /// Length in ms.
    pub(crate) fn length_ms(self) -> i128 {
        (i128::from(self.end_ms) - i128::from(self.start_ms)).max(0)
    }

    /// The part of `other` that lies within, in ms.
    pub(crate) fn common_ms(self, other: Self) -> i128 {
        let start_ms = self.start_ms.max(other.start_ms);
        Self { start_ms, end_ms: self.end_ms.min(other.end_ms) }.length_ms()
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.start_ms <= other.start_ms && other.end_ms <= self.end_ms
    }
}

/// What becomes of the core seconds of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Run time of a best-effort attempt that succeeded.
    Harvested,
    /// Run time of another attempt of a campaign that succeeded.
    Useful,
    /// Held by a best-effort job that was killed.
    Killed,
    /// Held by a campaign for nothing.
    Wasted,
}

/// Some cores held for some time by a campaign's job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) span: Span,
    pub(crate) cores: u32,
    pub(crate) campaign: Option<u32>,
    pub(crate) used: Use,
}

/// Pieces that may yet lie outside the horizon.
///
/// A horizon known so far only grows, so whatever lies within it is settled at once; only what lies
/// before the first local job or after the last is kept, at 32 bytes each.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    pieces: Vec<Piece>,
    sweep_at: usize,
}

/// Fewer kept pieces than this are not worth looking through again.
const SWEEP_MIN: usize = 4096;

impl Unsettled {
    /// Keeps a piece; now and then hands back those that have come to lie within `known`.
    pub(crate) fn keep(&mut self, piece: Piece, known: Option<Span>, settle: impl FnMut(&Piece)) {
        self.pieces.push(piece);
        if self.pieces.len() < self.sweep_at.max(SWEEP_MIN) {
            return;
        }
        if let Some(known) = known {
            self.pieces.extract_if(.., |p| known.contains(p.span)).for_each({
                let mut settle = settle;
                move |piece| settle(&piece)
            });
        }
        self.sweep_at = self.pieces.len() * 2;
    }

    /// Hands over all that is left.
    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }
}

/// A step function of time, integrated over a span once that is known.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// From when on, and the value; times ascend, values of neighbours differ.
    changes: Vec<(i64, u32)>,
}

impl Steps {
    /// The value from `time_ms` on, not before the last change.
    pub(crate) fn set(&mut self, time_ms: i64, value: u32) {
        match self.changes.last_mut() {
            Some((_, last)) if *last == value => {}
            None if value == 0 => {}
            Some((last_ms, last)) if *last_ms == time_ms => *last = value,
            _ => self.changes.push((time_ms, value)),
        }
    }

    /// Value x ms within `span`; 0 before the first change.
    pub(crate) fn integral_ms(&self, span: Span) -> i128 {
        let ends = self.changes.iter().skip(1).map(|&(time_ms, _)| time_ms).chain([i64::MAX]);
        self.changes
            .iter()
            .zip(ends)
            .map(|(&(start_ms, value), end_ms)| {
                span.common_ms(Span { start_ms, end_ms }) * i128::from(value)
            })
            .sum()
    }
}

/// A sum of many doubles whose error does not grow with their number (Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    #[inline]
    pub(crate) fn add(&mut self, value: f64) {
        let next = self.total + value;
        self.lost += if self.total.abs() >= value.abs() {
            (self.total - next) + value
        } else {
            (value - next) + self.total
        };
        self.total = next;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.add(other.total);
        self.add(other.lost);
    }

    pub(crate) fn value(self) -> f64 {
        self.total + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_function_is_integrated_within_the_span() {
        let mut steps = Steps::default();
        for (time_ms, value) in [(0, 0), (10, 2), (20, 2), (30, 5), (30, 1), (40, 0)] {
            steps.set(time_ms, value);
        }
        let within = |start_ms, end_ms| steps.integral_ms(Span { start_ms, end_ms });
        assert_eq!(within(0, 100), 20 * 2 + 10);
        assert_eq!(within(15, 35), 15 * 2 + 5);
        assert_eq!(within(50, 60), 0);
        assert_eq!(within(60, 50), 0);
    }

    #[test]
    fn a_long_sum_loses_nothing() {
        let mut sum = Sum::default();
        for value in [1e16, 1.0, 1.0, -1e16] {
            sum.add(value);
        }
        assert_eq!(sum.value(), 2.0);
    }
}
