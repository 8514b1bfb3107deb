//! Whether what ran was everything that there is to run.

use super::device::Pipeline;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Demands that every fragment ran, loaders for either operand, and every constant with every value that any pipeline
/// gives it, per statistic. 64-bit integers are no part of WebGPU; the plain dot product is tested on devices here.
pub fn check(ran: &[Arc<Pipeline>]) {
    let all: Vec<_> = voxdice::internals::shaders::all().into_iter().filter(|shader| !shader.needs_int64).collect();
    let statistic = |name: &str| {
        let words: Vec<&str> = name.split(' ').take(2).collect();
        match words[..] {
            ["sums" | "survey", ..] => words[0].to_owned(),
            // With or without activation.
            ["gradient", second] if second != "exact" => words[0].to_owned(),
            _ => words.join(" ").replace(',', ""),
        }
    };
    let mut wanted = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for shader in &all {
        wanted.insert(statistic(&shader.name));
        wanted.extend(shader.constants.iter().map(|(name, value)| fact(&statistic(&shader.name), name, *value)));
    }
    for pipeline in ran {
        seen.insert(statistic(&pipeline.name));
        seen.extend(pipeline.constants.iter().map(|(name, value)| fact(&statistic(&pipeline.name), name, *value)));
    }
    for (text, name) in fragments() {
        if ran.iter().any(|pipeline| pipeline.wgsl.contains(&text)) {
            seen.insert(name.clone());
        }
        wanted.insert(name);
    }
    let missing: Vec<&String> = wanted.difference(&seen).collect();
    let wanted = wanted.len();
    eprintln!("in the browser ran {} pipelines of {}, {wanted} properties wanted", ran.len(), all.len());
    assert!(missing.is_empty(), "never ran in the browser: {missing:#?}");
}

fn fact(statistic: &str, constant: &str, value: f64) -> String {
    // Any small number of lanes is as good as another, and any number of classes.
    let value = match constant {
        "LANES" => f64::from(u8::from(value < 256.0)),
        "CLASSES" => 0.0,
        _ => value,
    };
    format!("{statistic}: {constant} = {value}")
}

/// The text of every fragment, as it stands in a module, and what to call it.
fn fragments() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // Browsers have no 64-bit integers, and this one has packed dot products.
        let elsewhere = ["exact_u64.wgsl", "wide_u64.wgsl", "dot_plain.wgsl"].contains(&&*name);
        if !name.ends_with(".wgsl") || elsewhere {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        if name.starts_with("p_") {
            let renamed = text.replace("p_", "t_").replace("P_", "T_").replace("@binding(0)", "@binding(1)");
            found.push((renamed, format!("{name} of the truth")));
        }
        found.push((text, name));
    }
    assert!(found.len() > 30, "{found:?}");
    found
}
