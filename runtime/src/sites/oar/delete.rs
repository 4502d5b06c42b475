//! A deletion, of a job or of a whole array with one request: OAR's server works off a message for each request, one
//! a round, and a thousand requests keep it busy for minutes.

use gleaner_oar::wire::answer::Answer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::JobId;
use gleaner_oar::wire::receipt::Deletion as OarDeletion;

use crate::sites::answer::Deletion;
use crate::sites::failure::Failure;
use crate::sites::oar::client::Answered;
use crate::sites::oar::refusal::text;
use crate::sites::oar::server::Server;
use crate::sites::port::DeletionTarget;

impl Server {
    pub(super) async fn delete(
        &mut self,
        user: &str,
        target: DeletionTarget,
        listed: bool,
    ) -> Result<Deletion, Failure> {
        let call = match target {
            DeletionTarget::Job(job) => Call::Delete(JobId(job.0)),
            DeletionTarget::Array(array) => Call::DeleteArray(JobId(array.0)),
        };
        Ok(deletion_of(&self.client.call(&call, user).await?, listed))
    }
}

fn deletion_of(answered: &Answered, listed: bool) -> Deletion {
    let said = said(answered);
    match (answered.status, &answered.answer) {
        (200..=299, Answer::Done(done)) if done.deletion() == OarDeletion::NotYours => {
            Deletion::NotYours(said)
        }
        // OAR 2 says the same of a job that it does not know.
        (400, _) if listed && said.contains("not the right user") => Deletion::NotYours(said),
        // `oardel` refuses what is over already, or dying: its state will tell.
        (200..=299 | 400 | 404, _) => Deletion::Done,
        (401 | 403, _) => Deletion::NotAllowed(said),
        // Doing it twice does no harm.
        _ => Deletion::Unclear(answered.is_out_of_order().then(|| answered.fault())),
    }
}

fn said(answered: &Answered) -> String {
    match &answered.answer {
        Answer::Done(done) => done.output().trim().to_owned(),
        answer => text(answer),
    }
}
