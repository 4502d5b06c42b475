//! Writes an instance of the load generator as JSON lines, so that other schedulers can be driven with
//! the same jobs, or times our pass on it: `cargo run --release -p gleaner-benches --example
//! oar_load -- diverse|campaign|mixed|unlimited JOBS [NODES CORES [RUNS]]`, where `unlimited` is
//! the mixed load without quotas. With RUNS, the smallest time of so many passes is printed instead,
//! and a sum over all predictions, by which two programs can be compared.
//!
//! The first line is the cluster, each further one a job; walltimes are without the security time.
//! Jobs of a mixed load also say queue, user, project and filter, and list their alternatives; those
//! under way come last.

use std::error::Error;
use std::io::{BufWriter, Write};
use std::time::{Duration, Instant};

use gleaner_sim::oar::model::ids::Date;
use gleaner_sim::oar::model::state::State;
use gleaner_sim::oar::pass::load::{Load, LoadRequest, Mix};
use gleaner_sim::oar::pass::pass;

const NOW: Date = Date(1_700_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mix = match args.first().map(String::as_str) {
        Some("diverse") => Mix::Diverse,
        Some("campaign") => Mix::Campaign,
        Some("mixed") => Mix::Mixed { quotas: true },
        Some("unlimited") => Mix::Mixed { quotas: false },
        _ => return Err("name the mix: `diverse`, `campaign`, `mixed` or `unlimited`".into()),
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
    let mixed = matches!(load.mix, Mix::Mixed { .. });
    for job in load.jobs() {
        let requests: Vec<String> = job.requests.iter().map(request_text).collect();
        let (id, requests) = (job.id, requests.join("},{"));
        if mixed {
            let (queue, user, project, filter) = (job.queue, job.user, job.project, job.filter);
            let who = format!(r#""queue":"{queue}","user":"{user}","project":"{project}""#);
            writeln!(
                out,
                r#"{{"id":{id},{who},"filter":"{filter}","alternatives":[{{{requests}}}]}}"#
            )?;
        } else {
            writeln!(out, r#"{{"id":{id},{requests}}}"#)?;
        }
    }
    for job in load.running() {
        let (id, user, besteffort) = (job.id, &job.user, job.besteffort);
        let (first, last) = (job.resources.start, job.resources.end - 1);
        let (walltime_s, since_s) = (job.walltime_s, job.since_s);
        writeln!(
            out,
            r#"{{"id":{id},"user":"{user}","besteffort":{besteffort},"resources":[{first},{last}],"walltime_s":{walltime_s},"since_s":{since_s}}}"#
        )?;
    }
    Ok(out.flush()?)
}

fn request_text(request: &LoadRequest) -> String {
    let level = |(label, count): &(&str, u32)| format!(r#"["{label}",{count}]"#);
    let levels: Vec<String> = request.levels.iter().map(level).collect();
    format!(r#""levels":[{}],"walltime_s":{}"#, levels.join(","), request.walltime_s)
}

fn write_time(mut out: impl Write, load: &Load, runs: u32) -> Result<(), Box<dyn Error>> {
    let (mut waiting, config) = load.server(NOW)?;
    load.submit(&mut waiting, NOW, &config)?;
    waiting.forget_plan();
    let mut smallest = Duration::MAX;
    let mut sum = 0;
    for _ in 0..runs {
        let mut state = waiting.clone();
        let begin = Instant::now();
        let outcome = pass(&mut state, NOW, &config);
        smallest = smallest.min(begin.elapsed());
        if outcome.examined != load.jobs as usize {
            return Err("the pass did not try every job".into());
        }
        sum = checksum(&state);
    }
    Ok(writeln!(out, "{:.6} s, predictions {sum:016x}", smallest.as_secs_f64())?)
}

/// A number that differs wherever predictions do.
fn checksum(state: &State) -> u64 {
    let mut sum: u64 = 0;
    let mut add = |number: u64| sum = (sum ^ number).wrapping_mul(0x0100_0000_01b3);
    for prediction in state.gantt().predictions() {
        add(prediction.job.0);
        add(prediction.start.0.unsigned_abs());
        add(prediction.alternative as u64);
        prediction.resources.iter().for_each(|id| add(u64::from(id.0)));
    }
    sum
}
