//! A JDL's `param_file`: which file of this machine is meant, and whether it may be read. Since the daemon
//! reads with its own rights, only files below configured folders are.

use std::path::{Path, PathBuf};

/// The file with the homes of local users.
const USERS: &str = "/etc/passwd";

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParamFileError {
    #[error("parameter file `{path}` lies outside the folders that may be read here")]
    Outside { path: String },
    #[error("parameter file `{path}` cannot be read")]
    Unreadable { path: String, source: std::io::Error },
    #[error("parameter file `{path}` has more than {max} bytes")]
    TooLarge { path: String, max: u64 },
    #[error("`{user}` has no home folder on this machine")]
    NoHome { user: String },
    #[error("`{path}` uses a variable, and the daemon's are not for users to read")]
    Variable { path: String },
}

impl ParamFileError {
    pub(super) fn hint(&self) -> &'static str {
        match self {
            ParamFileError::Outside { .. } => {
                "send the parameters in `params`; `api.param_file_folders` names the folders"
            }
            ParamFileError::Unreadable { .. } => {
                "the file must be on the machine of the daemon, as UTF-8 text that the daemon may read"
            }
            ParamFileError::TooLarge { .. } => "split it into several campaigns",
            ParamFileError::NoHome { .. } | ParamFileError::Variable { .. } => {
                "write the whole path, or send the parameters in `params`"
            }
        }
    }
}

/// Reads the file that `path` means to `user`, of at most `max` bytes, below one of the `folders`.
pub(super) fn read(
    path: &str,
    user: &str,
    folders: &[PathBuf],
    max: u64,
) -> Result<String, ParamFileError> {
    let expanded = expand(path, user)?;
    let unreadable = |source| ParamFileError::Unreadable { path: path.to_owned(), source };
    // The whole truth about links comes first; a file outside is not even said to exist.
    let outside = || ParamFileError::Outside { path: path.to_owned() };
    let real = match expanded.canonicalize() {
        Ok(real) => real,
        Err(source) if folders.iter().any(|folder| within(&expanded, folder)) => {
            return Err(unreadable(source));
        }
        Err(_) => return Err(outside()),
    };
    if !folders.iter().any(|folder| folder.canonicalize().is_ok_and(|f| real.starts_with(f))) {
        return Err(outside());
    }
    let size = std::fs::metadata(&real).map_err(unreadable)?;
    if !size.is_file() {
        return Err(unreadable(std::io::Error::other("not a regular file")));
    }
    if size.len() > max {
        return Err(ParamFileError::TooLarge { path: path.to_owned(), max });
    }
    std::fs::read_to_string(&real).map_err(unreadable)
}

/// Whether a path that may not exist lies below a folder by its letters.
fn within(path: &Path, folder: &Path) -> bool {
    let climbs = path.components().any(|part| part == std::path::Component::ParentDir);
    path.starts_with(folder) && !climbs
}

fn expand(path: &str, user: &str) -> Result<PathBuf, ParamFileError> {
    if path.contains('$') {
        return Err(ParamFileError::Variable { path: path.to_owned() });
    }
    let home = || {
        let users = std::fs::read_to_string(USERS).unwrap_or_default();
        home_of(&users, user).ok_or_else(|| ParamFileError::NoHome { user: user.to_owned() })
    };
    let expanded = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", home()?),
        _ => path.to_owned(),
    };
    let expanded =
        if expanded.contains("{HOME}") { expanded.replace("{HOME}", &home()?) } else { expanded };
    Ok(Path::new("/").join(expanded))
}

/// The home of a user by a text of the form of `/etc/passwd`.
fn home_of(users: &str, user: &str) -> Option<String> {
    let line = users.lines().find(|line| line.split(':').next() == Some(user))?;
    line.split(':').nth(5).filter(|home| home.starts_with('/')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{ParamFileError, home_of, read};

    #[test]
    fn only_files_below_the_folders_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("open")).unwrap();
        std::fs::write(at("open/params"), "a 1\n\nb 2\n").unwrap();
        std::fs::write(at("secret"), "x").unwrap();
        std::os::unix::fs::symlink(at("secret"), at("open/link")).unwrap();
        let folders = [at("open")];
        let told = |path: &std::path::Path| {
            read(&path.display().to_string(), "alice", &folders, 100).map_err(|e| e.to_string())
        };
        assert_eq!(told(&at("open/params")).unwrap(), "a 1\n\nb 2\n");
        for outside in ["secret", "open/link", "open/../secret", "absent", "open/../absent"] {
            let error = told(&at(outside)).unwrap_err();
            assert!(error.contains("outside"), "{outside}: {error}");
        }
        assert!(told(&at("open/absent")).unwrap_err().contains("cannot be read"));
        assert!(told(&at("open")).unwrap_err().contains("cannot be read"));
        std::fs::write(at("open/big"), "x".repeat(101)).unwrap();
        assert!(told(&at("open/big")).unwrap_err().contains("more than 100 bytes"));
        assert!(matches!(
            read("$HOME/params", "alice", &folders, 100),
            Err(ParamFileError::Variable { .. })
        ));
    }

    #[test]
    fn homes_are_those_of_the_list() {
        let users = "root:x:0:0:root:/root:/bin/sh\nalice:x:1:1::/home/alice:/bin/sh\nold:x:2:2\n";
        assert_eq!(home_of(users, "alice").as_deref(), Some("/home/alice"));
        assert_eq!(home_of(users, "old"), None);
        assert_eq!(home_of(users, "bob"), None);
    }
}
