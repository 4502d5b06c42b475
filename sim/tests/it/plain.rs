//! Plain, slow, obviously right versions of the textbook schedulers: lists are walked, nothing is
//! remembered from pass to pass, no core has a number.

use gleaner_sim::job::JobSpec;
use gleaner_sim::textbook::Rhythm;

use crate::instance::Instance;

/// An owner's job in plain milliseconds.
#[derive(Clone, Copy, Debug)]
struct Plain {
    number: u64,
    submit: i64,
    cores: i64,
    run: i64,
    estimate: i64,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    job: Plain,
    start: i64,
}

/// Start times (milliseconds) of the owners' jobs, by number, without failures and visitors.
pub(crate) fn starts(instance: &Instance, name: &str) -> Vec<(u64, i64)> {
    let plain = |spec: &JobSpec| Plain {
        number: spec.number,
        submit: spec.submit.ms(),
        cores: i64::from(spec.cores),
        run: spec.run_within_walltime().ms(),
        estimate: instance.estimates.of(spec).ms(),
    };
    let jobs: Vec<Plain> = instance.owners.iter().map(plain).collect();
    let cores = i64::from(instance.cores());
    let mut starts = match name {
        "conservative" => conservative(&jobs, cores, instance.rhythm),
        "fcfs" => queued(&jobs, cores, Order::Arrival, instance.rhythm),
        "lifo" => queued(&jobs, cores, Order::NewestFirst, instance.rhythm),
        "easy" => queued(&jobs, cores, Order::Backfill { shortest_first: false }, instance.rhythm),
        "easy-sjbf" => {
            queued(&jobs, cores, Order::Backfill { shortest_first: true }, instance.rhythm)
        }
        _ => panic!("`{name}` has no plain version here yet"),
    };
    starts.sort_unstable();
    starts
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
}

impl Order {
    fn backfills(self) -> bool {
        matches!(self, Order::Backfill { .. })
    }
}

/// FCFS, LIFO, EASY and EASY-SJBF: events in order, a pass after each (or after each instant).
fn queued(jobs: &[Plain], cores: i64, order: Order, rhythm: Rhythm) -> Vec<(u64, i64)> {
    let mut starts = Vec::new();
    let mut next = 0;
    let mut queue: Vec<Plain> = Vec::new();
    // In order of start.
    let mut running: Vec<Held> = Vec::new();
    loop {
        let arrival = jobs.get(next).map(|job| job.submit);
        let end = running.iter().map(|held| held.start + held.job.run).min();
        let Some(now) = [arrival, end].into_iter().flatten().min() else { return starts };
        let mut pass_wanted = true;
        if arrival == Some(now) {
            queue.push(jobs[next]);
            pass_wanted = jobs[next].cores <= cores - held_cores(now, order, &running);
            next += 1;
        } else {
            let over = running.iter().position(|held| held.start + held.job.run == now);
            running.remove(over.unwrap());
        }
        let more = jobs.get(next).is_some_and(|job| job.submit == now)
            || running.iter().any(|held| held.start + held.job.run == now);
        if rhythm == Rhythm::Event && pass_wanted || rhythm == Rhythm::Instant && !more {
            pass(now, cores, order, &mut queue, &mut running, &mut starts);
        }
    }
}

fn planned(held: &Held) -> i64 {
    held.start + held.job.estimate
}

/// Whoever's planned end has come holds nothing any more; where nobody overtakes, the next end event frees it
/// at this same instant.
fn held_cores(now: i64, order: Order, running: &[Held]) -> i64 {
    let holds = |held: &&Held| !order.backfills() || planned(held) > now;
    running.iter().filter(holds).map(|held| held.job.cores).sum()
}

fn pass(
    now: i64,
    cores: i64,
    order: Order,
    queue: &mut Vec<Plain>,
    running: &mut Vec<Held>,
    starts: &mut Vec<(u64, i64)>,
) {
    let mut free = cores - held_cores(now, order, running);
    let mut start = |job: Plain, running: &mut Vec<Held>| {
        starts.push((job.number, now));
        running.push(Held { job, start: now });
    };
    loop {
        let head = if order == Order::NewestFirst { queue.len().saturating_sub(1) } else { 0 };
        if queue.get(head).is_none_or(|head| head.cores > free) {
            break;
        }
        let head = queue.remove(head);
        free -= head.cores;
        start(head, running);
    }
    if !order.backfills() || queue.is_empty() {
        return;
    }
    let head = queue.remove(0);
    let mut ends: Vec<(i64, i64)> = running
        .iter()
        .filter(|held| planned(held) > now)
        .map(|held| (planned(held), held.job.cores))
        .collect();
    ends.sort_unstable();
    let free_at = |time: i64| {
        free + ends.iter().filter(|(end, _)| *end <= time).map(|(_, cores)| cores).sum::<i64>()
    };
    let shadow = ends.iter().map(|(end, _)| *end).find(|end| free_at(*end) >= head.cores).unwrap();
    let mut extra = free_at(shadow) - head.cores;
    let mut rest = std::mem::take(queue);
    if order == (Order::Backfill { shortest_first: true }) {
        rest.sort_by_key(|job| (job.estimate, job.submit, job.number));
    }
    for job in rest {
        let in_time = now + job.estimate <= shadow;
        if job.cores <= free && (in_time || job.cores <= extra) {
            free -= job.cores;
            extra -= if in_time { 0 } else { job.cores };
            start(job, running);
        } else {
            queue.push(job);
        }
    }
    queue.push(head);
    queue.sort_by_key(|job| job.number);
}

/// Conservative in place: a table of bookings, searched at every candidate time.
fn conservative(jobs: &[Plain], cores: i64, rhythm: Rhythm) -> Vec<(u64, i64)> {
    let mut starts = Vec::new();
    let mut next = 0;
    let mut queue: Vec<Held> = Vec::new();
    let mut running: Vec<Held> = Vec::new();
    loop {
        let arrival = jobs.get(next).map(|job| job.submit);
        let end = running.iter().map(|held| held.start + held.job.run).min();
        let due = queue.iter().map(|held| held.start).min();
        let Some(now) = [arrival, end, due].into_iter().flatten().min() else { return starts };
        if arrival == Some(now) {
            let job = jobs[next];
            next += 1;
            let start = earliest(&job, now, cores, &queue, &running);
            queue.push(Held { job, start });
        } else if end == Some(now) {
            let over = running.iter().position(|held| held.start + held.job.run == now);
            running.remove(over.unwrap());
            let more = running.iter().any(|held| held.start + held.job.run == now);
            if rhythm == Rhythm::Event || !more {
                for place in 0..queue.len() {
                    if queue[place].start > now {
                        let job = queue.remove(place).job;
                        let start = earliest(&job, now, cores, &queue, &running);
                        queue.insert(place, Held { job, start });
                    }
                }
            }
        } else {
            queue.sort_by_key(|held| (held.start, held.job.number));
            while queue.first().is_some_and(|held| held.start == now) {
                let held = queue.remove(0);
                starts.push((held.job.number, now));
                running.push(held);
            }
            queue.sort_by_key(|held| held.job.number);
        }
    }
}

/// The earliest hole for `job` among what is booked.
fn earliest(job: &Plain, now: i64, cores: i64, queue: &[Held], running: &[Held]) -> i64 {
    let booked: Vec<(i64, i64, i64)> = queue
        .iter()
        .chain(running)
        .map(|held| (held.start, held.start + held.job.estimate, held.job.cores))
        .collect();
    let free = |time: i64| {
        let busy = booked.iter().filter(|(from, to, _)| *from <= time && time < *to);
        cores - busy.map(|(_, _, cores)| cores).sum::<i64>()
    };
    let mut changes: Vec<i64> =
        booked.iter().flat_map(|(from, to, _)| [*from, *to]).filter(|t| *t >= now).collect();
    changes.push(now);
    changes.sort_unstable();
    let fits = |start: i64| {
        let inside = changes.iter().filter(|t| **t > start && **t < start + job.estimate);
        free(start) >= job.cores && inside.into_iter().all(|t| free(*t) >= job.cores)
    };
    *changes.iter().find(|start| fits(**start)).unwrap()
}
