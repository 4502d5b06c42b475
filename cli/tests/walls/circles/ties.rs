//! Which file of a crate uses which: every import and every path in the code, followed to the
//! module that defines what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::module::{Modules, Texts, modules};

/// What ties one file to another: the names that it takes from there, each with the first line that
/// says so.
pub(crate) type Names = BTreeMap<String, usize>;

/// What the first file takes from the second.
pub(crate) type Ties = BTreeMap<(String, String), Names>;

/// Names that are being followed: where, and whether they end a path. Re-exports may go in circles.
type Seen = BTreeSet<(Vec<String>, String, bool)>;

/// What a path leads to.
enum Found<'a> {
    Module(&'a [String]),
    /// A name, and the module that defines it.
    Item(&'a [String], String),
}

/// The ties of a crate.
///
/// A module that lets others take what its children define is no user of these: a `pub use` of
/// something below it counts only if its own code says that name too.
pub(crate) fn ties(texts: &Texts) -> Ties {
    let modules = modules(texts);
    let crate_ = Crate { modules: &modules };
    let mut ties = Ties::new();
    for (path, module) in &modules {
        let imports =
            module.imports.iter().map(|import| (&import.path, import.line, import.public));
        let mentions = module.mentions.iter().map(|(path, line)| (path, *line, false));
        for (named, line, public) in imports.chain(mentions) {
            let Some(Found::Item(home, name)) = crate_.find(path, named) else { continue };
            let handed_on = public && home.starts_with(path);
            let to = &modules[home].file;
            if *to != module.file && !handed_on {
                let names = ties.entry((module.file.clone(), to.clone())).or_default();
                let first = names.entry(name).or_insert(line);
                *first = line.min(*first);
            }
        }
    }
    ties
}

/// Where names lead to within a crate.
struct Crate<'a> {
    modules: &'a Modules,
}

impl<'a> Crate<'a> {
    /// What `path` means within the module `from`; `None`: nothing of this crate.
    fn find(&self, from: &[String], path: &[String]) -> Option<Found<'a>> {
        self.follow(from, path, &mut Seen::new())
    }

    fn follow(&self, from: &[String], path: &[String], seen: &mut Seen) -> Option<Found<'a>> {
        let (mut at, _) = self.modules.get_key_value(from)?;
        for (index, name) in path.iter().enumerate() {
            let next = match name.as_str() {
                "crate" => self.module(&[])?,
                "self" => at,
                "super" => self.module(at.split_last()?.1)?,
                _ => match self.look(at, name, index + 1 == path.len(), seen) {
                    Some(Found::Module(module)) => module,
                    Some(item) => return Some(item),
                    None if index == 0 => return None,
                    // A product of a macro, or of another crate: this module hands it out.
                    None => return Some(Found::Item(at, name.clone())),
                },
            };
            (at, _) = self.modules.get_key_value(next)?;
        }
        Some(Found::Module(at))
    }

    fn module(&self, path: &[String]) -> Option<&'a [String]> {
        self.modules.get_key_value(path).map(|(path, _)| path.as_slice())
    }

    /// What a name means in a module. Where a module and an item share it, the last name of a path
    /// is the item.
    fn look(&self, at: &[String], name: &str, last: bool, seen: &mut Seen) -> Option<Found<'a>> {
        if !seen.insert((at.to_vec(), name.to_owned(), last)) {
            return None;
        }
        let (home, module) = self.modules.get_key_value(at)?;
        let child = module.children.contains(name);
        let child = || child.then(|| self.module(&[at, &[name.to_owned()]].concat()))?;
        if !last && let Some(child) = child() {
            return Some(Found::Module(child));
        }
        if module.items.contains(name) {
            return Some(Found::Item(home, name.to_owned()));
        }
        let (mut inside, mut outside) = (Vec::new(), false);
        for import in module.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
            match self.follow(at, &import.path, seen) {
                Some(found) => inside.push(found),
                None => outside = true,
            }
        }
        if !inside.is_empty() {
            let wanted = |found: &Found<'_>| matches!(found, Found::Item(..)) == last;
            return Some(inside.swap_remove(inside.iter().position(wanted).unwrap_or(0)));
        }
        let mut globs = module.imports.iter().filter(|import| import.name.is_none());
        let mut in_globs = || {
            globs.find_map(|glob| match self.follow(at, &glob.path, seen)? {
                Found::Module(module) => self.look(module, name, last, seen),
                Found::Item(..) => None,
            })
        };
        // What comes from another crate is handed out by this module.
        let from_outside = || outside.then(|| Found::Item(home, name.to_owned()));
        child().map(Found::Module).or_else(&mut in_globs).or_else(from_outside)
    }
}
