//! What Tint says of the modules, which naga has been asked before: it knows more of WGSL's rules.

use super::browser;
use super::device::{Browser, request};
use super::server::Chromium;
use crate::shaders::distinct;
use std::collections::BTreeSet;
use voxdice::internals::shaders::Shader;

/// With `constants` a pipeline is made, too. Warnings are refusals.
fn compile(browser: &mut Chromium, wgsl: &str, constants: Option<&[(&str, f64)]>) -> Result<(), String> {
    let mut header = request(None, wgsl, constants.unwrap_or_default());
    if constants.is_none() {
        header["constants"] = serde_json::Value::Null;
    }
    header["strict"] = true.into();
    browser.ask(&header, &[]).map(drop)
}

/// What Tint objects to in texts, each with a name.
fn refusals(texts: impl Iterator<Item = (String, String)>) -> Option<(usize, Vec<String>)> {
    let mut browser = browser()?;
    let (mut all, mut found) = (0, Vec::new());
    for (name, wgsl) in texts {
        all += 1;
        found.extend(compile(&mut browser, &wgsl, None).err().map(|refusal| format!("{name}: {refusal}")));
    }
    Some((all, found))
}

#[test]
fn tint_accepts_every_module_and_has_nothing_to_warn_of() {
    let portable = distinct().into_iter().filter(|shader| !shader.needs_int64);
    let Some((all, found)) = refusals(portable.map(|shader| (shader.name, shader.wgsl))) else { return };
    assert!(all > 100 && found.is_empty(), "{} of {all}: {found:#?}", found.len());
}

/// Constants are looked at when a pipeline is made, which takes a software adapter a second or two. Written into the text
/// they are looked at as well, and it takes milliseconds. Lanes and strides, which no other constant depends on, are left
/// to the pipelines that run.
#[test]
fn tint_accepts_the_constants_of_every_pipeline() {
    let mut seen = BTreeSet::new();
    let mut new = |shader: &Shader| {
        let apart = |name: &str| name == "LANES" || name.ends_with("_STRIDED");
        let constants: Vec<_> = shader.constants.iter().filter(|(name, _)| !apart(name)).collect();
        seen.insert(format!("{constants:?} {}", shader.wgsl))
    };
    let portable = voxdice::internals::shaders::all().into_iter().filter(|shader| !shader.needs_int64 && new(shader));
    let Some((all, found)) = refusals(portable.map(|shader| (shader.name.clone(), filled(&shader)))) else { return };
    eprintln!("{all} sets of constants");
    assert!(all > 1000 && found.is_empty(), "{} of {all}: {found:#?}", found.len());
}

/// The text with constants in the place of the overrides.
fn filled(shader: &Shader) -> String {
    let mut left = shader.constants.len();
    let line = |line: &str| {
        let Some((name, kind)) = line.strip_prefix("override ").and_then(|rest| rest.split_once(": ")) else {
            return line.to_owned();
        };
        let &(_, value) = shader.constants.iter().find(|(constant, _)| *constant == name).unwrap();
        left -= 1;
        match kind.split_once(' ').unwrap().0 {
            "bool" => format!("const {name}: bool = {};", value != 0.0),
            kind => format!("const {name}: {kind} = {value}{};", if kind == "u32" { "u" } else { "" }),
        }
    };
    let lines: Vec<String> = shader.wgsl.lines().map(line).collect();
    assert_eq!(left, 0, "constants that {} does not have", shader.name);
    lines.join("\n")
}

#[test]
fn mistakes_are_found() {
    let Some(mut browser) = browser() else { return };
    let body = |text: &str| {
        format!(
            "@group(0) @binding(2) var<storage, read_write> result: array<u32>;\noverride N: u32 = 1u;\n\
             @compute @workgroup_size(64)\nfn main(@builtin(local_invocation_index) lid: u32) {{\n{text}\n}}\n"
        )
    };
    let cases = [
        ("result[0] = N;", 1.0, None),
        ("result[0] = 1.0;", 1.0, Some("in line 5")),
        // What naga lets pass.
        ("if lid == 0u { workgroupBarrier(); } result[0] = N;", 1.0, Some("uniform control flow")),
        ("result[0] = N;", -1.0, Some("N")),
    ];
    for (text, n, expected) in cases {
        let said = compile(&mut browser, &body(text), Some(&[("N", n)]));
        match expected {
            None => assert_eq!(said, Ok(())),
            Some(part) => assert!(said.as_ref().is_err_and(|said| said.contains(part)), "{text}: {said:?}"),
        }
    }
}
