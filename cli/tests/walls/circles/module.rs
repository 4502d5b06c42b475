//! The modules of one crate as their texts declare them. Knows no other crate and no file system,
//! so that a made-up crate is a few texts.

use std::collections::{BTreeMap, BTreeSet};

use super::said::said;

/// Texts of a crate by their path below `src`: `jdl/keys.rs`.
pub(crate) type Texts = BTreeMap<String, String>;

/// The modules of a crate by their path from its root, which is empty: `["jdl", "keys"]`.
pub(crate) type Modules = BTreeMap<Vec<String>, Module>;

/// A module: a file, or a part of one.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// Where it stands.
    pub(crate) file: String,
    pub(crate) children: BTreeSet<String>,
    /// What it defines, products of macros excepted.
    pub(crate) items: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// Paths in its code, imports excepted, each with the first line that says it:
    /// `crate::jdl::keys::check`, or a lone name.
    pub(crate) mentions: BTreeMap<Vec<String>, usize>,
}

impl Module {
    pub(super) fn new(file: &str) -> Module {
        Module { file: file.to_owned(), ..Module::default() }
    }
}

/// One name of a `use`.
#[derive(Debug)]
pub(crate) struct Import {
    /// What it is called here; `None`: a glob, whatever stands below the path.
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// Whether others may take it from here.
    pub(crate) public: bool,
}

/// The modules that `lib.rs` or `main.rs` declares, those that these declare, and so on. Unit tests
/// are left out.
///
/// # Panics
/// If a text is not Rust, if a declared file is missing, or if nobody declares a file: a wall that
/// overlooks a file holds nothing.
pub(crate) fn modules(texts: &Texts) -> Modules {
    let root = ["lib.rs", "main.rs"].into_iter().find(|root| texts.contains_key(*root));
    let root = root.expect("a crate has a `lib.rs` or a `main.rs`");
    let mut modules = Modules::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(Vec::new(), root.to_owned())];
    while let Some((path, file)) = open.pop() {
        let text = texts.get(&file).unwrap_or_else(|| panic!("`{file}` is declared, and missing"));
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        for (path, said) in said(path, &file, &parsed.items) {
            let child = |name: &String| [&path[..], std::slice::from_ref(name)].concat();
            let files = said.files.iter().map(child).map(|path| (path.clone(), file_of(&path)));
            open.extend(files);
            seen.extend(said.tests.iter().map(child).map(|path| file_of(&path)));
            modules.insert(path, said.module);
        }
        seen.insert(file);
    }
    let lost: Vec<&String> = texts.keys().filter(|file| !seen.contains(*file)).collect();
    assert!(lost.is_empty(), "no module declares {lost:?}");
    modules
}

fn file_of(path: &[String]) -> String {
    format!("{}.rs", path.join("/"))
}
