//! What the scenarios about OAR claim, read from what their jobs went through.

use std::collections::BTreeMap;

use gleaner_core::policy::injection;
use gleaner_experiments::observer::RunObserver;
use gleaner_experiments::result::Ending;
use gleaner_scenarios::read::read_scenario;
use gleaner_scenarios::scenario::Scenario;
use gleaner_sim::job::{ClusterIndex, EndReason, Job, JobKind, JobSlot};
use gleaner_sim::observer::{Counts, Observer};
use gleaner_sim::time::SimTime;

use crate::library::files;
use crate::run::watched;

/// What became of a job that a scenario lists, or of a task.
#[derive(Clone, Debug)]
struct Seen {
    cluster: u16,
    name: String,
    user: String,
    submit_s: i64,
    start_s: i64,
    end_s: i64,
    cores: Vec<u32>,
    reason: EndReason,
    kind: JobKind,
}

impl Seen {
    fn wait_s(&self) -> i64 {
        self.start_s - self.submit_s
    }
}

/// Listens to a run.
#[derive(Debug, Default)]
struct Story {
    jobs: Vec<Seen>,
    refused: Vec<String>,
    /// Most cores in use, and unavailable, by the hour.
    hours: BTreeMap<i64, (u32, u32)>,
}

fn names(job: &Job) -> (String, String) {
    let request = job.spec.request.as_deref();
    request.map_or_else(Default::default, |request| {
        (request.name.to_string(), request.user.to_string())
    })
}

impl Observer for Story {
    fn job_ended(&mut self, _slot: JobSlot, job: &Job) {
        let (name, user) = names(job);
        self.jobs.push(Seen {
            cluster: job.cluster.0,
            name,
            user,
            submit_s: job.spec.submit.whole_s(),
            start_s: job.start.whole_s(),
            end_s: job.end.whole_s(),
            cores: job.cores.cores().collect(),
            reason: job.reason,
            kind: job.spec.kind,
        });
    }

    fn job_withdrawn(&mut self, _now: SimTime, _slot: JobSlot, job: &Job) {
        self.refused.push(names(job).0);
    }

    fn changed(&mut self, now: SimTime, _cluster: ClusterIndex, counts: &Counts) {
        let hour = self.hours.entry(now.whole_s() / 3600).or_default();
        hour.0 = hour.0.max(counts.local_cores + counts.besteffort_cores);
        hour.1 = hour.1.max(counts.down_cores);
    }
}

impl RunObserver for Story {}

impl Story {
    /// Returns the jobs of a name, in order of start.
    fn all(&self, cluster: u16, name: &str) -> Vec<&Seen> {
        let mut all: Vec<&Seen> =
            self.jobs.iter().filter(|job| job.cluster == cluster && job.name == name).collect();
        all.sort_by_key(|job| job.start_s);
        all
    }

    fn one(&self, cluster: u16, name: &str) -> &Seen {
        let all = self.all(cluster, name);
        assert_eq!(all.len(), 1, "jobs called {name}");
        all[0]
    }
}

fn named(name: &str) -> Scenario {
    let file = files().into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == name));
    read_scenario(&file.expect("a scenario of the library"), None, &injection::standard())
        .expect("it is understood")
}

fn told(name: &str) -> Story {
    let (result, story) = watched(&named(name), Story::default());
    assert_eq!(result.ending, Ending::Finished);
    story
}

#[test]
fn a_short_job_overtakes_and_a_long_one_does_not() {
    let story = told("oar-backfilling");
    let (large, short, long) = (story.one(0, "large"), story.one(0, "short"), story.one(0, "long"));
    assert!(short.wait_s() < 60, "{short:?}");
    assert!(short.end_s < large.start_s && large.start_s < 3600, "{large:?}");
    assert!(long.start_s >= large.end_s, "{long:?}");
}

#[test]
fn an_owner_takes_the_lowest_cores_after_some_seconds() {
    let (result, story) = watched(&named("oar-preemption"), Story::default());
    let owner = story.one(0, "owner");
    assert_eq!(owner.cores, [0, 1, 2]);
    assert!((3..30).contains(&owner.wait_s()), "{owner:?}");
    let killed: Vec<&Seen> =
        story.jobs.iter().filter(|job| job.reason == EndReason::Preempted).collect();
    let mut cores: Vec<u32> = killed.iter().flat_map(|job| job.cores.clone()).collect();
    cores.sort_unstable();
    assert_eq!(cores, [0, 1, 2]);
    assert!(killed.iter().all(|job| job.kind == JobKind::BestEffort));
    let campaign = result.scheduler.campaigns().next().unwrap();
    assert_eq!((campaign.killed, campaign.total), (3, 12));
}

#[test]
fn a_moldable_job_runs_as_it_ends_first() {
    let story = told("oar-moldable");
    let (soon, late) = (story.one(0, "solver"), story.one(1, "solver"));
    assert_eq!((soon.cores.len(), late.cores.len()), (8, 2));
    assert!(soon.start_s >= 5400 && soon.end_s - soon.start_s < 3600, "{soon:?}");
    assert!(late.wait_s() < 60 && late.end_s - late.start_s > 2 * 3600, "{late:?}");
}

#[test]
fn quotas_hold_by_day_and_not_by_night() {
    let story = told("oar-quotas");
    let at_once = |name: &str| {
        let jobs = story.all(0, name);
        let running =
            |at: i64| jobs.iter().filter(|job| job.start_s <= at && at < job.end_s).count();
        jobs.iter().map(|job| running(job.start_s)).max().unwrap()
    };
    assert_eq!((at_once("nightly"), at_once("daily")), (8, 4));
    assert!(story.all(0, "guest").iter().all(|job| job.wait_s() < 60));
    assert!(story.jobs.iter().all(|job| job.user == "ann" || job.user == "bob"));
}

#[test]
fn fair_share_serves_who_has_had_less() {
    let story = told("oar-fair-share");
    let order = |cluster| {
        let last = |name| story.all(cluster, name).last().unwrap().start_s;
        let first = |name| story.all(cluster, name).first().unwrap().start_s;
        (last("greedy") < first("modest"), last("modest") < first("greedy"))
    };
    assert_eq!(order(0), (true, false), "first come, first served");
    assert_eq!(order(1), (false, true), "who used less comes first");
}

#[test]
fn a_reservation_starts_when_it_was_promised() {
    let story = told("oar-reservations");
    let (lecture, analysis) = (story.one(0, "lecture"), story.one(0, "analysis"));
    assert!((36_000..36_061).contains(&lecture.start_s), "{lecture:?}");
    assert!(analysis.start_s >= lecture.end_s, "{analysis:?}");
    let quick = story.one(0, "quick");
    assert!(quick.wait_s() < 60 && quick.end_s < 36_000, "{quick:?}");
    assert_eq!(story.refused, ["clash"]);
}

#[test]
fn a_container_is_for_its_own() {
    let story = told("oar-containers");
    let (course, exercises) = (story.one(0, "course"), story.all(0, "exercise"));
    assert_eq!(exercises.len(), 8);
    for exercise in exercises {
        assert!(course.start_s <= exercise.start_s && exercise.end_s <= course.end_s);
        assert!(exercise.cores.iter().all(|core| course.cores.contains(core)));
    }
    assert!(story.one(0, "stranger").start_s >= course.end_s);
    assert_eq!(story.hours.values().map(|(used, _)| *used).max(), Some(8), "no core counts twice");
}

#[test]
fn idle_nodes_are_halted_and_woken() {
    let story = told("oar-energy-saving");
    let unavailable = |hour: i64| story.hours.get(&hour).map_or(0, |(_, down)| *down);
    assert_eq!(unavailable(6), 14, "seven of eight nodes are off");
    let (small, wide) = (story.one(0, "small"), story.one(0, "wide"));
    assert!(small.wait_s() < 60, "{small:?}");
    assert!((180..400).contains(&wide.wait_s()), "{wide:?}");
}
