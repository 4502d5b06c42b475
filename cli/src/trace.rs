//! `gleaner trace`: look at, convert and generate workload traces. Computes nothing itself.

mod campaigns;
mod describe;
pub(crate) mod dropped;
mod file;

use gleaner_traces::batsim::model::Platform;
use gleaner_traces::batsim::write::{self as batsim, Dialect};
use gleaner_traces::generate::estimates::excess;
use gleaner_traces::generate::poisson::PoissonParams;
use gleaner_traces::generate::spec::{GenerateSpec, Model, WriteGenerated};
use gleaner_traces::info::TraceInfo;
use gleaner_traces::open::{Trace, read_trace};
use gleaner_traces::swf::workload as swf;
use gleaner_traces::workload::{LeftOut, ReadOptions, Workload, WorkloadJob};

use crate::args::trace::{
    CommonArgs, ConvertArgs, InfoArgs, ModelArgs, ReadArgs, TraceArgs, TraceCommand, TraceForm,
};
use crate::failure::{BAD_INPUT, FAILED, Failure};
use crate::output;
use crate::trace::dropped::{dropped_words, tell_reading};
use crate::trace::file::OutFile;

/// Runs the command.
pub(crate) fn run(options: &TraceArgs) -> Result<(), Failure> {
    match &options.command {
        TraceCommand::Info(options) => info(options),
        TraceCommand::Convert(options) => convert(options),
        TraceCommand::Generate(options) => generate(&options.model),
        TraceCommand::Campaigns(options) => campaigns::generate(options),
    }
}

/// What the rows said and what is written cannot hold.
fn left_out(left_out: &LeftOut) -> [(u64, &'static str); 6] {
    let LeftOut { preceding_job, think_time, wait_time, cpu_time, memory, other_processors } =
        *left_out;
    [
        (preceding_job, "jobs had a preceding job: not kept"),
        (think_time, "jobs had a think time: not kept"),
        (wait_time, "jobs had a wait time of the log's own schedule: not kept"),
        (cpu_time, "jobs had a processor time: not kept"),
        (memory, "jobs had memory used or requested: not kept"),
        (other_processors, "jobs had other processors allocated than requested: one number kept"),
    ]
}

/// A file without a job could not be read again.
fn refuse_nothing(workload: &Workload, form: TraceForm) -> Result<(), Failure> {
    let written = |job: &WorkloadJob| form == TraceForm::Swf || job.run_ms > 0;
    if workload.jobs.iter().any(written) {
        return Ok(());
    }
    let mut message = format!("no job of `{}` can be written", workload.name);
    if workload.dropped.total() > 0 {
        message = format!("{message}: {}", dropped_words(&workload.dropped));
    }
    let hint = "see the reading rules (--clean) and the size of the machine (--processors)";
    Err(Failure::new(BAD_INPUT, message, Some(hint.to_owned())))
}

fn info(options: &InfoArgs) -> Result<(), Failure> {
    let info = TraceInfo::read(&options.file, &reading(&options.read), &platform(&options.read)?)?;
    describe::print(&info, options.output);
    Ok(())
}

fn convert(options: &ConvertArgs) -> Result<(), Failure> {
    let ConvertArgs { from, to, form, read, force } = options;
    let form = match form.or_else(|| file::form_by_name(to)) {
        Some(form) => form,
        None => {
            let message = format!("the format of `{}` is not known by its name", to.display());
            let hint = "end it in .swf or .json (or .gz after that), or give --form".to_owned();
            return Err(Failure::new(BAD_INPUT, message, Some(hint)));
        }
    };
    let Trace { workload, header, .. } = read_trace(from, &reading(read), &platform(read)?)?;
    refuse_nothing(&workload, form)?;
    let mut out = OutFile::create(to, *force)?;
    let lost = match form {
        TraceForm::Swf => {
            let note = format!("converted from {}", workload.name);
            let losses = out.write_with(|out| swf::write(out, &workload, &header, &[&note]))?;
            vec![
                (losses.rounded, "jobs had times that are not whole seconds: rounded"),
                (losses.renamed, "jobs had names that are not numbers: numbered"),
            ]
        }
        TraceForm::Batsim | TraceForm::Batsim5 => {
            let dialect = if form == TraceForm::Batsim { Dialect::V4 } else { Dialect::V5 };
            let losses = out.write_with(|out| batsim::write(out, &workload, dialect))?;
            vec![
                (losses.without_runtime, "jobs had no run time: left out"),
                (losses.renumbered, "jobs had the number of an earlier one: numbered anew"),
                (
                    losses.status,
                    "jobs had a status (partial, cancelled): Batsim has no place for it",
                ),
                (
                    losses.without_origin,
                    "jobs had a user, group or queue: Batsim has no place for it",
                ),
            ]
        }
    };
    out.finish()?;
    tell_reading("", &workload.dropped);
    for (count, what) in lost.into_iter().chain(left_out(&workload.left_out)) {
        if count > 0 {
            output::note(format!("note: {count} {what}"));
        }
    }
    output::line(to.display());
    Ok(())
}

fn generate(model: &ModelArgs) -> Result<(), Failure> {
    let (model, common) = match model {
        ModelArgs::Lublin { class, common } => (Model::Lublin(*class), common),
        ModelArgs::Poisson { mean_gap, runtime, sizes, daily_cycle, common } => {
            let mean_gap_s = mean_gap.ms() as f64 / 1000.0;
            let params =
                PoissonParams { mean_gap_s, daily: *daily_cycle, runtime: *runtime, sizes: *sizes };
            (Model::Poisson(params), common)
        }
    };
    let CommonArgs { jobs, processors, load, request_factor, estimates, users, seed, out, force } =
        common;
    let bad_spec = |error: &gleaner_traces::generate::problem::SpecError| {
        Failure::caused(BAD_INPUT, error, Some(error.hint().to_owned()))
    };
    let excess = request_factor.map(excess).transpose().map_err(|error| bad_spec(&error))?;
    let spec = GenerateSpec {
        model,
        jobs: *jobs,
        processors: *processors,
        seed: *seed,
        load: *load,
        excess: excess.or(*estimates),
        users: *users,
    };
    // Before the file is touched.
    spec.validate().map_err(|error| bad_spec(&error))?;
    let failed = |error: WriteGenerated| match error {
        WriteGenerated::Spec(error) => bad_spec(&error),
        WriteGenerated::Io(error) => {
            Failure::new(FAILED, format!("cannot write the generated trace: {error}"), None)
        }
    };
    match out {
        None => {
            let mut text = Vec::new();
            spec.to_swf(&mut text).map_err(failed)?;
            output::raw(&text);
        }
        Some(path) => {
            let mut file = OutFile::create(path, *force)?;
            spec.to_swf(&mut file).map_err(failed)?;
            file.finish()?;
            output::line(path.display());
        }
    }
    Ok(())
}

fn reading(options: &ReadArgs) -> ReadOptions {
    let ReadArgs { clean, processors, lenient, max_rows, speed: _ } = *options;
    ReadOptions { clean, processors, lenient, rows_max: max_rows }
}

fn platform(options: &ReadArgs) -> Result<Platform, Failure> {
    if options.speed > 0.0 && options.speed.is_finite() {
        return Ok(Platform { speed_flop_s: options.speed });
    }
    let message = format!("a speed of {} flop/s cannot be", options.speed);
    Err(Failure::new(BAD_INPUT, message, Some("give a number above 0, such as 1e9".to_owned())))
}
