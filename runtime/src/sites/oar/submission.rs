//! From a batch to what OAR is asked for: resources, types, and the command with its lease. Sends
//! nothing.

use gleaner_core::jdl::macros::job_directory;
use gleaner_core::jdl::spec::JobKind;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::submission::Submission;

use crate::command::line::{MARK, spelled};
use crate::command::opening;
use crate::order::{Batch, BatchWork};

/// What a batch asks OAR for, its tasks by these lines. `lease_until` is by the cluster's clock.
pub(super) fn submission(
    dialect: Dialect,
    batch: &Batch,
    lines: &[String],
    lease_until: Timestamp,
) -> Submission {
    let settings = &batch.settings;
    let opening = opening(batch.campaign, lease_until);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let types = settings.cluster_job_type.split(',').map(str::trim).filter(|kind| !kind.is_empty());
    let mut types: Vec<String> = types.map(str::to_owned).collect();
    let walltime = hours(batch.walltime);
    match &batch.work {
        BatchWork::Tasks(_) => {
            if batch.kind == JobKind::BestEffort {
                types.push("besteffort".to_owned());
            }
            let command = format!("{opening} {MARK}");
            Submission {
                resources: vec![format!("{},walltime={walltime}", settings.resources)],
                command: Some(shell(dialect, &command)),
                param_file: Some(file(dialect, lines)),
                types,
                name: Some(batch.name.clone()),
                project: text(&settings.project),
                directory: text(&job_directory(batch.campaign, settings)),
                property: text(&settings.properties),
                ..Submission::default()
            }
        }
        BatchWork::Script(script) => {
            let aside = !script.is_ascii() || home_is_at_stake(dialect, script);
            let script = if aside { spelled(script) } else { script.clone() };
            Submission {
                resources: vec![format!("/resource_id=1,walltime={walltime}")],
                command: Some(shell(dialect, &format!("{opening}\n{script}"))),
                types,
                name: Some(batch.name.clone()),
                project: text(&settings.project),
                property: text(&settings.properties),
                ..Submission::default()
            }
        }
    }
}

/// OAR 2 gives the command to two shells more when it is submitted, each time in double quotes. Its API
/// sees to double quotes and the backslashes before them in both, and in the outer one to `$` and
/// backquotes and the backslashes before them; all else is escaped here.
fn shell(dialect: Dialect, command: &str) -> String {
    if dialect == Dialect::Oar3 {
        return perl(command);
    }
    let mut escaped = String::with_capacity(command.len() + 16);
    let mut rest = command;
    while let Some(character) = rest.chars().next() {
        let backslashes = rest.len() - rest.trim_start_matches('\\').len();
        if backslashes > 0 {
            let (run, behind) = rest.split_at(backslashes);
            let times = match behind.chars().next() {
                Some('"') => 1,
                Some('$' | '`') | None => 2,
                Some(_) => 4,
            };
            escaped.push_str(&run.repeat(times));
            rest = behind;
            continue;
        }
        if matches!(character, '$' | '`') {
            escaped.push('\\');
        }
        escaped.push(character);
        rest = &rest[character.len_utf8()..];
    }
    escaped
}

/// OAR 3 writes the home directory in the place of the five characters `$HOME` wherever they stand in a
/// command, in single quotes, behind a backslash, and in `$HOME_OF_DATA`. Where a shell would have read
/// the same, the command stays as people know it.
fn home_is_at_stake(dialect: Dialect, command: &str) -> bool {
    let quoted = ["'", "<<", "\\$HOME"].iter().any(|quote| command.contains(quote));
    let mut ends = command.split("$HOME").skip(1).peekable();
    dialect == Dialect::Oar3
        && ends.peek().is_some()
        && (quoted || ends.any(|end| end.starts_with(|c: char| c.is_alphanumeric() || c == '_')))
}

/// OAR 3 hands the command and its parameter to the node in Perl's single quotes, and escapes single
/// quotes only: two backslashes would become one, and one before a single quote would end the text
/// early, so that the launch failed and the node was suspected.
fn perl(text: &str) -> String {
    text.replace('\\', r"\\")
}

/// The file of the lines, without a newline at the end, which OAR 3 takes for one more job.
fn file(dialect: Dialect, lines: &[String]) -> String {
    let text = lines.join("\n");
    match dialect {
        Dialect::Oar2 => text,
        Dialect::Oar3 => perl(&text),
    }
}

fn hours(span: Duration) -> String {
    let seconds = span.seconds();
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use gleaner_oar::wire::Dialect;

    use super::{file, home_is_at_stake, shell};

    #[test]
    fn what_reaches_the_jobs_shell_is_what_the_jdl_says() {
        let command = "[ $(date +%s) -lt 5 ] || exit 68; echo \"$HOME\" `id`";
        assert_eq!(shell(Dialect::Oar3, command), command);
        assert_eq!(
            shell(Dialect::Oar2, command),
            "[ \\$(date +%s) -lt 5 ] || exit 68; echo \"\\$HOME\" \\`id\\`"
        );
    }

    #[test]
    fn backslashes_of_a_command_survive_the_shell_of_the_submission() {
        let oar2 = |command| shell(Dialect::Oar2, command);
        assert_eq!(oar2(r"\\ \$HOME \`id\` a\tb"), r"\\\\\\\\ \\\$HOME \\\`id\\\` a\\\\tb");
        assert_eq!(oar2(r#"echo "a\"b\\" end\"#), r#"echo "a\"b\\" end\\"#);
    }

    #[test]
    fn backslashes_survive_the_perl_of_oar3() {
        assert_eq!(shell(Dialect::Oar3, r"\$a \\ it\'s"), r"\\$a \\\\ it\\'s");
        let lines = [r"1; a\b", "2; c"].map(str::to_owned);
        assert_eq!(file(Dialect::Oar3, &lines), "1; a\\\\b\n2; c");
        assert_eq!(file(Dialect::Oar2, &lines), "1; a\\b\n2; c");
    }

    #[test]
    fn oar_3_replaces_no_home_that_a_shell_would_not() {
        let at_stake = |command| home_is_at_stake(Dialect::Oar3, command);
        for command in ["$HOME/bin/run", "run \"$HOME\" $HOME/", "run ${HOME}x 'it'", "run"] {
            assert!(!at_stake(command), "{command}");
        }
        for command in ["run '$HOME'", r"run \$HOME", "run $HOME_OF_DATA", "cat <<\"E\"\n$HOME\nE"]
        {
            assert!(at_stake(command), "{command}");
            assert!(!home_is_at_stake(Dialect::Oar2, command), "{command}");
        }
    }
}
