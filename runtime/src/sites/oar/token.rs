//! Tokens of OAR 3: a JWT with the claim `user`, and mostly `exp`. Checks no signature.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secrets::Secret;
use crate::secrets::token::{Claims, expiry, object};

/// Why a text is no such token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no token of OAR 3: it must have three parts, with dots between them, {0}")]
pub(super) struct NoToken(&'static str);

/// Reads what a token says of itself. It may have been forged all the same.
pub(super) fn claims(token: &Secret) -> Result<Claims, NoToken> {
    let parts: Vec<&str> = token.reveal().split('.').collect();
    let [head, body, signature] = parts[..] else {
        let wrong = if parts.len() == 1 { "and has one" } else { "and has not" };
        return Err(NoToken(wrong));
    };
    let head =
        object(head).filter(|head| head.get("alg").is_some_and(serde_json::Value::is_string));
    head.ok_or(NoToken("and the first does not say how it is signed"))?;
    let body = object(body).ok_or(NoToken("and the second says nothing"))?;
    let signed = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('='));
    if !signed.is_ok_and(|signature| !signature.is_empty()) {
        return Err(NoToken("and the third is no signature"));
    }
    let user = body.get("user").and_then(serde_json::Value::as_str).filter(|user| !user.is_empty());
    let user = user.ok_or(NoToken("and the second does not say whose it is"))?;
    if body.get("exp").is_some_and(|exp| !exp.is_number()) {
        return Err(NoToken("and the second does not say when it ends"));
    }
    Ok(Claims { user: user.to_owned(), expires_at: expiry(token) })
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::claims;
    use crate::secrets::token::read;

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
