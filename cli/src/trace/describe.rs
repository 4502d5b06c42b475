//! What a trace is like, for people or programs. Computes nothing itself.

use gleaner_traces::info::{Quantiles, TraceInfo};
use serde_json::{Value, json};

use crate::args::form::OutputForm;
use crate::output::{self, Rows};
use crate::trace::dropped::tell_reading;

/// Prints the description: everything as JSON, the main figures otherwise.
pub(crate) fn print(info: &TraceInfo, form: OutputForm) {
    match form {
        OutputForm::Json => output::json(info),
        OutputForm::Quiet => output::line(info.jobs),
        OutputForm::Table | OutputForm::Csv => {
            let columns =
                vec!["figure", "value", "min", "p25", "median", "p75", "p95", "max", "mean"];
            output::rows(form, &Rows { columns, rows: figures(info) });
        }
    }
    tell_reading("", &info.dropped);
}

type Row = Vec<Option<Value>>;

fn figures(info: &TraceInfo) -> Vec<Row> {
    let days = (info.last_submit_s - info.first_submit_s) / 86_400.0;
    let single = [
        ("trace", Some(json!(info.name))),
        ("jobs", Some(json!(info.jobs))),
        ("period (days)", Some(json!(days))),
        ("processors", info.max_procs.map(|n| json!(n))),
        ("offered load", info.load.map(|load| json!(load))),
        ("core hours", Some(json!(info.core_s / 3600.0))),
        ("users", Some(json!(info.users))),
        ("queues", Some(json!(info.queues))),
        ("serial jobs (share)", Some(json!(info.serial_share))),
        ("powers of two (share)", Some(json!(info.power_of_two_share))),
        ("without estimate (share)", Some(json!(info.without_estimate_share))),
        ("estimate accuracy (mean)", info.mean_accuracy.map(|a| json!(a))),
    ];
    let spread = [
        ("size (processors)", &info.sizes),
        ("run time (s)", &info.runtimes_s),
        ("requested time (s)", &info.requested_s),
    ];
    let mut rows: Vec<Row> = single
        .into_iter()
        .map(|(name, value)| {
            let mut row = vec![Some(json!(name)), value];
            row.resize(9, None);
            row
        })
        .collect();
    rows.extend(spread.into_iter().filter_map(|(name, q)| Some(spread_row(name, q.as_ref()?))));
    rows
}

fn spread_row(name: &str, quantiles: &Quantiles) -> Row {
    let Quantiles { min, p05: _, p25, p50, p75, p95, p99: _, max, mean } = *quantiles;
    let figures = [min, p25, p50, p75, p95, max, mean].map(|figure| Some(json!(figure)));
    [vec![Some(json!(name)), None], figures.to_vec()].concat()
}
