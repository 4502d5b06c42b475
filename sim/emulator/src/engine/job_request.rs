//! What a submitted job asks of a simulated resource manager: levels by the names it knows, filter,
//! types. Must not know how a dialect writes it.

use std::sync::Arc;

use gleaner_oar::job_type::JobType;
use gleaner_oar::request::{Amount, Request};
use gleaner_sim::job_request::{Dependency, JobRequest, RequestAlternative};
use gleaner_sim::time::SimSpan;

use crate::table::row::JobDescription;

/// What a job of that description asks for, running for `run` with any alternative, after the jobs in
/// `after`; none if a text is not of the grammar, which an accepted description's is.
pub(super) fn job_request(
    description: &JobDescription,
    run: SimSpan,
    after: Vec<Dependency>,
) -> Option<JobRequest> {
    let texts = description.resources.iter().map(|text| Request::parse(text).ok());
    let mut requests = texts.collect::<Option<Vec<Request>>>()?;
    if requests.is_empty() {
        requests.push(Request::parse("/resource_id=1").ok()?);
    }
    let alternative = |mut request: Request| {
        for group in &mut request.groups {
            group.levels.iter_mut().for_each(level);
        }
        if request.groups.is_empty() {
            request.groups = Request::parse("/resource_id=1").map(|one| one.groups).ok()?;
        }
        request.walltime_s.get_or_insert(description.walltime_s);
        Some(RequestAlternative { request, run })
    };
    let alternatives = requests.into_iter().map(alternative).collect::<Option<Vec<_>>>()?;
    let mut job_request = JobRequest::new(&description.user, alternatives);
    job_request.project = Arc::clone(&description.project);
    job_request.name = description.name.clone().unwrap_or_else(|| "".into());
    job_request.queue = Arc::clone(&description.queue);
    // Copies of victims are made by the emulator, which knows their rows.
    let types = description.types.iter().map(|kind| JobType::parse(kind));
    job_request.types = types.filter(|kind| *kind != JobType::Idempotent).collect();
    job_request.properties = description.filter.to_string();
    job_request.after = after;
    job_request.checkpoint = SimSpan::from_s(description.checkpoint_s);
    Some(job_request)
}

/// The levels of a flat platform by the names that its scheduler knows.
fn level((name, _): &mut (String, Amount)) {
    let known = match name.as_str() {
        "core" => "resource_id",
        "nodes" | "host" | "cpu" => "network_address",
        _ => return,
    };
    known.clone_into(name);
}
