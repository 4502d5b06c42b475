//! `[api]` of a configuration: where the daemon listens, and whom it believes. Opens no file.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use gleaner_settings::location::Location;

use crate::config::{ApiConfig, ProxyConfig, ProxyUser, SocketConfig, Span, TokensConfig};
use crate::config_file::error::{Invalid, Problem};
use crate::config_file::format::{ApiTable, ProxyTable, TokensTable};
use crate::config_file::read::Reader;

/// What everybody may do with the socket's file: connect. Who they are, the kernel tells.
const SOCKET_MODE: u32 = 0o666;
/// The socket's name in a folder for such.
const SOCKET: &str = "api.sock";

impl Reader<'_> {
    pub(super) fn api(&self, mut table: ApiTable, store: &Path) -> Result<ApiConfig, Invalid> {
        let listen = self.listen(&table)?;
        let socket = self.socket(&mut table, listen.is_some(), store)?;
        let proxy = self.proxy(table.proxy.take().unwrap_or_default())?;
        let tokens = self.tokens(table.tokens.take().unwrap_or_default())?;
        let body_max_mb = self.within("body_max_mb", table.body_max_mb, 64, 1..=4096)?;
        let bodies_max_mb = self.within("bodies_max_mb", table.bodies_max_mb, 128, 1..=65_536)?;
        let bytes = |mb: u64| usize::try_from(mb << 20).unwrap_or(usize::MAX);
        let connections = |key, value, default| self.within(key, value, default, 1..=1_000_000);
        Ok(ApiConfig {
            listen,
            socket,
            proxy,
            tokens,
            identity_header: self.header(table.identity_header, "X-CIGRI-USER")?,
            open_reads: table.open_reads.unwrap_or(false),
            root_is_admin: table.admins.is_some(),
            admins: table.admins.unwrap_or_else(|| vec!["root".to_owned()]),
            body_max: bytes(body_max_mb),
            bodies_max: bytes(bodies_max_mb.max(body_max_mb)),
            body_within: self.patience("body_within", table.body_within, 60)?,
            head_within: self.patience("head_within", table.head_within, 10)?,
            stall_within: self.patience("stall_within", table.stall_within, 20)?,
            idle_within: self.patience("idle_within", table.idle_within, 60)?,
            connections_max: connections("connections_max", table.connections_max, 2000)?,
            peer_connections_max: connections(
                "peer_connections_max",
                table.peer_connections_max,
                1000,
            )?,
        })
    }

    fn listen(&self, table: &ApiTable) -> Result<Option<SocketAddr>, Invalid> {
        let (location, text) = match ((self.environment)("GLEANER_LISTEN"), &table.listen) {
            (Some(text), _) => (Location::default(), text),
            (None, Some(listen)) => (self.at(listen), listen.get_ref().clone()),
            (None, None) => return Ok(None),
        };
        let listen: SocketAddr =
            text.parse().map_err(|_| location.invalid(Problem::BadListen(text)))?;
        if !listen.ip().is_loopback() {
            return Err(location.invalid(Problem::OpenListen(listen)));
        }
        Ok(Some(listen))
    }

    /// The socket: that which is named; where no address is named either, the usual one.
    fn socket(
        &self,
        table: &mut ApiTable,
        listens: bool,
        store: &Path,
    ) -> Result<Option<SocketConfig>, Invalid> {
        let group = table.socket_group.take();
        let mode = match &table.socket_mode {
            None => SOCKET_MODE,
            Some(text) => match u32::from_str_radix(text.get_ref(), 8) {
                // Without our own right to it, nobody could tell whether we live.
                Ok(mode) if mode <= 0o777 && mode & 0o600 == 0o600 => mode,
                Ok(_) | Err(_) => {
                    let range = "the rights of a file in octal digits, from \"600\" to \"777\"";
                    return Err(self.range(text, "socket_mode", text.get_ref(), range));
                }
            },
        };
        let environment = |name| (self.environment)(name).filter(|value| !value.is_empty());
        let named = environment("GLEANER_SOCKET").map(PathBuf::from);
        let named = named.or_else(|| table.socket.take().map(|path| self.joined(path)));
        let (path, make_folder) = match named {
            Some(path) => (path, false),
            None if listens => return Ok(None),
            None => match (environment("RUNTIME_DIRECTORY"), environment("XDG_RUNTIME_DIR")) {
                // systemd names the folders of a unit that has several with a colon between them.
                (Some(folders), _) => {
                    let first = folders.split(':').next().unwrap_or_default();
                    (Path::new(first).join(SOCKET), false)
                }
                (None, Some(folder)) => (Path::new(&folder).join("gleaner").join(SOCKET), true),
                (None, None) => (store.with_file_name(SOCKET), false),
            },
        };
        Ok(Some(SocketConfig { path, mode, group, make_folder }))
    }

    fn tokens(&self, table: TokensTable) -> Result<TokensConfig, Invalid> {
        Ok(TokensConfig {
            own: table.own.unwrap_or(true),
            issuers: table.issuers.unwrap_or_default(),
            lifetime_max: self.at_least(
                "lifetime_max",
                table.lifetime_max,
                90,
                Span::from_seconds(60),
                "at least a minute",
            )?,
            issuer: table.issuer.unwrap_or_else(|| "gleaner".to_owned()),
            audience: table.audience.unwrap_or_else(|| "gleaner".to_owned()),
        })
    }

    fn proxy(&self, table: ProxyTable) -> Result<ProxyConfig, Invalid> {
        let mut addresses = Vec::new();
        for text in table.addresses.unwrap_or_default() {
            let address: IpAddr = text.get_ref().parse().map_err(|_| {
                self.at(&text).invalid(Problem::BadProxyAddress(text.get_ref().clone()))
            })?;
            addresses.push(address);
        }
        let header = table.secret_header;
        if let (Some(header), None) = (&header, &table.secret_file) {
            let needs = Problem::Needs("secret_header", "secret_file");
            return Err(self.at(header).invalid(needs));
        }
        Ok(ProxyConfig {
            users: table.users.unwrap_or_default().into_iter().map(ProxyUser::from).collect(),
            secret_file: table.secret_file.map(|path| self.joined(path)),
            secret_header: self.header(header, "X-Gleaner-Proxy-Secret")?,
            addresses,
        })
    }
}
