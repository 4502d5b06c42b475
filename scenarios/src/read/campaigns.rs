//! Campaigns and the grid of a scenario file: each value checked, each error at its line. The JDLs
//! themselves are read later, against the clusters' sizes.

use std::path::{Path, PathBuf};

use gleaner_core::config::OnFailure;
use gleaner_core::jdl;
use gleaner_core::jdl::params::TASKS_MAX;
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::error::PolicyError;
use gleaner_core::policy::given::GivenPolicy;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::suggest::Suggestion;
use gleaner_settings::location::Location;
use gleaner_settings::range::OutOfRange;
use gleaner_sim::api_faults::{Outage, OutageKind};
use gleaner_sim::backend::NetworkSettings;
use gleaner_sim::time::SimSpan;
use gleaner_traces::campaigns::generate::CampaignSpec;
use gleaner_traces::campaigns::laws::CampaignLaws;
use gleaner_traces::campaigns::{Campaign, table};
use gleaner_traces::generate::laws::TimeLaw;
use serde_json::{Map, Value, json};
use toml::Spanned;

use crate::duration::{Duration, instant, span};
use crate::error::{Invalid, Problem};
use crate::failures::JobFailures;
use crate::format::ScenarioFile;
use crate::format::campaign::{
    CampaignGeneratorTable, CampaignListTable, CampaignTable, GridTable, NetworkTable, SilenceTable,
};
use crate::grid::runtime::RuntimeLaw;
use crate::grid::{CampaignPlan, GridPlan, JdlText, ScriptBehaviour};
use crate::read::Reader;
use crate::scenario::ClusterPlan;
use crate::source::SourceFile;
use crate::streams::Seed;
use crate::text;

/// Walltime of campaigns that are only a list of sizes: longer than the longest run time measured
/// on the Gricad grid.
const LISTED_WALLTIME_S: i64 = 8 * 86_400;

impl Reader<'_> {
    /// The grid of the file; policies for single clusters go to `clusters`.
    pub(super) fn grid(
        &self,
        file: &mut ScenarioFile,
        seed: Seed,
        clusters: &mut [ClusterPlan],
    ) -> Result<GridPlan, Invalid> {
        let mut plan = self.settings(file.grid.take().unwrap_or_default(), clusters)?;
        let names: Vec<String> = clusters.iter().map(|cluster| cluster.name.clone()).collect();
        for table in std::mem::take(&mut file.campaigns) {
            plan.campaigns.push(self.campaign(table, &names)?);
        }
        for list in std::mem::take(&mut file.campaign_lists) {
            plan.campaigns.extend(self.list(&list, &names)?);
        }
        if let Some(generator) = file.campaign_generator.take() {
            plan.campaigns.extend(self.generated(&generator, seed, &names)?);
        }
        Ok(plan)
    }

    fn settings(
        &self,
        table: GridTable,
        clusters: &mut [ClusterPlan],
    ) -> Result<GridPlan, Invalid> {
        let mut plan = GridPlan::default();
        if let Some(policy) = &table.policy {
            plan.policy = self.policy(policy)?;
        }
        for (name, policy) in &table.policies {
            let policy = self.policy(policy)?;
            match clusters.iter_mut().find(|cluster| cluster.name == *name.get_ref()) {
                Some(cluster) => cluster.policy = Some(policy),
                None => {
                    let known = clusters.iter().map(|cluster| cluster.name.as_str());
                    return Err(self.no_such_cluster(name, known));
                }
            }
        }
        if let Some(words) = &table.on_failure {
            plan.on_failure = on_failure(words.get_ref()).ok_or_else(|| {
                self.at(words).invalid(Problem::Part {
                    message: format!("`{}` is nothing to do on a failure", words.get_ref()),
                    hint: "expected `block`, `ignore` or `retry:N`".to_owned(),
                })
            })?;
        }
        plan.cycle = table.cycle.map(span);
        plan.waiting_limit = table.waiting_limit.map(span);
        plan.walltime_kills_max = table.walltime_kills_max;
        plan.tasks_max = match table.tasks_max {
            None => None,
            Some(max) => Some(self.within("tasks_max", Some(&max), TASKS_MAX, 1..=TASKS_MAX)?),
        };
        Ok(plan)
    }

    fn no_such_cluster<'n>(
        &self,
        name: &Spanned<String>,
        known: impl Iterator<Item = &'n str>,
    ) -> Invalid {
        let suggestion = Suggestion::new(name.get_ref(), known);
        let problem = Problem::NoSuchCluster { name: name.get_ref().clone(), suggestion };
        self.at(name).invalid(problem)
    }

    fn policy(&self, given: &Spanned<GivenPolicy>) -> Result<PolicySpec, Invalid> {
        let policy = self.catalogue.check_given(given.get_ref());
        policy.map_err(|error| self.at(given).invalid(bad_policy(&error)))
    }

    fn campaign(
        &self,
        table: Spanned<CampaignTable>,
        names: &[String],
    ) -> Result<CampaignPlan, Invalid> {
        let location = self.at(&table);
        let table = table.into_inner();
        for (key, text) in [("user", &table.user), ("name", &table.name)] {
            self.no_control(key, text.as_deref().unwrap_or_default(), &location)?;
        }
        let jdl = match (&table.jdl, table.tasks) {
            (Some(jdl), None) => {
                beside_jdl(&table, &location)?;
                self.jdl(jdl)?
            }
            (None, Some(0)) => {
                let problem = OutOfRange::new("tasks", 0, "1 or more");
                return Err(location.invalid(problem.into()));
            }
            (None, Some(tasks)) => {
                let clusters = self.cluster_names(table.clusters.as_deref(), names)?;
                let name = table.name.as_deref().unwrap_or("campaign");
                let walltime_s = table.walltime.map(whole_seconds);
                self.simple_jdl(name, tasks, table.cores.unwrap_or(1), walltime_s, &clusters)
            }
            (Some(_), Some(_)) => return Err(location.invalid(Problem::CampaignSource("both"))),
            (None, None) => return Err(location.invalid(Problem::CampaignSource("neither"))),
        };
        let runtime = match &table.runtime {
            None => RuntimeLaw::Law(TimeLaw::Fixed { value_s: 60.0 }),
            Some(text) => RuntimeLaw::parse(text.get_ref(), self.folder).map_err(|error| {
                let hint = error.hint().to_owned();
                let message = error.to_string();
                self.at(text).invalid(Problem::Part { message, hint })
            })?,
        };
        let script = |run: Option<Duration>, exit_code: Option<u8>| {
            let usual = ScriptBehaviour::default();
            ScriptBehaviour {
                run: run.map_or(usual.run, span),
                exit_code: exit_code.unwrap_or(usual.exit_code),
            }
        };
        Ok(CampaignPlan {
            failures: self.campaign_failures(&table)?,
            user: table.user.unwrap_or_else(|| "user".to_owned()),
            at: table.at.map_or(SimSpan::ZERO, span),
            jdl,
            runtime,
            prologue: script(table.prologue_runtime, table.prologue_exit_code),
            epilogue: script(table.epilogue_runtime, table.epilogue_exit_code),
            location,
        })
    }

    fn campaign_failures(&self, table: &CampaignTable) -> Result<Option<JobFailures>, Invalid> {
        let Some(probability) = &table.failure_probability else { return Ok(None) };
        Ok(Some(JobFailures {
            probability: self.probability("failure_probability", Some(probability))?,
            exit_code: self.within("exit_code", table.exit_code.as_ref(), 1, 1..=u8::MAX)?,
        }))
    }

    /// Refuses control characters in what becomes a name in tables, pictures and terminals.
    pub(super) fn no_control(
        &self,
        key: &str,
        text: &str,
        location: &Location,
    ) -> Result<(), Invalid> {
        let Some(control) = text.chars().find(|c| c.is_control()) else { return Ok(()) };
        let message = format!("`{key}` holds the control character {control:?}");
        let hint = "use letters, digits and blanks".to_owned();
        Err(location.invalid(Problem::Part { message, hint }))
    }

    /// The names given, or all clusters; each must exist.
    fn cluster_names(
        &self,
        given: Option<&[Spanned<String>]>,
        names: &[String],
    ) -> Result<Vec<String>, Invalid> {
        let Some(given) = given else { return Ok(names.to_vec()) };
        for name in given {
            if !names.contains(name.get_ref()) {
                return Err(self.no_such_cluster(name, names.iter().map(String::as_str)));
            }
        }
        Ok(given.iter().map(|name| name.get_ref().clone()).collect())
    }

    /// A JDL from a file, or as it stands in the scenario.
    fn jdl(&self, value: &Spanned<toml::Value>) -> Result<JdlText, Invalid> {
        let location = self.at(value);
        match value.get_ref() {
            toml::Value::String(file) => {
                read_jdl(&self.folder.join(file)).map_err(|problem| location.invalid(problem))
            }
            inline => Ok(JdlText {
                text: json_of(inline).to_string(),
                file: None,
                folder: self.folder.to_owned(),
            }),
        }
    }

    /// The JDL of a campaign of which only sizes are known.
    fn simple_jdl(
        &self,
        name: &str,
        tasks: u64,
        cores: u32,
        walltime_s: Option<i64>,
        clusters: &[String],
    ) -> JdlText {
        let clusters: Map<String, Value> =
            clusters.iter().map(|cluster| (cluster.clone(), json!({}))).collect();
        let mut jdl = json!({
            "name": name,
            "nb_jobs": tasks,
            "exec_file": "task",
            "resources": format!("/core={cores}"),
            "clusters": clusters,
        });
        if let Some(walltime_s) = walltime_s {
            jdl["walltime"] = json!(walltime_s.to_string());
        }
        JdlText { text: jdl.to_string(), file: None, folder: self.folder.to_owned() }
    }

    fn list(
        &self,
        list: &Spanned<CampaignListTable>,
        names: &[String],
    ) -> Result<Vec<CampaignPlan>, Invalid> {
        let CampaignListTable { file, clusters, walltime } = list.get_ref();
        let path = self.folder.join(file.get_ref());
        let location = self.at(file);
        let opened = std::fs::File::open(&path).map_err(|error| {
            location
                .invalid(Problem::File { file: file.get_ref().clone(), reason: error.to_string() })
        })?;
        let campaigns = table::read(opened, &path).map_err(|error| {
            let hint = error.hint().unwrap_or("see the columns that are expected").to_owned();
            location.invalid(Problem::Part { message: error.to_string(), hint })
        })?;
        for campaign in &campaigns {
            self.no_control("name", &campaign.name, &location)?;
            self.no_control("user", &campaign.user, &location)?;
        }
        let clusters = self.cluster_names(clusters.as_deref(), names)?;
        let location = self.at(list);
        Ok(self.plans(&campaigns, *walltime, &clusters, &location))
    }

    fn generated(
        &self,
        table: &Spanned<CampaignGeneratorTable>,
        seed: Seed,
        names: &[String],
    ) -> Result<Vec<CampaignPlan>, Invalid> {
        let location = self.at(table);
        let CampaignGeneratorTable { campaigns, mean_gap, users, tasks_max, clusters, walltime } =
            table.get_ref();
        let spec = CampaignSpec {
            campaigns: *campaigns,
            mean_gap_s: mean_gap.ms() as f64 / 1000.0,
            users: users.unwrap_or(10),
            tasks_max: tasks_max.unwrap_or(u64::from(u32::MAX)),
            laws: CampaignLaws::default(),
            seed: 0,
        };
        let drawn = spec.generate_with(&mut seed.stream("campaigns", "")).map_err(|error| {
            let hint = error.hint().to_owned();
            location.invalid(Problem::Generator { message: error.to_string(), hint })
        })?;
        let clusters = self.cluster_names(clusters.as_deref(), names)?;
        Ok(self.plans(&drawn, *walltime, &clusters, &location))
    }

    fn plans(
        &self,
        campaigns: &[Campaign],
        walltime: Option<Duration>,
        clusters: &[String],
        location: &Location,
    ) -> Vec<CampaignPlan> {
        let walltime_s = walltime.map_or(LISTED_WALLTIME_S, whole_seconds);
        let plan = |campaign: &Campaign| CampaignPlan {
            user: campaign.user.clone(),
            at: SimSpan::from_ms((campaign.submission_s * 1000.0) as i64),
            jdl: self.simple_jdl(&campaign.name, campaign.tasks, 1, Some(walltime_s), clusters),
            runtime: RuntimeLaw::Gricad { mean_s: campaign.mean_runtime_s },
            failures: None,
            prologue: ScriptBehaviour::default(),
            epilogue: ScriptBehaviour::default(),
            location: location.clone(),
        };
        campaigns.iter().map(plan).collect()
    }

    /// The way to a cluster.
    pub(super) fn network(&self, table: &NetworkTable) -> Result<NetworkSettings, Invalid> {
        let usual = NetworkSettings::default();
        Ok(NetworkSettings {
            latency: table.latency.map_or(usual.latency, span),
            poll_period: table.poll_period.map_or(usual.poll_period, span),
            stale: self.probability("stale", table.stale.as_ref())?,
            refused: self.probability("refused", table.refused.as_ref())?,
            lost: self.probability("lost", table.lost.as_ref())?,
            answer_limit: table.answer_limit.map_or(usual.answer_limit, span),
            lookup: table.lookup.map_or(usual.lookup, span),
            outages: self.silences(&table.silences)?,
        })
    }

    /// When a cluster's server is silent, each time behind the one before.
    fn silences(&self, tables: &[Spanned<SilenceTable>]) -> Result<Vec<Outage>, Invalid> {
        let mut silences: Vec<Outage> = Vec::new();
        for table in tables {
            let SilenceTable { at, lasts } = table.get_ref();
            let (from, to) = (instant(*at), instant(*at) + span(*lasts));
            if silences.last().is_some_and(|before| from <= before.to) {
                return Err(self.at(table).invalid(Problem::Part {
                    message: "a silence begins before the one ahead of it is over".to_owned(),
                    hint: "write silences in order of time, and join those that meet".to_owned(),
                }));
            }
            silences.push(Outage { kind: OutageKind::Silent, from, to });
        }
        Ok(silences)
    }
}

/// A policy that the catalogue can make.
pub fn parse_policy(text: &str, catalogue: &Catalogue) -> Result<PolicySpec, Problem> {
    catalogue.check(text).map_err(|error| bad_policy(&error))
}

fn bad_policy(error: &PolicyError) -> Problem {
    Problem::Part { message: error.to_string(), hint: error.hint() }
}

/// The text of a JDL file.
pub fn read_jdl(path: &Path) -> Result<JdlText, Problem> {
    let (bytes, hash) = text::read_bytes(path, text::JDL_BYTES_MAX).map_err(|error| {
        Problem::File { file: path.display().to_string(), reason: error.to_string() }
    })?;
    let text = jdl::utf8(&bytes).map(str::to_owned).map_err(|error| Problem::Part {
        message: format!("{}: {error}", path.display()),
        hint: error.hint(),
    })?;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    Ok(JdlText { text, file: Some(SourceFile { path: path.to_owned(), hash }), folder })
}

fn on_failure(words: &str) -> Option<OnFailure> {
    match words.split_once(':') {
        None if words == "block" => Some(OnFailure::Block),
        None if words == "ignore" => Some(OnFailure::Ignore),
        Some(("retry", max)) => Some(OnFailure::Retry { max: max.parse().ok()? }),
        _ => None,
    }
}

/// Refuses keys that a JDL has its own words for.
fn beside_jdl(table: &CampaignTable, location: &Location) -> Result<(), Invalid> {
    let given = [
        ("name", table.name.is_some()),
        ("clusters", table.clusters.is_some()),
        ("walltime", table.walltime.is_some()),
        ("cores", table.cores.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(location.invalid(Problem::BesideJdl(key))),
        None => Ok(()),
    }
}

/// Rounded up: a walltime must not become shorter than it was written.
fn whole_seconds(duration: Duration) -> i64 {
    (duration.ms() + 999) / 1000
}

/// The same value in JSON; TOML's dates become texts.
fn json_of(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(truth) => json!(truth),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(values) => Value::Array(values.iter().map(json_of).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.iter().map(|(key, value)| (key.clone(), json_of(value))).collect())
        }
    }
}
