//! Much for one daemon: tasks, callers, bodies and readers, within bounds that are set.

use gleaner_api::routes::{Param, Route};
use gleaner_api::shapes::answer::{Paged, Problem};
use gleaner_api::shapes::job::{JobList, Task};
use gleaner_api::states::CampaignState;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{started, written};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_of_tasks_is_never_written_out() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let text = std::fs::read_to_string(&config).unwrap();
    // The daemon decides nothing for an hour: only taking and reading is tried here.
    std::fs::write(&config, text.replace("cycle = 0", "cycle = 3600\nuser_tasks_max = 15000000"))
        .unwrap();
    let daemon = started(&config).await;
    let client = &daemon.client;
    let post = async |route, body: Value| {
        let (status, told) = client.ask(Some("alice"), route, body).await;
        (status, Problem::deserialize(told).expect("it is refused"))
    };
    let many = |tasks: u64| json!({ "name": "n", "nb_jobs": tasks, "clusters": { "lune": { "exec_file": "true" } } });
    let (status, Problem { message, hint, .. }) = post(Route::Submit, many(1_000_000_000)).await;
    assert_eq!(status, 400);
    assert!(message.contains("1000000000 tasks are more than the 10000000"), "{message}");
    assert!(hint.unwrap().contains("`tasks_max` in `[grid]`"));
    let campaign = client.submit("the most", 10_000_000).await;
    let (status, Problem { hint, .. }) = post(Route::Submit, many(6_000_000)).await;
    assert_eq!((status, hint.unwrap().contains("user_tasks_max")), (400, true));
    // What is refused for its length is refused when all names are known to be new.
    let (status, told) = post(Route::AddJobs { campaign }, json!(["x"])).await;
    assert_eq!(status, 400, "{told:?}");
    let (status, told) = post(Route::AddJobs { campaign }, json!(["9999999 b"])).await;
    assert!(told.message.contains("same first word `9999999`"), "{status} {told:?}");
    let mut answer = client.request(Some("alice"), Route::Jdl { campaign }).send().await.unwrap();
    let piece = answer.chunk().await.unwrap().unwrap();
    assert!(piece.len() < 1 << 20, "the answer begins before it is made: {}", piece.len());
    drop(answer);
    let last = Route::Jobs { campaign }.with(Param::Offset, 9_999_999).with(Param::Limit, 2);
    let page: Paged<Task> = client.get(last).await;
    assert_eq!(page.items[0].parameters, "9999999");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_adds_the_same_names_at_the_same_time_gets_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let daemon = started(&config).await;
    let campaign = daemon.client.submit("grows", 1).await;
    let add = |number: usize| {
        let names = json!([format!("n{}", number % 5), format!("only{number}")]);
        let request =
            daemon.client.request(Some("alice"), Route::AddJobs { campaign }).json(&names);
        async move { request.send().await.unwrap().status().as_u16() }
    };
    let asked: Vec<_> = (0..20).map(|number| tokio::spawn(add(number))).collect();
    let mut statuses = Vec::new();
    for answer in asked {
        statuses.push(answer.await.unwrap());
    }
    let of = |status| statuses.iter().filter(|known| **known == status).count();
    assert_eq!((of(201), of(400)), (5, 15), "{statuses:?}");
    let jdl: Value = daemon.client.get(Route::Jdl { campaign }).await;
    let mut names: Vec<&str> =
        jdl["params"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 11, "{names:?}");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_lists_are_whole_though_they_are_read_in_steps() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let text = std::fs::read_to_string(&config).unwrap();
    let settings = "cycle = 0\npolicy = \"greedy:reserve=1000,max=1000\"\ndealt_max = 1000";
    std::fs::write(&config, text.replace("cycle = 0", settings)).unwrap();
    let daemon = started(&config).await;
    let campaign = daemon.client.submit("over", 700).await;
    daemon.client.until(campaign, CampaignState::Terminated).await;
    let finished = |limit, offset| {
        let page = Route::FinishedJobs { campaign }.with(Param::Limit, limit);
        daemon.client.get::<JobList>(page.with(Param::Offset, offset))
    };
    let ids = |list: &JobList| list.items.iter().map(|job| job.id).collect::<Vec<u64>>();
    let all = finished(1000, 0).await;
    let numbers = ids(&all);
    assert_eq!((numbers.len(), all.total), (700, 700));
    assert!(numbers.is_sorted_by(|a, b| a < b));
    assert_eq!(ids(&finished(300, 350).await), numbers[350..650]);
    let page = Route::Jobs { campaign }.with(Param::Limit, 600).with(Param::Offset, 50);
    let tasks: Paged<Task> = daemon.client.get(page).await;
    assert!(tasks.items.iter().map(|task| task.id).eq(51..=650));
    daemon.stop().await;
}
