//! The one place that says which injection policies this program has: simulation, daemon, replay and checks are
//! all handed the same catalogue. Lists them (`gleaner policies`), and knows no policy itself.

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::entry::{Entry, Key};
use gleaner_core::policy::injection;

use crate::args::PoliciesArgs;
use crate::failure::Failure;
use crate::output::{self, Rows};

/// Returns all policies that can be asked for.
pub(crate) fn catalogue() -> Catalogue {
    injection::standard()
}

/// Prints them: a line for what each does, and one for each of its keys.
pub(crate) fn run(options: &PoliciesArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let rows = catalogue.entries().iter().flat_map(lines).collect();
    output::rows(options.output, &Rows { columns: vec!["policy", "key", "meaning"], rows });
    Ok(())
}

fn lines(entry: &Entry) -> Vec<Vec<Option<serde_json::Value>>> {
    let name = || Some((*entry.name).into());
    let itself = vec![name(), None, Some((*entry.summary).into())];
    let key = |key: &Key| vec![name(), Some((*key.name).into()), Some((*key.help).into())];
    std::iter::once(itself).chain(entry.keys.iter().map(key)).collect()
}
