//! From a snapshot of the World to the text of a file. Leaves out jobs of campaigns: whose tasks they are,
//! only the grid scheduler knows.

use gleaner_sim::job::{ClusterIndex, Job, JobKind, JobSlot, JobState};
use gleaner_sim::job_request::{Dependency, JobRequest, RequestAlternative};
use gleaner_sim::node::{NodeCondition, NodeState};
use gleaner_sim::snapshot::{Intents, Snapshot};
use gleaner_sim::time::{SimSpan, SimTime};

use crate::snapshot::format::{
    AlternativeEntry, Ends, FORMAT, HiddenEntry, JobEntry, NodeEntry, PromiseEntry, RequestEntry,
    SchedulerEntry, Seconds, SnapshotFile,
};

/// Returns the text of a file for one cluster of a snapshot, and how many jobs of campaigns are left out.
///
/// # Panics
/// If the snapshot has no such cluster.
pub fn write_snapshot(snapshot: &Snapshot, index: usize, cluster: &str) -> (String, usize) {
    let state = &snapshot.clusters[index];
    let here = |slot: &JobSlot| snapshot.jobs.job(*slot).cluster == ClusterIndex(index as u16);
    let all: Vec<JobSlot> = snapshot.jobs.by_submission().into_iter().filter(here).collect();
    let owns = |slot: &JobSlot| snapshot.jobs.job(*slot).spec.origin.is_none();
    let jobs: Vec<&Job> =
        all.iter().filter(|slot| owns(slot)).map(|slot| snapshot.jobs.job(*slot)).collect();
    let number = |slot: &JobSlot| snapshot.jobs.job(*slot).spec.number;
    let turns = snapshot.turns.iter().filter(|slot| here(slot) && owns(slot));
    let promise = |(slot, start): &(JobSlot, SimTime)| PromiseEntry {
        job: number(slot),
        start_s: (*start).into(),
    };
    let scheduler = |intents: &Intents| SchedulerEntry {
        promises: intents.promises.iter().filter(|(slot, _)| owns(slot)).map(promise).collect(),
        // Long ago is as good as never.
        rests_until_s: intents.rests_until.filter(|time| *time > snapshot.now).map(Seconds::from),
        next_pass_s: intents.next_pass.map(Seconds::from),
    };
    let left_out = all.len() - jobs.len();
    let file = SnapshotFile {
        format: FORMAT.to_owned(),
        cluster: cluster.to_owned(),
        at_s: snapshot.now.into(),
        nodes: state.nodes.len() as u32,
        cores_per_node: state.cores_per_node,
        node_states: (0..).zip(&state.nodes).filter_map(node).collect(),
        jobs: jobs.into_iter().map(job).collect(),
        turns: turns.map(number).collect(),
        highest_job: Some(state.number_max),
        scheduler: state.intents.as_ref().map(scheduler),
    };
    let mut text = serde_json::to_string_pretty(&file).expect("a snapshot is plain data");
    text.push('\n');
    (text, left_out)
}

fn node((node, condition): (u32, &NodeCondition)) -> Option<NodeEntry> {
    let NodeCondition { failed, else_is: state } = *condition;
    (failed || state != NodeState::Up).then_some(NodeEntry { node, state, failed })
}

fn job(job: &Job) -> JobEntry {
    let spec = &job.spec;
    let waits = job.state == JobState::Waiting;
    JobEntry {
        number: spec.number,
        state: job.state,
        submit_s: spec.submit.into(),
        cores: spec.cores,
        walltime_s: spec.walltime.map(Seconds::from),
        estimate_s: Some(job.estimate.into()),
        start_s: (!waits).then(|| job.start.into()),
        on: job.cores.to_string(),
        user: spec.user,
        queue: spec.queue,
        besteffort: spec.kind == JobKind::BestEffort,
        request: spec.request.as_deref().map(request),
        simulation: Some(hidden(job)),
    }
}

fn hidden(job: &Job) -> HiddenEntry {
    let ends = !matches!(job.state, JobState::Waiting);
    let some = |span: SimSpan| (span > SimSpan::ZERO).then(|| Seconds::from(span));
    HiddenEntry {
        run_s: (job.spec.run < SimSpan::FOREVER).then(|| job.spec.run.into()),
        exit_code: job.spec.exit_code,
        ends_s: (ends && job.end < SimTime::NEVER).then(|| job.end.into()),
        ends: ends.then_some(Ends(job.reason)),
        kill_ordered: job.kill_ordered,
        left_s: (job.state == JobState::Suspended && job.left < SimSpan::FOREVER)
            .then(|| job.left.into()),
        latency_s: some(job.latency),
        cleanup_s: some(job.cleanup),
    }
}

fn request(request: &JobRequest) -> RequestEntry {
    let number = |dependency: &Dependency| match dependency {
        Dependency::Number(number) => Some(*number),
        Dependency::Id(_) => None,
    };
    let alternative = |alternative: &RequestAlternative| AlternativeEntry {
        request: alternative.request.to_string(),
        simulation_run_s: Some(alternative.run.into()),
    };
    RequestEntry {
        user: request.user.to_string(),
        project: request.project.to_string(),
        name: request.name.to_string(),
        queue: request.queue.to_string(),
        types: request.types.iter().map(ToString::to_string).collect(),
        properties: request.properties.clone(),
        alternatives: request.alternatives.iter().map(alternative).collect(),
        after: request.after.iter().filter_map(number).collect(),
        reservation_s: request.reservation.map(Seconds::from),
        checkpoint_s: (request.checkpoint > SimSpan::ZERO).then(|| request.checkpoint.into()),
        held: request.held,
    }
}
