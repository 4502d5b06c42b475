//! From a configuration file and the environment to [`Config`], or to an error that points at the
//! line. Opens no other file than this one.

mod api;
mod cluster;
mod notifications;

use std::fmt::Display;
use std::fs::File;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use gleaner_core::config::OnFailure;
use gleaner_core::jdl::params::TASKS_MAX;
use gleaner_core::jdl::{CAMPAIGN_TASKS_MAX, walltime};
use gleaner_core::policy::catalogue::Catalogue;
use gleaner_core::policy::given::GivenPolicy;
use gleaner_core::policy::spec::PolicySpec;
use gleaner_core::time::Duration;
use gleaner_settings::document::Document;
use gleaner_settings::location::Location;
use gleaner_settings::range::OutOfRange;
use gleaner_settings::text::{self, utf8, without_mark};
use toml::Spanned;

use crate::config::{Config, GridConfig, LogConfig, LogLevel, Span, StoreConfig};
use crate::config_file::error::{ConfigError, Invalid, Problem};
use crate::config_file::format::{ConfigFile, GridTable, LogTable, OnFailureWord, StoreTable};

/// Looks up an environment variable. Handed in, so that tests need no environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The longest configuration, bytes.
const TEXT_BYTES_MAX: u64 = 16 << 20;

/// Reads the configuration at `path`, with policies of a catalogue. Paths in it are relative to its folder.
///
/// # Errors
/// [`ConfigError`] with the location of the first mistake.
pub fn read_config(
    path: &Path,
    environment: Environment<'_>,
    catalogue: &Catalogue,
) -> Result<Config, ConfigError> {
    let text =
        read_text(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse_config(path, &text, environment, catalogue)
}

fn read_text(path: &Path) -> io::Result<String> {
    utf8(without_mark(text::read(File::open(path)?, TEXT_BYTES_MAX)?))
}

/// Understands the `text` of the configuration at `path`.
///
/// # Errors
/// [`ConfigError`] with the location of the first mistake.
pub fn parse_config(
    path: &Path,
    text: &str,
    environment: Environment<'_>,
    catalogue: &Catalogue,
) -> Result<Config, ConfigError> {
    let parsed = Document::parse(path.display().to_string(), text);
    let (document, file): (_, ConfigFile) = parsed.map_err(|e| e.map(Problem::Syntax))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let reader = Reader { document, folder, environment, catalogue };
    let policy = reader.policy(file.grid.policy.as_ref())?;
    let store = reader.store(file.store)?;
    Ok(Config {
        path: path.to_owned(),
        key_file: match environment("GLEANER_KEY_FILE") {
            Some(path) => path.into(),
            None => reader.joined(file.key_file.unwrap_or_else(|| "gleaner.key".into())),
        },
        api: reader.api(file.api, &store.path)?,
        store,
        log: reader.log(&file.log)?,
        notifications: reader.notifications(file.notifications)?,
        grid: reader.grid(file.grid)?,
        clusters: reader.clusters(file.clusters, &policy)?,
    })
}

struct Reader<'a> {
    document: Document,
    folder: &'a Path,
    environment: Environment<'a>,
    catalogue: &'a Catalogue,
}

impl Reader<'_> {
    fn at<T>(&self, value: &Spanned<T>) -> Location {
        self.document.at(value)
    }

    fn joined(&self, path: PathBuf) -> PathBuf {
        self.folder.join(path)
    }

    fn store(&self, table: StoreTable) -> Result<StoreConfig, Invalid> {
        let path = match (self.environment)("GLEANER_STORE") {
            Some(path) => path.into(),
            None => self.joined(table.path.unwrap_or_else(|| "gleaner.db".into())),
        };
        let day = Span::from_seconds(86_400);
        let long = "at least a day";
        Ok(StoreConfig {
            path,
            checkpoint_cycles: self.within(
                "checkpoint_cycles",
                table.checkpoint_cycles,
                200,
                1..=1_000_000,
            )?,
            keep_journal: self.at_least("keep_journal", table.keep_journal, 30, day, long)?,
            archive_folder: table.archive_folder.map(|folder| self.joined(folder)),
            keep_campaigns: self.at_least(
                "keep_campaigns",
                table.keep_campaigns,
                400,
                day,
                long,
            )?,
        })
    }

    fn log(&self, table: &LogTable) -> Result<LogConfig, Invalid> {
        let mut log =
            LogConfig { level: table.level.unwrap_or_default(), json: table.json.unwrap_or(false) };
        let variable =
            |name, message| Err(Location::default().invalid(Problem::Variable { name, message }));
        if let Some(word) = (self.environment)("GLEANER_LOG") {
            let levels =
                [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
            match levels.into_iter().find(|level| level.word() == word) {
                Some(level) => log.level = level,
                None => {
                    let expected = "expected `error`, `warn`, `info`, `debug` or `trace`";
                    return variable("GLEANER_LOG", format!("`{word}` is no level, {expected}"));
                }
            }
        }
        match (self.environment)("GLEANER_LOG_JSON").as_deref() {
            None => {}
            Some("1" | "true") => log.json = true,
            Some("" | "0" | "false") => log.json = false,
            Some(word) => {
                return variable(
                    "GLEANER_LOG_JSON",
                    format!("`{word}` is neither `true` nor `false`"),
                );
            }
        }
        Ok(log)
    }

    fn grid(&self, table: GridTable) -> Result<GridConfig, Invalid> {
        let whole = |key, span: Option<Spanned<Span>>, default| self.whole(key, span, default);
        let retries_max = self.within("retries_max", table.retries_max, 3, 1..=1000)?;
        Ok(GridConfig {
            cycle: whole("cycle", table.cycle, 15)?,
            default_resources: match table.default_resources {
                None => None,
                Some(text) if !text.get_ref().trim().is_empty() => Some(text.into_inner()),
                Some(text) => {
                    return Err(self.range(&text, "default_resources", "``", "a resource text"));
                }
            },
            default_walltime: match table.default_walltime {
                None => "01:00:00".to_owned(),
                Some(text) if walltime::parse(text.get_ref()).is_some() => text.into_inner(),
                Some(text) => {
                    return Err(self
                        .at(&text)
                        .invalid(Problem::BadWalltime(text.get_ref().clone())));
                }
            },
            waiting_limit: whole("waiting_limit", table.waiting_limit, 900)?,
            lease_margin: whole("lease_margin", table.lease_margin, 300)?,
            walltime_margin: whole("walltime_margin", table.walltime_margin, 1800)?,
            on_failure: match table.on_failure.unwrap_or(OnFailureWord::Block) {
                OnFailureWord::Block => OnFailure::Block,
                OnFailureWord::Retry => OnFailure::Retry { max: retries_max },
                OnFailureWord::Ignore => OnFailure::Ignore,
            },
            walltime_kills_max: table.walltime_kills_max.unwrap_or(3),
            unknown_max: self.within("unknown_max", table.unknown_max, 3, 1..=1000)?,
            dealt_max: self.within("dealt_max", table.dealt_max, 500, 1..=100_000)?,
            tasks_max: self.within(
                "tasks_max",
                table.tasks_max,
                CAMPAIGN_TASKS_MAX,
                1..=TASKS_MAX,
            )?,
            user_tasks_max: self.within(
                "user_tasks_max",
                table.user_tasks_max,
                50_000_000,
                1..=1_000_000_000_000,
            )?,
            user_campaigns_max: self.within(
                "user_campaigns_max",
                table.user_campaigns_max,
                1000,
                1..=1_000_000,
            )?,
        })
    }

    /// Reads a policy, checked by making it once.
    fn policy(&self, given: Option<&Spanned<GivenPolicy>>) -> Result<PolicySpec, Invalid> {
        let Some(given) = given else { return Ok(PolicySpec::named("tap")) };
        let checked = self.catalogue.check_given(given.get_ref());
        checked.map_err(|error| self.at(given).invalid(Problem::Policy(error)))
    }

    fn header(&self, header: Option<Spanned<String>>, default: &str) -> Result<String, Invalid> {
        let Some(header) = header else { return Ok(default.to_owned()) };
        let good = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if header.get_ref().is_empty() || !header.get_ref().bytes().all(good) {
            return Err(self.at(&header).invalid(Problem::BadHeader(header.get_ref().clone())));
        }
        Ok(header.into_inner())
    }

    fn range<T>(
        &self,
        at: &Spanned<T>,
        key: &'static str,
        value: impl Display,
        expected: &'static str,
    ) -> Invalid {
        self.at(at).invalid(OutOfRange::new(key, value, expected).into())
    }

    /// Reads a number within `bounds`; `default` where the file does not give it.
    fn within<T: PartialOrd + Copy + Display>(
        &self,
        key: &'static str,
        value: Option<Spanned<T>>,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> Result<T, Invalid> {
        let checked = self.document.within(key, value.as_ref(), default, bounds);
        checked.map_err(|e| e.map(Problem::Range))
    }

    /// Reads a span of at least `least`; `days` where none is given.
    fn at_least(
        &self,
        key: &'static str,
        span: Option<Spanned<Span>>,
        days: u32,
        least: Span,
        range: &'static str,
    ) -> Result<Span, Invalid> {
        match span {
            None => Ok(Span::from_seconds(days * 86_400)),
            Some(span) if *span.get_ref() >= least => Ok(span.into_inner()),
            Some(span) => Err(self.range(&span, key, span.get_ref(), range)),
        }
    }

    /// Reads how long somebody is waited for: a tenth of a second to a day.
    fn patience(
        &self,
        key: &'static str,
        span: Option<Spanned<Span>>,
        default: u32,
    ) -> Result<Span, Invalid> {
        let Some(span) = span else { return Ok(Span::from_seconds(default)) };
        match span.get_ref().ms() {
            100..=86_400_000 => Ok(span.into_inner()),
            _ => Err(self.range(&span, key, span.get_ref(), "100ms to a day")),
        }
    }

    /// Reads a span in whole seconds, from zero to a year.
    fn whole(
        &self,
        key: &'static str,
        span: Option<Spanned<Span>>,
        default: u64,
    ) -> Result<Duration, Invalid> {
        let Some(span) = span else { return Ok(Duration::from_seconds(default)) };
        match span.get_ref().whole_seconds() {
            Some(seconds) if seconds <= 366 * 86_400 => Ok(Duration::from_seconds(seconds)),
            _ => Err(self.range(&span, key, span.get_ref(), "whole seconds, at most a year")),
        }
    }
}
