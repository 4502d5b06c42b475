//! CiGri's job description language: from JSON text to a campaign. Knows no file, no environment and
//! no cluster but by name: what has to be read is returned, and the caller reads.

mod cluster;
mod context;
pub mod error;
mod json;
mod keys;
pub mod macros;
pub mod params;
pub mod resources;
mod ruby;
pub mod spec;
mod text;
pub mod walltime;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::jdl::error::{JdlError, JdlWarning};
use crate::jdl::json::Document;
use crate::jdl::params::{Parameters, ParametersError};
use crate::jdl::spec::{CampaignSpec, ClusterSettings};
use crate::suggest::Suggestion;
use crate::text::NotUtf8;

pub use crate::jdl::context::{CAMPAIGN_TASKS_MAX, JdlContext};

/// The longest name of a campaign, in bytes.
const NAME_MAX: usize = 255;

/// The most clusters that a JDL may name: what is said for all of them is copied to each.
const CLUSTERS_MAX: usize = 100;

/// Where the parameters of a campaign come from.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamSource {
    /// They are in the JDL.
    Inline(Arc<Parameters>),
    /// So many, named "0", "1" and so on.
    Count(u32),
    /// They are the lines of this file. `~`, `{HOME}` and `$VARIABLE` in it are the caller's to expand.
    File(Box<str>),
    /// There are none (desktop computing).
    Missing,
}

/// The kind of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobsType {
    /// Parameters given in advance.
    Normal,
    /// Parameters that come by and by: read, but not run.
    DesktopComputing,
}

/// A JDL that has been read, filled and expanded; its parameters may still have to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Jdl {
    /// The campaign's name.
    pub name: Box<str>,
    /// Its kind.
    pub jobs_type: JobsType,
    /// Its settings on each known cluster, in the order of the cluster ids; at least one.
    pub clusters: Vec<Arc<ClusterSettings>>,
    /// Where its parameters come from.
    pub source: ParamSource,
    /// What the user should know, but that does not stop the campaign.
    pub warnings: Vec<JdlWarning>,
    /// The expanded JDL without its parameters, as CiGri's `GET /campaigns/:id/jdl` shows it.
    pub saved: Value,
    /// The most tasks that it may have.
    pub tasks_max: u32,
}

/// Reads a list of parameters, as `params` of a JDL has them, of at most `max`.
///
/// # Errors
/// [`JdlError`] with the line and column that is wrong, or when there are too many.
pub fn parse_params(text: &[u8], max: u32) -> Result<Parameters, JdlError> {
    let parameters = json::read_params(utf8(text)?, max)?;
    parameters.map_err(|source| JdlError::Parameters { key: "params", source })
}

/// Returns the text that the bytes of a JDL are.
///
/// # Errors
/// [`JdlError::NotUtf8`] with the first byte that belongs to no character.
pub fn utf8(bytes: &[u8]) -> Result<&str, JdlError> {
    std::str::from_utf8(bytes).map_err(|error| JdlError::NotUtf8(NotUtf8::new(bytes, error)))
}

/// Returns the file that a JDL takes its parameters from; none where it has them, counts them, or has none. Of the rest
/// only the form is looked at.
///
/// # Errors
/// [`JdlError`] with the line and column that is wrong.
pub fn param_file(text: &[u8], max: u32) -> Result<Option<Box<str>>, JdlError> {
    let (Document { keys, params }, _) = json::read(utf8(text)?, max)?;
    let params = params.transpose();
    let params = params.map_err(|source| JdlError::Parameters { key: "params", source })?;
    Ok(match source(&keys, params, max)? {
        ParamSource::File(path) => Some(path),
        ParamSource::Inline(_) | ParamSource::Count(_) | ParamSource::Missing => None,
    })
}

/// Returns a JDL with the lines of the text of its file in place of the name of the file.
///
/// # Errors
/// [`JdlError`] when it is none, when there are more than `max` lines, or two begin with the same word.
pub fn with_params(text: &[u8], file: &str, max: u32) -> Result<String, JdlError> {
    let (Document { mut keys, .. }, _) = json::read(utf8(text)?, max)?;
    let wrong = |source| JdlError::Parameters { key: "param_file", source };
    let lines = Parameters::from_at_most(max, file.lines().map(str::trim)).map_err(wrong)?;
    params::check_texts(&lines).and_then(|()| params::check_names(&lines)).map_err(wrong)?;
    keys.remove("param_file");
    keys.remove("nb_jobs");
    let lines = lines.iter().map(|line| Value::String(line.into_owned())).collect();
    keys.insert("params".to_owned(), Value::Array(lines));
    Ok(Value::Object(keys).to_string())
}

/// Reads a JDL.
///
/// # Errors
/// [`JdlError`] with the key, or the line and column, that is wrong.
pub fn parse(text: &[u8], context: &JdlContext<'_>) -> Result<Jdl, JdlError> {
    let read = json::read(utf8(text)?, context.tasks_max)?;
    let (Document { mut keys, params }, mut warnings) = read;
    keys::note_unknown(&keys, &mut warnings);
    let params = params.transpose();
    let params = params.map_err(|source| JdlError::Parameters { key: "params", source })?;
    let name = campaign_name(&keys)?;
    let wanted = wanted_clusters(&mut keys)?;
    let source = source(&keys, params, context.tasks_max)?;
    let jobs_type = jobs_type(&keys)?;
    if source == ParamSource::Missing && jobs_type == JobsType::Normal {
        return Err(JdlError::NoParameters);
    }
    for taken in ["name", "param_file", "nb_jobs", "jobs_type"] {
        keys.remove(taken);
    }
    let mut jdl = Jdl {
        name,
        jobs_type,
        clusters: Vec::new(),
        source,
        warnings,
        saved: Value::Null,
        tasks_max: context.tasks_max,
    };
    let mut saved = Map::new();
    for (cluster, own) in wanted {
        let merged = cluster::merge(own, &keys);
        let saved_cluster = jdl.add_cluster(&cluster, merged, context)?;
        saved.insert(cluster, saved_cluster);
    }
    if jdl.clusters.is_empty() {
        let wrong = saved.keys().next().map_or("", |name| name);
        let suggestion = Suggestion::new(wrong, context.names());
        return Err(JdlError::NoClusterKnown { first: wrong.into(), suggestion });
    }
    jdl.clusters.sort_by_key(|settings| settings.cluster);
    jdl.saved = jdl.saved_json(saved);
    Ok(jdl)
}

impl Jdl {
    fn add_cluster(
        &mut self,
        name: &str,
        merged: Map<String, Value>,
        context: &JdlContext<'_>,
    ) -> Result<Value, JdlError> {
        let read = cluster::read(name, merged, context)?;
        match read.settings {
            Some(settings) => {
                self.clusters.push(Arc::new(settings));
                self.warnings.extend(read.warnings);
            }
            None => self.warnings.push(JdlWarning::UnknownCluster {
                name: name.into(),
                suggestion: Suggestion::new(name, context.names()),
            }),
        }
        Ok(Value::Object(read.saved))
    }

    fn saved_json(&self, clusters: Map<String, Value>) -> Value {
        let jobs_type = match self.jobs_type {
            JobsType::Normal => "normal",
            JobsType::DesktopComputing => "desktop_computing",
        };
        serde_json::json!({ "name": self.name, "jobs_type": jobs_type, "clusters": clusters })
    }

    /// Makes the campaign, when its parameters are at hand.
    ///
    /// # Errors
    /// [`JdlError`] when the parameters are in a file (see [`Jdl::into_spec_with`]), when two have the
    /// same first word, when one cannot be carried to a cluster, or when the kind of campaign is not supported.
    pub fn into_spec(self) -> Result<CampaignSpec, JdlError> {
        let parameters = match &self.source {
            ParamSource::Inline(parameters) => Arc::clone(parameters),
            ParamSource::Count(count) => Arc::new(
                Parameters::count(u64::from(*count))
                    .map_err(|source| JdlError::Parameters { key: "nb_jobs", source })?,
            ),
            ParamSource::File(path) => {
                return Err(JdlError::FileNotRead { path: path.clone() });
            }
            ParamSource::Missing => return Err(JdlError::DesktopComputing),
        };
        self.finish(parameters)
    }

    /// Makes the campaign from the text of the file that [`ParamSource::File`] names: a parameter a
    /// line, without the blanks around it. Blank lines are parameters too.
    ///
    /// # Errors
    /// [`JdlError`] as for [`Jdl::into_spec`].
    pub fn into_spec_with(self, file: &str) -> Result<CampaignSpec, JdlError> {
        let parameters = Parameters::from_at_most(self.tasks_max, file.lines().map(str::trim))
            .map_err(|source| JdlError::Parameters { key: "param_file", source })?;
        self.finish(Arc::new(parameters))
    }

    fn finish(self, parameters: Arc<Parameters>) -> Result<CampaignSpec, JdlError> {
        if self.jobs_type == JobsType::DesktopComputing {
            return Err(JdlError::DesktopComputing);
        }
        let key = match self.source {
            ParamSource::File(_) => "param_file",
            ParamSource::Count(_) => "nb_jobs",
            ParamSource::Inline(_) | ParamSource::Missing => "params",
        };
        params::check_texts(&parameters)
            .and_then(|()| params::check_names(&parameters))
            .map_err(|source| JdlError::Parameters { key, source })?;
        Ok(CampaignSpec { name: self.name, clusters: self.clusters, parameters })
    }
}

fn campaign_name(keys: &Map<String, Value>) -> Result<Box<str>, JdlError> {
    let value = keys.get("name").filter(|value| !text::missing(Some(value)));
    let name = text::scalar("name", value.ok_or(JdlError::Missing { key: "name".into() })?)?;
    check_name(&name)?;
    Ok(name.into())
}

/// Checks the name of a campaign, also one that it is to get later.
///
/// # Errors
/// [`JdlError::NameLength`] or [`JdlError::NameControl`].
pub fn check_name(name: &str) -> Result<(), JdlError> {
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(JdlError::NameLength { bytes: name.len(), max: NAME_MAX });
    }
    if let Some((position, character)) = name.chars().enumerate().find(|(_, c)| c.is_control()) {
        return Err(JdlError::NameControl { character, position: position + 1 });
    }
    Ok(())
}

/// A cluster's name and what the JDL says about it.
type Wanted = (String, Map<String, Value>);

/// Takes the clusters out of the JDL, after the checks that CiGri makes first.
fn wanted_clusters(keys: &mut Map<String, Value>) -> Result<Vec<Wanted>, JdlError> {
    let clusters = match keys.remove("clusters") {
        value if text::missing(value.as_ref()) => {
            return Err(JdlError::Missing { key: "clusters".into() });
        }
        Some(Value::Object(clusters)) => clusters,
        other => {
            let found = text::kind(other.as_ref().unwrap_or(&Value::Null));
            return Err(JdlError::Kind { key: "clusters".into(), expected: "an object", found });
        }
    };
    let mut wanted = Vec::with_capacity(clusters.len());
    for (name, value) in clusters {
        let Value::Object(own) = value else {
            let (expected, found) = ("an object", text::kind(&value));
            return Err(JdlError::Kind { key: text::path(&name, None), expected, found });
        };
        if text::missing(own.get("exec_file")) && text::missing(keys.get("exec_file")) {
            return Err(JdlError::Missing { key: text::path(&name, Some("exec_file")) });
        }
        wanted.push((name, own));
    }
    if wanted.is_empty() {
        return Err(JdlError::NoClusters);
    }
    if wanted.len() > CLUSTERS_MAX {
        return Err(JdlError::TooManyClusters { count: wanted.len(), max: CLUSTERS_MAX });
    }
    Ok(wanted)
}

/// Returns where the parameters come from: an explicit list wins over a count, a count over a file.
fn source(
    keys: &Map<String, Value>,
    params: Option<Parameters>,
    tasks_max: u32,
) -> Result<ParamSource, JdlError> {
    if let Some(params) = params {
        return Ok(ParamSource::Inline(Arc::new(params)));
    }
    if let Some(value) = keys.get("nb_jobs").filter(|value| !text::missing(Some(value))) {
        let Some(count) = value.as_u64() else {
            let (key, found) = ("nb_jobs".into(), value.to_string().into());
            let expected = "a whole number from 0, without quotes";
            return Err(JdlError::Value { key, found, expected });
        };
        return match u32::try_from(count) {
            Ok(count) if count <= tasks_max => Ok(ParamSource::Count(count)),
            _ => {
                let source = ParametersError::TooMany { count, max: tasks_max };
                Err(JdlError::Parameters { key: "nb_jobs", source })
            }
        };
    }
    match keys.get("param_file").filter(|value| !text::missing(Some(value))) {
        None => Ok(ParamSource::Missing),
        Some(value) => match text::scalar("param_file", value)? {
            path if path.is_empty() => {
                let (key, found) = ("param_file".into(), "".into());
                Err(JdlError::Value { key, found, expected: "the path of a file" })
            }
            path => Ok(ParamSource::File(path.into())),
        },
    }
}

fn jobs_type(keys: &Map<String, Value>) -> Result<JobsType, JdlError> {
    let Some(value) = keys.get("jobs_type").filter(|value| !text::missing(Some(value))) else {
        return Ok(JobsType::Normal);
    };
    match &*text::scalar("jobs_type", value)?.to_lowercase() {
        "normal" => Ok(JobsType::Normal),
        "desktop_computing" => Ok(JobsType::DesktopComputing),
        other => {
            let (key, found) = ("jobs_type".into(), other.into());
            Err(JdlError::Value { key, found, expected: "`normal` or `desktop_computing`" })
        }
    }
}
