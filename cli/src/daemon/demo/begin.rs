//! The demo's grid: its configuration, and the first campaign. Prints nothing.

use std::path::{Path, PathBuf};

use gleaner_api::numbers::ClusterNumber;
use gleaner_api::routes::Route;
use gleaner_api::shapes::answer::Done;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::shapes::token::NewToken;
use gleaner_client::client::Client;
use gleaner_client::place::Place;
use gleaner_core::ids::CampaignId;
use gleaner_emulator::serve::Ready;
use serde_json::{Map, Value, json};

use crate::failure::{FAILED, Failure};

/// By what login the user is known on the clusters, where the scenario's campaign is hers: they take nothing of root's, whose
/// demo it may be.
const THERE: &str = "ann";

/// How often the grid looks at its clusters and decides, in emulated time.
const CYCLE: &str = "30s";

/// The emulated grid.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    folder: PathBuf,
    /// Its clusters.
    pub(super) clusters: Vec<Ready>,
    /// Who looks at it, and whose campaigns run.
    pub(super) login: String,
}

impl Grid {
    pub(super) fn new(folder: &Path, clusters: Vec<Ready>, login: String) -> Grid {
        Grid { folder: folder.to_owned(), clusters, login }
    }

    /// The daemon's socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join("api.sock")
    }

    /// The daemon's log.
    pub(super) fn log(&self) -> PathBuf {
        self.folder.join("daemon.log")
    }

    /// The address of the clock that all go by.
    pub(super) fn clock(&self) -> String {
        let server = self.clusters.first().map_or("", |cluster| &cluster.api_url);
        let server = server.rsplit_once('/').map_or(server, |(server, _)| server);
        format!("{server}/_clock")
    }

    /// The daemon's configuration.
    pub(super) fn config(&self) -> String {
        // A text of TOML is a text of JSON, for what can be in these.
        let text = |text: &dyn std::fmt::Display| Value::String(text.to_string()).to_string();
        let mut config = format!(
            "[api]\nsocket = {}\n\n[store]\npath = {}\n\n[grid]\ncycle = \"{CYCLE}\"\n",
            text(&self.socket().display()),
            text(&self.folder.join("gleaner.db").display()),
        );
        for cluster in &self.clusters {
            config += &format!(
                "\n[[cluster]]\nname = {}\napi_url = {}\ndialect = {}\npoll = \"{CYCLE}\"\n\
                 logins = {{ {} = \"{THERE}\" }}\n",
                text(&cluster.cluster),
                text(&format!("{}/", cluster.api_url)),
                text(&cluster.dialect),
                text(&self.login),
            );
        }
        config
    }

    /// Hands in the tokens that clusters want, and submits the campaign. Waits for the daemon.
    pub(super) fn begin(&self) -> Result<CampaignId, Failure> {
        let client = Client::new(Place::Unix(self.socket()), None)?;
        for (number, cluster) in (1..).map(ClusterNumber).zip(&self.clusters) {
            let Some(file) = &cluster.token_file else { continue };
            let new = NewToken { cluster_id: number.0.into(), token: Some(self.token(file)?) };
            client.post::<Done>(Route::RegisterToken, &new)?;
        }
        let campaign: Campaign = client.post(Route::Submit, &self.campaign())?;
        Ok(CampaignId(campaign.id))
    }

    /// The campaign: as that of the scenario, whose tasks it runs.
    fn campaign(&self) -> Value {
        let clusters: Map<String, Value> =
            self.clusters.iter().map(|cluster| (cluster.cluster.clone(), json!({}))).collect();
        json!({
            "name": "sweep", "nb_jobs": 2000, "exec_file": "simulate.sh", "walltime": "00:30:00",
            "clusters": clusters,
        })
    }

    /// The token that a cluster has made for the user there.
    fn token(&self, file: &Path) -> Result<String, Failure> {
        let text =
            std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
        let tokens: Value = serde_json::from_str(&text).unwrap_or_default();
        let token = tokens["tokens"][THERE].as_str().map(str::to_owned);
        token.ok_or_else(|| Failure::new(FAILED, "the emulator made no token", None))
    }
}
