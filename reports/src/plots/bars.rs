//! Bars: harvest and waste of each campaign, and what it cost the owners. Must not know curves.

use crate::error::ReportError;
use crate::metrics::Metrics;
use crate::plots::axis::{round_numbers, short};
use crate::plots::canvas::{Anchor, draw};
use crate::plots::frame::{LABEL, LEFT, Panel, RIGHT, legend};
use crate::plots::palette::{FAINT, HARVEST, INK, LOST, NEUTRAL, RULE, RUNNING};
use crate::record::RunInfo;

/// Campaigns shown at most.
const CAMPAIGNS_MAX: usize = 20;
/// Left edge of the bars of campaigns: room for their names.
const NAMES: f64 = 190.0;
/// Longest name shown in full.
const NAME_CHARS: usize = 24;

/// Draws the useful and wasted core hours of the largest campaigns; returns the SVG.
pub(crate) fn campaigns(info: &RunInfo, metrics: &Metrics) -> Result<String, ReportError> {
    let parts = |key: String| {
        let figures = &metrics.campaigns[&key];
        let core_s = [figures.useful_core_s, figures.wasted_core_s, figures.running_core_s];
        (key, core_s.map(|core_s| core_s / 3600.0))
    };
    let mut bars: Vec<(String, [f64; 3])> = info.campaign_keys().into_iter().map(parts).collect();
    let whole = |bar: &(String, [f64; 3])| bar.1.iter().sum::<f64>();
    bars.sort_by(|a, b| whole(b).total_cmp(&whole(a)));
    bars.truncate(CAMPAIGNS_MAX);
    let height = 90.0 + 24.0 * bars.len() as f64;
    draw("campaigns", height, "core hours of each campaign", |canvas| {
        let colours = [(HARVEST, "useful"), (LOST, "wasted"), (RUNNING, "still running")];
        let running = metrics.grid.running_core_s > 0.0;
        legend(canvas, &colours[..if running { 3 } else { 2 }])?;
        let (top, bottom) = (28.0, 32.0 + 24.0 * bars.len() as f64);
        let ticks = round_numbers(bars.first().map_or(0.0, whole));
        let most = ticks.last().copied().unwrap_or(1.0);
        let x = |value: f64| NAMES + (RIGHT - 30.0 - NAMES) * value / most;
        for &tick in &ticks {
            canvas.line(&[[x(tick), top], [x(tick), bottom]], RULE, 0.75)?;
            canvas.text(&short(tick), [x(tick), bottom + 6.0], LABEL, FAINT, Anchor::Top)?;
        }
        for (index, (name, parts)) in bars.iter().enumerate() {
            let y = top + 4.0 + 24.0 * index as f64;
            canvas.text(&cut(name), [NAMES - 7.0, y + 9.0], LABEL, INK, Anchor::Right)?;
            let mut from = 0.0;
            for (part, (colour, _)) in parts.iter().zip(colours).filter(|(part, _)| **part > 0.0) {
                canvas.rect([x(from), y], [x(from + part), y + 17.0], colour)?;
                from += part;
            }
        }
        let middle = (NAMES + RIGHT) / 2.0;
        canvas.text("core hours", [middle, bottom + 27.0], LABEL, INK, Anchor::Top)
    })
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS - 1).chain(['…']).collect()
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
#[derive(Debug, Default)]
pub(crate) struct Delays {
    counts: [u64; DELAYS.len()],
}

impl Delays {
    pub(crate) fn add(&mut self, delay_ms: i64) {
        let class = DELAYS.iter().rposition(|&(least_ms, _)| least_ms <= delay_ms);
        self.counts[class.expect("the first class has no least delay")] += 1;
    }

    /// Draws a bar for each class of delays; returns the SVG.
    pub(crate) fn svg(&self) -> Result<String, ReportError> {
        let total = self.counts.iter().sum::<u64>().max(1) as f64;
        draw("owners-delay", 300.0, "delays of owners' jobs", |canvas| {
            let panel = Panel { top: 34.0, bottom: 238.0 };
            let ticks: Vec<(f64, String)> =
                (0..=5).map(|i| (f64::from(i) / 5.0, format!("{}", i * 20))).collect();
            panel.upright(canvas, "share of owners' jobs (%)", &ticks)?;
            let pitch = (RIGHT - LEFT) / DELAYS.len() as f64;
            for (index, ((_, name), &count)) in DELAYS.iter().zip(&self.counts).enumerate() {
                let middle = LEFT + pitch * (index as f64 + 0.5);
                let y = panel.y(count as f64 / total);
                let colour = if index <= 1 { NEUTRAL } else { LOST };
                canvas.rect(
                    [middle - pitch * 0.36, y],
                    [middle + pitch * 0.36, panel.bottom],
                    colour,
                )?;
                canvas.text(name, [middle, panel.bottom + 8.0], LABEL - 0.5, INK, Anchor::Top)?;
                let above = [middle, y - 8.0];
                canvas.text(&short(count as f64), above, LABEL, FAINT, Anchor::Middle)?;
            }
            panel.below(canvas, "later start than without campaigns; above the bars: jobs")
        })
    }
}
