//! A client of a daemon, as people's commands are: it asks by the routes of the API, and reads by its shapes. Knows
//! nothing else of the daemon.

use std::time::Duration;

use gleaner_api::address::Address;
use gleaner_api::routes::Route;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::states::CampaignState;
use gleaner_core::ids::CampaignId;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// How long something is waited for that must come: a minute.
const WAITS: u32 = 3000;
const WAIT: Duration = Duration::from_millis(20);

/// A client.
pub(crate) struct Client {
    /// The daemon's address, without a slash at its end.
    pub(crate) url: String,
    http: reqwest::Client,
}

impl Client {
    pub(crate) fn new(url: String) -> Client {
        // Who is not asking holds no connection: some tests count them.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build();
        Client { url, http: http.expect("a client") }
    }

    /// Begins a request, by this user or by nobody.
    pub(crate) fn request(
        &self,
        user: Option<&str>,
        address: impl Into<Address>,
    ) -> reqwest::RequestBuilder {
        let address = address.into();
        let method = address.method().word().parse().expect("a method");
        let request = self.http.request(method, format!("{}{address}", self.url));
        match user {
            Some(name) => proxy::say(request, name),
            None => request,
        }
    }

    /// Asks for something, with a body where there is one; returns the status and the answer.
    pub(crate) async fn ask(
        &self,
        user: Option<&str>,
        address: impl Into<Address>,
        body: Value,
    ) -> (u16, Value) {
        let request = self.request(user, address);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Asks for something that is done, and reads the answer.
    pub(crate) async fn done<T: DeserializeOwned>(
        &self,
        user: Option<&str>,
        address: impl Into<Address>,
        body: Value,
    ) -> T {
        let address = address.into();
        let (status, told) = self.ask(user, address.clone(), body).await;
        assert!((200..300).contains(&status), "{address}: {status} {told}");
        let read = T::deserialize(&told);
        read.unwrap_or_else(|error| panic!("{address}: {error} in {told}"))
    }

    /// Reads something that there is, as the user who submits.
    pub(crate) async fn get<T: DeserializeOwned>(&self, address: impl Into<Address>) -> T {
        self.done(Some("alice"), address, Value::Null).await
    }

    /// Submits a campaign of `true`; returns its id.
    pub(crate) async fn submit(&self, name: &str, tasks: u32) -> CampaignId {
        let jdl = serde_json::json!({
            "name": name, "nb_jobs": tasks, "clusters": {"lune": {"exec_file": "true"}}
        });
        CampaignId(self.done::<Campaign>(Some("alice"), Route::Submit, jdl).await.id)
    }

    /// Reads something again and again, until what is waited for is found in it.
    pub(crate) async fn wait_for<T: DeserializeOwned, F>(
        &self,
        route: Route,
        find: impl Fn(T) -> Option<F>,
    ) -> F {
        let mut seen = Value::Null;
        for _ in 0..WAITS {
            seen = self.ask(Some("alice"), route, Value::Null).await.1;
            if let Some(found) = T::deserialize(&seen).ok().and_then(&find) {
                return found;
            }
            tokio::time::sleep(WAIT).await;
        }
        panic!("{route} does not show what is waited for: {seen}");
    }

    /// Waits until a campaign is in this state.
    pub(crate) async fn until(&self, campaign: CampaignId, state: CampaignState) -> Campaign {
        let is_so = |shown: Campaign| Some(shown).filter(|shown| shown.state == state);
        self.wait_for(Route::Campaign { campaign }, is_so).await
    }
}

/// The proxy that tells the daemons of tests who calls, and proves itself by a secret.
pub(crate) mod proxy {
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;

    /// What it knows.
    pub(crate) const SECRET: &str = "known to the proxy of tests alone";
    /// The header that says so.
    pub(crate) const HEADER: &str = "X-Gleaner-Proxy-Secret";

    /// Writes it down for a daemon of this folder.
    pub(crate) fn write(folder: &Path) {
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = file.open(folder.join("proxy.secret")).expect("a file");
        std::io::Write::write_all(&mut file, SECRET.as_bytes()).expect("a file can be written");
    }

    /// Says who calls.
    pub(crate) fn say(request: reqwest::RequestBuilder, user: &str) -> reqwest::RequestBuilder {
        request.header(HEADER, SECRET).header("X-CIGRI-USER", user)
    }
}
