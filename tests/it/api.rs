//! The public API, listed in `docs/api.txt`: a change of it is seen, and meant. `VOXDICE_BLESS=1` writes it.
//!
//! The sources are read as they are, whatever features this build has. Implementations of traits are not listed, nor is
//! what macros make.

use crate::page;
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::{Attribute, ImplItem, Item, ItemUse, Type, UseTree, Visibility};

/// The path of a module: `["metric", "surface"]`.
type ModulePath = Vec<String>;

/// The items of every module of the crate.
struct Crate(BTreeMap<ModulePath, Vec<Item>>);

impl Crate {
    fn read() -> Self {
        let mut modules = BTreeMap::new();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        read_module(&source.join("lib.rs"), &source, Vec::new(), &mut modules);
        Self(modules)
    }

    /// Adds what `module` shows to the outside as the names behind `shown`.
    fn list(&self, module: &ModulePath, shown: &str, lines: &mut BTreeSet<String>) {
        for item in &self.0[module] {
            if !is_public(item) || is_hidden(attributes(item)) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let path = [&module[..], &[inner.ident.to_string()]].concat();
                    self.list(&path, &format!("{shown}::{}", inner.ident), lines);
                }
                Item::Use(used) => self.list_uses(used, module, shown, lines),
                _ => self.describe(item, module, shown, None, lines),
            }
        }
    }

    fn list_uses(&self, used: &ItemUse, module: &ModulePath, shown: &str, lines: &mut BTreeSet<String>) {
        for (path, name) in leaves(&used.tree, Vec::new()) {
            match self.find(module, &path, 0) {
                Some((Found::Item(item), place)) => self.describe(item, &place, shown, Some(&name), lines),
                Some((Found::Module, place)) => self.list(&place, &format!("{shown}::{name}"), lines),
                None => drop(lines.insert(format!("{shown}::{name}: of another crate, or made by a macro"))),
            }
        }
    }

    /// What a path means in a module. A crate of the same name as a module of ours leads round in circles: `steps` ends it.
    fn find(&self, module: &ModulePath, path: &[String], steps: usize) -> Option<(Found<'_>, ModulePath)> {
        let (first, rest) = path.split_first().filter(|_| steps < 20)?;
        let next = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name => {
                let inner = [&module[..], &[name.to_owned()]].concat();
                if rest.is_empty() {
                    if let Some(item) = self.0[module].iter().find(|item| name_of(item).as_deref() == Some(name)) {
                        return Some((Found::Item(item), module.clone()));
                    }
                    let uses = self.0[module].iter().filter_map(|item| match item {
                        Item::Use(used) => Some(leaves(&used.tree, Vec::new())),
                        _ => None,
                    });
                    let (path, _) = uses.flatten().find(|(_, shown)| shown == name)?;
                    return self.find(module, &path, steps + 1);
                }
                if self.0.contains_key(&inner) {
                    inner
                } else if self.0.contains_key(&vec![name.to_owned()]) {
                    vec![name.to_owned()]
                } else {
                    return None;
                }
            }
        };
        if rest.is_empty() { Some((Found::Module, next)) } else { self.find(&next, rest, steps + 1) }
    }

    fn describe(
        &self,
        item: &Item,
        place: &ModulePath,
        shown: &str,
        renamed: Option<&str>,
        lines: &mut BTreeSet<String>,
    ) {
        let Some(own) = name_of(item) else { return };
        let path = format!("{shown}::{}", renamed.unwrap_or(&own));
        let mut head = item.clone();
        match &mut head {
            Item::Fn(function) => {
                lines.insert(format!("{path}: {}", tokens(&function.sig)));
                return;
            }
            Item::Const(constant) => {
                lines.insert(format!("{path}: const {}", tokens(&constant.ty)));
                return;
            }
            Item::Static(constant) => {
                lines.insert(format!("{path}: static {}", tokens(&constant.ty)));
                return;
            }
            Item::Type(alias) => {
                lines.insert(format!("{path}: type {}", tokens(&alias.ty)));
                return;
            }
            Item::Enum(choices) => {
                lines.insert(format!("{path}: enum"));
                for variant in &choices.variants {
                    let mut variant = variant.clone();
                    variant.attrs.clear();
                    variant.fields.iter_mut().for_each(|field| field.attrs.clear());
                    lines.insert(format!("{path}::{}: variant {}", variant.ident, tokens(&variant)));
                }
            }
            Item::Struct(fields) => {
                lines.insert(format!("{path}: struct"));
                for field in fields.fields.iter().filter(|field| matches!(field.vis, Visibility::Public(_))) {
                    let name = field.ident.as_ref().map_or("0".into(), ToString::to_string);
                    lines.insert(format!("{path}.{name}: {}", tokens(&field.ty)));
                }
            }
            Item::Trait(rules) => {
                lines.insert(format!("{path}: trait"));
                for inner in &rules.items {
                    if let syn::TraitItem::Fn(function) = inner {
                        lines.insert(format!("{path}::{}: {}", function.sig.ident, tokens(&function.sig)));
                    }
                }
            }
            _ => return,
        }
        // Methods may lie in any file that knows the type.
        let all = self.0.iter().flat_map(|(module, items)| items.iter().map(move |item| (module, item)));
        for (module, inner) in all {
            let Item::Impl(methods) = inner else { continue };
            let Type::Path(of) = &*methods.self_ty else { continue };
            let written: Vec<String> = of.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let is_own = written.last() == Some(&own)
                && self.find(module, &written, 0).is_some_and(|(_, defined)| defined == *place);
            if methods.trait_.is_some() || !is_own {
                continue;
            }
            for method in &methods.items {
                let (name, text, visibility, attributes) = match method {
                    ImplItem::Fn(method) => (&method.sig.ident, tokens(&method.sig), &method.vis, &method.attrs),
                    ImplItem::Const(value) => {
                        (&value.ident, format!("const {}", tokens(&value.ty)), &value.vis, &value.attrs)
                    }
                    _ => continue,
                };
                if matches!(visibility, Visibility::Public(_)) && !is_hidden(attributes) {
                    lines.insert(format!("{path}::{name}: {text}"));
                }
            }
        }
    }
}

enum Found<'a> {
    Item(&'a Item),
    Module,
}

fn read_module(file: &Path, folder: &Path, path: ModulePath, modules: &mut BTreeMap<ModulePath, Vec<Item>>) {
    let text = std::fs::read_to_string(file).unwrap();
    let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display())).items;
    for item in &items {
        let Item::Mod(inner) = item else { continue };
        let name = inner.ident.to_string();
        if let Some((_, items)) = &inner.content {
            modules.insert([&path[..], &[name]].concat(), items.clone());
            continue;
        }
        if name == "tests" {
            continue;
        }
        let below: PathBuf = folder.join(&name);
        let own = folder.join(format!("{name}.rs"));
        if own.is_file() {
            read_module(&own, &below, [&path[..], &[name]].concat(), modules);
        }
    }
    modules.insert(path, items);
}

/// The paths that a `use` brings in, and the names that they get.
fn leaves(tree: &UseTree, before: Vec<String>) -> Vec<(Vec<String>, String)> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, [&before[..], &[path.ident.to_string()]].concat()),
        UseTree::Name(name) if name.ident == "self" => {
            vec![(before.clone(), before.last().cloned().unwrap_or_default())]
        }
        UseTree::Name(name) => vec![([&before[..], &[name.ident.to_string()]].concat(), name.ident.to_string())],
        UseTree::Rename(name) => vec![([&before[..], &[name.ident.to_string()]].concat(), name.rename.to_string())],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before.clone())).collect(),
        UseTree::Glob(_) => Vec::new(),
    }
}

fn tokens(item: &impl ToTokens) -> String {
    let text = item.to_token_stream().to_string();
    let closed =
        [(" ,", ","), (" (", "("), ("( ", "("), (" )", ")"), ("& ", "&"), (" <", "<"), ("< ", "<"), (" >", ">")];
    let text = closed.iter().fold(text, |text, (from, to)| text.replace(from, to));
    [(" : ", ": "), (" :: ", "::"), ("-> ", " -> "), ("  ", " "), ("' ", "'"), (" ;", ";"), ("[ ", "["), (" ]", "]")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Fn(item) => &item.sig.ident,
        Item::Const(item) => &item.ident,
        Item::Static(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Fn(item) => &item.vis,
        Item::Const(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        _ => &[],
    }
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc") && attribute.meta.to_token_stream().to_string().contains("hidden")
    })
}

#[test]
fn the_public_api_is_the_one_that_is_listed() {
    let mut lines = BTreeSet::new();
    Crate::read().list(&Vec::new(), "voxdice", &mut lines);
    let listed: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api.txt");
    if page::blesses() {
        return std::fs::write(&path, listed).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let known: BTreeSet<String> = known.lines().map(ToOwned::to_owned).collect();
    let (new, gone): (Vec<_>, Vec<_>) = (lines.difference(&known).collect(), known.difference(&lines).collect());
    assert!(
        new.is_empty() && gone.is_empty(),
        "run with VOXDICE_BLESS=1 if this is meant: new {new:#?}, gone {gone:#?}"
    );
}

#[test]
fn methods_and_reexports_are_seen() {
    let mut lines = BTreeSet::new();
    Crate::read().list(&Vec::new(), "voxdice", &mut lines);
    let has = |start: &str| lines.iter().any(|line| line.starts_with(start));
    for start in [
        "voxdice::Engine::surfaces: fn",
        "voxdice::Engine::loss_and_gradient: fn",
        "voxdice::Volume::buffer: fn",
        "voxdice::metric::Loss::from_call: fn",
        "voxdice::metric::LossCall::evaluate: fn",
        "voxdice::metric::surface::hausdorff: fn",
        "voxdice::Pair.truth: ",
    ] {
        assert!(has(start), "{start}");
    }
    // What the command and the benchmarks alone need is not part of it.
    assert!(!has("voxdice::cli") && !has("voxdice::internals::floor") && !has("voxdice::Engine::on:"));
}
