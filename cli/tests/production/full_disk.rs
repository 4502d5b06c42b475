//! The disk of the store fills up under a working daemon, and room is made again.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::emulator::Emulator;
use crate::executions;
use crate::grid;
use crate::process::wait_for;

/// As long as anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const TASKS: u64 = 400;

/// A file system of its own, of a few megabytes.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// None where this user may not mount.
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=12m", "gleaner-test"])
            .arg(folder.path())
            .output();
        mounted.is_ok_and(|done| done.status.success()).then_some(SmallDisk { folder })
    }

    /// Fills what is free.
    fn fill(&self) -> PathBuf {
        let path = self.folder.path().join("ballast");
        let mut file = File::create(&path).expect("an entry is free");
        let mut block = 1 << 16;
        while block > 0 {
            match file.write(&vec![0_u8; block]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => block /= 16,
                Err(error) => panic!("{error}"),
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A test that failed leaves it mounted rather than failing twice.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

#[test]
fn a_full_disk_stops_the_daemon_and_loses_nothing_that_was_promised() {
    let Some(disk) = SmallDisk::mount() else {
        println!("SKIPPED a_full_disk_...: needs the right to mount a small file system");
        return;
    };
    let here: &Path = disk.folder.path();
    let outside = tempfile::tempdir().expect("a folder");
    let scenario = "[[cluster]]\nname = \"terre\"\nnodes = 8\ncores_per_node = 8\ndialect = \"oar2\"\n\
                    task_runtime = \"fixed:60\"\n";
    let emulator = Emulator::start(outside.path(), scenario, 1, "60");
    let config = grid::config(&emulator.clusters);
    let mut daemon = Daemon::start(here, &config, &["--clock", &emulator.clock()]);
    let jdl = grid::jdl("full", TASKS, &emulator.clusters);
    let campaign = daemon.submit(&jdl);
    wait_for("the first ends", PATIENCE, || {
        let shown = daemon.json(&format!("/campaigns/{campaign}"));
        (shown["finished_jobs"].as_u64()? > 0).then_some(())
    });

    let ballast = disk.fill();
    // Whatever is asked for now is granted for good or not at all.
    let mut promised = vec![campaign];
    let ended = wait_for("the end of a daemon without room", PATIENCE, || {
        if let Ok(answer) = daemon.post("alice", "/campaigns", &jdl) {
            let status = answer.status().as_u16();
            let body: serde_json::Value = answer.json().unwrap_or(json!(null));
            match status {
                201 => promised.push(body["id"].as_u64().expect("a campaign has an id")),
                503 => {
                    let why = body["message"].to_string();
                    // It may have noticed before, and be on its way out.
                    assert!(why.contains("disk") || why.contains("stopping"), "{body}");
                }
                _ => panic!("{status}: {body}"),
            }
        }
        daemon.server().ended()
    });
    assert_eq!(ended.code(), Some(1));

    fs::remove_file(ballast).expect("the ballast is ours");
    daemon.wake(&[]);
    let parameters: Vec<String> = (0..TASKS).map(|index| index.to_string()).collect();
    for &campaign in &promised {
        daemon.wait_state(campaign, "terminated", PATIENCE);
    }
    assert!(daemon.server().stop().success(), "{}", daemon.log());
    let runs = executions::read(&emulator.executions);
    for campaign in promised {
        let faults = executions::faults(&runs, &campaign.to_string(), &parameters);
        assert!(faults.is_empty(), "{faults:#?}");
    }
    grid::replays(here);
}
