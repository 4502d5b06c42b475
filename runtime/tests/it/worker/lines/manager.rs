//! What can be said of clusters whose jobs are lines of a file without asking one: users are known by their logins,
//! resources have no filters, and a job asks for a number of cores.

use std::sync::Arc;

use gleaner_core::jdl::resources::Language;
use gleaner_core::jdl::spec::ClusterSettings;
use gleaner_runtime::config::ClusterConfig;
use gleaner_runtime::config::inspect::Level;
use gleaner_runtime::secrets::Secret;
use gleaner_runtime::secrets::token::Claims;
use gleaner_runtime::secrets::vault::Vault;
use gleaner_runtime::sites::cluster_check::ClusterCheck;
use gleaner_runtime::sites::failure::OpenError;
use gleaner_runtime::sites::manager::{BadText, BoxFuture, Manager};
use gleaner_runtime::sites::port::Site;

use super::Machine;
use super::site::LinesSite;

/// In a JDL, `resources` is how many cores a job wants.
static LANGUAGE: Language = Language {
    least: "1",
    expected: "a number of cores such as `4`",
    macros: &[("{JOB_ID}", "$LINES_JOB")],
    cores: |text, _| text.trim().parse().ok().filter(|cores| *cores > 0),
};

/// Clusters whose jobs are lines of the file of one machine.
#[derive(Clone, Debug)]
pub(super) struct LinesManager(pub(super) Arc<Machine>);

fn bad(message: &str) -> BadText {
    BadText { message: message.to_owned(), hint: None }
}

impl Manager for LinesManager {
    fn language(&self) -> &'static Language {
        &LANGUAGE
    }

    fn service_login(&self) -> &'static str {
        "lines"
    }

    fn check_tokens(&self) -> Result<(), BadText> {
        Err(bad("lines know no tokens"))
    }

    fn claims(&self, _token: &Secret) -> Result<Claims, BadText> {
        Err(bad("lines know no tokens"))
    }

    fn token_hint(&self, cluster: &str) -> String {
        format!("cluster `{cluster}` needs none")
    }

    fn check_filter(&self, text: &str) -> Result<(), BadText> {
        if text.trim().is_empty() { Ok(()) } else { Err(bad("lines have no properties")) }
    }

    fn check_texts<'s>(&self, settings: &'s ClusterSettings) -> Result<(), (&'s str, BadText)> {
        // What stands in one line of a file stays there.
        let breaks = |(_, text): &(&str, &str)| text.contains(['\n', '\t']);
        match settings.texts().into_iter().find(breaks) {
            Some((key, _)) => Err((key, bad("a line has no breaks and no tabs"))),
            None => Ok(()),
        }
    }

    fn open(&self, config: ClusterConfig, vault: Arc<Vault>) -> Result<Box<dyn Site>, OpenError> {
        Ok(Box::new(LinesSite { machine: Arc::clone(&self.0), config, vault }))
    }

    fn check_cluster<'a>(&self, check: &'a mut ClusterCheck) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            check.add("reach", Level::Good, "the file is there".to_owned(), None);
        })
    }
}
