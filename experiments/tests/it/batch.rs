//! Many runs at once against the same runs one after the other.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use gleaner_experiments::batch::{BatchEvent, BatchFailure, BatchOptions, batch};
use gleaner_experiments::built::Built;
use gleaner_experiments::cancel::Cancel;
use gleaner_experiments::error::RunError;
use gleaner_experiments::result::{Ending, RunResult};
use gleaner_experiments::run::run;
use gleaner_scenarios::streams::Seed;
use gleaner_sim::observer::Unobserved;

use crate::run::{TWO_HOURS, built, scenario};

fn options(threads: usize, ahead: usize) -> BatchOptions {
    BatchOptions { threads: NonZeroUsize::new(threads).expect("a thread"), ahead }
}

/// Returns everything that a run says, as text.
fn text(result: &RunResult) -> String {
    let metrics = serde_json::to_string(&result.metrics).expect("figures are JSON");
    let (ending, campaigns) = (&result.ending, &result.campaigns);
    format!("{metrics} {ending:?} {campaigns:?} {:?}", result.scheduler)
}

/// Returns one small world for each seed.
fn seeds(count: u64) -> Vec<Built> {
    let scenario = scenario(TWO_HOURS, "".as_ref());
    let seeded = |seed| {
        let mut scenario = scenario.clone();
        scenario.seed = Seed(seed);
        built(&scenario)
    };
    (1..=count).map(seeded).collect()
}

/// Returns the results of a batch, which must come in order.
fn results<T: Send, E: Send + std::fmt::Debug>(
    count: usize,
    options: BatchOptions,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Vec<Result<T, BatchFailure<E>>> {
    let (mut all, mut began, mut ended) = (Vec::new(), 0, 0);
    let told = batch(count, options, &Cancel::default(), work, |event| match event {
        BatchEvent::Began { .. } => began += 1,
        BatchEvent::Ended { .. } => ended += 1,
        BatchEvent::Result { index, result } => {
            assert_eq!(index, all.len(), "results come in order");
            all.push(result);
        }
    });
    assert_eq!((told.expect("threads"), all.len()), (count, count));
    assert_eq!((began, ended), (count, count));
    all
}

#[test]
fn a_batch_says_what_its_runs_say_one_after_the_other() {
    let built = seeds(24);
    let one = |index: usize| run(&built[index], &mut Unobserved).map(|result| text(&result));
    let alone: Vec<String> = (0..built.len()).map(|index| one(index).unwrap()).collect();
    assert!(alone.windows(2).all(|pair| pair[0] != pair[1]), "seeds differ");
    for (threads, ahead) in [(1, 0), (2, 0), (5, 3), (64, 64)] {
        let together = results(built.len(), options(threads, ahead), one);
        let together: Vec<String> = together.into_iter().map(Result::unwrap).collect();
        assert!(together == alone, "{threads} threads, {ahead} ahead");
    }
}

#[test]
fn many_runs_begin_with_one_world_and_are_equal() {
    let built = &seeds(1)[0];
    let all =
        results(16, options(4, 4), |_| run(built, &mut Unobserved).map(|result| text(&result)));
    let all: Vec<String> = all.into_iter().map(Result::unwrap).collect();
    assert!(all.iter().all(|one| *one == all[0]));
}

#[test]
fn what_fails_or_panics_fails_alone() {
    let all = results(9, options(3, 2), |index| match index {
        2 => Err(format!("run {index} fails")),
        5 => panic!("run {index} panics"),
        _ => Ok(index),
    });
    for (index, result) in all.into_iter().enumerate() {
        let said = result.map_err(|failure| failure.to_string());
        let expected = match index {
            2 => Err("run 2 fails".to_owned()),
            5 => Err("the run panicked: run 5 panics".to_owned()),
            _ => Ok(index),
        };
        assert_eq!(said, expected);
    }
}

/// The first run ends only when all others that may be ahead of it have ended.
#[test]
fn no_more_results_are_kept_than_was_said() {
    let (threads, ahead, count) = (3, 4, 40);
    let others = AtomicUsize::new(0);
    let all = results(count, options(threads, ahead), |index| {
        if index == 0 {
            while others.load(Ordering::SeqCst) < threads + ahead - 1 {
                std::thread::yield_now();
            }
            // Nobody could have done more in the meantime, however long it takes.
            std::thread::sleep(std::time::Duration::from_millis(50));
            return Ok::<_, String>(others.load(Ordering::SeqCst));
        }
        Ok(others.fetch_add(1, Ordering::SeqCst))
    });
    assert_eq!(all[0].as_ref().unwrap(), &(threads + ahead - 1));
}

#[test]
fn a_cancelled_batch_ends_and_tells_what_it_has() {
    let built = seeds(1);
    let cancel = Cancel::default();
    let mut results: Vec<RunResult> = Vec::new();
    let told = batch(
        1_000_000,
        options(2, 2),
        &cancel,
        |_| run(&built[0], &mut cancel.clone()),
        |event: BatchEvent<RunResult, RunError>| {
            if let BatchEvent::Result { result, .. } = event {
                results.push(result.unwrap());
                if results.len() == 3 {
                    cancel.cancel();
                }
            }
        },
    );
    assert_eq!(told.unwrap(), results.len());
    // Those before the wish are whole; behind it, nothing begins but what was let in.
    assert!(results[..3].iter().all(|result| result.ending == Ending::Limit));
    assert!(results.len() <= 3 + 4, "{} results", results.len());
}

#[test]
fn an_observer_of_a_batch_that_panics_leaves_no_thread_behind() {
    let caught = std::panic::catch_unwind(|| {
        let work = |index: usize| Ok::<_, String>(index);
        batch(1_000_000, options(2, 1), &Cancel::default(), work, |event| {
            if let BatchEvent::Result { index: 4, .. } = event {
                panic!("told enough");
            }
        })
    });
    assert!(caught.is_err());
}
