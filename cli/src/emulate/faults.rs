//! From what a scenario says of faults to what the emulator takes. Decides nothing.

use gleaner_emulator::door::{DoorFaults, Outage, Verdict};
use gleaner_emulator::engine::cluster::ClusterFaults;
use gleaner_scenarios::api::{ApiFaults, ApiOutage, OutageKind};

/// What goes wrong at the door.
pub(super) fn door(faults: &ApiFaults) -> DoorFaults {
    DoorFaults {
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
    let verdict = match outage.kind {
        OutageKind::Refused => Verdict::Reset,
        OutageKind::Silent => Verdict::Silence,
        OutageKind::Wedged => Verdict::Error,
        OutageKind::BadGateway => Verdict::BadGateway,
        OutageKind::Unavailable => Verdict::Unavailable,
        OutageKind::Unauthorized => Verdict::Unauthorized,
    };
    Outage { verdict, from: outage.from, to: outage.to }
}

/// What goes wrong behind it.
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
