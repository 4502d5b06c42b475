//! Who calls: OAR 3's tokens (HS256, claims `user`, `exp`, `date`) and OAR 2's trusted header.
//! Expiry follows the emulated calendar. Must not know routes.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Map, Value};

use crate::calendar;
use crate::error::EmulatorError;

/// How long a token lives unless a scenario says otherwise: 364 days, as OAR's packaged setting.
pub const TOKEN_LIFE_S: i64 = 524_160 * 60;
/// Bytes of a secret.
const SECRET_LEN: usize = 32;
/// Headers by which OAR 2 is told who calls.
pub const IDENT_HEADERS: [&str; 2] = ["x-remote-ident", "x_remote_ident"];

/// What an `Authorization` header comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// There is none.
    Absent,
    /// Not a bearer token.
    WrongScheme,
    /// A token that is broken, expired or signed by another key.
    Invalid,
    /// Somebody's valid token.
    User(String),
}

/// The secret with which a cluster signs its tokens.
pub struct TokenKey {
    sign: EncodingKey,
    check: DecodingKey,
    life_s: i64,
}

impl TokenKey {
    /// A key whose tokens live for `life_s` seconds.
    pub fn new(secret: &[u8], life_s: i64) -> TokenKey {
        TokenKey {
            sign: EncodingKey::from_secret(secret),
            check: DecodingKey::from_secret(secret),
            life_s,
        }
    }

    /// A token of `user`, made at `now_s`.
    ///
    /// # Errors
    /// The signature cannot be made.
    pub fn token(&self, user: &str, now_s: i64) -> Result<String, EmulatorError> {
        let claims = serde_json::json!({
            "user": user,
            "exp": now_s.saturating_add(self.life_s),
            "date": calendar::text(now_s),
        });
        encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(EmulatorError::Token)
    }

    /// Whose `Authorization` header it is at `now_s`. As on a real server, `exp` and `date` may be
    /// missing, and a `date` that is none does no harm.
    pub fn credentials(&self, header: Option<&str>, now_s: i64) -> Credentials {
        let Some(header) = header else { return Credentials::Absent };
        let Some((scheme, token)) = header.split_once(' ') else {
            return Credentials::Absent;
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Credentials::WrongScheme;
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would look at the wall clock.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let claims = match decode::<Map<String, Value>>(token.trim(), &self.check, &validation) {
            Ok(data) => data.claims,
            Err(_) => return Credentials::Invalid,
        };
        let expired = match claims.get("exp") {
            None => false,
            Some(exp) => exp.as_f64().is_none_or(|exp| exp < now_s as f64),
        };
        match claims.get("user").and_then(Value::as_str) {
            Some(user) if !expired && !user.is_empty() => Credentials::User(user.to_owned()),
            Some(_) | None => Credentials::Invalid,
        }
    }
}

/// A secret for one run.
///
/// # Errors
/// The system has no random bytes.
pub fn secret() -> Result<[u8; SECRET_LEN], EmulatorError> {
    use std::io::Read;
    let mut bytes = [0; SECRET_LEN];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|source| EmulatorError::System { doing: "draw a secret", source })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_000_000_000;

    fn bearer(claims: &Value, algorithm: Algorithm, secret: &[u8]) -> String {
        let key = EncodingKey::from_secret(secret);
        format!("Bearer {}", encode(&Header::new(algorithm), claims, &key).unwrap())
    }

    #[test]
    fn a_token_lives_by_the_emulated_calendar() {
        let key = TokenKey::new(b"secret", 3600);
        let header = format!("Bearer {}", key.token("alice", NOW_S).unwrap());
        let at = |now_s| key.credentials(Some(&header), now_s);
        assert_eq!(at(NOW_S), Credentials::User("alice".to_owned()));
        assert_eq!(at(NOW_S + 3600), Credentials::User("alice".to_owned()));
        assert_eq!(at(NOW_S + 3601), Credentials::Invalid);
    }

    #[test]
    fn credentials_are_judged_as_a_real_server_does() {
        let key = TokenKey::new(b"secret", 3600);
        let check = |header: Option<&str>, want: Credentials| {
            assert_eq!(key.credentials(header, NOW_S), want, "{header:?}");
        };
        let alice = || Credentials::User("alice".to_owned());
        let exp = NOW_S + 60;
        let hs256 = |claims| bearer(&claims, Algorithm::HS256, b"secret");
        check(None, Credentials::Absent);
        check(Some("Basic YWxpY2U6YWxpY2U="), Credentials::WrongScheme);
        check(Some("Bearer garbage"), Credentials::Invalid);
        let claims = serde_json::json!({"user": "alice", "exp": exp});
        check(Some(&bearer(&claims, Algorithm::HS256, b"other")), Credentials::Invalid);
        check(Some(&bearer(&claims, Algorithm::HS512, b"secret")), Credentials::Invalid);
        check(Some(&hs256(serde_json::json!({"exp": exp}))), Credentials::Invalid);
        check(Some(&hs256(serde_json::json!({"user": 7}))), Credentials::Invalid);
        let expired = serde_json::json!({"user": "alice", "exp": NOW_S - 1});
        check(Some(&hs256(expired)), Credentials::Invalid);
        check(Some(&hs256(serde_json::json!({"user": "alice", "date": "bad date"}))), alice());
        check(Some(&hs256(serde_json::json!({"user": "alice"}))), alice());
    }
}
