//! Lists with a cluster's faults in them, in both dialects alike: of the past, with jobs missing,
//! with events listed twice. Must not know how a dialect writes a job.

use gleaner_sim::api_faults::ApiFaults;
use gleaner_sim::job::ClusterIndex;
use gleaner_sim::time::SimTime;
use serde_json::Value;

use crate::engine::Engine;
use crate::engine::cluster::Cluster;
use crate::table::row::Row;
use crate::table::select::{Page, Selection};

/// The jobs `offset..offset + limit` of a list. A list of the past says so in `selection`; jobs that
/// are missing are counted nevertheless.
pub(super) fn page(
    engine: &mut Engine,
    cluster: ClusterIndex,
    selection: &mut Selection,
    offset: usize,
    limit: usize,
) -> Page {
    let ApiFaults { stale_list, stale_by, missing_job, .. } = *engine.cluster(cluster).faults();
    if engine.cluster_mut(cluster).happens(stale_list) {
        let past = engine.now().ms() - stale_by.ms();
        selection.as_of = Some(SimTime::from_ms(past));
    }
    let mut page = engine.table(cluster).page(selection, offset, limit);
    if missing_job > 0.0 {
        let cluster = engine.cluster_mut(cluster);
        page.numbers.retain(|_| !cluster.happens(missing_job));
    }
    page
}

/// The jobs of a page.
pub(super) fn rows<'a>(
    engine: &'a Engine,
    cluster: ClusterIndex,
    page: &'a Page,
) -> impl Iterator<Item = &'a Row> + Clone {
    let table = engine.table(cluster);
    page.numbers.iter().filter_map(|number| table.row(*number))
}

/// Lists some events of a job twice.
pub(super) fn double_events(cluster: &mut Cluster, job: &mut Value) {
    let p = cluster.faults().duplicate_event;
    if p == 0.0 {
        return;
    }
    let Some(events) = job.get_mut("events").and_then(Value::as_array_mut) else { return };
    for event in std::mem::take(events) {
        if cluster.happens(p) {
            events.push(event.clone());
        }
        events.push(event);
    }
}
