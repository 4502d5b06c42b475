//! The frame of a panel: axes, rules, legend. Must not know what is plotted within.

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::axis::TimeAxis;
use crate::plots::canvas::{Anchor, Canvas, WIDTH};
use crate::plots::palette::{FAINT, INK, RULE};

/// Left edge of every panel: room for the numbers.
pub(crate) const LEFT: f64 = 74.0;
/// Right edge of every panel.
pub(crate) const RIGHT: f64 = WIDTH - 16.0;
/// Size of labels, in points.
pub(crate) const LABEL: f64 = 12.0;

/// A rectangle of the sheet that shows data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    /// Upper edge.
    pub(crate) top: f64,
    /// Lower edge.
    pub(crate) bottom: f64,
}

impl Panel {
    /// Returns the x of a share of the width.
    pub(crate) fn x(&self, share: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * share.clamp(0.0, 1.0)
    }

    /// Returns the y of a share of the height, from below.
    pub(crate) fn y(&self, share: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share.clamp(0.0, 1.0)
    }

    /// Draws the rules and numbers of the upright axis, and its title above it.
    pub(crate) fn upright(
        &self,
        canvas: &mut Canvas<'_>,
        title: &str,
        ticks: &[(f64, String)],
    ) -> Result<(), ReportError> {
        for (share, label) in ticks {
            let y = self.y(*share);
            canvas.line(&[[LEFT, y], [RIGHT, y]], RULE, 0.75)?;
            canvas.text(label, [LEFT - 7.0, y], LABEL, FAINT, Anchor::Right)?;
        }
        canvas.text(title, [LEFT, self.top - 11.0], LABEL, INK, Anchor::Left)
    }

    /// Draws the axis of time below.
    pub(crate) fn time(&self, canvas: &mut Canvas<'_>, axis: &TimeAxis) -> Result<(), ReportError> {
        for (time_ms, label) in axis.ticks() {
            let x = self.x(axis.share(time_ms));
            canvas.line(&[[x, self.bottom], [x, self.bottom + 5.0]], FAINT, 1.0)?;
            // A label at the very edge would be cut off.
            let x = x.clamp(LEFT, RIGHT - 22.0);
            canvas.text(&label, [x, self.bottom + 9.0], LABEL, FAINT, Anchor::Top)?;
        }
        self.below(canvas, axis.title())?;
        canvas.line(&[[LEFT, self.bottom], [RIGHT, self.bottom]], FAINT, 1.0)
    }

    /// Writes the title of the level axis.
    pub(crate) fn below(&self, canvas: &mut Canvas<'_>, title: &str) -> Result<(), ReportError> {
        let middle = (LEFT + RIGHT) / 2.0;
        canvas.text(title, [middle, self.bottom + 29.0], LABEL, INK, Anchor::Top)
    }
}

/// Draws coloured squares and their names, in one line from the left, where a narrow screen begins.
pub(crate) fn legend(
    canvas: &mut Canvas<'_>,
    entries: &[(RGBColor, &str)],
) -> Result<(), ReportError> {
    let (mut x, y) = (LEFT, 14.0);
    for (colour, name) in entries {
        canvas.rect([x, y - 5.0], [x + 11.0, y + 6.0], *colour)?;
        canvas.text(name, [x + 16.0, y], LABEL, INK, Anchor::Left)?;
        // Widths are guessed, generously: the reader's font is not known.
        x += 36.0 + name.chars().count() as f64 * 6.4;
    }
    Ok(())
}

/// Upper edge of the first panel: below the legend and the panel's own title.
pub(crate) const TOP: f64 = 50.0;
