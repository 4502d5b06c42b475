//! Which rules decide: one set for each name that a journal knows, made in this one place.

use crate::config::Rules;
use crate::sharing::order::{FirstCome, Order};
use crate::sharing::placement::{Placement, RoundRobin};
use crate::sharing::selection::{FirstServed, Selection, Turns};

/// The deciding steps of a cycle, in the order in which they are taken.
#[derive(Debug)]
pub struct Steps {
    /// In which order campaigns are looked at on a cluster.
    pub order: Box<dyn Order>,
    /// To which cluster's queue each task goes.
    pub placement: Box<dyn Placement>,
    /// Which campaign a cluster serves.
    pub selection: Box<dyn Selection>,
}

impl Steps {
    /// Makes the steps of rules that have a name.
    pub fn of(rules: Rules) -> Steps {
        match rules {
            Rules::InOrder => Steps {
                order: Box::new(FirstCome),
                placement: Box::new(RoundRobin::new(false)),
                selection: Box::new(FirstServed),
            },
            Rules::Shared => Steps {
                order: Box::new(FirstCome),
                placement: Box::new(RoundRobin::new(true)),
                selection: Box::new(Turns),
            },
        }
    }
}
