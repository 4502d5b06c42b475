//! OAR 2.5 and OAR 3, which have one grammar of requests and filters, and one set of routes in two dialects.
//! Nothing outside of this folder knows OAR's words.

mod capacity;
pub mod client;
mod convert;
mod delete;
mod details;
mod doctor;
mod files;
mod fit;
mod inventory;
mod lists;
mod outcome;
mod pages;
mod refusal;
mod resource_listing;
mod server;
mod submission;
mod submit;
mod token;

use std::sync::Arc;

use gleaner_core::config::CoreUnits;
use gleaner_core::jdl::resources::Language;
use gleaner_core::jdl::spec::ClusterSettings;
use gleaner_oar::filter::Filter;
use gleaner_oar::jdl::{self, Units};
use gleaner_oar::texts;
use gleaner_oar::wire::{Dialect, check};

use crate::config::{ClusterConfig, DETAILS_MAX};
use crate::secrets::Secret;
use crate::secrets::token::Claims;
use crate::secrets::vault::Vault;
use crate::sites::cluster_check::ClusterCheck;
use crate::sites::failure::OpenError;
use crate::sites::manager::{BadText, BoxFuture, Manager};
use crate::sites::oar::doctor::Questions;
use crate::sites::oar::server::Server;
use crate::sites::port::Site;

// What a configuration may ask for is what is sent.
const _: () = assert!(DETAILS_MAX as usize <= check::IDS_MAX);

/// OAR's language in JDLs.
pub static LANGUAGE: Language = Language {
    least: jdl::LEAST,
    expected: jdl::EXPECTED,
    macros: &jdl::MACROS,
    cores: |text, CoreUnits { node, cpu }| jdl::cores(text, Units { node, cpu }),
};

/// OAR, in one of its dialects.
#[derive(Clone, Copy, Debug)]
pub struct Oar(Dialect);

/// OAR 2.5.
pub static OAR2: Oar = Oar(Dialect::Oar2);

/// OAR 3.
pub static OAR3: Oar = Oar(Dialect::Oar3);

impl Manager for Oar {
    fn language(&self) -> &'static Language {
        &LANGUAGE
    }

    fn service_login(&self) -> &'static str {
        "oar"
    }

    fn check_tokens(&self) -> Result<(), BadText> {
        match self.0 {
            Dialect::Oar3 => Ok(()),
            Dialect::Oar2 => Err(BadText {
                message: "OAR 2 knows no tokens: `auth = \"jwt\"` needs `dialect = \"oar3\"`"
                    .to_owned(),
                hint: Some("use `header`, `basic` or `certificate` for OAR 2".to_owned()),
            }),
        }
    }

    fn claims(&self, token: &Secret) -> Result<Claims, BadText> {
        token::claims(token).map_err(|error| BadText { message: error.to_string(), hint: None })
    }

    fn token_hint(&self, cluster: &str) -> String {
        format!("`oarsub --api-token` on cluster `{cluster}` prints one")
    }

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

    fn check_cluster<'a>(&self, check: &'a mut ClusterCheck) -> BoxFuture<'a, ()> {
        let dialect = self.0;
        Box::pin(async move { Questions { check, dialect }.all().await })
    }

    fn open(&self, config: ClusterConfig, vault: Arc<Vault>) -> Result<Box<dyn Site>, OpenError> {
        match Server::new(self.0, config, vault) {
            Ok(server) => Ok(Box::new(server)),
            Err(error) => Err(OpenError(Box::new(error))),
        }
    }
}
