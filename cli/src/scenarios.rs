//! `gleaner scenarios`: lists the scenarios that come with Gleaner, or prints one. Runs none.

use gleaner_scenarios::library::{self, LibraryScenario, SCENARIOS};

use crate::args::scenarios::ScenariosArgs;
use crate::failure::{BAD_INPUT, Failure};
use crate::output::{self, Rows};

/// Prints the list, or the file of the scenario that is named.
pub(crate) fn run(options: &ScenariosArgs) -> Result<(), Failure> {
    if let Some(name) = &options.name {
        let scenario = library::named(name).ok_or_else(|| unknown(name))?;
        output::raw(scenario.text.as_bytes());
        return Ok(());
    }
    let row = |LibraryScenario { name, shows, .. }: &LibraryScenario| {
        vec![Some((*name).into()), Some((*shows).into())]
    };
    let rows = SCENARIOS.iter().map(row).collect();
    output::rows(options.output, &Rows { columns: vec!["scenario", "shows"], rows });
    Ok(())
}

fn unknown(name: &str) -> Failure {
    let hint = match library::nearest(name.as_ref()).nearest() {
        Some(nearest) => format!("did you mean `{nearest}`? `gleaner scenarios` lists them all"),
        None => "`gleaner scenarios` lists them all".to_owned(),
    };
    Failure::new(BAD_INPUT, format!("no scenario called `{name}` comes with Gleaner"), Some(hint))
}
