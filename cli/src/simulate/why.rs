//! `--why`: what a job waited for, in words. Decides nothing.

use std::fmt::Write;

use gleaner_experiments::built::Built;
use gleaner_experiments::stories::{Asked, Outcome, Phase, Story};
use gleaner_sim::cause::Cause;
use gleaner_sim::job::{ClusterIndex, JobKind};
use gleaner_sim::time::SimSpan;

use crate::args::form::OutputForm;
use crate::args::simulate::JobName;
use crate::failure::{Failure, NOT_MET};
use crate::output;

/// The most times that are told one by one.
const PHASES_MAX: usize = 20;

/// What is asked of a run.
///
/// # Errors
/// A cluster that the run does not have, or a job that it cannot have.
pub(crate) fn asked(jobs: &[JobName], built: &Built) -> Result<Vec<Asked>, Failure> {
    jobs.iter()
        .map(|job| {
            let cluster = job.cluster.as_deref().map(|name| cluster(name, built)).transpose()?;
            let asked = Asked { cluster, number: job.number };
            if can_be(&asked, built) { Ok(asked) } else { Err(not_there(job, built)) }
        })
        .collect()
}

/// Prints the stories of the jobs asked for.
///
/// # Errors
/// A job that was not there.
pub(crate) fn tell(
    stories: &[Story],
    jobs: &[JobName],
    asked: &[Asked],
    built: &Built,
    form: OutputForm,
) -> Result<(), Failure> {
    let mut missing = None;
    for (job, asked) in jobs.iter().zip(asked) {
        let is_it = |story: &&Story| asked.is(story.cluster, story.number);
        let mut found = stories.iter().filter(is_it).peekable();
        if found.peek().is_none() {
            missing = missing.or(Some(job));
        }
        for story in found {
            output::beside(form, words(story, name(story.cluster, built)));
        }
    }
    missing.map_or(Ok(()), |job| Err(not_there(job, built)))
}

fn cluster(name: &str, built: &Built) -> Result<ClusterIndex, Failure> {
    let names: Vec<&str> =
        built.info().clusters.iter().map(|cluster| cluster.name.as_str()).collect();
    let at = names.iter().position(|known| *known == name).ok_or_else(|| {
        let message = format!("there is no cluster `{name}` to tell of a job of");
        let hint = format!("clusters: {}", names.join(", "));
        Failure::new(NOT_MET, message, Some(hint))
    })?;
    Ok(ClusterIndex(at as u16))
}

fn name(cluster: ClusterIndex, built: &Built) -> &str {
    &built.info().clusters[cluster.index()].name
}

/// Whether a job may be there: campaigns' jobs, copies and those of snapshots have numbers that only the
/// run gives.
fn can_be(asked: &Asked, built: &Built) -> bool {
    let clusters = built.clusters();
    let known = built.campaigns().is_empty() && built.info().begin_ms.is_none();
    let mut owners = (0..)
        .zip(clusters)
        .filter(|(at, _)| asked.is_on(ClusterIndex(*at)))
        .map(|(_, cluster)| &cluster.setup.arrivals);
    !known || owners.any(|jobs| jobs.facts().requests || jobs.may_have(asked.number))
}

fn not_there(job: &JobName, built: &Built) -> Failure {
    let message = format!("there is no job {job} to tell of");
    let numbers = built.clusters().iter().zip(&built.info().clusters).map(|(cluster, info)| {
        let (least, most) = cluster.setup.arrivals.facts().numbers;
        match least <= most {
            true => format!("owners' jobs of `{}` have numbers from {least} to {most}", info.name),
            false => format!("`{}` has no owners' jobs", info.name),
        }
    });
    let hint = format!(
        "{}; the number of a job is its job_id in jobs.csv",
        numbers.collect::<Vec<_>>().join(", ")
    );
    Failure::new(NOT_MET, message, Some(hint))
}

/// A story in a few lines.
fn words(story: &Story, cluster: &str) -> String {
    let Story { number, kind, cores, submitted, known, overtook, overtaken, .. } = *story;
    let whose = match kind {
        JobKind::Local => "an owner's",
        JobKind::BestEffort => "best-effort",
        JobKind::Grid => "the grid's",
    };
    let mut text = format!(
        "job {number} of cluster `{cluster}` ({whose}, {}): submitted at {submitted}",
        counted(cores, "core")
    );
    if submitted < known {
        let _ = write!(text, "; what was before {known}, when the run began, is not known");
    }
    for line in shortened(&story.phases) {
        let _ = write!(text, "\n  {}", line_of(line));
    }
    let (end, ended) = match story.outcome {
        Outcome::Waits => (None, "still waits at the end of the run".to_owned()),
        Outcome::Started(start) => (Some(start), format!("started at {start}")),
        Outcome::Withdrawn(time) => (Some(time), format!("left the queue at {time}, unstarted")),
    };
    let _ = write!(text, "\n  {ended}");
    if story.phases.is_empty() && end.is_some_and(|end| known <= end) {
        text.push_str(", without waiting");
    }
    let _ = write!(text, "; overtook {}, was overtaken by {overtaken}", counted(overtook, "job"));
    let sums = sums(&story.phases);
    if sums.len() > 1 {
        let _ = write!(text, "\n  in all: {}", together(&sums));
    }
    text
}

/// One time, or several in a row that are told together.
enum Line<'p> {
    One(&'p Phase),
    Many(&'p [Phase]),
}

/// The longest phases one by one, and those between them together.
fn shortened(phases: &[Phase]) -> Vec<Line<'_>> {
    if phases.len() <= PHASES_MAX {
        return phases.iter().map(Line::One).collect();
    }
    let mut order: Vec<usize> = (0..phases.len()).collect();
    order.sort_by_key(|at| (phases[*at].from - phases[*at].to, *at));
    order.truncate(PHASES_MAX);
    order.sort_unstable();
    let mut lines = Vec::new();
    let mut next = 0;
    for at in order.into_iter().chain([phases.len()]) {
        match &phases[next..at] {
            [] => {}
            [one] => lines.push(Line::One(one)),
            many => lines.push(Line::Many(many)),
        }
        lines.extend(phases.get(at).map(Line::One));
        next = at + 1;
    }
    lines
}

fn line_of(line: Line<'_>) -> String {
    let phase = match line {
        Line::Many(phases) => {
            let (first, last) = (phases[0], phases[phases.len() - 1]);
            return format!(
                "{} to {}: {} shorter times, together {}",
                first.from,
                last.to,
                phases.len(),
                together(&sums(phases))
            );
        }
        Line::One(phase) => phase,
    };
    let Phase { from, to, cause, by, free: (least, most), away, planned } = *phase;
    let mut text = format!("{from} to {to}: {cause}");
    if let Some(by) = by {
        let _ = write!(text, ", job {by}");
    }
    let _ = match least == most {
        true => write!(text, " ({} free", counted(most, "core")),
        false => write!(text, " ({least} to {} free", counted(most, "core")),
    };
    if away > 0 && cause == Cause::Nodes {
        let _ = write!(text, ", {away} could not be used");
    }
    if let Some(planned) = planned {
        let _ = write!(text, ", planned for {planned}");
    }
    text.push(')');
    text
}

/// Times of causes in words.
fn together(sums: &[(Cause, SimSpan)]) -> String {
    let words = sums.iter().map(|(cause, span)| format!("{cause} {span}"));
    words.collect::<Vec<_>>().join(", ")
}

/// The time of each cause, the longest first.
fn sums(phases: &[Phase]) -> Vec<(Cause, SimSpan)> {
    let sum = |cause: Cause| {
        let spans = phases.iter().filter(|phase| phase.cause == cause);
        (cause, spans.fold(SimSpan::ZERO, |sum, phase| sum + (phase.to - phase.from)))
    };
    let mut sums: Vec<(Cause, SimSpan)> = Cause::ALL.into_iter().map(sum).collect();
    sums.retain(|(_, span)| *span > SimSpan::ZERO);
    // Stable: of equal times the cause that stands first.
    sums.sort_by_key(|(_, span)| std::cmp::Reverse(*span));
    sums
}

fn counted(count: u32, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
