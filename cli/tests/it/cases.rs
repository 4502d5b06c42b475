//! Input of the kinds that once went wrong, each test named after what went wrong: files of
//! `tests/data/cases`, and command lines.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{Answer, Workdir, root};

fn case(name: &str) -> String {
    let path = root().join("cli/tests/data/cases").join(name);
    path.to_str().expect("a readable path").to_owned()
}

/// Simulates a trace of the cases, with OAR's scheduler.
fn trace(name: &str) -> Value {
    let workdir = Workdir::new();
    workdir.done(&["simulate", "--trace", &case(name), "--no-plots", "--out", "out"]);
    serde_json::from_str(&workdir.read("out/metrics.json")).expect("`metrics.json` is JSON")
}

/// Checks a job description of the cases on two clusters.
fn jdl(name: &str) -> Answer {
    Workdir::new().gleaner(&["simulate", &case("two.toml"), "--campaign", &case(name), "--check"])
}

#[test]
fn an_unlimited_request_does_not_panic_the_default_scheduler() {
    assert_eq!(trace("unlimited-request-oar.swf")["grid"]["jobs"], 1);
    let workdir = Workdir::new();
    let answer = workdir.gleaner(&["trace", "info", &case("unlimited-request-oar.swf")]);
    assert!(answer.err.contains("1 jobs ask for more than 68 years"), "{}", answer.err);
}

#[test]
fn submissions_by_the_epoch_are_simulated() {
    assert_eq!(trace("epoch-submit-oar.swf")["grid"]["jobs"], 1);
}

#[test]
fn the_longest_jobs_one_behind_the_other_are_simulated() {
    let workdir = Workdir::new();
    let row = |number: u64| {
        format!("{number} 0 -1 2147483647 4 -1 -1 4 4294967295 -1 1 1 1 -1 1 1 -1 -1\n")
    };
    workdir.write("long.swf", format!("; MaxProcs: 4\n{}{}{}", row(1), row(2), row(3)));
    for scheduler in ["easy", "conservative", "fcfs"] {
        let args = ["simulate", "--trace", "long.swf", "--scheduler", scheduler, "--no-plots"];
        let claim = "grid.makespan_s == 6442450941";
        workdir.done(&[&args[..], &["--estimates", "x1000", "--assert", claim]].concat());
    }
}

#[test]
fn a_walltime_of_64_bits_is_refused_with_its_range() {
    jdl("jdl-walltime-64bit.json").fails(
        2,
        &["`clusters.luke.walltime` is `9223372036854775807`", "from 1 second to 2147483647"],
    );
}

#[test]
fn nothing_can_happen_any_more_says_which_job_and_why() {
    let workdir = Workdir::new();
    workdir.write(
        "stuck.toml",
        "[[cluster]]\nname = \"lab\"\nnodes = 2\ncores_per_node = 4\n[[cluster.job]]\nname = \"o\"\n\
         at = \"1h\"\nrequest = \"/core=8,walltime=1:00:00\"\n[[cluster.outage]]\nnode = 1\ndown = \"10m\"\n",
    );
    for scheduler in ["oar", "easy"] {
        let args = ["simulate", "stuck.toml", "--no-plots", "--scheduler", scheduler];
        let expected = "job 1 of cluster `lab` asks for 8 cores, and 4 of 8 are up for good";
        workdir.gleaner(&args).fails(1, &[expected, "an `up` time"]);
    }
}

#[test]
fn converting_writes_what_can_be_read_when_numbers_repeat() {
    let workdir = Workdir::new();
    let answer = workdir.gleaner(&["trace", "convert", &case("duplicate-numbers.swf"), "d.json"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("1 jobs had the number of an earlier one"), "{}", answer.err);
    assert_eq!(workdir.done(&["trace", "info", "d.json", "--output", "quiet"]), "3\n");
}

#[test]
fn converting_says_what_the_format_cannot_hold() {
    for to in ["p.json", "p.swf"] {
        let workdir = Workdir::new();
        let answer = workdir.gleaner(&["trace", "convert", &case("preceding-job-lost.swf"), to]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        for note in ["1 jobs had a preceding job", "1 jobs had a think time"] {
            assert!(answer.err.contains(note), "{}", answer.err);
        }
        let status = answer.err.contains("1 jobs had a status");
        assert_eq!(status, to == "p.json", "{}", answer.err);
    }
}

#[test]
fn a_trace_of_which_no_job_is_left_is_not_written() {
    let workdir = Workdir::new();
    workdir.write("a.swf", "1 0 -1 0 2 -1 -1 2 10 -1 1 1 1 -1 1 1 -1 -1\n");
    for to in ["b.json", "b.swf"] {
        workdir
            .gleaner(&["trace", "convert", "a.swf", to])
            .fails(2, &["no job of `a.swf` can be written", "1 without run time"]);
        assert!(!workdir.path(to).exists() && !workdir.path(&format!("{to}.partial")).exists());
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert_eq!(
        Workdir::new().done(&["trace", "info", &case("bom.swf"), "--output", "quiet"]),
        "5\n"
    );
    let workdir = Workdir::new();
    workdir.write("s.toml", "\u{feff}[[cluster]]\nname = \"lab\"\nnodes = 2\ncores_per_node = 4\n");
    workdir.done(&["simulate", "s.toml", "--check"]);
}

#[test]
fn two_parameters_of_one_name_are_named() {
    let expected = "`params` cannot be used: parameters 1 and 2 have the same first word `a`";
    jdl("paramdup.json").fails(2, &[expected]);
}

#[test]
fn what_cigris_reader_takes_is_taken_with_a_note() {
    for (name, note) in [
        ("jdl-cigri-escape.json", "`\\$`, as at line 1, column 87, is no escape of JSON"),
        ("jdl-comment.json", "comments, as in line 1, are no JSON"),
    ] {
        let answer = jdl(name);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.err.contains(note), "{}", answer.err);
    }
}

#[test]
fn a_misspelt_key_of_a_jdl_is_told_with_the_nearest() {
    let answer = jdl("jdl-misspelt-key.json");
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("did you mean `walltime`?"), "{}", answer.err);
}

#[test]
fn control_characters_in_a_name_are_refused() {
    jdl("jdl-control-name.json").fails(2, &["`name` holds the control character"]);
}

#[test]
fn a_latin1_file_has_a_place() {
    let workdir = Workdir::new();
    workdir.write("l.json", b"{\"name\":\n \"caf\xe9\"}");
    let args = ["simulate", &case("two.toml"), "--campaign", "l.json", "--check"];
    workdir.gleaner(&args).fails(2, &["the byte 0xe9 at line 2, column 6", "iconv"]);
    workdir.write("l.toml", b"title = \"caf\xe9\"\n");
    workdir.gleaner(&["simulate", "l.toml"]).fails(2, &["line 1, column 13", "iconv"]);
}

#[test]
fn raw_escapes_of_a_file_do_not_reach_the_terminal() {
    let workdir = Workdir::new();
    let size = "; MaxProcs: \u{1b}]0;owned\u{7}\u{9b}31m8\n";
    workdir.write("a.swf", format!("{size}1 0 -1 5 2 -1 -1 2 10 -1 1 1 1 -1 1 1 -1 -1\n"));
    workdir.write("a\u{1b}[31m.swf", "1 0 -1 5 2 -1 -1 2 10 -1 1 1 1 -1 1 1 -1 -1\n");
    workdir.write("s.toml", "\u{1b}]0;owned\u{7}[[cluster]]\nname = \"a\u{1b}[31m\"\n");
    for args in [
        &["trace", "info", "a.swf"][..],
        &["trace", "info", "a\u{1b}[31m.swf"],
        &["trace", "info", "a\u{1b}[31m.swf", "--output", "csv"],
        &["trace", "info", "a.swf", "--processors", "8", "--output", "json"],
        &["simulate", "s.toml"],
        &["simulate", "--trace", "a\u{1b}[31m.swf"],
    ] {
        let answer = workdir.gleaner_with(args, &[("NO_COLOR", "1")]);
        let bad = |c: char| c.is_control() && c != '\n';
        assert!(!answer.out.contains(bad), "{args:?}: {:?}", answer.out);
        assert!(!answer.err.contains(bad), "{args:?}: {:?}", answer.err);
    }
}

#[test]
fn a_pipe_without_end_ends_with_a_clear_word() {
    for (piece, expected) in [
        ("1 0 -1 5 2 -1 -1 2 10 -1 1 1 1 -1 1 1 -1 -1\n", "has more than 1000 rows"),
        ("; and so on\n", "the header is longer than"),
        ("x", "the text is longer than"),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gleaner"))
            .args(["trace", "info", "--max-rows", "1000", "/dev/stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let chunk = piece.repeat(20_000);
        while pipe.write_all(chunk.as_bytes()).is_ok() {}
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected) && said.contains("help:"), "{said}");
    }
    Workdir::new().gleaner(&["simulate", "/dev/zero"]).fails(2, &["is longer than 67108864 bytes"]);
}

#[test]
fn a_load_in_percent_is_refused() {
    let workdir = Workdir::new();
    workdir.write(
        "s.toml",
        "[[cluster]]\nname = \"lab\"\nnodes = 2\ncores_per_node = 4\n[cluster.owners]\ngenerate = { model = \
         \"lublin\", jobs = 10, load = 75 }\n",
    );
    workdir.gleaner(&["simulate", "s.toml", "--check"]).fails(2, &["`load` is 75", "up to 10"]);
    let args = ["trace", "generate", "lublin", "--jobs", "5", "--processors", "8", "--load", "75"];
    workdir.gleaner(&args).fails(2, &["`load` is 75"]);
}

#[test]
fn a_misspelt_figure_of_an_assertion_is_found_before_the_run() {
    let workdir = Workdir::new();
    for (claim, expected) in [
        ("grid.jbos == 1", "nothing is called `jbos`"),
        ("clusters.lukas.jobs == 1", "nothing is called `lukas.jobs`"),
        ("clusters.luke == 1", "is a group of figures"),
        ("grid.owners_delay_mean_s < 1", "nothing is called `owners_delay_mean_s`"),
    ] {
        let args = ["simulate", &case("two.toml"), "--out", "out", "--assert", claim];
        workdir.gleaner(&args).fails(2, &[expected]);
        assert!(!workdir.path("out").exists(), "{claim}");
    }
    let delays = "grid.owners_delay_mean_s >= 0 or clusters.luke.avebsld > 0";
    let args = ["simulate", &case("two.toml"), "--no-plots", "--baseline", "--assert", delays];
    assert_ne!(workdir.gleaner(&args).code, 2);
}

#[test]
fn an_explanation_of_nothing_is_refused() {
    let workdir = Workdir::new();
    let args = ["simulate", &case("two.toml"), "--out", "out", "--explain", "1.0"];
    workdir.gleaner(&args).fails(3, &["no task 1.0 to explain: the scenario has 0 campaigns"]);
    assert!(!workdir.path("out").exists());
}

#[test]
fn results_of_another_run_are_not_overwritten() {
    let workdir = Workdir::new();
    let two = case("two.toml");
    let run = |more: &[&str]| {
        workdir.gleaner(&[&["simulate", &two, "--no-plots", "--out", "out"][..], more].concat())
    };
    assert_eq!(run(&[]).code, 0);
    assert_eq!(run(&[]).code, 0, "the same run comes out alike");
    let before = workdir.read("out/manifest.json");
    run(&["--seed", "7"]).fails(4, &["`out` holds the results of another run", "--force"]);
    run(&["--scheduler", "fcfs"]).fails(4, &["another `clusters`"]);
    workdir.gleaner(&["simulate", &case("two-oar.toml"), "--out", "out"]).fails(4, &["another"]);
    assert_eq!(workdir.read("out/manifest.json"), before);
    assert_eq!(run(&["--seed", "7", "--force"]).code, 0);
    std::fs::remove_file(workdir.path("out/manifest.json")).unwrap();
    run(&[]).fails(4, &["a run that did not come to its end"]);
}

#[test]
fn a_full_device_is_an_error_and_a_closed_pipe_is_none() {
    let workdir = Workdir::new();
    for args in [
        &["--help"][..],
        &["--version"],
        &["completions", "bash"],
        &["trace", "info", &case("bom.swf")],
        &["trace", "info", &case("bom.swf"), "--output", "json"],
        &["trace", "info", &case("bom.swf"), "--output", "csv"],
        &["trace", "generate", "lublin", "--jobs", "5", "--processors", "8"],
        &["simulate", &case("two.toml"), "--check"],
    ] {
        let call = |out: Stdio| {
            Command::new(env!("CARGO_BIN_EXE_gleaner"))
                .args(args)
                .current_dir(workdir.path(""))
                .stdout(out)
                .stderr(Stdio::null())
                .status()
                .unwrap()
        };
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert_eq!(call(full.into()).code(), Some(1), "{args:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(call(writer.into()).code(), Some(0), "{args:?}");
    }
}

/// Runs a campaign of four tasks with more keys on the first cluster of a scenario of the cases.
fn with_keys(workdir: &Workdir, scenario: &str, keys: &str) -> Answer {
    let jdl = format!(
        r#"{{"name": "c", "nb_jobs": 4, "clusters": {{"luke": {{"exec_file": "run.sh", {keys}}}}}}}"#
    );
    workdir.write("c.json", jdl);
    let scenario = case(scenario);
    let args =
        ["simulate", &scenario, "--campaign", "c.json", "--no-plots", "--out", "out", "--force"];
    workdir.gleaner(&args)
}

/// A column of the campaign's rows in `jobs.csv`.
fn column(workdir: &Workdir, name: &str) -> Vec<String> {
    let text = workdir.read("out/jobs.csv");
    let mut lines = text.lines();
    let head: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let at = head.iter().position(|column| *column == name).unwrap_or_else(|| panic!("{head:?}"));
    // Only tasks run for a minute.
    let cells = lines.filter(|line| line.contains(",luke,") || line.contains("luke"));
    cells.filter_map(|line| line.split(',').nth(at)).map(str::to_owned).collect()
}

#[test]
fn properties_and_whole_nodes_of_a_campaign_are_simulated_by_oar() {
    let workdir = Workdir::new();
    let answer = with_keys(&workdir, "two-oar.toml", r#""properties": "resource_id <= 2""#);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let cores = column(&workdir, "allocated_resources");
    assert!(!cores.is_empty());
    let narrow = cores.iter().filter(|cores| matches!(cores.as_str(), "0" | "1")).count();
    assert!(narrow >= 4, "{cores:?}");
    let answer = with_keys(&workdir, "two-oar.toml", r#""resources": "/nodes=1""#);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let whole = ["0-3", "4-7", "8-11", "12-15"];
    let cores = column(&workdir, "allocated_resources");
    let on_nodes = cores.iter().filter(|cores| whole.contains(&cores.as_str())).count();
    assert!(on_nodes >= 4, "{cores:?}");
}

#[test]
fn what_no_resource_can_ever_serve_is_refused_before_the_run() {
    let workdir = Workdir::new();
    for keys in [
        r#""properties": "resource_id > 1000""#,
        r#""properties": "colour = 'red'""#,
        r#""resources": "/nodes=2/core=5""#,
    ] {
        let answer = with_keys(&workdir, "two-oar.toml", keys);
        answer.fails(2, &["campaign `c`: cluster `luke` can never serve it"]);
    }
}

#[test]
fn properties_and_nodes_are_told_where_a_scheduler_counts_cores() {
    let workdir = Workdir::new();
    let keys = r#""properties": "resource_id <= 2", "resources": "/nodes=1/core=2""#;
    let answer = with_keys(&workdir, "two.toml", keys);
    assert_eq!(answer.code, 0, "{}", answer.err);
    for note in [
        "`clusters.luke.properties` has no effect here",
        "`clusters.luke.resources` is `/nodes=1/core=2`: a job takes any 2 cores",
    ] {
        assert!(answer.err.contains(note), "{}", answer.err);
    }
}

#[test]
fn names_with_control_characters_are_refused_in_scenarios() {
    let workdir = Workdir::new();
    for (key, line) in [
        ("title", "title = \"a\\u001b[31m\"\n[[cluster]]\nname = \"l\"\nnodes = 1\n"),
        (
            "user",
            "[[cluster]]\nname = \"l\"\nnodes = 1\n[[campaign]]\ntasks = 1\nuser = \"a\\u0007\"\n",
        ),
        (
            "name",
            "[[cluster]]\nname = \"l\"\nnodes = 1\n[[campaign]]\ntasks = 1\nname = \"a\\u009b\"\n",
        ),
    ] {
        workdir.write("s.toml", line);
        let expected = format!("`{key}` holds the control character");
        workdir.gleaner(&["simulate", "s.toml", "--check"]).fails(2, &[&expected]);
    }
}
