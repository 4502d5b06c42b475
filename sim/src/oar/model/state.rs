//! Everything a simulated OAR server knows: resources, queues, jobs, kills, events, the gantt.
//! Holds and indexes; what is done with it stands in the modules beside.

pub mod entry;
pub mod holdings;
pub mod shapes;
pub mod table;

use crate::oar::model::config::Config;
use crate::oar::model::error::OarError;
use crate::oar::model::event::{Event, EventKind};
use crate::oar::model::gantt::Gantt;
use crate::oar::model::ids::{Date, JobId, ResourceId};
use crate::oar::model::job::Job;
use crate::oar::model::memory::Memory;
use crate::oar::model::platform::Platform;
use crate::oar::model::platform::ranking::PRIORITY;
use crate::oar::model::resource::Resource;
use crate::oar::model::resources::Resources;
use crate::oar::model::rows::RowIndex;

use gleaner_oar::states::ResourceState;
use shapes::Shapes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use table::JobTable;

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name; `besteffort` has a meaning.
    pub name: Arc<str>,
    /// Higher first; queues of equal priority are scheduled together.
    pub priority: i64,
    /// Whether its jobs are scheduled.
    pub active: bool,
}

impl Queue {
    /// The queues of a fresh installation: admin 10, default 2, besteffort 0.
    #[must_use]
    pub fn packaged() -> Vec<Self> {
        [("admin", 10), ("default", 2), ("besteffort", 0)]
            .map(|(name, priority)| Self { name: name.into(), priority, active: true })
            .into()
    }
}

/// What an accounting row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumption {
    /// Resources times elapsed time.
    Used,
    /// Resources times walltime.
    Asked,
}

/// Consumption of one user in one project and queue within one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountingRow {
    /// First second of the window.
    pub window_start: Date,
    /// Last second of the window.
    pub window_stop: Date,
    /// User.
    pub user: Arc<str>,
    /// Project.
    pub project: Arc<str>,
    /// Queue.
    pub queue: Arc<str>,
    /// What is counted.
    pub kind: Consumption,
    /// Resource-seconds.
    pub consumption: i64,
}

/// How far a kill has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FragState {
    /// The signal is to be sent.
    Leon,
    /// The signal was sent, the time is running.
    TimerArmed,
    /// The job is to be given up.
    LeonExterminate,
    /// The job has left.
    Fragged,
}

impl FragState {
    /// OAR's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leon => "LEON",
            Self::TimerArmed => "TIMER_ARMED",
            Self::LeonExterminate => "LEON_EXTERMINATE",
            Self::Fragged => "FRAGGED",
        }
    }
}

/// A kill request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frag {
    /// How far it has got.
    pub state: FragState,
    /// When it was asked for.
    pub date: Date,
}

/// What changed about the resources since a pass ranked them.
#[derive(Debug, Clone)]
enum Changes {
    Nothing,
    /// The priority of these rows.
    Priorities(Vec<u32>),
    Anything,
}

/// A simulated OAR server.
#[derive(Debug, Clone)]
pub struct State {
    pub(in crate::oar) resources: Resources,
    rows: Arc<RowIndex>,
    pub(in crate::oar) queues: Vec<Queue>,
    /// Queues by descending priority, those of equal priority together, by index.
    pub(in crate::oar) queue_groups: Arc<[Vec<usize>]>,
    pub(in crate::oar) table: JobTable,
    pub(in crate::oar) shapes: Shapes,
    pub(in crate::oar) accounting: Vec<AccountingRow>,
    pub(in crate::oar) frags: BTreeMap<JobId, Frag>,
    pub(in crate::oar) active_frags: BTreeSet<JobId>,
    events: Vec<Event>,
    pub(in crate::oar) unchecked: Vec<Event>,
    pub(in crate::oar) gantt: Gantt,
    pub(in crate::oar) wake_dates: BTreeMap<String, Date>,
    platform: Option<Arc<Platform>>,
    changes: Changes,
    /// Rows that were asked to take another state.
    asked: BTreeSet<usize>,
    revision: u64,
    pub(in crate::oar) memory: Memory,
}

impl State {
    /// Compiles the requests of the job at an index of the table, where that is not done yet.
    pub(in crate::oar) fn compile_shapes(
        &mut self,
        entry_index: u32,
        platform: &Platform,
        config: &Config,
    ) {
        let State { table, shapes, resources, .. } = self;
        for shape in &table.entry(entry_index).shapes {
            shapes.compile(*shape, platform, resources, &config.hierarchy_labels, config.compat);
        }
    }

    /// A server with resources and queues, and no jobs.
    ///
    /// # Errors
    /// Resource ids that repeat or are 0; an order or hierarchy with properties nobody has.
    pub fn new(
        resources: Resources,
        queues: Vec<Queue>,
        config: &Config,
    ) -> Result<Self, OarError> {
        let rows = RowIndex::new(resources.iter().map(|resource| resource.id));
        let rows = Arc::new(rows.map_err(OarError::BadResourceId)?);
        let known =
            |name: &str| resources.is_empty() || resources.iter().any(|r| r.value(name).is_some());
        let order =
            config.resource_order.keys().iter().map(|key| (&key.property, "the resource order"));
        let labels = config.hierarchy_labels.iter().map(|label| (label, "the hierarchy"));
        for (name, used_by) in order.chain(labels) {
            if !known(name) {
                return Err(OarError::UnknownProperty { property: name.clone(), used_by });
            }
        }
        let table = JobTable::new(queues.len(), Arc::clone(&rows));
        let asks = |(_, resource): &(usize, &Resource)| resource.next_state.is_some();
        let asked = resources.iter().enumerate().filter(asks).map(|(row, _)| row).collect();
        Ok(Self {
            resources,
            rows,
            queue_groups: groups_of(&queues),
            queues,
            table,
            shapes: Shapes::default(),
            accounting: Vec::new(),
            frags: BTreeMap::new(),
            active_frags: BTreeSet::new(),
            events: Vec::new(),
            unchecked: Vec::new(),
            gantt: Gantt::default(),
            wake_dates: BTreeMap::new(),
            platform: None,
            changes: Changes::Anything,
            asked,
            revision: 0,
            memory: Memory::default(),
        })
    }

    /// All resources, in order of creation.
    #[must_use]
    pub fn resources(&self) -> &Resources {
        &self.resources
    }

    /// All queues.
    #[must_use]
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// A job.
    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.table.get(id)
    }

    /// All jobs, by id.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> + '_ {
        self.table.iter()
    }

    /// Jobs that hold resources, by id.
    pub fn current_jobs(&self) -> impl Iterator<Item = &Job> + '_ {
        self.table.current()
    }

    /// How many jobs wait in a queue (reservations not counted).
    #[must_use]
    pub fn waiting_count(&self, queue: &str) -> usize {
        let index = self.queues.iter().position(|known| &*known.name == queue);
        index.map_or(0, |index| self.table.waiting(index).len())
    }

    /// Predictions of the last pass.
    #[must_use]
    pub fn gantt(&self) -> &Gantt {
        &self.gantt
    }

    /// Kill requests, by job.
    #[must_use]
    pub fn frags(&self) -> &BTreeMap<JobId, Frag> {
        &self.frags
    }

    /// Forgets the plan kept between passes: the next pass plans from nothing, with equal results.
    pub fn forget_plan(&mut self) {
        self.memory = Memory::default();
    }

    /// Takes the events logged since the last call.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Drops the events logged since they were last taken.
    pub fn drop_events(&mut self) {
        self.events.clear();
    }

    /// Whether a job waits in any queue (reservations not counted).
    #[must_use]
    pub fn anyone_waits(&self) -> bool {
        (0..self.queues.len()).any(|index| !self.table.waiting(index).is_empty())
    }

    /// Adds consumption that fair sharing looks at.
    pub fn add_accounting(&mut self, row: AccountingRow) {
        self.accounting.push(row);
        self.memory.forget();
    }

    /// Opens or closes a queue.
    pub fn set_queue_active(&mut self, name: &str, active: bool) {
        for queue in self.queues.iter_mut().filter(|queue| &*queue.name == name) {
            queue.active = active;
        }
        self.memory.forget();
    }

    /// Forgets a job that has ended, its kill request included.
    ///
    /// # Errors
    /// Unknown jobs, and jobs that have not ended.
    pub fn forget(&mut self, id: JobId) -> Result<(), OarError> {
        let job = self.table.get(id).ok_or(OarError::UnknownJob(id))?;
        if !job.state.is_final() {
            let wanted = "Terminated or Error";
            return Err(OarError::WrongState { job: id, state: job.state, wanted });
        }
        self.table.remove(id);
        self.frags.remove(&id);
        self.active_frags.remove(&id);
        Ok(())
    }

    /// Changes a resource; whatever the pass derives from it is derived anew.
    ///
    /// # Errors
    /// An unknown resource.
    pub fn change_resource(
        &mut self,
        id: ResourceId,
        change: impl FnOnce(&mut Resource),
    ) -> Result<(), OarError> {
        let row = self.rows.get(id).ok_or(OarError::UnknownResource(id))? as usize;
        let resource = self.resources.get_mut(row).expect("indexed rows exist");
        change(resource);
        resource.id = id;
        match resource.next_state {
            Some(_) => self.asked.insert(row),
            None => self.asked.remove(&row),
        };
        self.rank_anew();
        Ok(())
    }

    /// Changes a column of resources that passes see only if the order or a filter names it.
    pub(in crate::oar) fn change_column(
        &mut self,
        ids: &[ResourceId],
        column: &str,
        config: &Config,
        change: impl Fn(&mut Resource),
    ) {
        let named = |name: &str| name.eq_ignore_ascii_case(column);
        let mut orders = config.resource_order.keys().iter().filter(|key| named(&key.property));
        let read = config.hierarchy_labels.iter().any(|label| named(label))
            || self.shapes.mentions(column);
        let ranked = orders.clone().next().is_some();
        let priority = !read && column == PRIORITY && orders.all(|key| key.property == column);
        let known = || ids.iter().filter_map(|id| self.rows.get(*id));
        let rows: Vec<u32> = known().collect();
        for row in &rows {
            change(self.resources.get_mut(*row as usize).expect("indexed rows exist"));
        }
        if rows.is_empty() || !(read || ranked) {
            return;
        }
        if priority && !matches!(self.changes, Changes::Anything) {
            match &mut self.changes {
                Changes::Priorities(changed) => changed.extend(rows),
                _ => self.changes = Changes::Priorities(rows),
            }
            self.bound_changes();
            self.memory.forget();
        } else {
            self.rank_anew();
        }
    }

    /// Names each changed row once if there are more names than rows.
    fn bound_changes(&mut self) {
        if let Changes::Priorities(changed) = &mut self.changes
            && changed.len() > 2 * self.resources.len()
        {
            changed.sort_unstable();
            changed.dedup();
        }
    }

    /// The ranked resources of the last pass, if nothing but priorities has changed since.
    pub(in crate::oar) fn last_platform(&self) -> Option<Arc<Platform>> {
        let same = !matches!(self.changes, Changes::Anything);
        self.platform.as_ref().filter(|_| same).map(Arc::clone)
    }

    /// Whatever passes derive from the resources is derived anew.
    pub(in crate::oar) fn rank_anew(&mut self) {
        self.changes = Changes::Anything;
        self.memory.forget();
    }

    /// Resources that were asked to take another state, and which.
    pub(in crate::oar) fn asked_states(&self) -> Vec<(ResourceId, ResourceState)> {
        let resources = self.asked.iter().map(|row| &self.resources[*row]);
        resources.filter_map(|resource| Some((resource.id, resource.next_state?))).collect()
    }

    /// A resource by id.
    #[must_use]
    pub fn resource(&self, id: ResourceId) -> Option<&Resource> {
        self.rows.get(id).map(|row| &self.resources[row as usize])
    }

    /// Logs an event, to be looked at by the next check of node states.
    pub(in crate::oar) fn log(&mut self, kind: EventKind, job: JobId, date: Date) {
        let event = Event { kind, job, date };
        self.events.push(event);
        self.unchecked.push(event);
        if let Some(job) = self.table.get_mut(job) {
            match kind {
                EventKind::BesteffortKill => job.past.besteffort_kill = true,
                EventKind::SendKillJob => job.past.kill_sent = true,
                EventKind::SchedulerPriorityUpdatedStart => job.past.priority_raised = true,
                EventKind::Checkpoint => {
                    job.past.checkpoint = job.past.checkpoint.or(Some(date));
                }
                _ => {}
            }
        }
    }

    /// The ranked resources, rebuilt if they changed.
    pub(in crate::oar) fn platform(&mut self, config: &Config) -> Arc<Platform> {
        let changes = std::mem::replace(&mut self.changes, Changes::Nothing);
        let platform = match (&self.platform, changes) {
            (Some(platform), Changes::Nothing) => return Arc::clone(platform),
            (Some(platform), Changes::Priorities(rows)) => {
                let next = platform.reranked(&self.resources, &rows, self.revision + 1);
                let Some(next) = next else { return Arc::clone(platform) };
                self.shapes.forget_ranked(platform.is_alike(&next));
                next
            }
            (None, _) | (_, Changes::Anything) => {
                self.shapes.forget_ranked(false);
                Platform::build(&self.resources, &self.rows, config, self.revision + 1)
            }
        };
        self.revision += 1;
        let platform = Arc::new(platform);
        self.platform = Some(Arc::clone(&platform));
        platform
    }

    /// Whether resources changed since the last pass ranked them.
    pub(in crate::oar) fn resources_changed(&self) -> bool {
        !matches!(self.changes, Changes::Nothing)
    }
}

/// The queues by descending priority, those of equal priority together.
fn groups_of(queues: &[Queue]) -> Arc<[Vec<usize>]> {
    let mut groups: BTreeMap<std::cmp::Reverse<i64>, Vec<usize>> = BTreeMap::new();
    for (index, queue) in queues.iter().enumerate() {
        groups.entry(std::cmp::Reverse(queue.priority)).or_default().push(index);
    }
    groups.into_values().collect()
}
