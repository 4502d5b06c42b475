//! OAR 3's file routes: reading works, uploads and directories do not, as on a real server. Must
//! not know where files are.

use crate::front::answer::Answer;
use crate::front::oar3::{Call, detail, method_not_allowed, server_error};
use crate::front::request::Method;

impl Call<'_> {
    /// Routes below `/media`.
    pub(super) fn media(&mut self, rest: &[&str]) -> Answer {
        if let Err(refused) = self.user() {
            return refused;
        }
        let path = self.request.value("path_filename").unwrap_or_default().to_owned();
        let not_found = || detail(404, &format!("File not found: /{path}"));
        match (self.request.method, rest) {
            (Method::Get, []) => {
                let tail = self.request.value("tail").and_then(|tail| tail.parse().ok());
                let absolute = format!("/{}", path.trim_start_matches('/'));
                match self.engine.file(self.cluster, &absolute, tail) {
                    Some(body) => Answer {
                        status: 200,
                        content_type: Some("application/octet-stream"),
                        headers: Vec::new(),
                        body,
                    },
                    None => not_found(),
                }
            }
            (Method::Delete, []) => not_found(),
            (Method::Post, []) => server_error(),
            (Method::Post, ["chmod"]) => not_found(),
            (Method::Get, ["ls", path]) if path.starts_with('~') => {
                detail(404, &format!("Path not found: /{path}"))
            }
            (Method::Get, ["ls", _]) => server_error(),
            (_, [] | ["chmod"] | ["ls", _]) => method_not_allowed(),
            _ => detail(404, "Not Found"),
        }
    }
}
