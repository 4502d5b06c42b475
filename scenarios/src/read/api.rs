//! The REST API of a cluster of a scenario file: each value checked, each error at its line. Must
//! not know servers.

use gleaner_settings::range::OutOfRange;
use gleaner_sim::api_faults::{ApiFaults, Outage, OutageKind};
use gleaner_sim::time::SimSpan;
use toml::Spanned;

use crate::api::{ApiDialect, ApiPlan, Execute};
use crate::duration::{Duration, instant, span};
use crate::error::{Invalid, Problem};
use crate::format::api::{ApiFaultsTable, ApiOutageTable};
use crate::grid::runtime::RuntimeLaw;
use crate::names::{Named, Word};
use crate::read::Reader;

/// Clocks differ by less than this: a day.
const SKEW_MAX_S: i64 = 86_400;

impl Reader<'_> {
    /// What the keys of a cluster say about its API.
    pub(super) fn api(
        &self,
        dialect: Option<Named<ApiDialect>>,
        execute: Option<Named<Execute>>,
        task_runtime: Option<&Spanned<String>>,
        faults: Option<&ApiFaultsTable>,
    ) -> Result<ApiPlan, Invalid> {
        let usual = ApiPlan::default();
        Ok(ApiPlan {
            dialect: dialect.map_or(usual.dialect, |Named(dialect)| dialect),
            execute: execute.map_or(usual.execute, |Named(execute)| execute),
            task_runtime: match task_runtime {
                None => usual.task_runtime,
                Some(text) => self.api_runtime(text)?,
            },
            faults: faults.map(|table| self.api_faults(table)).transpose()?.unwrap_or_default(),
        })
    }

    fn api_runtime(&self, text: &Spanned<String>) -> Result<RuntimeLaw, Invalid> {
        RuntimeLaw::parse(text.get_ref(), self.folder).map_err(|error| {
            let (message, hint) = (error.to_string(), error.hint().to_owned());
            self.at(text).invalid(Problem::Part { message, hint })
        })
    }

    fn api_faults(&self, table: &ApiFaultsTable) -> Result<ApiFaults, Invalid> {
        let usual = ApiFaults::default();
        let time = |key: Option<Duration>, usual: SimSpan| key.map_or(usual, span);
        let p = |key, value: &Option<Spanned<f64>>| self.probability(key, value.as_ref());
        Ok(ApiFaults {
            latency: time(table.latency, usual.latency),
            latency_spread: time(table.latency_spread, usual.latency_spread),
            timeout_before: p("timeout_before", &table.timeout_before)?,
            timeout_after: p("timeout_after", &table.timeout_after)?,
            hang: time(table.hang, usual.hang),
            error_before: p("error_before", &table.error_before)?,
            error_after: p("error_after", &table.error_after)?,
            html_error: p("html_error", &table.html_error)?,
            partial_array: p("partial_array", &table.partial_array)?,
            wrong_content_type: p("wrong_content_type", &table.wrong_content_type)?,
            truncated_body: p("truncated_body", &table.truncated_body)?,
            unauthorized: p("unauthorized", &table.unauthorized)?,
            bad_gateway: p("bad_gateway", &table.bad_gateway)?,
            unavailable: p("unavailable", &table.unavailable)?,
            reset: p("reset", &table.reset)?,
            token_life: self.not_zero("token_life", table.token_life.as_ref())?,
            clock_skew_s: self.within(
                "clock_skew_s",
                table.clock_skew_s.as_ref(),
                0,
                -SKEW_MAX_S..=SKEW_MAX_S,
            )?,
            stale_list: p("stale_list", &table.stale_list)?,
            stale_by: time(table.stale_by, usual.stale_by),
            missing_job: p("missing_job", &table.missing_job)?,
            late_post: p("late_post", &table.late_post)?,
            late_by: time(table.late_by, usual.late_by),
            duplicate_event: p("duplicate_event", &table.duplicate_event)?,
            own_copy: p("own_copy", &table.own_copy)?,
            unsafe_concurrency: table.unsafe_concurrency.unwrap_or_default(),
            wedge: table.wedge.unwrap_or_default(),
            restart_after: self.not_zero("restart_after", table.restart_after.as_ref())?,
            process_life: self.at_least_one("process_life", table.process_life.as_ref())?,
            outages: table
                .outages
                .iter()
                .map(|outage| self.api_outage(outage))
                .collect::<Result<_, _>>()?,
        })
    }

    fn at_least_one(
        &self,
        key: &'static str,
        value: Option<&Spanned<u32>>,
    ) -> Result<Option<u32>, Invalid> {
        let Some(value) = value else { return Ok(None) };
        match *value.get_ref() {
            0 => {
                let problem = OutOfRange::new(key, 0, "1 or more");
                Err(self.at(value).invalid(problem.into()))
            }
            number => Ok(Some(number)),
        }
    }

    fn not_zero(
        &self,
        key: &'static str,
        value: Option<&Spanned<Duration>>,
    ) -> Result<Option<SimSpan>, Invalid> {
        let Some(value) = value else { return Ok(None) };
        match value.get_ref().ms() {
            0 => Err(self.at(value).invalid(Problem::ZeroTime { key })),
            _ => Ok(Some(span(*value.get_ref()))),
        }
    }

    fn api_outage(&self, table: &ApiOutageTable) -> Result<Outage, Invalid> {
        let ApiOutageTable { kind: Named(kind), from, to } = table;
        if to.get_ref() <= from {
            return Err(self.at(to).invalid(Problem::Part {
                message: "the outage would end before it begins".to_owned(),
                hint: "`to` must come after `from`".to_owned(),
            }));
        }
        Ok(Outage { kind: *kind, from: instant(*from), to: instant(*to.get_ref()) })
    }
}

impl Word for ApiDialect {
    const WHAT: &'static str = "dialect";
    const TABLE: &'static [(&'static str, ApiDialect)] =
        &[("oar3", ApiDialect::Oar3), ("oar2", ApiDialect::Oar2)];
}

impl Word for Execute {
    const WHAT: &'static str = "way to execute commands";
    const TABLE: &'static [(&'static str, Execute)] =
        &[("simulated", Execute::Simulated), ("local", Execute::Local)];
}

impl Word for OutageKind {
    const WHAT: &'static str = "kind of outage";
    const TABLE: &'static [(&'static str, OutageKind)] = &[
        ("refused", OutageKind::Refused),
        ("silent", OutageKind::Silent),
        ("wedged", OutageKind::Wedged),
        ("bad-gateway", OutageKind::BadGateway),
        ("unavailable", OutageKind::Unavailable),
        ("unauthorized", OutageKind::Unauthorized),
    ];
}
