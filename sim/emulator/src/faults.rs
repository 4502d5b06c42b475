//! Faults that are injected into a cluster's API: latency, lost answers, false answers, outages.
//! Decides, by a random stream of its own, before a request reaches the cluster; carries out
//! nothing. Must not know routes, nor what is asked.

use gleaner_sim::api_faults::{ApiFaults, OutageKind};
use gleaner_sim::time::{SimSpan, SimTime};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// What a request does, as far as faults depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// It only reads.
    Read,
    /// It submits jobs.
    Submit,
    /// It changes something else.
    Change,
}

/// How a request is handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// It is carried out and answered.
    Pass,
    /// It is carried out and answered with a body under a wrong type.
    WrongType,
    /// It is carried out and answered with a body that breaks off.
    Truncated,
    /// It is not carried out and never answered.
    Silence,
    /// It is carried out and never answered.
    SilenceAfter,
    /// It is carried out later and never answered.
    Late,
    /// It is not carried out; the connection is closed.
    Reset,
    /// It is not carried out, 500 in plain text.
    Error,
    /// It is carried out, 500 in plain text.
    ErrorAfter,
    /// It is not carried out, 500 in HTML.
    Html,
    /// It is carried out, 500 in HTML.
    HtmlAfter,
    /// Thousandths of its jobs are recorded, 500 in plain text.
    Partial(u32),
    /// It is not carried out, 502 in HTML.
    BadGateway,
    /// It is not carried out, 503 in HTML.
    Unavailable,
    /// It is not carried out: the identity of the caller is refused.
    Unauthorized,
}

/// Injects faults into the API of one cluster.
pub struct FaultInjector {
    faults: ApiFaults,
    rng: Pcg64Mcg,
    /// Requests that the API's process has answered; none while there is no process.
    answered: Option<u32>,
}

impl FaultInjector {
    /// Creates an injector with its own random stream.
    pub fn new(faults: ApiFaults, rng: Pcg64Mcg) -> FaultInjector {
        FaultInjector { faults, rng, answered: Some(0) }
    }

    /// Returns what goes wrong, and how often.
    pub fn faults(&self) -> &ApiFaults {
        &self.faults
    }

    /// Decides how a request is handled that comes at `now` while `others` more are being answered.
    /// Returns the wall time before the answer as well.
    pub fn decide(&mut self, now: SimTime, kind: RequestKind, others: u32) -> (Handling, SimSpan) {
        let mut delay = self.faults.latency;
        if self.faults.latency_spread > SimSpan::ZERO {
            let spread_ms = self.faults.latency_spread.ms();
            delay = delay + SimSpan::from_ms(self.rng.random_range(0..=spread_ms));
        }
        let outage = self.faults.outages.iter().find(|outage| outage.covers(now)).copied();
        let handling = match outage {
            Some(outage) => in_outage(outage.kind),
            None if self.finds_no_process() => Handling::Html,
            None if self.faults.unsafe_concurrency && others > 0 => self.spoilt(kind, others),
            None => self.handling(kind),
        };
        (handling, delay)
    }

    /// Notes that the API's process has died of a request.
    pub fn process_died(&mut self) {
        self.answered = None;
    }

    /// Whether there is no process to answer a request; the next one finds a new one.
    fn finds_no_process(&mut self) -> bool {
        let Some(life) = self.faults.process_life else { return false };
        let alive = self.answered.filter(|answered| *answered < life);
        self.answered = Some(alive.map_or(0, |answered| answered + 1));
        alive.is_none()
    }

    fn handling(&mut self, kind: RequestKind) -> Handling {
        let faults = &self.faults;
        let submit = |p: f64| if kind == RequestKind::Submit { p } else { 0.0 };
        let table = [
            (faults.reset, Handling::Reset),
            (faults.bad_gateway, Handling::BadGateway),
            (faults.unavailable, Handling::Unavailable),
            (faults.unauthorized, Handling::Unauthorized),
            (faults.timeout_before, Handling::Silence),
            (faults.timeout_after, Handling::SilenceAfter),
            (submit(faults.late_post), Handling::Late),
            (faults.error_before, Handling::Error),
            (faults.error_after, Handling::ErrorAfter),
            (faults.html_error, Handling::Html),
            (submit(faults.partial_array), Handling::Partial(0)),
            (faults.wrong_content_type, Handling::WrongType),
            (faults.truncated_body, Handling::Truncated),
        ];
        // Random numbers are drawn only where something may happen: without faults nothing is drawn.
        let happened = table.into_iter().find(|(p, _)| *p > 0.0 && self.rng.random::<f64>() < *p);
        match happened.map(|(_, handling)| handling) {
            Some(Handling::Html) if self.rng.random() => Handling::HtmlAfter,
            Some(Handling::Partial(_)) => Handling::Partial(self.rng.random_range(0..1000)),
            Some(handling) => handling,
            None => Handling::Pass,
        }
    }

    /// As recorded from a real OAR 3: of requests two, four and eight at a time, 16, 57 and 91 in a
    /// hundred were answered 500; of arrays answered so, a third left nothing, a third a part, a
    /// third was complete.
    fn spoilt(&mut self, kind: RequestKind, others: u32) -> Handling {
        let p = match others {
            0 => return Handling::Pass,
            1 => 0.16,
            2 | 3 => 0.57,
            _ => 0.91,
        };
        if self.rng.random::<f64>() >= p {
            return self.handling(kind);
        }
        match (kind, self.rng.random_range(0..3)) {
            (RequestKind::Read, _) | (_, 0) => Handling::Error,
            (RequestKind::Submit, 1) => Handling::Partial(self.rng.random_range(0..1000)),
            (RequestKind::Submit | RequestKind::Change, _) => Handling::ErrorAfter,
        }
    }
}

/// How every request is handled in an outage.
fn in_outage(kind: OutageKind) -> Handling {
    match kind {
        OutageKind::Refused => Handling::Reset,
        OutageKind::Silent => Handling::Silence,
        OutageKind::Wedged => Handling::Error,
        OutageKind::BadGateway => Handling::BadGateway,
        OutageKind::Unavailable => Handling::Unavailable,
        OutageKind::Unauthorized => Handling::Unauthorized,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gleaner_sim::api_faults::Outage;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn injector(faults: ApiFaults) -> FaultInjector {
        FaultInjector::new(faults, Pcg64Mcg::seed_from_u64(7))
    }

    #[test]
    fn an_injector_without_faults_draws_nothing() {
        let mut injector = injector(ApiFaults::default());
        for _ in 0..100 {
            let decided = injector.decide(SimTime::ZERO, RequestKind::Submit, 3);
            assert_eq!(decided, (Handling::Pass, SimSpan::ZERO));
        }
        assert_eq!(injector.rng.next_u64(), Pcg64Mcg::seed_from_u64(7).next_u64());
    }

    #[test]
    fn faults_come_as_often_as_asked_and_again_alike() {
        let faults = ApiFaults { timeout_after: 0.1, html_error: 0.2, ..ApiFaults::default() };
        let count = || {
            let mut injector = injector(faults.clone());
            let mut seen = BTreeMap::new();
            for _ in 0..10_000 {
                let (handling, _) = injector.decide(SimTime::ZERO, RequestKind::Read, 0);
                *seen.entry(format!("{handling:?}")).or_insert(0) += 1;
            }
            seen
        };
        let seen = count();
        assert_eq!(seen, count());
        assert!((900..1100).contains(&seen["SilenceAfter"]), "{seen:?}");
        assert!((700..1100).contains(&seen["Html"]), "{seen:?}");
        assert!((700..1100).contains(&seen["HtmlAfter"]), "{seen:?}");
    }

    #[test]
    fn only_submissions_come_late_or_in_part() {
        let mut injector =
            injector(ApiFaults { late_post: 0.5, partial_array: 1.0, ..ApiFaults::default() });
        for _ in 0..100 {
            assert_eq!(injector.decide(SimTime::ZERO, RequestKind::Read, 0).0, Handling::Pass);
            let handling = injector.decide(SimTime::ZERO, RequestKind::Submit, 0).0;
            assert!(
                matches!(handling, Handling::Late | Handling::Partial(0..1000)),
                "{handling:?}"
            );
        }
    }

    #[test]
    fn an_outage_has_a_beginning_and_an_end() {
        let (from, to) = (SimTime::from_s(10), SimTime::from_s(20));
        let outages = vec![Outage { kind: OutageKind::BadGateway, from, to }];
        let mut injector = injector(ApiFaults { outages, ..ApiFaults::default() });
        let mut at = |s| injector.decide(SimTime::from_s(s), RequestKind::Read, 0).0;
        assert_eq!(
            [at(9), at(10), at(19), at(20)],
            [Handling::Pass, Handling::BadGateway, Handling::BadGateway, Handling::Pass]
        );
    }

    #[test]
    fn a_process_is_gone_after_so_many_requests_or_when_it_dies() {
        let mut injector = injector(ApiFaults { process_life: Some(3), ..ApiFaults::default() });
        let mut failed = |requests: usize| {
            let handled =
                (0..requests).map(|_| injector.decide(SimTime::ZERO, RequestKind::Change, 0).0);
            let failed = handled.enumerate().filter(|(_, handling)| *handling == Handling::Html);
            failed.map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(failed(9), [3, 7]);
        injector.process_died();
        assert_eq!(injector.decide(SimTime::ZERO, RequestKind::Read, 0).0, Handling::Html);
        assert_eq!(injector.decide(SimTime::ZERO, RequestKind::Read, 0).0, Handling::Pass);
    }

    #[test]
    fn overlapping_requests_spoil_each_other() {
        let mut injector = injector(ApiFaults { unsafe_concurrency: true, ..ApiFaults::default() });
        let mut failed = |others| {
            let handled =
                (0..1000).map(|_| injector.decide(SimTime::ZERO, RequestKind::Submit, others).0);
            handled.filter(|handling| *handling != Handling::Pass).count()
        };
        assert_eq!(failed(0), 0);
        assert!((120..200).contains(&failed(1)));
        assert!((880..940).contains(&failed(7)));
    }
}
