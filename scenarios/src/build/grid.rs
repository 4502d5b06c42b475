//! From the grid of a [`Scenario`] to what the scheduler and its simulated world are made of: JDLs
//! are read against the clusters, campaigns numbered in order of submission. Must not know what is
//! watched or written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gleaner_core::config::CoreUnits;
use gleaner_core::config::{ClusterSpec, SchedulerConfig};
use gleaner_core::fact::Fact;
use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::error::{JdlError, JdlWarning};
use gleaner_core::jdl::spec::{CampaignSpec, ClusterSettings};
use gleaner_core::jdl::{self, CAMPAIGN_TASKS_MAX, JdlContext, ParamSource};
use gleaner_core::text::with_causes;
use gleaner_core::time::Duration;
use gleaner_oar::texts;
use gleaner_sim::backend::request::{LANGUAGE, whole_request};
use gleaner_sim::backend::{GridSetup, Network, NetworkSettings};
use gleaner_sim::job::{JobKind, JobSpec};
use gleaner_sim::job_request::JobRequest;
use gleaner_sim::time::{SimSpan, SimTime};

use crate::build::BuiltCluster;
use crate::error::{Invalid, Problem, ScenarioError};
use crate::grid::behaviour::Behaviours;
use crate::grid::{CampaignPlan, GridPlan, JdlText};
use crate::scenario::{ClusterPlan, Scenario};
use crate::streams::Seed;
use crate::text;

/// A grid that is ready to be simulated.
#[derive(Clone)]
pub struct BuiltGrid {
    /// What the scheduler is made from.
    pub config: SchedulerConfig,
    /// What its simulated world is made from, beside the clusters.
    pub setup: GridSetup,
    /// The campaigns, in order of submission; the first has id 1.
    pub campaigns: Vec<BuiltCampaign>,
}

/// A campaign as people want to know it.
#[derive(Clone, Debug)]
pub struct BuiltCampaign {
    /// Its name.
    pub name: String,
    /// Who submits it.
    pub user: String,
    /// How many tasks it has.
    pub tasks: u32,
    /// When it is submitted.
    pub submit: SimTime,
    /// What its user should know.
    pub warnings: Vec<JdlWarning>,
    /// What of its requests is not simulated, or cannot be met on one of its clusters.
    pub notes: Vec<String>,
}

/// Reads the JDLs of all campaigns. Campaigns count their time from the first submission of any
/// owner, or from 0 if there is none.
pub fn build_grid(
    scenario: &Scenario,
    clusters: &[BuiltCluster],
) -> Result<BuiltGrid, ScenarioError> {
    let config = config(scenario, clusters);
    let first = clusters.iter().filter_map(|cluster| cluster.setup.arrivals.facts().first);
    let origin = first.min().unwrap_or(SimTime::ZERO);
    let mut plans: Vec<&CampaignPlan> = scenario.grid.campaigns.iter().collect();
    plans.sort_by_key(|plan| plan.at);
    let tasks_max = scenario.grid.tasks_max.unwrap_or(CAMPAIGN_TASKS_MAX);
    let mut orders = Vec::with_capacity(plans.len());
    let mut campaigns = Vec::with_capacity(plans.len());
    for (number, plan) in plans.iter().enumerate() {
        let (spec, warnings) = campaign(plan, tasks_max, &config.clusters)?;
        refuse_too_wide(plan, &spec, clusters)?;
        let notes = beside_cores(plan, &spec, scenario, clusters)?;
        let submit = origin + plan.at;
        campaigns.push(BuiltCampaign {
            name: spec.name.to_string(),
            user: plan.user.clone(),
            tasks: spec.parameters.len(),
            submit,
            warnings,
            notes,
        });
        let fact = Fact::CampaignSubmitted {
            campaign: CampaignId(number as u32 + 1),
            user: plan.user.as_str().into(),
            spec: Arc::new(spec),
        };
        orders.push((submit, fact));
    }
    let network =
        |cluster: &ClusterPlan| network(&cluster.network, origin, scenario.seed, &cluster.name);
    Ok(BuiltGrid {
        config,
        setup: GridSetup {
            orders: orders.into(),
            networks: scenario.clusters.iter().map(network).collect(),
            tasks: Arc::new(Behaviours::new(plans.into_iter(), scenario.seed)),
            until: scenario.until.unwrap_or(SimTime::NEVER),
        },
        campaigns,
    })
}

fn config(scenario: &Scenario, clusters: &[BuiltCluster]) -> SchedulerConfig {
    let GridPlan {
        policy,
        cycle,
        waiting_limit,
        on_failure,
        walltime_kills_max,
        tasks_max: _,
        campaigns: _,
    } = &scenario.grid;
    let cluster = |(plan, built): (&ClusterPlan, &BuiltCluster)| {
        ClusterSpec::new(
            plan.name.as_str(),
            CoreUnits::flat(built.size.cores_per_node),
            plan.policy.as_ref().unwrap_or(policy).clone(),
        )
    };
    let clusters = scenario.clusters.iter().zip(clusters).map(cluster).collect();
    let mut config = SchedulerConfig::new(clusters);
    config.min_cycle = cycle.map_or(config.min_cycle, seconds);
    config.waiting_limit = waiting_limit.map_or(config.waiting_limit, seconds);
    config.walltime_kills_max = walltime_kills_max.unwrap_or(config.walltime_kills_max);
    config.on_failure = *on_failure;
    config
}

/// The core counts whole seconds: rounded up.
fn seconds(span: SimSpan) -> Duration {
    let seconds = (span.ms() + 999) / 1000;
    Duration::from_seconds(u32::try_from(seconds).unwrap_or(u32::MAX).into())
}

/// A cluster's network; its outages count their time as the campaigns do.
fn network(plan: &NetworkSettings, origin: SimTime, seed: Seed, cluster: &str) -> Network {
    let mut settings = plan.clone();
    for outage in &mut settings.outages {
        outage.from = origin + (outage.from - SimTime::ZERO);
        outage.to = origin + (outage.to - SimTime::ZERO);
    }
    Network::new(settings, seed.stream("network", cluster))
}

fn campaign(
    plan: &CampaignPlan,
    tasks_max: u32,
    clusters: &[ClusterSpec],
) -> Result<(CampaignSpec, Vec<JdlWarning>), Invalid> {
    let wrong = |error: JdlError| {
        let message = match &plan.jdl.file {
            Some(file) => format!("{}: {}", file.path.display(), with_causes(&error)),
            None => with_causes(&error),
        };
        plan.location.invalid(Problem::Part { message, hint: error.hint() })
    };
    let context = JdlContext { tasks_max, ..JdlContext::new(clusters, &LANGUAGE) };
    let jdl = jdl::parse(plan.jdl.text.as_bytes(), &context).map_err(wrong)?;
    let warnings = jdl.warnings.clone();
    let spec = match &jdl.source {
        ParamSource::File(file) => {
            let path = param_file(file, &plan.jdl);
            let text = text::read(&path, text::JDL_BYTES_MAX).map_err(|error| {
                let (file, reason) = (path.display().to_string(), error.to_string());
                plan.location.invalid(Problem::File { file, reason })
            })?;
            jdl.into_spec_with(&text).map_err(wrong)?
        }
        ParamSource::Inline(_) | ParamSource::Count(_) | ParamSource::Missing => {
            jdl.into_spec().map_err(wrong)?
        }
    };
    for settings in &spec.clusters {
        texts::check(settings.texts()).map_err(|(key, error)| {
            let name = &clusters[settings.cluster.index()].name;
            let message = format!("`clusters.{name}.{key}`: {error}");
            let message = match &plan.jdl.file {
                Some(file) => format!("{}: {message}", file.path.display()),
                None => message,
            };
            plan.location.invalid(Problem::Part { message, hint: error.hint() })
        })?;
    }
    Ok((spec, warnings))
}

/// A task that fits no cluster of its campaign would never run.
fn refuse_too_wide(
    plan: &CampaignPlan,
    spec: &CampaignSpec,
    clusters: &[BuiltCluster],
) -> Result<(), Invalid> {
    let size = |settings: &ClusterSettings| clusters[settings.cluster.index()].size.cores();
    if spec.clusters.iter().any(|settings| settings.cores <= size(settings)) {
        return Ok(());
    }
    let wanted = spec.clusters.iter().map(|settings| settings.cores).min().unwrap_or(0);
    let largest = spec.clusters.iter().map(|settings| size(settings)).max().unwrap_or(0);
    Err(plan.location.invalid(Problem::Part {
        message: format!("campaign `{}` asks for {wanted} cores a task", spec.name),
        hint: format!("the largest of its clusters has {largest}"),
    }))
}

/// Holds what a campaign asks for beside cores against its clusters. A resource manager knows all of it, and says
/// whether it could ever be met: somewhere it must. The textbook's schedulers count cores, which is told.
fn beside_cores(
    plan: &CampaignPlan,
    spec: &CampaignSpec,
    scenario: &Scenario,
    clusters: &[BuiltCluster],
) -> Result<Vec<String>, Invalid> {
    let (mut notes, mut refused) = (Vec::new(), Vec::new());
    for settings in &spec.clusters {
        let name = &scenario.clusters[settings.cluster.index()].name;
        let Some(job_request) = whole_request(settings, settings.kind, SimSpan::from_s(1)) else {
            continue;
        };
        match clusters[settings.cluster.index()].setup.scheduler.manager() {
            Some(manager) => {
                if let Err(refusal) = manager.admit(SimTime::ZERO, &probe(settings, job_request)) {
                    refused
                        .push((format!("cluster `{name}` can never serve it: {refusal}"), refusal));
                }
            }
            None => notes.extend(not_simulated(settings, name)),
        }
    }
    if let (true, Some((message, refusal))) =
        (refused.len() == spec.clusters.len(), refused.first())
    {
        let message = format!("campaign `{}`: {message}", spec.name);
        let hint = refusal.hint.unwrap_or("see `resources` and `properties` of the JDL").to_owned();
        return Err(plan.location.invalid(Problem::Part { message, hint }));
    }
    notes.extend(refused.into_iter().map(|(message, _)| message));
    Ok(notes)
}

/// What a scheduler that counts cores leaves out of account.
fn not_simulated(settings: &ClusterSettings, cluster: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let word = "has no effect here: the cluster's scheduler counts cores (`oar` knows all of it)";
    if !settings.properties.trim().is_empty() {
        notes.push(format!("`clusters.{cluster}.properties` {word}"));
    }
    let plain = ClusterSettings { properties: "".into(), ..settings.clone() };
    if whole_request(&plain, settings.kind, SimSpan::ZERO).is_some() {
        let (resources, cores) = (&settings.resources, settings.cores);
        notes.push(format!(
            "`clusters.{cluster}.resources` is `{resources}`: a job takes any {cores} cores, since the \
             cluster's scheduler counts cores (`oar` knows all of it)"
        ));
    }
    notes
}

/// A job as the campaign would submit it.
fn probe(settings: &ClusterSettings, job_request: JobRequest) -> JobSpec {
    JobSpec {
        number: 1,
        submit: SimTime::ZERO,
        cores: settings.cores,
        run: SimSpan::from_s(1),
        walltime: Some(SimSpan::from_s(settings.walltime.seconds())),
        user: -1,
        queue: -1,
        kind: JobKind::BestEffort,
        exit_code: 0,
        origin: None,
        request: Some(Arc::new(job_request)),
    }
}

/// The path of a `param_file`: `~`, `{HOME}` and `$NAME` stand for what the environment says, a
/// relative path for one beside the JDL.
fn param_file(file: &str, jdl: &JdlText) -> PathBuf {
    let home = std::env::var("HOME").unwrap_or_default();
    let mut text = file.replace("{HOME}", &home);
    if let Some(rest) = text.strip_prefix('~') {
        text = format!("{home}{rest}");
    }
    jdl.folder.join(Path::new(&with_variables(&text)))
}

/// Replaces `$NAME` by its value; an unknown name by nothing, as a shell does.
fn with_variables(text: &str) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        out.push_str(&std::env::var(name).unwrap_or_default());
        out.push_str(rest);
    }
    out
}
