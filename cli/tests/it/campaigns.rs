//! `gleaner trace campaigns`: lists of campaigns for scenarios.

use gleaner_traces::campaigns::table;

use crate::run::Workdir;

const ASKED: [&str; 10] =
    ["trace", "campaigns", "--campaigns", "40", "--mean-gap", "30m", "--users", "4", "--seed", "9"];

fn generated(workdir: &Workdir, more: &[&str]) -> String {
    workdir.done(&[&ASKED, more].concat())
}

#[test]
fn a_list_reads_back_and_is_the_same_every_time() {
    let workdir = Workdir::new();
    let text = generated(&workdir, &[]);
    assert_eq!(generated(&workdir, &["--out", "list.csv"]), "list.csv\n");
    assert_eq!(workdir.read("list.csv"), text);
    let list = table::read(text.as_bytes(), "list.csv".as_ref()).unwrap();
    assert_eq!(list.len(), 40);
    assert!(list.is_sorted_by(|a, b| a.submission_s <= b.submission_s));
    assert!(list.iter().any(|campaign| campaign.user != list[0].user));
    let other = workdir.done(&[&ASKED[..9], &["10"]].concat());
    assert_ne!(other, text, "another seed gives another list");
}

#[test]
fn large_campaigns_are_cut() {
    let workdir = Workdir::new();
    let text = generated(&workdir, &["--tasks-max", "50"]);
    let list = table::read(text.as_bytes(), "list.csv".as_ref()).unwrap();
    assert!(list.iter().all(|campaign| campaign.tasks <= 50));
    assert!(list.iter().filter(|campaign| campaign.tasks == 50).count() > 5);
}

#[test]
fn a_scenario_takes_the_list() {
    let workdir = Workdir::new();
    generated(&workdir, &["--tasks-max", "30", "--out", "list.csv"]);
    workdir.write(
        "grid.toml",
        "[[cluster]]\nname = \"a\"\nnodes = 64\n\n[[campaign_list]]\nfile = \"list.csv\"\n",
    );
    let list = workdir.read("list.csv");
    let tasks: u64 = table::read(list.as_bytes(), "list.csv".as_ref())
        .unwrap()
        .iter()
        .map(|campaign| campaign.tasks)
        .sum();
    let claim = format!("grid.tasks == {tasks} and grid.done == {tasks} and grid.campaigns == 40");
    workdir.done(&["simulate", "grid.toml", "--no-plots", "--out", "out", "--assert", &claim]);
}

#[test]
fn a_list_that_cannot_be_made_is_refused() {
    let workdir = Workdir::new();
    let call = |more: &[&str]| workdir.gleaner(&[&["trace", "campaigns"], more].concat());
    call(&["--campaigns", "0", "--mean-gap", "1h"]).fails(2, &["`campaigns` is 0, expected 1 to"]);
    call(&["--campaigns", "5", "--mean-gap", "0"])
        .fails(2, &["`mean_gap_s` is 0, expected above 0"]);
    call(&["--campaigns", "5", "--mean-gap", "soon"]).fails(2, &["--mean-gap", "soon"]);
    call(&["--campaigns", "5", "--mean-gap", "1h", "--users", "0"]).fails(2, &["`users` is 0"]);
    call(&["--campaigns", "5", "--mean-gap", "1h", "--out", "list.csv.gz"])
        .fails(2, &["list.csv.gz", "plain lists"]);
    workdir.write("list.csv", "mine\n");
    call(&["--campaigns", "5", "--mean-gap", "1h", "--out", "list.csv"])
        .fails(4, &["`list.csv` is there already"]);
    assert_eq!(workdir.read("list.csv"), "mine\n");
}

#[test]
fn help_shows_an_example() {
    let help = Workdir::new().done(&["trace", "campaigns", "--help"]);
    assert!(help.contains("gleaner trace campaigns --campaigns 100"), "{help}");
    assert!(help.contains("[[campaign_list]]"), "{help}");
}
