//! What can be wrong with the daemon's configuration, with the place in the file and a hint. Knows
//! not how the settings are used.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;

use gleaner_core::policy::error::PolicyError;
use gleaner_settings::location::{self, Source};
use gleaner_settings::range::OutOfRange;
use gleaner_settings::syntax::SyntaxError;
use gleaner_settings::text::CONVERT_HINT;

use crate::config::notifications::NotAllowed;
use crate::sites::manager::BadText;

/// Why a configuration cannot be used. The text says what and where; [`ConfigError::hint`] what to
/// do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It says something that cannot be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

/// Something that is wrong in a configuration, and where.
pub type Invalid = location::Invalid<Problem>;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, an unknown key, or a value of the wrong type: in the parser's words.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// Nothing to harvest.
    #[error("the configuration has no cluster")]
    NoCluster,
    /// More clusters than can be numbered.
    #[error("{0} clusters are more than the {max} that can be numbered", max = u16::MAX)]
    TooManyClusters(usize),
    /// Two clusters of one name.
    #[error("two clusters are called `{0}`")]
    TwiceNamed(String),
    /// Two entries of one server: each would take the other's jobs for its own, and count all cores.
    #[error("clusters `{0}` and `{1}` have one server")]
    TwiceServed(String, String),
    /// A name that cannot be used in JDLs, paths and job names.
    #[error("`{0}` cannot be the name of a cluster")]
    BadName(String),
    /// Not the address of a server.
    #[error("`{0}` is not the address of an API")]
    BadUrl(String),
    /// A password in an address, where logs and errors would repeat it.
    #[error("`api_url` of cluster `{0}` holds a user or a password")]
    SecretInUrl(String),
    /// Not an address to listen at.
    #[error("`{0}` is not an address to listen at")]
    BadListen(String),
    /// Listening where anybody could claim to be anybody.
    #[error(
        "`{0}` can be reached from other machines, and what is said there can be heard and changed on its way"
    )]
    OpenListen(SocketAddr),
    /// Not the address of a proxy.
    #[error("`{0}` is not an IP address")]
    BadProxyAddress(String),
    /// A text that cannot name an HTTP header.
    #[error("`{0}` cannot be the name of an HTTP header")]
    BadHeader(String),
    /// A number or a duration outside its range.
    #[error("{0}")]
    Range(#[from] OutOfRange),
    /// A walltime that is none.
    #[error("`{0}` is not a walltime")]
    BadWalltime(String),
    /// A filter of resources that is none.
    #[error("`properties` is no filter of resources: {0}")]
    BadFilter(BadText),
    /// A policy that cannot be made.
    #[error(transparent)]
    Policy(PolicyError),
    /// A key that a kind of authentication needs.
    #[error("`auth = \"{auth}\"` needs `{key}`")]
    AuthNeeds {
        /// The kind.
        auth: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A key that a kind of authentication has no use for.
    #[error("`{key}` has no meaning with `auth = \"{auth}\"`")]
    AuthIgnores {
        /// The kind.
        auth: &'static str,
        /// The key.
        key: &'static str,
    },
    /// Tokens for a cluster that knows none.
    #[error("{0}")]
    NoTokens(BadText),
    /// A key that has no meaning without another.
    #[error("`{0}` needs `{1}`")]
    Needs(&'static str, &'static str),
    /// Not the address of a mail server.
    #[error("`{0}` is not the address of a mail server")]
    BadSmtp(String),
    /// A password that others could read on its way.
    #[error("the password would go to the mail server in the clear")]
    PasswordInTheClear,
    /// Not a mail address.
    #[error("`{0}` is not a mail address")]
    BadMail(String),
    /// Not a domain of mail.
    #[error("`{0}` is not a domain")]
    BadDomain(String),
    /// Not what addresses of webhooks can begin with. It is not repeated: it may hold a secret.
    #[error("addresses of webhooks cannot begin with that")]
    BadWebhook,
    /// Not a network.
    #[error("`{0}` is not a network")]
    BadNetwork(String),
    /// An address that nothing may go to.
    #[error(transparent)]
    NotAllowed(NotAllowed),
    /// An environment variable holds what its key cannot.
    #[error("environment variable `{name}`: {message}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value.
        message: String,
    },
}

impl Problem {
    /// Returns a hint: what the operator can do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Problem::Syntax(error) => return error.hint(),
            Problem::NoCluster => {
                "begin with `[[cluster]]`; `gleaner init --daemon` writes a commented example"
            }
            Problem::TooManyClusters(_) => "run a second daemon for the others",
            Problem::TwiceNamed(_) => "give each cluster a name of its own",
            Problem::TwiceServed(..) => {
                "keep one of them, and let JDLs choose among its nodes by `properties`; to rename a cluster, change the \
                 name of its entry"
            }
            Problem::BadName(_) => {
                "use at most 64 letters, digits, `-`, `_` and `.`, beginning with a letter"
            }
            Problem::BadUrl(_) => {
                "write `http://host:port/path/` or `https://...`, without query or fragment"
            }
            Problem::SecretInUrl(_) => {
                "write `auth = \"basic\"`, `username`, and `password_file` with the path of a file that holds it"
            }
            Problem::BadListen(_) => "write an IP address and a port, as in `127.0.0.1:8090`",
            Problem::OpenListen(_) => {
                "listen at 127.0.0.1, behind a proxy that speaks https with other machines"
            }
            Problem::BadProxyAddress(_) => {
                "write the address that the proxy connects from, as in `192.0.2.7`, without a port"
            }
            Problem::BadHeader(_) => "use letters, digits, `-` and `_`, as in `X-CIGRI-USER`",
            Problem::BadWalltime(_) => "write `01:00:00`, or seconds as a text, `\"3600\"`",
            Problem::BadFilter(bad) | Problem::NoTokens(bad) => return bad.hint.clone(),
            Problem::Policy(error) => return Some(error.hint()),
            Problem::AuthNeeds { .. } => "add the key, or choose another `auth`",
            Problem::AuthIgnores { .. } => "remove the key, or choose another `auth`",
            Problem::Needs(..) => "add the second key, or remove the first",
            Problem::BadSmtp(_) => {
                "write `smtps://host` (TLS, port 465) or `smtp://host` (STARTTLS, port 587), with `smtp_user` and \
                 `smtp_password_file` where the server wants a password"
            }
            Problem::PasswordInTheClear => {
                "remove `smtp_unencrypted`, or the user and the password"
            }
            Problem::BadMail(_) => "write `somebody@example.org`",
            Problem::BadDomain(_) => "write `example.org`, or `*` for all domains",
            Problem::BadWebhook => {
                "write `https://host/path`, without a query; `http` only with an address of this machine, as in \
                 `http://127.0.0.1:8065/hooks/`"
            }
            Problem::BadNetwork(_) => "write `10.0.0.0/8`, or `fd00::/8`",
            Problem::NotAllowed(not) => not.hint(),
            Problem::Variable { .. } => "unset the variable to use the file's setting",
            Problem::Range(_) => return None,
        };
        Some(text.to_owned())
    }
}

impl ConfigError {
    /// Returns a hint: what the operator can do about it, if anything is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            ConfigError::Read { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                Some(CONVERT_HINT.to_owned())
            }
            ConfigError::Read { .. } => Some(
                "check the path; `gleaner init --daemon` writes a configuration to begin with"
                    .to_owned(),
            ),
            ConfigError::Invalid(invalid) => invalid.problem.hint(),
        }
    }

    /// Returns the text of the file and the part of it that is meant, for a picture of the error.
    pub fn excerpt(&self) -> Option<(&Source, Range<usize>)> {
        match self {
            ConfigError::Read { .. } => None,
            ConfigError::Invalid(invalid) => invalid.location.excerpt(),
        }
    }
}
