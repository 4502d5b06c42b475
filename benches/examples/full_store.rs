//! Fills a store with ten million past tasks, or starts on one and says how long that took and how
//! much memory the process has used: `full_store fill FILE`, then `full_store start FILE`.
//!
//! A thousand campaigns of ten tasks go through core and journal; then the rows of their jobs are
//! copied a thousand times, as they would stand after ten thousand tasks each.

use std::path::Path;
use std::time::Instant;

use gleaner_benches::stage::{Stage, campaign};
use gleaner_runtime::store::Store;

const CAMPAIGNS: u32 = 1000;
const TASKS: u32 = 10;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (what, path) = (arguments.next(), arguments.next());
    let (Some(what), Some(path)) = (what, path) else { panic!("usage: fill|start FILE") };
    match what.as_str() {
        "fill" => fill(Path::new(&path)),
        "start" => start(Path::new(&path)),
        _ => panic!("usage: fill|start FILE"),
    }
}

#[allow(clippy::print_stdout, reason = "this is what it is for")]
fn start(path: &Path) {
    let begun = Instant::now();
    let stage = Stage::begin(path);
    let seconds = begun.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!(
        "ready after {seconds:.3} s with {} campaigns, {memory}",
        stage.scheduler.campaigns().count()
    );
}

#[allow(clippy::print_stdout, reason = "this is what it is for")]
fn fill(path: &Path) {
    let mut stage = Stage::begin(path);
    for _ in 0..CAMPAIGNS {
        stage.submit(campaign(TASKS));
    }
    stage.cycle();
    while !stage.scheduler.is_idle() {
        stage.tell();
        stage.cycle();
    }
    stage.stop();
    let mut store = Store::open(path).expect("a store");
    let transaction = store.begin().expect("a transaction");
    let copied = transaction.execute(
        "INSERT INTO jobs (campaign, task, cluster, remote, state, besteffort, submitted_at, \
         started_at, stopped_at, return_code, node) \
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) \
         SELECT campaign, task + 10 * i, cluster, remote + 10000 * i, state, besteffort, submitted_at, \
         started_at, stopped_at, return_code, 'node-12.cluster.example' FROM n, jobs",
        [],
    );
    let copied = copied.expect("rows");
    let grown = "UPDATE campaigns SET total = total * 1000, finished = finished * 1000";
    transaction.execute(grown, []).expect("rows");
    transaction.commit().expect("a commit");
    println!("{} jobs", copied + (CAMPAIGNS * TASKS) as usize);
}
