//! What a campaign asks of a simulated resource manager beside a number of cores: a filter, nodes, levels and filters
//! of its resource text. Must not know how the server decides.

use gleaner_core::config::CoreUnits;
use gleaner_core::jdl::resources::Language;
use gleaner_core::jdl::spec::{ClusterSettings, JobKind as Treatment};
use gleaner_oar::jdl::{self, Units};
use gleaner_oar::job_type::JobType;
use gleaner_oar::request::{Amount, Request};

use crate::job_request::{JobRequest, RequestAlternative};
use crate::time::SimSpan;

/// OAR's language in JDLs.
pub static LANGUAGE: Language = Language {
    least: jdl::LEAST,
    expected: jdl::EXPECTED,
    macros: &jdl::MACROS,
    cores: |text, CoreUnits { node, cpu }| jdl::cores(text, Units { node, cpu }),
};

/// Levels that are cores wherever they are.
const CORES: [&str; 2] = ["core", "resource_id"];

/// The whole request of a campaign's job that runs for `run`; none where it asks for cores and nothing else,
/// or cannot be read.
pub fn whole_request(
    settings: &ClusterSettings,
    treatment: Treatment,
    run: SimSpan,
) -> Option<JobRequest> {
    let request = Request::parse(&settings.resources).ok()?;
    let properties = settings.properties.trim();
    if properties.is_empty() && is_cores_only(&request) {
        return None;
    }
    let request = Request { walltime_s: Some(settings.walltime.seconds()), ..request };
    // As the jobs that ask for cores only are called.
    let mut job_request = JobRequest::new("user-1", vec![RequestAlternative { request, run }]);
    job_request.properties = properties.to_owned();
    if treatment == Treatment::BestEffort {
        job_request.types.push(JobType::Besteffort);
    }
    Some(job_request)
}

fn is_cores_only(request: &Request) -> bool {
    let [group] = &request.groups[..] else { return request.groups.is_empty() };
    let [(level, amount)] = &group.levels[..] else { return false };
    let cores = CORES.iter().any(|name| level.eq_ignore_ascii_case(name));
    group.filter.is_empty() && cores && matches!(amount, Amount::Count(_))
}
