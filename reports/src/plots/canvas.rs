//! A sheet to draw on, in points, that becomes an SVG text. Must not know what is drawn.
//!
//! The SVG backend rounds to whole pixels, so everything is drawn [`SCALE`] times larger and the
//! root element scales it back. Fonts are the reader's own: nothing is looked up here.

use base64::Engine;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::error::ReportError;

/// How many drawn pixels make a point.
const SCALE: f64 = 4.0;
/// The backend divides font sizes by this.
const FONT: f64 = 1.24;
/// Width of every plot, in points.
pub(crate) const WIDTH: f64 = 960.0;

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
    area: DrawingArea<SVGBackend<'a>, Shift>,
    images: Vec<String>,
}

/// Draws a plot of [`WIDTH`] x `height` points on a white sheet and returns its SVG text.
pub(crate) fn draw(
    plot: &'static str,
    height: f64,
    label: &str,
    with: impl FnOnce(&mut Canvas<'_>) -> Result<(), ReportError>,
) -> Result<String, ReportError> {
    let (wide, high) = ((WIDTH * SCALE) as u32, (height * SCALE) as u32);
    let mut svg = String::new();
    let images = {
        let area = SVGBackend::with_string(&mut svg, (wide, high)).into_drawing_area();
        let mut canvas = Canvas { plot, area, images: Vec::new() };
        canvas.rect([0.0, 0.0], [WIDTH, height], WHITE)?;
        with(&mut canvas)?;
        canvas.area.present().map_err(|error| failed(plot, &error))?;
        canvas.images
    };
    let root = format!("<svg width=\"{wide}\" height=\"{high}\" ");
    let scaled = format!("<svg width=\"{WIDTH}\" height=\"{height}\" role=\"img\" ");
    let mut svg = svg.replacen(&root, &scaled, 1);
    // Behind all lines but before the white sheet: right after the first rectangle.
    let sheet_end = svg.find("/>\n").map_or(svg.len(), |at| at + "/>\n".len());
    let title = format!("<title>{}</title>\n", escape(label));
    svg.insert_str(sheet_end, &(title + &images.concat()));
    Ok(svg)
}

impl Canvas<'_> {
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

    /// Places a picture in PNG format, stretched over a rectangle, behind everything else.
    pub(crate) fn image(&mut self, from: [f64; 2], to: [f64; 2], png: &[u8]) {
        let ((x, y), (right, bottom)) = (pixel(from), pixel(to));
        self.images.push(format!(
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

fn failed(plot: &'static str, error: &dyn std::error::Error) -> ReportError {
    ReportError::Plot { plot, reason: error.to_string() }
}

/// Returns a text as XML takes it: without control characters, which it has no form for.
fn escape(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;")
}
