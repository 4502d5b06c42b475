//! Lists the resources of the cluster, and counts those that can be used: those that its setting `properties`
//! selects.

use std::sync::Arc;

use gleaner_core::time::Timestamp;
use gleaner_oar::inventory::Inventory;
use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;

use crate::sites::answer::Capacity;
use crate::sites::failure::Failure;
use crate::sites::oar::client::Answered;
use crate::sites::oar::pages::Pages;
use crate::sites::oar::resource_listing::{ResourceListing, add, units};
use crate::sites::oar::server::Server;

impl Server {
    /// Lists the resources; without an answer, what was known stays.
    ///
    /// # Errors
    /// [`Failure::Unreadable`] for a list that does not end.
    pub(super) async fn list_resources(
        &mut self,
        cluster_now: Timestamp,
    ) -> Result<Option<Capacity>, Failure> {
        let Some(inventory) = self.listed(cluster_now.seconds()).await? else { return Ok(None) };
        let settings = self.client.config();
        let counted = units(&inventory, &settings.properties, &settings.resource_unit);
        let cores = counted.unwrap_or_else(|error| {
            let cluster = &settings.name;
            tracing::error!(%error, cluster, "no resource can be counted: see `properties`");
            0
        });
        if inventory.is_empty() {
            return Ok(Some(Capacity { cores, resources: None }));
        }
        let inventory = Arc::new(inventory);
        self.listing = ResourceListing::listed(Arc::clone(&inventory), cluster_now);
        Ok(Some(Capacity { cores, resources: Some(inventory) }))
    }

    /// The same in the midst of a submission, with which it is told what was listed.
    pub(super) async fn list_anew(&mut self, cluster_now: Timestamp) {
        match self.list_resources(cluster_now).await {
            Ok(listed) => self.unreported = listed.or(self.unreported.take()),
            Err(error) => {
                let cluster = &self.client.config().name;
                tracing::warn!(%error, cluster, "the resources cannot be listed");
            }
        }
    }

    /// All resources, page by page; none when one of the pages is not to be had.
    async fn listed(&mut self, now_s: i64) -> Result<Option<Inventory>, Failure> {
        let size = self.client.config().page_size;
        let mut inventory = Inventory::default();
        let mut pages = Pages::of(size);
        loop {
            let offset = Some(inventory.len() as u64);
            let call = Call::Resources { details: true, limit: Some(size), offset };
            let page = match self.client.open(&call).await {
                Ok(Answered { answer: Answer::Resources(page), .. }) => page,
                Ok(Answered { status: 404, .. }) => return Ok(Some(inventory)),
                Ok(_) | Err(_) => return Ok(None),
            };
            let more = page.next_offset().is_some();
            pages.take(page.items.iter().map(|resource| resource.id.0), more)?;
            page.items.iter().for_each(|resource| add(&mut inventory, resource, now_s));
            if !more {
                return Ok(Some(inventory));
            }
        }
    }
}
