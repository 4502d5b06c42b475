//! What the API says about itself, its clock, its users and its files.

use std::fmt;

use serde_json::Value;
use serde_json_borrow::Value as Json;

use super::Dialect;
use super::error::WireError;
use super::field::{Field, both, each, oar2, oar3, record};
use super::page::Link;
use super::values::ApiTime;

record! {
    /// Versions, at the root and at `/version`.
    pub struct Version {
        /// Version of OAR.
        oar_version: String = both("oar_version"),
        /// Version of the API.
        api_version: String = both("api_version"),
        /// Version of the API's library.
        apilib_version: String = both("apilib_version"),
        /// Version of the server.
        oar_server_version: Option<String> = oar3("oar_server_version"),
        /// Version of the library.
        oar_lib_version: Option<String> = oar3("oar_lib_version"),
        /// The server's clock.
        api_timestamp: ApiTime = both("api_timestamp"),
        /// The server's time zone.
        api_timezone: String = both("api_timezone"),
        /// Links of OAR 2's root.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

record! {
    /// The server's time zone and clock.
    pub struct Timezone {
        /// The time zone, for instance `UTC`.
        timezone: String = each("timezone", "api_timezone"),
        /// The server's clock.
        api_timestamp: ApiTime = both("api_timestamp"),
    }
}

record! {
    /// Who the server takes us for.
    pub struct WhoAmI {
        /// The login; empty if the token was refused.
        authenticated_user: String = both("authenticated_user"),
        /// The server's clock.
        api_timestamp: ApiTime = both("api_timestamp"),
        /// The server's time zone.
        api_timezone: Option<String> = oar3("api_timezone"),
    }
}

record! {
    /// A token that was found good (OAR 3).
    pub struct TokenCheck {
        /// Whose token it is.
        user: String = both("user"),
        /// For people.
        auth: String = both("auth"),
        /// The server's clock.
        api_timestamp: ApiTime = both("api_timestamp"),
        /// The server's time zone.
        api_timezone: Option<String> = oar3("api_timezone"),
    }
}

record! {
    /// A fresh token in exchange for a good one (OAR 3).
    pub struct NewToken {
        /// The token.
        token: Token = both("OAR_API_TOKEN"),
        /// The server's clock.
        api_timestamp: ApiTime = both("api_timestamp"),
        /// The server's time zone.
        api_timezone: Option<String> = oar3("api_timezone"),
    }
}

/// A token in an answer. Does not show itself in debug texts.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Field for Token {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        String::read(dialect, value).map(Self)
    }

    fn write(&self, _: Dialect) -> Value {
        Value::from(self.0.as_str())
    }
}

record! {
    /// How loaded the cluster's front end says it is.
    pub struct Stress {
        /// A number as text: 0 is quiet, 1 and more is too much.
        global_stress: String = both("GLOBAL_STRESS"),
        /// The server's clock.
        api_timestamp: ApiTime = both("api_timestamp"),
        /// The server's time zone.
        api_timezone: Option<String> = oar3("api_timezone"),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}

impl Stress {
    /// The number, where the site's script printed one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.global_stress.trim().parse().ok().filter(|value: &f64| value.is_finite())
    }
}

record! {
    /// A file in a folder.
    pub struct FileEntry {
        /// Its name.
        name: String = both("name"),
        /// `f`, `d`, ...
        kind: String = both("type"),
        /// Its size in bytes, as text.
        size: String = both("size"),
        /// Permissions.
        mode: u32 = both("mode"),
        /// When it was changed, in seconds since 1970.
        mtime: i64 = both("mtime"),
    }
}

record! {
    /// The answer to an upload.
    pub struct Uploaded {
        /// For people.
        status: String = both("status"),
        /// `true`.
        success: String = both("success"),
        /// Links of OAR 2.
        links: Option<Vec<Link>> = oar2("links").dropped(),
    }
}
