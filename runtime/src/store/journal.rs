//! The journal: facts once and in order, what each cycle saw and wanted, and now and then the core's
//! whole memory. Knows no row that people read.

mod checkpoints;
mod clocks;
mod cycles;
mod facts;
mod forgetting;
mod intents;

pub(crate) use crate::store::journal::checkpoints::put_checkpoint;
pub use crate::store::journal::checkpoints::{Saved, Which, checkpoint, reconfigured};
pub(crate) use crate::store::journal::clocks::{clock_record, put_clock_record};
pub use crate::store::journal::cycles::{Cycle, CycleId, cycles_after, next_cycle};
pub(crate) use crate::store::journal::cycles::{last_cycle, put_cycle};
pub use crate::store::journal::facts::{FactSeq, facts};
pub(crate) use crate::store::journal::facts::{last_fact, put_facts};
pub(crate) use crate::store::journal::forgetting::{Forgettable, forget, forgettable};
pub use crate::store::journal::intents::Intent;
pub(crate) use crate::store::journal::intents::{drop_intent, intents, put_intent};
