//! Writes an instance of the load generator as JSON lines, so that other schedulers can be driven with
//! the same jobs, or times our pass on it: `cargo run --release -p gleaner-benches --example
//! oar_load -- diverse|campaign JOBS [NODES CORES [RUNS]]`. With RUNS, the smallest time of so many
//! passes is printed instead.
//!
//! The first line is the cluster, each further one a job; walltimes are without the security time.

use std::error::Error;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use gleaner_sim::oar::model::ids::Date;
use gleaner_sim::oar::pass::load::{Load, Mix};
use gleaner_sim::oar::pass::pass;

const NOW: Date = Date(1_700_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mix = match args.first().map(String::as_str) {
        Some("diverse") => Mix::Diverse,
        Some("campaign") => Mix::Campaign,
        _ => return Err("name the mix: `diverse` or `campaign`".into()),
    };
    let number = |at: usize, usual: u32| args.get(at).map_or(Ok(usual), |text| text.parse());
    let standard = Load::standard(mix, number(1, 1000)?);
    let load =
        Load { nodes: number(2, standard.nodes)?, cores: number(3, standard.cores)?, ..standard };
    let out = std::io::stdout().lock();
    match number(4, 0)? {
        0 => write_jobs(out, &load),
        runs => write_time(out, &load, runs),
    }
}

fn write_jobs(out: impl Write, load: &Load) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(out);
    let (_, config) = load.server(NOW)?;
    let (nodes, cores, now) = (load.nodes, load.cores, NOW.0);
    let security_s = config.job_security_time_s;
    writeln!(
        out,
        r#"{{"nodes":{nodes},"cores_per_node":{cores},"now":{now},"security_time_s":{security_s}}}"#
    )?;
    for job in load.jobs() {
        let level = |(label, count): &(&str, u32)| format!(r#"["{label}",{count}]"#);
        let levels: Vec<String> = job.levels.iter().map(level).collect();
        let (id, levels, walltime_s) = (job.id, levels.join(","), job.walltime_s);
        writeln!(out, r#"{{"id":{id},"levels":[{levels}],"walltime_s":{walltime_s}}}"#)?;
    }
    Ok(out.flush()?)
}

fn write_time(mut out: impl Write, load: &Load, runs: u32) -> Result<(), Box<dyn Error>> {
    let (mut waiting, config) = load.server(NOW)?;
    load.submit(&mut waiting, NOW, &config)?;
    waiting.forget_plan();
    let mut smallest = Duration::MAX;
    for _ in 0..runs {
        let mut state = waiting.clone();
        let begin = Instant::now();
        let outcome = pass(&mut state, NOW, &config);
        smallest = smallest.min(begin.elapsed());
        if outcome.examined != load.jobs as usize {
            return Err("the pass did not try every job".into());
        }
    }
    Ok(writeln!(out, "{:.6} s", smallest.as_secs_f64())?)
}
