//! The commands around the daemon, as an operator meets them.

use assert_cmd::Command;
use serde_json::Value;

fn gleaner() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("gleaner"))
}

fn rows(output: &std::process::Output) -> Vec<Value> {
    serde_json::from_slice(&output.stdout).expect("a table as JSON")
}

#[test]
fn a_new_configuration_is_good_and_its_cluster_away() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        |arguments: &[&str]| gleaner().current_dir(folder.path()).args(arguments).output().unwrap();
    let written = run(&["init", "--daemon"]);
    assert_eq!(written.stdout, b"gleaner.toml\n");
    assert_eq!(run(&["init", "--daemon"]).status.code(), Some(4), "an existing file is kept");

    let checked = run(&["check", "--output", "json"]);
    assert_eq!(checked.status.code(), Some(0));
    assert!(rows(&checked).iter().all(|row| row["result"] == "ok"));

    // A port that nobody has: the listener is gone when the doctor comes.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let path = folder.path().join("gleaner.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("127.0.0.1:6668", &gone.to_string())).unwrap();
    let visited = run(&["doctor", "--output", "json"]);
    assert_eq!(visited.status.code(), Some(5));
    assert_eq!(rows(&visited)[0]["part"], "reach");
    assert!(
        !folder.path().join("gleaner.db").exists() && !folder.path().join("gleaner.key").exists()
    );
}

#[test]
fn a_unit_for_systemd_runs_this_very_program() {
    let folder = tempfile::tempdir().unwrap();
    let written =
        gleaner().current_dir(folder.path()).args(["init", "--systemd"]).output().unwrap();
    assert_eq!(written.stdout, b"gleaner.service\n");
    let path = folder.path().join("gleaner.service");
    let unit = std::fs::read_to_string(&path).unwrap();
    let values = |key: &str| -> Vec<&str> {
        unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
    };
    assert_eq!((values("LimitCORE"), values("UMask")), (vec!["0"], vec!["0077"]));
    let start = values("ExecStart")[0].strip_prefix('"').unwrap();
    let (program, arguments) = start.split_once("\" ").unwrap();
    assert_eq!(program, assert_cmd::cargo::cargo_bin!("gleaner").to_str().unwrap());
    // What it says is what the command knows: only the file is not there yet.
    let config = folder.path().join("none.toml");
    let arguments = arguments.replace("/etc/gleaner/gleaner.toml", config.to_str().unwrap());
    let started = gleaner().args(arguments.split(' ')).output().unwrap();
    let said = String::from_utf8(started.stderr).unwrap();
    assert!(started.status.code() == Some(2) && said.contains("none.toml"), "{said}");
    // Its variables replace settings.
    let run = |arguments: &[&str]| {
        let settings = values("Environment")[0].split(' ').map(|one| one.split_once('=').unwrap());
        gleaner().current_dir(folder.path()).envs(settings).args(arguments).output().unwrap()
    };
    run(&["init", "--daemon"]);
    let checked = run(&["check", "--output", "json"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.contains("/var/lib/gleaner"), "{text}");
    let Ok(verified) = Command::new("systemd-analyze").arg("verify").arg(&path).output() else {
        return eprintln!("SKIPPED: systemd-analyze is not here");
    };
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[test]
fn a_bad_configuration_points_at_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    std::fs::write(
        &path,
        "[[cluster]]\nname = \"a\"\napi_url = \"http://h/\"\ndialect = \"oar4\"\n",
    )
    .unwrap();
    let checked = gleaner().args(["check", "--config"]).arg(&path).output().unwrap();
    let said = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(2));
    assert!(said.contains("bad.toml:4:11") && said.contains("did you mean `oar2`?"), "{said}");

    let readable =
        "[[cluster]]\nname = \"a\"\napi_url = \"http://h/\"\ndialect = \"oar2\"\nca_file = \"x\"\n";
    std::fs::write(&path, readable).unwrap();
    let checked = gleaner().args(["check", "--output", "json", "--config"]).arg(&path).output();
    let checked = checked.unwrap();
    assert_eq!(checked.status.code(), Some(2));
    let wrong: Vec<Value> =
        rows(&checked).into_iter().filter(|row| row["result"] == "error").collect();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0]["part"], "ca_file");
}

#[test]
fn hints_name_no_command_that_is_not_there() {
    let help = String::from_utf8(gleaner().arg("--help").output().unwrap().stdout).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("cli/src"), root.join("runtime/src"), root.join("core/src")];
    let mut named = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            if entry.extension().is_none_or(|ending| ending != "rs") {
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for (line, part) in
                lines.flat_map(|line| line.split('`').skip(1).map(move |p| (line, p)))
            {
                let mut words = part.split_whitespace();
                match words.next() {
                    Some("gleaner") => {
                        let command = words.next().unwrap_or_default().trim_matches('\\');
                        // Without one, or cut at the end of a line of source.
                        let good = command.is_empty() || commands.contains(&command);
                        assert!(good, "{}: {line}", entry.display());
                        named += 1;
                    }
                    // A name that may be a command of CiGri's: then it is one of ours.
                    Some(word) if word.starts_with("grid") && word.len() > 4 => {
                        let face = ["sub", "stat", "del", "clusters", "events", "notify", "token"];
                        let good = !face.contains(&&word[4..]) || commands.contains(&word);
                        assert!(good, "{}: {line}", entry.display());
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(named > 10, "{named} were looked at");
}
