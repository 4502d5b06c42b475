//! Rows of numbers of which the weightiest are kept, in bounded memory. Must not know what they say.

/// What is kept at most. One that does not fit any more ends the list: all lighter ones are left out, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How many rows.
    pub(super) rows: usize,
    /// Bytes of all of them.
    pub(super) bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    weight: u64,
    /// Where it begins. Of rows of one weight, the earlier is kept.
    at: u32,
    length: u32,
}

/// The weightiest rows of all that came, whatever order they came in. Between two prunings a quarter
/// more than the limits is held.
#[derive(Debug)]
pub(super) struct Weightiest {
    limits: Limits,
    bytes: Vec<u8>,
    rows: Vec<Row>,
    /// Weight of the weightiest row that was left out: whatever comes now has to be more than that.
    refused: Option<u64>,
    seen: u64,
}

impl Weightiest {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, bytes: Vec::new(), rows: Vec::new(), refused: None, seen: 0 }
    }

    /// Returns whether a row of this weight may be kept; if not, it only counts.
    pub(super) fn takes(&mut self, weight: u64) -> bool {
        self.seen += 1;
        self.refused.is_none_or(|refused| weight > refused)
    }

    /// Keeps a row that is taken, until weightier ones come: `write` appends what it says, which is not nothing.
    pub(super) fn push(&mut self, weight: u64, write: impl FnOnce(&mut Vec<u8>)) {
        let at = self.bytes.len();
        write(&mut self.bytes);
        let length = (self.bytes.len() - at) as u32;
        debug_assert!(length > 0, "where a row begins tells it from others");
        self.rows.push(Row { weight, at: at as u32, length });
        let Limits { rows, bytes } = self.limits;
        if self.rows.len() > rows + rows / 4 || self.bytes.len() > bytes + bytes / 4 {
            self.prune(self.limits);
        }
    }

    /// Leaves the weightiest that fit.
    pub(super) fn prune(&mut self, limits: Limits) {
        self.limits = limits;
        self.rows.sort_unstable_by_key(|row| (std::cmp::Reverse(row.weight), row.at));
        let mut sum = 0;
        let fits = |row: &&Row| {
            sum += row.length as usize;
            sum <= limits.bytes
        };
        let kept = self.rows.iter().take(limits.rows).take_while(fits).count();
        let Some(first_out) = self.rows.get(kept) else {
            return;
        };
        self.refused = Some(first_out.weight);
        self.rows.truncate(kept);
        self.rows.sort_unstable_by_key(|row| row.at);
        let mut end = 0;
        for row in &mut self.rows {
            let from = row.at as usize..(row.at + row.length) as usize;
            self.bytes.copy_within(from, end);
            row.at = end as u32;
            end += row.length as usize;
        }
        self.bytes.truncate(end);
    }

    /// Returns how many rows are held, and how many bytes.
    pub(super) fn held(&self) -> Limits {
        Limits { rows: self.rows.len(), bytes: self.bytes.len() }
    }

    /// Returns how many rows came that are not held.
    pub(super) fn left_out(&self) -> u64 {
        self.seen - self.rows.len() as u64
    }

    /// Returns the rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(|row| &self.bytes[row.at as usize..(row.at + row.length) as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is left is what sorting everything at once would leave.
        #[test]
        fn the_weightiest_are_kept(
            pushed in prop::collection::vec((0u64..40, 1usize..9), 0..400),
            rows in 0usize..60,
            bytes in 0usize..300,
        ) {
            let limits = Limits { rows, bytes };
            let mut kept = Weightiest::new(limits);
            for (number, (weight, length)) in pushed.iter().enumerate() {
                if kept.takes(*weight) {
                    kept.push(*weight, |out| out.extend(std::iter::repeat_n(number as u8, *length)));
                }
                prop_assert!(kept.held().rows <= rows + rows / 4 && kept.held().bytes <= bytes + bytes / 4 + 9);
            }
            kept.prune(limits);
            let mut all: Vec<_> = pushed.iter().enumerate().collect();
            all.sort_by_key(|(_, (weight, _))| std::cmp::Reverse(*weight));
            let mut sum = 0;
            let fits = |(_, (_, length)): &(usize, &(u64, usize))| { sum += length; sum <= bytes };
            let mut expected: Vec<_> = all.into_iter().take(rows).take_while(fits).collect();
            expected.sort_by_key(|(number, _)| *number);
            let expected: Vec<Vec<u8>> =
                expected.into_iter().map(|(number, (_, length))| vec![number as u8; *length]).collect();
            prop_assert_eq!(kept.left_out() as usize, pushed.len() - expected.len());
            kept.rows.sort_by_key(|row| row.at);
            let found: Vec<&[u8]> = kept.rows().collect();
            prop_assert_eq!(found, expected);
        }
    }
}
