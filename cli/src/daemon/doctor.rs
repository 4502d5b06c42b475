//! `gleaner doctor`: how are the clusters, one by one?

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_runtime::config::inspect::Level;
use gleaner_runtime::doctor::check_clusters;
use gleaner_runtime::doctor::stored_tokens::stored_tokens;

use crate::args::daemon::config::DoctorArgs;
use crate::daemon::check::{read, table};
use crate::daemon::clusters;
use crate::failure::{AWAY, FAILED, Failure};
use crate::output;

/// Prints what every cluster answered; fails when one is away or not as it should be.
pub(crate) fn run(options: &DoctorArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let config = read(&options.config, catalogue)?;
    let held = stored_tokens(&config).map_err(|error| Failure::caused(FAILED, &error, None))?;
    let diagnosis = clusters::ask(options.clock.as_deref(), async |clock| {
        Ok(check_clusters(&config, held, move || clock.now()).await)
    })?;
    output::rows(options.output, &table(&diagnosis.findings));
    let wrong = diagnosis.findings.iter().filter(|finding| finding.level == Level::Wrong).count();
    let hint = || Some("see the lines marked `error`".to_owned());
    match (diagnosis.away, wrong) {
        (0, 0) => Ok(()),
        (0, wrong) => Err(Failure::new(FAILED, format!("{wrong} things are wrong"), hint())),
        (1, _) => Err(Failure::new(AWAY, "a cluster is away", hint())),
        (away, _) => Err(Failure::new(AWAY, format!("{away} clusters are away"), hint())),
    }
}
