//! Whether the cluster's resources, as they were listed last, can serve a submission at all.

use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::filter::Filter;
use gleaner_oar::inventory::Fit;
use gleaner_oar::request::Request;
use gleaner_oar::wire::submission::Submission;

use crate::sites::oar::server::Server;

/// Before anything is held against a submission, the list it rests on is at most so old.
const FRESH: Duration = Duration::from_seconds(60);

impl Server {
    /// What the resources say about a submission; none where nothing is known of them. What speaks against
    /// it is looked at once more where that was not seen just now, as the cluster's clock shows.
    pub(super) async fn judge_fit(
        &mut self,
        wanted: &Submission,
        cluster_now: Timestamp,
    ) -> Option<Fit> {
        if self.listing.inventory.is_none() && names_properties(wanted) {
            // An unknown one would wedge OAR 3's API.
            self.list_anew(cluster_now).await;
        }
        let fit = self.fit(wanted);
        let doubtful = !matches!(fit, Some(Fit::Now)) || !self.knows_all(wanted);
        if self.listing.inventory.is_some()
            && doubtful
            && !self.listing.is_fresh(cluster_now, FRESH)
        {
            self.list_anew(cluster_now).await;
            return self.fit(wanted);
        }
        fit
    }

    /// The same, by a list that was asked for after something has happened.
    pub(super) async fn judge_fit_anew(
        &mut self,
        wanted: &Submission,
        cluster_now: Timestamp,
    ) -> Option<Fit> {
        self.list_anew(cluster_now).await;
        self.fit(wanted)
    }

    fn fit(&self, wanted: &Submission) -> Option<Fit> {
        let inventory = self.listing.inventory.as_ref()?;
        let request = Request::parse(wanted.resources.first()?).ok()?;
        inventory.judge(&request, wanted.property.as_deref()).ok()
    }

    /// Whether the resources have all properties that a submission names.
    fn knows_all(&self, wanted: &Submission) -> bool {
        let Some(inventory) = &self.listing.inventory else { return false };
        filters(wanted).all(|filter| inventory.knows(&filter).is_ok())
    }
}

fn names_properties(wanted: &Submission) -> bool {
    filters(wanted).any(|filter| !filter.properties().is_empty())
}

/// All filters of a submission that can be read.
fn filters(wanted: &Submission) -> impl Iterator<Item = Filter> {
    let requests = wanted.resources.iter().filter_map(|text| Request::parse(text).ok());
    let groups = requests.flat_map(|request| request.groups).map(|group| group.filter);
    let texts: Vec<String> = wanted.property.iter().cloned().chain(groups).collect();
    texts.into_iter().filter_map(|text| Filter::parse(&text).ok())
}
