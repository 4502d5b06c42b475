//! What a submitted job asks of a simulated resource manager: levels by the names it knows, filter,
//! types. Must not know how a dialect writes it.

use std::sync::Arc;

use gleaner_oar::job_type::JobType;
use gleaner_oar::request::{Amount, Request};
use gleaner_sim::ask::{Ask, AskAlternative, Required};
use gleaner_sim::time::SimSpan;

use crate::table::row::Order;

/// What a job of that order asks for, running for `run` with any alternative, after the jobs in
/// `after`; none if a text is not of the grammar, which an accepted order's is.
pub(super) fn ask(order: &Order, run: SimSpan, after: Vec<Required>) -> Option<Ask> {
    let texts = order.resources.iter().map(|text| Request::parse(text).ok());
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
        request.walltime_s.get_or_insert(order.walltime_s);
        Some(AskAlternative { request, run })
    };
    let alternatives = requests.into_iter().map(alternative).collect::<Option<Vec<_>>>()?;
    let mut ask = Ask::new(&order.user, alternatives);
    ask.project = Arc::clone(&order.project);
    ask.name = order.name.clone().unwrap_or_else(|| "".into());
    ask.queue = Arc::clone(&order.queue);
    // Copies of victims are made by the emulator, which knows their rows.
    let types = order.types.iter().map(|kind| JobType::parse(kind));
    ask.types = types.filter(|kind| *kind != JobType::Idempotent).collect();
    ask.properties = order.filter.to_string();
    ask.after = after;
    ask.checkpoint = SimSpan::from_s(order.checkpoint_s);
    Some(ask)
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
