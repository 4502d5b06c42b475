//! What a JDL leaves to the resource manager of a cluster: the language of its resource texts, and the variable of
//! a job's number. The core speaks none of these languages: who knows the clusters hands them in.

use crate::config::CoreUnits;
use crate::ids::ClusterId;

/// The language of a resource manager, as far as a JDL holds some of it.
#[derive(Clone, Copy, Debug)]
pub struct Language {
    /// The resource text of a JDL that has none: the least that a job can ask for.
    pub least: &'static str,
    /// What is expected where a resource text is blank, with an example.
    pub expected: &'static str,
    /// Macros of prologues and epilogues, each with what it becomes: a variable that the resource manager sets for
    /// its jobs.
    pub macros: &'static [(&'static str, &'static str)],
    /// Returns how many cores a resource text asks for, at least 1; none where it does not tell.
    pub cores: fn(text: &str, units: CoreUnits) -> Option<u32>,
}

/// Who knows which language a cluster speaks.
pub trait Languages: std::fmt::Debug {
    /// Returns the language of a cluster; without one, that of clusters that are named and not known.
    fn of(&self, cluster: Option<ClusterId>) -> &Language;
}

/// All clusters speak it.
impl Languages for Language {
    fn of(&self, _: Option<ClusterId>) -> &Language {
        self
    }
}
