//! The key that tokens are encrypted with, in a file of its own that only the daemon can read. Knows
//! neither users nor the store.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::inspect::mode_problem;
use crate::secrets::Secret;
use crate::secrets::signer::{CannotSign, Signer};

const KEY_BYTES: usize = 32;
/// What the secret of our own tokens is derived for.
const SIGNER: &[u8] = b"gleaner access tokens, ed25519, 1";
/// The form of sealed texts; the first byte of each.
const FORM: u8 = 1;
/// Bytes of the key's fingerprint in each sealed text.
const MARK_BYTES: usize = 4;

/// Why the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("cannot {doing} the key file `{}`", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Others can read it.
    #[error("the key file `{}` {problem}\n  hint: let it belong to the daemon's user, with mode 600", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Who can.
        problem: String,
    },
    /// It holds no key.
    #[error("`{}` holds no key\n  hint: restore it from a copy; if there is none, move it away, and let users hand in their tokens again", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The library has no random bytes to give.
    #[error("no random bytes for a key")]
    NoChance,
}

/// Why a sealed text cannot be opened, or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Sealed by another key.
    #[error(
        "it was encrypted with another key\n  hint: restore the key file, or hand in the token again"
    )]
    OtherKey,
    /// Cut, changed, or moved to another user or cluster.
    #[error(
        "it is damaged, or belongs to another user or cluster\n  hint: hand in the token again"
    )]
    Damaged,
    /// The library refused to encrypt.
    #[error("it cannot be encrypted")]
    Failed,
}

/// A key.
pub struct Key {
    key: RandomizedNonceKey,
    mark: [u8; MARK_BYTES],
    /// The secret of the daemon's own tokens, which tells nothing about the key, nor the other way round.
    seed: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Key {
    /// Reads the key of a file, or makes a new one there, with mode 600, where there is no file.
    ///
    /// # Errors
    /// [`KeyError`] when it cannot be read or made, or others can read it.
    pub fn load_or_create(path: &Path) -> Result<Key, KeyError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => create(path, file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Key::load(path),
            Err(source) => Err(KeyError::File { doing: "make", path: path.to_owned(), source }),
        }
    }

    /// Reads the key of a file.
    ///
    /// # Errors
    /// [`KeyError`] when it cannot be read, or others can read it.
    pub fn load(path: &Path) -> Result<Key, KeyError> {
        let failed = |source| KeyError::File { doing: "read", path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        if let Some(problem) = mode_problem(&file.metadata().map_err(failed)?) {
            return Err(KeyError::Open { path: path.to_owned(), problem });
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let bytes = STANDARD.decode(text.trim()).ok().filter(|bytes| bytes.len() == KEY_BYTES);
        bytes
            .and_then(|bytes| Key::new(&bytes))
            .ok_or_else(|| KeyError::NoKey { path: path.to_owned() })
    }

    /// Returns a key that nobody keeps, for who handles no token: none where the system gives no random
    /// numbers.
    pub fn of_nobody() -> Option<Key> {
        let mut bytes = [0; KEY_BYTES];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        Key::new(&bytes)
    }

    fn new(bytes: &[u8]) -> Option<Key> {
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&digest(&SHA256, bytes).as_ref()[..MARK_BYTES]);
        let mut seed = [0; KEY_BYTES];
        let derived = Salt::new(HKDF_SHA256, &[]).extract(bytes);
        derived.expand(&[SIGNER], HKDF_SHA256).ok()?.fill(&mut seed).ok()?;
        Some(Key { key: RandomizedNonceKey::new(&AES_256_GCM, bytes).ok()?, mark, seed })
    }

    /// Returns what signs the daemon's own tokens: from the same key, the same.
    ///
    /// # Errors
    /// [`CannotSign`] when the library refuses.
    pub fn signer(&self) -> Result<Signer, CannotSign> {
        Signer::from_seed(&self.seed)
    }

    /// Encrypts a text for a purpose; it opens for no other purpose.
    ///
    /// # Errors
    /// [`SealError::Failed`] when the library refuses.
    pub fn seal(&self, secret: &Secret, purpose: &str) -> Result<Vec<u8>, SealError> {
        let mut text = secret.reveal().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| SealError::Failed)?;
        let mut sealed = vec![FORM];
        sealed.extend_from_slice(&self.mark);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    /// Decrypts what was sealed for the same purpose.
    ///
    /// # Errors
    /// [`SealError`] when it was sealed by another key, for another purpose, or is damaged.
    pub fn open(&self, sealed: &[u8], purpose: &str) -> Result<Secret, SealError> {
        let (&form, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
        let (mark, rest) = rest.split_at_checked(MARK_BYTES).ok_or(SealError::Damaged)?;
        if form != FORM {
            return Err(SealError::Damaged);
        }
        if mark != self.mark {
            return Err(SealError::OtherKey);
        }
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::Damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Damaged)?;
        let mut text = text.to_vec();
        let plain = self
            .key
            .open_in_place(nonce, Aad::from(purpose.as_bytes()), &mut text)
            .map_err(|_| SealError::Damaged)?;
        let plain = std::str::from_utf8(plain).map_err(|_| SealError::Damaged)?;
        Ok(Secret::new(plain))
    }
}

fn create(path: &Path, mut file: File) -> Result<Key, KeyError> {
    let mut bytes = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyError::NoChance)?;
    let written = writeln!(file, "{}", STANDARD.encode(bytes)).and_then(|()| file.sync_all());
    if let Err(source) = written {
        // Half a key would stop the next start; there is nothing else in the file to lose.
        let _ = std::fs::remove_file(path);
        return Err(KeyError::File { doing: "write", path: path.to_owned(), source });
    }
    Key::new(&bytes).ok_or(KeyError::NoChance)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{Key, KeyError, SealError};
    use crate::secrets::Secret;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let sealed = Key::load_or_create(&path).unwrap().seal(&Secret::new("t"), "p").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Key::load_or_create(&path).unwrap().open(&sealed, "p").unwrap().reveal(), "t");

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Key::load_or_create(&path), Err(KeyError::Open { .. })));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        assert!(matches!(Key::load_or_create(&path), Err(KeyError::NoKey { .. })));
    }

    #[test]
    fn a_sealed_text_opens_with_its_key_for_its_purpose_only() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::load_or_create(&folder.path().join("a")).unwrap();
        let other = Key::load_or_create(&folder.path().join("b")).unwrap();
        let secret = Secret::new("a.b.c");
        let sealed = key.seal(&secret, "alice on lune").unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"a.b.c"));
        assert_ne!(sealed, key.seal(&secret, "alice on lune").unwrap(), "no nonce is used twice");
        assert_eq!(key.open(&sealed, "alice on lune"), Ok(secret));
        assert_eq!(key.open(&sealed, "bob on lune"), Err(SealError::Damaged));
        assert_eq!(other.open(&sealed, "alice on lune"), Err(SealError::OtherKey));
        for cut in 0..sealed.len() {
            assert!(key.open(&sealed[..cut], "alice on lune").is_err());
            let mut changed = sealed.clone();
            changed[cut] ^= 1;
            assert!(key.open(&changed, "alice on lune").is_err());
        }
    }

    #[test]
    fn a_secret_prints_as_stars() {
        let secret = Secret::new("password");
        assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "*** *** Some(***)");
    }
}
