//! Colours that stay apart for colour-blind eyes (Okabe and Ito 2008), and steps of blue for heat.
//! Must not know shapes.

use plotters::style::{RGBColor, WHITE};

/// Cores that owners' jobs use.
pub(crate) const OWNERS: RGBColor = RGBColor(0, 114, 178);
/// Cores that owners' jobs keep for jobs inside of them.
pub(crate) const CONTAINER: RGBColor = RGBColor(184, 214, 233);
/// Cores that campaigns use.
pub(crate) const HARVEST: RGBColor = RGBColor(230, 159, 0);
/// Attempts that still run when a run is stopped.
pub(crate) const RUNNING: RGBColor = RGBColor(245, 214, 150);
/// What was lost: killed or failed attempts.
pub(crate) const LOST: RGBColor = RGBColor(187, 60, 0);
/// Cores that nobody uses.
pub(crate) const FREE: RGBColor = RGBColor(232, 238, 241);
/// Cores that cannot be used.
pub(crate) const UNAVAILABLE: RGBColor = RGBColor(150, 150, 150);
/// Cores of nodes that are not there.
pub(crate) const ABSENT: RGBColor = RGBColor(205, 209, 212);
/// Whatever is neither owners' nor campaigns'.
pub(crate) const NEUTRAL: RGBColor = RGBColor(0, 158, 115);
/// What colours are mixed with to step back.
pub(crate) const WASH: RGBColor = RGBColor(226, 233, 238);
/// What a panel shows where there is nothing.
pub(crate) const GROUND: RGBColor = RGBColor(246, 248, 249);
/// Text.
pub(crate) const INK: RGBColor = RGBColor(40, 48, 56);
/// Text of less weight.
pub(crate) const FAINT: RGBColor = RGBColor(100, 110, 120);
/// Grid lines.
pub(crate) const RULE: RGBColor = RGBColor(222, 227, 231);

/// Returns a colour between two: `share` 0 gives `from`, 1 gives `to`.
pub(crate) fn mix(from: RGBColor, to: RGBColor, share: f64) -> RGBColor {
    let share = share.clamp(0.0, 1.0);
    let part =
        |a: u8, b: u8| libm::round(f64::from(a) + (f64::from(b) - f64::from(a)) * share) as u8;
    RGBColor(part(from.0, to.0), part(from.1, to.1), part(from.2, to.2))
}

/// Returns a shade of a colour that tells neighbouring jobs apart.
pub(crate) fn shade(colour: RGBColor, number: u8) -> RGBColor {
    let lighter = f64::from(number % SHADES) / f64::from(SHADES) * 0.55;
    mix(colour, WHITE, lighter)
}

/// How many shades there are.
pub(crate) const SHADES: u8 = 5;
