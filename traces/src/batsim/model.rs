//! The parts of a Batsim workload that matter, and the run time of a profile.
//! Must not know files.

use std::fmt;
use std::num::NonZeroU32;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::batsim::BatsimProblem;

/// What run times are derived with where a profile gives an amount of computation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platform {
    /// Speed of a processor, floating-point operations a second; positive and finite.
    pub speed_flop_s: f64,
}

impl Default for Platform {
    /// One gigaflop a second, as the hosts of Batsim's own example platforms.
    fn default() -> Self {
        Platform { speed_flop_s: 1e9 }
    }
}

/// The top of the file. Jobs and profiles stay text until they are needed, so that each error has
/// its line and a lenient reading can skip one job.
#[derive(Debug, Deserialize)]
pub(crate) struct RawWorkload<'a> {
    #[serde(default)]
    pub(crate) nb_res: Option<NonZeroU32>,
    #[serde(borrow)]
    pub(crate) jobs: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) profiles: RawProfiles<'a>,
}

/// The profiles in the order of the file, names possibly repeated.
#[derive(Debug)]
pub(crate) struct RawProfiles<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for RawProfiles<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of profiles")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Pairs).map(RawProfiles)
    }
}

/// A job of the file.
#[derive(Debug, Deserialize)]
pub(crate) struct RawJob {
    pub(crate) id: Name,
    pub(crate) subtime: f64,
    pub(crate) res: i64,
    pub(crate) profile: Name,
    #[serde(default)]
    pub(crate) walltime: Option<f64>,
}

/// A name that may be written as a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(pub(crate) String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name or a non-negative integer")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Name, E> {
                Ok(Name(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Name, E> {
                Ok(Name(number.to_string()))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A problem, and where it is in the text of its job or profile: line and column from 1.
#[derive(Debug)]
pub(crate) struct Misplaced {
    pub(crate) problem: BatsimProblem,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Misplaced {
    /// A problem of the parser, without the place in its words.
    pub(crate) fn of(
        error: &serde_json::Error,
        problem: impl FnOnce(String) -> BatsimProblem,
    ) -> Misplaced {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let reason = text.strip_suffix(&place).unwrap_or(&text).to_owned();
        Misplaced { problem: problem(reason), line, column }
    }
}

impl From<BatsimProblem> for Misplaced {
    fn from(problem: BatsimProblem) -> Misplaced {
        Misplaced { problem, line: 1, column: 1 }
    }
}

/// A profile that a run time can be derived from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Profile {
    work: Work,
    /// Return code, if the profile gives one.
    pub(crate) code: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    /// Seconds, whatever the processors.
    Delay(f64),
    /// Operations on each processor.
    Each { cpu: f64, com: f64 },
    /// Operations shared by the processors.
    Shared { cpu: f64, com: f64 },
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    ret: Option<i32>,
}

#[derive(Deserialize)]
struct Delay {
    delay: f64,
}

#[derive(Deserialize)]
struct Homogeneous {
    #[serde(default)]
    cpu: f64,
    #[serde(default)]
    com: f64,
    #[serde(default)]
    generation_strategy: Option<String>,
}

impl Profile {
    /// Reads the profile `name`. A mistake comes with its line and column in the profile's text.
    pub(crate) fn parse(name: &str, raw: &RawValue) -> Result<Profile, Misplaced> {
        let named = |error| {
            Misplaced::of(&error, |reason| BatsimProblem::Profile { name: name.to_owned(), reason })
        };
        let Kind { kind, ret: code } = serde_json::from_str(raw.get()).map_err(named)?;
        let homogeneous = || serde_json::from_str::<Homogeneous>(raw.get()).map_err(named);
        let work = match kind.as_str() {
            "delay" | "DelayProfile" => {
                let Delay { delay } = serde_json::from_str(raw.get()).map_err(named)?;
                Work::Delay(amount(name, "delay", delay)?)
            }
            "parallel_homogeneous" | "ptask_homogeneous" | "ParallelTaskHomogeneousProfile" => {
                spread(name, homogeneous()?, false)?
            }
            "parallel_homogeneous_total" => spread(name, homogeneous()?, true)?,
            _ => {
                return Err(BatsimProblem::Kind { name: name.to_owned(), kind }.into());
            }
        };
        Ok(Profile { work, code })
    }

    /// Run time in seconds on `procs` processors. Communications are left out: they depend on a
    /// network that a trace does not have; see [`Profile::communicates`].
    pub(crate) fn run_s(&self, procs: u32, platform: &Platform) -> f64 {
        match self.work {
            Work::Delay(delay_s) => delay_s,
            Work::Each { cpu, .. } => cpu / platform.speed_flop_s,
            Work::Shared { cpu, .. } => cpu / f64::from(procs) / platform.speed_flop_s,
        }
    }

    /// Whether the profile has communications.
    pub(crate) fn communicates(&self) -> bool {
        match self.work {
            Work::Delay(_) => false,
            Work::Each { com, .. } | Work::Shared { com, .. } => com > 0.0,
        }
    }
}

fn spread(name: &str, task: Homogeneous, total: bool) -> Result<Work, BatsimProblem> {
    let cpu = amount(name, "cpu", task.cpu)?;
    let com = amount(name, "com", task.com)?;
    if cpu == 0.0 && com > 0.0 {
        return Err(BatsimProblem::OnlyCommunications { name: name.to_owned() });
    }
    let shared = match task.generation_strategy.as_deref() {
        None => total,
        Some("DefinedAmountsUsedForEachValue" | "defined_amount_used_for_each_value") => false,
        Some("DefinedAmountsSpreadUniformly" | "defined_amount_spread_uniformly") => true,
        Some(other) => {
            let (name, strategy) = (name.to_owned(), other.to_owned());
            return Err(BatsimProblem::Strategy { name, strategy });
        }
    };
    Ok(if shared { Work::Shared { cpu, com } } else { Work::Each { cpu, com } })
}

fn amount(name: &str, key: &'static str, value: f64) -> Result<f64, BatsimProblem> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(BatsimProblem::Amount { name: name.to_owned(), key, value })
    }
}
