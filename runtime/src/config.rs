//! The daemon's settings, with every default filled in. Knows neither the file they are read from nor how they are
//! used.

pub mod inspect;
pub mod notifications;
pub mod server;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use gleaner_core::config::CoreUnits;
use gleaner_core::config::OnFailure;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::time::Duration;
use serde::Deserialize;

use crate::config::notifications::NotificationConfig;

/// A length of time, at most a hundred years.
pub type Span = gleaner_settings::duration::Duration<{ 100 * 366 * 86_400 }>;

/// All settings of a daemon.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file they came from; relative paths in it have been joined to its folder.
    pub path: PathBuf,
    /// The file with the key that tokens are encrypted with. Made at first start.
    pub key_file: PathBuf,
    /// The REST API.
    pub api: ApiConfig,
    /// What survives.
    pub store: StoreConfig,
    /// The log.
    pub log: LogConfig,
    /// What people are told by mail and webhooks.
    pub notifications: NotificationConfig,
    /// What holds for all clusters.
    pub grid: GridConfig,
    /// The clusters, in the order of the file, at least one.
    pub clusters: Vec<ClusterConfig>,
}

/// Settings of the REST API.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiConfig {
    /// The TCP port to listen at, on this machine; none: none.
    pub listen: Option<SocketAddr>,
    /// The Unix socket to listen at; none: none. One of the two is there.
    pub socket: Option<SocketConfig>,
    /// Which proxies may say who calls.
    pub proxy: ProxyConfig,
    /// The daemon's own tokens.
    pub tokens: TokensConfig,
    /// The header in which a proxy says who calls: `X-CIGRI-USER`.
    pub identity_header: String,
    /// Whether everybody may read all campaigns, jobs and events: no, only owners and administrators.
    pub open_reads: bool,
    /// Whether this machine's uid 0 is the `root` of `admins`: only if the list was written, not where it is the default.
    pub root_is_admin: bool,
    /// Who may do everything: `root` where nothing is said, nobody where the list is empty.
    pub admins: Vec<String>,
    /// The largest body of a request, in bytes: 64 MiB.
    pub body_max: usize,
    /// The most bytes of large bodies that are held at the same time: 128 MiB, and one body in any case.
    pub bodies_max: usize,
    /// How long a body may take to arrive: a minute.
    pub body_within: Span,
    /// How long the head of a request may take to arrive: 10 s.
    pub head_within: Span,
    /// How long a caller may take for the next piece of its body, or to take the next of its answer: 20 s.
    pub stall_within: Span,
    /// How long a connection without a request is kept: a minute.
    pub idle_within: Span,
    /// The most connections: 2000, or fewer where there are not as many descriptors.
    pub connections_max: u32,
    /// The most connections from one address: 1000. Behind a proxy, all come from one.
    pub peer_connections_max: u32,
}

/// The Unix socket of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketConfig {
    /// Its file.
    pub path: PathBuf,
    /// Who may connect, as the mode of a file: 666, everybody, since the kernel tells who they are.
    pub mode: u32,
    /// The group that it belongs to; none: the daemon's.
    pub group: Option<String>,
    /// Whether its folder is made, for the daemon's user alone.
    pub make_folder: bool,
}

/// The proxies that may say who calls, in the identity header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyConfig {
    /// Users of this machine that such proxies run as, on the Unix socket.
    pub users: Vec<ProxyUser>,
    /// A file with a secret in its first line, readable by the daemon only: who knows it is a proxy of this machine.
    pub secret_file: Option<PathBuf>,
    /// The header with that secret: `X-Gleaner-Proxy-Secret`.
    pub secret_header: String,
    /// Addresses of such proxies, over TLS.
    pub addresses: Vec<IpAddr>,
}

/// Who may have which tokens made, by which callers are known from anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokensConfig {
    /// Whether every user may have tokens of his own.
    pub own: bool,
    /// Who may have tokens of others, and of whom; `*` is everybody but administrators.
    pub issuers: BTreeMap<String, Vec<String>>,
    /// How long one counts, at most: 90 days.
    pub lifetime_max: Span,
    /// What is written into them as their maker: `gleaner`.
    pub issuer: String,
    /// What is written into them as the daemon that they are for: `gleaner`. Of daemons with one key, each needs its own.
    pub audience: String,
}

impl TokensConfig {
    /// Returns whether a user may have a token of another, or of his own.
    pub fn allows(&self, by: &str, of: &str, of_is_admin: bool) -> bool {
        let listed = |whose: &Vec<String>| {
            whose.iter().any(|listed| listed == of || (listed == "*" && !of_is_admin))
        };
        (self.own && by == of) || self.issuers.get(by).is_some_and(listed)
    }
}

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyUser {
    /// By number.
    Uid(u32),
    /// By login.
    Login(String),
}

/// Settings of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreConfig {
    /// The SQLite file.
    pub path: PathBuf,
    /// The core's state is written every so many cycles: 200.
    pub checkpoint_cycles: u32,
    /// How long the journal is kept for replay: 30 days.
    pub keep_journal: Span,
    /// The folder for parts of the journal that are older, a file a month; none: they are forgotten.
    pub archive_folder: Option<PathBuf>,
    /// How long finished campaigns can be read: 400 days.
    pub keep_campaigns: Span,
}

/// Settings of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    /// What is worth a line.
    pub level: LogLevel,
    /// One JSON object a line.
    pub json: bool,
}

/// What is worth a line in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What needs a person.
    Error,
    /// And what may soon.
    Warn,
    /// And what happens.
    #[default]
    Info,
    /// And why.
    Debug,
    /// And every request.
    Trace,
}

impl LogLevel {
    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// What holds for all clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct GridConfig {
    /// Least time between two cycles, 15 s.
    pub cycle: Duration,
    /// The resource text of a JDL that has none; without one, the least of each cluster: one core.
    pub default_resources: Option<String>,
    /// The walltime of a JDL that has none: an hour.
    pub default_walltime: String,
    /// See [`gleaner_core::config::SchedulerConfig::waiting_limit`].
    pub waiting_limit: Duration,
    /// A job that starts so long after the waiting limit does nothing: time for its deletion to arrive, 300 s.
    /// Tasks whose submission was answered by nothing that says whether it arrived are held back until then.
    pub lease_margin: Duration,
    /// See [`gleaner_core::config::SchedulerConfig::walltime_margin`].
    pub walltime_margin: Duration,
    /// See [`gleaner_core::config::SchedulerConfig::on_failure`].
    pub on_failure: OnFailure,
    /// See [`gleaner_core::config::SchedulerConfig::walltime_kills_max`].
    pub walltime_kills_max: u8,
    /// See [`gleaner_core::config::SchedulerConfig::unknown_max`].
    pub unknown_max: u32,
    /// See [`gleaner_core::config::SchedulerConfig::placed_max`].
    pub dealt_max: u32,
    /// The most tasks of a campaign: ten million.
    pub tasks_max: u32,
    /// The most tasks of a user that are not done: fifty million.
    pub user_tasks_max: u64,
    /// The most campaigns of a user that are not over: a thousand.
    pub user_campaigns_max: u32,
}

/// The most jobs that one request for details may name.
pub const DETAILS_MAX: u32 = 500;

/// The language of a cluster's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OAR 2.5.
    Oar2,
    /// OAR 3.
    Oar3,
}

impl Dialect {
    /// Returns its word in a configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Dialect::Oar2 => "oar2",
            Dialect::Oar3 => "oar3",
        }
    }
}

/// Who we are to a cluster's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nobody is asked.
    None,
    /// A header with the user's login there, believed because of where we come from.
    Header(String),
    /// A password of ours, and the user's login in a header.
    Basic {
        /// Our name.
        username: String,
        /// A file with our password in its first line, readable by the daemon only.
        password_file: PathBuf,
        /// The header with the user's login.
        header: String,
    },
    /// Our [`ClientCertificate`], and the user's login in this header.
    Certificate(String),
    /// A token of each user, handed in through the REST API.
    Jwt,
}

impl Auth {
    /// Returns its word in a configuration.
    pub const fn word(&self) -> &'static str {
        match self {
            Auth::None => "none",
            Auth::Header(_) => "header",
            Auth::Basic { .. } => "basic",
            Auth::Certificate(_) => "certificate",
            Auth::Jwt => "jwt",
        }
    }
}

/// The daemon's certificate, which it shows to a server that wants one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and its chain, PEM.
    pub certificate_file: PathBuf,
    /// Its private key, PEM, readable by the daemon only.
    pub private_key_file: PathBuf,
}

/// One cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterConfig {
    /// The name that JDLs use.
    pub name: String,
    /// Where its API is; ends with a slash.
    pub api_url: String,
    /// Its API's language.
    pub dialect: Dialect,
    /// Whether it is used at all.
    pub enabled: bool,
    /// Who we are to it.
    pub auth: Auth,
    /// Our certificate: always there with [`Auth::Certificate`], and possible before users' tokens.
    pub client_certificate: Option<ClientCertificate>,
    /// Certificates (PEM) to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// As whom jobs of all users are listed, where the server wants to know: `oar`. Its token is that
    /// which an administrator hands in.
    pub service_login: String,
    /// Logins there of grid users, where they differ.
    pub logins: BTreeMap<String, String>,
    /// Whether users without an entry in `logins` are refused.
    pub only_mapped_logins: bool,
    /// Cores of its resource units.
    pub units: CoreUnits,
    /// The property that tells resources apart when cores are counted.
    pub resource_unit: String,
    /// Which resources count, as a filter of OAR's, for example `host = 'a' and gpu = 0`; empty: all. It keeps no
    /// job off the others: that is a JDL's `properties`.
    pub properties: String,
    /// How strong it is, for people.
    pub power: u32,
    /// Its front end, for people.
    pub ssh_host: String,
    /// The injection policy.
    pub policy: PolicySpec,
    /// From this stress on, it gets nothing new: 0.8.
    pub stress_limit: f64,
    /// How often it is listed: 15 s.
    pub poll: Span,
    /// How long one request may take: 30 s.
    pub request_timeout: Span,
    /// How long after its decision a command may still be sent: 60 s.
    pub send_within: Span,
    /// The most jobs of one array: 500.
    pub array_max: u32,
    /// Entries of a page in a listing: 500.
    pub page_size: u32,
    /// Jobs asked for in one request for details: 100, at most 500.
    pub details_chunk: u32,
    /// How long after a passing fault was last seen it is used again, if it answers: 30 s.
    pub autofix_after: Duration,
}

impl ClusterConfig {
    /// Returns the login on this cluster of a grid user; none when that user has no account there.
    pub fn login<'a>(&'a self, user: &'a str) -> Option<&'a str> {
        match self.logins.get(user) {
            Some(login) => Some(login),
            None if self.only_mapped_logins => None,
            None => Some(user),
        }
    }
}
