//! The frame of a panel: axes, rules, legend. Must not know what is plotted within.

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::axis::TimeAxis;
use crate::plots::canvas::{Anchor, Canvas, Sheet};
use crate::plots::palette::{FAINT, INK, RULE};

/// Left edge of the panels of a wide sheet: room for the numbers.
pub(crate) const LEFT: f64 = 74.0;
/// Right edge of the panels of a wide sheet.
pub(crate) const RIGHT: f64 = 944.0;
/// Size of labels, in points.
pub(crate) const LABEL: f64 = 12.0;
/// Upper edge of the first panel, below a legend of one line and the panel's own title.
pub(crate) const TOP: f64 = 50.0;
/// Height of a line of the legend.
const LEGEND_LINE: f64 = 19.0;
/// Room between two panels of a row: for the numbers of the right one.
const GAP: f64 = 84.0;
/// Width that a label of the axis of time wants.
const TICK: f64 = 95.0;

/// A rectangle of the sheet that shows data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    /// Left edge.
    pub(crate) left: f64,
    /// Right edge.
    pub(crate) right: f64,
    /// Upper edge.
    pub(crate) top: f64,
    /// Lower edge.
    pub(crate) bottom: f64,
}

impl Panel {
    /// A panel as wide as the sheet allows.
    pub(crate) fn new(sheet: Sheet, top: f64, bottom: f64) -> Self {
        let (left, right) = match sheet {
            Sheet::Wide => (LEFT, RIGHT),
            Sheet::Narrow => (54.0, sheet.width() - 10.0),
        };
        Self { left, right, top, bottom }
    }

    /// The panel number `index` of many, in rows of `across`; below `top`, each row `pitch` high.
    pub(crate) fn of_many(
        sheet: Sheet,
        [index, across]: [usize; 2],
        [top, high, pitch]: [f64; 3],
    ) -> Self {
        let top = top + pitch * (index / across) as f64;
        let whole = Self::new(sheet, top, top + high);
        let width = (whole.width() - GAP * (across - 1) as f64) / across as f64;
        let left = whole.left + (width + GAP) * (index % across) as f64;
        Self { left, right: left + width, ..whole }
    }

    /// Returns its width.
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Returns the x of a share of the width.
    pub(crate) fn x(&self, share: f64) -> f64 {
        self.left + self.width() * share.clamp(0.0, 1.0)
    }

    /// Returns the y of a share of the height, from below.
    pub(crate) fn y(&self, share: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share.clamp(0.0, 1.0)
    }

    /// Writes the title above.
    pub(crate) fn title(&self, canvas: &mut Canvas<'_>, title: &str) -> Result<(), ReportError> {
        canvas.text(title, [self.left, self.top - 11.0], LABEL, INK, Anchor::Left)
    }

    /// Draws the rules and numbers of the upright axis, and the title above it.
    pub(crate) fn upright(
        &self,
        canvas: &mut Canvas<'_>,
        title: &str,
        ticks: &[(f64, String)],
    ) -> Result<(), ReportError> {
        for (share, label) in ticks {
            let y = self.y(*share);
            canvas.line(&[[self.left, y], [self.right, y]], RULE, 0.75)?;
            canvas.text(label, [self.left - 7.0, y], LABEL, FAINT, Anchor::Right)?;
        }
        self.title(canvas, title)
    }

    /// Draws the axis of time below.
    pub(crate) fn time(&self, canvas: &mut Canvas<'_>, axis: &TimeAxis) -> Result<(), ReportError> {
        for (time_ms, label) in axis.ticks(libm::round(self.width() / TICK) as i64) {
            let x = self.x(axis.share(time_ms));
            canvas.line(&[[x, self.bottom], [x, self.bottom + 5.0]], FAINT, 1.0)?;
            // A label at the very edge would be cut off.
            let half = label.chars().count() as f64 * 3.2;
            let x = x.clamp(self.left, self.right + 8.0 - half);
            canvas.text(&label, [x, self.bottom + 9.0], LABEL, FAINT, Anchor::Top)?;
        }
        self.below(canvas, axis.title())?;
        canvas.line(&[[self.left, self.bottom], [self.right, self.bottom]], FAINT, 1.0)
    }

    /// Writes the title of the level axis.
    pub(crate) fn below(&self, canvas: &mut Canvas<'_>, title: &str) -> Result<(), ReportError> {
        let middle = f64::midpoint(self.left, self.right);
        canvas.text(title, [middle, self.bottom + 29.0], LABEL, INK, Anchor::Top)
    }
}

/// Draws coloured squares and their names from the left, in as many lines as it takes.
pub(crate) fn legend(
    canvas: &mut Canvas<'_>,
    entries: &[(RGBColor, &str)],
) -> Result<(), ReportError> {
    for ([x, y], (colour, name)) in places(canvas.sheet(), entries).into_iter().zip(entries) {
        canvas.rect([x, y - 5.0], [x + 11.0, y + 6.0], *colour)?;
        canvas.text(name, [x + 16.0, y], LABEL, INK, Anchor::Left)?;
    }
    Ok(())
}

/// Returns the upper edge of the first panel below a legend, with room for the panel's own title.
pub(crate) fn below_legend(sheet: Sheet, entries: &[(RGBColor, &str)]) -> f64 {
    places(sheet, entries).last().map_or(TOP, |[_, y]| y + TOP - 14.0)
}

/// Returns where the squares of a legend begin, and the middles of their lines.
fn places(sheet: Sheet, entries: &[(RGBColor, &str)]) -> Vec<[f64; 2]> {
    let panel = Panel::new(sheet, 0.0, 0.0);
    let [mut x, mut y] = [panel.left, 14.0];
    let place = |(_, name): &(RGBColor, &str)| {
        // Widths are guessed, generously: the reader's font is not known.
        let width = 36.0 + name.chars().count() as f64 * 6.4;
        if x + width > sheet.width() && x > panel.left {
            [x, y] = [panel.left, y + LEGEND_LINE];
        }
        let place = [x, y];
        x += width;
        place
    };
    entries.iter().map(place).collect()
}
