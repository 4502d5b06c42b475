//! Which daemon is asked, and who asks: by options, variables, a file of the user or of the machine, or the usual socket.
//! Sends nothing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gleaner_client::client::Client;
use gleaner_client::place::Place;
use gleaner_settings::document::Document;
use gleaner_settings::location::Location;
use serde::Deserialize;
use toml::Spanned;

use crate::args::grid::server::ServerArgs;
use crate::failure::{BAD_INPUT, Failure};

/// The file for all users of a machine.
const SYSTEM_FILE: &str = "/etc/gleaner/client.toml";

/// Where the daemon of a machine listens, as its unit has it.
const SYSTEM_SOCKET: &str = "/run/gleaner/api.sock";

/// A token has some hundred bytes.
const TOKEN_MAX: usize = 16 * 1024;

/// What stands in `client.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientFile {
    api: Option<Spanned<String>>,
    token_file: Option<String>,
}

/// A client of the daemon that the options, or else the files, name.
pub(crate) fn client(options: &ServerArgs) -> Result<Client, Failure> {
    let (place, token_file) = match &options.api {
        // A token for one daemon is not shown to another.
        Some(text) => (place(text, &Location::default())?, None),
        None => from_file()?,
    };
    let token = match options.token_file.as_ref().or(token_file.as_ref()) {
        Some(path) => Some(token(path)?),
        None => None,
    };
    Ok(Client::new(place, token.as_deref())?)
}

fn place(text: &str, location: &Location) -> Result<Place, Failure> {
    text.parse().map_err(|error: gleaner_client::place::PlaceError| {
        let hint = error.hint().to_owned();
        Failure::new(BAD_INPUT, format!("{location}{error}"), Some(hint))
    })
}

/// What the first file says that is there.
fn from_file() -> Result<(Place, Option<PathBuf>), Failure> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| set("HOME").map(|home| home.join(".config")));
    let own = folder.map(|folder| folder.join("gleaner/client.toml"));
    for path in own.into_iter().chain([PathBuf::from(SYSTEM_FILE)]) {
        match std::fs::read_to_string(&path) {
            Ok(text) => return in_file(&path, &text),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let message = format!("cannot read `{}`: {error}", path.display());
                return Err(Failure::new(BAD_INPUT, message, None));
            }
        }
    }
    Ok((Place::Unix(usual_socket()), None))
}

/// Where a daemon listens unless it is told otherwise: the user's own, if there is one, else that of the machine.
fn usual_socket() -> PathBuf {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").filter(|value| !value.is_empty());
    let own = folder.map(|folder| Path::new(&folder).join("gleaner/api.sock"));
    own.filter(|own| own.exists()).unwrap_or_else(|| SYSTEM_SOCKET.into())
}

fn in_file(path: &Path, text: &str) -> Result<(Place, Option<PathBuf>), Failure> {
    let read = Document::parse::<ClientFile>(path.display().to_string(), text);
    let (document, file) = read.map_err(|error| {
        let hint = error.problem.hint();
        let usual = "a client's file says `api = \"...\"`, and `token_file = \"...\"` if need be";
        Failure::new(BAD_INPUT, error.to_string(), hint.or(Some(usual.to_owned())))
    })?;
    let place = match &file.api {
        None => Place::Unix(usual_socket()),
        Some(text) => place(text.get_ref(), &document.at(text))?,
    };
    // Paths count from the folder of the file.
    let folder = path.parent().unwrap_or(Path::new("/"));
    Ok((place, file.token_file.map(|token| folder.join(token))))
}

/// The token in a file. Others must not be able to read it.
fn token(path: &Path) -> Result<String, Failure> {
    use std::os::unix::fs::PermissionsExt;
    let failed = |why: String, hint: &str| {
        let message = format!("cannot use the token in `{}`: {why}", path.display());
        Failure::new(BAD_INPUT, message, Some(hint.to_owned()))
    };
    let check = "an administrator issues tokens: `gleaner token issue --user NAME`";
    let mode = std::fs::metadata(path).map_err(|error| failed(error.to_string(), check))?;
    if mode.is_file() && mode.permissions().mode() & 0o077 != 0 {
        let hint = format!("close it to others: chmod 600 {}", path.display());
        return Err(failed("others may read it".to_owned(), &hint));
    }
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string(), check))?;
    let token = text.trim();
    let good = !token.is_empty() && token.len() <= TOKEN_MAX;
    let good = good && token.bytes().all(|byte| byte.is_ascii_graphic());
    match good {
        true => Ok(token.to_owned()),
        false => Err(failed("it holds no token".to_owned(), check)),
    }
}
