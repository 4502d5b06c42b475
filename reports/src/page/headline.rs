//! What a reader in a hurry sees: a sentence or two, and the figures that matter most. Must not know how
//! figures are made.

use crate::metrics::GridMetrics;
use crate::page::format::{core_hours, count, number, percent, plural, time};

/// Headline figures about one thing.
pub(crate) struct Headline {
    pub(crate) title: &'static str,
    pub(crate) cards: Vec<Card>,
}

/// A headline figure.
pub(crate) struct Card {
    pub(crate) value: String,
    pub(crate) label: &'static str,
    pub(crate) note: String,
}

fn card(value: String, label: &'static str, note: String) -> Card {
    Card { value, label, note }
}

/// Returns the run in words.
pub(crate) fn lead(grid: &GridMetrics) -> String {
    let mut lead = String::new();
    if let (Some(share), true) = (grid.utilisation, grid.jobs > 0) {
        lead += &format!("Owners used {} of all core time", percent(Some(share)));
        if grid.mean_wait_s.is_some() {
            let [mean, most] = [grid.mean_wait_s, grid.max_wait_s].map(time);
            let jobs = plural(grid.jobs, "job");
            lead += &format!("; their {jobs} waited {mean} on average, {most} at most");
        }
        lead += ". ";
    }
    if grid.campaigns > 0 {
        let what = if grid.jobs > 0 { "of what owners left idle" } else { "of the idle core time" };
        lead += &format!(
            "While there were campaigns, they harvested {} {what}: {} core hours of useful work, with {} of {} done. ",
            percent(grid.campaigns_harvest_ratio),
            core_hours(grid.campaigns_harvested_core_s),
            count(grid.done),
            plural(grid.tasks, "task"),
        );
        if grid.killed_jobs > 0 {
            let were = if grid.killed_jobs == 1 { "was" } else { "were" };
            lead += &format!("{} of their jobs {were} killed. ", count(grid.killed_jobs));
        }
    }
    if let Some(mean_s) = grid.owners_delay_mean_s {
        let [mean, most] = [Some(mean_s), grid.owners_delay_max_s].map(time);
        let none = mean_s == 0.0 && grid.owners_delay_max_s == Some(0.0);
        lead += &match none {
            true => "Harvesting delayed no owner's job.".to_owned(),
            false => {
                format!("Harvesting delayed owners' jobs by {mean} on average, {most} at most.")
            }
        };
    }
    lead.truncate(lead.trim_end().len());
    lead
}

/// Returns the figures of the harvest, if there was one, and of owners.
pub(crate) fn cards(grid: &GridMetrics) -> Vec<Headline> {
    let mut all = Vec::new();
    if grid.campaigns > 0 {
        all.push(Headline { title: "The harvest", cards: harvest(grid) });
    }
    if grid.counts.submitted_jobs > 0 || all.is_empty() {
        all.push(Headline { title: "The owners", cards: owners(grid) });
    }
    all
}

fn harvest(grid: &GridMetrics) -> Vec<Card> {
    vec![
        card(
            percent(grid.campaigns_harvest_ratio),
            "of idle time harvested",
            format!("while campaigns lived; {} in the horizon", percent(grid.harvest_ratio)),
        ),
        card(
            core_hours(grid.campaigns_harvested_core_s),
            "useful core hours",
            format!("{} of them in the horizon", core_hours(grid.harvested_core_s)),
        ),
        card(count(grid.done), "tasks done", tasks(grid)),
        card(
            count(grid.killed_jobs),
            "best-effort kills",
            format!("{} core hours lost in the horizon", core_hours(grid.killed_core_s)),
        ),
    ]
}

fn owners(grid: &GridMetrics) -> Vec<Card> {
    let ends = match grid.counts.others_in_words() {
        words if words.is_empty() => "that ended well".to_owned(),
        words => format!("that ended; of {} submitted: {words}", count(grid.counts.submitted_jobs)),
    };
    let mut cards = vec![
        card(percent(grid.utilisation), "used by owners", "of all core time".to_owned()),
        card(count(grid.jobs), "owners' jobs", ends),
        card(
            time(grid.mean_wait_s),
            "mean wait of owners",
            format!("longest {}", time(grid.max_wait_s)),
        ),
        card(
            number(grid.avebsld),
            "mean bounded slowdown",
            "wait and run over run of owners' jobs, from 1".to_owned(),
        ),
    ];
    if let Some(mean_s) = grid.owners_delay_mean_s {
        let most = format!("at most {}", time(grid.owners_delay_max_s));
        cards.push(card(time(Some(mean_s)), "mean delay of owners", most));
    }
    cards
}

/// Returns what there is beside the tasks that are done.
fn tasks(grid: &GridMetrics) -> String {
    let others = [
        ("failed", grid.failed),
        ("cancelled", grid.cancelled),
        ("running", grid.running),
        ("waiting", grid.waiting),
    ];
    let mut note = format!("of {} in {}", count(grid.tasks), plural(grid.campaigns, "campaign"));
    for (word, number) in others.into_iter().filter(|(_, number)| *number > 0) {
        note += &format!(", {} {word}", count(number));
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_in_words() {
        let mut grid = GridMetrics { jobs: 1, utilisation: Some(0.5), ..GridMetrics::default() };
        assert_eq!(lead(&grid), "Owners used 50.0 % of all core time.");
        (grid.mean_wait_s, grid.max_wait_s) = (Some(60.0), Some(60.0));
        let owners = "Owners used 50.0 % of all core time; their 1 job waited 1 min 00 s on average, \
                      1 min 00 s at most.";
        assert_eq!(lead(&grid), owners);
        (grid.campaigns, grid.tasks, grid.done, grid.killed_jobs) = (1, 3, 2, 1);
        (grid.campaigns_harvest_ratio, grid.campaigns_harvested_core_s) = (Some(0.25), 7200.0);
        let harvest = "While there were campaigns, they harvested 25.0 % of what owners left idle: 2 core \
                       hours of useful work, with 2 of 3 tasks done. 1 of their jobs was killed.";
        assert_eq!(lead(&grid), format!("{owners} {harvest}"));
        (grid.owners_delay_mean_s, grid.owners_delay_max_s) = (Some(0.0), Some(0.0));
        assert!(lead(&grid).ends_with(" Harvesting delayed no owner's job."));
        grid.owners_delay_max_s = Some(9.0);
        assert!(lead(&grid).ends_with(" by 0 s on average, 9 s at most."));
    }

    #[test]
    fn of_owners_who_are_not_there_nothing_is_said() {
        let grid = GridMetrics { campaigns: 1, ..GridMetrics::default() };
        let titles: Vec<&str> = cards(&grid).iter().map(|group| group.title).collect();
        assert_eq!(titles, ["The harvest"]);
        let titles: Vec<&str> =
            cards(&GridMetrics::default()).iter().map(|group| group.title).collect();
        assert_eq!(titles, ["The owners"], "a run of nothing has a headline");
        assert!(!lead(&grid).contains("Owners"));
    }
}
