//! Reads a golden vector (`oar-golden-1`, see `tests/golden/README.md`) into a server and its steps.

use gleaner_oar::job_type::JobType;
use gleaner_oar::order::ResourceOrder;
use gleaner_oar::request::{Amount, Group};
use gleaner_oar::value::Value;
use gleaner_sim::oar::model::config::quotas::{Limit, QuotaSettings, Rule};
use gleaner_sim::oar::model::config::{Config, EnergySaving, Fairshare, JobPriority, Multifactor};
use gleaner_sim::oar::model::ids::{Date, JobId, ResourceId};
use gleaner_sim::oar::model::job::{Alternative, Booking, Job};
use gleaner_sim::oar::model::resource::Resource;
use gleaner_sim::oar::model::state::{AccountingRow, Consumption, Queue, State};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What is wrong with a vector.
pub(crate) type Problem = String;

/// A vector, ready to be replayed.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) config: Config,
    pub(crate) steps: Vec<Json>,
    pub(crate) expected: Vec<Json>,
    /// Settings this replay does not know, which may be why it differs.
    pub(crate) unknown: Vec<String>,
    now: Date,
}

impl Case {
    /// Reads a vector.
    pub(crate) fn read(json: &Json) -> Result<Self, Problem> {
        let format = text(json, "format", "");
        if format != "oar-golden-1" {
            return Err(format!("format `{format}` is not `oar-golden-1`"));
        }
        let (config, unknown) = read_config(&json["config"])?;
        let now = Date(integer(json, "now", 0));
        let resources =
            list(json, "resources").iter().map(read_resource).collect::<Result<_, _>>()?;
        let queues = list(json, "queues").iter().map(read_queue).collect();
        let mut state = State::new(resources, queues, &config).map_err(|e| e.to_string())?;
        for row in list(json, "accounting") {
            state.add_accounting(read_accounting(row));
        }
        let mut case = Self {
            name: text(json, "name", "?").to_owned(),
            state,
            config,
            steps: list(json, "steps").to_vec(),
            expected: list(json, "expected").to_vec(),
            unknown,
            now,
        };
        for job in list(json, "jobs") {
            case.submit(job, now)?;
        }
        Ok(case)
    }

    /// Submits a job of the vector.
    pub(crate) fn submit(&mut self, json: &Json, now: Date) -> Result<(), Problem> {
        let now = now.max(self.now);
        let job = read_job(json, now)?;
        self.state.submit(job, &self.config).map_err(|error| {
            let source = std::error::Error::source(&error).map(|s| format!(": {s}"));
            format!("{error}{}", source.unwrap_or_default())
        })
    }
}

pub(crate) fn list<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json[key].as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text<'a>(json: &'a Json, key: &str, default: &'a str) -> &'a str {
    json[key].as_str().unwrap_or(default)
}

pub(crate) fn integer(json: &Json, key: &str, default: i64) -> i64 {
    json[key].as_i64().unwrap_or(default)
}

/// A number written as one or as text.
fn number(json: &Json) -> Option<f64> {
    json.as_f64().or_else(|| json.as_str()?.trim().parse().ok())
}

fn whole(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
}

fn read_resource(json: &Json) -> Result<Resource, Problem> {
    let id = u32::try_from(integer(json, "resource_id", 0)).map_err(|e| e.to_string())?;
    let mut resource = Resource::new(ResourceId(id), text(json, "network_address", ""));
    let yes = |key: &str, default: &str| text(json, key, default) == "YES";
    resource.kind = text(json, "type", "default").into();
    resource.state = text(json, "state", "Alive").parse().map_err(|e| format!("{e}"))?;
    resource.available_upto = integer(json, "available_upto", resource.available_upto);
    resource.scheduler_priority = integer(json, "scheduler_priority", 0);
    resource.besteffort = yes("besteffort", "YES");
    resource.deploy = yes("deploy", "NO");
    resource.drain = yes("drain", "NO");
    resource.suspended_jobs = yes("suspended_jobs", "NO");
    resource.last_job_date = Date(integer(json, "last_job_date", 0));
    resource.next_state = json["next_state"].as_str().and_then(|word| word.parse().ok());
    let own = [
        "resource_id",
        "network_address",
        "type",
        "state",
        "next_state",
        "state_num",
        "available_upto",
        "scheduler_priority",
        "besteffort",
        "deploy",
        "drain",
        "suspended_jobs",
        "last_job_date",
    ];
    for (name, value) in json.as_object().into_iter().flatten() {
        if !own.contains(&name.as_str()) {
            resource.properties.set(name.clone(), Value::from(value));
        }
    }
    Ok(resource)
}

fn read_queue(json: &Json) -> Queue {
    Queue {
        name: text(json, "name", "").into(),
        priority: integer(json, "priority", 0),
        active: text(json, "state", "Active") == "Active",
    }
}

fn read_accounting(json: &Json) -> AccountingRow {
    let asked = text(json, "type", "USED") == "ASKED";
    AccountingRow {
        window_start: Date(integer(json, "window_start", 0)),
        window_stop: Date(integer(json, "window_stop", 0)),
        user: text(json, "user", "user1").into(),
        project: text(json, "project", "default").into(),
        queue: text(json, "queue", "default").into(),
        kind: if asked { Consumption::Asked } else { Consumption::Used },
        consumption: integer(json, "consumption", 0),
    }
}

fn id(json: &Json) -> Result<JobId, Problem> {
    json.as_u64().map(JobId).ok_or_else(|| format!("`{json}` is no job id"))
}

pub(crate) fn resource_ids(json: &[Json]) -> Vec<ResourceId> {
    let number = |json: &Json| json.as_u64().and_then(|id| u32::try_from(id).ok());
    json.iter().filter_map(number).map(ResourceId).collect()
}

fn read_job(json: &Json, now: Date) -> Result<Job, Problem> {
    let mut job = Job::new(id(&json["id"])?, Date(integer(json, "submission_time", now.0)));
    job.queue = text(json, "queue", "default").into();
    job.user = text(json, "user", "user1").into();
    job.project = text(json, "project", "default").into();
    job.name = text(json, "name", "").into();
    job.types = list(json, "types").iter().filter_map(Json::as_str).map(JobType::parse).collect();
    text(json, "properties", "").clone_into(&mut job.properties);
    job.state = text(json, "state", "Waiting").parse().map_err(|e| format!("{e}"))?;
    job.reservation = text(json, "reservation", "None").parse().map_err(|e| format!("{e}"))?;
    job.start = Date(integer(json, "start_time", 0));
    job.stop = Date(integer(json, "stop_time", 0));
    job.assigned = resource_ids(list(json, "assigned_resources")).into();
    job.depends_on = list(json, "depends_on").iter().map(id).collect::<Result<_, _>>()?;
    job.exit_code = json["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok());
    job.suspended = text(json, "suspended", "NO") == "YES";
    job.checkpoint_s = integer(json, "checkpoint", 0);
    job.interactive = text(json, "type", "PASSIVE") == "INTERACTIVE";
    for period in list(json, "suspended_periods") {
        let date = |index: usize| period[index].as_i64().filter(|date| *date != 0).map(Date);
        job.suspended_periods.push((date(0).unwrap_or_default(), date(1)));
    }
    if json["prediction"].is_object() {
        let booking = &json["prediction"];
        job.booking = Some(Booking {
            start: Date(integer(booking, "start_time", job.start.0)),
            alternative: usize::try_from(integer(booking, "moldable", 0)).unwrap_or(0),
            resources: resource_ids(list(booking, "resource_ids")).into(),
        });
    }
    job.alternatives =
        list(json, "moldables").iter().map(read_alternative).collect::<Result<_, _>>()?;
    Ok(job)
}

fn read_alternative(json: &Json) -> Result<Alternative, Problem> {
    let level = |json: &Json| {
        let name = json[0].as_str().ok_or("a level without name")?;
        let amount = json[1].as_i64().and_then(Amount::from_code);
        Ok((name.to_owned(), amount.ok_or("a level without amount")?))
    };
    let group = |json: &Json| {
        let levels = list(json, "levels").iter().map(level).collect::<Result<_, Problem>>()?;
        Ok(Group { filter: text(json, "property", "").to_owned(), levels })
    };
    let groups: Vec<Group> =
        list(json, "groups").iter().map(group).collect::<Result<_, Problem>>()?;
    Ok(Alternative { walltime_s: integer(json, "walltime", 7200), groups: groups.into() })
}

/// `{alice => 10.0, bob => 5}`
fn targets(text: &str) -> BTreeMap<String, f64> {
    let pairs = text.trim_matches(|c: char| "{} ".contains(c)).split(',');
    let pair = |pair: &str| {
        let (name, target) = pair.split_once("=>")?;
        Some((name.trim().to_owned(), target.trim().parse().ok()?))
    };
    pairs.filter_map(pair).collect()
}

fn words(json: &Json, separators: &[char]) -> Vec<String> {
    match json {
        Json::Array(list) => list.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        other => {
            let text = other.as_str().unwrap_or("");
            text.split(separators)
                .map(str::trim)
                .filter(|w| !w.is_empty())
                .map(str::to_owned)
                .collect()
        }
    }
}

/// Settings under the names of `oar.conf` in lower case, with or without `scheduler_`.
fn read_config(json: &Json) -> Result<(Config, Vec<String>), Problem> {
    let empty = Map::new();
    let settings = json.as_object().unwrap_or(&empty);
    let mut config = Config::default();
    let mut fairshare = Fairshare::default();
    let mut priority = "FIFO";
    let mut factors = Json::Null;
    let mut unknown = Vec::new();
    for (key, value) in settings {
        let lower = key.to_ascii_lowercase();
        let key = lower.strip_prefix("scheduler_").unwrap_or(&lower);
        let whole = || whole(value).ok_or_else(|| format!("`{key}` is no whole number"));
        let real = || number(value).ok_or_else(|| format!("`{key}` is no number"));
        match key {
            "job_security_time" => config.job_security_time_s = whole()?,
            "resource_order" => {
                let order = ResourceOrder::parse(value.as_str().unwrap_or(""));
                config.resource_order = order.map_err(|error| error.to_string())?;
            }
            "hierarchy_labels" => config.hierarchy_labels = words(value, &[',']),
            "job_priority" => priority = value.as_str().unwrap_or("FIFO"),
            "priority_conf" | "priority" | "multifactor" => factors = value.clone(),
            "quotas" => config.quotas.get_or_insert_default().merge(value)?,
            "quotas_period" => config.quotas.get_or_insert_default().period_s = whole()?,
            "quotas_window_time_limit" => {
                config.quotas.get_or_insert_default().window_limit_s = whole()?;
            }
            "priority_hierarchy_order" => {
                config.priority_hierarchy_order = words(value, &['/']);
            }
            "available_suspended_resource_type" => {
                config.available_suspended_types = words(value, &[' ', ',']);
            }
            "max_job_per_queues_group_scheduling_round"
            | "max_job_per_queues_group"
            | "max_jobs_per_queue_group" => {
                config.jobs_per_round_max = usize::try_from(whole()?).ok().filter(|n| *n > 0);
            }
            "besteffort_kill_duration_before_reservation" => {
                config.besteffort_kill_before_s = whole()?;
            }
            "reservation_waiting_resources_timeout" => config.reservation_timeout_s = whole()?,
            "leon_soft_walltime" | "jobdel_softwalltime" => config.kill_again_s = whole()?,
            "leon_walltime" | "jobdel_walltime" => config.exterminate_s = whole()?,
            "fairsharing_window_size" => fairshare.window_s = whole()?,
            "fairsharing_coef_project" => fairshare.coef_project = real()?,
            "fairsharing_coef_user" => fairshare.coef_user = real()?,
            "fairsharing_coef_user_ask" => fairshare.coef_user_ask = real()?,
            "fairsharing_project_targets" => {
                fairshare.project_targets = targets(value.as_str().unwrap_or(""));
            }
            "fairsharing_user_targets" => {
                fairshare.user_targets = targets(value.as_str().unwrap_or(""));
            }
            "node_manager_idle_time" => energy(&mut config).idle_s = whole()?,
            "node_manager_sleep_time" => energy(&mut config).sleep_s = whole()?,
            "node_manager_wakeup_time" => energy(&mut config).wake_up_s = whole()?,
            _ => unknown.push(key.to_owned()),
        }
    }
    config.job_priority = match priority {
        "FIFO" => JobPriority::Fifo,
        "FAIRSHARE" => JobPriority::Fairshare(fairshare),
        "MULTIFACTOR" => JobPriority::Multifactor(read_factors(&factors, fairshare)),
        other => return Err(format!("job priority `{other}` is not known")),
    };
    Ok((config, unknown))
}

fn energy(config: &mut Config) -> &mut EnergySaving {
    config.energy_saving.get_or_insert_default()
}

fn read_factors(json: &Json, fairshare: Fairshare) -> Multifactor {
    let default = Multifactor::default();
    let real = |key: &str, default: f64| number(&json[key]).unwrap_or(default);
    let coefs = json["queue_coefs"].as_object().into_iter().flatten();
    Multifactor {
        age_weight: real("age_weight", default.age_weight),
        age_coef: real("age_coef", default.age_coef),
        queue_weight: real("queue_weight", default.queue_weight),
        queue_coefs: coefs.filter_map(|(name, v)| Some((name.clone(), number(v)?))).collect(),
        karma_weight: real("karma_weight", default.karma_weight),
        fairshare,
    }
}

/// Reads OAR's quota file into settings.
trait Merge {
    fn merge(&mut self, json: &Json) -> Result<(), Problem>;
}

impl Merge for QuotaSettings {
    fn merge(&mut self, json: &Json) -> Result<(), Problem> {
        for (name, value) in json.as_object().into_iter().flatten() {
            match name.as_str() {
                "quotas" => self.rules = read_rules(value)?,
                "job_types" => self.job_types = words(value, &[',']),
                "periodical" => {
                    for entry in value.as_array().into_iter().flatten() {
                        let (spec, rules) = (entry[0].as_str(), entry[1].as_str());
                        self.add_weekly(spec.unwrap_or(""), rules.unwrap_or(""))
                            .map_err(|error| error.to_string())?;
                    }
                }
                "oneshot" => {
                    for entry in value.as_array().into_iter().flatten() {
                        let field = |index: usize| entry[index].as_str().unwrap_or("");
                        self.add_oneshot(field(0), field(1), field(2))
                            .map_err(|error| error.to_string())?;
                    }
                }
                _ => {
                    self.rule_sets.insert(name.clone(), read_rules(value)?);
                }
            }
        }
        Ok(())
    }
}

fn read_rules(json: &Json) -> Result<Vec<Rule>, Problem> {
    let limit = |json: &Json| match json {
        Json::String(text) => Limit::parse(text).map_err(|error| error.to_string()),
        other => Ok(Limit::Fixed(other.as_f64().unwrap_or(-1.0))),
    };
    let rule = |(fields, limits): (&String, &Json)| {
        let limits = [limit(&limits[0])?, limit(&limits[1])?, limit(&limits[2])?];
        Rule::parse(fields, limits).map_err(|error| error.to_string())
    };
    json.as_object().into_iter().flatten().map(rule).collect()
}
