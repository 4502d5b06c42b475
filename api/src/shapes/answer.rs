//! What any answer is made of: links, lists, and that something was done or not. Knows nothing that is listed.

#![expect(missing_docs, reason = "the description of the API tells what a name does not")]

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::words::words;

words! {
    /// How what stands behind a link is related to what shows it.
    pub enum Rel {
        /// It is the same.
        Itself = "self",
        /// It stands above.
        Parent = "parent",
        /// It is a list that belongs to it.
        Collection = "collection",
        /// It is a part of it.
        Item = "item",
        /// It is the next page.
        Next = "next",
    }
}

/// Where to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Link {
    /// `self`, `parent`, `collection`, `item` or `next`.
    #[schema(value_type = String)]
    pub rel: Rel,
    /// The address.
    pub href: String,
    /// What is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub title: Option<Cow<'static, str>>,
}

/// Something was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// The HTTP status.
    pub status: u16,
    /// Its name.
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
    /// What was done.
    pub message: String,
}

/// Something was not done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// Its name.
    #[schema(value_type = String)]
    pub title: Cow<'static, str>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Links alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Root {
    pub links: Vec<Link>,
}

/// A list that is whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Whole<T> {
    pub items: Vec<T>,
    /// How many there are.
    pub total: u64,
    pub links: Vec<Link>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Paged<T> {
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// How many come before.
    pub offset: u64,
    /// How many were asked for.
    pub limit: u64,
    pub links: Vec<Link>,
}
