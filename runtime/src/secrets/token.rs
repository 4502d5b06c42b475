//! What can be seen of a token without the server that made it: whether it can be sent, its expiry and a fingerprint.
//! Whose it is, its resource manager reads. Keeps nothing and checks no signature.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gleaner_core::time::Timestamp;

use crate::secrets::Secret;

/// The longest token taken, in bytes: what fits into a header everywhere.
pub const TOKEN_MAX: usize = 8000;

/// Why a text cannot be a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing is there.
    #[error("the token is empty")]
    Empty,
    /// It would not fit into a header.
    #[error("the token has {0} bytes, at most {TOKEN_MAX} are taken")]
    TooLong(usize),
    /// It holds something that cannot stand in a header.
    #[error("the token holds a blank, a line break or a character that is not ASCII")]
    Characters,
}

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is: a login of the cluster.
    pub user: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Returns the object that a part of a JWT is.
pub(crate) fn object(part: &str) -> Option<serde_json::Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok().filter(serde_json::Value::is_object)
}

/// Takes a token as people paste it: with or without `Bearer `, and blanks around it.
///
/// # Errors
/// [`TokenError`] when it could not be sent.
pub fn read(text: &str) -> Result<Secret, TokenError> {
    let text = text.trim();
    let bare = match text.split_once(char::is_whitespace) {
        Some((word, rest)) if word.eq_ignore_ascii_case("bearer") => rest.trim_start(),
        None if text.eq_ignore_ascii_case("bearer") => "",
        _ => text,
    };
    if bare.is_empty() {
        return Err(TokenError::Empty);
    }
    if bare.len() > TOKEN_MAX {
        return Err(TokenError::TooLong(bare.len()));
    }
    if !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenError::Characters);
    }
    Ok(Secret::new(bare))
}

/// Returns when a JWT ends by its own claim `exp`; none where it does not say, or is no JWT.
pub fn expiry(token: &Secret) -> Option<Timestamp> {
    let claims = object(token.reveal().split('.').nth(1)?)?;
    let exp = claims.get("exp")?;
    let seconds = exp.as_i64().or_else(|| exp.as_f64().map(|seconds| seconds as i64))?;
    Some(Timestamp::from_seconds(seconds))
}

/// Returns a few characters by which people can tell tokens apart; the token cannot be found from
/// them.
pub fn fingerprint(token: &Secret) -> String {
    let digest = digest(&SHA256, token.reveal().as_bytes());
    digest.as_ref()[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{TokenError, expiry, fingerprint, read};

    #[test]
    fn tokens_are_taken_as_people_paste_them() {
        for text in ["abc", " abc\n", "Bearer abc", "bearer  abc "] {
            assert_eq!(read(text).unwrap().reveal(), "abc", "{text}");
        }
        for (text, error) in [
            ("", TokenError::Empty),
            ("Bearer ", TokenError::Empty),
            ("a b", TokenError::Characters),
            ("a\r\nX: y", TokenError::Characters),
            ("é", TokenError::Characters),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
        assert_eq!(read(&"x".repeat(9000)), Err(TokenError::TooLong(9000)));
    }

    #[test]
    fn a_jwt_says_when_it_ends() {
        // {"alg":"HS256"} . {"user":"alice","exp":1795179782} . signature
        let jwt = read("eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoiYWxpY2UiLCJleHAiOjE3OTUxNzk3ODJ9.AAAA");
        assert_eq!(expiry(&jwt.unwrap()).map(|at| at.seconds()), Some(1_795_179_782));
        for text in ["Blah", "a.b.c", "a.e30.c", "..", "."] {
            assert_eq!(expiry(&read(text).unwrap()), None, "{text}");
        }
        assert_eq!(fingerprint(&read("Blah").unwrap()).len(), 8);
    }
}
