//! The plain pass: OAR's steps one by one over sets and lists, without any shortcut. It only says
//! what would be predicted and launched; it changes nothing.

use crate::quotas::{self, Key};
use crate::request::World;
use crate::slots::{Set, Slots, Taker};
use gleaner_oar::states::{JobState, ReservationState};
use gleaner_sim::oar::model::config::Config;
use gleaner_sim::oar::model::ids::JobId;
use gleaner_sim::oar::model::job::Job;
use gleaner_sim::oar::model::slots::shared::Joins;
use gleaner_sim::oar::model::state::State;
use gleaner_sim::oar::pass::run::occupy::joins_of;
use std::collections::{BTreeMap, BTreeSet};

/// Start, alternative, resource ids.
pub(crate) type Row = (i64, usize, Vec<u32>);

/// What the plain pass decides.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) predictions: BTreeMap<u64, Row>,
    pub(crate) launched: Vec<u64>,
    pub(crate) victims: BTreeSet<u64>,
    pub(crate) accepted: Vec<u64>,
    pub(crate) refused: BTreeSet<u64>,
}

struct Held<'a> {
    job: &'a Job,
    sorted_by: i64,
    start: i64,
    width: i64,
    set: Set,
}

struct Run<'a> {
    state: &'a State,
    now: i64,
    config: &'a Config,
    world: World<'a>,
    main: Slots,
    inner: BTreeMap<String, Slots>,
    held: Vec<Held<'a>>,
    plan: Plan,
    /// Waiting jobs that got a place: start and set.
    placed: BTreeMap<JobId, (i64, Set)>,
    /// Last waiting job of the group under way.
    last: Option<JobId>,
}

/// Plans at `now`, in the order the waiting jobs are given per group.
pub(crate) fn plan(
    state: &State,
    now: i64,
    config: &Config,
    order: impl Fn(&[usize], Vec<JobId>) -> Vec<JobId>,
) -> Plan {
    let real = config.is_real();
    let world = World::new(state.resources(), config);
    let end = (1 << 31) - i64::from(!real);
    let main = Slots::new(now, end, world.usable.clone(), real);
    let mut run = Run {
        state,
        now,
        config,
        world,
        main,
        inner: BTreeMap::new(),
        held: Vec::new(),
        plan: Plan::default(),
        placed: BTreeMap::new(),
        last: None,
    };
    run.load();
    run.absences();
    run.occupy(false);
    let mut priorities: Vec<i64> = state.queues().iter().map(|queue| queue.priority).collect();
    priorities.sort_unstable();
    priorities.dedup();
    for priority in priorities.into_iter().rev() {
        let queues: Vec<usize> = (0..state.queues().len())
            .filter(|&q| state.queues()[q].priority == priority && state.queues()[q].active)
            .collect();
        run.group(&queues, &order);
    }
    run.conclude();
    run.plan
}

impl<'a> Run<'a> {
    fn jobs(&self, queue: usize, reservation: ReservationState) -> Vec<&'a Job> {
        let name = &self.state.queues()[queue].name;
        let wanted = |job: &&Job| {
            job.state == JobState::Waiting && job.queue == *name && job.reservation == reservation
        };
        self.state.jobs().filter(wanted).collect()
    }

    fn load(&mut self) {
        let real = self.config.is_real();
        for job in self.state.jobs() {
            let waits = job.state == JobState::Waiting;
            let (start, alternative, ids) = match &job.booking {
                Some(b) if waits && job.reservation == ReservationState::Scheduled => {
                    (b.start.0, b.alternative, &b.resources)
                }
                _ if job.state.is_current() => {
                    (job.start.0, job.assigned_alternative, &job.assigned)
                }
                _ => continue,
            };
            if ids.is_empty() {
                continue;
            }
            let mut set = self.world.ranks(ids);
            let mut width =
                job.alternatives[alternative].walltime_s + self.config.job_security_time_s;
            if job.suspended {
                width += job.suspended_s(gleaner_sim::oar::model::ids::Date(self.now));
            }
            if !real && !waits {
                width = width.max(self.now + 1 - start);
            }
            let listed: Vec<u32> = if waits || !real {
                let mut ids: Vec<u32> = ids.iter().map(|id| id.0).collect();
                ids.sort_unstable();
                ids
            } else {
                self.world.ids(&set)
            };
            if job.state == JobState::Suspended {
                let types = &self.config.available_suspended_types;
                set.retain(|&rank| {
                    !(self.world.usable.contains(&rank)
                        && types.iter().any(|kind| **kind == *self.world.rows[rank].kind))
                });
            }
            self.plan.predictions.insert(job.id.0, (start, alternative, listed));
            let reserved = job.reservation != ReservationState::None;
            let sorted_by = if reserved { job.start.0 } else { start };
            self.held.push(Held { job, sorted_by, start, width, set });
        }
        self.held.sort_by_key(|held| (held.sorted_by, held.job.id));
    }

    fn absences(&mut self) {
        let mut by_date: BTreeMap<i64, Set> = BTreeMap::new();
        for &rank in &self.world.usable {
            by_date.entry(self.world.rows[rank].available_upto).or_default().insert(rank);
        }
        for (date, set) in by_date {
            let width = (1 << 31) - date;
            let keys: Vec<Key> = match &self.config.quotas {
                Some(settings) => quotas::keys_of(settings, "default", "", "", &[]),
                None => Vec::new(),
            };
            let amounts = self.amounts(&set, width);
            let counted = self.config.is_real().then_some((&keys[..], amounts));
            let joins = Joins::default();
            self.main.take(&Taker { start: date, width, set: &set, joins: &joins, counted });
        }
    }

    fn amounts(&self, set: &Set, width: i64) -> [i64; 3] {
        let resources = set.intersection(&self.world.default).count() as i64;
        [resources, 1, resources * width]
    }

    fn keys(&self, job: &Job) -> Vec<Key> {
        let counted = self.config.quotas.as_ref().filter(|_| job.container().is_none());
        counted.map_or_else(Vec::new, |settings| quotas::keys(settings, job))
    }

    fn occupy(&mut self, besteffort: bool) {
        let real = self.config.is_real();
        let held = std::mem::take(&mut self.held);
        let chosen = || held.iter().filter(|held| held.job.is_besteffort() == besteffort);
        for Held { job, start, width, set, .. } in chosen() {
            if let Some(name) = job.container() {
                let from = (*start).max(self.now);
                let security = self.config.job_security_time_s;
                let to = if real { from + width } else { start + width } - security;
                if to > from {
                    let end = (1 << 31) - i64::from(!real);
                    let slots = self.inner.entry(name);
                    slots.or_insert_with(|| Slots::new(1, end, Set::new(), real)).give(
                        from,
                        to - from,
                        set,
                    );
                }
            }
        }
        for Held { job, start, width, set, .. } in chosen() {
            let keys = self.keys(job);
            let amounts = self.amounts(set, *width);
            let joins = joins_of(job, real);
            let counted = Some((&keys[..], amounts));
            let taker = Taker { start: *start, width: *width, set, joins: &joins, counted };
            match job.inner() {
                None => self.main.take(&taker),
                Some(name) => {
                    if let Some(slots) = self.inner.get_mut(name) {
                        slots.take(&taker);
                    }
                }
            }
        }
        self.held = held;
    }

    fn group(&mut self, queues: &[usize], order: &impl Fn(&[usize], Vec<JobId>) -> Vec<JobId>) {
        let besteffort = |q: usize| &*self.state.queues()[q].name == "besteffort";
        if matches!(queues, [only] if besteffort(*only)) {
            self.occupy(true);
        }
        let mut ids: Vec<JobId> = queues
            .iter()
            .flat_map(|&queue| self.jobs(queue, ReservationState::None))
            .map(|job| job.id)
            .collect();
        ids.sort_unstable();
        self.last = ids.last().copied();
        let mut ids = order(queues, ids);
        ids.truncate(self.config.jobs_per_round_max.unwrap_or(usize::MAX));
        let mut ends: BTreeMap<JobId, Option<Option<i64>>> =
            ids.iter().map(|id| (*id, None)).collect();
        for id in ids {
            let found = self.place(self.state.job(id).expect("listed jobs exist"), &ends);
            ends.insert(id, Some(found));
        }
        for &queue in queues {
            for job in self.jobs(queue, ReservationState::ToSchedule) {
                self.reserve(job);
            }
        }
    }

    /// Places a waiting job; the second after its end with the security time.
    fn place(&mut self, job: &Job, ends: &BTreeMap<JobId, Option<Option<i64>>>) -> Option<i64> {
        let real = self.config.is_real();
        let mut from = -1;
        for id in &job.depends_on {
            let Some(required) = self.state.job(*id) else {
                continue;
            };
            match required.state {
                JobState::Error => {}
                JobState::Terminated if required.exit_code.unwrap_or(0) == 0 => {}
                JobState::Waiting => match ends.get(id) {
                    None => return None,
                    Some(Some(Some(end))) => from = from.max(*end),
                    Some(Some(None)) if real => {}
                    Some(None) if real => from = from.max(required.start.0),
                    Some(_) => return None,
                },
                _ => return None,
            }
        }
        let name = job.inner().map(str::to_owned);
        let mut slots = match &name {
            None => std::mem::replace(&mut self.main, Slots::new(0, 0, Set::new(), real)),
            Some(name) => self.inner.remove(name)?,
        };
        let found = self.search(job, &mut slots, from);
        if let Some((start, width, _, set)) = &found {
            let keys = self.keys(job);
            let joins = joins_of(job, real);
            let counted = Some((&keys[..], self.amounts(set, *width)));
            slots.take(&Taker { start: *start, width: *width, set, joins: &joins, counted });
        }
        match name {
            None => self.main = slots,
            Some(name) => {
                self.inner.insert(name, slots);
            }
        }
        let (start, width, alternative, set) = found?;
        if let Some(name) = job.container() {
            let walltime = width - self.config.job_security_time_s;
            let (begin, end) =
                if real { (start, start + walltime) } else { (self.now, (1 << 31) - 1) };
            let fresh = || Slots::new(begin, end, Set::new(), real);
            self.inner.entry(name).or_insert_with(fresh).give(start, walltime, &set);
        }
        self.plan.predictions.insert(job.id.0, (start, alternative, self.world.ids(&set)));
        self.placed.insert(job.id, (start, set));
        Some(start + width)
    }

    fn search(
        &mut self,
        job: &Job,
        slots: &mut Slots,
        from: i64,
    ) -> Option<(i64, i64, usize, Set)> {
        let real = self.config.is_real();
        let mut first_slot = 0;
        if from >= slots.list[0].b {
            match slots.list.iter().position(|slot| from <= slot.e) {
                None if real => {}
                None => return None,
                Some(index) => {
                    first_slot = index;
                    if !real && slots.list[index].b < from {
                        slots.cut(index, from);
                        first_slot += 1;
                    }
                }
            }
        }
        let mut best: Option<(i64, i64, usize, Set)> = None;
        for (alternative, asked) in job.alternatives.iter().enumerate() {
            let width = asked.walltime_s + self.config.job_security_time_s;
            // OAR writes the last group twice, but for the last job of all.
            let twice = Some(job.id) != self.last && alternative + 1 == job.alternatives.len();
            let key = format!("{width} {} {:?} {twice}", job.properties, asked.groups);
            let joins = joins_of(job, real);
            let cached = real && from < 0 && joins.is_plain();
            let resumed = slots.cache.get(&key).filter(|_| cached).map(|id| {
                let same = |slot: &crate::slots::Slot| slot.id == *id;
                slots.list.iter().position(same).expect("slots never vanish")
            });
            let begin = resumed.unwrap_or(first_slot);
            let found = (begin..slots.list.len()).find_map(|first| {
                let set = self.window(job, slots, first, width, &asked.groups)?;
                Some((first, slots.list[first].b, set))
            });
            let free = self.config.quotas.is_none()
                || job.types.contains(&gleaner_oar::job_type::JobType::NoQuotas);
            if let (Some((first, ..)), true) = (&found, cached && free) {
                slots.cache.insert(key, slots.list[*first].id);
            }
            let found = found.map(|(_, start, set)| (start, set));
            if let Some((start, set)) = found
                && best.as_ref().is_none_or(|best| start + width < best.0 + best.1)
            {
                best = Some((start, width, alternative, set));
            }
        }
        best
    }

    fn window(
        &self,
        job: &Job,
        slots: &Slots,
        first: usize,
        width: i64,
        groups: &[gleaner_oar::request::Group],
    ) -> Option<Set> {
        let begin = slots.list[first].b;
        let last = (first..slots.list.len()).find(|&i| slots.list[i].e - begin + 1 >= width)?;
        let joins = joins_of(job, self.config.is_real());
        let free = slots.available(first, last, &joins, &job.user, &job.name);
        let set = self.world.solve(&job.properties, groups, &free)?;
        let checked = !job.types.contains(&gleaner_oar::job_type::JobType::NoQuotas);
        let fits = !checked || self.quotas_allow(job, slots, first, last, &set, width);
        fits.then_some(set)
    }

    fn quotas_allow(
        &self,
        job: &Job,
        slots: &Slots,
        first: usize,
        last: usize,
        set: &Set,
        width: i64,
    ) -> bool {
        let Some(settings) = &self.config.quotas else {
            return true;
        };
        let end = slots.list[first].b + width - 1;
        let seconds = |slot: &crate::slots::Slot| slot.e.min(end) - slot.b + 1;
        let counters = slots.list[first..=last].iter().map(|slot| (seconds(slot), &slot.counters));
        let not_dead = |row: &&&gleaner_sim::oar::model::resource::Resource| {
            &*row.kind == "default" && row.state.number() != 4
        };
        let all = self.world.rows.iter().filter(not_dead).count() as i64;
        quotas::allow(settings, job, counters, self.config.is_real(), self.amounts(set, width), all)
    }

    fn reserve(&mut self, job: &Job) {
        let asked = &job.alternatives[0];
        let width = asked.walltime_s + self.config.job_security_time_s;
        let start = job.start.0.max(self.now);
        if self.now >= job.start.0 + width {
            self.plan.refused.insert(job.id.0);
            return;
        }
        let slots = &self.main;
        let end = start + asked.walltime_s;
        let first =
            slots.list.iter().position(|slot| slot.e >= start).expect("slots cover all time");
        let last = (first..slots.list.len())
            .find(|&i| slots.list[i].e >= end)
            .expect("slots cover all time");
        let joins = joins_of(job, self.config.is_real());
        let free = slots.available(first, last, &joins, &job.user, &job.name);
        let checked =
            self.config.is_real() || !job.types.contains(&gleaner_oar::job_type::JobType::NoQuotas);
        let found = self
            .world
            .solve(&job.properties, &asked.groups, &free)
            .filter(|set| !checked || self.quotas_allow(job, slots, first, last, set, width));
        let Some(set) = found else {
            self.plan.refused.insert(job.id.0);
            return;
        };
        let keys = self.keys(job);
        let counted = Some((&keys[..], self.amounts(&set, width)));
        self.main.take_reservation(&Taker { start, width, set: &set, joins: &joins, counted });
        self.plan.accepted.push(job.id.0);
        self.plan.predictions.insert(job.id.0, (start, 0, self.world.ids(&set)));
    }

    fn conclude(&mut self) {
        let until = self.now + self.config.besteffort_kill_before_s;
        let mut due: Vec<(JobId, i64, Set)> = Vec::new();
        for (id, (start, set)) in &self.placed {
            due.push((*id, *start, set.clone()));
        }
        for held in self.held.iter().filter(|held| held.job.state == JobState::Waiting) {
            due.push((held.job.id, held.start, held.set.clone()));
        }
        due.retain(|(_, start, _)| *start <= until);
        due.sort_by_key(|(id, ..)| *id);
        let mut owner: BTreeMap<usize, JobId> = BTreeMap::new();
        for held in self.held.iter().filter(|held| held.job.is_besteffort()) {
            owner.extend(held.set.iter().map(|rank| (*rank, held.job.id)));
        }
        for (id, _, set) in &due {
            for victim in set.iter().filter_map(|rank| owner.get(rank)) {
                let shares = |id: JobId| {
                    joins_of(self.state.job(id).expect("listed jobs exist"), false).shares
                };
                let both = shares(*victim).is_some() && shares(*victim) == shares(*id);
                if self.config.is_real() || !both {
                    self.plan.victims.insert(victim.0);
                }
            }
        }
        if self.plan.victims.is_empty() {
            let absent = |rank: &usize| self.world.rows[*rank].state.number() == 2;
            let ready = |(_, start, set): &&(JobId, i64, Set)| {
                *start <= self.now && !set.iter().any(absent)
            };
            self.plan.launched = due.iter().filter(ready).map(|(id, ..)| id.0).collect();
        }
    }
}
