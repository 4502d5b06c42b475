//! Much for one daemon: tasks, callers, bodies and readers, within bounds that are set.

use serde_json::Value;

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
    let client = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let request = client.post(format!("{}{path}", daemon.url)).json(&body);
        let answer = request.header("X-CIGRI-USER", "alice").send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let many = |tasks: u64| serde_json::json!({ "name": "n", "nb_jobs": tasks, "clusters": { "lune": { "exec_file": "true" } } });
    let (status, told) = post("/campaigns", many(1_000_000_000)).await;
    assert_eq!(status, 400);
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("1000000000 tasks are more than the 10000000"), "{told}");
    assert!(told["hint"].as_str().unwrap().contains("`tasks_max` in `[grid]`"), "{told}");
    let id = daemon.submit("the most", 10_000_000).await;
    let (status, told) = post("/campaigns", many(6_000_000)).await;
    assert_eq!((status, &told["hint"].as_str().unwrap().contains("user_tasks_max")), (400, &true));
    // What is refused for its length is refused when all names are known to be new.
    let (status, told) = post(&format!("/campaigns/{id}/jobs"), serde_json::json!(["x"])).await;
    assert_eq!(status, 400, "{told}");
    let (status, told) =
        post(&format!("/campaigns/{id}/jobs"), serde_json::json!(["9999999 b"])).await;
    assert!(
        told["message"].as_str().unwrap().contains("same first word `9999999`"),
        "{status} {told}"
    );
    let mut answer = reqwest::get(format!("{}/campaigns/{id}/jdl", daemon.url)).await.unwrap();
    let piece = answer.chunk().await.unwrap().unwrap();
    assert!(piece.len() < 1 << 20, "the answer begins before it is made: {}", piece.len());
    drop(answer);
    let page = daemon.get(&format!("/campaigns/{id}/jobs?offset=9999999&limit=2")).await;
    assert_eq!(page["items"][0]["parameters"], "9999999");
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_adds_the_same_names_at_the_same_time_gets_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = written(folder.path(), &["lune"]);
    let daemon = started(&config).await;
    let id = daemon.submit("grows", 1).await;
    let url = format!("{}/campaigns/{id}/jobs", daemon.url);
    let add = |number: usize| {
        let url = url.clone();
        let names = serde_json::json!([format!("n{}", number % 5), format!("only{number}")]);
        async move {
            let request = reqwest::Client::new().post(url).json(&names);
            request.header("X-CIGRI-USER", "alice").send().await.unwrap().status().as_u16()
        }
    };
    let asked: Vec<_> = (0..20).map(|number| tokio::spawn(add(number))).collect();
    let mut statuses = Vec::new();
    for answer in asked {
        statuses.push(answer.await.unwrap());
    }
    let of = |status| statuses.iter().filter(|known| **known == status).count();
    assert_eq!((of(201), of(400)), (5, 15), "{statuses:?}");
    let jdl = daemon.get(&format!("/campaigns/{id}/jdl")).await;
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
    let id = daemon.submit("over", 700).await;
    daemon.until(id, "terminated").await;
    let ids = |page: &Value, key: &str| -> Vec<u64> {
        page["items"].as_array().unwrap().iter().map(|item| item[key].as_u64().unwrap()).collect()
    };
    let finished = format!("/campaigns/{id}/jobs/finished");
    let all = daemon.get(&format!("{finished}?limit=1000")).await;
    let numbers = ids(&all, "id");
    assert_eq!((numbers.len(), &all["total"]), (700, &700.into()));
    assert!(numbers.is_sorted_by(|a, b| a < b));
    let some = daemon.get(&format!("{finished}?limit=300&offset=350")).await;
    assert_eq!(ids(&some, "id"), numbers[350..650]);
    let tasks = daemon.get(&format!("/campaigns/{id}/jobs?limit=600&offset=50")).await;
    assert_eq!(ids(&tasks, "id"), (51..=650).collect::<Vec<u64>>());
    daemon.stop().await;
}
