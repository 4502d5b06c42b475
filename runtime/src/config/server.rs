//! Which server an address leads to: two ways to write one address are one server. Asks nobody, so a server
//! with two names, or behind two locations, counts as two.

use std::net::IpAddr;

use reqwest::Url;

/// Returns what is equal for all ways to write the address of one server: the host, the port unless it is its
/// scheme's own, and the path.
///
/// `http` and `https` at their own ports are one, since a site serves one API by both; so are the names and
/// addresses of this machine. Case of the host, dots behind it, and slashes that are doubled or at the end of
/// the path do not matter.
pub fn server(api_url: &str) -> String {
    let Ok(url) = Url::parse(api_url) else { return api_url.to_owned() };
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().ok().map(|address: IpAddr| address.to_canonical());
    let here = match address {
        Some(address) => address.is_loopback() || address.is_unspecified(),
        None => host == "localhost" || host.ends_with(".localhost"),
    };
    let host = match address {
        _ if here => "localhost".to_owned(),
        Some(address) => address.to_string(),
        None => host,
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let parts = url.path().split('/').filter(|part| !part.is_empty());
    let path: Vec<&str> = parts.collect();
    format!("{host}{port}/{}", path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn one_address_is_one_server_however_it_is_written() {
        for ways in [
            &[
                "http://lune.example/oarapi/",
                "HTTP://Lune.Example:80/oarapi",
                "https://lune.example./oarapi//",
            ][..],
            &[
                "http://127.0.0.1:6668/",
                "http://localhost:6668",
                "http://[::1]:6668/",
                "http://127.1.2.3:6668/./",
                "http://[::ffff:127.0.0.1]:6668/",
                "http://0.0.0.0:6668/",
                "http://LOCALHOST.:6668/x/..",
            ],
            &[
                "http://10.0.0.7/a/b",
                "http://10.0.0.7//a//b/",
                "http://[::ffff:10.0.0.7]/a/b/",
                "http://10.7/a/b",
            ],
        ] {
            for way in ways {
                assert_eq!(server(way), server(ways[0]), "{way}");
            }
        }
        let others = [
            "http://h/a",
            "http://h/b",
            "http://h:81/a",
            "http://i/a",
            "http://h/A",
            "https://h:80/a",
        ];
        for (index, one) in others.iter().enumerate() {
            for other in &others[..index] {
                assert_ne!(server(one), server(other), "{one} {other}");
            }
        }
    }
}
