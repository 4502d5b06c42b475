//! A JDL's `param_file`, which is a file of the user's: its lines are put into the JDL before it is sent. Sends nothing.

use std::path::{Path, PathBuf};

use gleaner_core::jdl;
use gleaner_core::jdl::error::JdlError;
use gleaner_core::jdl::params::TASKS_MAX;

use crate::failure::{BAD_INPUT, Failure};
use crate::grid::files;

/// The text of a JDL with the lines of its file in it; as it is where it names none. `name` is what the JDL is called in
/// errors, `folder` what paths in it count from.
pub(super) fn with_lines(name: &str, folder: &Path, text: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let wrong = |error: JdlError| {
        let cause = std::error::Error::source(&error);
        let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::new(BAD_INPUT, format!("{name}: {error}{cause}"), Some(error.hint()))
    };
    // How many tasks a campaign may have, the daemon knows.
    let Some(path) = jdl::param_file(&text, TASKS_MAX).map_err(wrong)? else {
        return Ok(text);
    };
    let path = folder.join(expanded(&path)?);
    let lines = files::read(&path)?;
    let lines = String::from_utf8(lines).map_err(|_| {
        let hint = "convert it to UTF-8, for example by `iconv -f latin1 -t utf-8 FILE`";
        Failure::new(BAD_INPUT, format!("`{}` is not UTF-8", path.display()), Some(hint.to_owned()))
    })?;
    Ok(jdl::with_params(&text, &lines, TASKS_MAX).map_err(wrong)?.into_bytes())
}

/// A path with `~` or `{HOME}`, and variables, as CiGri reads them: those of the user.
fn expanded(path: &str) -> Result<PathBuf, Failure> {
    let value = |name: &str| {
        std::env::var(name).map_err(|_| {
            let message = format!("`param_file` is `{path}`, and there is no variable `{name}`");
            Failure::new(BAD_INPUT, message, Some("write the whole path".to_owned()))
        })
    };
    let mut text = path.to_owned();
    if text == "~" || text.starts_with("~/") {
        text.replace_range(..1, &value("HOME")?);
    }
    if text.contains("{HOME}") {
        text = text.replace("{HOME}", &value("HOME")?);
    }
    let mut parts = text.split('$');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let plain = part.trim_start_matches('{');
        let end =
            plain.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(plain.len());
        let (name, rest) = plain.split_at(end);
        if name.is_empty() {
            whole.push('$');
            whole.push_str(part);
            continue;
        }
        whole.push_str(&value(name)?);
        whole.push_str(if part.starts_with('{') {
            rest.strip_prefix('}').unwrap_or(rest)
        } else {
            rest
        });
    }
    Ok(whole.into())
}
