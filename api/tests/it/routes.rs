//! What is built from the list of routes is read back by it.

use gleaner_api::numbers::{ClusterNumber, JobId, TaskNumber};
use gleaner_api::routes::{Endpoint, Method, Param, Route};
use gleaner_core::ids::{CampaignId, EventId};
use proptest::prelude::*;
use proptest::sample::select;

/// The path of a route with these numbers where its template has names.
fn path(endpoint: Endpoint, numbers: [u32; 2]) -> String {
    let mut numbers = numbers.iter();
    let segments = endpoint.template().split('/').map(|segment| match segment.starts_with('{') {
        true => numbers.next().expect("two names at most").to_string(),
        false => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A path of words that stand in paths, and of numbers.
fn paths() -> impl Strategy<Value = String> {
    let words = Endpoint::ALL.iter().flat_map(|endpoint| endpoint.template().split('/'));
    let words: Vec<String> = words.map(str::to_owned).collect();
    let segment = prop_oneof![select(words), any::<u64>().prop_map(|number| number.to_string())];
    prop::collection::vec(segment, 0..5).prop_map(|segments| format!("/{}", segments.join("/")))
}

proptest! {
    #[test]
    fn a_path_that_is_built_is_read_back(
        endpoint in select(Endpoint::ALL), numbers in any::<[u32; 2]>(),
    ) {
        let path = path(endpoint, numbers);
        let route = Route::parse(endpoint.method(), &path).expect("it is a route");
        prop_assert_eq!(route.endpoint(), endpoint);
        prop_assert_eq!(route.method(), endpoint.method());
        prop_assert_eq!(route.path(), path);
    }

    #[test]
    fn a_path_that_is_read_is_the_one_that_is_built(
        method in select(Method::ALL), path in paths(),
    ) {
        if let Some(route) = Route::parse(method, &path) {
            prop_assert_eq!(route.path(), path);
            prop_assert_eq!(route.method(), method);
        }
    }
}

#[test]
fn no_two_routes_are_one() {
    for (at, endpoint) in Endpoint::ALL.iter().enumerate() {
        let alike = |other: &&Endpoint| {
            (other.method(), other.template()) == (endpoint.method(), endpoint.template())
        };
        assert_eq!(Endpoint::ALL.iter().position(|other| alike(&other)), Some(at), "{endpoint:?}");
    }
}

#[test]
fn values_stand_in_the_path_and_parameters_behind_it() {
    let campaign = CampaignId(7);
    assert_eq!(Route::Task { campaign, task: TaskNumber(3) }.path(), "/campaigns/7/jobs/3");
    assert_eq!(Route::Cluster { cluster: ClusterNumber(2) }.path(), "/clusters/2");
    let page = Route::Jobs { campaign }.with(Param::Limit, 2).with(Param::Offset, 4);
    assert_eq!(page.to_string(), "/campaigns/7/jobs?limit=2&offset=4");
    let renamed = Route::ChangeCampaign { campaign }.with(Param::Name, "a b&c=\u{e9}");
    assert_eq!(renamed.to_string(), "/campaigns/7?name=a+b%26c%3D%C3%A9");
    assert_eq!(renamed.method(), Method::Put);
}

#[test]
fn what_no_row_can_have_is_no_route() {
    let job = JobId(u64::MAX / 2);
    assert_eq!(Route::parse(Method::Get, &Route::Job { job }.path()), Some(Route::Job { job }));
    assert_eq!(
        Route::parse(Method::Delete, "/events/12"),
        Some(Route::FixEvent { event: EventId(12) })
    );
    for wrong in [
        "/jobs/9223372036854775808",
        "/jobs/-1",
        "/jobs/",
        "/jobs",
        "/jobs/1/",
        "jobs/1",
        "",
        "/campaigns/4294967296",
        "/campaigns/1/jobs/last",
    ] {
        assert_eq!(Route::parse(Method::Get, wrong), None, "{wrong}");
    }
}
