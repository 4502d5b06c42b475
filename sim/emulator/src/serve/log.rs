//! The log of executions: a line a job that ran, so that an outsider can count duplicates. Must not
//! know why jobs ran.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::engine::output::Execution;
use crate::error::EmulatorError;

/// The columns.
const HEADER: &str = "job_id,name,command,start,end,state,cluster,exit_code\n";

/// The log, if one is wanted.
pub(super) struct Log(Option<(PathBuf, File)>);

impl Log {
    /// A new file with its header, if a path is given.
    pub(super) fn create(path: Option<&Path>) -> Result<Log, EmulatorError> {
        let Some(path) = path else { return Ok(Log(None)) };
        let failed = |source| EmulatorError::Write { path: path.to_owned(), source };
        let mut file = File::create(path).map_err(failed)?;
        file.write_all(HEADER.as_bytes()).map_err(failed)?;
        Ok(Log(Some((path.to_owned(), file))))
    }

    /// Writes an execution; the line is with the system when this returns.
    pub(super) fn write(&mut self, execution: &Execution) -> Result<(), EmulatorError> {
        let Some((path, file)) = &mut self.0 else { return Ok(()) };
        let failed = |source| EmulatorError::Write { path: path.clone(), source };
        file.write_all(line(execution).as_bytes()).map_err(failed)
    }
}

fn line(execution: &Execution) -> String {
    let Execution { job_id, name, command, start_s, end_s, state, cluster, exit_code } = execution;
    let (name, command, state) = (quoted(name), quoted(command), state.as_str());
    let code = exit_code.map(|code| code.to_string()).unwrap_or_default();
    format!("{job_id},{name},{command},{start_s},{end_s},{state},{cluster},{code}\n")
}

/// Quotes a cell where it must be (RFC 4180).
fn quoted(cell: &str) -> String {
    match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use gleaner_oar::states::JobState;

    use super::*;

    #[test]
    fn a_line_tells_an_execution() {
        let execution = Execution {
            job_id: 7,
            name: "gleaner.1.a-2".to_owned(),
            command: "echo \"a\", b".to_owned(),
            start_s: 1_000_000_010,
            end_s: 1_000_000_070,
            state: JobState::Terminated,
            cluster: "lune".to_owned(),
            exit_code: Some(0),
        };
        let want =
            "7,gleaner.1.a-2,\"echo \"\"a\"\", b\",1000000010,1000000070,Terminated,lune,0\n";
        assert_eq!(line(&execution), want);
        let running = Execution { exit_code: None, state: JobState::Running, ..execution };
        assert!(line(&running).ends_with(",1000000010,1000000070,Running,lune,\n"));
    }
}
