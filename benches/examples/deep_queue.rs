//! Writes the generated deep-queue log as SWF, so that the whole command can be timed on it:
//! `cargo run --release -p gleaner-benches --example deep_queue -- FILE [JOBS]`.

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

use gleaner_benches::deep_queue::{RICC_JOBS, deep_queue};
use gleaner_traces::swf::header::SwfHeader;
use gleaner_traces::swf::workload;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    let path = args.next().ok_or("name the file to write")?;
    let jobs = match args.next() {
        Some(text) => text.to_string_lossy().parse()?,
        None => RICC_JOBS,
    };
    let out = BufWriter::new(File::create(path)?);
    workload::write(out, &deep_queue(jobs), &SwfHeader::default(), &[])?;
    Ok(())
}
