//! Requests of people who mean no good, or know no better: the real server's answer where it is
//! known, never a panic, nothing of others.

use gleaner_emulator::body::Body;
use gleaner_emulator::engine::cluster::Dialect;
use gleaner_emulator::front::answer::Answer;
use gleaner_emulator::front::request::{Method, Request};
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimSpan;

use crate::one_cluster::{alice, ask, engine, of};

/// A status for each; the engine stands and answers afterwards.
fn check(dialect: Dialect, cases: &[(Method, &str, &str, u16)]) {
    let mut engine = engine(dialect);
    for (method, target, body, status) in cases {
        let request = alice(&engine, *method, target, body);
        let answer = ask(&mut engine, &request);
        assert_eq!(answer.status, *status, "{method:?} {target} {body:.80}: {}", text(&answer));
    }
    engine.advance(engine.now() + SimSpan::from_s(100_000));
    let version = alice(&engine, Method::Get, "/version", "");
    assert_eq!(ask(&mut engine, &version).status, 200);
}

fn text(answer: &Answer) -> String {
    match &answer.body {
        Body::Bytes(bytes) => String::from_utf8_lossy(bytes).chars().take(200).collect(),
        Body::Local { path, .. } => path.clone(),
    }
}

#[test]
fn oar_3_answers_what_cannot_be() {
    use Method::{Delete, Get, Post};
    let deep = format!("{{\"command\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let wide = format!(
        "{{\"command\": \"x\", \"resource\": [{}\"/core=1\"]}}",
        "\"/core=1\",".repeat(50_000)
    );
    let long = format!("/jobs?{}", "job_ids=1&".repeat(20_000));
    check(
        Dialect::Oar3,
        &[
            (Post, "/jobs", "", 422),
            (Post, "/jobs", "{", 422),
            (Post, "/jobs", "[1]", 422),
            (Post, "/jobs", "\"text\"", 422),
            (Post, "/jobs", &deep, 422),
            (Post, "/jobs", &wide, 200),
            (Post, "/jobs", "\u{fffd}\u{0}", 422),
            (Post, "/jobs", r#"{"command": {"a": 1}}"#, 422),
            (Post, "/jobs", r#"{"command": "x", "array": 1e300}"#, 422),
            (Post, "/jobs", r#"{"command": "x", "array": 9223372036854775807}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "array": -5}"#, 200),
            (Post, "/jobs", r#"{"command": "x", "checkpoint": -5}"#, 200),
            (Post, "/jobs", r#"{"command": "x", "resource": [[1]]}"#, 422),
            (Post, "/jobs", r#"{"command": "x", "resource": ["/core=99999999999999"]}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "resource": ["/core=0"]}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "resource": ["walltime=999999999999"]}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "reservation": "9999-99-99 99:99:99"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "reservation": "2001-13-01 00:00:00"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "reservation": "2001-02-29 00:00:00"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "reservation": ""}"#, 200),
            (Post, "/jobs", r#"{"command": "x", "property": "1=1; DROP TABLE jobs"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "directory": "../../etc"}"#, 200),
            (Get, &long, "", 200),
            (Get, "/jobs?limit=18446744073709551616", "", 422),
            (Get, "/jobs?limit=9223372036854775807", "", 200),
            (Get, "/jobs?offset=9223372036854775807", "", 404),
            (Get, "/jobs?array=-1", "", 200),
            (Get, "/jobs?start_time=-9223372036854775808&stop_time=9223372036854775807", "", 200),
            (Get, "/jobs/0", "", 500),
            (Get, "/jobs/18446744073709551615", "", 500),
            (Get, "/jobs/18446744073709551616", "", 422),
            (Delete, "/jobs/18446744073709551615", "", 200),
            (Delete, "/jobs/18446744073709551615?array=true", "", 200),
            (Post, "/jobs/1/signal/99999999999", "", 422),
            (Get, "/resources?limit=9999999999&offset=15", "", 200),
            (Get, "/resources/4294967295/jobs", "", 200),
            (Get, "/resources/0/jobs", "", 200),
            (Get, "/media?path_filename=../../../../etc/passwd", "", 404),
            (Get, "/media?path_filename=/etc/passwd", "", 404),
            (Get, "/media?path_filename=%00", "", 404),
            (Get, "/../../etc/passwd", "", 404),
            (Get, "/%2e%2e/%2e%2e/etc/passwd", "", 404),
            (Get, "//////", "", 307),
            (Method::Other, "/jobs", "", 405),
        ],
    );
}

#[test]
fn oar_2_answers_what_cannot_be() {
    use Method::{Delete, Get, Post};
    check(
        Dialect::Oar2,
        &[
            (Post, "/jobs", "", 400),
            (Post, "/jobs", "{", 400),
            (Post, "/jobs", "[1]", 500),
            (Post, "/jobs", r#"{"command": "x", "array": "100000000000"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "reservation": "2001-13-01 00:00:00"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "reservation": "2001-02-30 00:00:00"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "array": "-3"}"#, 201),
            (Post, "/jobs", r#"{"command": "x", "resource": "/core=99999999999999"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "resource": "/core=0"}"#, 500),
            (Post, "/jobs", r#"{"command": "x", "property": "1=1; DROP TABLE jobs"}"#, 400),
            (Post, "/jobs", r#"{"command": "$(rm -rf /) `id`", "checkpoint": "-9"}"#, 201),
            (Post, "/jobs", r#"{"command": "id \\"}"#, 500),
            (Get, "/jobs?limit=18446744073709551616", "", 200),
            (Get, "/jobs?ids=1:2:3:99999999999999999999", "", 200),
            (Get, "/jobs?offset=18446744073709551615", "", 200),
            (Get, "/jobs/details?from=-9223372036854775808&to=9223372036854775807", "", 200),
            (Get, "/jobs/0", "", 404),
            (Delete, "/jobs/18446744073709551615", "", 400),
            (Post, "/jobs/array/0/deletions/new", "", 400),
            (Post, "/jobs/1/signals/99999999999", "", 404),
            (Post, "/jobs/1", "{", 400),
            (Get, "/resources?limit=18446744073709551616&offset=15", "", 200),
            (Get, "/resources/4294967295/jobs", "", 200),
            (Get, "/resources/nodes/../jobs", "", 200),
            (Get, "/media/../../etc/passwd", "", 404),
            (Get, "/media/~bob/secret", "", 404),
            (Get, "/media/%00", "", 404),
            (Post, "/media/../../etc/passwd", "x", 403),
            (Post, "/media/~/../bob/file", "x", 403),
            (Post, "/media/home/bob/file", "x", 403),
            (Delete, "/media/home/bob/file", "", 403),
            (Method::Other, "/jobs", "", 404),
        ],
    );
}

#[test]
fn nobody_orders_about_anothers_job() {
    for (dialect, refused, unknown_token) in [(Dialect::Oar3, 200, 403), (Dialect::Oar2, 400, 401)]
    {
        let mut engine = engine(dialect);
        let body = r#"{"command": "/bin/sleep 600"}"#;
        let submit = alice(&engine, Method::Post, "/jobs", body);
        assert!(ask(&mut engine, &submit).status < 300);
        engine.advance(engine.now() + SimSpan::from_s(30));
        let events = |engine: &gleaner_emulator::engine::Engine| {
            let row = &engine.table(ClusterIndex(0)).rows()[0];
            (row.state.as_str(), row.events.len())
        };
        let before = events(&engine);
        for (method, target) in [
            (Method::Delete, "/jobs/1"),
            (Method::Post, "/jobs/1/resumptions/new"),
            (Method::Post, "/jobs/1/checkpoints/new"),
        ] {
            let request = of(&engine, "bob", method, target, "");
            assert_eq!(ask(&mut engine, &request).status, refused, "{target}");
            let request = Request::new(method, target);
            assert_eq!(ask(&mut engine, &request).status, unknown_token, "{target}");
            assert_eq!(events(&engine), before, "{target}");
        }
        let request = of(&engine, "oar", Method::Delete, "/jobs/1", "");
        assert!(ask(&mut engine, &request).status < 300);
        assert_ne!(events(&engine), before);
    }
}

/// Random submissions of every kind, orders about any job, and time in between: the guards of the
/// World and the tables hold. A failure names its seed.
#[test]
fn random_sessions_break_nothing() {
    use rand::{RngExt, SeedableRng};
    let resources = [
        "/core=1,walltime=0:0:30",
        "/nodes=2/core=2,walltime=0:1:0",
        "/core=16",
        "/nodes=ALL",
        "/network_address=1",
        "{host='node2'}/core=2",
        "/core=1+/core=2,walltime=0:2:0",
        "/core=3,walltime=0:0:5",
        "/resource_id=BEST,walltime=0:1:0",
        "/core=17",
    ];
    let types = [
        "besteffort",
        "idempotent",
        "container",
        "inner=1",
        "timesharing",
        "placeholder=a",
        "allowed=a",
        "noop",
        "deploy",
        "cosystem",
        "token:x=2",
        "nosuch",
    ];
    let commands = ["/bin/sleep 9", "true", "false", "exit 99", "$HOME/x 1", "kill -9 $$"];
    let orders = [
        (Method::Delete, ""),
        (Method::Post, "/hold/new"),
        (Method::Post, "/resumptions/new"),
        (Method::Post, "/checkpoints/new"),
        (Method::Post, "/signal/10"),
        (Method::Get, "?details=1"),
    ];
    for seed in 0..6 {
        let mut rng = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
        let mut engine = engine(Dialect::Oar3);
        for step in 0..250 {
            let mut pick = |below: usize| rng.random_range(0..below);
            let request = if pick(3) == 0 {
                let kinds: Vec<&str> = (0..pick(3)).map(|_| types[pick(types.len())]).collect();
                let body = serde_json::json!({
                    "command": commands[pick(commands.len())],
                    "resource": [resources[pick(resources.len())]],
                    "type": kinds,
                    "array": pick(4), "checkpoint": pick(2) * 10, "hold": pick(5) == 0,
                });
                alice(&engine, Method::Post, "/jobs", &body.to_string())
            } else if pick(12) == 0 {
                let state = ["Alive", "Absent", "Dead"][pick(3)];
                let target = format!("/resources/{}/state", pick(16) + 1);
                let body = format!("{{\"state\": \"{state}\"}}");
                of(&engine, "oar", Method::Post, &target, &body)
            } else {
                let (method, order) = orders[pick(orders.len())];
                let jobs = engine.table(ClusterIndex(0)).len();
                alice(&engine, method, &format!("/jobs/{}{order}", pick(jobs + 2)), "")
            };
            let pause = SimSpan::from_ms([0, 200, 3_000, 40_000][pick(4)]);
            let answer = ask(&mut engine, &request);
            assert!(answer.status < 600, "seed {seed}, step {step}");
            engine.advance(engine.now() + pause);
            let list = alice(&engine, Method::Get, "/jobs?details=1&limit=2000", "");
            assert_eq!(ask(&mut engine, &list).status, 200, "seed {seed}, step {step}");
        }
    }
}
