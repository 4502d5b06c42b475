//! One cluster of a JDL: inherited keys, defaults, macros, and what comes out as settings.

use serde_json::{Map, Value};

use crate::config::ClusterSpec;
use crate::jdl::context::JdlContext;
use crate::jdl::error::{JdlError, JdlWarning};
use crate::jdl::keys::{SCRIPTS, TEXT_KEYS};
use crate::jdl::resources::Language;
use crate::jdl::spec::{ClusterSettings, JobKind, Script};
use crate::jdl::{macros, text, walltime};
use crate::time::Duration;

/// CiGri's keys that ask for what is not done, with the values that ask for nothing.
const NO_EFFECT: [(&str, &str); 5] = [
    ("temporal_grouping", "false"),
    ("dimensional_grouping", "false"),
    ("output_gathering_method", "None"),
    ("checkpointing_type", "None"),
    ("output_file", ""),
];

/// A cluster's part of a JDL, read.
pub(super) struct Read {
    /// None when the grid has no such cluster.
    pub(super) settings: Option<ClusterSettings>,
    /// The expanded part, as it is saved.
    pub(super) saved: Map<String, Value>,
    pub(super) warnings: Vec<JdlWarning>,
}

/// Adds the keys given for all clusters, where the cluster has none of its own.
pub(super) fn merge(
    mut own: Map<String, Value>,
    global: &Map<String, Value>,
) -> Map<String, Value> {
    for (key, value) in global {
        if text::missing(own.get(key)) {
            own.insert(key.clone(), value.clone());
        }
    }
    own
}

/// The texts of one cluster, by key.
struct Texts<'a> {
    cluster: &'a str,
    keys: Map<String, Value>,
}

impl Texts<'_> {
    fn path(&self, key: &str) -> Box<str> {
        text::path(self.cluster, Some(key))
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(key).and_then(Value::as_str)
    }

    fn text(&self, key: &str) -> &str {
        self.get(key).unwrap_or("")
    }

    fn set(&mut self, key: &str, value: String) {
        self.keys.insert(key.to_owned(), Value::String(value));
    }

    fn wrong(&self, key: &str, expected: &'static str) -> JdlError {
        JdlError::Value { key: self.path(key), found: self.text(key).into(), expected }
    }

    fn walltime(&self, key: &str) -> Result<Duration, JdlError> {
        const EXPECTED: &str =
            "`HH:MM:SS` or a number of seconds, from 1 second to 2147483647 (68 years)";
        walltime::parse(self.text(key)).ok_or_else(|| self.wrong(key, EXPECTED))
    }

    /// Turns a value into text in place, or fills in its default.
    fn normalise(&mut self, key: &str, default: Option<&str>) -> Result<(), JdlError> {
        let value = match self.keys.get(key).filter(|value| !text::missing(Some(value))) {
            Some(value) => text::scalar(&self.path(key), value)?,
            None => match default {
                Some(default) => default.to_owned(),
                None => {
                    self.keys.remove(key);
                    return Ok(());
                }
            },
        };
        self.set(key, value);
        Ok(())
    }
}

/// Reads what a JDL says about one cluster, with the global keys already in it.
pub(super) fn read(
    name: &str,
    keys: Map<String, Value>,
    context: &JdlContext<'_>,
) -> Result<Read, JdlError> {
    let place = context.cluster(name);
    let language = context.languages.of(place.map(|(cluster, _)| cluster));
    let mut texts = Texts { cluster: name, keys };
    for (key, default) in TEXT_KEYS {
        let default = match key {
            "resources" => Some(context.default_resources.unwrap_or(language.least)),
            "walltime" => Some(context.default_walltime),
            _ => default,
        };
        texts.normalise(key, default)?;
    }
    expand(&mut texts, language)?;
    let mut warnings = Vec::new();
    let settings = match place {
        Some((cluster, spec)) => {
            let settings = settings(&texts, spec, language, &mut warnings)?;
            Some(ClusterSettings { cluster, ..settings })
        }
        None => None,
    };
    Ok(Read { settings, saved: texts.keys, warnings })
}

fn expand(texts: &mut Texts<'_>, language: &Language) -> Result<(), JdlError> {
    texts.set("exec_file", macros::command(texts.text("exec_file")));
    texts.set("exec_directory", macros::directory(texts.text("exec_directory")));
    for key in SCRIPTS {
        match texts.keys.get(key).filter(|value| !text::missing(Some(value))) {
            Some(value) => {
                let script =
                    macros::script(&text::lines(&texts.path(key), value)?, language.macros);
                texts.set(key, script);
            }
            None => {
                texts.keys.remove(key);
            }
        }
    }
    Ok(())
}

fn settings(
    texts: &Texts<'_>,
    spec: &ClusterSpec,
    language: &Language,
    warnings: &mut Vec<JdlWarning>,
) -> Result<ClusterSettings, JdlError> {
    let test_mode = match texts.text("test_mode") {
        "true" => true,
        "false" => false,
        _ => return Err(texts.wrong("test_mode", "`true` or `false`")),
    };
    let walltime = texts.walltime("walltime")?;
    Ok(ClusterSettings {
        cluster: crate::ids::ClusterId(0),
        exec_file: texts.text("exec_file").into(),
        exec_directory: texts.text("exec_directory").into(),
        resources: texts.text("resources").into(),
        cores: cores(texts, spec, language, warnings)?,
        walltime,
        kind: kind(texts, test_mode, warnings),
        test_mode,
        max_jobs: max_jobs(texts)?,
        properties: texts.text("properties").into(),
        project: texts.text("project").into(),
        cluster_job_type: texts.text("cluster_job_type").into(),
        prologue: script(texts, "prologue", "prologue_walltime", walltime)?,
        epilogue: script(texts, "epilogue", "epilogue_walltime", walltime)?,
        other: other(texts, warnings),
    })
}

fn kind(texts: &Texts<'_>, test_mode: bool, warnings: &mut Vec<JdlWarning>) -> JobKind {
    let kind = match texts.text("type") {
        "best-effort" | "besteffort" => JobKind::BestEffort,
        "normal" => JobKind::Normal,
        found => {
            let (key, found) = (texts.path("type"), found.into());
            warnings.push(JdlWarning::UnknownType { key, found });
            JobKind::BestEffort
        }
    };
    if test_mode { JobKind::Normal } else { kind }
}

fn cores(
    texts: &Texts<'_>,
    spec: &ClusterSpec,
    language: &Language,
    warnings: &mut Vec<JdlWarning>,
) -> Result<u32, JdlError> {
    let text = texts.text("resources");
    if text.trim().is_empty() {
        return Err(texts.wrong("resources", language.expected));
    }
    Ok((language.cores)(text, spec.units).unwrap_or_else(|| {
        let key = texts.path("resources");
        warnings.push(JdlWarning::CoresUnknown { key, resources: text.into() });
        1
    }))
}

fn max_jobs(texts: &Texts<'_>) -> Result<Option<u32>, JdlError> {
    let Some(text) = texts.get("max_jobs") else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(max) if max > 0 => Ok(Some(max)),
        _ => Err(texts.wrong("max_jobs", "a whole number from 1")),
    }
}

fn script(
    texts: &Texts<'_>,
    key: &str,
    walltime_key: &str,
    walltime: Duration,
) -> Result<Option<Script>, JdlError> {
    let Some(text) = texts.get(key) else {
        return Ok(None);
    };
    let own = texts.get(walltime_key).map(|_| texts.walltime(walltime_key)).transpose()?;
    Ok(Some(Script { text: text.into(), walltime: own.unwrap_or(walltime) }))
}

/// Returns the keys that nothing above has used.
fn other(texts: &Texts<'_>, warnings: &mut Vec<JdlWarning>) -> Vec<(Box<str>, Box<str>)> {
    for (key, nothing) in NO_EFFECT {
        if !texts.text(key).eq_ignore_ascii_case(nothing) {
            warnings.push(JdlWarning::NoEffect { key: texts.path(key) });
        }
    }
    let used = |key: &str| {
        let texts = TEXT_KEYS.iter().any(|(known, _)| *known == key);
        let asks = NO_EFFECT.iter().any(|(known, _)| *known == key);
        (texts && !asks) || SCRIPTS.contains(&key)
    };
    let unused = texts.keys.iter().filter(|(key, _)| !used(key));
    unused.map(|(key, value)| (key.as_str().into(), value.to_string().into())).collect()
}
