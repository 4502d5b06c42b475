//! One job: what the daemon knows of it, what its cluster says, what it has written.

use gleaner_api::numbers::JobId;
use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::job::Output;
use gleaner_client::client::Client;
use serde_json::{Map, Value, json};

use crate::args::form::OutputForm;
use crate::args::grid::gridstat::GridstatArgs;
use crate::failure::Failure;
use crate::grid::gridstat::dump;
use crate::output::{self, Rows};

/// Shows a job, or what the options ask of it.
pub(super) fn show(options: &GridstatArgs, client: &Client, job: u64) -> Result<(), Failure> {
    let job = JobId(job);
    if options.stdout {
        return written(options, client, Route::Stdout { job });
    }
    if options.stderr {
        return written(options, client, Route::Stderr { job });
    }
    if options.cinfos {
        return dump::show(client, Route::ClusterInfos { job }, !options.dump || options.pretty);
    }
    if options.dump {
        return dump::show(client, Route::Job { job }, options.pretty);
    }
    let answer = client.text(Route::Job { job })?;
    let fields: Map<String, Value> = client.parsed(&Route::Job { job }.into(), &answer.text)?;
    match options.output {
        OutputForm::Json => output::json(&fields),
        OutputForm::Table => {
            // Of the keys' order the shape decides, which a map has not.
            for (key, value) in in_order(&answer.text, &fields) {
                output::line(format!("{key}: {}", text(value)));
            }
        }
        form => {
            let shown = in_order(&answer.text, &fields);
            // Names of columns are known before the program is built: the table has two.
            let row =
                |(key, value): &(&String, &Value)| vec![Some(json!(key)), Some((*value).clone())];
            output::rows(
                form,
                &Rows { columns: vec!["key", "value"], rows: shown.iter().map(row).collect() },
            );
        }
    }
    Ok(())
}

/// Prints what a job has written, as it stands there: for a file or another program. On a terminal, nothing in it is obeyed.
fn written(options: &GridstatArgs, client: &Client, route: Route) -> Result<(), Failure> {
    let address = match options.tail {
        Some(lines) => route.with(Param::Tail, lines),
        None => route.into(),
    };
    let said: Output = client.read(address)?;
    output::foreign(&said.output);
    if said.cut {
        output::note("warning: not all of it is shown: its lines are too long");
    }
    Ok(())
}

/// The fields but for links, in the order of the answer.
fn in_order<'a>(text: &str, fields: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
    let mut shown: Vec<(&String, &Value)> =
        fields.iter().filter(|(key, _)| *key != "links").collect();
    shown.sort_by_key(|(key, _)| text.find(&format!("\"{key}\":")));
    shown
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
