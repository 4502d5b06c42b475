//! The search for circles, on made-up crates of a few lines.

use super::module::Texts;
use super::ties::ties;
use super::wrong;

fn texts(files: &[(&str, &str)]) -> Texts {
    files.iter().map(|(file, text)| (format!("{file}.rs"), (*text).to_owned())).collect()
}

/// Who takes what from whom: `a > b: Name`.
fn taken(files: &[(&str, &str)]) -> Vec<String> {
    let short = |file: &str| file.trim_end_matches(".rs").to_owned();
    ties(&texts(files))
        .iter()
        .flat_map(|((from, to), names)| names.keys().map(move |name| (from, to, name)))
        .map(|(from, to, name)| format!("{} > {}: {name}", short(from), short(to)))
        .collect()
}

/// What `a` takes where `b` and `b/inner` define things, `b` hands on what is below it, and `a` says
/// this.
fn taken_by(a: &str) -> Vec<String> {
    let b =
        "pub mod inner; pub use inner::{Deep, Deep as Other, inner}; pub struct B; pub fn f() {}";
    taken(&[
        ("lib", "mod a; mod b;"),
        ("a", a),
        ("b", b),
        ("b/inner", "pub struct Deep; pub fn inner() {} made! { Product }"),
    ])
}

#[test]
fn every_kind_of_import_is_followed() {
    for text in [
        "use crate::b::B;",
        "use super::b::B;",
        "use self::super::b::{f as g, B};",
        "mod own { use super::super::b::B; }",
        "fn own() { use crate::b::B; }",
        "use crate::b; fn own(_: b::B) {}",
        "use crate::b::{self, B as _};",
        "use crate::b as c; type Own = c::B;",
        "use crate::b::*; type Own = Vec<B>;",
        "use crate::*; type Own = b::B;",
        "pub use crate::b::B;",
    ] {
        assert!(taken_by(text).contains(&"a > b: B".to_owned()), "{text}");
    }
}

#[test]
fn paths_in_code_are_followed() {
    for text in [
        "fn own() { crate::b::f(); }",
        "fn own() { let _ = vec![super::b::f()]; }",
        "fn own() { println!(\"{}\", { x.y; crate::b::f() }); }",
        "#[serde(default = \"crate::b::f\")] struct Own;",
        "impl Own { fn own(&self) { self.x(crate::b::f) } }",
    ] {
        assert_eq!(taken_by(text), ["a > b: f"], "{text}");
    }
    assert_eq!(taken_by("fn own() -> crate::b::B { crate::b::B::new() }"), ["a > b: B"]);
}

#[test]
fn what_is_handed_on_belongs_to_the_file_that_defines_it() {
    assert_eq!(taken_by("use crate::b::Deep;"), ["a > b/inner: Deep"]);
    assert_eq!(taken_by("use crate::b::Other as Deeper;"), ["a > b/inner: Deep"]);
    assert_eq!(taken_by("use crate::b::*; fn own(_: Deep) {}"), ["a > b/inner: Deep"]);
    assert_eq!(taken_by("fn own(_: crate::b::inner::Deep) {}"), ["a > b/inner: Deep"]);
    // A function and the module of its name.
    assert_eq!(taken_by("use crate::b::inner;"), ["a > b/inner: inner"]);
    // What a macro has made, and what another crate has.
    assert_eq!(taken_by("use crate::b::inner::Product;"), ["a > b/inner: Product"]);
    let beside = "mod c; use other::c; fn own() { c() }";
    let files = [
        ("lib", "mod a; mod b;"),
        ("a", "use crate::b::c; fn own() { c::f() }"),
        ("b", beside),
        ("b/c", "pub fn f() {}"),
    ];
    assert_eq!(taken(&files), ["a > b/c: f"]);
    let handed_on = [("lib", "mod a; mod b;"), ("a", "use crate::b::C;"), ("b", "pub use c::C;")];
    assert_eq!(taken(&handed_on), ["a > b: C"]);
}

#[test]
fn unit_tests_and_other_crates_are_left_out() {
    for text in [
        "#[cfg(test)] mod tests { use crate::b::B; }",
        "#[cfg(test)] use crate::b::B;",
        "#[cfg(test)] fn own() { crate::b::f() }",
        "impl Own { #[cfg(test)] fn own() { crate::b::f() } }",
        "#[cfg(test)] mod tests;",
        "use ::b::B; use other::b::B; fn own(b: u32) { b.f() }",
        "/// See [`crate::b::B`].\nstruct Own;",
    ] {
        assert_eq!(taken_by(text), [""; 0], "{text}");
    }
    let of_tests =
        [("lib", "mod a;"), ("a", "#[cfg(test)] mod tests;"), ("a/tests", "use super::*;")];
    assert_eq!(taken(&of_tests), [""; 0]);
}

#[test]
fn a_parent_that_hands_on_is_no_user() {
    let child = ("a/child", "use super::A; pub struct Child(A);");
    let wrong = |a| wrong(&texts(&[("lib", "mod a;"), ("a", a), child]));
    assert_eq!(wrong("mod child; pub use child::Child; pub struct A;"), [""; 0]);
    assert_eq!(
        wrong("mod child;\npub use child::Child;\npub struct A;\nfn own(_: Child) {}"),
        [
            "a circle of files: a.rs, a/child.rs",
            "  a.rs takes from a/child.rs: Child (line 4)",
            "  a/child.rs takes from a.rs: A (line 1)",
        ]
    );
    assert_eq!(wrong("mod child; use child::Child; pub struct A;").len(), 3);
}

#[test]
fn a_circle_is_found_by_way_of_others() {
    let b = ("b", "use crate::c::C; pub struct B;");
    let lib = ("lib", "mod a; mod b; mod c; mod d;");
    let d = ("d", "use crate::a::A;");
    let mut files = [lib, ("a", "use crate::b::B; pub struct A;"), b, ("c", "pub struct C;"), d];
    assert_eq!(wrong(&texts(&files)), [""; 0]);
    files[3].1 = "use crate::a::A;\npub struct C;";
    let wrong = wrong(&texts(&files));
    assert_eq!(wrong[0], "a circle of files: a.rs, b.rs, c.rs");
    assert_eq!(wrong[3], "  c.rs takes from a.rs: A (line 1)");
    assert_eq!(wrong[4], "a circle of modules: a, b, c");
}

#[test]
fn folders_form_a_circle_where_their_files_form_none() {
    let files = [
        ("main", "mod up;"),
        ("up", "mod a; mod b;"),
        ("up/a", "mod over; mod under;"),
        ("up/a/over", "use crate::up::b::B;"),
        ("up/a/under", "pub struct Under;"),
        ("up/b", "use super::a::under::Under; pub struct B;"),
    ];
    assert_eq!(
        wrong(&texts(&files)),
        [
            "a circle of modules: up/a, up/b",
            "  up/a/over.rs takes from up/b.rs: B (line 1)",
            "  up/b.rs takes from up/a/under.rs: Under (line 1)",
        ]
    );
}

#[test]
#[should_panic(expected = "no module declares [\"lost.rs\"]")]
fn no_file_is_overlooked() {
    taken(&[("lib", "mod a;"), ("a", ""), ("lost", "")]);
}
