//! Who is served where, when and with what: the scripts of `tests/data/scheduling`.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the failure")]

mod expect;
#[allow(dead_code, reason = "each test crate uses a part of the world")]
mod world;

#[test]
fn scripts_lead_to_the_expected_decisions() {
    expect::check_folder("scheduling", world::play);
}
