//! How long the tasks of a campaign run. Must not know campaigns.

use std::path::Path;
use std::sync::Arc;

use gleaner_sim::time::SimSpan;
use gleaner_traces::campaigns::runtimes;
use gleaner_traces::generate::laws::TimeLaw;
use rand::Rng;

use crate::duration::Duration;
use crate::text;

/// Most run times read from a file.
const RUNTIMES_MAX: usize = 10_000_000;

/// The law of the run times of a campaign's tasks.
#[derive(Clone, Debug, PartialEq)]
pub enum RuntimeLaw {
    /// `fixed:S`, `exponential:MEAN` or `lognormal:MU,SIGMA`.
    Law(TimeLaw),
    /// `gricad:MEAN`: the distribution measured on the Gricad grid, scaled to this mean in seconds.
    Gricad {
        /// Mean run time, seconds.
        mean_s: f64,
    },
    /// `file:FILE`: task `i` takes line `i`; after the last line the first comes again.
    Listed(Arc<[SimSpan]>),
}

/// Why a law cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Not a law.
    #[error("`{text}` is not a law of run times")]
    Form {
        /// What was given.
        text: String,
    },
    /// The file of run times cannot be read.
    #[error("cannot read run times from `{file}`: {source}")]
    File {
        /// The file.
        file: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A line of the file is no run time.
    #[error("{file}:{line}: `{text}` is not a run time")]
    Line {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What stands there, shortened.
        text: String,
    },
    /// The file has no line, or too many.
    #[error("`{file}` holds {count} run times, expected 1 to {RUNTIMES_MAX}")]
    Count {
        /// The file.
        file: String,
        /// How many lines it has.
        count: usize,
    },
}

impl RuntimeError {
    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RuntimeError::Form { .. } => {
                "expected `fixed:60`, `exponential:300`, `lognormal:4.1,2.5`, `gricad:1140` or `file:FILE`"
            }
            RuntimeError::File { .. } => "the path is relative to the scenario's folder",
            RuntimeError::Line { .. } | RuntimeError::Count { .. } => {
                "write one duration a line, such as `90`, `1.5s` or `2h30m`"
            }
        }
    }
}

impl RuntimeLaw {
    /// Reads a law; a file is looked for in `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<RuntimeLaw, RuntimeError> {
        let form = || RuntimeError::Form { text: text.chars().take(80).collect() };
        match text.split_once(':') {
            Some(("file", file)) => read(&folder.join(file), file),
            Some(("gricad", mean)) => {
                let mean: Duration = mean.parse().map_err(|_| form())?;
                let mean_s = mean.ms() as f64 / 1000.0;
                if mean_s > 0.0 { Ok(RuntimeLaw::Gricad { mean_s }) } else { Err(form()) }
            }
            _ => text.parse().map(RuntimeLaw::Law).map_err(|_| form()),
        }
    }

    /// The run time of the task of that index; at least a millisecond, at most the longest time there is.
    pub fn draw(&self, task: u32, rng: &mut impl Rng) -> SimSpan {
        let seconds = match self {
            RuntimeLaw::Law(law) => law.draw_s(rng),
            RuntimeLaw::Gricad { mean_s } => runtimes::draw_s(rng, *mean_s),
            RuntimeLaw::Listed(runs) => return runs[task as usize % runs.len()],
        };
        let ms = libm::round(seconds * 1000.0);
        SimSpan::from_ms((ms as i64).clamp(1, SimSpan::MAX.ms()))
    }
}

fn read(path: &Path, file: &str) -> Result<RuntimeLaw, RuntimeError> {
    let file = file.to_owned();
    let text = match text::read(path, text::SCENARIO_BYTES_MAX * 4) {
        Ok(text) => text,
        Err(source) => return Err(RuntimeError::File { file, source }),
    };
    let count = text.lines().count();
    if count == 0 || count > RUNTIMES_MAX {
        return Err(RuntimeError::Count { file, count });
    }
    let run = |(number, line): (usize, &str)| {
        let wrong = || RuntimeError::Line {
            file: file.clone(),
            line: number + 1,
            text: line.chars().take(40).collect(),
        };
        let run: Duration = line.parse().map_err(|_| wrong())?;
        Ok(SimSpan::from_ms(run.ms().max(1)))
    };
    let runs = text.lines().enumerate().map(run).collect::<Result<Vec<_>, RuntimeError>>()?;
    Ok(RuntimeLaw::Listed(runs.into()))
}
