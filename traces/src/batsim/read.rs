//! Reads a Batsim workload. Must not know SWF.
//!
//! Times are in seconds with decimals in the file and are rounded to the nearest millisecond.

use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;

use serde_json::value::RawValue;

use crate::batsim::model::{Misplaced, Platform, Profile, RawJob, RawWorkload};
use crate::bounded::Bounded;
use crate::clean::{self, Figures, Refusal};
use crate::error::TraceError;
use crate::error::batsim::BatsimProblem;
use crate::finish;
use crate::inflate::read_error;
use crate::samples;
use crate::workload::{Clean, Dropped, LeftOut, ReadOptions, SPAN_MAX_S, Workload, WorkloadJob};

/// The largest name of a job that counts as its number.
const NUMBER_MAX: u64 = 999_999_999_999_999_999;

/// Reads JSON text from `input`; `path` is its name, in messages and in [`Workload::name`]. The
/// reading rules apply as to SWF; those about processors know only requested ones.
pub fn read<R: Read>(
    input: R,
    path: &Path,
    options: &ReadOptions,
    platform: &Platform,
) -> Result<Workload, TraceError> {
    let mut bytes = Vec::new();
    Bounded::new(input, options.json_bytes_max())
        .read_to_end(&mut bytes)
        .map_err(|source| read_error(path, source))?;
    let bytes = finish::without_mark(&bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = finish::place_of(bytes, error.valid_up_to());
        TraceError::NotUtf8 { path: path.to_path_buf(), line, column }
    })?;
    let raw: RawWorkload<'_> = serde_json::from_str(text)
        .map_err(|source| TraceError::Json { path: path.to_path_buf(), source })?;
    Reading { text, path, options, platform }.jobs(&raw)
}

struct Reading<'a> {
    text: &'a str,
    path: &'a Path,
    options: &'a ReadOptions,
    platform: &'a Platform,
}

impl<'a> Reading<'a> {
    fn jobs(&self, raw: &RawWorkload<'a>) -> Result<Workload, TraceError> {
        let mut profiles = BTreeMap::new();
        for (name, value) in &raw.profiles.0 {
            if profiles.insert(name.as_str(), *value).is_some() {
                let problem = BatsimProblem::TwoProfiles { name: name.clone() };
                let (line, column) = self.place(value, 1, 1);
                let path = self.path.to_path_buf();
                return Err(TraceError::BatsimFile { path, line, column, problem });
            }
        }
        let nb_res = raw.nb_res.map(NonZeroU32::get);
        let machine = self.options.processors.or(nb_res);
        let mut dropped = Dropped::default();
        let mut seen = HashSet::new();
        let mut jobs = Vec::with_capacity(raw.jobs.len());
        let mut names = Vec::with_capacity(raw.jobs.len());
        for value in &raw.jobs {
            finish::count_row(&mut dropped, self.path, self.options)?;
            match self.job(value, machine, &profiles, &mut seen, &mut dropped) {
                Ok(None) => {}
                Ok(Some((name, mut job))) => {
                    job.id = names.len() as u64;
                    names.push(name.into_boxed_str());
                    jobs.push(job);
                }
                Err((within, Misplaced { problem, line, column })) => {
                    let (line, column) = self.place(within, line, column);
                    let path = self.path.to_path_buf();
                    let error = TraceError::Batsim { path, line, column, problem };
                    finish::skip_or_stop(&mut dropped, error, self.options)?;
                }
            }
        }
        let names = numbered(&mut jobs, names);
        let workload = Workload {
            name: samples::file_name(self.path),
            jobs,
            max_procs: nb_res,
            max_nodes: None,
            unix_start_s: None,
            dropped,
            left_out: LeftOut::default(),
            names,
        };
        finish::finish(workload, self.path)
    }

    /// Reads a job; a mistake comes with the text that it is in.
    fn job(
        &self,
        value: &'a RawValue,
        machine: Option<u32>,
        profiles: &BTreeMap<&str, &'a RawValue>,
        seen: &mut HashSet<String>,
        dropped: &mut Dropped,
    ) -> Result<Option<(String, WorkloadJob)>, (&'a RawValue, Misplaced)> {
        let here = |problem: BatsimProblem| (value, Misplaced::from(problem));
        let raw: RawJob = serde_json::from_str(value.get())
            .map_err(|error| (value, Misplaced::of(&error, BatsimProblem::Job)))?;
        let name = raw.id.0.clone();
        if !seen.insert(name.clone()) {
            return Err(here(BatsimProblem::TwoJobs { job: name }));
        }
        let profile = match profiles.get(raw.profile.0.as_str()) {
            Some(text) => {
                Profile::parse(&raw.profile.0, text).map_err(|problem| (*text, problem))?
            }
            None => {
                return Err(here(BatsimProblem::NoProfile { job: name, name: raw.profile.0 }));
            }
        };
        let figures = self.figures(&raw, &profile).map_err(here)?;
        let kept = match clean::judge(self.options.clean, machine, &figures) {
            Ok(kept) => kept,
            Err(refusal) if self.options.clean == Clean::None => {
                return Err(here(unsimulatable(refusal, &raw, machine)));
            }
            Err(refusal) => {
                clean::count_dropped(dropped, refusal);
                return Ok(None);
            }
        };
        clean::count_kept(dropped, &figures);
        dropped.communications += u64::from(profile.communicates());
        let job = WorkloadJob {
            submit_ms: figures.submit,
            run_ms: kept.run,
            walltime_ms: kept.requested,
            procs: u32::try_from(kept.procs)
                .map_err(|_| here(out_of_range(&raw, "res", raw.res as f64)))?,
            status: profile.code.map_or(-1, |code| i8::from(code == 0)),
            exit_code: profile.code.unwrap_or(0),
            ..WorkloadJob::blank(0)
        };
        Ok(Some((name, job)))
    }

    /// What the reading rules look at, in milliseconds; what no rule could drop is an error.
    fn figures(&self, raw: &RawJob, profile: &Profile) -> Result<Figures, BatsimProblem> {
        let procs = u32::try_from(raw.res).ok().filter(|procs| *procs > 0);
        let procs = procs.ok_or_else(|| out_of_range(raw, "res", raw.res as f64))?;
        let milliseconds = |key, time_s: f64| {
            if time_s.abs() <= SPAN_MAX_S as f64 {
                Ok(libm::round(time_s * 1000.0) as i64)
            } else {
                Err(out_of_range(raw, key, time_s))
            }
        };
        // Batsim's own sign for "no walltime".
        let walltime_s = raw.walltime.filter(|walltime_s| *walltime_s != -1.0);
        let unlimited = walltime_s.is_some_and(|walltime_s| walltime_s > SPAN_MAX_S as f64);
        let requested = match walltime_s {
            None => -1,
            Some(_) if unlimited => SPAN_MAX_S * 1000,
            Some(walltime_s) => match milliseconds("walltime", walltime_s)? {
                ..=0 => return Err(out_of_range(raw, "walltime", walltime_s)),
                walltime_ms => walltime_ms,
            },
        };
        Ok(Figures {
            submit: milliseconds("subtime", raw.subtime)?,
            run: milliseconds("run time", profile.run_s(procs, self.platform))?,
            requested,
            unlimited,
            requested_procs: i64::from(procs),
            allocated_procs: -1,
        })
    }

    /// Line and column in the file of a line and column in a value of it.
    fn place(&self, value: &RawValue, line: usize, column: usize) -> (u64, u64) {
        let offset = value.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let before = value.get().split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        finish::place_of(self.text.as_bytes(), offset + before + column - 1)
    }
}

#[cold]
fn unsimulatable(refusal: Refusal, raw: &RawJob, machine: Option<u32>) -> BatsimProblem {
    match (refusal, machine) {
        (Refusal::TooLarge, Some(machine)) => {
            BatsimProblem::TooLarge { job: raw.id.0.clone(), procs: raw.res, machine }
        }
        // Processors and times but the submission have been seen to be in range by now.
        _ => out_of_range(raw, "subtime", raw.subtime),
    }
}

#[cold]
fn out_of_range(raw: &RawJob, key: &'static str, value: f64) -> BatsimProblem {
    BatsimProblem::OutOfRange { job: raw.id.0.clone(), key, value }
}

/// Makes the names the ids when all are numbers; else keeps them, and ids are positions.
fn numbered(jobs: &mut [WorkloadJob], names: Vec<Box<str>>) -> Option<Vec<Box<str>>> {
    let plain = |name: &str| {
        let number = name.parse::<u64>().ok().filter(|number| number.to_string() == name);
        number.filter(|number| *number <= NUMBER_MAX)
    };
    if !names.iter().all(|name| plain(name).is_some()) {
        return Some(names);
    }
    for (job, name) in jobs.iter_mut().zip(&names) {
        job.id = plain(name).expect("all names have just been seen to be numbers");
    }
    None
}
