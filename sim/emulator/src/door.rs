//! What goes wrong at the door of a cluster's API: latency, lost answers, false answers, outages.
//! Decides, by a stream of chance of its own, before a request reaches the cluster; carries out
//! nothing. Must not know routes, nor what is asked.

use gleaner_sim::time::{SimSpan, SimTime};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;

/// What can go wrong, and how often. Probabilities from 0 to 1; the default is never.
#[derive(Clone, Debug, Default)]
pub struct DoorFaults {
    /// Wall time before each answer.
    pub latency: SimSpan,
    /// At most so much more, drawn evenly.
    pub latency_spread: SimSpan,
    /// Wall time for which an unanswered connection is held.
    pub hang: SimSpan,
    /// No answer, and no effect.
    pub timeout_before: f64,
    /// No answer, but the effect.
    pub timeout_after: f64,
    /// A 500 without effect.
    pub error_before: f64,
    /// A 500 after the effect.
    pub error_after: f64,
    /// A 500 in HTML, with or without effect.
    pub html_error: f64,
    /// Per submission: only the first part of an array is recorded, and the answer is a 500.
    pub partial_array: f64,
    /// An answer under a wrong content type.
    pub wrong_content_type: f64,
    /// An answer whose body breaks off.
    pub truncated_body: f64,
    /// A valid identity is refused as if it had expired.
    pub unauthorized: f64,
    /// A 502 of a proxy, without effect.
    pub bad_gateway: f64,
    /// A 503 of a proxy, without effect.
    pub unavailable: f64,
    /// The connection is closed without a byte, without effect.
    pub reset: f64,
    /// Per submission: no answer, and the effect comes later.
    pub late_post: f64,
    /// How much later, in emulated time.
    pub late_by: SimSpan,
    /// Requests that overlap spoil each other, as OAR 3's do.
    pub unsafe_concurrency: bool,
    /// The API's process answers so many requests and is gone: the next one is answered 500 in HTML
    /// by the web server, without effect, and finds a new process. So is the one after a request
    /// of which a process dies.
    pub process_life: Option<u32>,
    /// Times at which everything fails in one way.
    pub outages: Vec<Outage>,
}

/// A time in which an API is out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// What becomes of every request.
    pub verdict: Verdict,
    /// From this instant on.
    pub from: SimTime,
    /// Until just before this one.
    pub to: SimTime,
}

/// What a request is to the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// It only reads.
    Read,
    /// It submits jobs.
    Submit,
    /// It changes something else.
    Order,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is answered.
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
    /// It is not carried out: whoever calls is not believed.
    Unauthorized,
}

/// A verdict, and how long it takes to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// What becomes of the request.
    pub verdict: Verdict,
    /// Wall time before the answer.
    pub delay: SimSpan,
}

/// The door of one cluster.
pub struct Door {
    faults: DoorFaults,
    chance: Pcg64Mcg,
    /// Requests that the API's process has answered; none while there is no process.
    answered: Option<u32>,
}

impl Door {
    /// A door with its own stream of chance.
    pub fn new(faults: DoorFaults, chance: Pcg64Mcg) -> Door {
        Door { faults, chance, answered: Some(0) }
    }

    /// Wall time for which an unanswered connection is held.
    pub fn hang(&self) -> SimSpan {
        self.faults.hang
    }

    /// How much later a late submission takes effect.
    pub fn late_by(&self) -> SimSpan {
        self.faults.late_by
    }

    /// Decides about a request that comes at `now` while `others` more are being answered.
    pub fn fate(&mut self, now: SimTime, errand: Errand, others: u32) -> Fate {
        let mut delay = self.faults.latency;
        if self.faults.latency_spread > SimSpan::ZERO {
            let spread_ms = self.faults.latency_spread.ms();
            delay = delay + SimSpan::from_ms(self.chance.random_range(0..=spread_ms));
        }
        let outage = self.faults.outages.iter().find(|o| (o.from..o.to).contains(&now)).copied();
        let verdict = match outage {
            Some(outage) => outage.verdict,
            None if self.finds_no_process() => Verdict::Html,
            None if self.faults.unsafe_concurrency && others > 0 => self.spoilt(errand, others),
            None => self.verdict(errand),
        };
        Fate { verdict, delay }
    }

    /// The API's process has died of a request.
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

    fn verdict(&mut self, errand: Errand) -> Verdict {
        let faults = &self.faults;
        let submit = |p: f64| if errand == Errand::Submit { p } else { 0.0 };
        let table = [
            (faults.reset, Verdict::Reset),
            (faults.bad_gateway, Verdict::BadGateway),
            (faults.unavailable, Verdict::Unavailable),
            (faults.unauthorized, Verdict::Unauthorized),
            (faults.timeout_before, Verdict::Silence),
            (faults.timeout_after, Verdict::SilenceAfter),
            (submit(faults.late_post), Verdict::Late),
            (faults.error_before, Verdict::Error),
            (faults.error_after, Verdict::ErrorAfter),
            (faults.html_error, Verdict::Html),
            (submit(faults.partial_array), Verdict::Partial(0)),
            (faults.wrong_content_type, Verdict::WrongType),
            (faults.truncated_body, Verdict::Truncated),
        ];
        // Chance is asked only where something may happen: a perfect door draws nothing.
        let happened =
            table.into_iter().find(|(p, _)| *p > 0.0 && self.chance.random::<f64>() < *p);
        match happened.map(|(_, verdict)| verdict) {
            Some(Verdict::Html) if self.chance.random() => Verdict::HtmlAfter,
            Some(Verdict::Partial(_)) => Verdict::Partial(self.chance.random_range(0..1000)),
            Some(verdict) => verdict,
            None => Verdict::Pass,
        }
    }

    /// As recorded from a real OAR 3: of requests two, four and eight at a time, 16, 57 and 91 in a
    /// hundred were answered 500; of arrays answered so, a third left nothing, a third a part, a
    /// third was complete.
    fn spoilt(&mut self, errand: Errand, others: u32) -> Verdict {
        let p = match others {
            0 => return Verdict::Pass,
            1 => 0.16,
            2 | 3 => 0.57,
            _ => 0.91,
        };
        if self.chance.random::<f64>() >= p {
            return self.verdict(errand);
        }
        match (errand, self.chance.random_range(0..3)) {
            (Errand::Read, _) | (_, 0) => Verdict::Error,
            (Errand::Submit, 1) => Verdict::Partial(self.chance.random_range(0..1000)),
            (Errand::Submit | Errand::Order, _) => Verdict::ErrorAfter,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::{Rng, SeedableRng};

    use super::*;

    fn door(faults: DoorFaults) -> Door {
        Door::new(faults, Pcg64Mcg::seed_from_u64(7))
    }

    #[test]
    fn a_perfect_door_draws_nothing() {
        let mut door = door(DoorFaults::default());
        for _ in 0..100 {
            let fate = door.fate(SimTime::ZERO, Errand::Submit, 3);
            assert_eq!(fate, Fate { verdict: Verdict::Pass, delay: SimSpan::ZERO });
        }
        assert_eq!(door.chance.next_u64(), Pcg64Mcg::seed_from_u64(7).next_u64());
    }

    #[test]
    fn faults_come_as_often_as_asked_and_again_alike() {
        let faults = DoorFaults { timeout_after: 0.1, html_error: 0.2, ..DoorFaults::default() };
        let count = || {
            let mut door = door(faults.clone());
            let mut seen = BTreeMap::new();
            for _ in 0..10_000 {
                let fate = door.fate(SimTime::ZERO, Errand::Read, 0);
                *seen.entry(format!("{:?}", fate.verdict)).or_insert(0) += 1;
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
        let mut door =
            door(DoorFaults { late_post: 0.5, partial_array: 1.0, ..DoorFaults::default() });
        for _ in 0..100 {
            assert_eq!(door.fate(SimTime::ZERO, Errand::Read, 0).verdict, Verdict::Pass);
            let verdict = door.fate(SimTime::ZERO, Errand::Submit, 0).verdict;
            assert!(matches!(verdict, Verdict::Late | Verdict::Partial(0..1000)), "{verdict:?}");
        }
    }

    #[test]
    fn an_outage_has_a_beginning_and_an_end() {
        let (from, to) = (SimTime::from_s(10), SimTime::from_s(20));
        let outages = vec![Outage { verdict: Verdict::BadGateway, from, to }];
        let mut door = door(DoorFaults { outages, ..DoorFaults::default() });
        let mut at = |s| door.fate(SimTime::from_s(s), Errand::Read, 0).verdict;
        assert_eq!(
            [at(9), at(10), at(19), at(20)],
            [Verdict::Pass, Verdict::BadGateway, Verdict::BadGateway, Verdict::Pass]
        );
    }

    #[test]
    fn a_process_is_gone_after_so_many_requests_or_when_it_dies() {
        let mut door = door(DoorFaults { process_life: Some(3), ..DoorFaults::default() });
        let mut failed = |requests: usize| {
            let fates = (0..requests).map(|_| door.fate(SimTime::ZERO, Errand::Order, 0).verdict);
            let failed = fates.enumerate().filter(|(_, verdict)| *verdict == Verdict::Html);
            failed.map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(failed(9), [3, 7]);
        door.process_died();
        assert_eq!(door.fate(SimTime::ZERO, Errand::Read, 0).verdict, Verdict::Html);
        assert_eq!(door.fate(SimTime::ZERO, Errand::Read, 0).verdict, Verdict::Pass);
    }

    #[test]
    fn overlapping_requests_spoil_each_other() {
        let mut door = door(DoorFaults { unsafe_concurrency: true, ..DoorFaults::default() });
        let mut failed = |others| {
            let fates = (0..1000).map(|_| door.fate(SimTime::ZERO, Errand::Submit, others).verdict);
            fates.filter(|verdict| *verdict != Verdict::Pass).count()
        };
        assert_eq!(failed(0), 0);
        assert!((120..200).contains(&failed(1)));
        assert!((880..940).contains(&failed(7)));
    }
}
