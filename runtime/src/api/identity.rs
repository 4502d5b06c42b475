//! Who calls: the user of this machine behind the Unix socket, whom a proxy names in the identity header, if that proxy
//! has proved itself, or whom one of our own tokens names. Nobody is believed on his own word.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::api::failed::Failed;
use crate::api::peer::Peer;
use crate::api::settings::ApiSettings;
use crate::api::state::Api;
use crate::config::{ApiConfig, ProxyUser};
use crate::request::{Caller, Rights};
use crate::secrets::signer::OwnClaims;
use crate::store::access_tokens::Standing;

/// The longest login, in bytes.
const LOGIN_MAX: usize = 64;

/// Finds out who sends a request, and what they may do.
pub(super) async fn identify(
    request: &Parts,
    api: &Api,
    settings: &ApiSettings,
) -> Result<Caller, Failed> {
    let (config, headers) = (&settings.api, &request.headers);
    let peer = request.extensions.get::<Peer>();
    let proxy = is_proxy(peer, headers, settings);
    match said(headers, &config.identity_header)? {
        Some(name) if proxy => named_by_proxy(name, config),
        Some(_) => Err(Failed::unproven(&config.identity_header)),
        None if let Some(token) = bearer(headers)? => by_token(token, api, config).await,
        None if proxy => Err(Failed::anonymous(&config.identity_header)),
        None => match peer {
            Some(Peer::User { uid, login }) => user_of_machine(*uid, login.as_deref(), config),
            Some(Peer::Address { .. }) | None => Err(Failed::nameless()),
        },
    }
}

/// Whether whoever is at the other end has proved to be a proxy of ours.
fn is_proxy(peer: Option<&Peer>, headers: &HeaderMap, settings: &ApiSettings) -> bool {
    let proxy = &settings.api.proxy;
    match peer {
        Some(Peer::User { uid, login }) => proxy.users.iter().any(|listed| match listed {
            ProxyUser::Uid(listed) => listed == uid,
            ProxyUser::Login(listed) => login.as_deref() == Some(listed),
        }),
        Some(Peer::Address { ip, tls }) => {
            let knows_secret = || {
                let mut shown = headers.get_all(proxy.secret_header.as_str()).iter();
                let (Some(shown), None) = (shown.next(), shown.next()) else { return false };
                settings.proxy_secret.as_ref().is_some_and(|secret| secret.is(shown.as_bytes()))
            };
            let ip = ip.to_canonical();
            (*tls && proxy.addresses.iter().any(|listed| listed.to_canonical() == ip))
                || (ip.is_loopback() && knows_secret())
        }
        None => false,
    }
}

/// What stands in the identity header; nothing for CiGri's words for nobody.
fn said<'a>(headers: &'a HeaderMap, header: &str) -> Result<Option<&'a str>, Failed> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Failed::forbidden(
            format!("the header `{header}` is there twice"),
            Some("let the proxy replace what callers send"),
        ));
    }
    let name = value.to_str().unwrap_or("\u{fffd}").trim();
    let nobody =
        name.is_empty() || ["unknown", "null"].iter().any(|word| name.eq_ignore_ascii_case(word));
    Ok((!nobody).then_some(name))
}

/// A token of ours that the caller shows.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Failed> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Failed::untrusted("there are two of them"));
    }
    let shown = value.to_str().unwrap_or_default().trim();
    let (kind, token) = shown.split_once(' ').unwrap_or((shown, ""));
    // Other kinds are for the proxy.
    Ok(kind.eq_ignore_ascii_case("bearer").then(|| token.trim()))
}

/// Believes a token that is ours, in its time, and not revoked.
async fn by_token(token: &str, api: &Api, config: &ApiConfig) -> Result<Caller, Failed> {
    let tokens = &config.tokens;
    let read = api.signer()?.read(token, &tokens.issuer, &tokens.audience, (api.now)());
    let OwnClaims { sub, jti, .. } = read.map_err(|why| Failed::untrusted(&why.to_string()))?;
    let known = api.access_tokens(move |rows| rows.known(&jti)).await?;
    let restored = "the daemon's store was restored or copied since it was made";
    match known.filter(|row| row.user == sub).map(|row| row.standing) {
        Some(Standing::Good) => {}
        Some(Standing::Revoked) => return Err(Failed::untrusted("it was revoked")),
        Some(Standing::Restored) | None => return Err(Failed::untrusted(restored)),
    }
    Ok(caller(&sub, is_admin(&sub, config))?.with_token())
}

/// Whether a login is an administrator's, where no proxy vouches for who says so.
pub(super) fn is_admin(login: &str, config: &ApiConfig) -> bool {
    let listed = config.admins.iter().any(|admin| admin == login);
    listed && (login != "root" || config.root_is_admin)
}

fn named_by_proxy(name: &str, config: &ApiConfig) -> Result<Caller, Failed> {
    caller(name, config.admins.iter().any(|admin| admin == name))
}

fn user_of_machine(uid: u32, login: Option<&str>, config: &ApiConfig) -> Result<Caller, Failed> {
    let Some(login) = login else {
        return Err(Failed::forbidden(
            format!("your user id, {uid}, has no name on the daemon's machine"),
            Some("call as a user that its user database knows (`getent passwd` lists them)"),
        ));
    };
    // Whoever is root of this machine need not be one who decides about the grid.
    let unless_root = uid != 0 || config.root_is_admin;
    caller(login, is_admin(login, config) && unless_root)
}

/// Makes a caller, if the name can be a login.
pub(super) fn caller(name: &str, admin: bool) -> Result<Caller, Failed> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@+".contains(&byte);
    if name.len() > LOGIN_MAX || !name.bytes().all(good) || name.starts_with('-') {
        return Err(Failed::forbidden(
            "the caller's name cannot be a login",
            Some("logins are at most 64 letters, digits and `._-@+`"),
        ));
    }
    let rights = if admin { Rights::All } else { Rights::Own };
    Ok(Caller::new(name, rights))
}
