//! What the code of one file says: definitions, imports, and every path, those within macros and
//! attributes included. Unit tests say nothing.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::*;

use super::module::{Import, Module};

/// What one module says, and which children it has in files of their own.
#[derive(Default)]
pub(super) struct Said {
    pub(super) module: Module,
    pub(super) files: Vec<String>,
    /// Such children that are unit tests.
    pub(super) tests: Vec<String>,
}

/// What the module at `path` says with these items, and what the modules within it say.
pub(super) fn said(path: Vec<String>, file: &str, items: &[Item]) -> Vec<(Vec<String>, Said)> {
    let mut own = Said { module: Module::new(file), ..Said::default() };
    let mut inner = Vec::new();
    for item in items {
        let Item::Mod(ItemMod { attrs, ident, content, .. }) = item else {
            own.module.items.extend(defined(item));
            Ear(&mut own.module).visit_item(item);
            continue;
        };
        let name = ident.to_string();
        match content {
            _ if is_test(attrs) => own.tests.push(name),
            None => own.files.push(name),
            Some((_, items)) => {
                let path = [&path[..], std::slice::from_ref(&name)].concat();
                own.module.children.insert(name);
                inner.extend(said(path, file, items));
            }
        }
    }
    own.module.children.extend(own.files.iter().cloned());
    inner.push((path, own));
    inner
}

/// Whether what has these attributes is compiled for unit tests only.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(ItemConst { attrs, .. })
        | Item::Enum(ItemEnum { attrs, .. })
        | Item::Fn(ItemFn { attrs, .. })
        | Item::Impl(ItemImpl { attrs, .. })
        | Item::Macro(ItemMacro { attrs, .. })
        | Item::Mod(ItemMod { attrs, .. })
        | Item::Static(ItemStatic { attrs, .. })
        | Item::Struct(ItemStruct { attrs, .. })
        | Item::Trait(ItemTrait { attrs, .. })
        | Item::Type(ItemType { attrs, .. })
        | Item::Union(ItemUnion { attrs, .. })
        | Item::Use(ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}

/// The name that an item defines in its module.
fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Const(ItemConst { ident, .. })
        | Item::Enum(ItemEnum { ident, .. })
        | Item::Macro(ItemMacro { ident: Some(ident), .. })
        | Item::Static(ItemStatic { ident, .. })
        | Item::Struct(ItemStruct { ident, .. })
        | Item::Trait(ItemTrait { ident, .. })
        | Item::Type(ItemType { ident, .. })
        | Item::Union(ItemUnion { ident, .. }) => Some(ident.to_string()),
        Item::Fn(ItemFn { sig, .. }) => Some(sig.ident.to_string()),
        _ => None,
    }
}

/// Walks through code and notes in its module what it hears.
struct Ear<'a>(&'a mut Module);

impl Ear<'_> {
    fn mention<'i>(&mut self, path: impl IntoIterator<Item = &'i Ident>) {
        let path: Vec<&Ident> = path.into_iter().collect();
        let line = path[0].span().start().line;
        let path = path.iter().map(ToString::to_string).collect();
        self.0.mentions.entry(path).or_insert(line);
    }

    /// The names that a `use` brings in.
    fn import(&mut self, tree: &UseTree, above: &[String], public: bool) {
        let below = |ident: &Ident| [above, &[ident.to_string()]].concat();
        let (name, ident, path) = match tree {
            UseTree::Path(UsePath { ident, tree, .. }) => {
                return self.import(tree, &below(ident), public);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(tree, above, public));
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                let path = above.to_vec();
                return self.0.imports.push(Import { name: None, path, line, public });
            }
            UseTree::Name(UseName { ident }) if ident == "self" => {
                (above.last().cloned(), ident, above.to_vec())
            }
            UseTree::Name(UseName { ident }) => (Some(ident.to_string()), ident, below(ident)),
            UseTree::Rename(UseRename { ident, rename, .. }) => {
                let path = if ident == "self" { above.to_vec() } else { below(ident) };
                (Some(rename.to_string()), ident, path)
            }
        };
        self.0.imports.push(Import { name, path, line: ident.span().start().line, public });
    }

    /// Paths among the tokens of a macro: nobody knows what it makes of them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if path.is_empty() || colons == 2 => path.push(ident),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                other => {
                    if let TokenTree::Group(group) = &other {
                        self.tokens(group.stream());
                    }
                    if !path.is_empty() {
                        self.mention(&path);
                    }
                    path = if let TokenTree::Ident(ident) = other { vec![ident] } else { vec![] };
                }
            }
            colons = 0;
        }
        if !path.is_empty() {
            self.mention(&path);
        }
    }
}

impl<'ast> Visit<'ast> for Ear<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            let public = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, &[], public);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            self.mention(path.segments.iter().map(|segment| &segment.ident));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast Macro) {
        visit::visit_macro(self, invoked);
        self.tokens(invoked.tokens.clone());
    }

    /// Also a text may name a function: `#[serde(default = "no_limit")]`.
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        let Ok(list) = attribute.meta.require_list() else { return };
        self.tokens(list.tokens.clone());
        for token in list.tokens.clone() {
            let TokenTree::Literal(literal) = token else { continue };
            let Ok(text) = parse_str::<LitStr>(&literal.to_string()) else { continue };
            if let Ok(path) = text.parse::<Path>() {
                let names: Vec<Ident> = path.segments.into_iter().map(|s| s.ident).collect();
                self.mention(&names);
            }
        }
    }
}
