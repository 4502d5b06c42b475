//! The daemon's own tokens, as texts: made, and read back if they are ours. One key, one algorithm (EdDSA): what says
//! another is refused before it is looked at. Knows neither the store nor the clock.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use gleaner_core::time::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use crate::secrets::Secret;

/// Bytes of a token's number.
const NUMBER_BYTES: usize = 16;
/// Bytes of the key's digest that tell keys apart.
const KEY_ID_BYTES: usize = 8;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnClaims {
    /// Who made it.
    pub iss: String,
    /// For which daemon.
    pub aud: String,
    /// Who the caller is.
    pub sub: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
    /// Its number, by which it can be revoked.
    pub jti: String,
}

/// The library gives no random bytes, or refuses to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no token can be signed")]
pub struct CannotSign;

/// Why a token is not taken. None of them repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// It is no JWT of EdDSA.
    #[error("it is no token of this daemon's kind")]
    Kind,
    /// It names another key.
    #[error("it was signed with a key that is not this daemon's")]
    OtherKey,
    /// Changed, of another issuer, for another daemon, or without what must be in it.
    #[error("it is damaged, or was made by or for another daemon")]
    Claims,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
}

/// Makes tokens, and tells which are ours.
pub struct Signer {
    private: EncodingKey,
    public: DecodingKey,
    key_id: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer(***, {})", self.key_id)
    }
}

impl Signer {
    /// Makes one from 32 secret bytes; from the same, the same.
    ///
    /// # Errors
    /// [`CannotSign`] when the library refuses.
    pub(super) fn from_seed(seed: &[u8]) -> Result<Signer, CannotSign> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CannotSign)?;
        let private = pair.to_pkcs8().map_err(|_| CannotSign)?;
        let public = pair.public_key().as_ref();
        Ok(Signer {
            private: EncodingKey::from_ed_der(private.as_ref()),
            public: DecodingKey::from_ed_der(public),
            key_id: hex(&digest(&SHA256, public).as_ref()[..KEY_ID_BYTES]),
        })
    }

    /// Draws the number of a new token.
    ///
    /// # Errors
    /// [`CannotSign`] when the system has no random bytes.
    pub fn number() -> Result<String, CannotSign> {
        let mut bytes = [0; NUMBER_BYTES];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CannotSign)?;
        Ok(hex(&bytes))
    }

    /// Signs a token.
    ///
    /// # Errors
    /// [`CannotSign`] when the library refuses.
    pub fn sign(&self, claims: &OwnClaims) -> Result<Secret, CannotSign> {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::EdDSA) };
        let signed = encode(&header, claims, &self.private).map_err(|_| CannotSign)?;
        Ok(Secret::new(signed))
    }

    /// Reads a token that we have signed for this issuer and this daemon, and whose time is not over.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn read(
        &self,
        token: &str,
        issuer: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<OwnClaims, Untrusted> {
        let header = decode_header(token).map_err(|_| Untrusted::Kind)?;
        if header.alg != Algorithm::EdDSA {
            return Err(Untrusted::Kind);
        }
        if header.kid.as_deref() != Some(self.key_id.as_str()) {
            return Err(Untrusted::OtherKey);
        }
        let mut wanted = Validation::new(Algorithm::EdDSA);
        wanted.set_issuer(&[issuer]);
        wanted.set_audience(&[audience]);
        wanted.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // By the daemon's clock, below.
        wanted.validate_exp = false;
        let read = decode::<OwnClaims>(token, &self.public, &wanted);
        let claims = read.map_err(|_| Untrusted::Claims)?.claims;
        if claims.exp <= now.seconds() {
            return Err(Untrusted::Expired);
        }
        Ok(claims)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use gleaner_core::time::Timestamp;
    use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
    use serde_json::json;

    use super::{OwnClaims, Signer, Untrusted};

    const NOW: i64 = 1_000_000_000;

    fn claims() -> OwnClaims {
        OwnClaims {
            iss: "gleaner".into(),
            aud: "grid".into(),
            sub: "alice".into(),
            iat: NOW,
            exp: NOW + 60,
            jti: Signer::number().unwrap(),
        }
    }

    fn read(signer: &Signer, token: &str) -> Result<OwnClaims, Untrusted> {
        signer.read(token, "gleaner", "grid", Timestamp::from_seconds(NOW))
    }

    #[test]
    fn only_what_we_signed_for_this_daemon_is_taken_and_only_in_its_time() {
        let (ours, other) =
            (Signer::from_seed(&[7; 32]).unwrap(), Signer::from_seed(&[8; 32]).unwrap());
        let token = ours.sign(&claims()).unwrap();
        let token = token.reveal();
        assert_eq!(read(&ours, token).unwrap().sub, "alice");
        assert_eq!(read(&Signer::from_seed(&[7; 32]).unwrap(), token).unwrap().sub, "alice");
        assert_eq!(read(&other, token), Err(Untrusted::OtherKey));
        let at = |seconds| ours.read(token, "gleaner", "grid", Timestamp::from_seconds(seconds));
        assert!(at(NOW + 59).is_ok());
        assert_eq!(at(NOW + 60), Err(Untrusted::Expired));
        let now = Timestamp::from_seconds(NOW);
        assert_eq!(ours.read(token, "gleaner", "another", now), Err(Untrusted::Claims));
        assert_eq!(ours.read(token, "another", "grid", now), Err(Untrusted::Claims));
        // Each letter of it counts; the last of each part may hold bits that mean nothing.
        for place in 0..token.len() {
            let mut changed = token.as_bytes().to_vec();
            changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).unwrap();
            if let Ok(taken) = read(&ours, &changed) {
                assert_eq!(taken, read(&ours, token).unwrap(), "{place}");
            }
        }
    }

    #[test]
    fn no_other_algorithm_is_taken_whatever_key_it_uses() {
        let ours = Signer::from_seed(&[7; 32]).unwrap();
        let kid = Some(ours.key_id.clone());
        // The public key as the secret of a message code, as attackers do where the token chooses.
        let public = ours.public.try_get_as_bytes().unwrap().to_vec();
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: kid.clone(), ..Header::new(algorithm) };
            let forged = encode(&header, &claims(), &EncodingKey::from_secret(&public)).unwrap();
            assert_eq!(read(&ours, &forged), Err(Untrusted::Kind));
        }
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let good = ours.sign(&claims()).unwrap();
        let signature = good.reveal().rsplit('.').next().unwrap();
        for (alg, signature) in [("none", ""), ("None", ""), ("EdDSA", ""), ("ES256", signature)] {
            let head = part(json!({ "alg": alg, "typ": "JWT", "kid": kid }));
            let forged = format!("{head}.{}.{signature}", part(json!(claims())));
            assert!(read(&ours, &forged).is_err(), "{alg}");
        }
        for garbage in ["", ".", "..", "a.b.c", "é.é.é", &"x".repeat(100_000)] {
            assert_eq!(read(&ours, garbage), Err(Untrusted::Kind));
        }
        // Without a key's name, it is nobody's.
        let header = Header { kid: None, ..Header::new(Algorithm::EdDSA) };
        let nameless = encode(&header, &claims(), &ours.private).unwrap();
        assert_eq!(read(&ours, &nameless), Err(Untrusted::OtherKey));
    }

    #[test]
    fn what_must_be_in_it_is_missed() {
        let ours = Signer::from_seed(&[7; 32]).unwrap();
        for missing in ["iss", "aud", "sub", "exp", "jti"] {
            let mut said = json!(claims());
            said.as_object_mut().unwrap().remove(missing);
            let header = Header { kid: Some(ours.key_id.clone()), ..Header::new(Algorithm::EdDSA) };
            let signed = encode(&header, &said, &ours.private).unwrap();
            assert_eq!(read(&ours, &signed), Err(Untrusted::Claims), "{missing}");
        }
    }
}
