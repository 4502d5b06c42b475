//! What the users' commands send, to whom, and what they make of the answers.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::{env, fs};

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::run::{Answer, Workdir};
use crate::scripted::{Scripted, ScriptedDaemon};

/// A campaign of alice's, all of whose fields are given.
fn campaign(id: u32, state: &str, done: u32, tasks: u32) -> Value {
    json!({
        "id": id, "name": format!("sweep{id}"), "user": "alice", "state": state, "has_events": false,
        "submission_time": 1_795_179_782, "total_jobs": tasks, "finished_jobs": done, "links": [],
    })
}

fn says(line: &str, status: u16, body: &Value) -> Scripted {
    Scripted { line: line.to_owned(), status, body: body.to_string() }
}

fn list(campaigns: &[Value]) -> Scripted {
    let body = json!({ "items": campaigns, "total": campaigns.len(), "links": [] });
    says("GET /campaigns", 200, &body)
}

/// Calls a command in a folder, with the daemon's address in the environment.
fn call(workdir: &Workdir, daemon: &ScriptedDaemon, args: &[&str]) -> Answer {
    workdir.gleaner_with(args, &[("GLEANER_API", &daemon.url), ("TZ", "UTC")])
}

#[test]
fn a_param_file_is_read_here_from_the_folder_of_its_jdl() {
    let workdir = Workdir::new();
    fs::create_dir(workdir.path("jdls")).unwrap();
    let jdl =
        r#"{"name": "f", "param_file": "lines.txt", "clusters": {"lune": {"exec_file": "run"}}}"#;
    workdir.write("jdls/f.json", jdl);
    workdir.write("jdls/lines.txt", "a 1\n  b 2  \n\nc 3\n");
    workdir.write("home.json", jdl.replace("lines.txt", "$WHERE/{HOME}/lines.txt"));
    let daemon = ScriptedDaemon::start(vec![says(
        "POST /campaigns",
        201,
        &campaign(7, "in_treatment", 0, 4),
    )]);
    let done = call(&workdir, &daemon, &["gridsub", "jdls/f.json"]);
    assert_eq!((done.code, &*done.out), (0, "Campaign successfully submitted\nCAMPAIGN_ID=7\n"));
    let asked = daemon.asked();
    let sent: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(sent["params"], json!(["a 1", "b 2", "", "c 3"]));
    assert_eq!(sent.get("param_file"), None);
    assert_eq!(sent["clusters"]["lune"]["exec_file"], "run");

    let lost = call(&workdir, &daemon, &["gridsub", "home.json"]);
    lost.fails(2, &["no variable `WHERE`", "write the whole path"]);
    workdir.write("jdls/lines.txt", "a 1\na 2\n");
    let twice = call(&workdir, &daemon, &["gridsub", "jdls/f.json"]);
    twice.fails(2, &["jdls/f.json: `param_file` cannot be used", "same first word `a`"]);
    fs::remove_file(workdir.path("jdls/lines.txt")).unwrap();
    call(&workdir, &daemon, &["gridsub", "jdls/f.json"])
        .fails(2, &["cannot read `jdls/lines.txt`"]);
    workdir.write("bad.json", "{\"name\": \"x\",\n oops}");
    call(&workdir, &daemon, &["gridsub", "bad.json"])
        .fails(2, &["bad.json: JDL badly defined at line 2"]);
    assert_eq!(daemon.asked().len(), 1, "what cannot be read is not sent");
}

#[test]
fn a_submission_whose_answer_is_lost_is_told_and_not_sent_again() {
    let workdir = Workdir::new();
    let jdl = r#"{"name": "f", "nb_jobs": 2, "clusters": {"lune": {"exec_file": "run"}}}"#;
    let lost = Scripted { line: "POST /campaigns".into(), status: 0, body: String::new() };
    let daemon = ScriptedDaemon::start(vec![lost]);
    let done = call(&workdir, &daemon, &["gridsub", "-j", jdl]);
    done.fails(5, &["no answer from", "POST /campaigns", "look before you do it again"]);
    assert_eq!(done.out, "");
    assert_eq!(
        daemon.asked().len(),
        1,
        "it may have been done: a second would be another campaign"
    );
}

#[test]
fn a_campaign_is_made_of_what_another_left_undone() {
    let workdir = Workdir::new();
    let task = |id: u64, state: &str| {
        json!({"id": id, "name": format!("p{id}"), "parameters": format!("p{id} x"), "cluster": "lune",
            "cigri_job_id": id, "remote_id": id, "state": state, "href": ""})
    };
    // The second was tried twice, and is done; the third twice, and is not.
    let tries = [
        (1, "terminated"),
        (2, "event"),
        (2, "terminated"),
        (3, "event"),
        (3, "event"),
        (4, "pending"),
    ];
    let items: Vec<Value> = tries.iter().map(|(id, state)| task(*id, state)).collect();
    let jdl = json!({"name": "old", "jobs_type": "normal", "params": ["p1 x", "p2 x", "p3 x", "p4 x"],
        "clusters": {"lune": {"exec_file": "run"}}});
    let answers = |state: &str| {
        vec![
            says("GET /campaigns/12", 200, &campaign(12, state, 2, 4)),
            says("GET /campaigns/12/jdl", 200, &jdl),
            says("GET /campaigns/12/jobs", 200, &json!({"items": items, "total": 4})),
            says("POST /campaigns", 201, &campaign(13, "in_treatment", 0, 1)),
        ]
    };
    let daemon = ScriptedDaemon::start(answers("cancelled"));
    for (choice, params) in [
        ("failed", json!(["p3 x"])),
        ("unfinished", json!(["p3 x", "p4 x"])),
        ("done", json!(["p1 x", "p2 x"])),
        ("all", json!(["p1 x", "p2 x", "p3 x", "p4 x"])),
    ] {
        let args = ["gridsub", "--from", "12", "--state", choice, "--output", "quiet"];
        let done = call(&workdir, &daemon, &args);
        assert_eq!((done.code, &*done.out), (0, "13\n"), "{}", done.err);
        let sent: Value = serde_json::from_str(&daemon.asked().pop().unwrap().body).unwrap();
        assert_eq!((&sent["params"], &sent["name"]), (&params, &json!("old")), "{choice}");
    }
    let running = ScriptedDaemon::start(answers("in_treatment"));
    let refused = call(&workdir, &running, &["gridsub", "--from", "12", "--state", "failed"]);
    refused.fails(4, &["campaign 12 is not over", "gridevents 12 --fix --resubmit"]);
    call(&workdir, &running, &["gridsub", "--state", "done"]).fails(2, &["--from"]);
}

#[test]
fn what_words_select_is_cancelled_only_if_it_is_meant() {
    let workdir = Workdir::new();
    let all = [campaign(3, "in_treatment", 1, 9), campaign(5, "paused", 0, 2)];
    let done = |id: u32| {
        let body = json!({"status": 202, "title": "Accepted", "message": format!("Campaign {id} cancelled")});
        says(&format!("DELETE /campaigns/{id}"), 202, &body)
    };
    let daemon = ScriptedDaemon::start(vec![list(&all), done(3), done(5)]);
    let asked = call(&workdir, &daemon, &["griddel", "all"]);
    asked.fails(4, &["cancel 3: sweep3 of alice, 1 of 9 done", "cancel 5", "add --yes"]);
    assert!(daemon.asked().iter().all(|asked| !asked.line.starts_with("DELETE")));
    let told = call(&workdir, &daemon, &["griddel", "paused", "--yes", "-v"]);
    assert_eq!((told.code, &*told.out), (0, "Campaign 5 cancelled.\n"), "{}", told.err);
    assert_eq!(call(&workdir, &daemon, &["griddel", "3", "-p"]).code, 0);
    let last = daemon.asked().pop().unwrap();
    assert_eq!((&*last.line, &*last.query), ("DELETE /campaigns/3", "hold=1"));
    // One that fails keeps nobody else from being cancelled, and is told.
    let some = call(&workdir, &daemon, &["griddel", "99", "5", "-v"]);
    some.fails(3, &["no DELETE /campaigns/99"]);
    assert_eq!(some.out, "Campaign 5 cancelled.\n");
    call(&workdir, &daemon, &["griddel", "9-3"]).fails(2, &["`9-3` selects no campaigns"]);
    call(&workdir, &daemon, &["griddel"]).fails(2, &["no campaign and no job is named"]);
}

#[test]
fn waiting_ends_with_what_became_of_the_campaigns() {
    let workdir = Workdir::new();
    let answers = |last: Value| {
        vec![
            says("GET /campaigns/3", 200, &campaign(3, "in_treatment", 1, 4)),
            says(
                "GET /campaigns/3",
                503,
                &json!({"status": 503, "title": "Busy", "message": "busy"}),
            ),
            says("GET /campaigns/3", 200, &last),
        ]
    };
    for (state, done, code) in [("terminated", 4, 0), ("terminated", 3, 1), ("cancelled", 1, 1)] {
        let daemon = ScriptedDaemon::start(answers(campaign(3, state, done, 4)));
        let ended = call(&workdir, &daemon, &["gridstat", "3", "--wait", "--output", "csv"]);
        assert_eq!(ended.code, code, "{}", ended.err);
        let row = format!("3,sweep3,alice,2026-11-20T13:03:02Z,{state},false,{done},4\n");
        let columns = "id,name,user,submitted_at,state,has_events,done,tasks\n";
        assert_eq!(ended.out, format!("{columns}{row}"));
        assert!(ended.err.contains("waiting for the daemon: busy"), "{}", ended.err);
    }
    let daemon = ScriptedDaemon::start(Vec::new());
    call(&workdir, &daemon, &["gridstat", "3", "--wait"]).fails(3, &["no GET /campaigns/3"]);
    call(&workdir, &daemon, &["gridstat", "--wait"]).fails(2, &["--wait needs a campaign"]);
}

#[test]
fn long_lists_are_read_to_their_end() {
    let workdir = Workdir::new();
    let tasks = |from: u64, to: u64| {
        let items: Vec<Value> = (from..to)
            .map(|id| json!({"id": id, "name": id.to_string(), "parameters": id.to_string(),
                "cluster": null, "cigri_job_id": null, "remote_id": null, "state": "pending", "href": ""}))
            .collect();
        says("GET /campaigns/3/jobs", 200, &json!({"items": items, "total": 10_500}))
    };
    let daemon = ScriptedDaemon::start(vec![tasks(1, 10_001), tasks(10_001, 10_501)]);
    let all = call(&workdir, &daemon, &["gridstat", "3", "--full", "--output", "quiet"]);
    let ids: Vec<u32> = all.out.lines().map(|line| line.parse().unwrap()).collect();
    assert!(ids.into_iter().eq(1..=10_500), "{}", all.err);
    let queries: Vec<String> = daemon.asked().into_iter().map(|asked| asked.query).collect();
    assert_eq!(queries, ["limit=10000&offset=0", "limit=10000&offset=10000"]);
}

#[test]
fn the_daemon_is_that_of_the_option_the_variable_or_the_file() {
    let workdir = Workdir::new();
    let daemon = ScriptedDaemon::start(vec![list(&[])]);
    let config = workdir.path("config");
    fs::create_dir_all(config.join("gleaner")).unwrap();
    let token = config.join("gleaner/token");
    fs::write(&token, "abc.def.ghi\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let file = |text: &str| fs::write(config.join("gleaner/client.toml"), text).unwrap();
    let asks = |args: &[&str]| {
        workdir.gleaner_with(args, &[("XDG_CONFIG_HOME", config.to_str().unwrap())])
    };
    let bearer = "authorization: bearer abc.def.ghi".to_owned();

    file(&format!("api = \"{}\"\ntoken_file = \"token\"\n", daemon.url));
    assert_eq!(asks(&["gridstat"]).code, 0);
    assert!(daemon.asked()[0].headers.contains(&bearer));
    // The token of the file is for the daemon of the file.
    assert_eq!(asks(&["gridstat", "--api", &daemon.url]).code, 0);
    assert!(!daemon.asked()[1].headers.contains(&bearer));
    let given = ["gridstat", "--api", &daemon.url, "--token-file", token.to_str().unwrap()];
    assert_eq!(asks(&given).code, 0);
    assert!(daemon.asked()[2].headers.contains(&bearer));

    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    asks(&["gridstat"]).fails(2, &["others may read it", "chmod 600"]);
    file("ap = \"http://h\"");
    asks(&["gridstat"]).fails(2, &["client.toml:1:1", "did you mean `api`?"]);
    file("api = \"127.0.0.1:8090\"");
    asks(&["gridstat"]).fails(2, &["client.toml:1:7", "no address of a daemon", "unix:/path"]);
    asks(&["gridstat", "--api", "unix:/nonexistent/s"]).fails(5, &["unix:/nonexistent/s", "--api"]);
    assert_eq!(daemon.asked().len(), 3);
}

#[test]
fn commands_are_called_by_links_too() {
    let workdir = Workdir::new();
    let daemon = ScriptedDaemon::start(vec![list(&[campaign(3, "in_treatment", 1, 4)])]);
    let made = workdir.done(&["install-links", "bin"]);
    assert!(made.lines().any(|line| line == "bin/gridstat"), "{made}");
    workdir.done(&["install-links", "bin"]);
    let linked = |args: &[&str]| {
        let program = fs::canonicalize(workdir.path("bin")).unwrap().join("gridstat");
        Command::new(program).args(args).env("GLEANER_API", &daemon.url).output().unwrap()
    };
    let shown = String::from_utf8(linked(&["--output", "quiet"]).stdout).unwrap();
    assert_eq!(shown, "3\n");
    let help = String::from_utf8(linked(&["--help"]).stdout).unwrap();
    assert!(help.contains("Usage: gridstat [OPTIONS]"), "{help}");
    let wrong = String::from_utf8(linked(&["--nosuch"]).stderr).unwrap();
    assert!(wrong.contains("Usage: gridstat"), "{wrong}");

    fs::remove_file(workdir.path("bin/gridsub")).unwrap();
    workdir.write("bin/gridsub", "mine");
    workdir.gleaner(&["install-links", "bin"]).fails(4, &["`bin/gridsub` is there already"]);
    assert_eq!(workdir.read("bin/gridsub"), "mine");
    workdir.done(&["install-links", "bin", "--force", "--to", "gleaner"]);
    assert_eq!(fs::read_link(workdir.path("bin/gridsub")).unwrap(), Path::new("gleaner"));
}

#[test]
fn a_token_is_handed_in_and_shown_nowhere() {
    let workdir = Workdir::new();
    let registered = json!({"status": 201, "title": "Created", "message": "New token registered"});
    let clusters =
        json!({"items": [{"id": 2, "name": "terre", "links": []}], "total": 1, "links": []});
    let daemon = ScriptedDaemon::start(vec![
        says("GET /clusters", 200, &clusters),
        says("POST /tokens", 201, &registered),
    ]);
    workdir.write("secret", "abc.def.ghi\n");
    let done = call(&workdir, &daemon, &["gridtoken", "-i", "terre", "--file", "secret", "-v"]);
    assert_eq!((done.code, &*done.out), (0, "New token registered.\n"), "{}", done.err);
    let sent: Value = serde_json::from_str(&daemon.asked()[1].body).unwrap();
    assert_eq!(sent, json!({"cluster_id": 2, "token": "abc.def.ghi"}));
    let unknown = call(&workdir, &daemon, &["gridtoken", "-i", "tere", "--file", "secret"]);
    unknown.fails(3, &["no cluster is called `tere`", "terre"]);
    workdir.write("secret", " \n");
    let none = call(&workdir, &daemon, &["gridtoken", "-i", "2", "--file", "secret"]);
    none.fails(2, &["`secret` holds no token"]);
}

#[test]
fn a_name_from_somebody_else_moves_no_cursor() {
    let workdir = Workdir::new();
    let mut odd = campaign(3, "in_treatment", 0, 4);
    odd["name"] = json!("\u{1b}[2Jx");
    let daemon = ScriptedDaemon::start(vec![list(&[odd])]);
    for form in ["table", "csv", "json"] {
        let shown = call(&workdir, &daemon, &["gridstat", "--output", form]);
        assert!(!shown.out.contains('\u{1b}') && shown.out.contains("[2Jx"), "{}", shown.out);
    }
    // Nobody reads the environment of the test's own shell.
    assert!(env::var_os("GLEANER_API").is_none(), "unset GLEANER_API to test");
}
