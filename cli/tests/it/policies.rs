//! `gleaner policies`: what can be asked for, and that it can.

use serde_json::Value;

use crate::run::Workdir;

#[test]
fn every_policy_that_is_listed_can_be_asked_for_with_its_keys() {
    let workdir = Workdir::new();
    let listed = workdir.done(&["policies", "--output", "json"]);
    let rows: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let named = |name: &str| rows.iter().filter(|row| row["policy"] == name).count();
    assert_eq!(["tap", "greedy", "min", "max"].map(named), [8, 3, 1, 1]);
    workdir.write("s.toml", "[[cluster]]\nname = \"a\"\nnodes = 1\n");
    for row in &rows {
        let [policy, key] = ["policy", "key"].map(|column| row[column].as_str());
        let policy = policy.unwrap();
        let asked = match (key, policy) {
            (None, "min" | "max") => format!("{policy}(tap; greedy)"),
            (None, _) => policy.to_owned(),
            // No value is good for all keys; what is said of this one shows that the key is known.
            (Some(key), _) => format!("{policy}:{key}=?"),
        };
        let answer = ["simulate", "s.toml", "--check", "--policy", &asked];
        match key {
            None => drop(workdir.done(&answer)),
            Some(key) => workdir.gleaner(&answer).fails(2, &[&format!("`{key}=?` in policy")]),
        }
        assert!(row["meaning"].as_str().is_some_and(|meaning| meaning.len() > 10), "{row}");
    }
    let shown = workdir.done(&["policies"]);
    assert!(shown.contains("most careful") && shown.contains("init"), "{shown}");
}
