//! What can be seen of a token without the server that made it: whether it can be one, whose, its expiry and a
//! fingerprint. Keeps nothing and checks no signature.

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
    /// It is none of those that OAR 3 gives.
    #[error("this is no token of OAR 3: it must have three parts, with dots between them, {0}")]
    NoToken(&'static str),
}

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is: a login of the cluster.
    pub user: String,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Reads what a token of OAR 3 says of itself: a JWT with the claim `user`, and mostly `exp`.
///
/// # Errors
/// [`TokenError::NoToken`] when it cannot be such a token. It may have been forged all the same.
pub fn claims(token: &Secret) -> Result<Claims, TokenError> {
    let parts: Vec<&str> = token.reveal().split('.').collect();
    let [head, body, signature] = parts[..] else {
        let wrong = if parts.len() == 1 { "and has one" } else { "and has not" };
        return Err(TokenError::NoToken(wrong));
    };
    let object = |part: &str| decoded(part).filter(serde_json::Value::is_object);
    let head =
        object(head).filter(|head| head.get("alg").is_some_and(serde_json::Value::is_string));
    head.ok_or(TokenError::NoToken("and the first does not say how it is signed"))?;
    let body = object(body).ok_or(TokenError::NoToken("and the second says nothing"))?;
    let signed = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('='));
    if !signed.is_ok_and(|signature| !signature.is_empty()) {
        return Err(TokenError::NoToken("and the third is no signature"));
    }
    let user = body.get("user").and_then(serde_json::Value::as_str).filter(|user| !user.is_empty());
    let user = user.ok_or(TokenError::NoToken("and the second does not say whose it is"))?;
    if body.get("exp").is_some_and(|exp| !exp.is_number()) {
        return Err(TokenError::NoToken("and the second does not say when it ends"));
    }
    Ok(Claims { user: user.to_owned(), expires_at: expiry(token) })
}

fn decoded(part: &str) -> Option<serde_json::Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
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
    let claims = decoded(token.reveal().split('.').nth(1)?)?;
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
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{TokenError, claims, expiry, fingerprint, read};

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

    #[test]
    fn garbage_is_no_token() {
        let jwt = |head: &str, body: &str, signature: &str| {
            let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
            read(&format!("{}.{}.{signature}", part(head), part(body))).unwrap()
        };
        let head = r#"{"alg":"HS256","typ":"JWT"}"#;
        let good = claims(&jwt(head, r#"{"user":"alice","exp":1795179782.5}"#, "AAAA")).unwrap();
        assert_eq!(
            (good.user.as_str(), good.expires_at.unwrap().seconds()),
            ("alice", 1_795_179_782)
        );
        assert_eq!(claims(&jwt(head, r#"{"user":"alice"}"#, "AAAA")).unwrap().expires_at, None);
        for (token, why) in [
            (read("garbage").unwrap(), "has one"),
            (read("a.b").unwrap(), "has not"),
            (read("a.b.c.d").unwrap(), "has not"),
            (read("..").unwrap(), "first"),
            (jwt("{}", r#"{"user":"alice"}"#, "AAAA"), "first"),
            (jwt(head, "[]", "AAAA"), "second says nothing"),
            (jwt(head, "not json", "AAAA"), "second says nothing"),
            (jwt(head, r#"{"user":"alice"}"#, ""), "third"),
            (jwt(head, r#"{"user":"alice"}"#, "!!"), "third"),
            (jwt(head, r#"{"exp":1795179782}"#, "AAAA"), "whose"),
            (jwt(head, r#"{"user":7}"#, "AAAA"), "whose"),
            (jwt(head, r#"{"user":""}"#, "AAAA"), "whose"),
            (jwt(head, r#"{"user":"alice","exp":"soon"}"#, "AAAA"), "ends"),
        ] {
            let said = claims(&token).unwrap_err().to_string();
            assert!(said.contains(why) && !said.contains(token.reveal()), "{said}: {why}");
        }
    }
}
