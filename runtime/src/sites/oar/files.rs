//! What people want to read of a job: the files that it writes, and all that the server tells of it.

use gleaner_core::ids::RemoteJobId;
use gleaner_oar::wire::answer::{Answer, encode};
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::JobId;
use serde_json::Value;

use crate::sites::answer::FileEnd;
use crate::sites::failure::Failure;
use crate::sites::oar::client::Answered;
use crate::sites::oar::server::Server;

impl Server {
    /// The last lines of a file, as far as its user may read it.
    pub(super) async fn file(
        &mut self,
        user: &str,
        path: String,
        lines: u32,
    ) -> Result<FileEnd, Failure> {
        let call = Call::ReadFile { path, tail: Some(lines) };
        let answered = self.client.call(&call, user).await?;
        match answered {
            Answered { answer: Answer::Content(bytes), .. } => Ok(FileEnd::Found(bytes)),
            Answered { status: 404, .. } => Ok(FileEnd::Missing),
            Answered { status: 401 | 403, answer: Answer::Problem(problem) } => {
                Ok(FileEnd::Refused(problem.text()))
            }
            Answered { status: status @ (401 | 403), .. } => {
                Ok(FileEnd::Refused(format!("status {status}")))
            }
            other => Err(other.odd()),
        }
    }

    /// A job as the server shows it; none when it does not know it.
    pub(super) async fn told(&mut self, id: RemoteJobId) -> Result<Option<Value>, Failure> {
        let call = Call::Job { id: JobId(id.0), details: true };
        let answered = self.client.open(&call).await?;
        match &answered {
            Answered { answer: Answer::Job(_), .. } => {
                Ok(encode(self.client.dialect(), &answered.answer))
            }
            Answered { status: 404, .. } => Ok(None),
            other => Err(other.odd()),
        }
    }
}
