//! `[cluster.owners.generate]` as a scenario file writes it, key by key. Says nothing about which
//! keys belong to which model.

use gleaner_traces::generate::lublin::LublinClass;
use serde::Deserialize;
use toml::Spanned;

use crate::duration::Duration;
use crate::names::{Named, Word};

/// Jobs drawn from a workload model. One table for all models: a table for each, told apart by
/// `model`, would lose the lines of its keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateTable {
    pub(crate) model: Named<ModelWord>,
    pub(crate) jobs: Spanned<u32>,
    pub(crate) load: Option<Spanned<f64>>,
    pub(crate) request_factor: Option<Spanned<f64>>,
    pub(crate) estimates: Option<Spanned<f64>>,
    pub(crate) users: Option<Spanned<u32>>,
    pub(crate) class: Option<Spanned<Named<LublinClass>>>,
    pub(crate) mean_gap: Option<Spanned<Duration>>,
    pub(crate) runtime: Option<Spanned<String>>,
    pub(crate) sizes: Option<Spanned<String>>,
    pub(crate) daily_cycle: Option<Spanned<bool>>,
}

/// The word for a workload model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelWord {
    Lublin,
    Poisson,
}

impl Word for ModelWord {
    const WHAT: &'static str = "workload model";
    const TABLE: &'static [(&'static str, ModelWord)] =
        &[("lublin", ModelWord::Lublin), ("poisson", ModelWord::Poisson)];
}
