//! Plain, slow, obviously right versions of the textbook schedulers: lists are walked, nothing is
//! remembered from pass to pass. Cores have numbers only because those of a node leave together.

use std::collections::BTreeMap;

use gleaner_sim::job::JobSpec;
use gleaner_sim::sizes::SizeChange;
use gleaner_sim::textbook::Rhythm;

use crate::instance::Instance;

/// A bit for each core: instances are small.
type Cores = u64;

/// An owner's job in plain milliseconds.
#[derive(Clone, Copy, Debug)]
struct Plain {
    number: u64,
    submit: i64,
    cores: i64,
    run: i64,
    estimate: i64,
}

/// A job with a start; in a plan, one that has none starts never.
#[derive(Clone, Debug)]
struct Held {
    job: Plain,
    start: Option<i64>,
    on: Cores,
}

/// A cluster, its owners' jobs and what is on it.
struct Site<'a> {
    order: Order,
    rhythm: Rhythm,
    jobs: Vec<Plain>,
    sizes: &'a [SizeChange],
    cores: u32,
    cores_per_node: u32,
    /// Cores of nodes that are not there, or are about to leave.
    closed: Cores,
    /// In order of start.
    running: Vec<Held>,
    starts: Vec<(u64, i64)>,
}

/// Start times (milliseconds) of the owners' jobs, by number, without failures and visitors, where nodes
/// leave when their jobs are over.
pub(crate) fn starts(instance: &Instance, name: &str) -> Vec<(u64, i64)> {
    let plain = |spec: &JobSpec| Plain {
        number: spec.number,
        submit: spec.submit.ms(),
        cores: i64::from(spec.cores),
        run: spec.run_within_walltime().ms(),
        estimate: instance.estimates.of(spec).ms(),
    };
    let mut site = Site {
        order: order(name),
        rhythm: instance.rhythm,
        jobs: instance.owners.iter().map(plain).collect(),
        sizes: &instance.sizes.changes,
        cores: instance.cores(),
        cores_per_node: instance.cores_per_node,
        closed: 0,
        running: Vec::new(),
        starts: Vec::new(),
    };
    site.resize(instance.sizes.at_start.unwrap_or(instance.nodes));
    match site.order {
        Order::Planned => site.conservative(),
        Order::Arrival | Order::NewestFirst | Order::Backfill { .. } => site.queued(),
    }
    site.starts.sort_unstable();
    site.starts
}

/// Who is served next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Who came first; nobody overtakes.
    Arrival,
    /// Who came last; nobody overtakes.
    NewestFirst,
    /// Who came first; others may overtake without delaying it.
    Backfill { shortest_first: bool },
    /// Everybody at a time of their own.
    Planned,
}

fn order(name: &str) -> Order {
    match name {
        "fcfs" => Order::Arrival,
        "lifo" => Order::NewestFirst,
        "easy" => Order::Backfill { shortest_first: false },
        "easy-sjbf" => Order::Backfill { shortest_first: true },
        "conservative" => Order::Planned,
        _ => panic!("`{name}` has no plain version here yet"),
    }
}

impl Order {
    fn backfills(self) -> bool {
        matches!(self, Order::Backfill { .. })
    }
}

fn planned(held: &Held) -> i64 {
    held.start.expect("a job that runs has started") + held.job.estimate
}

fn over(held: &Held) -> i64 {
    held.start.expect("a job that runs has started") + held.job.run
}

/// The `number` lowest cores.
fn first(number: u32) -> Cores {
    Cores::MAX.checked_shr(Cores::BITS - number).unwrap_or(0)
}

fn count(cores: Cores) -> i64 {
    i64::from(cores.count_ones())
}

impl Site<'_> {
    /// Returns whether anything is other than before.
    fn resize(&mut self, nodes: u32) -> bool {
        let closed = first(self.cores) & !first(nodes * self.cores_per_node);
        closed != std::mem::replace(&mut self.closed, closed)
    }

    /// Cores that can be used again when a job ends.
    fn gives_back(&self, held: &Held) -> i64 {
        count(held.on & !self.closed)
    }

    /// Whoever's planned end has come holds nothing any more; else the next end event frees it at this
    /// same instant.
    fn free(&self, now: i64) -> Cores {
        let holds = |held: &&Held| !self.order.backfills() || planned(held) > now;
        let held = self.running.iter().filter(holds).fold(0, |all, held| all | held.on);
        first(self.cores) & !held & !self.closed
    }

    fn start(&mut self, job: Plain, now: i64) {
        let (mut free, mut on) = (self.free(now), 0);
        assert!(count(free) >= job.cores, "no room for job {} at {now}", job.number);
        while count(on) < job.cores {
            on |= free & free.wrapping_neg();
            free &= !on;
        }
        self.starts.push((job.number, now));
        self.running.push(Held { job, start: Some(now), on });
    }

    /// What happens next: when, and whether it is a submission, an end or another size.
    fn next(&self, arrived: usize, resized: usize) -> [Option<i64>; 3] {
        let arrival = self.jobs.get(arrived).map(|job| job.submit);
        let end = self.running.iter().map(over).min();
        [arrival, end, self.sizes.get(resized).map(|change| change.time.ms())]
    }

    fn end_one(&mut self, now: i64) {
        let first = self.running.iter().position(|held| over(held) == now);
        self.running.remove(first.expect("an end was seen"));
    }

    /// FCFS, LIFO, EASY and EASY-SJBF: events in order, a pass after each (or after each instant).
    fn queued(&mut self) {
        let (mut arrived, mut resized) = (0, 0);
        let mut queue: Vec<Plain> = Vec::new();
        loop {
            let next = self.next(arrived, resized);
            let Some(now) = next.into_iter().flatten().min() else { return };
            let mut pass_wanted = true;
            if next[0] == Some(now) {
                let job = self.jobs[arrived];
                queue.push(job);
                pass_wanted = job.cores <= count(self.free(now));
                arrived += 1;
            } else if next[1] == Some(now) {
                self.end_one(now);
            } else {
                pass_wanted = self.resize(self.sizes[resized].nodes);
                resized += 1;
            }
            let more = self.next(arrived, resized).contains(&Some(now));
            if self.rhythm == Rhythm::Event && pass_wanted
                || self.rhythm == Rhythm::Instant && !more
            {
                self.pass(now, &mut queue);
            }
        }
    }

    fn pass(&mut self, now: i64, queue: &mut Vec<Plain>) {
        let free = |site: &Site<'_>| count(site.free(now));
        loop {
            let newest = self.order == Order::NewestFirst;
            let head = if newest { queue.len().saturating_sub(1) } else { 0 };
            if queue.get(head).is_none_or(|head| head.cores > free(self)) {
                break;
            }
            let head = queue.remove(head);
            self.start(head, now);
        }
        if !self.order.backfills() || queue.is_empty() {
            return;
        }
        let head = queue.remove(0);
        let mut ends: Vec<(i64, i64)> = self
            .running
            .iter()
            .filter(|held| planned(held) > now)
            .map(|held| (planned(held), self.gives_back(held)))
            .collect();
        ends.sort_unstable();
        let now_free = free(self);
        let free_at = |time: i64| {
            let ended = ends.iter().filter(|(end, _)| *end <= time);
            now_free + ended.map(|(_, cores)| cores).sum::<i64>()
        };
        let shadow = ends.iter().map(|(end, _)| *end).find(|end| free_at(*end) >= head.cores);
        let mut extra = shadow.map_or(0, |shadow| free_at(shadow) - head.cores);
        let mut rest = std::mem::take(queue);
        if self.order == (Order::Backfill { shortest_first: true }) {
            rest.sort_by_key(|job| (job.estimate, job.submit, job.number));
        }
        for job in rest {
            // Nothing delays a head that never fits.
            let in_time = shadow.is_none_or(|shadow| now + job.estimate <= shadow);
            if job.cores <= free(self) && (in_time || job.cores <= extra) {
                extra -= if in_time { 0 } else { job.cores };
                self.start(job, now);
            } else {
                queue.push(job);
            }
        }
        queue.push(head);
        queue.sort_by_key(|job| job.number);
    }

    /// Conservative in place: a table of bookings, searched at every candidate time.
    fn conservative(&mut self) {
        let (mut arrived, mut resized) = (0, 0);
        let mut queue: Vec<Held> = Vec::new();
        loop {
            let next = self.next(arrived, resized);
            let due = queue.iter().filter_map(|held| held.start).min();
            let Some(now) = next.into_iter().chain([due]).flatten().min() else { return };
            if next[0] == Some(now) {
                let job = self.jobs[arrived];
                arrived += 1;
                let start = self.earliest(&job, now, &queue);
                queue.push(Held { job, start, on: 0 });
            } else if next[1] == Some(now) {
                self.end_one(now);
                let more = self.running.iter().any(|held| over(held) == now);
                if self.rhythm == Rhythm::Event || !more {
                    self.compress(now, &mut queue);
                }
            } else if next[2] == Some(now) {
                let changed = self.resize(self.sizes[resized].nodes);
                resized += 1;
                if !changed {
                    continue;
                }
                for held in std::mem::take(&mut queue) {
                    let start = self.earliest(&held.job, now, &queue);
                    queue.push(Held { start, ..held });
                }
            } else {
                queue.sort_by_key(|held| (held.start.unwrap_or(i64::MAX), held.job.number));
                while queue.first().is_some_and(|held| held.start == Some(now)) {
                    let held = queue.remove(0);
                    self.start(held.job, now);
                }
                queue.sort_by_key(|held| held.job.number);
            }
        }
    }

    fn compress(&self, now: i64, queue: &mut Vec<Held>) {
        for place in 0..queue.len() {
            if queue[place].start.is_some_and(|start| start > now) {
                let held = queue.remove(place);
                let start = self.earliest(&held.job, now, queue);
                queue.insert(place, Held { start, ..held });
            }
        }
    }

    /// The earliest hole for `job` among what is booked, if it fits at all.
    fn earliest(&self, job: &Plain, now: i64, queue: &[Held]) -> Option<i64> {
        let runs = self.running.iter().map(|held| (held, self.gives_back(held)));
        let waits = queue.iter().map(|held| (held, held.job.cores));
        let booked: Vec<(i64, i64, i64)> = runs
            .chain(waits)
            .filter_map(|(held, cores)| {
                let start = held.start?;
                Some((start, start + held.job.estimate, cores))
            })
            .collect();
        // What begins and ends at one time changes nothing in between.
        let mut steps: BTreeMap<i64, i64> = BTreeMap::new();
        steps.insert(now, 0);
        for (from, to, cores) in &booked {
            *steps.entry((*from).max(now)).or_default() += cores;
            *steps.entry((*to).max(now)).or_default() -= cores;
        }
        let mut busy = 0;
        for cores in steps.values_mut() {
            busy += *cores;
            *cores = i64::from(self.cores) - count(self.closed) - busy;
        }
        let fits = |start: i64| {
            let inside =
                steps.range(start..=start).chain(steps.range(start + 1..start + job.estimate));
            inside.into_iter().all(|(_, free)| *free >= job.cores)
        };
        steps.keys().copied().find(|start| fits(*start))
    }
}
