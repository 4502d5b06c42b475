//! A file that is written whole or not at all, compressed if its name says so. Must not replace
//! anything unless told to.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::args::trace::TraceForm;
use crate::failure::{Failure, REFUSED};

/// The format that a file's name asks for.
pub(crate) fn form_by_name(path: &Path) -> Option<TraceForm> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "swf" => Some(TraceForm::Swf),
        "json" => Some(TraceForm::Batsim),
        _ => None,
    }
}

/// A file under way: it gets its name when it is whole.
pub(crate) struct OutFile {
    path: PathBuf,
    partial: PathBuf,
    out: Out,
}

enum Out {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl OutFile {
    /// Begins the file that will be `path`.
    pub(crate) fn create(path: &Path, force: bool) -> Result<OutFile, Failure> {
        if !force && path.exists() {
            let message = format!("`{}` is there already", path.display());
            let hint = "give another name, or --force to replace it".to_owned();
            return Err(Failure::new(REFUSED, message, Some(hint)));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|error| Failure::file("write", path, &error))?;
        let file = BufWriter::new(file);
        let compressed = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
        let out = match compressed {
            true => Out::Gzip(Box::new(GzEncoder::new(file, Compression::best()))),
            false => Out::Plain(file),
        };
        Ok(OutFile { path: path.to_owned(), partial, out })
    }

    /// Writes through `write`, whose errors become those of this file.
    pub(crate) fn write_with<T>(
        &mut self,
        write: impl FnOnce(&mut OutFile) -> io::Result<T>,
    ) -> Result<T, Failure> {
        write(self).map_err(|error| Failure::file("write", &self.path, &error))
    }

    /// Ends the file and gives it its name.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let flushed = match &mut self.out {
            Out::Plain(file) => file.flush(),
            Out::Gzip(file) => file.try_finish().and_then(|()| file.get_mut().flush()),
        };
        flushed
            .and_then(|()| std::fs::rename(&self.partial, &self.path))
            .map_err(|error| Failure::file("write", &self.path, &error))
    }
}

impl Drop for OutFile {
    /// What was not finished leaves nothing behind.
    fn drop(&mut self) {
        // After a rename there is nothing of that name.
        let _ = std::fs::remove_file(&self.partial);
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Out::Plain(file) => file.write(bytes),
            Out::Gzip(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Plain(file) => file.flush(),
            Out::Gzip(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        assert_eq!(form_by_name(Path::new("a/b.SWF.gz")), Some(TraceForm::Swf));
        assert_eq!(form_by_name(Path::new("b.json")), Some(TraceForm::Batsim));
        assert_eq!(form_by_name(Path::new("b.txt")), None);
    }
}
