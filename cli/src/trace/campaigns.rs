//! `gleaner trace campaigns`: a generated list of campaigns as CSV. Computes nothing itself.

use gleaner_traces::campaigns::generate::CampaignSpec;
use gleaner_traces::campaigns::laws::CampaignLaws;
use gleaner_traces::campaigns::table;

use crate::args::trace::CampaignsArgs;
use crate::failure::{BAD_INPUT, FAILED, Failure};
use crate::output;
use crate::trace::file::OutFile;

/// Writes the list that the options ask for.
pub(crate) fn generate(options: &CampaignsArgs) -> Result<(), Failure> {
    let CampaignsArgs { campaigns, mean_gap, users, tasks_max, seed, out, force } = options;
    let spec = CampaignSpec {
        campaigns: *campaigns,
        mean_gap_s: mean_gap.ms() as f64 / 1000.0,
        users: *users,
        tasks_max: *tasks_max,
        laws: CampaignLaws::default(),
        seed: *seed,
    };
    // Before the file is touched.
    let list = spec
        .generate()
        .map_err(|error| Failure::caused(BAD_INPUT, &error, Some(error.hint().to_owned())))?;
    let Some(path) = out else {
        let mut text = Vec::new();
        table::write(&mut text, &list).map_err(|error| {
            Failure::new(FAILED, format!("cannot write the campaigns: {error}"), None)
        })?;
        output::raw(&text);
        return Ok(());
    };
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz")) {
        let message =
            format!("`{}` would be compressed, and scenarios read plain lists", path.display());
        return Err(Failure::new(
            BAD_INPUT,
            message,
            Some("give a name ending in .csv".to_owned()),
        ));
    }
    let mut file = OutFile::create(path, *force)?;
    file.write_with(|out| table::write(out, &list))?;
    file.finish()?;
    output::line(path.display());
    Ok(())
}
