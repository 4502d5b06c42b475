//! The configuration file as it is written: TOML tables, key by key. Says nothing about what the
//! values mean together; that is [`crate::config_file::read`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use gleaner_core::policy::given::GivenPolicy;
use serde::Deserialize;
use toml::Spanned;

use crate::config::{Dialect, LogLevel, ProxyUser, Span};

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) key_file: Option<PathBuf>,
    #[serde(default)]
    pub(super) api: ApiTable,
    #[serde(default)]
    pub(super) store: StoreTable,
    #[serde(default)]
    pub(super) log: LogTable,
    #[serde(default)]
    pub(super) notifications: NotificationsTable,
    #[serde(default)]
    pub(super) grid: GridTable,
    #[serde(default, rename = "cluster")]
    pub(super) clusters: Vec<ClusterTable>,
}

/// `[api]`: the REST API.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiTable {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) socket: Option<PathBuf>,
    pub(super) socket_mode: Option<Spanned<String>>,
    pub(super) socket_group: Option<String>,
    pub(super) proxy: Option<ProxyTable>,
    pub(super) tokens: Option<TokensTable>,
    pub(super) open_reads: Option<bool>,
    pub(super) identity_header: Option<Spanned<String>>,
    pub(super) admins: Option<Vec<String>>,
    pub(super) body_max_mb: Option<Spanned<u64>>,
    pub(super) bodies_max_mb: Option<Spanned<u64>>,
    pub(super) body_within: Option<Spanned<Span>>,
    pub(super) head_within: Option<Spanned<Span>>,
    pub(super) stall_within: Option<Spanned<Span>>,
    pub(super) idle_within: Option<Spanned<Span>>,
    pub(super) connections_max: Option<Spanned<u32>>,
    pub(super) peer_connections_max: Option<Spanned<u32>>,
}

/// `[api.proxy]`: who may say who calls.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProxyTable {
    pub(super) users: Option<Vec<UserWord>>,
    pub(super) secret_file: Option<PathBuf>,
    pub(super) secret_header: Option<Spanned<String>>,
    pub(super) addresses: Option<Vec<Spanned<String>>>,
}

/// `[api.tokens]`: the daemon's own tokens.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokensTable {
    pub(super) own: Option<bool>,
    pub(super) issuers: Option<BTreeMap<String, Vec<String>>>,
    pub(super) lifetime_max: Option<Spanned<Span>>,
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
}

/// A user of this machine, by number or by login.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum UserWord {
    Uid(u32),
    Login(String),
}

impl From<UserWord> for ProxyUser {
    fn from(word: UserWord) -> ProxyUser {
        match word {
            UserWord::Uid(uid) => ProxyUser::Uid(uid),
            UserWord::Login(login) => ProxyUser::Login(login),
        }
    }
}

/// `[store]`: what survives.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreTable {
    pub(super) path: Option<PathBuf>,
    pub(super) checkpoint_cycles: Option<Spanned<u32>>,
    pub(super) keep_journal: Option<Spanned<Span>>,
    pub(super) archive_folder: Option<PathBuf>,
    pub(super) keep_campaigns: Option<Spanned<Span>>,
}

/// `[log]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogTable {
    pub(super) level: Option<LogLevel>,
    pub(super) json: Option<bool>,
}

/// `[notifications]`: what people are told by mail and webhooks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NotificationsTable {
    pub(super) smtp: Option<Spanned<String>>,
    pub(super) smtp_user: Option<Spanned<String>>,
    pub(super) smtp_password_file: Option<Spanned<PathBuf>>,
    pub(super) smtp_ca_file: Option<Spanned<PathBuf>>,
    pub(super) smtp_unencrypted: Option<Spanned<bool>>,
    pub(super) from: Option<Spanned<String>>,
    pub(super) admins: Option<Vec<Spanned<String>>>,
    pub(super) admin_severity: Option<Spanned<String>>,
    pub(super) allow_mail_domains: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) allow_webhooks: Option<Vec<Spanned<String>>>,
    pub(super) webhook_networks: Option<Vec<Spanned<String>>>,
    pub(super) webhook_ca_file: Option<PathBuf>,
    pub(super) subject_tag: Option<Spanned<String>>,
    pub(super) gather: Option<Spanned<Span>>,
    pub(super) waiting_told_after: Option<Spanned<Span>>,
}

/// `[grid]`: what holds for all clusters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GridTable {
    pub(super) cycle: Option<Spanned<Span>>,
    pub(super) policy: Option<Spanned<GivenPolicy>>,
    pub(super) default_resources: Option<Spanned<String>>,
    pub(super) default_walltime: Option<Spanned<String>>,
    pub(super) waiting_limit: Option<Spanned<Span>>,
    pub(super) lease_margin: Option<Spanned<Span>>,
    pub(super) walltime_margin: Option<Spanned<Span>>,
    pub(super) on_failure: Option<OnFailureWord>,
    pub(super) retries_max: Option<Spanned<u16>>,
    pub(super) walltime_kills_max: Option<u8>,
    pub(super) unknown_max: Option<Spanned<u32>>,
    pub(super) dealt_max: Option<Spanned<u32>>,
    pub(super) tasks_max: Option<Spanned<u32>>,
    pub(super) user_tasks_max: Option<Spanned<u64>>,
    pub(super) user_campaigns_max: Option<Spanned<u32>>,
}

/// What a failed task leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnFailureWord {
    Block,
    Retry,
    Ignore,
}

/// Who we are to a cluster's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AuthWord {
    None,
    Header,
    Basic,
    Certificate,
    Jwt,
}

/// `[[cluster]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClusterTable {
    pub(super) name: Spanned<String>,
    pub(super) api_url: Spanned<String>,
    pub(super) dialect: Spanned<Dialect>,
    pub(super) enabled: Option<bool>,
    pub(super) auth: Option<Spanned<AuthWord>>,
    pub(super) identity_header: Option<Spanned<String>>,
    pub(super) username: Option<Spanned<String>>,
    pub(super) password_file: Option<Spanned<PathBuf>>,
    pub(super) certificate_file: Option<Spanned<PathBuf>>,
    pub(super) private_key_file: Option<Spanned<PathBuf>>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) service_login: Option<String>,
    #[serde(default)]
    pub(super) logins: BTreeMap<String, String>,
    pub(super) only_mapped_logins: Option<bool>,
    pub(super) cores_per_node: Option<Spanned<u32>>,
    pub(super) cores_per_cpu: Option<Spanned<u32>>,
    pub(super) resource_unit: Option<String>,
    pub(super) properties: Option<Spanned<String>>,
    pub(super) power: Option<u32>,
    pub(super) ssh_host: Option<String>,
    pub(super) policy: Option<Spanned<GivenPolicy>>,
    pub(super) stress_limit: Option<Spanned<f64>>,
    pub(super) poll: Option<Spanned<Span>>,
    pub(super) request_timeout: Option<Spanned<Span>>,
    pub(super) send_within: Option<Spanned<Span>>,
    pub(super) array_max: Option<Spanned<u32>>,
    pub(super) page_size: Option<Spanned<u32>>,
    pub(super) details_chunk: Option<Spanned<u32>>,
    pub(super) autofix_after: Option<Spanned<Span>>,
}
