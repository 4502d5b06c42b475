//! How OAR 2.5's servers fail a submission, one test each: pages in the place of answers, and arrays
//! whose jobs must be told apart.

use gleaner_core::fact::{Fact, Refusal};
use gleaner_core::ids::RemoteJobId;
use gleaner_runtime::order::WorkerStart;
use serde_json::json;

use super::server::{PAGE, World};
use super::{
    NAME, NOW, accepted, bench, refused, shared, submission, told, unknown, without_unclear, world,
};

fn oar2() -> World {
    World { old: true, ..world() }
}

/// What OAR 2 answers to a submission that it took, with what `oarsub` printed.
fn taken(printed: &str) -> (u16, &'static str) {
    let answer = json!({ "id": 100, "cmd_output": printed, "api_timestamp": NOW, "links": [] });
    // A test ends soon.
    (201, Box::leak(answer.to_string().into_boxed_str()))
}

#[test]
fn the_ids_of_an_array_are_those_that_oarsub_printed_and_not_the_next_ones() {
    let printed = "[ADMISSION RULE] Automatically redirect in the besteffort queue\n\
                   Generate a job key...\nOAR_JOB_ID=100\nOAR_JOB_ID=101\nOAR_JOB_ID=103\n\
                   OAR_ARRAY_ID=100\n";
    let world = World { submit: Some(taken(printed)), ..oar2() };
    assert_eq!(without_unclear(told(world, 3)), [accepted(&[100, 101, 103])]);
}

#[test]
fn ids_that_oarsub_did_not_print_are_listed_and_not_guessed() {
    for printed in ["", "OAR_JOB_ID=100\n", "OAR_JOB_ID=100\nOAR_JOB_ID=what\nOAR_JOB_ID=102\n"] {
        let world = World { records: 3, submit: Some(taken(printed)), ..oar2() };
        assert_eq!(told(world, 3), [accepted(&[100, 101, 102])], "{printed:?}");
    }
}

#[test]
fn an_array_of_which_a_part_is_seen_with_gaps_is_placed_by_its_jobs_own_indices() {
    // Somebody else's job 101 came between the first task's and the second's.
    let world = shared(World { submit: Some(PAGE), ..oar2() });
    {
        let mut world = world.lock().unwrap();
        (100..103).for_each(|id| world.end(id, "Running", None, &[]));
        // Lines had no numbers yet.
        world.details.values_mut().for_each(|job| job["command"] = json!("/bin/true p"));
        world.details.get_mut(&102).unwrap()["array_index"] = json!(2);
        world.current = vec![(100, NAME.to_owned()), (102, NAME.to_owned())];
    }
    let unanswered = vec![submission(3)];
    let bench = bench(&world, NOW, WorkerStart { unanswered, ..WorkerStart::default() });
    let none = RemoteJobId::NONE.0;
    let told: Vec<Fact> = bench.look().into_iter().take(2).collect();
    assert_eq!(told, [unknown(), accepted(&[100, 102, none])]);
}

#[test]
fn an_admission_rule_refuses_with_500_in_json_and_for_good() {
    let text = r#"{"code":500,"title":"Oar server error","message":"Oarsub command exited with status 254: [ADMISSION RULE] Error: unknown job type: x\n\n\nCmd:\noarsub"}"#;
    let world = World { submit: Some((500, text)), ..oar2() };
    assert_eq!(told(world, 3), [refused(Refusal::BadRequest)]);
}

#[test]
fn nodes_that_are_dead_for_the_moment_refuse_for_the_moment() {
    let text = r#"{"code":400,"title":"Bad Request","message":"Oarsub command exited with status 251: There are not enough resources for your request"}"#;
    let world = World { submit: Some((400, text)), ..oar2() };
    assert_eq!(told(world, 3), [refused(Refusal::NotNow)]);
}

#[test]
fn the_page_after_a_dead_process_is_asked_past() {
    let world = shared(oar2());
    let bench = bench(&world, NOW, WorkerStart::default());
    assert_eq!(bench.look(), []);
    // The process dies of a request, and the next finds nobody either.
    world.lock().unwrap().wrong = [PAGE, PAGE].into();
    assert_eq!(bench.look(), []);
}
