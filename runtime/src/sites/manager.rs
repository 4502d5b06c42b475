//! A kind of resource manager: what can be said of settings and of campaigns without asking a cluster, and how
//! one is checked. Knows no words of any.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use gleaner_core::jdl::resources::Language;
use gleaner_core::jdl::spec::ClusterSettings;

use crate::config::ClusterConfig;
use crate::secrets::Secret;
use crate::secrets::token::Claims;
use crate::secrets::vault::Vault;
use crate::sites::cluster_check::ClusterCheck;
use crate::sites::failure::OpenError;
use crate::sites::port::Site;

/// A future in a box.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A text that a resource manager does not take; prints what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadText {
    /// What is wrong.
    pub message: String,
    /// What to do about it, if anything is known.
    pub hint: Option<String>,
}

impl fmt::Display for BadText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A kind of resource manager.
pub trait Manager: fmt::Debug + Send + Sync {
    /// Returns its language, as far as JDLs hold some of it.
    fn language(&self) -> &'static Language;

    /// Returns as whom jobs of all users are listed, unless the configuration says otherwise.
    fn service_login(&self) -> &'static str;

    /// Checks whether users are known by tokens of their own: then they are, unless the configuration says otherwise.
    ///
    /// # Errors
    /// [`BadText`] where there are none.
    fn check_tokens(&self) -> Result<(), BadText>;

    /// Reads what a user's token says of itself; it may have been forged.
    ///
    /// # Errors
    /// [`BadText`] when it can be no token of these clusters.
    fn claims(&self, token: &Secret) -> Result<Claims, BadText>;

    /// Says how a user comes by a token for a cluster of this name.
    fn token_hint(&self, cluster: &str) -> String;

    /// Checks a filter of resources, as the setting `properties` has it; blanks select all.
    ///
    /// # Errors
    /// [`BadText`] for what is none.
    fn check_filter(&self, text: &str) -> Result<(), BadText>;

    /// Checks all texts of a campaign that would reach one of its clusters.
    ///
    /// # Errors
    /// The first that would do harm or can never be read there, with the key of the JDL that it came by.
    fn check_texts<'s>(&self, settings: &'s ClusterSettings) -> Result<(), (&'s str, BadText)>;

    /// Makes ready to talk to a cluster by these settings; asks it for nothing yet.
    ///
    /// # Errors
    /// [`OpenError`] when a file that the settings name cannot be used.
    fn open(&self, config: ClusterConfig, vault: Arc<Vault>) -> Result<Box<dyn Site>, OpenError>;

    /// Asks a cluster how it is, and notes what was found. Changes nothing there.
    fn check_cluster<'a>(&self, check: &'a mut ClusterCheck) -> BoxFuture<'a, ()>;
}
