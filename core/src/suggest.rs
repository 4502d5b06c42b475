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
            .map(|name| (distance(wrong, name), name))
            .filter(|(distance, _)| *distance <= tolerated)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, name)| name.clone());
        Suggestion { nearest, known }
    }

    /// The known name that was probably meant.
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

/// Levenshtein's distance without regard to case; far apart when a text is too long to compare.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a
        .chars()
        .flat_map(char::to_lowercase)
        .take(LENGTH_MAX + 1)
        .collect();
    let b: Vec<char> = b
        .chars()
        .flat_map(char::to_lowercase)
        .take(LENGTH_MAX + 1)
        .collect();
    if a.len() > LENGTH_MAX || b.len() > LENGTH_MAX {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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
        assert_eq!(check("froggy"), "known: `luke`, `dahu`, `bigfoot`");
        assert_eq!(
            check(&"x".repeat(100_000)),
            "known: `luke`, `dahu`, `bigfoot`"
        );
        assert_eq!(
            Suggestion::new("a", std::iter::empty()).to_string(),
            "there is none to choose from"
        );
    }
}
