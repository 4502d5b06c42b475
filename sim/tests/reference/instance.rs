//! Random small servers with all features, as data that shrinks well.

use gleaner_oar::job_type::JobType;
use gleaner_oar::order::ResourceOrder;
use gleaner_oar::request::{Amount, Group};
use gleaner_oar::states::{JobState, ReservationState, ResourceState};
use gleaner_oar::value::Value;
use gleaner_sim::oar::model::config::quotas::{Limit, QuotaSettings, Rule};
use gleaner_sim::oar::model::config::{Config, Fairshare, JobPriority, OarCompat};
use gleaner_sim::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_sim::oar::model::job::{Alternative, Booking, Job};
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::resources::Resources;
use gleaner_sim::oar::model::state::{AccountingRow, Consumption, Queue, State};
use proptest::prelude::*;

pub(crate) const NOW: i64 = 1_700_000_000;

/// One number per choice.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) compat: OarCompat,
    shape: (u32, u32, u32),
    states: Vec<u8>,
    upto: Vec<u8>,
    order: u8,
    quotas: u8,
    fairshare: bool,
    limit: u8,
    kill_before: u8,
    pub(crate) held: Vec<[u8; 8]>,
    pub(crate) waiting: Vec<[u8; 12]>,
}

pub(crate) fn instance(plain: bool) -> impl Strategy<Value = Instance> {
    let compat = prop_oneof![Just(OarCompat::Real), Just(OarCompat::Intended)];
    let few = proptest::collection::vec(any::<[u8; 8]>(), 0..6);
    let many = proptest::collection::vec(any::<[u8; 12]>(), 0..14);
    let rows = || proptest::collection::vec(any::<u8>(), 1..8);
    (
        compat,
        (1..4u32, 1..3u32, 1..4u32),
        (rows(), rows()),
        (0..4u8, 0..5u8, any::<bool>(), 0..12u8, 0..4u8),
        few,
        many,
    )
        .prop_map(
            move |(
                compat,
                shape,
                (states, upto),
                (order, quotas, fairshare, limit, kill),
                held,
                mut waiting,
            )| {
                if plain {
                    for job in &mut waiting {
                        // No type, no dependency, no reservation.
                        (job[6], job[7], job[8]) = (20, 255, 255);
                    }
                }
                Instance {
                    compat,
                    shape,
                    states,
                    upto,
                    order,
                    quotas: if plain { 4 } else { quotas },
                    fairshare: fairshare && !plain,
                    limit,
                    kill_before: kill,
                    held,
                    waiting,
                }
            },
        )
}

impl Instance {
    pub(crate) fn config(&self) -> Config {
        let order = match self.order {
            0 => "resource_id DESC",
            1 => "network_address ASC, mem DESC",
            2 => Config::PACKAGED_ORDER,
            _ => "resource_id ASC",
        };
        let labels = ["resource_id", "network_address", "cpu", "core", "odd"];
        let priority = if self.fairshare {
            JobPriority::Fairshare(Fairshare { coef_project: 0.5, ..Fairshare::default() })
        } else {
            JobPriority::Fifo
        };
        Config {
            compat: self.compat,
            resource_order: ResourceOrder::parse(order).expect("valid"),
            hierarchy_labels: labels.map(str::to_owned).into(),
            job_priority: priority,
            quotas: self.quota_settings(),
            jobs_per_round_max: Some(if self.limit < 3 { 4 } else { 1000 }),
            besteffort_kill_before_s: if self.kill_before == 0 { 700 } else { 0 },
            priority_hierarchy_order: vec!["resource_id".to_owned()],
            ..Config::default()
        }
    }

    fn quota_settings(&self) -> Option<QuotaSettings> {
        let rules: &[(&str, [f64; 3])] = match self.quotas {
            0 => &[("*,*,*,/", [3.0, -1.0, -1.0]), ("*,*,besteffort,*", [-1.0, 2.0, -1.0])],
            1 => &[("*,*,*,*", [4.0, 3.0, 1.0]), ("admin,*,*,*", [-1.0, -1.0, -1.0])],
            5 => &[("*,*,*,/", [3.0, 2.0, -1.0])],
            2 => &[("*,/,*,u1", [-1.0, 1.0, 2.0]), ("/,*,*,/", [2.0, 2.0, -1.0])],
            _ => return None,
        };
        let rule = |(fields, limits): &(&str, [f64; 3])| {
            Rule::parse(fields, limits.map(Limit::Fixed)).expect("valid")
        };
        let rules = rules.iter().map(rule).collect();
        let job_types = vec!["besteffort".to_owned()];
        Some(QuotaSettings { rules, job_types, ..QuotaSettings::default() })
    }

    fn resources(&self) -> Resources {
        let (nodes, cpus, cores) = self.shape;
        (0..nodes * cpus * cores)
            .map(|index| {
                let (node, cpu) = (index / (cpus * cores), index / cores);
                let pick = |list: &[u8]| list[index as usize % list.len()];
                let mut resource = Resource::new(ResourceId(index + 1), format!("n{}", 12 - node));
                let [cpu, core, odd, mem] = [cpu, index, index % 3, node * 32].map(i64::from);
                resource = resource.with("cpu", Value::Int(cpu)).with("core", Value::Int(core));
                let odd = if odd == 2 { Value::Null } else { Value::Int(odd) };
                resource = resource.with("odd", odd).with("mem", Value::Int(mem));
                resource.state = match pick(&self.states) {
                    0..20 => ResourceState::Suspected,
                    20..35 => ResourceState::Dead,
                    35..60 => ResourceState::Absent,
                    _ => ResourceState::Alive,
                };
                resource.available_upto = match pick(&self.upto) {
                    0..15 => 1,
                    15..60 => NOW + 60 * i64::from(pick(&self.upto)),
                    _ => resource.available_upto,
                };
                if pick(&self.states) == 255 {
                    resource.kind = "licence".into();
                }
                resource
            })
            .collect()
    }

    /// The server.
    pub(crate) fn state(&self) -> State {
        self.state_of(|_| true)
    }

    /// The server with only some of the waiting jobs.
    pub(crate) fn state_of(&self, keep: impl Fn(&Job) -> bool) -> State {
        let config = self.config();
        let mut queues = Queue::packaged();
        queues.push(Queue { name: "twin".into(), priority: 2, active: self.limit != 11 });
        let mut state = State::new(self.resources(), queues, &config).expect("valid");
        for (user, used) in [("u0", 500), ("u1", 200), ("u2", 500)] {
            for kind in [Consumption::Used, Consumption::Asked] {
                state.add_accounting(AccountingRow {
                    window_start: Date(NOW - 90_000),
                    window_stop: Date(NOW - 4000),
                    user: user.into(),
                    project: "default".into(),
                    queue: "default".into(),
                    kind,
                    consumption: used,
                });
            }
        }
        for (index, choice) in self.held.iter().enumerate() {
            let job = self.held_job(index, choice);
            state.submit(job, &config).expect("valid");
        }
        let first = state.next_job_id().0;
        for (id, choice) in (first..).zip(&self.waiting) {
            let job = self.waiting_job(JobId(id), choice);
            if keep(&job) {
                state.submit(job, &config).expect("valid");
            }
        }
        state
    }

    fn held_job(&self, index: usize, c: &[u8; 8]) -> Job {
        let total = u64::from(self.shape.0 * self.shape.1 * self.shape.2);
        let id = JobId(index as u64 + 1);
        let mut job = Job::new(id, Date(NOW - 5000));
        job = job.asking(&[("resource_id", 1)], walltime(c[0]));
        let mut ids: Vec<u32> = (0..u64::from(c[1] % 4) + 1)
            .map(|k| ((u64::from(c[2]) + k) % total) as u32 + 1)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        job.assigned = ids.iter().map(|id| ResourceId(*id)).collect();
        job.state = match c[3] % 8 {
            0 => JobState::Finishing,
            1 => JobState::ToLaunch,
            2 => JobState::Suspended,
            _ => JobState::Running,
        };
        job.suspended = job.state == JobState::Suspended || c[3] == 255;
        if job.suspended {
            job.suspended_periods.push((Date(NOW - 300), Some(Date(NOW - 100))));
        }
        job.start = Date(NOW - i64::from(c[4]) * 10);
        job.user = user(c[5]);
        match c[6] % 12 {
            0..4 => job = job.besteffort(),
            4 => job = job.of_type("container"),
            5 => job = job.of_type("timesharing=*,*"),
            6 => job = job.of_type("placeholder=p"),
            7 if c[7].is_multiple_of(2) => {
                job.state = JobState::Waiting;
                job.reservation = ReservationState::Scheduled;
                job.start = Date(NOW + i64::from(c[4]) * 10);
                let resources = std::mem::take(&mut job.assigned);
                job.booking = Some(Booking { start: job.start, alternative: 0, resources });
            }
            _ => {}
        }
        job
    }

    /// The same without anybody on the resources, under one quota per user: 3 resources, 2 jobs.
    pub(crate) fn with_user_quotas(mut self) -> Self {
        self.held.clear();
        self.quotas = 5;
        // Licences do not count.
        self.states.iter_mut().for_each(|state| *state = (*state).min(254));
        self
    }

    /// A waiting job without special wishes.
    pub(crate) fn plain_job(&self, id: JobId, choice: &[u8; 12]) -> Job {
        let mut choice = *choice;
        (choice[6], choice[7], choice[8]) = (if choice[6] < 60 { 0 } else { 20 }, 255, 255);
        self.waiting_job(id, &choice)
    }

    fn waiting_job(&self, id: JobId, c: &[u8; 12]) -> Job {
        let mut job = Job::new(id, Date(NOW - 10));
        job.user = user(c[0]);
        job.project = if c[0].is_multiple_of(2) { "default".into() } else { "other".into() };
        job.queue =
            ["default", "default", "default", "admin", "twin"][usize::from(c[1] % 5)].into();
        job.name = if c[2].is_multiple_of(2) { "a".into() } else { "b".into() };
        if c[2] > 200 {
            ["mem >= 32", "odd IS NULL", "odd = 1 OR core > 2", "cpu < 3"][usize::from(c[2] % 4)]
                .clone_into(&mut job.properties);
        }
        for index in 0..=usize::from(c[3] > 190) {
            let walltime_s = walltime(c[4].wrapping_add(71 * index as u8));
            let mut groups = vec![group(c[5].wrapping_add(37 * index as u8))];
            if c[5] > 235 {
                groups.push(group(c[4]));
            }
            job.alternatives.push(Alternative { walltime_s, groups: groups.into() });
        }
        match c[6] % 24 {
            0..5 => job = job.besteffort(),
            5 => job = job.of_type("container"),
            6 => job = job.of_type("container=pool"),
            7 => job = job.of_type("inner=pool"),
            8 => job.types.push(JobType::Inner((u64::from(c[9]) % id.0.max(1) + 1).to_string())),
            9 => job = job.of_type("timesharing=*,*"),
            10 => job = job.of_type("timesharing=user,*"),
            11 => job = job.of_type("placeholder=p"),
            12 => job = job.of_type("allow=p"),
            13 => job = job.of_type("allowed=p"),
            14 => job = job.of_type("no_quotas"),
            15 => job = job.of_type("timesharing=*,name"),
            _ => {}
        }
        if c[7] < 60 {
            job.depends_on = vec![JobId(u64::from(c[9]) % (id.0 + 1) + 1)];
        }
        if c[8] < 20 && !job.is_besteffort() {
            job.reservation = ReservationState::ToSchedule;
            job.start = Date(NOW - 500 + 20 * i64::from(c[10]));
        }
        job
    }
}

fn user(choice: u8) -> std::sync::Arc<str> {
    format!("u{}", choice % 3).into()
}

/// Few different walltimes, some a second apart, so that ends meet.
fn walltime(choice: u8) -> i64 {
    [60, 240, 241, 300, 540, 599, 600, 601, 1200, 3000, 36_000][usize::from(choice % 11)]
}

fn group(choice: u8) -> Group {
    use Amount::{All, Best, Count, HalfBest};
    let one = u32::from(choice / 32 % 3) + 1;
    let levels: &[(&str, Amount)] = match choice % 20 {
        0..4 => &[("resource_id", Count(one))],
        4..7 => &[("network_address", Count(one.min(2)))],
        7 => &[("core", Count(one + 1))],
        8 => &[("cpu", Count(one))],
        9 => &[("network_address", Count(1)), ("core", Count(one))],
        10 => &[("network_address", Count(2)), ("cpu", Count(1))],
        11 => &[("network_address", Count(1)), ("cpu", Count(1)), ("core", Count(one))],
        12 => &[("cpu", Best)],
        13 => &[("core", HalfBest)],
        14 => &[("network_address", All)],
        15 => &[("odd", Count(1)), ("core", Count(one))],
        16 => &[("network_address", Count(1)), ("odd", Count(1))],
        17 => &[("odd", Count(1))],
        18 => &[("core", Count(1)), ("network_address", Count(1))],
        _ => &[("network_address", Best)],
    };
    let filter = match choice % 13 {
        0 => "mem > 0",
        1 => "type = 'default'",
        _ => "",
    };
    let levels = levels.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect();
    Group { filter: filter.to_owned(), levels }
}
