//! What an address says: numbers in its path, and pairs behind the question mark, or in a form. Knows no route.

use std::ops::RangeInclusive;

use gleaner_api::numbers::PathNumber;
use gleaner_api::routes::Param;

use crate::api::failed::Failed;
use crate::views::Page;

/// Reads a number of a path; CiGri, too, answers 404 to what is none.
pub(super) fn number<T: PathNumber>(text: &str) -> Result<T, Failed> {
    T::read(text).ok_or_else(Failed::not_found)
}

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

    pub(super) fn get(&self, param: Param) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == param.word()).map(|(_, value)| &**value)
    }

    /// Whether a switch is on: there, and neither `false` nor `0`.
    pub(super) fn on(&self, param: Param) -> bool {
        self.get(param).is_some_and(|value| value != "false" && value != "0")
    }

    /// The pairs of both.
    pub(super) fn and(mut self, others: Pairs) -> Pairs {
        self.0.extend(others.0);
        self
    }

    /// The page asked for.
    pub(super) fn page(&self) -> Result<Page, Failed> {
        let offset = self.whole(Param::Offset, 0, 0..=OFFSET_MAX)?;
        Ok(Page { offset, limit: self.whole(Param::Limit, LIMIT, 1..=LIMIT_MAX)? })
    }

    /// A whole number within bounds; `default` if nothing is said.
    pub(super) fn whole(
        &self,
        param: Param,
        default: u64,
        within: RangeInclusive<u64>,
    ) -> Result<u64, Failed> {
        let Some(text) = self.get(param) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| within.contains(number));
        number.ok_or_else(|| {
            let (least, most) = (within.start(), within.end());
            let message = format!("`{}` is `{text}`", param.word());
            Failed::bad(message, Some(format!("give a whole number from {least} to {most}")))
        })
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
    use gleaner_api::routes::{Param, Route};
    use gleaner_core::ids::CampaignId;
    use proptest::prelude::*;

    use super::Pairs;
    use crate::views::Page;

    #[test]
    fn pairs_are_decoded() {
        let pairs = Pairs::parse("name=a+b%26c&hold=1&pretty&all=false&all=1");
        assert_eq!(pairs.get(Param::Name), Some("a b&c"));
        assert!(pairs.on(Param::Hold) && pairs.on(Param::Pretty));
        assert!(!pairs.on(Param::All) && !pairs.on(Param::Resume));
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

    proptest! {
        #[test]
        fn what_a_client_writes_is_what_is_read(name in any::<String>(), limit in any::<u64>()) {
            let route = Route::ChangeCampaign { campaign: CampaignId(1) };
            let address = route.with(Param::Name, &name).with(Param::Limit, limit).to_string();
            let (path, query) = address.split_once('?').expect("it has parameters");
            prop_assert_eq!(path, route.path());
            let pairs = Pairs::parse(query);
            prop_assert_eq!(pairs.get(Param::Name), Some(&*name));
            prop_assert_eq!(pairs.get(Param::Limit), Some(&*limit.to_string()));
        }
    }
}
