//! A picture of fixed size of who held which core when, for any number of jobs. Must not know SVG.
//!
//! Each cell of the picture stands for some cores and some time and adds up the shares of its area
//! that each use covers. When the run outgrows the columns, neighbours are merged, so a column
//! always stands for a power of two milliseconds. Where nothing is, one sees through it.

use plotters::style::RGBColor;

use crate::error::ReportError;
use crate::plots::palette::{
    ABSENT, BROKEN, CONTAINER, DRAINING, HALTED, HARVEST, LOST, Look, OWNERS, SHADES, shade,
};
use crate::record::NodeState;

/// Columns of the picture; even, so that pairs can be merged.
const COLUMNS: usize = 1536;

/// What a cell shows of a kill at least: among thousands of jobs it must not vanish.
const KILL: f64 = 0.75;

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
    /// None: its node was not up. Jobs that go on there lie upon it.
    Away(NodeState),
}

impl Usage {
    /// Returns its colour.
    pub(crate) fn colour(self) -> RGBColor {
        match self {
            Usage::Owners => OWNERS,
            Usage::Harvest => HARVEST,
            Usage::Lost => LOST,
            Usage::Container => CONTAINER,
            Usage::Away(state) => look(state).ground,
        }
    }

    /// Returns its colour in one of its shades.
    pub(crate) fn shaded(self, number: u8) -> RGBColor {
        match self {
            Usage::Owners | Usage::Harvest | Usage::Lost => shade(self.colour(), number),
            Usage::Container | Usage::Away(_) => self.colour(),
        }
    }

    /// Returns what lies below what: nodes, containers, jobs, and losses above all.
    pub(crate) fn layer(self) -> u8 {
        match self {
            Usage::Away(_) => 0,
            Usage::Container => 1,
            Usage::Owners | Usage::Harvest => 2,
            Usage::Lost => 3,
        }
    }
}

/// Returns how nodes in a state look that are not up.
pub(crate) fn look(state: NodeState) -> Look {
    match state {
        NodeState::Broken => BROKEN,
        NodeState::Halted => HALTED,
        NodeState::Draining => DRAINING,
        NodeState::Absent | NodeState::Up => ABSENT,
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
    /// Whether it ended because somebody killed it.
    pub(crate) killed: bool,
}

/// Shares of a cell's area, and the shade of whoever covers most of it.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// Of owners' jobs, harvest and losses.
    jobs: [f32; 3],
    container: f32,
    away: f32,
    /// How most of the nodes were that were not up.
    state: NodeState,
    shade: u8,
    /// Whether a job was killed here.
    killed: bool,
}

const EMPTY: Cell = Cell {
    jobs: [0.0; 3],
    container: 0.0,
    away: 0.0,
    state: NodeState::Up,
    shade: 0,
    killed: false,
};

impl Cell {
    fn total(&self) -> f32 {
        self.jobs() + self.container + self.away
    }

    /// Returns the share of what lies on top: everything but containers and cores that are not there.
    fn jobs(&self) -> f32 {
        self.jobs.iter().sum()
    }

    fn add(&mut self, stroke: &Stroke, part: f32) {
        let jobs = self.jobs();
        let sum = match stroke.usage {
            Usage::Owners => &mut self.jobs[0],
            Usage::Harvest => &mut self.jobs[1],
            Usage::Lost => &mut self.jobs[2],
            Usage::Container => &mut self.container,
            Usage::Away(state) => {
                if part >= self.away {
                    self.state = state;
                }
                self.away += part;
                return;
            }
        };
        if stroke.usage != Usage::Container && part >= jobs {
            self.shade = stroke.shade;
        }
        *sum += part;
    }

    /// Takes in half of another cell, when columns are merged.
    fn merge(&mut self, other: &Cell) {
        if other.jobs() / 2.0 > self.jobs() {
            self.shade = other.shade;
        }
        if other.away / 2.0 > self.away {
            self.state = other.state;
        }
        for (sum, part) in self.jobs.iter_mut().zip(other.jobs) {
            *sum += part / 2.0;
        }
        self.container += other.container / 2.0;
        self.away += other.away / 2.0;
        self.killed |= other.killed;
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
    /// From when to when the first strokes are, as far as that was said.
    expected: Option<[i64; 2]>,
    cells: Vec<Cell>,
}

impl Raster {
    pub(crate) fn new(cores: u32, rows_max: u32) -> Self {
        let rows = cores.min(rows_max) as usize;
        let cells = vec![EMPTY; rows * COLUMNS];
        Self { cores, rows, column_log2: 0, base: 0, used: false, expected: None, cells }
    }

    /// Says that a stroke will come, so that columns are wide enough from the start: merging takes time.
    pub(crate) fn expect(&mut self, stroke: &Stroke) {
        let [from_ms, to_ms] = self.expected.unwrap_or([stroke.start_ms, stroke.end_ms]);
        self.expected = Some([from_ms.min(stroke.start_ms), to_ms.max(stroke.end_ms)]);
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
                cell.add(stroke, (tall * overlap(column, left, right)) as f32);
            }
            if stroke.killed {
                let end = (libm::ceil(right) as usize).clamp(2, COLUMNS);
                cells[end - 2..end].iter_mut().for_each(|cell| cell.killed = true);
            }
        }
    }

    /// Merges and shifts columns until a stretch of time has its place.
    fn make_room(&mut self, start_ms: i64, end_ms: i64) {
        if !self.used {
            self.used = true;
            let [from_ms, to_ms] = self.expected.unwrap_or([start_ms, end_ms]);
            let columns = |log2: u32| ((to_ms - 1) >> log2) - (from_ms >> log2);
            self.column_log2 = (0..63).find(|log2| columns(*log2) < COLUMNS as i64).unwrap_or(63);
            self.base = from_ms >> self.column_log2;
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
        let free = |row: &[Cell]| {
            row[COLUMNS - by..].iter().all(|cell| cell.total() == 0.0 && !cell.killed)
        };
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
            row.fill(EMPTY);
            for (index, cell) in old.iter().enumerate() {
                row[(index + skip) / 2].merge(cell);
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
        let mut pixels = Vec::with_capacity(self.rows * (right - left) * 4);
        for row in (0..self.rows).rev() {
            for cell in &self.cells[row * COLUMNS + left..row * COLUMNS + right] {
                pixels.extend_from_slice(&blend(cell));
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

/// Returns the colour of a cell and how opaque it is: its uses in proportion, on containers, on nodes that
/// are away, on nothing.
fn blend(cell: &Cell) -> [u8; 4] {
    let jobs = f64::from(cell.jobs());
    // Overlapping jobs (shared nodes) may cover more than all of a cell.
    let full = jobs.max(1.0);
    let uncovered = (1.0 - jobs).max(0.0);
    let container = f64::from(cell.container).min(uncovered);
    let away = f64::from(cell.away).min(uncovered - container);
    let parts = USAGES
        .into_iter()
        .zip(cell.jobs)
        .map(|(usage, covered)| (usage.shaded(cell.shade % SHADES), f64::from(covered) / full))
        .chain([(CONTAINER, container), (look(cell.state).ground, away)]);
    let (mut sum, mut opaque) = ([0.0; 3], 0.0);
    let mut add = |RGBColor(r, g, b): RGBColor, part: f64, rest: f64| {
        sum = std::array::from_fn(|i| sum[i] * rest + f64::from([r, g, b][i]) * part);
        opaque = opaque * rest + part;
    };
    parts.for_each(|(colour, part)| add(colour, part, 1.0));
    if cell.killed {
        let part = KILL.max(f64::from(cell.jobs[2]) / full);
        add(LOST, part, 1.0 - part);
    }
    let byte = |value: f64| libm::round(value.clamp(0.0, 255.0)) as u8;
    if opaque <= 0.0 {
        return [0; 4];
    }
    let [r, g, b] = sum.map(|colour| byte(colour / opaque));
    [r, g, b, byte(opaque * 255.0)]
}

fn encode(width: u32, height: u32, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
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
        let container = stroke(Usage::Container, [0, 1], [0, 3], 4);
        let inner = stroke(Usage::Owners, [0, 1], [0, 3], 2);
        for order in [[container, inner], [inner, container]] {
            assert_eq!(painted(1, &order), opaque(shade(OWNERS, 2)));
        }
        assert_eq!(painted(1, &[container]), opaque(CONTAINER));
    }

    #[test]
    fn nodes_lie_below_and_a_kill_is_seen_wherever_it_ends() {
        let broken = stroke(Usage::Away(NodeState::Broken), [0, 1], [0, 3], 0);
        assert_eq!(painted(1, &[broken]), opaque(BROKEN.ground));
        let job = stroke(Usage::Owners, [0, 1], [0, 3], 0);
        assert_eq!(painted(1, &[job, broken]), opaque(OWNERS));
        assert_eq!(painted(1, &[]), [0; 4], "one sees through it");

        // One core of a thousand, for a millisecond of a thousand.
        let long = stroke(Usage::Owners, [0, 1 << 20], [0, 999], 0);
        let kill = Stroke { killed: true, ..stroke(Usage::Lost, [0, 1], [7, 7], 0) };
        let [red, green, ..] = painted(1000, &[long, kill]);
        let RGBColor(lost_red, lost_green, _) = LOST;
        assert!(red.abs_diff(lost_red) < 50 && green.abs_diff(lost_green) < 50, "{red} {green}");
    }

    fn stroke(
        usage: Usage,
        [start_ms, end_ms]: [i64; 2],
        [first, last]: [u32; 2],
        shade: u8,
    ) -> Stroke {
        Stroke { start_ms, end_ms, first, last, usage, shade, killed: false }
    }

    /// Returns the first cell of a picture one row high.
    fn painted(cores: u32, strokes: &[Stroke]) -> [u8; 4] {
        let mut raster = Raster::new(cores.max(4), 1);
        strokes.iter().for_each(|stroke| raster.paint(stroke));
        blend(&raster.cells[0])
    }

    fn opaque(RGBColor(r, g, b): RGBColor) -> [u8; 4] {
        [r, g, b, 255]
    }

    proptest! {
        /// Whatever order the strokes come in, no area is lost or made up.
        #[test]
        fn painted_area_is_kept(
            strokes in prop::collection::vec((-5_000i64..2_000_000, 1i64..90_000, 0u32..40, 0u32..9), 1..60),
            announced in 0usize..20,
        ) {
            let mut raster = Raster::new(48, 10);
            for (start_ms, length_ms, ..) in strokes.iter().take(announced) {
                raster.expect(&stroke(Usage::Owners, [*start_ms, start_ms + length_ms], [0, 0], 0));
            }
            let mut expected = 0.0;
            for (start_ms, length_ms, first, more) in strokes {
                let last = (first + more).min(47);
                let end_ms = start_ms + length_ms;
                raster.paint(&stroke(Usage::Owners, [start_ms, end_ms], [first, last], 0));
                expected += length_ms as f64 * f64::from(last - first + 1);
            }
            let cell_area = f64::from(1u32 << raster.column_log2) * 4.8;
            let area: f64 = raster.cells.iter().map(|c| f64::from(c.total()) * cell_area).sum();
            prop_assert!((area - expected).abs() <= expected * 1e-3, "{} {}", area, expected);
        }
    }
}
