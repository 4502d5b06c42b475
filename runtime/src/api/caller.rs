//! The entrance: who asks, by the name that the proxy before us has put into a header, and what they may, by
//! the administrators' names in the settings. Believes the name, since only such a proxy can reach us; checks
//! only that it can be a login. Behind it, nobody compares names to grant a right.

use axum::http::HeaderMap;

use crate::api::failed::Failed;
use crate::config::ApiConfig;
use crate::request::{Caller, Rights};

/// The longest login, in bytes.
const LOGIN_MAX: usize = 64;

/// Reads the caller's name and rights; none for CiGri's words for nobody.
pub(super) fn caller(headers: &HeaderMap, config: &ApiConfig) -> Result<Option<Caller>, Failed> {
    let mut values = headers.get_all(config.identity_header.as_str()).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        let header = &config.identity_header;
        return Err(Failed::forbidden(
            format!("the header `{header}` is there twice"),
            Some("let the proxy replace what callers send"),
        ));
    }
    let name = value.to_str().unwrap_or("\u{fffd}").trim();
    if name.is_empty() || ["unknown", "null"].iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return Ok(None);
    }
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@+".contains(&byte);
    if name.len() > LOGIN_MAX || !name.bytes().all(good) || name.starts_with('-') {
        return Err(Failed::forbidden(
            "the caller's name cannot be a login",
            Some("logins are at most 64 letters, digits and `._-@+`"),
        ));
    }
    let admin = config.admins.iter().any(|admin| admin == name);
    let rights = if admin { Rights::All } else { Rights::Own };
    Ok(Some(Caller::new(name, rights)))
}
