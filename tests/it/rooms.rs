//! The house rules that no compiler checks: who may import whom, who may print, who may be unsafe, and how long a
//! file may be. They are read from the tokens of the source, without comments and `#[cfg(test)]` items.

use proc_macro2::{Spacing, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rooms that each room (a file or folder of `src/`) may import beside itself.
struct Rooms(BTreeMap<String, Vec<String>>);

/// What the last column of the table says of what may import all that an application can.
const PUBLIC: &str = "the public API";

impl Rooms {
    /// The table in `ARCHITECTURE.md`. Its last column lists rooms; behind a semicolon it says why.
    fn of(page: &str) -> Self {
        let (_, rest) = page.split_once("\n## Rooms\n").unwrap();
        let (section, _) = rest.split_once("\n## ").unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `")).map(|line| {
            let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [room, _, allowed] = columns[..] else { panic!("not three columns: {line}") };
            let allowed = allowed.split(';').next().unwrap_or_default();
            let rooms = match allowed {
                "nothing" => Vec::new(),
                PUBLIC => vec![PUBLIC.to_owned()],
                list => list.split(", ").map(|room| bare(room).to_owned()).collect(),
            };
            (bare(room).to_owned(), rooms)
        });
        // The one declares the rooms and re-exports, the other starts the command as an application would; no room imports them.
        let roots = [("lib", vec![PUBLIC.to_owned()]), ("main", Vec::new())].map(|(root, may)| (root.to_owned(), may));
        Self(rows.chain(roots).collect())
    }

    fn read() -> Self {
        Self::of(&std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap())
    }
}

/// The name in `` `name` ``.
fn bare(quoted: &str) -> &str {
    let name = quoted.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    name.unwrap_or_else(|| panic!("not the name of a room: {quoted}"))
}

const PRINTING: [&str; 5] = ["println", "eprintln", "print", "eprint", "dbg"];
const MAY_PRINT: [&str; 2] = ["cli", "main"];
const MAY_BE_UNSAFE: [&str; 5] = ["cpu/simd.rs", "cpu/simd/hints.rs", "gpu/pipelines.rs", "main.rs", "memory.rs"];
/// Rooms, and one file that opens a device as an application does.
const MAY_NAME_WGPU: [&str; 3] = ["gpu", "lib", "cli/bench/gpu.rs"];
const MAX_LINES: usize = 400;

/// The words, paths' `::` and signs of Rust source, brackets too. Comments vanish, literals become `""`.
fn tokens(source: &str) -> Vec<String> {
    fn flatten(stream: TokenStream, found: &mut Vec<String>) {
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Group(group) => {
                    let brackets = match group.delimiter() {
                        proc_macro2::Delimiter::Parenthesis => ["(", ")"],
                        proc_macro2::Delimiter::Brace => ["{", "}"],
                        proc_macro2::Delimiter::Bracket => ["[", "]"],
                        proc_macro2::Delimiter::None => ["", ""],
                    };
                    found.push(brackets[0].into());
                    flatten(group.stream(), found);
                    found.push(brackets[1].into());
                }
                TokenTree::Punct(sign) => {
                    let is_path = sign.as_char() == ':'
                        && sign.spacing() == Spacing::Joint
                        && trees
                            .next_if(|next| matches!(next, TokenTree::Punct(next) if next.as_char() == ':'))
                            .is_some();
                    found.push(if is_path { "::".into() } else { sign.as_char().into() });
                }
                TokenTree::Ident(word) => found.push(word.to_string()),
                TokenTree::Literal(_) => found.push("\"\"".into()),
            }
        }
    }
    let mut found = Vec::new();
    flatten(source.parse().unwrap_or_else(|error| panic!("{error}: {source}")), &mut found);
    found
}

fn is(tokens: &[String], at: usize, texts: &[&str]) -> bool {
    tokens[at..].len() >= texts.len() && tokens[at..].iter().zip(texts).all(|(token, text)| token == text)
}

/// Without items under `#[cfg(test)]`: tests may print and unwrap.
fn without_tests(tokens: Vec<String>) -> Vec<String> {
    let (mut kept, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if !is(&tokens, i, &["#", "[", "cfg", "(", "test", ")", "]"]) {
            kept.push(tokens[i].clone());
            i += 1;
            continue;
        }
        // The item ends at its closing brace, or at a semicolon before any brace.
        let mut depth = 0;
        while i < tokens.len() {
            let text = tokens[i].as_str();
            i += 1;
            depth += i32::from(text == "{") - i32::from(text == "}");
            if depth == 0 && (text == "}" || text == ";") {
                break;
            }
        }
    }
    kept
}

/// Reads one use tree (or path) from `at` on: every path in it, as segments after `prefix`.
fn tree(tokens: &[String], at: &mut usize, prefix: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        if token == "{" {
            while *at < tokens.len() && !is(tokens, *at, &["}"]) {
                tree(tokens, at, &path, paths);
                *at += usize::from(is(tokens, *at, &[","]));
            }
            *at += 1;
            return;
        }
        path.push(token.clone());
        if !is(tokens, *at, &["::"]) {
            break;
        }
        *at += 1;
    }
    if is(tokens, *at, &["as"]) {
        *at += 2;
    }
    paths.push(path);
}

/// The segments from the crate's root of every path that starts at `crate` or goes up by `super`, as seen from a file with
/// this module path.
fn paths(tokens: &[String], module: &[&str]) -> Vec<Vec<String>> {
    let (mut found, mut i) = (Vec::new(), 0);
    // Braces that are open, each with whether it belongs to an inline module.
    let mut open: Vec<bool> = Vec::new();
    while i < tokens.len() {
        match tokens[i].as_str() {
            "{" => open.push(i >= 2 && tokens[i - 2] == "mod"),
            "}" => drop(open.pop()),
            root @ ("crate" | "super") if is(tokens, i + 1, &["::"]) && !(i > 0 && is(tokens, i - 1, &["::"])) => {
                let inline = open.iter().filter(|&&module| module).count();
                let mut up = if root == "crate" { module.len() + inline } else { 1 };
                i += 2;
                while is(tokens, i, &["super", "::"]) {
                    (up, i) = (up + 1, i + 2);
                }
                let mut expanded = Vec::new();
                tree(tokens, &mut i, &[], &mut expanded);
                let kept = module.len().saturating_sub(up.saturating_sub(inline));
                let base: Vec<String> = module[..kept].iter().map(ToString::to_string).collect();
                found.extend(expanded.into_iter().map(|path| [base.clone(), path].concat()));
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    found
}

/// Which room a name at the crate's root comes from, by the `pub use` lines of `lib.rs`; and its public modules.
#[derive(Default)]
struct Root {
    reexports: BTreeMap<String, String>,
    public: Vec<String>,
}

impl Root {
    fn of(lib: &str) -> Self {
        let tokens = tokens(lib);
        let mut root = Self::default();
        for i in 0..tokens.len() {
            if is(&tokens, i, &["pub", "mod"]) {
                root.public.push(tokens[i + 2].clone());
            }
            if is(&tokens, i, &["pub", "use"]) {
                let (mut at, mut found) = (i + 2, Vec::new());
                tree(&tokens, &mut at, &[], &mut found);
                for path in found {
                    // `use a::b as c;` is known as `c`.
                    let renamed = is(&tokens, at - 2, &["as"]).then(|| tokens[at - 1].clone());
                    let name = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
                    root.reexports.insert(name, path[0].clone());
                }
            }
        }
        root
    }

    fn is_public(&self, name: &str) -> bool {
        self.reexports.contains_key(name) || self.public.iter().any(|public| public == name)
    }
}

/// What breaks the rules in one file, given by its path within `src/`.
fn violations(path: &str, source: &str, rooms: &Rooms, root: &Root) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let module: Vec<&str> = if stem == "lib" || stem == "main" { Vec::new() } else { stem.split('/').collect() };
    let room = stem.split('/').next().unwrap_or(stem);
    let Some(allowed) = rooms.0.get(room) else {
        return vec![format!("{path}: `{room}` is not in the table of rooms")];
    };
    let tokens = without_tests(tokens(source));
    let mut found = Vec::new();
    for segments in paths(&tokens, &module) {
        let first = segments[0].as_str();
        let target = root.reexports.get(first).map_or(first, String::as_str);
        let fine = match &allowed[..] {
            [all] if all == PUBLIC => root.is_public(first) || first == room,
            allowed => target == room || allowed.iter().any(|room| room == target),
        };
        if !fine {
            found.push(format!("{path}: `{room}` imports `{}`", segments.join("::")));
        }
    }
    for (i, text) in tokens.iter().map(String::as_str).enumerate() {
        if PRINTING.contains(&text) && is(&tokens, i + 1, &["!"]) && !MAY_PRINT.contains(&room) {
            found.push(format!("{path}: `{text}!` outside the command"));
        }
        if text == "unsafe" && !MAY_BE_UNSAFE.contains(&path) {
            found.push(format!("{path}: `unsafe`"));
        }
        if text == "wgpu" && !MAY_NAME_WGPU.contains(&room) && !MAY_NAME_WGPU.contains(&path) {
            found.push(format!("{path}: `wgpu` outside the gpu room"));
        }
    }
    let lines = source.lines().count();
    if lines > MAX_LINES {
        found.push(format!("{path}: {lines} lines"));
    }
    found
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder that end in `.extension`, as paths from there.
fn files(folder: &Path, extension: &str) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let parts: Vec<_> =
                    path.strip_prefix(folder).unwrap().iter().map(|part| part.to_string_lossy()).collect();
                found.push(parts.join("/"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_room_keeps_the_rules() {
    let source = repository().join("src");
    let read = |path: &str| std::fs::read_to_string(source.join(path)).unwrap();
    let (rooms, root) = (Rooms::read(), Root::of(&read("lib.rs")));
    let mut files = files(&source, "rs");
    // Modules of unit tests in files of their own, compiled under `#[cfg(test)]` alone.
    files.retain(|path| !path.ends_with("/tests.rs"));
    assert!(files.len() > 30, "{files:?}");
    let found: Vec<String> = files.iter().flat_map(|path| violations(path, &read(path), &rooms, &root)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let is_there = |room: &&String| files.iter().any(|path| path.split(['/', '.']).next() == Some(room));
    let gone: Vec<&String> = rooms.0.keys().filter(|room| !is_there(room)).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md lists rooms that are not there: {gone:?}");
}

/// The files of these modules that each file imports, by `crate` or `super`: what a parent takes from its children is not
/// among them.
fn imports<'a>(sources: &'a BTreeMap<String, String>, root: &Root) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut found = BTreeMap::new();
    for (path, source) in sources {
        let stem = path.strip_suffix(".rs").unwrap_or(path);
        let module: Vec<&str> = stem.split('/').collect();
        let tokens = without_tests(tokens(source));
        let of = |segments: &[String]| {
            let named = root.reexports.get(segments.first()?);
            let segments = named.map_or(segments, std::slice::from_ref);
            let files = (1..=segments.len()).rev().map(|n| format!("{}.rs", segments[..n].join("/")));
            files.into_iter().find_map(|file| sources.get_key_value(&file)).map(|(file, _)| file.as_str())
        };
        let all = paths(&tokens, &module).into_iter().filter_map(|segments| of(&segments));
        found.insert(path.as_str(), all.filter(|file| file != path).collect());
    }
    found
}

/// Files that import each other, one after the other.
fn circle(imports: &BTreeMap<&str, Vec<&str>>) -> Option<String> {
    fn visit<'a>(
        file: &'a str,
        imports: &BTreeMap<&'a str, Vec<&'a str>>,
        way: &mut Vec<&'a str>,
        done: &mut Vec<&'a str>,
    ) -> bool {
        if done.contains(&file) {
            return false;
        }
        let met = way.contains(&file);
        way.push(file);
        if met || imports[file].iter().any(|next| visit(next, imports, way, done)) {
            return true;
        }
        way.pop();
        done.push(file);
        false
    }
    let (mut way, mut done) = (Vec::new(), Vec::new());
    imports.keys().any(|file| visit(file, imports, &mut way, &mut done)).then(|| way.join(" -> "))
}

/// Files that are meant to know each other: scalar twins beside the vectors that are chosen from, and a device beside what
/// waits for it. The first imports the second only here.
const TWINS: [(&str, &str); 4] = [
    ("cpu/floor.rs", "cpu/simd.rs"),
    ("cpu/pairs.rs", "cpu/simd.rs"),
    ("cpu/surface.rs", "cpu/simd.rs"),
    ("gpu/arrival.rs", "gpu/device.rs"),
];

/// All files but the list of what is public, and the rooms that have a shape of their own.
#[test]
fn files_import_in_one_direction() {
    let folder = repository().join("src");
    let own = |path: &String| path != "lib.rs" && path != "main.rs" && !path.ends_with("/tests.rs");
    let sources = files(&folder, "rs").into_iter().filter(own);
    let sources = sources.map(|path| (path.clone(), std::fs::read_to_string(folder.join(path)).unwrap())).collect();
    let root = Root::of(&std::fs::read_to_string(folder.join("lib.rs")).unwrap());
    let mut imports = imports(&sources, &root);
    assert!(imports.values().map(Vec::len).sum::<usize>() > 1000, "{imports:?}");
    for (from, to) in TWINS {
        let files = imports.get_mut(from).unwrap();
        let before = files.len();
        files.retain(|file| *file != to);
        assert!(files.len() < before, "{from} does not import {to} any more: take it from the list");
    }
    assert_eq!(circle(&imports), None);
    let planted =
        [("a.rs", "use crate::b::B;"), ("b.rs", "use super::c;"), ("c.rs", "use crate::{a::A, d};"), ("d.rs", "")];
    let planted = planted.map(|(path, source)| (path.to_owned(), source.to_owned())).into();
    assert_eq!(circle(&self::imports(&planted, &Root::default())).as_deref(), Some("a.rs -> b.rs -> c.rs -> a.rs"));
}

#[test]
fn planted_violations_are_found_and_lookalikes_are_not() {
    let rooms = Rooms::read();
    let root = Root::of(
        "mod engine; mod volume; pub mod stats; pub use engine::Engine; pub use volume::{Dtype, Volume};
         pub use kernel::source as shaders; pub use wgpu;",
    );
    let long = "\n".repeat(MAX_LINES + 1);
    // (file, text, what the finding says; nothing where it is fine)
    let cases = [
        ("metric/a.rs", "use crate::volume::Volume;", "metric/a.rs: `metric` imports `volume::Volume`"),
        ("metric/a.rs", "fn f() {\n crate::Engine::new() }", "metric/a.rs: `metric` imports `Engine::new`"),
        ("metric.rs", "use crate::{stats::Sums, gpu};", "`metric` imports `gpu`"),
        ("metric/a/b.rs", "use super::super::super::cpu::Simd;", "`metric` imports `cpu::Simd`"),
        ("metric.rs", "mod inner { use super::super::engine; }", "`metric` imports `engine`"),
        ("gpu/sums.rs", "use crate::metric::dice;", "`gpu` imports `metric::dice`"),
        ("kernel/sums.rs", "use crate::{stats::{Sums, Terms}, engine::Engine};", "`kernel` imports `engine::Engine`"),
        ("kernel.rs", "pub(crate) use crate::gpu::Backend as B;", "`kernel` imports `gpu::Backend`"),
        ("stats/sums.rs", "use crate::shape::Shape;", "`stats` imports `shape::Shape`"),
        ("shape.rs", "use crate::volume::*;", "`shape` imports `volume::*`"),
        ("cli/eval.rs", "use crate::volume::Volume;", "`cli` imports `volume::Volume`"),
        ("main.rs", "fn main() { crate::Engine::new() }", "`main` imports `Engine::new`"),
        ("attic.rs", "", "`attic` is not in the table of rooms"),
        ("engine.rs", "fn f(d: wgpu::Device) {}", "`wgpu` outside the gpu room"),
        ("engine.rs", "use wgpu as w;", "`wgpu` outside the gpu room"),
        ("cli/bench.rs", "use crate::wgpu::Device;", "`wgpu` outside the gpu room"),
        ("io/nifti.rs", "fn f() { eprintln!(\"x\") }", "`eprintln!` outside the command"),
        ("plan.rs", "fn f() { std :: dbg ! (1); }", "`dbg!` outside the command"),
        ("plan.rs", "fn f() { let c = '\"'; unsafe { g() } let d = '\"'; }", "`unsafe`"),
        ("plan.rs", "/* a /* b */ c */ unsafe fn f() {}", "`unsafe`"),
        ("plan.rs", "const A: &str = r#\"a\"b\"#; unsafe fn f<'a>() {}", "`unsafe`"),
        ("plan.rs", "#[cfg(test)] mod tests { fn f() {} } fn g() { print!(\"\") }", "`print!` outside the command"),
        ("plan.rs", &long, "401 lines"),
        ("metric/a.rs", "// use crate::volume::Volume;\n/// [`crate::gpu`] /* \n use crate::stats::Sums;", ""),
        ("metric/a.rs", "use super::b; use crate::metric::c; use crate::{stats, error::{self, Error as E}};", ""),
        ("metric.rs", "mod inner { use super::a; use super::super::stats; }", ""),
        (
            "metric.rs",
            "const A: &str = \"crate::gpu::B unsafe \\\" println!\"; const B: char = '\\''; fn f<'a>() {}",
            "",
        ),
        ("metric.rs", "pub(crate) fn println() {} fn unsafe_sum(wgpu_words: u32) {}", ""),
        ("plan.rs", "#[cfg(test)] mod tests { use crate::gpu::A; fn f() { println!(\"{}\", 1) } }", ""),
        ("cli/eval.rs", "use crate::{Engine, Volume, shaders, stats::Sums, cli::table}; fn f() { println!() }", ""),
        ("main.rs", "fn main() { voxdice::cli::run() }", ""),
        ("gpu/device.rs", "use wgpu::Device; use super::adapters::A; use crate::plan::Plan;", ""),
        ("gpu/pipelines.rs", "fn f() { unsafe { g() } }", ""),
        ("cli/bench/gpu.rs", "use crate::wgpu::Device;", ""),
    ];
    for (path, text, expected) in cases {
        let found = violations(path, text, &rooms, &root);
        if expected.is_empty() {
            assert!(found.is_empty(), "{text}: {found:?}");
        } else {
            assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        }
    }
}

#[test]
fn the_table_of_shaders_is_complete_and_its_twins_exist() {
    let folder = repository().join("shaders");
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let rows: Vec<Vec<&str>> = readme.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let named: Vec<&str> = rows.iter().filter(|row| row.len() > 3).map(|row| row[1].trim_matches('`')).collect();
    let listed: Vec<&str> = named.iter().copied().filter(|name| name.ends_with(".wgsl")).collect();
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, files(&folder, "wgsl"));
    for row in rows.iter().filter(|row| row.len() > 3 && row[1].ends_with(".wgsl`")) {
        let twins = row[3].split('`').filter(|text| text.ends_with(".rs"));
        let missing: Vec<&str> = twins.clone().filter(|twin| !repository().join(twin).is_file()).collect();
        assert!(twins.count() > 0 && missing.is_empty(), "{row:?}");
    }
}
