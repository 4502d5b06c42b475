//! A daemon's life with a driver that does nothing, over a real socket: ready, asked, reloaded, stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gleaner_runtime::api::server::door::Door;
use gleaner_runtime::daemon::life::{ControlSignal, Driver, DriverFailure, Life, LifeError, live};
use gleaner_runtime::heartbeat::Heartbeat;
use gleaner_runtime::notify::Notifier;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::api::fake_daemon::fake_daemon;

struct Held {
    life: Life,
    signal: mpsc::Sender<ControlSignal>,
    end: oneshot::Sender<Result<(), DriverFailure>>,
    asked_to_stop: oneshot::Receiver<()>,
    reloads: Arc<AtomicUsize>,
}

async fn held(folder: &std::path::Path) -> Held {
    let (signal, signals) = mpsc::channel(4);
    let (end, ended) = oneshot::channel();
    let (stop, asked_to_stop) = oneshot::channel();
    let reloads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reloads);
    let driver = Driver {
        stop: Box::new(move || stop.send(()).expect("somebody listens")),
        ended,
        alive: Box::new(|| true),
        reload: Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::ready("1 cluster added".to_owned()))
        }),
    };
    let life = Life {
        doors: vec![Door::Port(TcpListener::bind("127.0.0.1:0").await.expect("a port"))],
        api: Arc::new(fake_daemon(folder)),
        room: 100,
        driver,
        signals,
        notifier: Notifier::from_environment(&|_| None).expect("nobody to notify"),
        watchdog: None,
    };
    Held { life, signal, end, asked_to_stop, reloads }
}

#[tokio::test]
async fn the_health_check_is_not_well_while_nothing_moves() {
    let folder = tempfile::tempdir().unwrap();
    let Held { mut life, signal: _signal, end: _end, .. } = held(folder.path()).await;
    let begun = Instant::now().checked_sub(Duration::from_secs(120)).expect("up for two minutes");
    let heartbeat = Arc::new(Heartbeat::since(begun));
    life.api = Arc::new(fake_daemon(folder.path()).watching(Arc::clone(&heartbeat)));
    let (told, address) = oneshot::channel();
    tokio::spawn(live(life, |doors| {
        told.send(doors.port.expect("a port")).expect("the test waits")
    }));
    let url = format!("http://{}/healthz", address.await.unwrap());
    let answer = reqwest::get(&url).await.unwrap();
    assert_eq!(answer.status(), 503);
    let body: serde_json::Value = answer.json().await.unwrap();
    let message = body["message"].as_str().expect("it says why");
    assert!(message.starts_with("nothing moves: the last cycle was through 12"), "{body}");
    assert!(body["hint"].is_string(), "{body}");
    heartbeat.beat();
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn it_answers_until_it_is_told_to_stop_and_lets_the_driver_finish() {
    let folder = tempfile::tempdir().unwrap();
    let Held { life, signal, end, asked_to_stop, reloads } = held(folder.path()).await;
    let (told, address) = oneshot::channel();
    let living = tokio::spawn(live(life, |doors| {
        told.send(doors.port.expect("a port")).expect("the test waits")
    }));
    let url = format!("http://{}/healthz", address.await.unwrap());
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);

    signal.send(ControlSignal::Reload).await.unwrap();
    signal.send(ControlSignal::Stop).await.unwrap();
    asked_to_stop.await.unwrap();
    assert_eq!(reloads.load(Ordering::SeqCst), 1);
    assert!(!living.is_finished(), "the driver has not finished its cycle");
    end.send(Ok(())).unwrap();
    living.await.unwrap().unwrap();
    assert!(reqwest::get(&url).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_driver_that_fails_ends_it_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let Held { life, signal, end, .. } = held(folder.path()).await;
    let full = std::io::Error::other("disk full");
    end.send(Err(DriverFailure(Box::new(full)))).unwrap();
    let was_ready = AtomicBool::new(false);
    let failed = live(life, |_| was_ready.store(true, Ordering::SeqCst)).await.unwrap_err();
    assert!(was_ready.load(Ordering::SeqCst));
    assert!(matches!(failed, LifeError::Driver(_)), "{failed}");

    // A sender of wishes that is gone would be a wish to stop.
    let Held { life, end, signal: second, .. } = held(folder.path()).await;
    drop(end);
    assert!(matches!(live(life, |_| ()).await, Err(LifeError::Vanished)));
    drop((signal, second));
}
