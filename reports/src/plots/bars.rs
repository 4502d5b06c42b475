//! Bars: harvest and waste of each campaign, and what it cost the owners. Must not know curves.

use crate::error::ReportError;
use crate::metrics::Metrics;
use crate::plots::axis::{round_numbers, short};
use crate::plots::canvas::{Anchor, Canvas, Sheet, draw};
use crate::plots::clusters::{panel_numbers, shown};
use crate::plots::frame::{LABEL, Panel, below_legend, legend};
use crate::plots::palette::{FAINT, HARVEST, INK, LOST, NEUTRAL, RULE, RUNNING};
use crate::record::RunInfo;

/// Campaigns shown at most.
pub(crate) const CAMPAIGNS_MAX: usize = 20;
/// Height of a bar with the gap below it.
const BAR: f64 = 24.0;

/// Draws the useful and wasted core hours of the largest campaigns; returns the SVG.
pub(crate) fn campaigns(
    info: &RunInfo,
    metrics: &Metrics,
    sheet: Sheet,
) -> Result<String, ReportError> {
    let parts = |key: String| {
        let figures = &metrics.campaigns[&key];
        let core_s = [figures.useful_core_s, figures.wasted_core_s, figures.running_core_s];
        (key, core_s.map(|core_s| core_s / 3600.0))
    };
    let mut bars: Vec<(String, [f64; 3])> = info.campaign_keys().into_iter().map(parts).collect();
    let whole = |bar: &(String, [f64; 3])| bar.1.iter().sum::<f64>();
    bars.sort_by(|a, b| whole(b).total_cmp(&whole(a)));
    bars.truncate(CAMPAIGNS_MAX);
    // Those that held nothing need no line; of none that held anything, there must be some.
    if bars.iter().any(|bar| whole(bar) > 0.0) {
        bars.retain(|bar| whole(bar) > 0.0);
    }
    let running = metrics.grid.running_core_s > 0.0;
    let colours = [(HARVEST, "useful"), (LOST, "wasted"), (RUNNING, "still running")];
    let entries = &colours[..if running { 3 } else { 2 }];
    // Room for names, and for the numbers behind the bars.
    let (names, name_chars, right, every) = match sheet {
        Sheet::Wide => (190.0, 24, sheet.width() - 60.0, 1),
        Sheet::Narrow => (104.0, 12, sheet.width() - 54.0, 2),
    };
    let top = below_legend(sheet, entries) - 18.0;
    let bottom = top + 4.0 + BAR * bars.len() as f64;
    let panel = Panel { left: names, right, top, bottom };
    draw("campaigns", sheet, bottom + 58.0, "core hours of each campaign", |canvas| {
        legend(canvas, entries)?;
        let ticks = round_numbers(bars.first().map_or(0.0, whole));
        let most = ticks.last().copied().unwrap_or(1.0);
        for &tick in ticks.iter().step_by(every) {
            let x = panel.x(tick / most);
            canvas.line(&[[x, top], [x, bottom]], RULE, 0.75)?;
            canvas.text(&short(tick), [x, bottom + 6.0], LABEL, FAINT, Anchor::Top)?;
        }
        for (index, bar) in bars.iter().enumerate() {
            let (name, parts) = bar;
            let y = top + 4.0 + BAR * index as f64;
            let name = cut(name, name_chars);
            canvas.text(&name, [names - 7.0, y + 9.0], LABEL, INK, Anchor::Right)?;
            let mut from = 0.0;
            for (part, (colour, _)) in parts.iter().zip(colours).filter(|(part, _)| **part > 0.0) {
                let (left, right) = (panel.x(from / most), panel.x((from + part) / most));
                canvas.rect([left, y], [right, y + 17.0], colour)?;
                from += part;
            }
            let behind = [panel.x(from / most) + 6.0, y + 9.0];
            canvas.text(&short(whole(bar)), behind, LABEL, FAINT, Anchor::Left)?;
        }
        panel.below(canvas, "core hours")
    })
}

/// Returns a name, or as much of its begin and its end as has room: names often differ in a number at the
/// end.
fn cut(name: &str, most: usize) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= most {
        return name.to_owned();
    }
    let end = most / 3;
    let begin = &chars[..most - 1 - end];
    begin.iter().chain(&['…']).chain(&chars[chars.len() - end..]).collect()
}

/// Classes of delays: their least delay in ms, and their names.
const DELAYS: [(i64, &str); 9] = [
    (i64::MIN, "earlier"),
    (0, "none"),
    (1, "under 1 s"),
    (1_000, "1 s–10 s"),
    (10_000, "10 s–1 min"),
    (60_000, "1–10 min"),
    (600_000, "10 min–1 h"),
    (3_600_000, "1–6 h"),
    (21_600_000, "6 h and more"),
];

/// Owners' jobs counted by how much later they started than without campaigns.
#[derive(Debug)]
pub(crate) struct Delays {
    /// For each cluster of the run, the number of its panel.
    panels: Vec<Option<usize>>,
    clusters: Vec<(String, Counts)>,
}

type Counts = [u64; DELAYS.len()];

impl Delays {
    pub(crate) fn new(info: &RunInfo) -> Self {
        let clusters = shown(info).into_iter().map(|shown| (shown.name, Counts::default()));
        Self { panels: panel_numbers(info), clusters: clusters.collect() }
    }

    pub(crate) fn add(&mut self, cluster: u16, delay_ms: i64) {
        if let Some(panel) = self.panels[usize::from(cluster)] {
            let class = DELAYS.iter().rposition(|&(least_ms, _)| least_ms <= delay_ms);
            self.clusters[panel].1[class.expect("the first class has no least delay")] += 1;
        }
    }

    /// Draws a bar for each class of delays, a panel for each cluster; returns the SVG.
    pub(crate) fn svg(&self, sheet: Sheet) -> Result<String, ReportError> {
        let across = match (sheet, self.clusters.len()) {
            (Sheet::Wide, 2) => 2,
            (Sheet::Wide, 3..) => 3,
            _ => 1,
        };
        let (first, high) = (34.0, DELAY * DELAYS.len() as f64);
        let pitch = high + 36.0;
        let rows = self.clusters.len().div_ceil(across);
        let wide = sheet.width() / across as f64;
        let height = first + pitch * rows as f64;
        draw("owners-delay", sheet, height, "delays of owners' jobs", |canvas| {
            for (index, (name, counts)) in self.clusters.iter().enumerate() {
                let left = wide * (index % across) as f64 + 100.0;
                let top = first + pitch * (index / across) as f64;
                let right = left + wide - 206.0;
                let panel = Panel { left, right, top, bottom: top + high };
                classes(canvas, &panel, name, counts)?;
            }
            Ok(())
        })
    }
}

/// Height of a class of delays.
const DELAY: f64 = 22.0;

/// Draws a level bar for each class, with its share and how many jobs that is behind it.
fn classes(
    canvas: &mut Canvas<'_>,
    panel: &Panel,
    name: &str,
    counts: &Counts,
) -> Result<(), ReportError> {
    panel.title(canvas, name)?;
    let total = counts.iter().sum::<u64>().max(1) as f64;
    for (index, ((_, class), &count)) in DELAYS.iter().zip(counts).enumerate() {
        let y = panel.top + DELAY * index as f64;
        let middle = y + DELAY / 2.0;
        canvas.text(class, [panel.left - 7.0, middle], LABEL, INK, Anchor::Right)?;
        let share = count as f64 / total;
        let colour = if index <= 1 { NEUTRAL } else { LOST };
        let right = panel.x(share);
        canvas.rect([panel.left, y + 3.0], [right, y + DELAY - 3.0], colour)?;
        let text = format!("{:.1} % ({})", share * 100.0, short(count as f64));
        canvas.text(&text, [right + 6.0, middle], LABEL, FAINT, Anchor::Left)?;
    }
    canvas.line(&[[panel.left, panel.top], [panel.left, panel.bottom]], FAINT, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(cut("sweep", 5), "sweep");
        assert_eq!(cut("été-sweep-17", 9), "été-s…-17");
        assert_eq!(cut("été-sweep-17", 9).chars().count(), 9);
    }
}
