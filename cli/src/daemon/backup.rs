//! `gleaner backup`: a copy of the daemon's store, as of one moment.

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_runtime::store::Store;

use crate::args::daemon::journal::BackupArgs;
use crate::daemon::check;
use crate::failure::{FAILED, Failure, NOT_MET, REFUSED};
use crate::output;

/// Writes the copy and prints where it is.
pub(crate) fn run(options: &BackupArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let store = check::read(&options.config, catalogue)?.store.path;
    if !store.exists() {
        let hint = "see `path` in `[store]`; the daemon makes it when it first runs".to_owned();
        let message = format!("there is no store `{}`", store.display());
        return Err(Failure::new(NOT_MET, message, Some(hint)));
    }
    Store::backup(&store, &options.copy).map_err(|error| {
        let code = if options.copy.exists() { REFUSED } else { FAILED };
        Failure::caused(code, &error, Some(error.hint().to_owned()))
    })?;
    output::line(options.copy.display());
    Ok(())
}
