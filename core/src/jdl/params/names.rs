//! Names of tasks, the first words of their parameters: no two of a campaign may be alike. A number of parameters
//! is never written out for that, be it a thousand million.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

use crate::jdl::params::{Kind, Parameters, ParametersError};

/// Checks that no two of these parameters have the same name.
///
/// # Errors
/// [`ParametersError::SameName`] with the first task whose name was there before.
pub fn check_names(parameters: &Parameters) -> Result<(), ParametersError> {
    if let Kind::Count(_) = parameters.0 {
        return Ok(());
    }
    let hashes = hashes(parameters);
    let mut found: Option<(u32, u32)> = None;
    for run in hashes.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        let mut alike: Vec<_> = run.iter().map(|&(_, at)| (parameters.name(at), at)).collect();
        alike.sort_unstable();
        for pair in alike.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let candidate = (pair[1].1, pair[0].1);
            found = Some(found.map_or(candidate, |known| known.min(candidate)));
        }
    }
    match found {
        None => Ok(()),
        Some((second, first)) => Err(same(parameters, second, first.into(), second.into())),
    }
}

/// The names of parameters that are to be added to a campaign, to be held against those that it has, part by part:
/// neither need be in memory as a whole.
#[derive(Debug)]
pub struct Names {
    of: Arc<Parameters>,
    hashes: Vec<(u64, u32)>,
}

impl Names {
    /// Takes in the names of `of`.
    pub fn new(of: Arc<Parameters>) -> Names {
        Names { hashes: hashes(&of), of }
    }

    /// Returns the parameters that they are of.
    pub fn parameters(&self) -> &Arc<Parameters> {
        &self.of
    }

    /// Holds them against a part of a campaign of `total` tasks, whose first task has the index `first`: none of its
    /// names may be among them.
    ///
    /// # Errors
    /// [`ParametersError::SameName`] for one that is.
    pub fn apart_from(
        &self,
        first: u32,
        part: &Parameters,
        total: u32,
    ) -> Result<(), ParametersError> {
        let clash = |at: u32, known: u32| {
            let known = u64::from(first) + u64::from(known);
            same(&self.of, at, known, u64::from(total) + u64::from(at))
        };
        match &part.0 {
            // The names are the numbers below it.
            Kind::Count(count) => {
                let taken = |at: u32| {
                    let number = number(&self.of.name(at)?).filter(|number| number < count)?;
                    Some(clash(at, number))
                };
                (0..self.of.len()).find_map(taken).map_or(Ok(()), Err)
            }
            Kind::Lines { .. } => {
                for known in 0..part.len() {
                    let name = part.name(known).unwrap_or_default();
                    if let Some(at) = self.find(&name) {
                        return Err(clash(at, known));
                    }
                }
                Ok(())
            }
        }
    }

    /// Returns which of them has this name.
    fn find(&self, name: &str) -> Option<u32> {
        let wanted = hash(name);
        let from = self.hashes.partition_point(|(hash, _)| *hash < wanted);
        let alike = self.hashes[from..].iter().take_while(|(hash, _)| *hash == wanted);
        alike.map(|(_, at)| *at).find(|at| self.of.name(*at).as_deref() == Some(name))
    }
}

/// Returns the hashes of all names, sorted, since a hash map of a million names is large, and sorted names are slow.
fn hashes(of: &Parameters) -> Vec<(u64, u32)> {
    let names = (0..of.len()).filter_map(|at| Some((hash(&of.name(at)?), at)));
    let mut hashes: Vec<(u64, u32)> = names.collect();
    hashes.sort_unstable();
    hashes
}

/// Returns the error for two tasks of one name, given by their positions in the campaign, from 0.
fn same(of: &Parameters, at: u32, first: u64, second: u64) -> ParametersError {
    let name = of.name(at).map(Cow::into_owned).unwrap_or_default().into();
    ParametersError::SameName { name, first: first + 1, second: second + 1 }
}

/// Returns the number that is written exactly so.
fn number(name: &str) -> Option<u32> {
    let digits = name.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (name == "0" || !name.starts_with('0'));
    if plain { name.parse().ok() } else { None }
}

fn hash(name: &str) -> u64 {
    // A fixed hasher, since the core has no randomness.
    let mut hasher = DefaultHasher::new();
    hasher.write(name.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Names, check_names};
    use crate::jdl::params::{Parameters, TASKS_MAX};

    #[test]
    fn what_is_added_is_held_against_a_number_without_writing_it_out() {
        let many = Parameters::count(u64::from(TASKS_MAX)).unwrap();
        check_names(&many).unwrap();
        let told = |texts: &[&str]| {
            let more = Arc::new(Parameters::from_lines(texts).unwrap());
            let apart = Names::new(more).apart_from(0, &many, TASKS_MAX);
            apart.map_err(|error| error.to_string())
        };
        assert_eq!(told(&["a 1", "00 x", "+1", "1000000000", "99999999999"]), Ok(()));
        let same = "parameters 18 and 1000000002 have the same first word `17` (counted from 1)";
        assert_eq!(told(&["a", "17 b"]), Err(same.to_owned()));
    }

    #[test]
    fn what_is_added_is_held_against_lines_part_by_part() {
        let part = Parameters::from_lines(["a 1", "b 2"]).unwrap();
        let more = Arc::new(Parameters::from_lines(["c", "b 3"]).unwrap());
        let names = Names::new(more);
        names.apart_from(0, &Parameters::from_lines(["x", "y"]).unwrap(), 4).unwrap();
        let error = names.apart_from(2, &part, 4).unwrap_err().to_string();
        assert_eq!(error, "parameters 4 and 6 have the same first word `b` (counted from 1)");
    }
}
