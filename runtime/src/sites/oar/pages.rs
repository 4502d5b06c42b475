//! Lists that come page by page: held to bring something new with each page, and to end. A server that announces
//! more than it has, or does not look at where a page begins, would have us ask for ever and fill our memory.

use std::collections::BTreeSet;

use crate::sites::oar::client::CallError;

/// More entries than the list of any cluster has that can be looked at every few seconds.
const ENTRIES_MAX: usize = 200_000;
/// Pages may be short, but not all of them.
const PAGES_MORE: usize = 100;

/// What a list has brought so far.
#[derive(Debug)]
pub(super) struct Pages {
    seen: BTreeSet<u64>,
    /// Pages that may still come.
    left: usize,
}

impl Pages {
    /// Begins a list with pages of so many entries.
    pub(super) fn of(size: u32) -> Pages {
        let size = usize::try_from(size).unwrap_or(usize::MAX).max(1);
        Pages { seen: BTreeSet::new(), left: ENTRIES_MAX / size + PAGES_MORE }
    }

    /// Takes in a page with these numbers; `more` are announced behind it.
    ///
    /// # Errors
    /// [`CallError::Endless`] when it brings nothing new, or the list is too long.
    pub(super) fn take(
        &mut self,
        numbers: impl Iterator<Item = u64>,
        more: bool,
    ) -> Result<(), CallError> {
        let before = self.seen.len();
        self.seen.extend(numbers);
        let endless = |what| Err(CallError::Endless { entries: self.seen.len(), what });
        if self.seen.len() > ENTRIES_MAX {
            return endless("it is longer than that of any cluster");
        }
        if more && self.seen.len() == before {
            return endless("a page repeats those before it, though more are announced");
        }
        if more && self.left == 0 {
            return endless("its pages are too short for what is announced");
        }
        self.left = self.left.saturating_sub(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES_MAX, PAGES_MORE, Pages};

    /// Pages until the list is given up.
    fn pages(size: u32, page: impl Fn(u64) -> std::ops::Range<u64>) -> (u64, String) {
        let mut pages = Pages::of(size);
        let mut number = 0;
        loop {
            if let Err(error) = pages.take(page(number), true) {
                return (number, error.to_string());
            }
            number += 1;
        }
    }

    #[test]
    fn no_list_is_followed_for_ever() {
        let (number, told) = pages(500, |_| 0..500);
        assert_eq!(number, 1, "{told}");
        assert!(told.contains("a page repeats"), "{told}");
        let (number, told) = pages(500, |number| number * 500..(number + 1) * 500);
        assert_eq!(number, ENTRIES_MAX as u64 / 500, "{told}");
        let (number, told) = pages(500, |number| number..number + 1);
        assert_eq!(number, (ENTRIES_MAX / 500 + PAGES_MORE) as u64, "{told}");
        // Jobs that end meanwhile move others down the list, where they are seen once more.
        let mut moved = Pages::of(2);
        for numbers in [1..3, 2..4, 4..6] {
            moved.take(numbers, true).unwrap();
        }
        moved.take(5..6, false).unwrap();
    }
}
