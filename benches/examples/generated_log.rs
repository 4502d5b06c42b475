//! Writes a generated log as SWF, so that the whole command can be timed on it:
//! `cargo run --release -p gleaner-benches --example generated_log -- deep|wide FILE [JOBS]`.
#![expect(clippy::print_stdout, reason = "it says how its file is read")]

use gleaner_benches::logs::{LOGS, named};
use gleaner_traces::swf::header::SwfHeader;
use gleaner_traces::swf::workload;
use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let name = args.next().ok_or("name the log, and the file to write")?;
    let names = LOGS.map(|log| log.name).join(", ");
    let log = named(&name).ok_or(format!("no log {name}: there are {names}"))?;
    let path = args.next().ok_or("name the file to write")?;
    let jobs = args.next().map_or(Ok(log.jobs), |text| text.parse())?;
    let out = BufWriter::new(File::create(path)?);
    workload::write(out, &log.generate(jobs), &SwfHeader::default(), &[])?;
    println!(
        "gleaner simulate --processors {} --scheduler easy --no-plots --trace ...",
        log.processors
    );
    Ok(())
}
