//! Owners' jobs that a scenario lists by hand: requests read, run times matched to alternatives,
//! names resolved. Whether they fit their cluster is seen when it is built.

use std::sync::Arc;

use gleaner_core::suggest::Suggestion;
use gleaner_oar::filter::Filter;
use gleaner_oar::job_type::JobType;
use gleaner_oar::request::Request;
use gleaner_sim::job_request::{JobRequest, RequestAlternative, WALLTIME_DEFAULT_S};
use gleaner_sim::time::{SimSpan, SimTime};
use toml::Spanned;

use crate::duration::{Duration, instant, span};
use crate::error::{Invalid, Problem};
use crate::format::oar::{JobTable, OneOrMore};
use crate::oar::OwnersJobs;
use crate::read::Reader;

/// Most jobs of one table.
const COUNT_MAX: u32 = 1_000_000;

impl Reader<'_> {
    /// The listed jobs of a cluster.
    pub(super) fn jobs(&self, tables: Vec<Spanned<JobTable>>) -> Result<Vec<OwnersJobs>, Invalid> {
        let names: Vec<Arc<str>> = tables
            .iter()
            .filter_map(|table| Some(table.get_ref().name.as_ref()?.get_ref().as_str().into()))
            .collect();
        let mut jobs: Vec<OwnersJobs> = Vec::with_capacity(tables.len());
        for table in tables {
            let listed = self.listed(table.into_inner(), &names)?;
            let twice = |other: &OwnersJobs| listed.name.is_some() && other.name == listed.name;
            if jobs.iter().any(twice) {
                let name = listed.name.as_deref().unwrap_or_default();
                return Err(listed.location.invalid(part(
                    format!("two jobs are called `{name}`"),
                    "give each a name of its own; `count` makes several of one name",
                )));
            }
            jobs.push(listed);
        }
        Ok(jobs)
    }

    fn listed(&self, table: JobTable, names: &[Arc<str>]) -> Result<OwnersJobs, Invalid> {
        let location = self.at(&table.request);
        let mut request =
            JobRequest::new(table.user.as_deref().unwrap_or("user"), self.alternatives(&table)?);
        request.project = table.project.as_deref().unwrap_or("default").into();
        request.queue = table.queue.as_deref().unwrap_or("default").into();
        request.name = table.name.as_ref().map_or("", |name| name.get_ref()).into();
        request.types = table.types.iter().map(|word| JobType::parse(word)).collect();
        request.properties = table.properties.unwrap_or_default();
        if !request.properties.is_empty() {
            Filter::parse(&request.properties).map_err(|error| {
                let hint = error.hint().unwrap_or("for example `mem >= 64 AND gpu IS NOT NULL`");
                location.invalid(part(format!("`properties`: {error}"), hint))
            })?;
        }
        request.reservation = table.reservation.map(instant);
        request.checkpoint = table.checkpoint.map_or(SimSpan::ZERO, span);
        if request.is_besteffort() && request.reservation.is_some() {
            return Err(location.invalid(part(
                "a job of type `besteffort` cannot be a reservation".to_owned(),
                "drop the type, or `reservation`",
            )));
        }
        let count = self.within("count", table.count.as_ref(), 1, 1..=COUNT_MAX)?;
        let mut after: Vec<Arc<str>> = Vec::new();
        if let Some(words) = table.after {
            let at = self.at(&words);
            for word in words.into_inner().into_vec() {
                if !names.iter().any(|name| **name == *word) {
                    let known = names.iter().map(AsRef::as_ref);
                    let hint = Suggestion::new(&word, known).to_string();
                    return Err(at.invalid(Problem::Part {
                        message: format!("there is no job `{word}` to wait for"),
                        hint,
                    }));
                }
                after.push(word.as_str().into());
            }
        }
        Ok(OwnersJobs {
            name: table.name.map(|name| name.into_inner().as_str().into()),
            at: table.at.map_or(SimTime::ZERO, instant),
            count,
            every: table.every.map_or(SimSpan::ZERO, span),
            request,
            after,
            exit_code: table.exit_code.unwrap_or(0),
            location,
        })
    }

    /// Requests, each with the time that the job would run.
    fn alternatives(&self, table: &JobTable) -> Result<Vec<RequestAlternative>, Invalid> {
        let location = self.at(&table.request);
        let texts: &[String] = match table.request.get_ref() {
            OneOrMore::One(text) => std::slice::from_ref(text),
            OneOrMore::More(texts) => texts,
        };
        if texts.is_empty() {
            let hint = "for example `request = \"/nodes=2/core=4,walltime=1:00:00\"`";
            return Err(location.invalid(part("a job must ask for something".to_owned(), hint)));
        }
        let runs: Option<&[Duration]> = table.run.as_ref().map(|run| match run.get_ref() {
            OneOrMore::One(run) => std::slice::from_ref(run),
            OneOrMore::More(runs) => runs,
        });
        if let (Some(runs), Some(key)) = (runs, &table.run)
            && runs.len() != 1
            && runs.len() != texts.len()
        {
            let message = format!("{} requests, but {} run times", texts.len(), runs.len());
            let hint = "give one run time, or one for each request";
            return Err(self.at(key).invalid(part(message, hint)));
        }
        let mut alternatives = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let request = Request::parse(text).map_err(|error| {
                let hint = error.hint().unwrap_or("for example `/nodes=2/core=4,walltime=1:00:00`");
                location.invalid(part(format!("request `{text}`: {error}"), hint))
            })?;
            let run = runs.and_then(|runs| runs.get(index).or(runs.first()));
            // A job that says nothing of its run time uses all that it asked for.
            let walltime = SimSpan::from_s(request.walltime_s.unwrap_or(WALLTIME_DEFAULT_S));
            alternatives
                .push(RequestAlternative { request, run: run.map_or(walltime, |run| span(*run)) });
        }
        Ok(alternatives)
    }
}

fn part(message: String, hint: &str) -> Problem {
    Problem::Part { message, hint: hint.to_owned() }
}
