//! Replays a vector step by step and names the first difference.

use crate::case::{Case, Problem, integer, list, resource_ids, text};
use gleaner_oar::states::ResourceState;
use gleaner_sim::oar::model::event::Event;
use gleaner_sim::oar::model::ids::{Date, JobId};
use gleaner_sim::oar::pass::pass;
use serde_json::{Value as Json, json};

/// Replays all steps; the first difference if there is one.
pub(crate) fn replay(mut case: Case) -> Result<(), Problem> {
    if case.steps.len() != case.expected.len() {
        return Err(format!("{} steps but {} expected", case.steps.len(), case.expected.len()));
    }
    let pairs: Vec<_> = case.steps.clone().into_iter().zip(case.expected.clone()).collect();
    for (index, (step, expected)) in pairs.iter().enumerate() {
        let operation = text(step, "op", "?");
        let at = |problem: Problem| format!("step {index} ({operation}): {problem}");
        let exit_code = perform(&mut case, step).map_err(at)?;
        compare(&mut case, operation, exit_code, expected).map_err(at)?;
    }
    Ok(())
}

fn perform(case: &mut Case, step: &Json) -> Result<i32, Problem> {
    let now = Date(integer(step, "now", 0));
    let job = JobId(step["job"].as_u64().unwrap_or(0));
    let Case { state, config, .. } = case;
    Ok(match text(step, "op", "?") {
        "pass" => pass(state, now, config).exit_code,
        "submit" => {
            case.submit(&step["job"], now)?;
            0
        }
        "launched" => {
            state.launched(job, now, config).map_err(|error| error.to_string())?;
            0
        }
        "job_end" => {
            let code = i32::try_from(integer(step, "error", 0)).unwrap_or(-1);
            let exit = ["exit_code", "exit_script_value"].map(|key| step[key].as_i64());
            let exit = exit.into_iter().flatten().next().and_then(|code| i32::try_from(code).ok());
            // The daemon's word for "no exit code" leaves it unset.
            state.job_end(job, code, exit, now, config).map_err(|error| error.to_string())?;
            0
        }
        "node_change_state" => state.check_node_states(now, config),
        "resource_state" => {
            let word = text(step, "state", "?");
            let to: ResourceState = word.parse().map_err(|error| format!("{error}"))?;
            for id in resource_ids(list(step, "resource_ids")) {
                state
                    .change_resource(id, |resource| resource.state = to)
                    .map_err(|error| error.to_string())?;
            }
            0
        }
        "leon" => state.leon(now, config).exit_code,
        "sarko" => state.sarko(now, config).exit_code,
        other => return Err(format!("operation `{other}` is not known")),
    })
}

fn compare(
    case: &mut Case,
    operation: &str,
    exit_code: i32,
    expected: &Json,
) -> Result<(), Problem> {
    let events = case.state.take_events();
    compare_predictions(case, &expected["predictions"])?;
    compare_jobs(case, &expected["jobs"])?;
    compare_events(operation, &events, list(expected, "new_events"))?;
    let frags: serde_json::Map<String, Json> = case
        .state
        .frags()
        .iter()
        .map(|(id, frag)| (id.to_string(), json!(frag.state.as_str())))
        .collect();
    if expected["frag_jobs"].is_object() {
        same("frag_jobs", &Json::Object(frags), &expected["frag_jobs"])?;
    }
    match expected["exit_code"].as_i64() {
        Some(code) if code != i64::from(exit_code) => {
            Err(format!("exit code {exit_code}, expected {code}"))
        }
        _ => Ok(()),
    }
}

fn same(what: &str, got: &Json, expected: &Json) -> Result<(), Problem> {
    if got == expected { Ok(()) } else { Err(format!("{what} {got}, expected {expected}")) }
}

fn compare_predictions(case: &Case, expected: &Json) -> Result<(), Problem> {
    let Some(expected) = expected.as_object() else {
        return Ok(());
    };
    let predictions = case.state.gantt().predictions();
    for prediction in &predictions {
        let ids: Vec<u32> = prediction.resources.iter().map(|id| id.0).collect();
        let got = json!({
            "start_time": prediction.start.0,
            "moldable": prediction.alternative,
            "resource_ids": ids,
        });
        let job = prediction.job;
        let want = expected.get(&job.to_string());
        let want = want.ok_or_else(|| format!("job {job} predicted {got}, expected none"))?;
        same(&format!("job {job} predicted"), &got, want)?;
    }
    let known = |id: &&String| predictions.iter().any(|p| p.job.to_string() == **id);
    match expected.keys().find(|id| !known(id)) {
        Some(id) => Err(format!("job {id} not predicted, expected {}", expected[id])),
        None => Ok(()),
    }
}

fn compare_jobs(case: &Case, expected: &Json) -> Result<(), Problem> {
    let Some(expected) = expected.as_object() else {
        return Ok(());
    };
    for job in case.state.jobs() {
        let id = job.id;
        let want = expected
            .get(&id.to_string())
            .ok_or_else(|| format!("job {id} exists ({}), expected none", job.state))?;
        let got = json!({
            "state": job.state.as_str(),
            "reservation": job.reservation.as_str(),
            "start_time": job.start.0,
            "stop_time": job.stop.0,
            "resubmit_job_id": job.resubmit_of.map_or(0, |old| old.0),
        });
        for (key, value) in want.as_object().into_iter().flatten() {
            same(&format!("job {id} {key}"), &got[key], value)?;
        }
    }
    match expected.keys().find(|id| case.state.jobs().all(|job| job.id.to_string() != **id)) {
        Some(id) => Err(format!("job {id} does not exist, expected {}", expected[id])),
        None => Ok(()),
    }
}

/// The order among several victims of a pass says nothing; of each job the order counts.
fn compare_events(operation: &str, got: &[Event], expected: &[Json]) -> Result<(), Problem> {
    let written = |event: &Event| json!({"type": event.kind.as_str(), "job_id": event.job.0, "date": event.date.0});
    let mut got: Vec<Json> = got.iter().map(written).collect();
    let plain = |event: &Json| json!({"type": event["type"], "job_id": event["job_id"], "date": event["date"]});
    let mut expected: Vec<Json> = expected.iter().map(plain).collect();
    if operation == "pass" {
        let job = |event: &Json| event["job_id"].as_i64();
        got.sort_by_key(job);
        expected.sort_by_key(job);
    }
    same("events", &Json::Array(got), &Json::Array(expected))
}
