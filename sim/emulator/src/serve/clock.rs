//! Requests about the emulation itself: `/_clock` to read and turn the clock, `/_restart/CLUSTER`,
//! `/_stress/CLUSTER`, and the list of clusters at the root. Must not know dialects.

use std::time::Duration;

use gleaner_sim::time::SimTime;
use serde_json::{Value, json};

use crate::calendar::{sim_time, unix_float_s};
use crate::engine::Engine;
use crate::front::answer::Answer;
use crate::front::request::{Method, Request};
use crate::pacing::Pace;

/// Furthest the clock is turned at once: ten years, in milliseconds.
const TURN_MAX_MS: i64 = 10 * 366 * 86_400_000;

/// What the clock shows beside the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockFace {
    pub(super) pace: Pace,
    pub(super) lag: Duration,
    pub(super) lag_max: Duration,
}

/// Answers a request about the emulation.
pub(super) fn answer(engine: &mut Engine, request: &Request, face: ClockFace) -> Answer {
    match (request.method, request.segments().as_slice()) {
        (Method::Get, []) => {
            let cluster = |cluster: &crate::engine::cluster::Cluster| json!({ "cluster": cluster.name, "dialect": cluster.dialect.word() });
            let clusters: Vec<Value> = engine.clusters().map(cluster).collect();
            Answer::json(200, &json!({ "clusters": clusters, "clock": "/_clock" }))
        }
        (Method::Get, ["_clock"]) => shown(engine, face),
        (Method::Post, ["_clock"]) => turn(engine, request, face),
        (Method::Post, ["_restart", name]) => match engine.find(name) {
            Some(cluster) => {
                engine.restart(cluster);
                Answer::json(200, &json!({ "cluster": name, "wedged": false }))
            }
            None => problem(404, &format!("there is no cluster `{name}`")),
        },
        (Method::Post, ["_stress", name]) => stress(engine, request, name),
        (_, ["_clock" | "_restart" | "_stress", ..]) => problem(405, "method not allowed"),
        _ => problem(404, "no cluster of that name; `GET /` lists them"),
    }
}

fn problem(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({ "error": text }))
}

fn shown(engine: &Engine, face: ClockFace) -> Answer {
    let (mode, speed) = match face.pace {
        Pace::Hand => ("hand", 0.0),
        Pace::Speed(speed) => ("paced", speed),
    };
    let ms = |lag: Duration| lag.as_secs_f64() * 1000.0;
    Answer::json(
        200,
        &json!({
            "now": unix_float_s(engine.now()), "mode": mode, "speed": speed,
            "lag_ms": ms(face.lag), "lag_ms_max": ms(face.lag_max),
        }),
    )
}

/// `{"to": S}` turns the clock to a date; `{"until": S, "on_change": true}` stops where a poller
/// would first see something new.
fn turn(engine: &mut Engine, request: &Request, face: ClockFace) -> Answer {
    if face.pace != Pace::Hand {
        return problem(409, "the clock goes by itself; start with `--speed hand` to turn it");
    }
    let body: Value = match serde_json::from_slice(&request.body) {
        Ok(body) => body,
        Err(error) => return problem(422, &format!("the body is not JSON: {error}")),
    };
    let date = |key: &str| body.get(key).and_then(Value::as_f64).filter(|date| date.is_finite());
    let on_change = body.get("on_change").and_then(Value::as_bool).unwrap_or(false);
    let (target, on_change) = match (date("to"), date("until")) {
        (Some(to), None) => (to, false),
        (None, Some(until)) => (until, on_change),
        _ => {
            return problem(422, "expected `{\"to\": S}` or `{\"until\": S, \"on_change\": true}`");
        }
    };
    let whole_s = target.floor();
    let fraction_ms = ((target - whole_s) * 1000.0).round() as i64;
    let target = SimTime::from_ms(sim_time(whole_s as i64).ms().saturating_add(fraction_ms));
    let ahead_ms = target.ms().saturating_sub(engine.now().ms());
    if ahead_ms < 0 {
        return problem(409, "the clock cannot be turned back");
    }
    if ahead_ms > TURN_MAX_MS {
        return problem(422, "the clock is turned by ten years at most");
    }
    match on_change {
        true => {
            engine.advance_to_change(target);
        }
        false => engine.advance(target),
    }
    shown(engine, face)
}

fn stress(engine: &mut Engine, request: &Request, name: &str) -> Answer {
    let Some(cluster) = engine.find(name) else {
        return problem(404, &format!("there is no cluster `{name}`"));
    };
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let stress = body.get("GLOBAL_STRESS").and_then(Value::as_f64);
    match stress.filter(|stress| stress.is_finite() && *stress >= 0.0) {
        Some(stress) => {
            engine.cluster_mut(cluster).stress = stress;
            Answer::json(200, &json!({ "cluster": name, "GLOBAL_STRESS": stress }))
        }
        None => problem(422, "expected `{\"GLOBAL_STRESS\": 0.5}`"),
    }
}
