//! `gleaner emulate` as users call it: where it refuses, what it prints, how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::Workdir;

const SCENARIO: &str = "[[cluster]]\nname = \"terre\"\nnodes = 2\ncores_per_node = 2\n\
                        [[cluster]]\nname = \"lune\"\nnodes = 1\ndialect = \"oar2\"\n\
                        [[campaign]]\nuser = \"ada\"\ntasks = 3\nruntime = \"fixed:40\"\n";

/// An answer's body.
fn get(url: &str) -> String {
    let (host, path) =
        url.trim_start_matches("http://").split_once('/').expect("an address and a path");
    let mut stream = TcpStream::connect(host).expect("the emulator listens");
    let head = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("the emulator hears");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the emulator answers in UTF-8");
    text.split_once("\r\n\r\n").expect("a head and a body").1.to_owned()
}

#[test]
fn clusters_are_served_until_a_signal_comes() {
    let workdir = Workdir::new();
    workdir.write("grid.toml", SCENARIO);
    let mut child = Command::new(env!("CARGO_BIN_EXE_gleaner"))
        .args(["emulate", "grid.toml", "--speed", "hand", "--dir", "here", "--log", "log.csv"])
        .current_dir(workdir.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ready = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let (terre, lune) = (ready(), ready());
    assert_eq!((&terre["cluster"], &terre["dialect"]), (&"terre".into(), &"oar3".into()));
    assert_eq!((&lune["cluster"], &lune["dialect"]), (&"lune".into(), &"oar2".into()));
    assert_eq!(lune["token_file"], Value::Null);
    let tokens = std::fs::read_to_string(terre["token_file"].as_str().unwrap()).unwrap();
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    assert!(tokens["tokens"]["ada"].is_string() && tokens["tokens"]["oar"].is_string());
    let url = terre["api_url"].as_str().unwrap();
    let jobs: Value = serde_json::from_str(&get(&format!("{url}/jobs"))).unwrap();
    assert_eq!(jobs["total"], 0);
    let asked = Command::new("bash").args(["-c", &format!("kill -TERM {}", child.id())]).status();
    assert!(asked.unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(workdir.read("log.csv").starts_with("job_id,name,command,start,end,state"));
}

#[test]
fn strangers_and_nonsense_are_refused() {
    let workdir = Workdir::new();
    workdir.write("grid.toml", SCENARIO);
    let remote =
        workdir.gleaner(&["emulate", "grid.toml", "--listen", "0.0.0.0:0", "--dir", "here"]);
    assert_eq!(remote.code, 4, "{remote:?}");
    assert!(remote.err.contains("--allow-remote"), "{}", remote.err);
    let speed = workdir.gleaner(&["emulate", "grid.toml", "--speed", "fast"]);
    assert_eq!(speed.code, 2, "{speed:?}");
    let scenario = workdir.gleaner(&["emulate", "nosuch.toml"]);
    assert_eq!(scenario.code, 2, "{scenario:?}");
    let noon = SCENARIO.replacen("[[cluster]]", "[[cluster]]\nsnapshot = \"noon.json\"", 1);
    workdir.write("noon.toml", &noon);
    let noon = workdir.gleaner(&["emulate", "noon.toml", "--dir", "here"]);
    assert_eq!(noon.code, 2, "{noon:?}");
    assert!(noon.err.contains("cannot begin with a snapshot"), "{}", noon.err);
}
