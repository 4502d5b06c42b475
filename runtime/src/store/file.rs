//! A store as a file: what lies there, who may read it, and what belongs to it, told before SQLite looks at it.
//! Knows no table.

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::store::error::StoreError;

/// With which every database of SQLite begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes of its header.
const HEADER: usize = 100;
/// What the names of the files beside a store end with: its log, and the index of that.
pub(super) const BESIDE: [&str; 2] = ["-wal", "-shm"];
/// Nobody but the owner: jobs, parameters and users' names are in it, and sealed tokens.
const PRIVATE: u32 = 0o600;

/// What the first bytes of a file say that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: a new store.
    Empty,
    /// A database.
    Database(Header),
    /// Text of some kind.
    Text,
    /// Something else, or a database whose head is damaged.
    Bytes,
}

/// What the header of a database says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// It is in use with a log beside it, or was when it was copied or its daemon died. One that was
    /// closed in order, or written by [`crate::store::Store::backup`], is not.
    pub(super) in_use: bool,
    /// Its steps of migration.
    pub(super) steps: usize,
}

/// Reads what a file is, without moving in it.
pub(super) fn kind(file: &File) -> std::io::Result<Kind> {
    let mut bytes = [0; HEADER];
    let mut read = 0;
    while read < HEADER {
        match file.read_at(&mut bytes[read..], read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    let bytes = &bytes[..read];
    Ok(match bytes {
        [] => Kind::Empty,
        _ if read == HEADER && bytes.starts_with(MAGIC) => Kind::Database(Header {
            in_use: bytes[18] == 2,
            steps: u32::from_be_bytes([bytes[60], bytes[61], bytes[62], bytes[63]]) as usize,
        }),
        _ if is_text(bytes) => Kind::Text,
        _ => Kind::Bytes,
    })
}

/// Returns whether bytes that may end within a character are text.
fn is_text(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|c| c.is_control() && !c.is_whitespace())
}

/// Returns the name of a file beside the store.
pub(super) fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = store.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Returns the path without symbolic links, of a file that need not be there yet: two daemons that name
/// one store by two links mean the same.
pub(super) fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        // Opening it tells what is wrong.
        _ => path.to_owned(),
    }
}

/// Refuses what is no regular file; nothing may be there yet.
pub(super) fn regular(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(StoreError::Folder { path: path.to_owned() }),
        Ok(found) if !found.is_file() => Err(StoreError::Special { path: path.to_owned() }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens a store's file, made for its owner alone if it is not there. Not while this process has a
/// connection to it: closing the file would let go of that connection's locks.
pub(super) fn open_private(path: &Path) -> std::io::Result<File> {
    let opened = File::options().read(true).write(true).create(true).mode(PRIVATE).open(path);
    match opened {
        // SQLite says what cannot be done with it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => File::open(path),
        opened => opened,
    }
}

/// Takes from others the right to read or write a store and what belongs to it.
pub(super) fn tighten(path: &Path) {
    for path in [path.to_owned()].into_iter().chain(BESIDE.map(|ending| beside(path, ending))) {
        let Ok(found) = std::fs::metadata(&path) else { continue };
        let mode = found.permissions().mode() & 0o777;
        if mode & !PRIVATE == 0 {
            continue;
        }
        let set = std::fs::set_permissions(&path, Permissions::from_mode(mode & PRIVATE));
        let path = path.display();
        match set {
            Ok(()) => {
                tracing::warn!(%path, "others could read or write it (mode {mode:03o}): now they cannot")
            }
            Err(error) => {
                tracing::warn!(%path, %error, uid = found.uid(), "others can read or write it (mode {mode:03o})");
            }
        }
    }
}

/// Checks a file that is only to be read: that it is a database, and whole. Not while this process has a
/// connection to it.
///
/// # Errors
/// [`StoreError`] that says what it is, or what is missing or in the way.
pub(super) fn readable(path: &Path) -> Result<Option<Header>, StoreError> {
    regular(path)?;
    let owned = || path.to_owned();
    let unreadable = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => StoreError::Missing { path: owned() },
        _ => StoreError::Unreadable { path: owned(), source },
    };
    let kind = File::open(path).and_then(|file| kind(&file)).map_err(unreadable)?;
    match kind {
        Kind::Empty => Ok(None),
        Kind::Text => Err(StoreError::NoDatabase { path: owned(), what: "text" }),
        Kind::Bytes => Err(StoreError::NoDatabase { path: owned(), what: "something else" }),
        Kind::Database(header) => {
            match_log(path, header)?;
            Ok(Some(header))
        }
    }
}

/// Refuses a log beside a store that was closed in order, or is a backup: it belongs to what was there before,
/// and SQLite would write it over the store.
pub(super) fn match_log(path: &Path, header: Header) -> Result<(), StoreError> {
    let log = beside(path, "-wal");
    let left = std::fs::metadata(&log).map_or(0, |found| found.len());
    if !header.in_use && left > 0 {
        return Err(StoreError::ForeignLog { path: path.to_owned(), log });
    }
    Ok(())
}

/// Returns whether the log that a store in use has is not beside it.
pub(super) fn lacks_log(path: &Path, header: Header) -> bool {
    header.in_use && !beside(path, "-wal").exists()
}

/// Makes what was done to the entries of a folder last.
pub(super) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Kind, kind};

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let told = |bytes: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            kind(&file).unwrap()
        };
        assert_eq!(told(b""), Kind::Empty);
        assert_eq!(told("title = \"zwei Cluster f\u{fc}r uns\"\r\n\t".as_bytes()), Kind::Text);
        // Cut within a character, at the hundredth byte.
        assert_eq!(told(format!("{}\u{fc}", "x".repeat(99)).as_bytes()), Kind::Text);
        assert_eq!(told(b"SQLite format 3\0 cut"), Kind::Bytes);
        assert_eq!(told(&[0x1f, 0x8b, 8, 0, 0]), Kind::Bytes);
        assert_eq!(told(&[0xff; 200]), Kind::Bytes);
    }
}
