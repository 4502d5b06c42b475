//! One OAR server behind the port: each question by as many requests as it needs, each answer in neutral words.

use std::collections::BTreeSet;
use std::sync::Arc;

use gleaner_core::ids::RemoteJobId;
use gleaner_core::time::Timestamp;
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::answer::Answer as OarAnswer;
use gleaner_oar::wire::call::Call;
use gleaner_oar::wire::job::{ApiTime, JobId};

use crate::config::ClusterConfig;
use crate::order::TokenOwner;
use crate::secrets::vault::Vault;
use crate::sites::answer::{Answer, Capacity, ClockReading, Stress};
use crate::sites::failure::Failure;
use crate::sites::oar::client::{Answered, Client};
use crate::sites::oar::resource_listing::ResourceListing;
use crate::sites::port::{AnswerFuture, Question, Site};
use crate::sites::session::SessionError;

/// An OAR server.
pub(super) struct Server {
    pub(super) client: Client,
    /// Jobs in lists that could not be read, and of which that was said.
    pub(super) unread: BTreeSet<u64>,
    /// The job that was asked for singly last: the next turn begins behind it.
    pub(super) single: RemoteJobId,
    pub(super) listing: ResourceListing,
    /// The resources, where they were listed and that was not reported yet.
    pub(super) unreported: Option<Capacity>,
}

impl Server {
    /// # Errors
    /// [`SessionError`] when a file of its settings cannot be used.
    pub(super) fn new(
        dialect: Dialect,
        config: ClusterConfig,
        vault: Arc<Vault>,
    ) -> Result<Server, SessionError> {
        Ok(Server {
            client: Client::new(dialect, config, vault)?,
            unread: BTreeSet::new(),
            single: RemoteJobId::NONE,
            listing: ResourceListing::default(),
            unreported: None,
        })
    }

    async fn answer(&mut self, question: Question) -> Result<Answer, Failure> {
        Ok(match question {
            Question::Time => Answer::Time(self.time().await?),
            Question::Living => {
                self.client.begin_look();
                Answer::Listed(self.living().await?)
            }
            Question::Ended { login, since } => Answer::Rows(self.ended(&login, since).await?),
            Question::Array(array) => Answer::Rows(self.array(JobId(array.0)).await?),
            Question::Jobs(ids) => Answer::Details(self.details(&ids).await?),
            Question::Alone(id) => {
                Answer::Job(self.detail(id).await?.map(|job| Box::new(job.into())))
            }
            Question::Told(id) => Answer::Told(self.told(id).await?),
            Question::File { user, file, lines } => {
                Answer::File(self.file(&user, file, lines).await?)
            }
            Question::Resources { cluster_now } => {
                Answer::Resources(self.list_resources(cluster_now).await?)
            }
            Question::Stress => Answer::Stress(self.stress().await?),
            Question::KnownBy { user, renew } => {
                if let Some(cluster_now) = renew {
                    self.client.renew(&user, cluster_now).await;
                }
                Answer::Known(self.client.known_by(&user))
            }
            Question::WhoIs { user } => Answer::Who(who(self.client.who_is(&user).await?)?),
            Question::Whose { token } => Answer::Who(who(self.client.whose(&token).await?)?),
            Question::Submit(request) => Answer::Submitted(self.submit(&request).await?),
            Question::Delete { user, target, listed } => {
                Answer::Deleted(self.delete(&user, target, listed).await?)
            }
        })
    }

    async fn time(&mut self) -> Result<ClockReading, Failure> {
        let answered = self.client.open(&Call::Timezone).await?;
        match (&answered.answer, answered.status) {
            (OarAnswer::Timezone(zone), _) => Ok(ClockReading::Shown(time(zone.api_timestamp))),
            (_, 200..=299 | 400..=499) => Ok(ClockReading::Hidden(answered.fault())),
            _ => Err(Failure::Odd(answered.fault())),
        }
    }

    async fn stress(&mut self) -> Result<Option<Stress>, Failure> {
        Ok(match self.client.open(&Call::Stress).await?.answer {
            OarAnswer::Stress(stress) => {
                Some(Stress { value: stress.value(), at: time(stress.api_timestamp) })
            }
            // A site without that script has no such sensor.
            _ => None,
        })
    }
}

impl Site for Server {
    fn ask(&mut self, question: Question) -> AnswerFuture<'_> {
        Box::pin(self.answer(question))
    }
}

fn time(ApiTime(server_s): ApiTime) -> Timestamp {
    Timestamp::from_seconds(server_s as i64)
}

/// What an answer says about who somebody is.
fn who(answered: Answered) -> Result<TokenOwner, Failure> {
    match (&answered.answer, answered.status) {
        (OarAnswer::WhoAmI(who), _) if who.authenticated_user.is_empty() => Ok(TokenOwner::Nobody),
        (OarAnswer::WhoAmI(who), _) => Ok(TokenOwner::Login(who.authenticated_user.clone())),
        (_, 401 | 403) => Ok(TokenOwner::Nobody),
        _ if answered.is_page() || answered.is_out_of_order() => {
            Err(Failure::Odd(answered.fault()))
        }
        // No such route, or another meaning of it.
        _ => Ok(TokenOwner::Unknown),
    }
}
