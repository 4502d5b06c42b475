//! Files that clients may read: what jobs have written, and what was put there through the API.
//! Must not know routes.

use gleaner_sim::job::ClusterIndex;

use crate::body::{Body, tail};
use crate::engine::Engine;
use crate::engine::cluster::Execute;
use crate::table::row::JobNumber;
use crate::table::row::Row;

impl Engine {
    /// The file at an absolute path: one that was stored, or the output of a job that has started.
    /// As on a real cluster with its usual modes, everybody may read everybody's.
    pub fn file(&self, cluster: ClusterIndex, path: &str, lines: Option<usize>) -> Option<Body> {
        if path.split('/').any(|part| part == "..") || path.contains('\0') {
            return None;
        }
        let emulated = self.cluster(cluster);
        if let Some(file) = emulated.files.get(path) {
            return Some(Body::Bytes(tail(&file.content, lines).to_vec()));
        }
        let (row, is_error) = self.output(cluster, path)?;
        if emulated.execute == Execute::Local {
            return Some(Body::Local { path: path.to_owned(), tail: lines });
        }
        row.start?;
        let over = row.stop.is_some();
        let text = row.effect.as_ref().filter(|_| over).map_or("", |effect| match is_error {
            true => effect.stderr.as_str(),
            false => effect.stdout.as_str(),
        });
        Some(Body::Bytes(tail(text.as_bytes(), lines).to_vec()))
    }

    /// The job whose output file that is, and whether it is its error output.
    fn output(&self, cluster: ClusterIndex, path: &str) -> Option<(&Row, bool)> {
        let (directory, file) = path.rsplit_once('/')?;
        let number = file.strip_prefix("OAR.")?.rsplit('.').nth(1)?.parse().ok()?;
        let row = self.table(cluster).row(JobNumber(number))?;
        if row.description.directory.trim_end_matches('/') != directory || !row.description.from_api
        {
            return None;
        }
        if file == row.stdout_file() {
            return Some((row, false));
        }
        (file == row.stderr_file()).then_some((row, true))
    }
}
