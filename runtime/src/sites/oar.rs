//! OAR 2.5 and OAR 3, which have one grammar of requests and filters, and one set of routes in two dialects.
//! Nothing outside of this folder knows OAR's words.

mod doctor;
mod inventory;

use gleaner_core::jdl::spec::ClusterSettings;
use gleaner_oar::filter::Filter;
use gleaner_oar::texts;
use gleaner_oar::wire::check;

use crate::config::DETAILS_MAX;
use crate::sites::manager::{BadText, Manager, Waited};
use crate::sites::oar::doctor::Questions;
use crate::sites::visit::Visit;

// What a configuration may ask for is what is sent.
const _: () = assert!(DETAILS_MAX as usize <= check::IDS_MAX);

/// OAR.
#[derive(Clone, Copy, Debug)]
pub struct Oar;

impl Manager for Oar {
    fn check_filter(&self, text: &str) -> Result<(), BadText> {
        if text.trim().is_empty() {
            return Ok(());
        }
        Filter::parse(text).map(drop).map_err(|error| BadText {
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
        })
    }

    fn check_texts<'s>(&self, settings: &'s ClusterSettings) -> Result<(), (&'s str, BadText)> {
        texts::check(settings.texts()).map(drop).map_err(|(key, error)| {
            (key, BadText { message: error.to_string(), hint: Some(error.hint()) })
        })
    }

    fn visit<'a>(&self, visit: &'a mut Visit) -> Waited<'a, ()> {
        Box::pin(async move { Questions { visit }.all().await })
    }
}
