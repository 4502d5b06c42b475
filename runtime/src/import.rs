//! Moving in from CiGri 3: its database, as `pg_dump` writes it, is read ([`dump`]), understood ([`cigri`]), and becomes a
//! part of a configuration ([`snippet`]) and the first rows and facts of a store ([`apply`]). Asks no server, and never
//! changes the dump.

pub mod apply;
pub mod cigri;
pub mod dump;
pub mod snippet;
