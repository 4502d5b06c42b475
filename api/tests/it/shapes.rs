//! What the daemon was recorded to answer is read by the shapes, and written as it was.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gleaner_api::routes::{Endpoint, Method, Route};
use gleaner_api::shapes::access_token::{AccessTokenList, IssuedToken};
use gleaner_api::shapes::answer::{Done, Problem, Root, Whole};
use gleaner_api::shapes::campaign::{Campaign, Stats};
use gleaner_api::shapes::cluster::{Cluster, ClusterItem};
use gleaner_api::shapes::daemon::Health;
use gleaner_api::shapes::event::{EventList, OneEvent};
use gleaner_api::shapes::job::{Job, JobList, OneTask, Output, TaskPage};
use gleaner_api::shapes::notification::SubscriptionList;
use gleaner_api::shapes::plan::Plan;
use gleaner_api::shapes::token::TokenList;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer that was recorded.
struct Answer {
    /// The first line of its request, to name it by.
    asked: String,
    endpoint: Endpoint,
    status: u16,
    body: String,
}

/// The exchanges of the runtime's tests that are on a route of the list and answered in JSON.
fn answers() -> Vec<Answer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/tests/data/api");
    let files = fs::read_dir(&folder).expect("the recorded exchanges");
    let texts = files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("text"));
    let texts: Vec<String> = texts.collect();
    let exchanges = texts.iter().flat_map(|text| text.split(">>> ").skip(1));
    exchanges.filter_map(answer).collect()
}

fn answer(exchange: &str) -> Option<Answer> {
    let (asked, answered) = exchange.split_once("<<< ").expect("an answer");
    let asked = asked.lines().next().expect("a request");
    let (method, url) = asked.split_once(' ').expect("METHOD URL");
    let path = url.split('?').next().expect("a path").trim_end_matches('/');
    let path = if path.is_empty() { "/" } else { path };
    let endpoint = Route::parse(Method::from_word(method)?, path)?.endpoint();
    let (status, rest) = answered.split_once('\n').expect("a status");
    let body = rest.find('{').map(|at| &rest[at..])?;
    Some(Answer {
        asked: asked.to_owned(),
        endpoint,
        status: status.parse().expect("a number"),
        body: body.trim_end().to_owned(),
    })
}

/// Calls a function with the shape of an answer; none where an answer has no shape.
macro_rules! with_shape {
    ($answer:expr, $call:ident) => {
        match ($answer.status, $answer.endpoint) {
            (400.., _) => Some($call::<Problem>($answer)),
            (_, Endpoint::Jdl | Endpoint::Metrics | Endpoint::OpenApi | Endpoint::ClusterInfos) => {
                None
            }
            (_, Endpoint::Submit) if $answer.asked.contains("dry_run=1") => {
                Some($call::<Plan>($answer))
            }
            (_, Endpoint::Root) => Some($call::<Root>($answer)),
            (_, Endpoint::Campaigns) => Some($call::<Whole<Campaign>>($answer)),
            (
                _,
                Endpoint::Campaign
                | Endpoint::ChangeCampaign
                | Endpoint::Submit
                | Endpoint::AddJobs,
            ) => Some($call::<Campaign>($answer)),
            (_, Endpoint::Stats) => Some($call::<Stats>($answer)),
            (_, Endpoint::Jobs) => Some($call::<TaskPage>($answer)),
            (_, Endpoint::Task) => Some($call::<OneTask>($answer)),
            (_, Endpoint::FinishedJobs) => Some($call::<JobList>($answer)),
            (_, Endpoint::Job) => Some($call::<Job>($answer)),
            (_, Endpoint::Stdout | Endpoint::Stderr) => Some($call::<Output>($answer)),
            (_, Endpoint::CampaignEvents | Endpoint::Events) => Some($call::<EventList>($answer)),
            (_, Endpoint::Event) => Some($call::<OneEvent>($answer)),
            (_, Endpoint::Clusters) => Some($call::<Whole<ClusterItem>>($answer)),
            (_, Endpoint::Cluster) => Some($call::<Cluster>($answer)),
            (_, Endpoint::Tokens) => Some($call::<TokenList>($answer)),
            (_, Endpoint::AccessTokens) => Some($call::<AccessTokenList>($answer)),
            (_, Endpoint::IssueAccessToken) => Some($call::<IssuedToken>($answer)),
            (_, Endpoint::Notifications) => Some($call::<SubscriptionList>($answer)),
            (_, Endpoint::Health) => Some($call::<Health>($answer)),
            (
                _,
                Endpoint::RemoveCampaign
                | Endpoint::FixCampaign
                | Endpoint::CreateEvent
                | Endpoint::FixEvent
                | Endpoint::KillJob
                | Endpoint::RegisterToken
                | Endpoint::RemoveToken
                | Endpoint::RevokeAccessToken
                | Endpoint::SubscribeMail
                | Endpoint::UnsubscribeMail
                | Endpoint::SubscribeWebhook
                | Endpoint::UnsubscribeWebhook
                | Endpoint::SubscribeJabber
                | Endpoint::UnsubscribeJabber,
            ) => Some($call::<Done>($answer)),
        }
    };
}

fn read<T: DeserializeOwned>(answer: &Answer, body: &str) -> T {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{}: {error}: {body}", answer.asked))
}

/// Reads and writes an answer: every byte is as it was.
fn again<T: Serialize + DeserializeOwned>(answer: &Answer) {
    let shape: T = read(answer, &answer.body);
    let text = match answer.body.contains("{\n") {
        true => serde_json::to_string_pretty(&shape),
        false => serde_json::to_string(&shape),
    };
    assert_eq!(text.expect("JSON"), answer.body, "{}", answer.asked);
}

#[test]
fn recorded_answers_are_read_and_written_as_they_were() {
    let answers = answers();
    let checked = answers.iter().filter(|answer| with_shape!(answer, again).is_some()).count();
    assert!(checked > 100, "{checked}");
    let good = answers.iter().filter(|answer| answer.status < 400);
    let seen: BTreeSet<Endpoint> = good.map(|answer| answer.endpoint).collect();
    let missing: Vec<_> = Endpoint::ALL.iter().filter(|one| !seen.contains(one)).collect();
    // Nothing waits for the administrators of the recorded grid, its clusters cannot be asked, tokens that are made differ
    // each time, nobody is told by Jabber, and figures are no JSON.
    let none = [
        &Endpoint::Events,
        &Endpoint::Stdout,
        &Endpoint::Stderr,
        &Endpoint::ClusterInfos,
        &Endpoint::AccessTokens,
        &Endpoint::IssueAccessToken,
        &Endpoint::RevokeAccessToken,
        &Endpoint::SubscribeJabber,
        &Endpoint::UnsubscribeJabber,
        &Endpoint::Metrics,
    ];
    assert_eq!(missing, none);
}

/// The same JSON with a field more in each object, but for those whose keys are ids.
fn with_more(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(with_more),
        Value::Object(object) => {
            object.values_mut().for_each(with_more);
            let of_ids = object.keys().any(|key| key.parse::<u32>().is_ok());
            if !of_ids && !object.is_empty() {
                object.insert("a_field_to_come".to_owned(), Value::from(1));
            }
        }
        _ => {}
    }
}

/// Reads an answer of a daemon that says more: what is known is there.
fn from_a_later_daemon<T: Serialize + DeserializeOwned>(answer: &Answer) {
    let told: Value = read(answer, &answer.body);
    let mut more = told.clone();
    with_more(&mut more);
    assert_ne!(more, told, "{}", answer.asked);
    let shape: T = read(answer, &more.to_string());
    assert_eq!(serde_json::to_value(shape).expect("JSON"), told, "{}", answer.asked);
}

#[test]
fn fields_that_a_reader_does_not_know_are_passed_over() {
    let answers = answers();
    let checked =
        answers.iter().filter(|answer| with_shape!(answer, from_a_later_daemon).is_some());
    assert!(checked.count() > 100);
}
