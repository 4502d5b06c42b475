//! Who calls: the user of this machine behind the Unix socket, or whom a proxy names in the identity header, if that proxy
//! has proved itself. Nobody is believed on his own word.

use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::api::failed::Failed;
use crate::api::peer::Peer;
use crate::api::settings::ApiSettings;
use crate::config::{ApiConfig, ProxyUser};
use crate::request::{Caller, Rights};

/// The longest login, in bytes.
const LOGIN_MAX: usize = 64;

/// Finds out who sends a request, and what they may do.
pub(super) fn identify(request: &Parts, settings: &ApiSettings) -> Result<Caller, Failed> {
    let (config, headers) = (&settings.api, &request.headers);
    let peer = request.extensions.get::<Peer>();
    let proxy = is_proxy(peer, headers, settings);
    match said(headers, &config.identity_header)? {
        Some(name) if proxy => named_by_proxy(name, config),
        Some(_) => Err(Failed::unproven(&config.identity_header)),
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
    let listed = config.admins.iter().any(|admin| admin == login);
    // Whoever is root of this machine need not be one who decides about the grid.
    let unless_root = uid != 0 && login != "root" || config.root_is_admin;
    caller(login, listed && unless_root)
}

fn caller(name: &str, admin: bool) -> Result<Caller, Failed> {
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
