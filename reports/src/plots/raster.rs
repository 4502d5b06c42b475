//! A picture of fixed size of who held which core when, for any number of jobs. Must not know SVG.
//!
//! Each cell of the picture stands for some cores and some time and adds up the shares of its area
//! that each use covers. When the run outgrows the columns, neighbours are merged, so a column
//! always stands for a power of two milliseconds.

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::palette::{ABSENT, CONTAINER, GROUND, HARVEST, LOST, OWNERS, SHADES, shade};

/// Columns of the picture; even, so that pairs can be merged.
const COLUMNS: usize = 1536;

/// Who used a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// An owner's job.
    Owners,
    /// A campaign's job that did not fail.
    Harvest,
    /// A campaign's job that was killed or failed.
    Lost,
    /// An owner's job that keeps its cores for jobs inside of it, which lie upon it.
    Container,
    /// None: the core was not there.
    Absent,
}

impl Usage {
    /// Returns its colour.
    pub(crate) fn colour(self) -> RGBColor {
        match self {
            Usage::Owners => OWNERS,
            Usage::Harvest => HARVEST,
            Usage::Lost => LOST,
            Usage::Container => CONTAINER,
            Usage::Absent => ABSENT,
        }
    }

    /// Returns its colour in one of its shades.
    pub(crate) fn shaded(self, number: u8) -> RGBColor {
        match self {
            Usage::Container | Usage::Absent => self.colour(),
            Usage::Owners | Usage::Harvest | Usage::Lost => shade(self.colour(), number),
        }
    }
}

/// Neighbouring cores held by one job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stroke {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) usage: Usage,
    pub(crate) shade: u8,
}

/// Shares of a cell's area, and the shade of whoever covers most of it.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    covered: [f32; 5],
    shade: u8,
}

impl Cell {
    fn total(&self) -> f32 {
        self.covered.iter().sum()
    }

    /// Returns the share of what lies on top: everything but containers and cores that are not there.
    fn jobs(&self) -> f32 {
        self.total() - self.container() - self.covered[Usage::Absent as usize]
    }

    fn container(&self) -> f32 {
        self.covered[Usage::Container as usize]
    }
}

/// A finished picture and the time it spans.
pub(crate) struct Picture {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) png: Vec<u8>,
}

/// The picture in the making.
pub(crate) struct Raster {
    cores: u32,
    rows: usize,
    /// Columns are `1 << column_log2` milliseconds wide.
    column_log2: u32,
    /// Number of the first column, counted from time 0.
    base: i64,
    used: bool,
    cells: Vec<Cell>,
}

impl Raster {
    pub(crate) fn new(cores: u32, rows_max: u32) -> Self {
        let rows = cores.min(rows_max) as usize;
        let cells = vec![Cell::default(); rows * COLUMNS];
        Self { cores, rows, column_log2: 0, base: 0, used: false, cells }
    }

    /// Adds a stroke that is not empty.
    pub(crate) fn paint(&mut self, stroke: &Stroke) {
        self.make_room(stroke.start_ms, stroke.end_ms);
        let width_ms = libm::ldexp(1.0, self.column_log2 as i32);
        let origin_ms = self.base << self.column_log2;
        let (left, right) = (
            (stroke.start_ms - origin_ms) as f64 / width_ms,
            (stroke.end_ms - origin_ms) as f64 / width_ms,
        );
        let scale = self.rows as f64 / f64::from(self.cores);
        let (low, high) = (f64::from(stroke.first) * scale, f64::from(stroke.last + 1) * scale);
        for row in low as usize..(libm::ceil(high) as usize).min(self.rows) {
            let tall = overlap(row, low, high);
            let cells = &mut self.cells[row * COLUMNS..(row + 1) * COLUMNS];
            let columns = left as usize..(libm::ceil(right) as usize).min(COLUMNS);
            for (column, cell) in columns.clone().zip(&mut cells[columns]) {
                let part = (tall * overlap(column, left, right)) as f32;
                if !matches!(stroke.usage, Usage::Container | Usage::Absent) && part >= cell.jobs()
                {
                    cell.shade = stroke.shade;
                }
                cell.covered[stroke.usage as usize] += part;
            }
        }
    }

    /// Merges and shifts columns until a stretch of time has its place.
    fn make_room(&mut self, start_ms: i64, end_ms: i64) {
        if !self.used {
            self.used = true;
            self.base = start_ms;
        }
        loop {
            let first = start_ms >> self.column_log2;
            let last = (end_ms - 1) >> self.column_log2;
            let width = last.max(self.base) - first.min(self.base) + 1;
            let end = self.base + COLUMNS as i64;
            if first >= self.base && last < end {
                return;
            }
            if first < self.base && width <= (COLUMNS / 2) as i64 {
                // Room on both sides, so that a slow march to the left does not shift every time.
                let slack = (COLUMNS / 4) as i64;
                if self.shift_right(self.base - (first - slack)) {
                    return;
                }
            }
            self.merge_columns();
        }
    }

    /// Makes room on the left; `false` if something is in the way on the right.
    fn shift_right(&mut self, by: i64) -> bool {
        let by = by as usize;
        let free = |row: &[Cell]| row[COLUMNS - by..].iter().all(|cell| cell.total() == 0.0);
        if by >= COLUMNS || !self.cells.chunks(COLUMNS).all(free) {
            return false;
        }
        for row in self.cells.chunks_mut(COLUMNS) {
            row.rotate_right(by);
        }
        self.base -= by as i64;
        true
    }

    fn merge_columns(&mut self) {
        let base = self.base >> 1;
        let skip = (self.base & 1) as usize;
        for row in self.cells.chunks_mut(COLUMNS) {
            let old = row.to_vec();
            row.fill(Cell::default());
            for (index, cell) in old.iter().enumerate() {
                let merged = &mut row[(index + skip) / 2];
                if cell.jobs() / 2.0 > merged.jobs() {
                    merged.shade = cell.shade;
                }
                for (sum, part) in merged.covered.iter_mut().zip(cell.covered) {
                    *sum += part / 2.0;
                }
            }
        }
        self.base = base;
        self.column_log2 += 1;
    }

    /// Returns the picture of what lies between two times, lowest core at the bottom; `None` if
    /// nothing does.
    pub(crate) fn png(&self, from_ms: i64, to_ms: i64) -> Result<Option<Picture>, ReportError> {
        let end = self.base + COLUMNS as i64;
        let first = (from_ms >> self.column_log2).clamp(self.base, end);
        let last = (((to_ms - 1) >> self.column_log2) + 1).clamp(first, end);
        if !self.used || first == last {
            return Ok(None);
        }
        let (left, right) = ((first - self.base) as usize, (last - self.base) as usize);
        let mut pixels = Vec::with_capacity(self.rows * (right - left) * 3);
        for row in (0..self.rows).rev() {
            for cell in &self.cells[row * COLUMNS + left..row * COLUMNS + right] {
                let RGBColor(r, g, b) = blend(cell);
                pixels.extend_from_slice(&[r, g, b]);
            }
        }
        let png = encode((right - left) as u32, self.rows as u32, &pixels)
            .map_err(|error| ReportError::Plot { plot: "gantt", reason: error.to_string() })?;
        let (from_ms, to_ms) = (first << self.column_log2, last << self.column_log2);
        Ok(Some(Picture { from_ms, to_ms, png }))
    }
}

/// Returns how much of the unit cell at `index` lies between two ends.
fn overlap(index: usize, from: f64, to: f64) -> f64 {
    let low = index as f64;
    (to.min(low + 1.0) - from.max(low)).max(0.0)
}

const USAGES: [Usage; 3] = [Usage::Owners, Usage::Harvest, Usage::Lost];

/// Returns the colour of a cell: its uses in proportion, on containers, on the ground.
fn blend(cell: &Cell) -> RGBColor {
    let jobs = f64::from(cell.jobs());
    // Overlapping jobs (shared nodes) may cover more than all of a cell.
    let full = jobs.max(1.0);
    let uncovered = (1.0 - jobs).max(0.0);
    let container = f64::from(cell.container()).min(uncovered);
    let absent = f64::from(cell.covered[Usage::Absent as usize]).min(uncovered - container);
    let bare = uncovered - container - absent;
    let mut sum = [GROUND.0, GROUND.1, GROUND.2].map(|c| f64::from(c) * bare);
    for (usage, covered) in USAGES.into_iter().zip(cell.covered) {
        let RGBColor(r, g, b) = usage.shaded(cell.shade % SHADES);
        for (total, part) in sum.iter_mut().zip([r, g, b]) {
            *total += f64::from(part) * f64::from(covered) / full;
        }
    }
    for (ground, covered) in [(CONTAINER, container), (ABSENT, absent)] {
        for (total, part) in sum.iter_mut().zip([ground.0, ground.1, ground.2]) {
            *total += f64::from(part) * covered;
        }
    }
    let [r, g, b] = sum.map(|c| libm::round(c.clamp(0.0, 255.0)) as u8);
    RGBColor(r, g, b)
}

fn encode(width: u32, height: u32, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn inner_jobs_lie_upon_their_container_in_whatever_order_they_come() {
        let stroke = |usage, first, last, shade| Stroke {
            start_ms: 0,
            end_ms: 1,
            first,
            last,
            usage,
            shade,
        };
        let container = stroke(Usage::Container, 0, 3, 4);
        let inner = stroke(Usage::Owners, 0, 3, 2);
        for order in [[container, inner], [inner, container]] {
            let mut raster = Raster::new(4, 1);
            order.iter().for_each(|stroke| raster.paint(stroke));
            assert_eq!(blend(&raster.cells[0]), shade(OWNERS, 2));
        }
        let mut raster = Raster::new(4, 1);
        raster.paint(&container);
        assert_eq!(blend(&raster.cells[0]), CONTAINER);
    }

    proptest! {
        /// Whatever order the strokes come in, no area is lost or made up.
        #[test]
        fn painted_area_is_kept(
            strokes in prop::collection::vec((-5_000i64..2_000_000, 1i64..90_000, 0u32..40, 0u32..9), 1..60)
        ) {
            let mut raster = Raster::new(48, 10);
            let mut expected = 0.0;
            for (start_ms, length_ms, first, more) in strokes {
                let last = (first + more).min(47);
                let end_ms = start_ms + length_ms;
                raster.paint(&Stroke { start_ms, end_ms, first, last, usage: Usage::Owners, shade: 0 });
                expected += length_ms as f64 * f64::from(last - first + 1);
            }
            let cell_area = f64::from(1u32 << raster.column_log2) * 4.8;
            let area: f64 = raster.cells.iter().map(|c| f64::from(c.total()) * cell_area).sum();
            prop_assert!((area - expected).abs() <= expected * 1e-3, "{} {}", area, expected);
        }
    }
}
