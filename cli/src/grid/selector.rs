//! Which campaigns are meant: `3`, `1-10:2`, `last`, `all`, or a state, with commas between. Lists what the daemon has
//! where numbers alone do not tell.

use gleaner_api::shapes::campaign::Campaign;
use gleaner_api::states::CampaignState;

use crate::failure::{BAD_INPUT, Failure, NOT_MET};

/// The most campaigns that a range may name.
const RANGE_MAX: usize = 100_000;

/// A part of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selected {
    /// The campaign of this number.
    Number(u32),
    /// Those of these numbers that there are.
    Range { first: u32, last: u32, step: u32 },
    /// The newest.
    Last,
    /// All.
    All,
    /// All in this state.
    In(CampaignState),
    /// All that somebody should look at.
    Events,
}

/// A selection: its parts, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Selected>);

impl Selector {
    /// Reads the words of a command line; none where there are none.
    pub(crate) fn read<'a>(
        words: impl IntoIterator<Item = &'a String>,
    ) -> Result<Option<Selector>, Failure> {
        let parts = words.into_iter().flat_map(|word| word.split(',')).map(str::trim);
        let parts: Result<Vec<Selected>, Failure> =
            parts.filter(|part| !part.is_empty()).map(part).collect();
        Ok(Some(parts?).filter(|parts| !parts.is_empty()).map(Selector))
    }

    /// The numbers, where nothing but single numbers are given.
    pub(crate) fn numbers(&self) -> Option<Vec<u32>> {
        let number = |part: &Selected| match part {
            Selected::Number(number) => Some(*number),
            _ => None,
        };
        self.0.iter().map(number).collect()
    }

    /// Whether campaigns that are over may be meant, so that they have to be listed too.
    pub(crate) fn wants_ended(&self) -> bool {
        self.0.iter().any(|part| match part {
            Selected::Number(_) | Selected::All | Selected::Events => false,
            Selected::Range { .. } | Selected::Last => true,
            Selected::In(state) => {
                matches!(state, CampaignState::Terminated | CampaignState::Cancelled)
            }
        })
    }

    /// Picks from a list. Numbers that are given alone are taken even where the list has them not: the daemon knows.
    pub(crate) fn pick(&self, list: &[Campaign]) -> Result<Vec<u32>, Failure> {
        let mut picked = Vec::new();
        for part in &self.0 {
            let of = |wanted: &dyn Fn(&Campaign) -> bool| -> Vec<u32> {
                list.iter().filter(|one| wanted(one)).map(|one| one.id).collect()
            };
            let mut found = match *part {
                Selected::Number(number) => vec![number],
                Selected::Range { first, last, step } => of(&|one| {
                    (first..=last).contains(&one.id) && (one.id - first).is_multiple_of(step)
                }),
                Selected::Last => list.iter().map(|one| one.id).max().into_iter().collect(),
                Selected::All => of(&|_| true),
                Selected::In(state) => of(&|one| one.state == state),
                Selected::Events => of(&|one| one.has_events),
            };
            found.sort_unstable();
            found.retain(|id| !picked.contains(id));
            picked.extend(found);
        }
        if picked.is_empty() {
            let hint = Some("`gridstat` lists the campaigns that are not over".to_owned());
            return Err(Failure::new(NOT_MET, "there is no such campaign", hint));
        }
        Ok(picked)
    }
}

fn part(text: &str) -> Result<Selected, Failure> {
    let lower = text.to_lowercase();
    match &*lower {
        "last" => return Ok(Selected::Last),
        "all" => return Ok(Selected::All),
        "running" => return Ok(Selected::In(CampaignState::InTreatment)),
        "events" => return Ok(Selected::Events),
        other => {
            if let Some(state) = CampaignState::from_word(other) {
                return Ok(Selected::In(state));
            }
        }
    }
    let wrong = |hint: &str| {
        let message = format!("`{text}` selects no campaigns");
        Failure::new(BAD_INPUT, message, Some(hint.to_owned()))
    };
    let usual = "write a number, `1-10`, `1-10:2`, `last`, `all`, `running`, `paused`, `terminated`, `cancelled` or `events`";
    let number = |digits: &str| digits.parse::<u32>().map_err(|_| wrong(usual));
    let Some((first, rest)) = text.split_once('-') else {
        return Ok(Selected::Number(number(text)?));
    };
    let (last, step) = rest.split_once(':').unwrap_or((rest, "1"));
    let (first, last, step) = (number(first)?, number(last)?, number(step)?);
    if step == 0 || first > last {
        return Err(wrong(
            "a range is FIRST-LAST or FIRST-LAST:STEP, upwards, with a step of 1 or more",
        ));
    }
    if (last - first) as usize / step as usize >= RANGE_MAX {
        return Err(wrong("a range names 100000 campaigns at most"));
    }
    Ok(Selected::Range { first, last, step })
}

#[cfg(test)]
mod tests {
    use gleaner_api::shapes::campaign::Campaign;
    use gleaner_api::states::CampaignState;

    use super::Selector;

    fn campaign(id: u32, state: CampaignState, has_events: bool) -> Campaign {
        let (name, user, links) = (String::new(), String::new(), Vec::new());
        Campaign {
            id,
            name,
            user,
            state,
            has_events,
            links,
            submission_time: 0,
            total_jobs: 0,
            finished_jobs: 0,
            clusters: None,
            warnings: Vec::new(),
        }
    }

    fn picked(text: &str) -> Result<Vec<u32>, String> {
        let list = [
            campaign(9, CampaignState::Paused, true),
            campaign(2, CampaignState::InTreatment, false),
            campaign(4, CampaignState::InTreatment, true),
            campaign(5, CampaignState::Cancelled, false),
        ];
        let selector =
            Selector::read([&text.to_owned()]).map_err(|f| format!("{:?}", f.report()))?;
        selector.unwrap().pick(&list).map_err(|f| format!("{:?}", f.report()))
    }

    #[test]
    fn every_way_of_selecting() {
        for (text, ids) in [
            ("3", &[3][..]),
            ("4,3", &[4, 3]),
            ("1-10", &[2, 4, 5, 9]),
            ("2-10:3", &[2, 5]),
            ("last", &[9]),
            ("all", &[2, 4, 5, 9]),
            ("running", &[2, 4]),
            ("in_treatment", &[2, 4]),
            ("paused,2", &[9, 2]),
            ("CANCELLED", &[5]),
            ("events", &[4, 9]),
            ("4,1-5", &[4, 2, 5]),
        ] {
            assert_eq!(picked(text).as_deref(), Ok(ids), "{text}");
        }
    }

    #[test]
    fn what_selects_nothing_is_told() {
        for (text, part) in [
            ("x", "selects no campaigns"),
            ("-1", "selects no"),
            ("3-", "selects no"),
            ("5-3", "upwards"),
            ("1-5:0", "step"),
            ("0-4000000000", "100000"),
            ("4294967296", "selects no"),
            ("terminated", "no such campaign"),
            ("6-8", "no such"),
        ] {
            let told = picked(text).unwrap_err();
            assert!(told.contains(part), "{text}: {told}");
        }
        assert_eq!(Selector::read([&" , ".to_owned()]).unwrap(), None);
    }
}
