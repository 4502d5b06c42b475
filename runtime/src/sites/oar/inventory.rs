//! What the resources of an OAR server say against a campaign.

use gleaner_core::jdl::spec::ClusterSettings;
use gleaner_oar::inventory::{Fit, Inventory};
use gleaner_oar::texts;

use crate::sites::resources::{Objection, Resources};

impl Resources for Inventory {
    fn objection(&self, settings: &ClusterSettings) -> Option<Objection> {
        let objection = |key, what| Some(Objection { key, what });
        // What cannot be read was refused before.
        let filter = texts::filter(&settings.properties).ok()?;
        let request = texts::request(&settings.resources).ok()?;
        if let Some(Err(error)) = filter.map(|filter| self.knows(&filter)) {
            let what = format!("{error}, as the cluster's resources were last seen");
            return objection("properties", what);
        }
        if let Some(level) = self.unknown_level(&request) {
            let what = format!("no resource has a `{level}`, as they were last seen");
            return objection("resources", what);
        }
        match self.judge(&request, Some(&settings.properties)) {
            Ok(Fit::Now) => None,
            Ok(Fit::Later(misfit)) => objection(
                "resources",
                format!("for the moment, as last seen: {misfit}; the campaign waits there"),
            ),
            Ok(Fit::Never(misfit)) => objection(
                "resources",
                format!("as last seen: {misfit}; the cluster will refuse it"),
            ),
            Err(error) => objection("resources", error.to_string()),
        }
    }
}
