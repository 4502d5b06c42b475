//! The settings of a cluster's OAR server: each value checked, each error at its line. What a whole
//! server would refuse is seen when it is built.

use std::collections::BTreeMap;
use std::sync::Arc;

use gleaner_oar::order::ResourceOrder;
use gleaner_oar::value::Value;
use gleaner_settings::location::Location;
use gleaner_settings::range::OutOfRange;
use gleaner_sim::oar::model::config::quotas::{Limit, OneShot, QuotaSettings, Rule};
use gleaner_sim::oar::model::config::{
    EnergySaving, Fairshare, JobPriority, Multifactor, OarCompat, WalltimeChanges,
};
use gleaner_sim::oar::model::error::OarError;
use gleaner_sim::oar::model::state::Queue;
use gleaner_sim::oar::server;
use gleaner_sim::oar::server::rhythm::OarRhythm;
use gleaner_sim::oar::server::site::{LogNames, PowerSwitches};
use gleaner_sim::time::SimSpan;
use toml::Spanned;

use crate::duration::{Duration, instant, span};
use crate::error::{Invalid, Problem};
use crate::format::oar::{
    EnergyTable, HierarchyTable, LogNamesTable, OarTable, PriorityTable, QueueTable, QuotasTable,
    RhythmTable, RulesTable,
};
use crate::names::{JobOrder, Named, PassRhythm, QueueState};
use crate::oar::{NodeProperties, OarPlan};
use crate::read::Reader;
use crate::scenario::ClusterSize;

impl Reader<'_> {
    /// The OAR server of a cluster; `compat` is what the cluster or the scenario says.
    pub(super) fn oar(
        &self,
        cluster: &Location,
        size: Option<ClusterSize>,
        table: Option<Spanned<OarTable>>,
        compat: Option<OarCompat>,
    ) -> Result<OarPlan, Invalid> {
        let usual = OarPlan { compat: compat.unwrap_or_default(), ..OarPlan::default() };
        let Some(table) = table else {
            return Ok(OarPlan { location: cluster.clone(), ..usual });
        };
        let location = self.at(&table);
        let table = table.into_inner();
        let ideal = table.pass.is_some_and(|Named(pass)| pass == PassRhythm::Ideal);
        let rhythm = self.rhythm(ideal, table.rhythm)?;
        let security_time = self.security_time(table.security_time, &rhythm)?;
        let energy = table.energy.map(|energy| self.energy(energy, ideal)).transpose()?;
        let (energy, power) = energy.unzip();
        let hierarchy = self.hierarchy(size, table.hierarchy)?;
        Ok(OarPlan {
            compat: table.compat.map_or(usual.compat, |Named(compat)| compat),
            rhythm,
            security_time,
            besteffort_kill_before: table
                .besteffort_kill_before
                .map_or(usual.besteffort_kill_before, span),
            reservation_timeout: table.reservation_timeout.map_or(usual.reservation_timeout, span),
            jobs_per_pass: self.jobs_per_pass(table.jobs_per_pass)?,
            resource_order: table.resource_order.map(|text| self.order(&text)).transpose()?,
            queues: self.queues(table.queues)?,
            priority: table
                .priority
                .map_or(JobPriority::Fifo, |table| priority(table.into_inner())),
            quotas: table.quotas.map(|table| self.quotas(table.into_inner())).transpose()?,
            energy,
            power: power.unwrap_or_default(),
            walltime_changes: table.walltime_increase_max.map(|longest| WalltimeChanges {
                increase_max_s: seconds(longest),
                ..WalltimeChanges::default()
            }),
            names: table.trace.map(|names| self.log_names(names)).transpose()?.unwrap_or_default(),
            location,
            ..hierarchy
        })
    }

    fn rhythm(
        &self,
        ideal: bool,
        table: Option<Spanned<RhythmTable>>,
    ) -> Result<OarRhythm, Invalid> {
        let Some(table) = table else {
            return Ok(if ideal { OarRhythm::ideal() } else { OarRhythm::real() });
        };
        if ideal {
            let message = "ideal passes have no rhythm that could be set".to_owned();
            let hint = "drop the table, or `pass = \"ideal\"`".to_owned();
            return Err(self.at(&table).invalid(Problem::Part { message, hint }));
        }
        let table = table.into_inner();
        for (key, time) in [("ceiling", &table.ceiling), ("walltime_poll", &table.walltime_poll)] {
            if let Some(time) = time.as_ref().filter(|time| time.get_ref().ms() < 1000) {
                let value_s = time.get_ref().ms() as f64 / 1000.0;
                let problem = OutOfRange::new(key, value_s, "a second or more");
                return Err(self.at(time).invalid(problem.into()));
            }
        }
        if let Some(kill) = table.kill.as_ref().filter(|kill| kill.get_ref().ms() > 20_000) {
            // After that OAR kills again, and gives the job up in the end.
            let value_s = kill.get_ref().ms() as f64 / 1000.0;
            let problem = OutOfRange::new("kill", value_s, "20 seconds at most");
            return Err(self.at(kill).invalid(problem.into()));
        }
        let mut rhythm = OarRhythm::real();
        let set = |location: &mut SimSpan, time: Option<Duration>| {
            *location = time.map_or(*location, span);
        };
        set(&mut rhythm.floor, table.floor);
        set(&mut rhythm.ceiling, table.ceiling.map(Spanned::into_inner));
        set(&mut rhythm.duration, table.pass_duration);
        set(&mut rhythm.poll, table.walltime_poll.map(Spanned::into_inner));
        set(&mut rhythm.launch, table.launch);
        set(&mut rhythm.launch_per_node, table.launch_per_node);
        set(&mut rhythm.cleanup, table.cleanup);
        set(&mut rhythm.kill, table.kill.map(Spanned::into_inner));
        set(&mut rhythm.cleanup_killed, table.kill_cleanup);
        Ok(rhythm)
    }

    /// Jobs are killed some time after the end of their walltime; sooner, nobody may follow.
    fn security_time(
        &self,
        time: Option<Spanned<Duration>>,
        rhythm: &OarRhythm,
    ) -> Result<SimSpan, Invalid> {
        let Some(time) = time else { return Ok(SimSpan::from_s(60)) };
        let least =
            SimSpan::from_s(2) + rhythm.poll + rhythm.kill + rhythm.cleanup_killed + rhythm.cleanup;
        let given = span(*time.get_ref());
        if given >= least {
            return Ok(given);
        }
        Err(self.at(&time).invalid(Problem::Part {
            message: format!("a `security_time` of {given} is too short"),
            hint: format!("a job beyond its walltime is gone after {least} at the latest"),
        }))
    }

    fn jobs_per_pass(&self, jobs: Option<Spanned<u32>>) -> Result<usize, Invalid> {
        match jobs {
            None => Ok(OarPlan::default().jobs_per_pass),
            Some(jobs) if *jobs.get_ref() == 0 => {
                let problem = OutOfRange::new("jobs_per_pass", 0, "1 or more");
                Err(self.at(&jobs).invalid(problem.into()))
            }
            Some(jobs) => Ok(jobs.into_inner() as usize),
        }
    }

    fn order(&self, text: &Spanned<String>) -> Result<ResourceOrder, Invalid> {
        ResourceOrder::parse(text.get_ref()).map_err(|error| {
            self.at(text).invalid(Problem::Part {
                message: format!("resource order: {error}"),
                hint: "for example `scheduler_priority ASC, network_address ASC, resource_id ASC`"
                    .to_owned(),
            })
        })
    }

    /// The queues given; `default` and `besteffort` are there in any case.
    fn queues(&self, tables: Vec<Spanned<QueueTable>>) -> Result<Vec<Queue>, Invalid> {
        if tables.is_empty() {
            return Ok(Queue::packaged());
        }
        let mut queues: Vec<Queue> = Vec::new();
        for table in tables {
            let location = self.at(&table);
            let QueueTable { name, priority, state } = table.into_inner();
            if queues.iter().any(|queue| *queue.name == *name) {
                return Err(location.invalid(Problem::Part {
                    message: format!("two queues are called `{name}`"),
                    hint: "give each queue a name of its own".to_owned(),
                }));
            }
            let active = state.is_none_or(|Named(state)| state == QueueState::Active);
            queues.push(Queue { name: name.into(), priority, active });
        }
        for queue in Queue::packaged() {
            if &*queue.name != "admin" && queues.iter().all(|other| other.name != queue.name) {
                queues.push(queue);
            }
        }
        Ok(queues)
    }

    fn quotas(&self, table: QuotasTable) -> Result<QuotaSettings, Invalid> {
        let usual = QuotaSettings::default();
        let mut settings = QuotaSettings {
            rules: self.rules(&table.rules)?,
            job_types: table.job_types,
            period_s: table.period.map_or(usual.period_s, seconds),
            window_limit_s: table.window_limit.map_or(usual.window_limit_s, seconds),
            ..usual
        };
        for (name, rules) in &table.sets {
            settings.rule_sets.insert(name.clone(), self.rules(rules)?);
        }
        let known = |settings: &QuotaSettings, name: &Spanned<String>| {
            if settings.rule_sets.contains_key(name.get_ref()) {
                return Ok(());
            }
            let suggestion = gleaner_core::suggest::Suggestion::new(
                name.get_ref(),
                settings.rule_sets.keys().map(String::as_str),
            );
            Err(self.at(name).invalid(Problem::Part {
                message: format!("there is no set of quota rules `{}`", name.get_ref()),
                hint: suggestion.to_string(),
            }))
        };
        for (when, rules) in &table.week {
            known(&settings, rules)?;
            let added = settings.add_weekly(when.get_ref(), rules.get_ref());
            added.map_err(|error| self.refused(when.span(), &error))?;
        }
        for shot in &table.oneshots {
            known(&settings, &shot.rules)?;
            if *shot.to.get_ref() <= shot.from {
                return Err(self.at(&shot.to).invalid(Problem::Part {
                    message: "these quotas would end before they begin".to_owned(),
                    hint: "`to` must come after `from`".to_owned(),
                }));
            }
            let second = |time: Duration| server::date(instant(time)).0;
            settings.oneshots.push(OneShot {
                begin: second(shot.from),
                end: second(*shot.to.get_ref()),
                rules: shot.rules.get_ref().clone(),
            });
        }
        settings.oneshots.sort_by_key(|shot| shot.begin);
        Ok(settings)
    }

    fn rules(&self, table: &RulesTable) -> Result<Vec<Rule>, Invalid> {
        let rule = |(fields, limits): (&Spanned<String>, &Spanned<Vec<toml::Value>>)| {
            let texts: Vec<String> = limits.get_ref().iter().map(limit_text).collect();
            let [resources, jobs, hours] = &texts[..] else {
                return Err(self.at(limits).invalid(Problem::Part {
                    message: format!("a quota rule has 3 limits, not {}", texts.len()),
                    hint: "give resources, jobs and resource hours; -1 for no limit".to_owned(),
                }));
            };
            let read = || Ok([Limit::parse(resources)?, Limit::parse(jobs)?, Limit::parse(hours)?]);
            let limits = read().map_err(|error| self.refused(limits.span(), &error))?;
            Rule::parse(fields.get_ref(), limits)
                .map_err(|error| self.refused(fields.span(), &error))
        };
        table.iter().map(rule).collect()
    }

    fn refused(&self, at: std::ops::Range<usize>, error: &OarError) -> Invalid {
        let hint = error.hint().unwrap_or("see the template that `gleaner init` writes");
        self.location(at)
            .invalid(Problem::Part { message: error.to_string(), hint: hint.to_owned() })
    }

    fn energy(
        &self,
        table: Spanned<EnergyTable>,
        ideal: bool,
    ) -> Result<(EnergySaving, PowerSwitches), Invalid> {
        if ideal {
            let message = "energy saving takes time, which ideal passes do not have".to_owned();
            let hint = "drop the table, or `pass = \"ideal\"`".to_owned();
            return Err(self.at(&table).invalid(Problem::Part { message, hint }));
        }
        let table = table.into_inner();
        if let Some(boot) = table.boot_time.as_ref().filter(|boot| boot.get_ref().ms() > 900_000) {
            // Later than that, OAR suspects the node.
            let value_s = boot.get_ref().ms() as f64 / 1000.0;
            let problem = OutOfRange::new("boot_time", value_s, "900 seconds at most");
            return Err(self.at(boot).invalid(problem.into()));
        }
        let (saving, power) = (EnergySaving::default(), PowerSwitches::default());
        let saving = EnergySaving {
            idle_s: table.idle_time.map_or(saving.idle_s, seconds),
            sleep_s: table.sleep_time.map_or(saving.sleep_s, seconds),
            wake_up_s: table.wake_up_time.map_or(saving.wake_up_s, seconds),
        };
        let power = PowerSwitches {
            boot: table.boot_time.map_or(power.boot, |boot| span(boot.into_inner())),
            keep_alive: table.keep_alive.unwrap_or(power.keep_alive),
        };
        Ok((saving, power))
    }

    /// What nodes are made of; everything else as usual.
    fn hierarchy(
        &self,
        size: Option<ClusterSize>,
        table: Option<Spanned<HierarchyTable>>,
    ) -> Result<OarPlan, Invalid> {
        let Some(table) = table else { return Ok(OarPlan::default()) };
        let location = self.at(&table);
        let table = table.into_inner();
        let Some(size) = size else {
            let message = "the hierarchy of a cluster needs its size".to_owned();
            let hint = "add `nodes` and `cores_per_node`".to_owned();
            return Err(location.invalid(Problem::Part { message, hint }));
        };
        let parts = [("CPUs", &table.cpus_per_node), ("GPUs", &table.gpus_per_node)];
        for (what, parts) in parts {
            let Some(parts) = parts else { continue };
            let (count, cores) = (*parts.get_ref(), size.cores_per_node);
            if count == 0 || cores % count != 0 {
                return Err(self.at(parts).invalid(Problem::Part {
                    message: format!("{cores} cores cannot be shared out among {count} {what}"),
                    hint: "the cores of a node are shared out evenly".to_owned(),
                }));
            }
        }
        let mut properties = Vec::with_capacity(table.properties.len());
        for row in table.properties {
            let nodes = match &row.nodes {
                None => vec![(0, size.nodes - 1)],
                Some(text) => self.nodes(text, size)?,
            };
            let mut set = BTreeMap::new();
            for (name, value) in row.set {
                set.insert(self.property_name(&name)?, self.property_value(&value)?);
            }
            properties.push(NodeProperties { nodes, set });
        }
        Ok(OarPlan {
            cpus_per_node: table.cpus_per_node.map(Spanned::into_inner),
            gpus_per_node: table.gpus_per_node.map(Spanned::into_inner),
            levels: table.levels,
            properties,
            ..OarPlan::default()
        })
    }

    /// Nodes as in `0-3 8`.
    fn nodes(&self, text: &Spanned<String>, size: ClusterSize) -> Result<Vec<(u32, u32)>, Invalid> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last && last < size.nodes).then_some((first, last))
        };
        let parts = text.get_ref().split_whitespace();
        let ranges: Option<Vec<_>> = parts.map(range).collect();
        ranges.filter(|ranges| !ranges.is_empty()).ok_or_else(|| {
            self.at(text).invalid(Problem::Part {
                message: format!("`{}` are no nodes of the cluster", text.get_ref()),
                hint: format!("for example `0-3 8`; the last node is {}", size.nodes - 1),
            })
        })
    }

    fn property_name(&self, name: &Spanned<String>) -> Result<String, Invalid> {
        let text = name.get_ref();
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && text.starts_with(|c: char| c.is_ascii_alphabetic());
        let ours = ["resource_id", "network_address", "state", "core", "cpu", "gpu", "host"];
        if plain && !ours.contains(&text.as_str()) {
            return Ok(text.clone());
        }
        Err(self.at(name).invalid(Problem::Part {
            message: format!("`{text}` cannot be the name of a property"),
            hint: "use letters, digits and `_`; what the hierarchy sets cannot be set again"
                .to_owned(),
        }))
    }

    fn property_value(&self, value: &Spanned<toml::Value>) -> Result<Value, Invalid> {
        match value.get_ref() {
            toml::Value::Integer(number) => Ok(Value::Int(*number)),
            toml::Value::String(text) => Ok(Value::Text(text.clone())),
            _ => Err(self.at(value).invalid(Problem::Part {
                message: "a property is a whole number or a text".to_owned(),
                hint: "for example `mem = 64` or `switch = \"sw1\"`".to_owned(),
            })),
        }
    }

    fn log_names(&self, table: LogNamesTable) -> Result<LogNames, Invalid> {
        type Names = BTreeMap<Spanned<String>, Spanned<String>>;
        let names = |names: Names| {
            let name = |(number, name): (Spanned<String>, Spanned<String>)| {
                let parsed: Option<i32> = number.get_ref().parse().ok();
                let known = parsed.ok_or_else(|| {
                    self.at(&number).invalid(Problem::Part {
                        message: format!("`{}` is no number of a log", number.get_ref()),
                        hint: "for example `queues = { 1 = \"default\", 2 = \"long\" }`".to_owned(),
                    })
                })?;
                Ok((known, Arc::from(name.into_inner())))
            };
            names.into_iter().map(name).collect::<Result<BTreeMap<i32, Arc<str>>, Invalid>>()
        };
        Ok(LogNames {
            queues: names(table.queues)?,
            users: names(table.users)?,
            projects: names(table.projects)?,
        })
    }
}

fn priority(table: PriorityTable) -> JobPriority {
    let usual = Fairshare::default();
    let fairshare = Fairshare {
        window_s: table.window.map_or(usual.window_s, seconds),
        coef_project: table.coef_project.unwrap_or(usual.coef_project),
        coef_user: table.coef_user.unwrap_or(usual.coef_user),
        coef_user_ask: table.coef_user_ask.unwrap_or(usual.coef_user_ask),
        project_targets: table.project_targets,
        user_targets: table.user_targets,
    };
    let usual = Multifactor::default();
    match table.order {
        Named(JobOrder::Fifo) => JobPriority::Fifo,
        Named(JobOrder::Fairshare) => JobPriority::Fairshare(fairshare),
        Named(JobOrder::Multifactor) => JobPriority::Multifactor(Multifactor {
            age_weight: table.age_weight.unwrap_or(usual.age_weight),
            age_coef: table.age_coef.unwrap_or(usual.age_coef),
            queue_weight: table.queue_weight.unwrap_or(usual.queue_weight),
            queue_coefs: table.queue_coefs,
            karma_weight: table.karma_weight.unwrap_or(usual.karma_weight),
            fairshare,
        }),
    }
}

/// A limit as quotas write it: a number, or a text such as `0.5*ALL`.
fn limit_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// OAR counts whole seconds.
fn seconds(duration: Duration) -> i64 {
    duration.ms() / 1000
}
