//! A sheet to draw on, in points, that becomes an SVG text. Must not know what is drawn.
//!
//! The SVG backend rounds to whole pixels, so everything is drawn [`SCALE`] times larger and the
//! root element scales it back. Fonts are the reader's own: nothing is looked up here.

use base64::Engine;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::ReportError;
use crate::plots::palette::{Look, SHEET, hex, unknown_in};

/// How many drawn pixels make a point.
const SCALE: f64 = 4.0;
/// The backend divides font sizes by this.
const FONT: f64 = 1.24;
/// Distance of the lines across a ground, in drawn pixels.
const HATCH: i32 = 28;

/// What is drawn on. Every plot is drawn twice, since text that shrinks with its drawing cannot be read
/// on a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sheet {
    /// For files, paper and screens.
    Wide,
    /// For phones.
    Narrow,
}

impl Sheet {
    /// Returns its width in points.
    pub(crate) fn width(self) -> f64 {
        match self {
            Sheet::Wide => 960.0,
            Sheet::Narrow => 400.0,
        }
    }
}

/// Where the text lies from its point.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Anchor {
    /// To its right, centred vertically.
    Left,
    /// Centred below it.
    Top,
    /// To its left, centred vertically.
    Right,
    /// Centred on it.
    Middle,
}

/// A drawing in the making.
pub(crate) struct Canvas<'a> {
    plot: &'static str,
    sheet: Sheet,
    area: DrawingArea<SVGBackend<'a>, Shift>,
    /// What lies behind everything else, the lowest first.
    behind: Vec<String>,
    /// What lies upon everything else.
    upon: Vec<String>,
}

/// Draws a plot of `height` points on a white sheet and returns its SVG text.
pub(crate) fn draw(
    plot: &'static str,
    sheet: Sheet,
    height: f64,
    label: &str,
    with: impl FnOnce(&mut Canvas<'_>) -> Result<(), ReportError>,
) -> Result<String, ReportError> {
    let width = sheet.width();
    let (wide, high) = ((width * SCALE) as u32, (height * SCALE) as u32);
    let mut svg = String::new();
    let (behind, upon) = {
        let area = SVGBackend::with_string(&mut svg, (wide, high)).into_drawing_area();
        let mut canvas = Canvas { plot, sheet, area, behind: Vec::new(), upon: Vec::new() };
        canvas.rect([0.0, 0.0], [width, height], SHEET)?;
        with(&mut canvas)?;
        canvas.area.present().map_err(|error| failed(plot, &error))?;
        (canvas.behind, canvas.upon)
    };
    let root = format!("<svg width=\"{wide}\" height=\"{high}\" ");
    let scaled = format!("<svg width=\"{width}\" height=\"{height}\" role=\"img\" ");
    let mut svg = svg.replacen(&root, &scaled, 1);
    // Behind all lines but before the white sheet: right after the first rectangle.
    let sheet_end = svg.find("/>\n").map_or(svg.len(), |at| at + "/>\n".len());
    let title = format!("<title>{}</title>\n", escape(label));
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.insert_str(end, &upon.concat());
    svg.insert_str(sheet_end, &(title + &behind.concat()));
    debug_assert!(unknown_in(&svg).is_empty(), "not of the palette: {:?}", unknown_in(&svg));
    Ok(svg)
}

impl Canvas<'_> {
    /// Returns what it draws on.
    pub(crate) fn sheet(&self) -> Sheet {
        self.sheet
    }

    /// Draws a filled rectangle between two corners.
    pub(crate) fn rect(
        &mut self,
        from: [f64; 2],
        to: [f64; 2],
        colour: RGBColor,
    ) -> Result<(), ReportError> {
        let shape = Rectangle::new([pixel(from), pixel(to)], colour.filled());
        self.area.draw(&shape).map_err(|error| failed(self.plot, &error))
    }

    /// Draws a line through points, `width` points thick.
    pub(crate) fn line(
        &mut self,
        points: &[[f64; 2]],
        colour: RGBColor,
        width: f64,
    ) -> Result<(), ReportError> {
        let stroke = colour.stroke_width((width * SCALE) as u32);
        let path: Vec<_> = points.iter().copied().map(pixel).collect();
        let shape = PathElement::new(path, stroke);
        self.area.draw(&shape).map_err(|error| failed(self.plot, &error))
    }

    /// Draws a filled polygon.
    pub(crate) fn polygon(
        &mut self,
        points: &[[f64; 2]],
        colour: RGBColor,
    ) -> Result<(), ReportError> {
        let path: Vec<_> = points.iter().copied().map(pixel).collect();
        let shape = Polygon::new(path, colour.filled());
        self.area.draw(&shape).map_err(|error| failed(self.plot, &error))
    }

    /// Writes a text of `size` points.
    pub(crate) fn text(
        &mut self,
        text: &str,
        at: [f64; 2],
        size: f64,
        colour: RGBColor,
        anchor: Anchor,
    ) -> Result<(), ReportError> {
        let pos = match anchor {
            Anchor::Left => Pos::new(HPos::Left, VPos::Center),
            Anchor::Top => Pos::new(HPos::Center, VPos::Top),
            Anchor::Right => Pos::new(HPos::Right, VPos::Center),
            Anchor::Middle => Pos::new(HPos::Center, VPos::Center),
        };
        let style = ("sans-serif", size * SCALE * FONT).into_font().color(&colour).pos(pos);
        let shape = Text::new(text.to_owned(), pixel(at), style);
        self.area.draw(&shape).map_err(|error| failed(self.plot, &error))
    }

    /// Draws a filled rectangle behind everything that is no ground and no picture.
    pub(crate) fn ground(&mut self, from: [f64; 2], to: [f64; 2], colour: RGBColor) {
        let ((x, y), (right, bottom)) = (pixel(from), pixel(to));
        let (wide, high) = (right - x, bottom - y);
        self.behind.push(format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" fill=\"{}\"/>\n",
            hex(colour)
        ));
    }

    /// Draws a ground with lines across it.
    pub(crate) fn hatched(&mut self, from: [f64; 2], to: [f64; 2], look: Look) {
        self.ground(from, to, look.ground);
        self.behind.extend(lines(from, to, look));
    }

    /// Draws lines across a ground upon everything else, which would hide them.
    pub(crate) fn lines_upon(&mut self, from: [f64; 2], to: [f64; 2], look: Look) {
        self.upon.extend(lines(from, to, look));
    }

    /// Places a picture in PNG format, stretched over a rectangle, on all grounds drawn until then and behind
    /// everything else.
    pub(crate) fn image(&mut self, from: [f64; 2], to: [f64; 2], png: &[u8]) {
        let ((x, y), (right, bottom)) = (pixel(from), pixel(to));
        self.behind.push(format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:auto\" href=\"data:image/png;base64,{}\"/>\n",
            right - x,
            bottom - y,
            base64::engine::general_purpose::STANDARD.encode(png)
        ));
    }
}

fn pixel([x, y]: [f64; 2]) -> (i32, i32) {
    (libm::round(x * SCALE) as i32, libm::round(y * SCALE) as i32)
}

/// Returns the lines across a ground, if there are any.
fn lines(from: [f64; 2], to: [f64; 2], look: Look) -> Option<String> {
    let path = hatch(pixel(from), pixel(to), look);
    let colour = hex(look.lines);
    (!path.is_empty()).then(|| {
        format!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{SCALE}\"/>\n")
    })
}

/// Returns slanting lines across a rectangle, as a path; none where they would be dots.
fn hatch((x, y): (i32, i32), (right, bottom): (i32, i32), look: Look) -> String {
    let mut path = String::new();
    if bottom - y < HATCH / 2 {
        return path;
    }
    // Lines of equal x + y or x - y all over the sheet, so that those of neighbours meet.
    let after = |value: i32| (value.div_euclid(HATCH) + 1) * HATCH;
    let steps = |from: i32, to: i32| (after(from)..to).step_by(HATCH as usize);
    for sum in steps(x + y, right + bottom).filter(|_| look.rising) {
        let (low, high) = ((sum - bottom).max(x), (sum - y).min(right));
        path += &format!("M{low} {}L{high} {}", sum - low, sum - high);
    }
    for gap in steps(x - bottom, right - y).filter(|_| look.falling) {
        let (low, high) = ((gap + y).max(x), (gap + bottom).min(right));
        path += &format!("M{low} {}L{high} {}", low - gap, high - gap);
    }
    path
}

fn failed(plot: &'static str, error: &dyn std::error::Error) -> ReportError {
    ReportError::Plot { plot, reason: error.to_string() }
}

/// Returns a text as XML takes it: without control characters, which it has no form for.
fn escape(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;")
}
