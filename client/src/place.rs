//! Where a daemon is: a Unix socket, or an address of HTTP. Asks nobody.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a daemon is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A socket of this machine: the daemon sees which user calls.
    Unix(PathBuf),
    /// An address that begins with `http://` or `https://`, without a slash at its end. It may have a path, which a proxy
    /// puts before the daemon's routes.
    Http(String),
}

/// A text that is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of a daemon")]
pub struct PlaceError {
    text: String,
}

impl PlaceError {
    /// Returns a hint: what to do about it.
    pub fn hint(&self) -> &'static str {
        "write `unix:/path/of/socket`, `http://HOST:PORT` or `https://HOST`"
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Place, PlaceError> {
        let error = || PlaceError { text: text.to_owned() };
        if text.chars().any(|c| c.is_control()) {
            return Err(error());
        }
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path.starts_with('/') {
                true => Ok(Place::Unix(path.into())),
                false => Err(error()),
            };
        }
        let host = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let bare = host.filter(|host| !host.is_empty() && !host.contains(['?', '#', '@', ' ']));
        let parsed = reqwest::Url::parse(text).is_ok_and(|url| url.has_host());
        bare.filter(|_| parsed).ok_or_else(error)?;
        Ok(Place::Http(text.trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Http(url) => f.write_str(url),
        }
    }
}

impl Place {
    /// Returns what stands before a route in a request's address.
    pub(crate) fn base(&self) -> &str {
        match self {
            // The host's name goes into a header that nobody reads.
            Place::Unix(_) => "http://localhost",
            Place::Http(url) => url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places_are_read_and_written_alike() {
        for (text, written) in [
            ("unix:/run/gleaner/api.sock", "unix:/run/gleaner/api.sock"),
            ("unix:///tmp/s", "unix:/tmp/s"),
            ("http://127.0.0.1:8090/", "http://127.0.0.1:8090"),
            ("https://grid.example/cigri-api/", "https://grid.example/cigri-api"),
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!(place.to_string(), written);
            assert_eq!(written.parse(), Ok(place));
        }
    }

    #[test]
    fn what_is_no_place_is_told() {
        for wrong in [
            "",
            "unix:",
            "unix:socket",
            "http://",
            "127.0.0.1:8090",
            "ftp://x",
            "http://a b",
            "http://u:p@host",
            "https://host?x=1",
            "http://:80",
            "http://h\n",
        ] {
            let error = wrong.parse::<Place>().unwrap_err();
            assert!(error.to_string().contains(wrong) && error.hint().contains("unix:"), "{wrong}");
        }
    }
}
