//! Spans of time and what lies within them, exactly, though the span asked about is known only at the
//! end. Must not know kinds of jobs.

/// A closed stretch of time on the run's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

impl Span {
    /// Returns the smallest span over both.
    pub(crate) fn hull(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        let (Some(x), Some(y)) = (a, b) else {
            return a.or(b);
        };
        Some(Self { start_ms: x.start_ms.min(y.start_ms), end_ms: x.end_ms.max(y.end_ms) })
    }

    /// Returns the length in ms.
    pub(crate) fn length_ms(self) -> i128 {
        (i128::from(self.end_ms) - i128::from(self.start_ms)).max(0)
    }

    /// Returns the part of `other` that lies within, in ms.
    pub(crate) fn common_ms(self, other: Self) -> i128 {
        let start_ms = self.start_ms.max(other.start_ms);
        Self { start_ms, end_ms: self.end_ms.min(other.end_ms) }.length_ms()
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.start_ms <= other.start_ms && other.end_ms <= self.end_ms
    }
}

/// How much of some pieces, each a number of cores for a span, lies within a window.
///
/// The window known so far only grows, so whatever lies within it is settled at once; only what lies
/// outside is kept, at 24 bytes a piece.
#[derive(Debug, Default)]
pub(crate) struct Within {
    settled_core_ms: i128,
    kept: Vec<(Span, u32)>,
    sweep_at: usize,
}

/// Fewer kept pieces than this are not worth looking through again. Small, since each cluster keeps some, and
/// hundreds of clusters have room in a cache only for few.
const SWEEP_MIN: usize = 64;

impl Within {
    /// Adds a piece; `known` is the window as far as it is known.
    pub(crate) fn add(&mut self, span: Span, cores: u32, known: Option<Span>) {
        if let Some(known) = known
            && known.contains(span)
        {
            self.settled_core_ms += core_ms(span, cores);
            return;
        }
        self.kept.push((span, cores));
        if self.kept.len() >= self.sweep_at.max(SWEEP_MIN) {
            self.sweep(known);
        }
    }

    /// Settles what has come to lie within.
    fn sweep(&mut self, known: Option<Span>) {
        if let Some(known) = known {
            let within = self.kept.extract_if(.., |(span, _)| known.contains(*span));
            self.settled_core_ms += within.map(|(span, cores)| core_ms(span, cores)).sum::<i128>();
        }
        self.sweep_at = self.kept.len() * 2;
    }

    /// Returns the core ms within the window, now that all of it is known; none without one.
    pub(crate) fn core_ms(&self, window: Option<Span>) -> i128 {
        let Some(window) = window else { return 0 };
        let kept = self.kept.iter();
        let kept = kept.map(|&(span, cores)| window.common_ms(span) * i128::from(cores));
        self.settled_core_ms + kept.sum::<i128>()
    }
}

fn core_ms(span: Span, cores: u32) -> i128 {
    span.length_ms() * i128::from(cores)
}

/// A number of cores as a step function of time, integrated over a window.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    since_ms: i64,
    /// From then on; 0 before the first change.
    cores: u32,
    past: Within,
}

impl Steps {
    /// The number from `time_ms` on, not before the last change; `known` is the window as far as it
    /// is known.
    #[inline]
    pub(crate) fn set(&mut self, time_ms: i64, cores: u32, known: Option<Span>) {
        if cores == self.cores {
            return;
        }
        let span = Span { start_ms: self.since_ms, end_ms: time_ms };
        if self.cores > 0 && span.length_ms() > 0 {
            self.past.add(span, self.cores, known);
        }
        (self.since_ms, self.cores) = (time_ms, cores);
    }

    /// Returns the core ms within the window, now that all of it is known; the last number holds for
    /// ever.
    pub(crate) fn core_ms(&self, window: Option<Span>) -> i128 {
        let last = Span { start_ms: self.since_ms, end_ms: i64::MAX };
        let open_ms = window.map_or(0, |window| window.common_ms(last));
        self.past.core_ms(window) + open_ms * i128::from(self.cores)
    }
}

/// Returns milliseconds, or core milliseconds, as seconds.
pub(crate) fn seconds(value_ms: i128) -> f64 {
    value_ms as f64 / 1000.0
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
        for known in [None, Some(Span { start_ms: 12, end_ms: 13 })] {
            let mut steps = Steps::default();
            for (time_ms, cores) in [(0, 0), (10, 2), (20, 2), (30, 5), (30, 1), (40, 0)] {
                steps.set(time_ms, cores, known);
            }
            let within = |start_ms, end_ms| steps.core_ms(Some(Span { start_ms, end_ms }));
            assert_eq!(within(0, 100), 20 * 2 + 10);
            assert_eq!(within(12, 35), 18 * 2 + 5);
            assert_eq!((within(50, 60), steps.core_ms(None)), (0, 0));
        }
        let mut open = Steps::default();
        open.set(10, 3, None);
        assert_eq!(open.core_ms(Some(Span { start_ms: 0, end_ms: 20 })), 30);
    }

    #[test]
    fn pieces_are_settled_as_the_window_grows() {
        let mut within = Within::default();
        let end_ms = 3 * SWEEP_MIN as i64;
        for start_ms in 0..end_ms {
            let known = Some(Span { start_ms: 10, end_ms: (start_ms - 20).max(10) });
            within.add(Span { start_ms, end_ms: start_ms + 2 }, 1, known);
        }
        assert!(within.kept.len() <= 2 * SWEEP_MIN);
        let window = Span { start_ms: 10, end_ms: end_ms - 7 };
        // The first and the last piece lie in it by half.
        assert_eq!(within.core_ms(Some(window)), 2 * i128::from(end_ms - 17));
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
