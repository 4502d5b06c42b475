//! What can be seen of a configuration's files without starting anything: are they there, who can
//! read them, is what is dangerous said on purpose. Asks no server and changes nothing.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use reqwest::Url;

use crate::config::{Auth, ClusterConfig, Config, SocketConfig};

/// The least bytes of a secret that proxies prove themselves by.
const SECRET_LEAST: usize = 16;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Good,
    /// It works, but somebody should look at it.
    Doubtful,
    /// The daemon will not start with it.
    Wrong,
}

impl Level {
    /// Returns its word.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Good => "ok",
            Level::Doubtful => "warning",
            Level::Wrong => "error",
        }
    }
}

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: `store`, `api`, or a cluster's name.
    pub subject: String,
    /// Which part of it.
    pub part: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub message: String,
    /// What to do, if anything.
    pub hint: Option<&'static str>,
}

/// Looks at everything; a finding for each, good ones included.
pub fn inspect(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |subject: &str, part, (level, message, hint)| {
        findings.push(Finding { subject: subject.to_owned(), part, level, message, hint });
    };
    if let Some(listen) = config.api.listen {
        add("api", "listen", good(listen.to_string()));
    }
    if let Some(config) = &config.api.socket {
        add("api", "socket", socket(config));
    }
    if let Some(file) = &config.api.proxy.secret_file {
        add("api", "proxy.secret_file", proxy_secret(file));
    }
    if let Some(folder) = &config.store.archive_folder {
        add("store", "archive_folder", folder_of(folder));
    }
    add("store", "path", store(&config.store.path));
    add("secrets", "key_file", key_file(&config.key_file));
    for cluster in &config.clusters {
        add(&cluster.name, "api_url", address(cluster));
        if let Some(file) = &cluster.ca_file {
            add(&cluster.name, "ca_file", readable(file));
        }
        match &cluster.auth {
            Auth::None | Auth::Header(_) | Auth::Certificate(_) | Auth::Jwt => {}
            Auth::Basic { password_file, .. } => {
                add(&cluster.name, "password_file", secret(password_file));
            }
        }
        if let Some(certificate) = &cluster.client_certificate {
            add(&cluster.name, "certificate_file", readable(&certificate.certificate_file));
            add(&cluster.name, "private_key_file", secret(&certificate.private_key_file));
        }
        if !cluster.enabled {
            let message = "is not used".to_owned();
            let hint = Some("set `enabled = true` to use it");
            add(&cluster.name, "enabled", (Level::Doubtful, message, hint));
        }
    }
    findings
}

type Found = (Level, String, Option<&'static str>);

fn good(message: impl Into<String>) -> Found {
    (Level::Good, message.into(), None)
}

fn wrong(message: impl Into<String>, hint: &'static str) -> Found {
    (Level::Wrong, message.into(), Some(hint))
}

fn socket(config: &SocketConfig) -> Found {
    let path = &config.path;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    if !config.make_folder && !folder.is_dir() {
        return wrong(format!("there is no folder `{}`", folder.display()), "make it");
    }
    good(format!("unix:{}, mode {:03o}", path.display(), config.mode))
}

/// Returns the file of a proxy's secret, which must be long enough that nobody guesses it.
fn proxy_secret(path: &Path) -> Found {
    let found = secret(path);
    if found.0 != Level::Good {
        return found;
    }
    let bytes = |text: Vec<u8>| text.split(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
    match std::fs::read(path).map(bytes) {
        Ok(bytes) if bytes >= SECRET_LEAST => found,
        Ok(_) => wrong(
            format!("`{}` holds fewer than {SECRET_LEAST} bytes in its first line", path.display()),
            "make one by `openssl rand -hex 32`",
        ),
        Err(error) => wrong(cannot(path, &error), "check the path, and who may read it"),
    }
}

fn folder_of(folder: &Path) -> Found {
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => good(folder.display().to_string()),
        Ok(_) => wrong(format!("`{}` is not a folder", folder.display()), "name a folder"),
        Err(error) => wrong(cannot(folder, &error), "make the folder, or remove it from the list"),
    }
}

fn store(path: &Path) -> Found {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            wrong(format!("`{}` is not a file", path.display()), "name a file")
        }
        Ok(found) if found.permissions().readonly() => wrong(
            format!("`{}` cannot be written", path.display()),
            "let the daemon's user write it",
        ),
        Ok(_) => good(path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            if folder.is_dir() {
                good(format!("{} will be made", path.display()))
            } else {
                wrong(format!("there is no folder `{}`", folder.display()), "make it")
            }
        }
        Err(error) => wrong(cannot(path, &error), "let the daemon's user read and write it"),
    }
}

fn key_file(path: &Path) -> Found {
    if path.exists() { secret(path) } else { good(format!("{} will be made", path.display())) }
}

fn readable(path: &Path) -> Found {
    match std::fs::File::open(path) {
        Ok(_) => good(path.display().to_string()),
        Err(error) => wrong(cannot(path, &error), "check the path, and who may read it"),
    }
}

/// Returns a file that nobody else may read.
fn secret(path: &Path) -> Found {
    let found = match std::fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(found) => found,
        Err(error) => return wrong(cannot(path, &error), "check the path, and who may read it"),
    };
    match mode_problem(&found) {
        None => good(path.display().to_string()),
        Some(message) => wrong(
            format!("`{}` {message}", path.display()),
            "let it belong to the daemon's user, with mode 600",
        ),
    }
}

/// Returns what is wrong with who may read a secret's file, if anything.
pub(crate) fn mode_problem(found: &Metadata) -> Option<String> {
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return None;
    }
    Some(format!(
        "can be read or written by others than its owner ({}; mode {mode:03o})",
        found.uid()
    ))
}

fn address(cluster: &ClusterConfig) -> Found {
    let local = Url::parse(&cluster.api_url).ok().is_some_and(|url| {
        url.scheme() == "https"
            || url.host_str().is_some_and(|host| {
                matches!(host, "localhost" | "[::1]") || host.starts_with("127.")
            })
    });
    let secret = matches!(cluster.auth, Auth::Jwt | Auth::Basic { .. });
    if secret && !local {
        let message = format!("{} sends tokens or passwords unencrypted", cluster.api_url);
        return (Level::Doubtful, message, Some("use https"));
    }
    good(format!("{} ({}, {})", cluster.api_url, cluster.dialect.word(), cluster.auth.word()))
}

fn cannot(path: &Path, error: &std::io::Error) -> String {
    format!("cannot read `{}`: {error}", path.display())
}
