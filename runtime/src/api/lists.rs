//! Long lists: rows are read in short steps, and written piece by piece. Knows no route.

pub(super) mod pieces;
pub(super) mod steps;

use gleaner_api::shapes::answer::Link;
use serde::Serialize;

use crate::api::lists::steps::STEP;
use crate::views::Page;

/// What stands around the items of a list. Which of it a list has, its shape says.
#[derive(Serialize)]
pub(super) struct ListFields {
    pub(super) total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<Vec<Link>>,
}

/// The part of a page that is read in one step.
pub(super) fn step(from: u64, page: &Page) -> Page {
    let end = page.offset.saturating_add(page.limit);
    Page { offset: from, limit: end.saturating_sub(from).min(STEP) }
}

/// How many entries of a page are behind those that were read, in a list of so many.
pub(super) fn left(page: &Page, total: u64, read: usize) -> u64 {
    let end = page.offset.saturating_add(page.limit).min(total);
    end.saturating_sub(page.offset).saturating_sub(read as u64)
}
