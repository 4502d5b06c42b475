//! "Did you mean": the known names nearest to a wrong one.

use std::fmt;

/// The most names a suggestion lists, and the longest name it compares.
const NAMES_MAX: usize = 20;
const LENGTH_MAX: usize = 64;

/// What could have been meant instead of an unknown name. Prints as a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    nearest: Option<Box<str>>,
    known: Vec<Box<str>>,
}

impl Suggestion {
    /// Looks for what `wrong` could mean among the `known` names.
    pub fn new<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Suggestion {
        let known: Vec<Box<str>> = known.map(Box::from).collect();
        let tolerated = wrong.chars().count().div_ceil(3).max(1);
        let nearest = known
            .iter()
            .map(|name| (edit_distance(wrong, name), name))
            .filter(|(distance, _)| *distance <= tolerated)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, name)| name.clone());
        Suggestion { nearest, known }
    }

    /// Returns the known name that was probably meant.
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nearest) = &self.nearest {
            return write!(f, "did you mean `{nearest}`?");
        }
        if self.known.is_empty() {
            return f.write_str("there is none to choose from");
        }
        f.write_str("known:")?;
        for (position, name) in self.known.iter().take(NAMES_MAX).enumerate() {
            write!(f, "{} `{name}`", if position == 0 { "" } else { "," })?;
        }
        match self.known.len().saturating_sub(NAMES_MAX) {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

/// Returns how many edits (a letter more, less, another, or two neighbours swapped) lead from one text to
/// the other, without regard to case; `usize::MAX` where one is too long to compare.
pub fn edit_distance(a: &str, b: &str) -> usize {
    if [a, b].iter().any(|text| text.chars().count() > LENGTH_MAX) {
        return usize::MAX;
    }
    strsim::osa_distance(&a.to_lowercase(), &b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::Suggestion;

    #[test]
    fn near_names_are_meant_and_far_ones_listed() {
        let known = ["luke", "dahu", "bigfoot"];
        let check = |wrong: &str| Suggestion::new(wrong, known.into_iter()).to_string();
        assert_eq!(check("lukes"), "did you mean `luke`?");
        assert_eq!(check("BIGFOT"), "did you mean `bigfoot`?");
        assert_eq!(check("dhau"), "did you mean `dahu`?");
        assert_eq!(check("froggy"), "known: `luke`, `dahu`, `bigfoot`");
        assert_eq!(check(&"x".repeat(100_000)), "known: `luke`, `dahu`, `bigfoot`");
        assert_eq!(
            Suggestion::new("a", std::iter::empty()).to_string(),
            "there is none to choose from"
        );
    }
}
