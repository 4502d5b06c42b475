//! What stands behind the question mark, and in forms. Knows no route.

use crate::api::failed::Failed;
use crate::api::views::Page;

/// The pairs of a query or a form, decoded, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs(Vec<(String, String)>);

/// Entries of a page that says nothing: CiGri's default.
const LIMIT: u64 = 100;
/// The most entries of a page.
pub(super) const LIMIT_MAX: u64 = 10_000;
/// The most entries before a page.
pub(super) const OFFSET_MAX: u64 = u32::MAX as u64;

impl Pairs {
    pub(super) fn parse(text: &str) -> Pairs {
        let mut url = BASE.clone();
        url.set_query(Some(text));
        Pairs(url.query_pairs().map(|(key, value)| (key.into(), value.into())).collect())
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| &**value)
    }

    /// Whether a switch is on: there, and neither `false` nor `0`.
    pub(super) fn on(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value != "false" && value != "0")
    }

    /// The pairs of both.
    pub(super) fn and(mut self, others: Pairs) -> Pairs {
        self.0.extend(others.0);
        self
    }

    /// The page asked for.
    pub(super) fn page(&self) -> Result<Page, Failed> {
        let number = |key, default: u64, least: u64, max: u64| match self.get(key) {
            None => Ok(default),
            Some(text) => {
                let number = text.parse().ok().filter(|number| (least..=max).contains(number));
                number.ok_or_else(|| {
                    let message = format!("`{key}` is `{text}`");
                    Failed::bad(message, Some(format!("give a whole number from {least} to {max}")))
                })
            }
        };
        let offset = number("offset", 0, 0, OFFSET_MAX)?;
        Ok(Page { offset, limit: number("limit", LIMIT, 1, LIMIT_MAX)? })
    }
}

impl FromIterator<(String, String)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Pairs {
        Pairs(pairs.into_iter().collect())
    }
}

static BASE: std::sync::LazyLock<reqwest::Url> = std::sync::LazyLock::new(|| {
    reqwest::Url::parse("http://localhost/").expect("this is an address")
});

#[cfg(test)]
mod tests {
    use super::Pairs;
    use crate::api::views::Page;

    #[test]
    fn pairs_are_decoded() {
        let pairs = Pairs::parse("name=a+b%26c&hold=1&pretty&all=false&all=1");
        assert_eq!(pairs.get("name"), Some("a b&c"));
        assert!(pairs.on("hold") && pairs.on("pretty"));
        assert!(!pairs.on("all") && !pairs.on("resume"));
        assert_eq!(Pairs::parse(""), Pairs::default());
    }

    #[test]
    fn pages_are_whole_numbers_within_bounds() {
        let page = |text| Pairs::parse(text).page().ok();
        assert_eq!(page(""), Some(Page { offset: 0, limit: 100 }));
        assert_eq!(page("limit=2&offset=4"), Some(Page { offset: 4, limit: 2 }));
        for wrong in ["limit=toto", "limit=-1", "limit=0", "offset=1.5", "limit=", "limit=10001"] {
            assert_eq!(page(wrong), None, "{wrong}");
        }
    }
}
