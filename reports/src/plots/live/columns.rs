//! Rows turned into columns, and these into a text that lies in a page. Must not know what they mean.

use std::io::Write;

use base64::Engine;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::plots::live::numbers::{fold, put, take, unfold};

/// Rows as columns: each column is deflated better than the rows are.
pub(super) struct Columns {
    /// How many rows.
    pub(super) rows: usize,
    /// A column for each number of a row; those of jobs are followed by the bytes of the names, by how many
    /// stretches of cores each has, by the gap before each stretch, and by how many follow its first core.
    bytes: Vec<Vec<u8>>,
}

/// Returns rows in order of their first number, which is signed. The first `differences` columns hold the
/// differences from one row to the next; the first one as it is, since it ascends. Rows longer than `width`
/// go on with as many bytes of a name as the last number says, and then with stretches of cores.
pub(super) fn columns<'a>(
    rows: impl Iterator<Item = &'a [u8]>,
    width: usize,
    differences: usize,
) -> Columns {
    let mut rows: Vec<(i64, &[u8])> = rows.map(|row| (unfold(take(&mut &row[..])), row)).collect();
    // Whole rows break ties, so that the order they came in does not matter.
    rows.sort_unstable();
    let mut bytes = vec![Vec::with_capacity(rows.len()); width + 4];
    let mut before = vec![0; differences];
    for (_, row) in &rows {
        let mut rest = *row;
        let mut last = 0;
        for (column, out) in bytes.iter_mut().enumerate().take(width) {
            last = take(&mut rest);
            let Some(before) = before.get_mut(column) else {
                put(out, last);
                continue;
            };
            let value = if column == 0 { unfold(last) } else { last as i64 };
            put(out, fold(value.wrapping_sub(*before)));
            *before = value;
        }
        if rest.is_empty() {
            continue;
        }
        let (name, mut rest) = rest.split_at(last as usize);
        bytes[width].extend_from_slice(name);
        let stretches = take(&mut rest);
        put(&mut bytes[width + 1], stretches);
        for _ in 0..stretches {
            put(&mut bytes[width + 2], take(&mut rest));
            put(&mut bytes[width + 3], take(&mut rest));
        }
    }
    Columns { rows: rows.len(), bytes }
}

/// Returns everything deflated, in Base64: the length of the head, the head, then each column with its length
/// in bytes before it.
pub(super) fn deflated(head: &[u8], all: &[Columns]) -> String {
    let columns = all.iter().flat_map(|columns| &columns.bytes).map(Vec::as_slice);
    let mut out = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    for part in std::iter::once(head).chain(columns) {
        let mut length = Vec::new();
        put(&mut length, part.len() as u64);
        out.write_all(&length).and_then(|()| out.write_all(part)).expect("memory takes everything");
    }
    let bytes = out.finish().expect("memory takes everything");
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Higher levels take twice the time for a hundredth of the bytes.
const LEVEL: u32 = 4;
