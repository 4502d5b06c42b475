//! Which campaigns are listed, of a whole daemon whose cluster ends nothing.

use std::sync::Arc;

use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::answer::Whole;
use gleaner_api::shapes::campaign::Campaign;
use gleaner_core::ids::CampaignId;
use serde_json::{Value, json};

use crate::daemon::{Running, started_with};
use crate::fake_cluster;

/// The campaigns that an address lists.
async fn listed(daemon: &Running, state: Option<&str>, user: Option<&str>) -> (Vec<u32>, u64) {
    let asked = [(Param::State, state), (Param::User, user)];
    let asked = asked.into_iter().filter_map(|(param, value)| Some((param, value?)));
    let address = asked
        .fold(Route::Campaigns.into(), |address: gleaner_api::address::Address, one| {
            address.with(one.0, one.1)
        });
    let (status, body) = daemon.client.ask(Some("boss"), address, Value::Null).await;
    assert_eq!(status, 200, "{body}");
    let list: Whole<Campaign> = serde_json::from_str(&body.to_string()).expect("a list");
    (list.items.iter().map(|campaign| campaign.id).collect(), list.total)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn campaigns_are_listed_by_state_and_user() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gleaner.toml");
    let text = "[api]\nlisten = \"127.0.0.1:0\"\nproxy.secret_file = \"proxy.secret\"\nadmins = [\"boss\"]\n[[cluster]]\nname = \"lune\"\n\
                api_url = \"http://127.0.0.1:1/\"\ndialect = \"oar2\"\n";
    std::fs::write(&path, text).unwrap();
    let endless = fake_cluster::workers(1, Arc::new(|| None));
    let daemon = started_with(&path, endless).await;
    let jdl = json!({ "name": "n", "nb_jobs": 1, "clusters": { "lune": { "exec_file": "true" } } });
    for user in ["alice", "bob", "alice", "bob"] {
        let (status, told) = daemon.client.ask(Some(user), Route::Submit, jdl.clone()).await;
        assert_eq!(status, 201, "{told}");
    }
    for (user, campaign) in [("alice", 1), ("bob", 2)] {
        let route = Route::RemoveCampaign { campaign: CampaignId(campaign) };
        let (status, told) = daemon.client.ask(Some(user), route, Value::Null).await;
        assert_eq!(status, 202, "{told}");
    }
    for (state, user, expected) in [
        (None, None, &[4, 3][..]),
        (Some("all"), None, &[4, 3, 2, 1]),
        (Some("cancelled"), None, &[2, 1]),
        (Some("in_treatment,cancelled"), Some("bob"), &[4, 2]),
        (Some("terminated"), None, &[]),
        (None, Some("alice"), &[3]),
        (Some("all"), Some("' OR 1=1 --"), &[]),
    ] {
        let (found, total) = listed(&daemon, state, user).await;
        assert_eq!((&found[..], total), (expected, expected.len() as u64), "{state:?} {user:?}");
    }
    daemon.stop().await;
}
