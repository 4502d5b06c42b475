//! The line of a task in a cluster's file of parameters, and the task that a job's command names. Sends nothing.
//!
//! OAR joins the command of a submission and a line with a blank. The command ends with [`MARK`], and each line
//! begins with the number of its task, so that whatever OAR makes of the lines, a job says whose it is: what is
//! left of a torn line is an argument of `:`, which does nothing. The rest of the line is what the JDL says,
//! executable and parameter, for the job's shell to read.
//!
//! OAR 2.5 cuts each line at its first `#`, in quotes or not, drops lines that are blank then, and writes letters
//! in Latin-1 where it can; what each site does to tabs and blanks at ends is its own affair. So a line holds
//! ASCII that can be seen, and blanks within. What is not of that kind is written in octal for `printf` to put
//! together again, and the shell reads what comes out as it would have read the text.

use std::fmt::Write;

use gleaner_core::ids::CampaignId;
use gleaner_core::jdl::macros::CAMPAIGN_VARIABLE;
use gleaner_core::jdl::params::is_control;

/// What stands behind the campaign in a command, and before the number of the task.
pub const MARK: &str = ": task";

/// The longest line, in bytes. A job's whole command is one argument of its shell, of which Linux takes 128 KiB
/// at most; the rest is for the lease, and for what sites put before commands.
pub const LINE_MAX: usize = 130_000;

/// Why a task has no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// A line feed, a NUL, or another control character than the tab.
    #[error("its parameter holds the control character `{0}`")]
    Control(String),
    /// A control character in what is to be run; this concerns all tasks.
    #[error("`exec_file` or a script holds the control character `{0}`")]
    Command(String),
    /// Longer than a shell can be handed.
    #[error("its command has {0} bytes, at most {LINE_MAX} can be sent")]
    TooLong(usize),
}

/// Checks what a JDL wants to be run: lines of text.
///
/// # Errors
/// [`Unsendable::Command`] where a control character is in it.
pub fn check_command(text: &str) -> Result<(), Unsendable> {
    match text.chars().find(|c| is_control(*c) && *c != '\n') {
        Some(bad) => Err(Unsendable::Command(bad.escape_default().to_string())),
        None => Ok(()),
    }
}

/// What a job's command says of its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// This task of this campaign, by its index.
    Task(CampaignId, u32),
    /// It is a part of a torn line, or of another form altogether.
    None,
    /// It is of the time before lines had numbers.
    Unnumbered,
}

/// Returns the line of the task with this index.
///
/// # Errors
/// [`Unsendable`], for which no line can be written.
pub fn line(index: u32, exec_file: &str, parameter: &str) -> Result<String, Unsendable> {
    if let Some(bad) = parameter.chars().find(|c| is_control(*c)) {
        return Err(Unsendable::Control(bad.escape_default().to_string()));
    }
    let text = format!("{exec_file} {parameter}");
    // Blanks at the end part nothing, but for one that is escaped.
    let seen = text.trim_end_matches(' ');
    let text = if seen.ends_with('\\') { &*text } else { seen };
    // People count from 1.
    let number = u64::from(index) + 1;
    let line = match is_plain(text) {
        true => format!("{number}; {text}"),
        false => format!("{number}; {}", spelled(text)),
    };
    if line.len() > LINE_MAX { Err(Unsendable::TooLong(line.len())) } else { Ok(line) }
}

/// Returns whether a line carries the text as it is.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || (byte.is_ascii_graphic() && byte != b'#'))
        && !text.ends_with([' ', '\\'])
}

/// Returns a command that a shell reads as `text`, in visible ASCII: without `#`, and without `$HOME`,
/// which OAR 3 replaces wherever it stands in a command.
pub fn spelled(text: &str) -> String {
    let mut out = String::from("eval \"$(printf %b '");
    for byte in text.replace("$HOME", "\u{0}").bytes() {
        match byte {
            // No text holds a NUL.
            0 => out.push_str("\\0044HOME"),
            b' ' => out.push(' '),
            byte if byte.is_ascii_graphic() && !b"'\\#".contains(&byte) => {
                out.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            byte => drop(write!(out, "\\0{byte:03o}")),
        }
    }
    out.push_str("')\"");
    out
}

/// Returns the task that a job's command names.
pub fn named(command: &str) -> Named {
    // The lease before it holds no such text.
    let campaign = || {
        let (_, rest) = command.split_once(&format!("export {CAMPAIGN_VARIABLE}="))?;
        let (campaign, rest) = rest.split_once(';')?;
        Some((campaign.parse().ok()?, rest.strip_prefix(' ')?.strip_prefix(MARK)?))
    };
    let Some((campaign, rest)) = campaign() else { return Named::Unnumbered };
    let number = || {
        let (number, _) = rest.strip_prefix(' ')?.split_once(';')?;
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u32>().ok().filter(|_| digits)?.checked_sub(1)
    };
    number().map_or(Named::None, |index| Named::Task(CampaignId(campaign), index))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{LINE_MAX, Named, Unsendable, is_plain, line, named, spelled};
    use gleaner_core::ids::CampaignId;

    fn out(shell: &str, text: &str) -> Vec<u8> {
        let script = format!("run() {{ printf '<%s>' \"$@\"; }}\n{text}");
        let out = Command::new(shell).arg("-c").arg(script).env("HOME", "/home/é").output();
        out.expect("a shell").stdout
    }

    #[test]
    fn what_a_line_cannot_carry_is_spelled_and_read_as_it_was() {
        for parameter in [
            "a#b",
            "# c",
            "'x # y' \"#\" ${HOME#/} $#",
            "é € 😀 'a  é'",
            "a\tb",
            "it\\'s \\\\",
            "end\\",
            "end\\ ",
            "'a b",
            "$HOME '$HOME' \\$HOME $HOME_OF",
            "%d %s * ?",
            "`echo q` $(echo r); run s",
        ] {
            for shell in ["sh", "bash"] {
                let want = out(shell, &format!("run {parameter}"));
                let got = spelled(&format!("run {parameter}"));
                assert!(got.is_ascii() && !got.contains('#') && !got.contains("$HOME"), "{got}");
                assert_eq!(out(shell, &got), want, "{parameter}");
                let line = line(6, "run", parameter).unwrap();
                assert_eq!(out(shell, &format!(": task {line}")), want, "{line}");
                assert!(is_plain(&line), "{line}");
            }
        }
    }

    #[test]
    fn plain_texts_stay_as_people_know_them() {
        assert_eq!(line(0, "$HOME/run.sh", "1 'a b'").unwrap(), "1; $HOME/run.sh 1 'a b'");
        assert_eq!(line(4, "run", "").unwrap(), "5; run");
        assert_eq!(line(4, "run", "a  ").unwrap(), "5; run a");
        assert_eq!(line(0, "a\nb", "c").unwrap(), "1; eval \"$(printf %b 'a\\0012b c')\"");
    }

    #[test]
    fn a_parameter_that_is_no_line_has_none() {
        for bad in ["a\nb", "a\rb", "\u{0}", "\u{1b}[1m", "\u{85}"] {
            assert!(matches!(line(0, "run", bad), Err(Unsendable::Control(_))), "{bad:?}");
        }
        let long = "x".repeat(LINE_MAX);
        assert!(matches!(line(0, "run", &long), Err(Unsendable::TooLong(_))));
    }

    #[test]
    fn a_job_names_its_task_or_none() {
        let task = |command: &str| named(&format!("[ $(date +%s) -lt 5 ] || exit 68; {command}"));
        let seven = |index| Named::Task(CampaignId(7), index);
        assert_eq!(task("export CIGRI_CAMPAIGN_ID=7; : task 17; run : task 3;"), seven(16));
        assert_eq!(task("export CIGRI_CAMPAIGN_ID=7; : task 1; eval \"$(\""), seven(0));
        for torn in ["", " ", " b", " 0; a", " -1; a", " +1; a", " 99999999999; a", " 17", "17; a"]
        {
            assert_eq!(task(&format!("export CIGRI_CAMPAIGN_ID=7; : task{torn}")), Named::None);
        }
        assert_eq!(task("export CIGRI_CAMPAIGN_ID=7; run a"), Named::Unnumbered);
        assert_eq!(named("run : task 3;"), Named::Unnumbered);
    }
}
