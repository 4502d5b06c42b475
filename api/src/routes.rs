//! The routes of the REST API, in one list: the daemon serves and describes each of them, and clients build their
//! addresses from it. Knows no handler and no client.

mod template;

use std::fmt;

use gleaner_core::ids::{CampaignId, EventId};

use crate::numbers::{AccessTokenId, ClusterNumber, JobId, PathNumber, TaskNumber};
use crate::routes::template::{matched, write_filled};
use crate::words::words;

words! {
    /// What is done with a route.
    pub enum Method {
        /// Read it.
        Get = "GET",
        /// Add to it.
        Post = "POST",
        /// Change it.
        Put = "PUT",
        /// Remove it, or end it.
        Delete = "DELETE",
    }
}

words! {
    /// What may stand behind the question mark.
    pub enum Param {
        /// Indent the answer; of any route.
        Pretty = "pretty",
        /// The most entries of a page.
        Limit = "limit",
        /// Entries before a page.
        Offset = "offset",
        /// Closed events too.
        All = "all",
        /// Try again what failed.
        Resubmit = "resubmit",
        /// A new name.
        Name = "name",
        /// A new state.
        State = "state",
        /// Whose campaigns.
        User = "user",
        /// Pause a campaign.
        Hold = "hold",
        /// Go on with a campaign.
        Resume = "resume",
        /// Forget the tasks of a campaign.
        Purge = "purge",
        /// Follow a job no more.
        Drop = "drop",
        /// An address of a subscription.
        Identity = "identity",
        /// Show what a submission would become, and submit nothing.
        DryRun = "dry_run",
        /// The last lines of a file, at most.
        Tail = "tail",
    }
}

/// Makes [`Route`] and [`Endpoint`] of the list: a name, the values in the path, the method, the path, and the
/// parameters beside [`Param::Pretty`].
macro_rules! routes {
    ($(
        #[doc = $about:literal]
        $name:ident $({ $($value:ident: $kind:ident),+ })?
            = $method:ident $template:literal $([$($param:ident),+])?;
    )+) => {
        /// A route with the values in its path: what a client asks for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Route {
            $(
                #[doc = $about]
                $name $({ $(#[doc = concat!("Which ", stringify!($value), ".")] $value: $kind),+ })?,
            )+
        }

        /// A route without the values in its path: what a server sets up.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Endpoint { $(#[doc = $about] $name,)+ }

        impl Endpoint {
            /// All routes.
            pub const ALL: &[Endpoint] = &[$(Endpoint::$name),+];

            /// Returns its method.
            pub const fn method(self) -> Method {
                match self { $(Endpoint::$name => Method::$method,)+ }
            }

            /// Returns its path, with names in braces where the values stand.
            pub const fn template(self) -> &'static str {
                match self { $(Endpoint::$name => $template,)+ }
            }

            /// Returns its parameters, beside [`Param::Pretty`], which every route takes.
            pub const fn params(self) -> &'static [Param] {
                match self { $(Endpoint::$name => &[$($(Param::$param),+)?],)+ }
            }
        }

        impl Route {
            /// Returns the route without the values in its path.
            pub const fn endpoint(self) -> Endpoint {
                match self { $(Route::$name { .. } => Endpoint::$name,)+ }
            }

            /// Returns the route that has this method and this path; none if there is none, or a value in the path
            /// is no number that there can be.
            pub fn parse(method: Method, path: &str) -> Option<Route> {
                $(
                    if method == Method::$method
                        && let Some(values) = matched($template, path)
                        && let [$($($value),+)?] = values[..]
                    {
                        return Some(Route::$name $({ $($value: $kind::read($value)?),+ })?);
                    }
                )+
                None
            }
        }

        /// Its path, from the first slash on.
        impl fmt::Display for Route {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Route::$name $({ $($value),+ })? => {
                        write_filled(f, $template, &[$($($value.number()),+)?])
                    })+
                }
            }
        }
    };
}

routes! {
    /// Where to begin.
    Root = Get "/";
    /// Campaigns: those that are in treatment or paused, unless others are asked for.
    Campaigns = Get "/campaigns" [State, User];
    /// Submits a campaign.
    Submit = Post "/campaigns" [DryRun];
    /// A campaign.
    Campaign { campaign: CampaignId } = Get "/campaigns/{id}";
    /// Renames a campaign, or holds or resumes it.
    ChangeCampaign { campaign: CampaignId } = Put "/campaigns/{id}" [Name, State];
    /// Cancels a campaign, or holds, resumes or purges it.
    RemoveCampaign { campaign: CampaignId } = Delete "/campaigns/{id}" [Hold, Resume, Purge];
    /// Figures of a campaign.
    Stats { campaign: CampaignId } = Get "/campaigns/{id}/stats";
    /// A campaign's JDL, expanded, with its parameters.
    Jdl { campaign: CampaignId } = Get "/campaigns/{id}/jdl";
    /// The tasks of a campaign, each with its tries.
    Jobs { campaign: CampaignId } = Get "/campaigns/{id}/jobs" [Limit, Offset];
    /// Adds parameters to a campaign.
    AddJobs { campaign: CampaignId } = Post "/campaigns/{id}/jobs";
    /// The jobs of a campaign that are over.
    FinishedJobs { campaign: CampaignId } = Get "/campaigns/{id}/jobs/finished" [Limit, Offset];
    /// One task of a campaign with all tries at it.
    Task { campaign: CampaignId, task: TaskNumber } = Get "/campaigns/{id}/jobs/{task}";
    /// What waits for somebody in a campaign.
    CampaignEvents { campaign: CampaignId } = Get "/campaigns/{id}/events" [All, Limit, Offset];
    /// Closes all events of a campaign.
    FixCampaign { campaign: CampaignId } = Delete "/campaigns/{id}/events" [Resubmit];
    /// What waits for an administrator.
    Events = Get "/events" [Limit, Offset];
    /// Makes an event: takes a cluster out of use.
    CreateEvent = Post "/events";
    /// An event.
    Event { event: EventId } = Get "/events/{id}";
    /// Closes an event.
    FixEvent { event: EventId } = Delete "/events/{id}" [Resubmit];
    /// A job.
    Job { job: JobId } = Get "/jobs/{id}";
    /// Kills a job, or follows it no more.
    KillJob { job: JobId } = Delete "/jobs/{id}" [Drop];
    /// The end of what a job has written to its standard output.
    Stdout { job: JobId } = Get "/jobs/{id}/stdout" [Tail];
    /// The end of what a job has written to its standard error.
    Stderr { job: JobId } = Get "/jobs/{id}/stderr" [Tail];
    /// A job as its cluster shows it.
    ClusterInfos { job: JobId } = Get "/jobs/{id}/cinfos";
    /// The clusters in use.
    Clusters = Get "/clusters";
    /// A cluster, in use or not.
    Cluster { cluster: ClusterNumber } = Get "/clusters/{id}";
    /// What is known of the caller's tokens.
    Tokens = Get "/tokens";
    /// Hands in a token.
    RegisterToken = Post "/tokens";
    /// Forgets the caller's token for a cluster.
    RemoveToken { cluster: ClusterNumber } = Delete "/tokens/{id}";
    /// The daemon's own tokens that the caller has or had made.
    AccessTokens = Get "/access-tokens";
    /// Makes one.
    IssueAccessToken = Post "/access-tokens";
    /// Revokes one.
    RevokeAccessToken { token: AccessTokenId } = Delete "/access-tokens/{id}";
    /// The caller's subscriptions.
    Notifications = Get "/notifications";
    /// Subscribes to messages by mail.
    SubscribeMail = Post "/notifications/mail";
    /// Ends messages by mail.
    UnsubscribeMail = Delete "/notifications/mail" [Identity];
    /// Subscribes to messages by a webhook.
    SubscribeWebhook = Post "/notifications/webhook";
    /// Ends messages by a webhook.
    UnsubscribeWebhook = Delete "/notifications/webhook" [Identity];
    /// Refuses messages by Jabber, which CiGri sent.
    SubscribeJabber = Post "/notifications/jabber";
    /// Ends messages by Jabber, of which there are none.
    UnsubscribeJabber = Delete "/notifications/jabber" [Identity];
    /// Whether the daemon is at work.
    Health = Get "/healthz";
    /// Figures in the text form of Prometheus.
    Metrics = Get "/metrics";
    /// The description of all routes.
    OpenApi = Get "/openapi.json";
}

impl Route {
    /// Returns its method.
    pub const fn method(self) -> Method {
        self.endpoint().method()
    }

    /// Returns its path, from the first slash on.
    pub fn path(self) -> String {
        self.to_string()
    }
}
