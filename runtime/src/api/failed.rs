//! How a request fails: CiGri's `{status, title, message}`, and a hint. Knows no route.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gleaner_core::jdl::error::JdlError;

use crate::heartbeat::Stalled;
use crate::request::{Refused, Unavailable};
use crate::views::ReadError;

/// A failed request. It becomes a body in [`crate::api::service`], where the URL is known.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    /// None: that this URL is not found here.
    pub(super) message: Option<String>,
    pub(super) hint: Option<String>,
}

impl Failed {
    /// The URL leads nowhere.
    pub(super) fn not_found() -> Failed {
        Failed { status: StatusCode::NOT_FOUND, title: "Not found", message: None, hint: None }
    }

    /// The request is wrong.
    pub(super) fn bad(message: impl Into<String>, hint: Option<String>) -> Failed {
        Failed {
            status: StatusCode::BAD_REQUEST,
            title: "Error",
            message: Some(message.into()),
            hint,
        }
    }

    /// The caller may not do this.
    pub(super) fn forbidden(message: impl Into<String>, hint: Option<&str>) -> Failed {
        Failed {
            status: StatusCode::FORBIDDEN,
            title: "Forbidden",
            message: Some(message.into()),
            hint: hint.map(str::to_owned),
        }
    }

    /// Somebody says a name, and has not proved to be a proxy.
    pub(super) fn unproven(header: &str) -> Failed {
        let hint = format!(
            "call over the Unix socket without `{header}`; a proxy proves itself as `[api.proxy]` of the configuration says"
        );
        let message = format!("the header `{header}` counts only from a proxy that proves itself");
        Failed { hint: Some(hint), ..Failed::forbidden(message, None) }
    }

    /// A token says who calls, and is not taken.
    pub(super) fn untrusted(why: &str) -> Failed {
        Failed {
            status: StatusCode::UNAUTHORIZED,
            title: "Unauthorized",
            message: Some(format!("the token in `Authorization` is not taken: {why}")),
            hint: Some("have a new one made by `gleaner token issue`".to_owned()),
        }
    }

    /// Nothing says who calls.
    pub(super) fn nameless() -> Failed {
        let hint = "call over the Unix socket (`curl --unix-socket`), by way of the proxy, or with a token (`gleaner token issue`)";
        Failed::forbidden("Access denied: not authenticated", Some(hint))
    }

    /// The proxy tells no name.
    pub(super) fn anonymous(header: &str) -> Failed {
        let hint = format!("the proxy before this server sets the header `{header}`");
        Failed { hint: Some(hint), ..Failed::forbidden("Access denied: not authenticated", None) }
    }

    /// Something is broken here; the log says what.
    pub(super) fn internal(message: &str) -> Failed {
        Failed {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "Error",
            message: Some(message.to_owned()),
            hint: Some("the administrator finds the reason in the daemon's log".to_owned()),
        }
    }

    /// A mistake of ours.
    pub(super) fn bug() -> Failed {
        Failed::internal("the request could not be carried out")
    }

    /// Rows could not be read.
    pub(super) fn read(error: &ReadError) -> Failed {
        tracing::error!(error = &*error.0 as &dyn std::error::Error, "cannot read the store");
        Failed::internal("the store cannot be read")
    }

    /// The caller has not sent its body in time.
    pub(super) fn slow_body(within: Duration, idle_within: Duration) -> Failed {
        let (within, idle) = (within.as_secs_f64(), idle_within.as_secs_f64());
        Failed {
            status: StatusCode::REQUEST_TIMEOUT,
            title: "Error",
            message: Some("the body did not arrive in time".to_owned()),
            hint: Some(format!(
                "each piece has {idle} s (`api.stall_within`), the whole {within} s (`api.body_within`)"
            )),
        }
    }

    /// It cannot be done now, but it can later.
    pub(super) fn busy(message: &str) -> Failed {
        Failed {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Error",
            message: Some(message.to_owned()),
            hint: Some("nothing was changed; send the request again later".to_owned()),
        }
    }

    /// There is such a thing, but not what is asked of it.
    pub(super) fn nothing_there(message: impl Into<String>, hint: Option<&str>) -> Failed {
        Failed {
            message: Some(message.into()),
            hint: hint.map(str::to_owned),
            ..Failed::not_found()
        }
    }

    /// A cluster behind us does not do what is asked of it.
    pub(super) fn cluster(status: StatusCode, cluster: &str, why: &str, hint: &str) -> Failed {
        Failed {
            status,
            title: "Error",
            message: Some(format!("cluster `{cluster}`: {why}")),
            hint: Some(hint.to_owned()),
        }
    }

    /// A body with more bytes than is allowed.
    pub(super) fn too_large(max: usize) -> Failed {
        Failed {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            title: "Error",
            message: Some(format!("the body has more than {max} bytes")),
            hint: Some(
                "give parameters by `nb_jobs`, or submit a part and add the rest with POST \
                 /campaigns/ID/jobs; the limit is `api.body_max_mb`"
                    .to_owned(),
            ),
        }
    }
}

impl From<JdlError> for Failed {
    fn from(error: JdlError) -> Failed {
        let mut message = format!("Error submitting campaign: {error}");
        if let Some(source) = std::error::Error::source(&error) {
            message.push_str(&format!(": {source}"));
        }
        Failed::bad(message, Some(error.hint()))
    }
}

impl From<Unavailable> for Failed {
    fn from(error: Unavailable) -> Failed {
        Failed::busy(&error.to_string())
    }
}

impl From<Stalled> for Failed {
    fn from(stalled: Stalled) -> Failed {
        Failed {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "Error",
            message: Some(stalled.to_string()),
            hint: Some(stalled.hint().to_owned()),
        }
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Failed {
        // A refusal's text may bring its hint along, as all errors here do.
        let text = refused.to_string();
        let (message, hint) = match text.split_once("\n  hint: ") {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (text, None),
        };
        match refused {
            Refused::NotFound(_) => Failed { hint, ..Failed::not_found() },
            Refused::NotYours(_) => Failed { hint, ..Failed::forbidden(message, None) },
            Refused::WrongState(_) | Refused::Bad(_) => Failed::bad(message, hint),
            Refused::NotStored(_) | Refused::Changed(_) => Failed {
                status: StatusCode::SERVICE_UNAVAILABLE,
                title: "Error",
                message: Some(message),
                hint,
            },
        }
    }
}

/// Travels as an extension until its body is written.
impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
