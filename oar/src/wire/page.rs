//! A page of a list, and links. Does not know what is listed.

use serde_json::{Map, Value};
use serde_json_borrow::Value as Json;

use super::Dialect;
use super::error::WireError;
use super::field::{Field, Key, both, oar2, oar3, object, read_key, record, write_key};
use super::values::ApiTime;

record! {
    /// A link of OAR 2.
    pub struct Link {
        /// How the target relates to what is shown: `self`, `next`, `member`, ...
        rel: String = both("rel"),
        /// The target's path.
        href: String = both("href"),
        /// A word for it.
        title: Option<String> = both("title").dropped(),
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is listed.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// How many come before these.
    pub offset: u64,
    /// Links of OAR 2: `self`, `next`, `previous`.
    pub links: Option<Vec<Link>>,
    /// The server's clock; empty lists of OAR 2 and lists of jobs in OAR 3 have none.
    pub api_timestamp: Option<ApiTime>,
    /// The server's time zone.
    pub api_timezone: Option<String>,
}

const ITEMS: Key = both("items");
const TOTAL: Key = both("total");
const OFFSET: Key = both("offset");
const LINKS: Key = oar2("links").dropped();
const TIMESTAMP: Key = both("api_timestamp").dropped();
const TIMEZONE: Key = oar3("api_timezone");

impl<T> Page<T> {
    /// Where the next page begins, if there is one. Follows the counts, which both dialects give.
    #[must_use]
    pub fn next_offset(&self) -> Option<u64> {
        let next = self.offset + self.items.len() as u64;
        (next < self.total && !self.items.is_empty()).then_some(next)
    }
}

impl<T: Field> Field for Page<T> {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        let map = object(value)?;
        Ok(Self {
            items: read_key(dialect, map, ITEMS)?,
            total: read_key(dialect, map, TOTAL)?,
            offset: read_key(dialect, map, OFFSET)?,
            links: read_key(dialect, map, LINKS)?,
            api_timestamp: read_key(dialect, map, TIMESTAMP)?,
            api_timezone: read_key(dialect, map, TIMEZONE)?,
        })
    }

    fn write(&self, dialect: Dialect) -> Value {
        let Self { items, total, offset, links, api_timestamp, api_timezone } = self;
        let mut map = Map::new();
        write_key(dialect, &mut map, ITEMS, items);
        write_key(dialect, &mut map, TOTAL, total);
        write_key(dialect, &mut map, OFFSET, offset);
        write_key(dialect, &mut map, LINKS, links);
        write_key(dialect, &mut map, TIMESTAMP, api_timestamp);
        write_key(dialect, &mut map, TIMEZONE, api_timezone);
        Value::Object(map)
    }
}
