//! The settings of a generated workload: those of its model are there, those of others are not, and
//! each error points at its key. Must not know how jobs are drawn.

use std::ops::Range;
use std::str::FromStr;

use gleaner_settings::location::Location;
use gleaner_traces::generate::estimates;
use gleaner_traces::generate::poisson::PoissonParams;
use gleaner_traces::generate::problem::SpecError;
use gleaner_traces::generate::spec::{GenerateSpec, Model};
use toml::Spanned;

use crate::error::{Invalid, Problem};
use crate::format::generate::{GenerateTable, ModelWord};
use crate::names::word_of;
use crate::read::Reader;
use crate::scenario::ClusterSize;

impl Reader<'_> {
    /// The generator's parameters; the seed stays open, the scenario's is used.
    pub(super) fn generate(
        &self,
        cluster: &str,
        size: Option<ClusterSize>,
        table: &Spanned<GenerateTable>,
    ) -> Result<GenerateSpec, Invalid> {
        let location = self.at(table);
        let table = table.get_ref();
        let size =
            size.ok_or_else(|| location.invalid(Problem::UnknownSize(cluster.to_owned())))?;
        self.refuse_strays(table)?;
        let spec = GenerateSpec {
            model: self.model(table, &location)?,
            jobs: *table.jobs.get_ref(),
            processors: size.cores(),
            seed: 0,
            load: value(&table.load),
            excess: self.excess(table)?,
            users: value(&table.users).unwrap_or(0),
        };
        spec.validate().map_err(|error| {
            let at = span_of(&error, table).map_or(location, |span| self.location(span));
            at.invalid(problem(&error))
        })?;
        Ok(spec)
    }

    /// How much more than they need users request: `request_factor`, or `estimates` as it was written before,
    /// which is less by the need itself.
    fn excess(&self, table: &GenerateTable) -> Result<Option<f64>, Invalid> {
        match (&table.request_factor, &table.estimates) {
            (Some(factor), None) => {
                let bad = |error: SpecError| self.at(factor).invalid(problem(&error));
                estimates::excess(*factor.get_ref()).map(Some).map_err(bad)
            }
            (Some(factor), Some(_)) => {
                let message = "`estimates` says the same thing as `request_factor`".to_owned();
                let hint = "leave out `estimates`; 2.0 there is 3.0 here".to_owned();
                Err(self.at(factor).invalid(Problem::Generator { message, hint }))
            }
            (None, excess) => Ok(value(excess)),
        }
    }

    /// Refuses settings of another model: nobody would hear that they do nothing.
    fn refuse_strays(&self, table: &GenerateTable) -> Result<(), Invalid> {
        let strays = match table.model.0 {
            ModelWord::Lublin => [
                ("mean_gap", span(&table.mean_gap)),
                ("runtime", span(&table.runtime)),
                ("sizes", span(&table.sizes)),
                ("daily_cycle", span(&table.daily_cycle)),
            ]
            .to_vec(),
            ModelWord::Poisson => [("class", span(&table.class))].to_vec(),
        };
        for (key, span) in strays {
            if let Some(span) = span {
                let model = word_of(&table.model.0);
                return Err(self.location(span).invalid(Problem::OtherModel { key, model }));
            }
        }
        Ok(())
    }

    fn model(&self, table: &GenerateTable, location: &Location) -> Result<Model, Invalid> {
        if table.model.0 == ModelWord::Lublin {
            let class = table.class.as_ref().map(|class| class.get_ref().0).unwrap_or_default();
            return Ok(Model::Lublin(class));
        }
        let missing = |key| {
            let model = word_of(&table.model.0);
            location.invalid(Problem::MissingSetting { key, model })
        };
        let mean_gap = value(&table.mean_gap).ok_or_else(|| missing("mean_gap"))?;
        let runtime = table.runtime.as_ref().ok_or_else(|| missing("runtime"))?;
        let sizes = table.sizes.as_ref().ok_or_else(|| missing("sizes"))?;
        Ok(Model::Poisson(PoissonParams {
            mean_gap_s: mean_gap.ms() as f64 / 1000.0,
            daily: value(&table.daily_cycle).unwrap_or(false),
            runtime: self.law(runtime)?,
            sizes: self.law(sizes)?,
        }))
    }

    fn law<T: FromStr<Err = SpecError>>(&self, text: &Spanned<String>) -> Result<T, Invalid> {
        let bad = |error: SpecError| self.at(text).invalid(problem(&error));
        text.get_ref().parse().map_err(bad)
    }
}

fn value<T: Copy>(setting: &Option<Spanned<T>>) -> Option<T> {
    setting.as_ref().map(|setting| *setting.get_ref())
}

fn span<T>(setting: &Option<Spanned<T>>) -> Option<Range<usize>> {
    setting.as_ref().map(Spanned::span)
}

fn problem(error: &SpecError) -> Problem {
    Problem::Generator { message: error.to_string(), hint: error.hint().to_owned() }
}

/// The setting that the generator complains about, if it is a single one.
fn span_of(error: &SpecError, table: &GenerateTable) -> Option<Range<usize>> {
    match error {
        SpecError::Range { key: "jobs", .. } => Some(table.jobs.span()),
        SpecError::Range { key: "load", .. } => span(&table.load),
        SpecError::Range { key: "users", .. } => span(&table.users),
        SpecError::Range { key: "estimate excess", .. } => span(&table.estimates),
        SpecError::Range { key: "mean gap", .. } => span(&table.mean_gap),
        SpecError::Range { .. } | SpecError::Overflow => None,
        SpecError::TimeLaw { .. } => span(&table.runtime),
        SpecError::Sizes { .. } | SpecError::SizeLaw { .. } => span(&table.sizes),
    }
}
