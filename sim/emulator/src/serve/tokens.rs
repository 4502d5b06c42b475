//! The file of tokens that a client of an emulated OAR 3 needs. Must not know requests.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::engine::cluster::Cluster;
use crate::error::EmulatorError;
use crate::identity;

/// A secret for one cluster and one run, as a text.
///
/// # Errors
/// The system has no random bytes.
pub fn secret() -> Result<String, EmulatorError> {
    Ok(identity::secret()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes `tokens-CLUSTER.json`: a token for each user and the secret to sign others, readable by
/// its owner alone. Returns its path.
pub(super) fn write(
    folder: &Path,
    cluster: &Cluster,
    secret: &str,
    users: &[String],
    now_s: i64,
) -> Result<PathBuf, EmulatorError> {
    let path = folder.join(format!("tokens-{}.json", cluster.name));
    let failed = |source| EmulatorError::Write { path: path.clone(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    let mut tokens = Map::new();
    for user in users {
        tokens.insert(user.clone(), Value::from(cluster.tokens.token(user, now_s)?));
    }
    let text = json!({ "algorithm": "HS256", "secret": secret, "tokens": tokens });
    // A file of an earlier run may be readable by others.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    writeln!(file, "{text:#}").map_err(failed)?;
    Ok(path)
}
