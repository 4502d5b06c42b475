//! `gleaner check`: is the daemon's configuration good, as far as can be seen without starting it?

use gleaner_core::policy::catalogue::Catalogue;
use gleaner_runtime::config::Config;
use gleaner_runtime::config::inspect::{Finding, Level, inspect};
use gleaner_runtime::config_file::read::read_config;

use crate::args::daemon::config::{CheckArgs, ConfigArg};
use crate::failure::{BAD_INPUT, Failure};
use crate::output::{self, Rows};

/// Prints what was looked at; fails when the daemon would not start.
pub(crate) fn run(options: &CheckArgs, catalogue: &Catalogue) -> Result<(), Failure> {
    let config = read(&options.config, catalogue)?;
    let findings = inspect(&config);
    output::rows(options.output, &table(&findings));
    let wrong = findings.iter().filter(|finding| finding.level == Level::Wrong).count();
    if wrong == 0 {
        return Ok(());
    }
    let message = format!(
        "`{}` cannot be used: {wrong} of {} things are wrong",
        config.path.display(),
        findings.len()
    );
    Err(Failure::new(BAD_INPUT, message, Some("see the lines marked `error`".to_owned())))
}

/// The daemon's settings, with what the environment says.
pub(crate) fn read(options: &ConfigArg, catalogue: &Catalogue) -> Result<Config, Failure> {
    Ok(read_config(&options.config, &|name| std::env::var(name).ok(), catalogue)?)
}

/// Findings as people and programs read them.
pub(crate) fn table(findings: &[Finding]) -> Rows {
    let row = |finding: &Finding| {
        let Finding { subject, part, level, message, hint } = finding;
        vec![
            Some(subject.as_str().into()),
            Some((*part).into()),
            Some(level.word().into()),
            Some(message.as_str().into()),
            hint.map(Into::into),
        ]
    };
    Rows {
        columns: vec!["subject", "part", "result", "found", "hint"],
        rows: findings.iter().map(row).collect(),
    }
}
