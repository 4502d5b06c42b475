//! From what a scenario says of faults to what the emulator takes. Decides nothing.

use gleaner_emulator::engine::cluster::ClusterFaults;
use gleaner_emulator::faults::{self as injected, Handling, Outage};
use gleaner_scenarios::api::{ApiFaults, ApiOutage, OutageKind};

/// The faults of the API itself.
pub(super) fn api(faults: &ApiFaults) -> injected::ApiFaults {
    injected::ApiFaults {
        latency: faults.latency,
        latency_spread: faults.latency_spread,
        hang: faults.hang,
        timeout_before: faults.timeout_before,
        timeout_after: faults.timeout_after,
        error_before: faults.error_before,
        error_after: faults.error_after,
        html_error: faults.html_error,
        partial_array: faults.partial_array,
        wrong_content_type: faults.wrong_content_type,
        truncated_body: faults.truncated_body,
        unauthorized: faults.unauthorized,
        bad_gateway: faults.bad_gateway,
        unavailable: faults.unavailable,
        reset: faults.reset,
        late_post: faults.late_post,
        late_by: faults.late_by,
        unsafe_concurrency: faults.unsafe_concurrency,
        process_life: faults.process_life,
        outages: faults.outages.iter().map(outage).collect(),
    }
}

fn outage(outage: &ApiOutage) -> Outage {
    let handling = match outage.kind {
        OutageKind::Refused => Handling::Reset,
        OutageKind::Silent => Handling::Silence,
        OutageKind::Wedged => Handling::Error,
        OutageKind::BadGateway => Handling::BadGateway,
        OutageKind::Unavailable => Handling::Unavailable,
        OutageKind::Unauthorized => Handling::Unauthorized,
    };
    Outage { handling, from: outage.from, to: outage.to }
}

/// The faults of what the cluster behind it does and answers.
pub(super) fn cluster(faults: &ApiFaults) -> ClusterFaults {
    ClusterFaults {
        clock_skew_s: faults.clock_skew_s,
        stale_list: faults.stale_list,
        stale_by: faults.stale_by,
        missing_job: faults.missing_job,
        duplicate_event: faults.duplicate_event,
        own_copy: faults.own_copy,
        wedge: faults.wedge,
        restart_after: faults.restart_after,
    }
}
