//! What all handlers share: the API's access to rows, driver, tokens and settings. Knows no route and no
//! HTTP.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use gleaner_core::ids::ClusterId;
use gleaner_core::time::Timestamp;
use tokio::sync::{Semaphore, oneshot};

use crate::api::counters::Counters;
use crate::api::failed::Failed;
use crate::api::limits::body::Room;
use crate::api::limits::connections::Connections;
use crate::api::limits::queues::WorkQueues;
use crate::api::settings::ApiSettings;
use crate::heartbeat::Heartbeat;
use crate::known_resources::KnownResources;
use crate::notifications::figures::Figures;
use crate::order::TokenOwner;
use crate::request::{Caller, Envelope, Receipt, Refused, Request, Unavailable};
use crate::secrets::Secret;
use crate::secrets::signer::Signer;
use crate::secrets::vault::Vault;
use crate::store::access_tokens::AccessTokens;
use crate::store::error::StoreError;
use crate::store::notifications::subscriptions::Subscriptions;
use crate::views::{ReadError, Views};

/// A cluster may take so long to say whose a token is; then it is asked before the first submission.
const TOKEN_OWNER_WITHIN: Duration = Duration::from_secs(5);

/// Requests that wait for the driver at the same time, at most.
const ASKED_MAX: usize = 1000;

/// Readers of files on clusters at the same time, at most: each may hold some tens of megabytes.
const CLUSTER_READERS_MAX: usize = 8;

/// Sends a request to the driver.
pub type SendRequest = Box<dyn Fn(Envelope) -> Result<(), Unavailable> + Send + Sync>;

/// Sends a message about a token to its cluster's worker.
pub type SendTokenMessage = Box<dyn Fn(TokenMessage) + Send + Sync>;

/// A message about a token to its cluster's worker.
#[derive(Debug)]
pub enum TokenMessage {
    /// Somebody wants to hand it in: whose is it? Without an answer, nobody can tell.
    Whose(ClusterId, Secret, oneshot::Sender<TokenOwner>),
    /// This user has handed it in.
    New(ClusterId, Arc<str>),
}

/// Returns what time it is.
pub type Now = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The API's access to the rest of the daemon.
pub struct Api {
    views: Arc<dyn Views>,
    send_request: SendRequest,
    pub(super) vault: Arc<Vault>,
    pub(super) now: Now,
    send_token_message: SendTokenMessage,
    settings: RwLock<Arc<ApiSettings>>,
    asked: Semaphore,
    pub(super) cluster_readers: Semaphore,
    pub(super) room: Room,
    pub(super) queues: WorkQueues,
    pub(super) connections: Arc<Connections>,
    pub(super) counters: Counters,
    pub(super) heartbeat: Option<Arc<Heartbeat>>,
    /// The clusters' resources as they were last seen.
    pub(super) known_resources: Arc<KnownResources>,
    pub(super) subscriptions: Option<Arc<Subscriptions>>,
    /// What is counted about messages.
    pub(super) messages: Arc<Figures>,
    own_tokens: Option<(Arc<Signer>, Arc<AccessTokens>)>,
}

impl Api {
    /// Creates the API from its rows, the driver, the tokens, a clock and the settings.
    pub fn new(
        views: Arc<dyn Views>,
        send_request: SendRequest,
        vault: Arc<Vault>,
        now: Now,
        settings: ApiSettings,
    ) -> Api {
        Api {
            views,
            send_request,
            vault,
            now,
            send_token_message: Box::new(|_| ()),
            room: Room::new(settings.api.bodies_max),
            settings: RwLock::new(Arc::new(settings)),
            asked: Semaphore::new(ASKED_MAX),
            cluster_readers: Semaphore::new(CLUSTER_READERS_MAX),
            queues: WorkQueues::default(),
            connections: Arc::default(),
            counters: Counters::default(),
            heartbeat: None,
            known_resources: Arc::default(),
            subscriptions: None,
            messages: Arc::default(),
            own_tokens: None,
        }
    }

    /// Tells those who ask for its health whether this heartbeat beats, too.
    #[must_use]
    pub fn watching(self, heartbeat: Arc<Heartbeat>) -> Api {
        Api { heartbeat: Some(heartbeat), ..self }
    }

    /// Judges campaigns by what is seen of the clusters' resources.
    #[must_use]
    pub fn with_resources(self, known_resources: Arc<KnownResources>) -> Api {
        Api { known_resources, ..self }
    }

    /// Keeps subscriptions to messages here, and shows what is counted about messages.
    #[must_use]
    pub fn with_notifications(
        self,
        subscriptions: Arc<Subscriptions>,
        messages: Arc<Figures>,
    ) -> Api {
        Api { subscriptions: Some(subscriptions), messages, ..self }
    }

    /// Makes and takes tokens of the daemon's own.
    #[must_use]
    pub fn with_own_tokens(self, signer: Signer, rows: AccessTokens) -> Api {
        Api { own_tokens: Some((Arc::new(signer), Arc::new(rows))), ..self }
    }

    /// What signs our own tokens.
    pub(super) fn signer(&self) -> Result<Arc<Signer>, Failed> {
        self.own_tokens.as_ref().map(|(signer, _)| Arc::clone(signer)).ok_or_else(Failed::bug)
    }

    /// Reads or writes which of our own tokens there are.
    pub(super) async fn access_tokens<T: Send + 'static>(
        &self,
        work: impl FnOnce(&AccessTokens) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failed> {
        let rows =
            self.own_tokens.as_ref().map(|(_, rows)| Arc::clone(rows)).ok_or_else(Failed::bug)?;
        let done = tokio::task::spawn_blocking(move || work(&rows)).await;
        done.map_err(|_| Failed::bug())?.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "access tokens");
            Failed::internal("the store cannot be used")
        })
    }

    /// Lets clusters' workers be asked whose a token is.
    #[must_use]
    pub fn with_token_messages(self, send_token_message: SendTokenMessage) -> Api {
        Api { send_token_message, ..self }
    }

    /// Asks a cluster whose a token is. Not every cluster can be asked at once.
    pub(super) async fn whose(&self, cluster: ClusterId, token: &Secret) -> TokenOwner {
        let (reply, told) = oneshot::channel();
        (self.send_token_message)(TokenMessage::Whose(cluster, token.clone(), reply));
        match tokio::time::timeout(TOKEN_OWNER_WITHIN, told).await {
            Ok(Ok(told)) => told,
            Ok(Err(_)) | Err(_) => TokenOwner::Unknown,
        }
    }

    /// Tells a cluster's worker that a user has a new token.
    pub(super) fn new_token(&self, cluster: ClusterId, user: Arc<str>) {
        (self.send_token_message)(TokenMessage::New(cluster, user));
    }

    /// Takes other settings; requests under way finish with the old ones.
    pub fn reconfigure(&self, settings: ApiSettings) {
        let mut held = self.settings.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        *held = Arc::new(settings);
    }

    /// The settings of now.
    pub(crate) fn settings(&self) -> Arc<ApiSettings> {
        Arc::clone(&self.settings.read().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// Reads few rows off the asynchronous threads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Views) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, Failed> {
        let views = Arc::clone(&self.views);
        let rows = self.queues.few.work(move || read(&*views)).await?;
        rows.map_err(|error| Failed::read(&error))
    }

    /// Reads some of many rows, in turn with all others who do.
    pub(super) async fn read_much<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Views) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, Failed> {
        let views = Arc::clone(&self.views);
        let rows = self.queues.much.work(move || read(&*views)).await?;
        rows.map_err(|error| Failed::read(&error))
    }

    /// Asks the driver, and waits until what it granted is durable.
    pub(super) async fn ask(&self, caller: &Caller, request: Request) -> Result<Receipt, Failed> {
        self.answered(caller, request).await?.map_err(Failed::from)
    }

    /// The same, where what is refused has still to be looked at.
    pub(super) async fn answered(
        &self,
        caller: &Caller,
        request: Request,
    ) -> Result<Result<Receipt, Refused>, Failed> {
        let _place = self.asked.try_acquire().map_err(|_| Failed::from(Unavailable::Busy))?;
        let (reply, answer) = oneshot::channel();
        (self.send_request)(Envelope { caller: caller.clone(), request, reply })
            .map_err(Failed::from)?;
        answer.await.map_err(|_| Failed::from(Unavailable::Stopping))
    }
}
