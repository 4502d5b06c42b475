//! `cargo run --release -p gleaner-sim --example golden -- PATH...` replays golden vectors: `.json`
//! files, `.jsonl` and `.jsonl.gz` with one instance a line, and folders of them. Prints a line a
//! case and `N passed, M failed`; exit code 1 if any failed, 2 if a path cannot be read.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]

#[path = "../tests/vectors/case.rs"]
mod case;
#[path = "../tests/vectors/replay.rs"]
mod replay;

use case::Case;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
}

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        eprintln!("usage: golden PATH...");
        return ExitCode::from(2);
    }
    let mut tally = Tally::default();
    for path in &paths {
        if let Err(error) = visit(path, &mut tally) {
            eprintln!("cannot read `{}`: {error}", path.display());
            return ExitCode::from(2);
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    ExitCode::from(u8::from(tally.failed > 0))
}

fn visit(path: &Path, tally: &mut Tally) -> io::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<_> =
            path.read_dir()?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
        entries.sort();
        let known = [".json", ".jsonl", ".jsonl.gz"];
        for entry in entries {
            let name = entry.to_string_lossy();
            if entry.is_dir() || known.iter().any(|end| name.ends_with(end)) {
                visit(&entry, tally)?;
            }
        }
        return Ok(());
    }
    let name = path.to_string_lossy();
    let file = File::open(path)?;
    let reader: Box<dyn Read> =
        if name.ends_with(".gz") { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = BufReader::new(reader);
    if name.ends_with(".jsonl") || name.ends_with(".jsonl.gz") {
        for (number, line) in reader.lines().enumerate() {
            let line = line?;
            if !line.trim().is_empty() {
                judge(&line, &format!("{name}:{}", number + 1), tally);
            }
        }
    } else {
        let mut text = String::new();
        reader.read_to_string(&mut text)?;
        judge(&text, &name, tally);
    }
    Ok(())
}

fn judge(text: &str, origin: &str, tally: &mut Tally) {
    let read = serde_json::from_str(text).map_err(|error| error.to_string());
    let (name, result) = match read.and_then(|json| Case::read(&json)) {
        Ok(case) => {
            for setting in &case.unknown {
                eprintln!("{origin}: setting `{setting}` is not known and has no effect");
            }
            (case.name.clone(), replay::replay(case))
        }
        Err(problem) => (origin.to_owned(), Err(problem)),
    };
    match result {
        Ok(()) => {
            tally.passed += 1;
            println!("ok {name}");
        }
        Err(problem) => {
            tally.failed += 1;
            println!("differs {name}: {problem}");
        }
    }
}
