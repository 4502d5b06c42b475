//! Writes SWF: a header, then a row a record. Must not know where the bytes go.

use std::io::{self, Write};

use crate::swf::SwfRecord;
use crate::swf::header::SwfHeader;

/// Writes SWF text to `W`. What it writes reads back as the same header fields and records.
#[derive(Debug)]
pub struct SwfWriter<W> {
    out: W,
}

impl<W: Write> SwfWriter<W> {
    /// Writes `header` at once. The writer makes many small writes: give it a buffered `out`.
    pub fn new(mut out: W, header: &SwfHeader) -> io::Result<Self> {
        for entry in &header.entries {
            let mut lines = entry.value.lines();
            let first = lines.next().unwrap_or("");
            match (entry.key.as_str(), first) {
                ("", text) => writeln!(out, "; {text}")?,
                (key, "") => writeln!(out, "; {key}:")?,
                (key, text) => writeln!(out, "; {key}: {text}")?,
            }
            for line in lines {
                writeln!(out, ";     {line}")?;
            }
        }
        Ok(SwfWriter { out })
    }

    /// Writes one row.
    pub fn write(&mut self, record: &SwfRecord) -> io::Result<()> {
        let SwfRecord {
            job,
            submit_s,
            wait_s,
            run_s,
            allocated_procs,
            cpu_s,
            memory_kb,
            requested_procs,
            requested_s,
            requested_memory_kb,
            status,
            user,
            group,
            executable,
            queue,
            partition,
            preceding_job,
            think_s,
        } = record;
        writeln!(
            self.out,
            "{job} {submit_s} {wait_s} {run_s} {allocated_procs} {cpu_s} {memory_kb} \
             {requested_procs} {requested_s} {requested_memory_kb} {status} {user} {group} \
             {executable} {queue} {partition} {preceding_job} {think_s}"
        )
    }

    /// Flushes and gives back the underlying writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}
