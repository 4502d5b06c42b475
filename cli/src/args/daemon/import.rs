//! The options of `gleaner import-cigri`. Decides nothing.

use std::path::PathBuf;

use crate::args::form::OutputForm;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without --apply nothing is changed: a table tells what would come over. With --apply the \
daemon must not run, and its store must have had no campaign. Tasks that have a job of CiGri's are left to CiGri: stop \
its metascheduler first and let its runner see them to their end.
Exit codes: 2 the dump or the configuration is wrong, 3 there is no such dump, 4 the store is in use or has campaigns.

Examples:
  pg_dump cigri3 > cigri.sql
  gleaner import-cigri cigri.sql --clusters clusters.toml
  gleaner import-cigri cigri.sql --config gleaner.toml
  gleaner import-cigri cigri.sql --config gleaner.toml --apply"
)]
pub(crate) struct ImportCigriArgs {
    /// A plain dump of CiGri's database, by `pg_dump`
    pub(crate) dump: PathBuf,
    /// Write the clusters and logins here, as a part of a configuration; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "apply", "with_failed"])]
    pub(crate) clusters: Option<PathBuf>,
    /// The daemon's configuration, with the clusters in it
    #[arg(long, env = "GLEANER_CONFIG", value_name = "FILE", required_unless_present = "clusters")]
    pub(crate) config: Option<PathBuf>,
    /// Take over what comes over into the store
    #[arg(long)]
    pub(crate) apply: bool,
    /// Also take tasks whose last job failed and waits for its user
    #[arg(long)]
    pub(crate) with_failed: bool,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t, env = "GLEANER_OUTPUT")]
    pub(crate) output: OutputForm,
}
