//! The parameters of all tasks of a campaign, in the parts in which they came: a handle that is copied
//! for the price of a count. Knows neither where a task is nor whether anybody still wants it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::jdl::params::Parameters;

/// The parameter of each task of a campaign, by the task's index. A copy shares the texts, and stays as
/// it is when tasks are added to the campaign.
#[derive(Clone, PartialEq, Eq)]
pub struct TaskParameters(Arc<Vec<Part>>);

/// The index of its first task, and the parameters that came at once.
type Part = (u32, Arc<Parameters>);

impl TaskParameters {
    /// Makes those of a campaign to which nothing has been added.
    pub fn new(parameters: Arc<Parameters>) -> TaskParameters {
        TaskParameters::from_parts(vec![(0, parameters)])
    }

    /// Makes them of parts in order, of which the first begins with task 0 and each other behind the one
    /// before.
    pub(crate) fn from_parts(parts: Vec<Part>) -> TaskParameters {
        TaskParameters(Arc::new(parts))
    }

    /// Adds those of the tasks from index `first` on, behind all others.
    pub(crate) fn add(&mut self, first: u32, parameters: Arc<Parameters>) {
        Arc::make_mut(&mut self.0).push((first, parameters));
    }

    /// Returns the parameter of a task; none where there is no such task, or its text was forgotten.
    pub fn text(&self, index: u32) -> Option<Cow<'_, str>> {
        let part = self.0.partition_point(|(first, _)| *first <= index).checked_sub(1)?;
        let (first, parameters) = &self.0[part];
        parameters.text(index - first)
    }

    /// Returns the index of the first task of each part.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(first, _)| *first)
    }

    /// Drops all texts, which copies keep; returns whether there were any.
    pub(crate) fn forget(&mut self) -> bool {
        let had = self.0.iter().any(|(_, parameters)| !parameters.is_empty());
        let nothing = Arc::new(Parameters::none());
        for (_, parameters) in Arc::make_mut(&mut self.0) {
            *parameters = Arc::clone(&nothing);
        }
        had
    }
}

/// Says how many there are in each part, not what they are: there may be a million.
impl fmt::Debug for TaskParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().map(|(first, parameters)| (first, parameters.len()));
        f.write_str("TaskParameters")?;
        f.debug_map().entries(parts).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::TaskParameters;
    use crate::jdl::params::Parameters;

    #[test]
    fn a_copy_stays_as_it_is_when_tasks_are_added_or_texts_forgotten() {
        let lines = |texts: &[&str]| Arc::new(Parameters::from_lines(texts).unwrap());
        let mut parameters = TaskParameters::new(lines(&["a 1", "b 2"]));
        let before = parameters.clone();
        parameters.add(2, lines(&["c 3"]));
        assert_eq!(parameters.text(2).as_deref(), Some("c 3"));
        assert_eq!((before.text(1).as_deref(), before.text(2)), (Some("b 2"), None));
        let copy = parameters.clone();
        assert!(parameters.forget());
        assert!(!parameters.forget(), "there is nothing left to forget");
        assert_eq!((parameters.text(0), copy.text(0).as_deref()), (None, Some("a 1")));
    }
}
