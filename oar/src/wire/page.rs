//! A page of a list, and links. Does not know what is listed.

use serde_json::{Map, Value};
use serde_json_borrow::{ObjectAsVec, Value as Json};

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

/// Something in a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its id, where that can be read.
    pub id: Option<u64>,
    /// What is wrong with it.
    pub error: WireError,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is listed.
    pub items: Vec<T>,
    /// What else is listed, and cannot be read. Only lists of jobs are taken with such a gap.
    pub unread: Vec<Unread>,
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
        let here = (self.items.len() + self.unread.len()) as u64;
        let next = self.offset + here;
        (next < self.total && here > 0).then_some(next)
    }
}

/// What is listed, one by one: an item that cannot be read hides no other.
fn read_items<T: Field>(
    dialect: Dialect,
    map: &ObjectAsVec<'_>,
) -> Result<(Vec<T>, Vec<Unread>), WireError> {
    let name = ITEMS.name(dialect).unwrap_or_default();
    let Some(Json::Array(list)) = map.get(name) else {
        return Ok((read_key(dialect, map, ITEMS)?, Vec::new()));
    };
    let (mut items, mut unread) = (Vec::with_capacity(list.len()), Vec::new());
    for (index, item) in list.iter().enumerate() {
        match T::read(dialect, item) {
            Ok(item) => items.push(item),
            Err(error) => {
                let id = item.as_object().and_then(|item| item.get("id"));
                let id = id.and_then(|id| u64::read(dialect, id).ok());
                unread.push(Unread { id, error: error.in_item(index).in_key(name) });
            }
        }
    }
    Ok((items, unread))
}

impl<T: Field> Field for Page<T> {
    fn read(dialect: Dialect, value: &Json<'_>) -> Result<Self, WireError> {
        let map = object(value)?;
        let (items, unread) = read_items(dialect, map)?;
        Ok(Self {
            items,
            unread,
            total: read_key(dialect, map, TOTAL)?,
            offset: read_key(dialect, map, OFFSET)?,
            links: read_key(dialect, map, LINKS)?,
            api_timestamp: read_key(dialect, map, TIMESTAMP)?,
            api_timezone: read_key(dialect, map, TIMEZONE)?,
        })
    }

    fn write(&self, dialect: Dialect) -> Value {
        let Self { items, unread: _, total, offset, links, api_timestamp, api_timezone } = self;
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
