//! From a batch to what OAR is asked for: resources, types, and the command with its lease. Sends
//! nothing.

use gleaner_core::jdl::macros::{CAMPAIGN_VARIABLE, job_directory};
use gleaner_core::jdl::spec::JobKind;
use gleaner_core::time::{Duration, Timestamp};
use gleaner_oar::wire::Dialect;
use gleaner_oar::wire::submission::Submission;

use crate::order::{Batch, BatchWork, LEASE_EXIT};

/// What a batch asks OAR for. `lease_until` is by the cluster's clock.
pub fn submission(dialect: Dialect, batch: &Batch, lease_until: Timestamp) -> Submission {
    let settings = &batch.settings;
    let lease = format!("[ $(date +%s) -lt {} ] || exit {LEASE_EXIT}", lease_until.seconds());
    let campaign = format!("export {CAMPAIGN_VARIABLE}={}", batch.campaign);
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let types = settings.cluster_job_type.split(',').map(str::trim).filter(|kind| !kind.is_empty());
    let mut types: Vec<String> = types.map(str::to_owned).collect();
    let walltime = hours(batch.walltime);
    match &batch.work {
        BatchWork::Tasks(parameters) => {
            if batch.kind == JobKind::BestEffort {
                types.push("besteffort".to_owned());
            }
            let command = format!("{lease}; {campaign}; {}", settings.exec_file);
            Submission {
                resources: vec![format!("{},walltime={walltime}", settings.resources)],
                command: Some(shell(dialect, &command)),
                param_file: Some(lines(dialect, parameters)),
                types,
                name: Some(batch.name.clone()),
                project: text(&settings.project),
                directory: text(&job_directory(batch.campaign, settings)),
                property: text(&settings.properties),
                ..Submission::default()
            }
        }
        BatchWork::Script(script) => Submission {
            resources: vec![format!("/resource_id=1,walltime={walltime}")],
            command: Some(shell(dialect, &format!("{lease}; {campaign};\n{script}"))),
            types,
            name: Some(batch.name.clone()),
            project: text(&settings.project),
            property: text(&settings.properties),
            ..Submission::default()
        },
    }
}

/// OAR 2 gives the command to two shells more when it is submitted, each time in double quotes. Its API
/// sees to double quotes and the backslashes before them in both, and in the outer one to `$` and
/// backquotes and the backslashes before them; all else is escaped here. OAR 3 replaces `$HOME` on the
/// server, whatever is done here.
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

/// OAR 3 hands the command and its parameter to the node in Perl's single quotes, and escapes single
/// quotes only: two backslashes would become one, and one before a single quote would end the text
/// early, so that the launch failed and the node was suspected.
fn perl(text: &str) -> String {
    text.replace('\\', r"\\")
}

/// One parameter a line, without a newline at the end, which OAR 3 takes for one more job. OAR 2
/// drops empty lines: there, an empty parameter is an empty command behind the command.
fn lines(dialect: Dialect, parameters: &[String]) -> String {
    let mut text = String::new();
    for (index, parameter) in parameters.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let empty = parameter.trim().is_empty() && dialect == Dialect::Oar2;
        match dialect {
            _ if empty => text.push(';'),
            Dialect::Oar2 => text.push_str(parameter),
            Dialect::Oar3 => text.push_str(&perl(parameter)),
        }
    }
    text
}

fn hours(span: Duration) -> String {
    let seconds = span.seconds();
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use gleaner_oar::wire::Dialect;

    use super::{lines, shell};

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
        assert_eq!(lines(Dialect::Oar3, &[r"a\b".to_owned()]), r"a\\b");
        assert_eq!(lines(Dialect::Oar2, &[r"a\b".to_owned()]), r"a\b");
    }

    #[test]
    fn every_parameter_becomes_one_job() {
        let parameters = ["a 1", "", "b"].map(str::to_owned);
        assert_eq!(lines(Dialect::Oar3, &parameters), "a 1\n\nb");
        assert_eq!(lines(Dialect::Oar2, &parameters), "a 1\n;\nb");
    }
}
