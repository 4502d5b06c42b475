//! Where requests were found in a pass. While jobs are placed resources only go, so whoever asks for no less,
//! and for no shorter, finds nothing before.

use super::search::Cursor;

/// A request and the window it found.
#[derive(Debug, Clone, Copy)]
struct Request {
    count: u32,
    width_s: i64,
    cursor: Cursor,
}

impl Request {
    /// Whether another one asks for no less.
    fn bounds(&self, count: u32, width_s: i64) -> bool {
        self.count <= count && self.width_s <= width_s
    }
}

/// Requests found, without those that say no more than another.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    requests: Vec<Request>,
}

impl Found {
    /// Nobody was placed yet.
    pub(super) fn clear(&mut self) {
        self.requests.clear();
    }

    /// Where the search for a request begins.
    pub(super) fn before(&self, count: u32, width_s: i64, now: i64) -> Cursor {
        let mut from = Cursor { start: now, most: 0 };
        for request in self.requests.iter().filter(|request| request.bounds(count, width_s)) {
            if request.cursor.start > from.start {
                from = request.cursor;
            }
        }
        from
    }

    /// A request was found.
    pub(super) fn note(&mut self, count: u32, width_s: i64, cursor: Cursor) {
        let known = |request: &Request| {
            request.bounds(count, width_s) && request.cursor.start >= cursor.start
        };
        if self.requests.iter().any(known) {
            return;
        }
        let fresh = Request { count, width_s, cursor };
        self.requests.retain(|request| {
            !(fresh.bounds(request.count, request.width_s) && cursor.start >= request.cursor.start)
        });
        self.requests.push(fresh);
    }
}
