//! `--assert`: claims about the figures, read before anything runs and checked at the end.

use gleaner_reports::assertion::{Assertion, AssertionError, Checked};
use gleaner_reports::metrics::Metrics;
use serde_json::Value;

use crate::failure::{BAD_INPUT, FAILED, Failure, NOT_MET};

/// The claims, with their texts.
pub(crate) struct Assertions(Vec<(String, Assertion)>);

impl Assertions {
    /// Reads the claims.
    pub(crate) fn parse(texts: &[String]) -> Result<Assertions, Failure> {
        let parse = |text: &String| match Assertion::parse(text) {
            Ok(assertion) => Ok((text.clone(), assertion)),
            Err(error) => Err(wrong(text, &error)),
        };
        texts.iter().map(parse).collect::<Result<_, _>>().map(Assertions)
    }

    /// Looks for every figure that the claims name, before the run that they are about.
    pub(crate) fn check_names(&self, metrics: &Metrics) -> Result<(), Failure> {
        let names = as_value(metrics)?;
        let check = |(text, assertion): &(String, Assertion)| {
            assertion.check_names(&names).map_err(|error| wrong(text, &error))
        };
        self.0.iter().try_for_each(check)
    }

    /// Holds the claims against the figures.
    pub(crate) fn check(&self, metrics: &Metrics) -> Result<(), Failure> {
        let figures = as_value(metrics)?;
        for (text, assertion) in &self.0 {
            let verdict = assertion.check(&figures).map_err(|error| wrong(text, &error))?;
            if !verdict.holds {
                let seen: Vec<String> = verdict.checked.iter().map(Checked::to_string).collect();
                let message = format!("assertion `{text}` does not hold: {}", seen.join(", "));
                return Err(Failure::new(NOT_MET, message, None));
            }
        }
        Ok(())
    }
}

fn as_value(metrics: &Metrics) -> Result<Value, Failure> {
    serde_json::to_value(metrics).map_err(|error| {
        Failure::new(FAILED, format!("cannot read the figures back: {error}"), None)
    })
}

fn wrong(text: &str, error: &AssertionError) -> Failure {
    Failure::new(BAD_INPUT, format!("in assertion `{text}`: {error}"), error.hint())
}
