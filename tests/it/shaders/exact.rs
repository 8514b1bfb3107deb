//! The two makings of 64-bit integers stand for each other: same functions, same signatures but for what `Acc` is.

use super::{capabilities, parse, validate};
use naga::{Module, TypeInner, VectorSize};
use std::collections::BTreeMap;

const PAIRS: &str = include_str!("../../../shaders/exact_u32.wgsl");
const NATIVE: &str = include_str!("../../../shaders/exact_u64.wgsl");

/// Functions that only one of the two needs, for itself.
const HELPERS: [&str; 2] = ["shr_some", "product_of"];

/// Functions by name, each as `fn(argument types) -> result type`.
type Signatures = BTreeMap<String, String>;

fn signatures(module: &Module) -> Signatures {
    let name = |ty: naga::Handle<naga::Type>| match &module.types[ty] {
        naga::Type { name: Some(name), .. } => name.clone(),
        naga::Type { inner: TypeInner::Scalar(scalar), .. } => format!("{:?}{}", scalar.kind, 8 * scalar.width),
        naga::Type { inner: TypeInner::Vector { size: VectorSize::Bi, scalar }, .. } => {
            format!("vec2<{:?}{}>", scalar.kind, 8 * scalar.width)
        }
        other => panic!("give {other:?} a name here"),
    };
    let functions = module.functions.iter().map(|(_, function)| {
        let arguments: Vec<String> = function.arguments.iter().map(|argument| name(argument.ty)).collect();
        let result = function.result.as_ref().map_or("()".into(), |result| name(result.ty));
        (function.name.clone().unwrap_or_default(), format!("fn({}) -> {result}", arguments.join(", ")))
    });
    functions.collect()
}

/// The first function that one has and the other has not, or has otherwise.
fn difference(pairs: &Signatures, native: &Signatures) -> Option<String> {
    let names = pairs.keys().chain(native.keys());
    let differing = names.filter(|name| pairs.get(*name) != native.get(*name));
    differing.filter(|name| !HELPERS.contains(&name.as_str())).map(String::clone).next()
}

#[test]
fn pairs_and_native_integers_define_the_same_functions() {
    let (pairs, native) = (parse(PAIRS).unwrap(), parse(NATIVE).unwrap());
    validate(&pairs, capabilities(false)).unwrap();
    validate(&native, capabilities(true)).unwrap();
    let (pairs, native) = (signatures(&pairs), signatures(&native));
    assert_eq!(difference(&pairs, &native), None, "{pairs:#?} {native:#?}");
    assert_eq!(pairs["fix_magnitude"], "fn(Uint32, Uint32) -> Acc");
}

#[test]
fn helpers_are_used_in_their_own_file_only() {
    for helper in HELPERS {
        assert!(PAIRS.contains(&format!("fn {helper}(")), "{helper}");
        for shader in voxdice::internals::shaders::all() {
            let elsewhere = shader.wgsl.replace(PAIRS, "");
            assert!(!elsewhere.contains(helper), "{helper} in {}", shader.name);
        }
    }
}

#[test]
fn the_comparison_notices_planted_differences() {
    let changes = [
        ("fn acc_of(a: u32)", "fn acc_whole(a: u32)", "acc_whole"),
        ("fn acc_signed(a: Acc, negative: bool)", "fn acc_signed(a: Acc, negative: u32)", "acc_signed"),
        ("fn acc_words(a: Acc) -> vec2<u32>", "fn acc_words(a: Acc) -> Acc", "acc_words"),
        ("fn acc_add(a: Acc, b: Acc) -> Acc", "fn acc_add(a: Acc, b: vec2<u32>) -> Acc", "acc_add"),
    ];
    // Signatures only: bodies may stop making sense, so those of WGSL that still parse are enough.
    let same = |text: &str| {
        let heads = text.lines().filter(|line| line.starts_with("fn ") || line.starts_with("alias "));
        let result = |head: &str| head.split_once("-> ").map(|(_, ty)| ty.trim_end_matches(" {").to_owned());
        let functions = heads.map(|head| match result(head) {
            Some(ty) => format!("{head} var none: {ty}; return none; }}"),
            None => head.to_owned(),
        });
        functions.collect::<Vec<_>>().join("\n")
    };
    let (pairs, native) = (same(PAIRS), signatures(&parse(NATIVE).unwrap()));
    assert_eq!(difference(&signatures(&parse(&pairs).unwrap()), &native), None);
    for (from, to, name) in changes {
        let changed = pairs.replace(from, to);
        assert_ne!(changed, pairs, "`{from}` is not there");
        let found = difference(&signatures(&parse(&changed).unwrap()), &native);
        assert_eq!(found.as_deref(), Some(name));
    }
}
