//! OAR 2's file routes: read, put, list, remove. Must not know where files are.

use std::collections::BTreeMap;

use serde_json::json;

use crate::calendar::unix_s;
use crate::engine::cluster::{Cluster, StoredFile};
use crate::front::answer::Answer;
use crate::front::oar2::Call;
use crate::front::request::Method;

/// Type of a file's content.
const OCTETS: &str = "application/octet-stream; charset=ISO-8859-1";

impl Call<'_> {
    /// Routes below `/media`.
    pub(super) fn media(&mut self, rest: &[&str]) -> Answer {
        let user = match self.user("getting files") {
            Ok(user) => user,
            Err(refused) => return refused,
        };
        match (self.request.method, rest) {
            (Method::Get, ["ls", rest @ ..]) => self.directory(&user, &absolute(&user, rest)),
            (Method::Get, _) => self.read(&absolute(&user, rest)),
            (Method::Post, ["chmod", rest @ ..]) => self.change_mode(&absolute(&user, rest)),
            (Method::Post, _) => self.store(&user, &absolute(&user, rest)),
            (Method::Delete, _) => self.remove(&user, &absolute(&user, rest)),
            _ => self.no_way(),
        }
    }

    fn file_not_found(&self, path: &str) -> Answer {
        self.problem(404, "Not found", &format!("File not found: {path}"))
    }

    fn read(&mut self, path: &str) -> Answer {
        let tail = self.request.value("tail").and_then(|tail| tail.parse().ok());
        match self.engine.file(self.cluster, path, tail) {
            Some(body) => {
                Answer { status: 200, content_type: Some(OCTETS), headers: Vec::new(), body }
            }
            None => self.file_not_found(path),
        }
    }

    /// What is in a home directory: output of jobs, and what was put there.
    fn directory(&mut self, user: &str, path: &str) -> Answer {
        let wanted = path.trim_end_matches('/');
        let mut files: BTreeMap<String, (usize, i64)> = BTreeMap::new();
        let cluster = self.engine.cluster(self.cluster);
        for (stored, file) in &cluster.files {
            if let Some(name) = stored.strip_prefix(wanted).and_then(|n| n.strip_prefix('/')) {
                files.insert(name.to_owned(), (file.content.len(), self.date_s()));
            }
        }
        for row in self.engine.table(self.cluster).rows() {
            let own = row.description.from_api && *row.description.user == *user;
            if let (true, Some(start)) = (own && *row.description.directory == *wanted, row.start) {
                files.insert(row.stdout_file(), (0, unix_s(start)));
                files.insert(row.stderr_file(), (0, unix_s(start)));
            }
        }
        if files.is_empty() && wanted != Cluster::home(user) {
            return self.problem(404, "Not found", &format!("Path not found: {path}"));
        }
        let item = |(name, (size, mtime)): (&String, &(usize, i64))| {
            json!({
                "name": name, "type": "f", "mode": 33188, "size": size.to_string(), "mtime": mtime,
            })
        };
        let items: Vec<_> = files.iter().map(item).collect();
        let links = json!([{ "rel": "self", "href": self.href(&self.request.path) }]);
        self.told(json!({
            "total": items.len(), "offset": 0, "items": items, "links": links,
            "api_timestamp": self.date_s(),
        }))
    }

    fn store(&mut self, user: &str, path: &str) -> Answer {
        let home = format!("{}/", Cluster::home(user));
        if !path.starts_with(&home) || path.split('/').any(|part| part == "..") {
            return self.problem(403, "Permission denied", "The file cannot be written there");
        }
        let cluster = self.engine.cluster_mut(self.cluster);
        if cluster.files.contains_key(path) {
            return self.problem(403, "File already exists", "The file already exists");
        }
        if !cluster.has_room(self.request.body.len()) {
            return self.problem(403, "No space left", "The cluster has no room for the file");
        }
        let file = StoredFile { owner: user.to_owned(), content: self.request.body.clone() };
        cluster.files.insert(path.to_owned(), file);
        let value = json!({
            "success": "true", "status": "created",
            "links": [{ "rel": "self", "href": self.href(&format!("/media/{path}")) }],
        });
        let text = value.to_string().into_bytes();
        Answer::bytes(201, "text/html; charset=ISO-8859-1", text)
            .with("location", format!("media/{path}"))
    }

    /// Ignores a new mode: everybody may read every file.
    fn change_mode(&mut self, path: &str) -> Answer {
        let kind = self.request.content_type.as_deref().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !["application/json", "text/yaml"].contains(&kind) {
            return self.problem(
                406,
                "Chmod description must be in YAML or JSON",
                "The correct format for a chmod request is text/yaml or application/json. ",
            );
        }
        match self.engine.file(self.cluster, path, None) {
            Some(_) => Answer::bytes(202, OCTETS, Vec::new()),
            None => self.file_not_found(path),
        }
    }

    fn remove(&mut self, user: &str, path: &str) -> Answer {
        let below = format!("{}/", path.trim_end_matches('/'));
        let home = Cluster::home(user);
        let cluster = self.engine.cluster_mut(self.cluster);
        let is_meant = |stored: &String, file: &StoredFile| {
            (stored == path || stored.starts_with(&below)) && file.owner == user
        };
        let before = cluster.files.len();
        cluster.files.retain(|stored, file| !is_meant(stored, file));
        // A directory that has been emptied is still there to be removed.
        let is_own = path.starts_with(&format!("{home}/"));
        let was_directory = is_own && cluster.emptied.remove(path);
        if cluster.files.len() == before && !was_directory {
            if !is_own && !path.starts_with(&home) {
                return self.problem(403, "Permission denied", "The file cannot be removed");
            }
            return self.file_not_found(path);
        }
        if let Some((directory, _)) = path.rsplit_once('/').filter(|(d, _)| *d != home) {
            cluster.emptied.insert(directory.to_owned());
        }
        Answer::empty(204)
    }
}

/// The absolute path that a route names: `~` is the caller's home.
fn absolute(user: &str, rest: &[&str]) -> String {
    let path = rest.join("/");
    match path.strip_prefix('~') {
        Some(below) if below.is_empty() || below.starts_with('/') => {
            format!("{}{below}", Cluster::home(user))
        }
        Some(_) | None => format!("/{}", path.trim_start_matches('/')),
    }
}
